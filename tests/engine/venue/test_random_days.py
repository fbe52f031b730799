"""Every rulebook's day from closed to closed, under a random flow, with all checks on."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest
from msgspec import structs

from engine.book.orders import NO_LIMIT
from engine.rulebook import presets
from engine.rulebook.ladders import PRICE_RULES
from engine.rulebook.model import Mode, Product, Rulebook, Session, canonical
from engine.rulebook.sources import figures, source_of, stated_source
from engine.rulebook.ticks import tick_at
from engine.rulebook.toml_codec import from_toml
from engine.rulebook.validation import from_canonical
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import CloseRule, Delivery, Mechanism, Phase, Side
from tests.support.random_flow import CASH, NAMES, Flow
from tests.support.toml import to_toml

DEEP = int(os.environ.get("CARBONX_DEEP", "0"))
SEEDS = range(DEEP or 3)
TRADES = (e.Trade, e.AuctionTrade)
TEXTBOOK = presets.load("textbook")
CALLS = structs.replace(
    TEXTBOOK,
    name="calls",
    modes=(Mode(name="calls", limit_up_bp=1_000, limit_down_bp=1_000, volatility_bp=300),),
)
# A tick table among the prices that trade, and no daily limits to hold a market order.
TABLES = structs.replace(
    TEXTBOOK,
    name="tables",
    products=tuple(
        structs.replace(p, ticks=((0, p.tick), (p.reference, 5 * p.tick)))
        for p in TEXTBOOK.products
    ),
    modes=(Mode(name="calls", protection_bp=100, ladder=PRICE_RULES["jpx"]),),
)
# Every design, with four rates that all differ; and auctions alone, which take many bids.
RATES: dict[str, Any] = {"maker_fee_ppm": 700, "taker_fee_ppm": 1_900, "buyer_fee_ppm": 20_300,
         "seller_fee_ppm": 41_100}  # fmt: skip
FEES = structs.replace(
    TEXTBOOK,
    name="fees",
    modes=tuple(
        Mode(mechanism.name.lower(), mechanism=mechanism, moves_close=not place, **RATES)
        for place, mechanism in enumerate(Mechanism)
    ),
)
SALES = [
    structs.replace(
        book,
        name=f"{book.name}-fees",
        modes=tuple(structs.replace(mode, **RATES) for mode in book.modes),
    )
    for book in map(presets.load, ("california", "cn-national", "fujian", "rggi"))
]
WITH_CALLS = (presets.load("krx"), CALLS, TABLES)
EVERY = [*map(presets.load, presets.names()), CALLS, TABLES, FEES, *SALES]


def all_that_lives_fits(venue: Venue) -> None:
    """Assert that whatever stands on an open line could be entered today at its price."""
    for name in venue.accounts:
        live = venue.participants[name].orders
        for order in venue.open_orders(name):
            line = venue.line_view(order.symbol)
            if line.phase is not Phase.CLOSED:
                low, high = line.low_limit, line.high_limit
                unlimited = not high or live[order.ref].flags & NO_LIMIT  # a stop has protection
                assert unlimited or low <= order.price <= high, (name, order)
                assert line.min_quantity <= order.quantity <= line.max_quantity
                assert order.quantity % line.lot == 0


def agreed_on_its_day(venue: Venue, command: c.Command, events: list[e.Event]) -> None:
    """Assert that a deal made elsewhere that was entered is of the time that the mode allows."""
    if not isinstance(command, c.Quote) or not command.agreed_at:
        return
    winter = timedelta(minutes=venue.rulebook.calendar.utc_offset_minutes)  # the flow's season
    zone = timezone(winter)
    days = [
        datetime.fromtimestamp(at // 10**9, zone).date() for at in (command.agreed_at, venue.time)
    ]
    late = venue.markets[command.symbol].mode.report_seconds
    in_time = command.agreed_at >= venue.time - late * 10**9 if late else days[0] == days[1]
    right = in_time and command.agreed_at <= venue.time
    refused = any(isinstance(x, e.Rejected) and x.field == "agreed_at" for x in events)
    assert right or any(isinstance(x, e.Rejected) for x in events), command
    assert not (right and refused), command


def fees(event: e.Trade | e.AuctionTrade) -> tuple[int, int]:
    """Return what the buyer of a trade and its seller paid to the venue."""
    if isinstance(event, e.AuctionTrade):
        return event.buyer_fee, event.seller_fee
    both = (event.maker_fee, event.taker_fee)
    return both if event.side is Side.BUY else both[::-1]


def fees_by_rule(mode: Mode, event: e.Trade | e.AuctionTrade) -> tuple[int, int]:
    """Return the same by the rates: ``side`` is the maker's; in a call there is none."""
    call, maker = isinstance(event, e.AuctionTrade), getattr(event, "side", None)
    rates = (
        mode.buyer_fee_ppm + (mode.maker_fee_ppm if maker is Side.BUY else mode.taker_fee_ppm),
        mode.seller_fee_ppm
        + (mode.taker_fee_ppm if call or maker is Side.BUY else mode.maker_fee_ppm),
    )
    value = event.price * event.quantity
    return value * rates[0] // 1_000_000, value * rates[1] // 1_000_000


def held_against_the_limits(flow: Flow, days: int) -> list[e.Event]:
    """Run days with every check after every command; no trade leaves its line's limits."""
    venue = flow.venue
    seen: list[e.Event] = []
    for _ in range(days):
        limits = {line: venue.limits(line) for line in venue.markets}
        for command, events in flow.day():
            venue.check()
            assert venue.due()[1] >= 0, "a time, or 0 for none"
            agreed_on_its_day(venue, command, events)
            for event in events:
                if isinstance(event, e.PhaseChanged):
                    limits[event.symbol] = (event.low_limit, event.high_limit)
                if isinstance(event, TRADES):
                    low, high = limits[event.symbol]
                    product = venue.markets[event.symbol].product
                    tick = tick_at(event.price, product.tick, product.ticks)
                    assert event.price % tick == 0, (command, event)
                    assert not high or low <= event.price <= high, (command, event)
                    assert fees(event) == fees_by_rule(venue.markets[event.symbol].mode, event)
            if isinstance(command, c.SetPhase):
                all_that_lives_fits(venue)
            seen += events
        assert {venue.phase(line) for line in venue.markets} == {Phase.CLOSED}
    return seen


def drain(flow: Flow) -> None:
    """Clear what is still to be cleared, then cancel what is left of every account."""
    for command in flow.left_to_clear():
        flow.say(command)
    for name in NAMES:
        flow.say(c.MassCancel(name, flow.venue.last_ref(name) + 1))


@pytest.mark.parametrize("book", EVERY, ids=lambda book: book.name)
def test_a_day_runs_from_closed_to_closed_and_a_drained_venue_holds_nothing(book: Rulebook) -> None:
    traded = 0
    for seed in SEEDS:
        flow = Flow(book, Random(f"{book.name}:{seed}"))
        seen = held_against_the_limits(flow, 3)
        traded += sum(isinstance(event, TRADES) for event in seen)
        drain(flow)
        accounts = [flow.venue.account(name) for name in flow.venue.accounts]
        for account in accounts:
            assert flow.venue.open_orders(account.name) == []
            for balance in (*account.cash, *account.holdings):
                assert balance.reserved == balance.locked + balance.owed
            assert sum(b.total for b in account.cash) > CASH // 10
        if all(not m.resale_lag and m.delivery is not Delivery.LATER for m in book.modes):
            held = [b.reserved for a in accounts for b in (*a.cash, *a.holdings)]
            assert not any(held)
    assert traded >= 3, "a flow that does not trade shows nothing"


@pytest.mark.parametrize("book", EVERY, ids=lambda book: book.name)
def test_the_same_commands_give_the_same_days(book: Rulebook) -> None:
    flow = Flow(book, Random(f"again:{book.name}"))
    told = held_against_the_limits(flow, 2)
    again = Venue(book)
    events = [event for command in flow.given for event in again.apply(command)]
    assert events[-len(told) :] == told
    assert again.state_hash() == flow.venue.state_hash()


@pytest.mark.parametrize("book", WITH_CALLS, ids=lambda book: book.name)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_call_indicates_is_what_it_gives(book: Rulebook, seed: int) -> None:
    flow = Flow(book, Random(f"call:{book.name}:{seed}"))
    flow.say(c.BeginDay(20251202))
    flow.say(c.AdvanceTime(10**18))
    uncrossed = 0
    line = next(iter(flow.venue.markets))
    for phase in (
        Phase.OPENING_CALL,
        Phase.INTRADAY_CALL,
        Phase.FREEZE,
        Phase.CONTINUOUS,
        Phase.HALTED,
        Phase.INTRADAY_CALL,
        Phase.CONTINUOUS,
        Phase.CLOSING_CALL,
        Phase.CLOSED,
    ):
        indicated = flow.venue.indicative(line)
        events = flow.say(c.SetPhase(phase, line))
        for event in events:
            if isinstance(event, e.AuctionUncrossed):
                assert (event.price, event.volume, event.surplus, event.decided) == indicated
                traded = sum(t.quantity for t in events if isinstance(t, e.AuctionTrade))
                assert traded == event.volume
                uncrossed += event.volume > 0
        for _ in range(25):
            flow.say(flow.command())
            flow.venue.check()
    assert uncrossed


@pytest.mark.parametrize("book", EVERY, ids=lambda book: book.name)
def test_a_rulebook_goes_through_toml_and_bytes_unchanged(book: Rulebook) -> None:
    assert from_toml(to_toml(book)) == book
    assert from_canonical(canonical(book)) == book
    assert from_toml(to_toml(book)).digest() == book.digest()


def test_a_session_that_begins_within_a_minute_goes_through_toml() -> None:
    sessions = (Session(34_200, Phase.PRE_OPEN), Session(54_059, Phase.CLOSED))  # 15:00:59
    calendar = structs.replace(TEXTBOOK.calendar, sessions=sessions)
    book = structs.replace(TEXTBOOK, calendar=calendar)
    assert from_toml(to_toml(book)) == book


@pytest.mark.parametrize("name", presets.names())
def test_every_figure_has_its_source_and_every_source_its_figure(name: str) -> None:
    book = presets.load(name)
    found = figures(book, brief=True)
    for path in found:
        source = stated_source(book, path)
        dated = re.search(r"\b(19|20)\d\d\b", source)
        assert dated or source.startswith(("default to confirm", "made for examples")), path
    for key, text in book.sources.items():
        used = key == "all" or any(source_of(book, path) == text for path in figures(book))
        assert used, f"{name}: the source of {key} is of nothing"


AMENDMENTS = (
    ("modes[bidding].limit_up_bp", "2000", lambda book: book.modes[0].limit_up_bp == 2_000),
    ("modes[bidding].taker_fee_ppm", "500", lambda book: book.modes[0].taker_fee_ppm == 500),
    ("close", '"vwap"', lambda book: book.close is CloseRule.VWAP),
    ("calendar.holidays+", "20251204", lambda book: 20251204 in book.calendar.holidays),
    ("products[SZA-2019].tick", "5", lambda book: book.products[6].tick == 5),
    (
        "products+",
        '{symbol = "SZA-2021", reference = 1000}',
        lambda book: any(p.symbol == "SZA-2021" for p in book.products),
    ),
)


@pytest.mark.parametrize("seed", SEEDS)
def test_amendments_hold_from_their_day_on_and_replay(seed: int) -> None:
    rng = Random(seed)
    book = presets.load("shenzhen-2022")
    flow = Flow(book, rng)
    days = {path: rng.choice((20251202, 20251203, 20251205)) for path, _, _ in AMENDMENTS}
    for path, value, _ in rng.sample(AMENDMENTS, len(AMENDMENTS)):
        (taken,) = flow.say(c.AmendRulebook(path, value, days[path]))
        assert isinstance(taken, e.AmendmentTaken)
    seen = []
    for _ in range(4):
        for _, events in flow.day(4):
            seen += events
            flow.venue.check()
        for path, _, holds in AMENDMENTS:
            assert holds(flow.venue.rulebook) == (days[path] <= flow.venue.date), path
    assert sum(isinstance(event, e.RulebookAmended) for event in seen) == len(AMENDMENTS)
    again = Venue(book)
    for command in flow.given:
        again.apply(command)
    assert again.rulebook.digest() == flow.venue.rulebook.digest()
    assert again.state_hash() == flow.venue.state_hash()


def test_a_product_of_its_own_currency_and_tick_table_keeps_its_limits_on_the_tick() -> None:
    product = Product("EUA", 9_990, currency="EUR", tick=1, ticks=((0, 1), (10_000, 50)))
    book = structs.replace(CALLS, products=(product,), currency="EUR")
    flow = Flow(book, Random(3))
    for event in held_against_the_limits(flow, 3):
        if isinstance(event, TRADES):
            assert event.price < 10_000 or event.price % 50 == 0
