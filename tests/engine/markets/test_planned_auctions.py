"""Random auctions of a calendar through the venue: what goes in comes out, and nothing leaks."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.rulebook.model import (
    AccountClass,
    Auction,
    Containment,
    Mode,
    PlannedAuction,
    Product,
    Rulebook,
    RulebookError,
)
from engine.rulebook.toml_codec import from_plain, to_plain
from engine.rulebook.validation import validate
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import (
    BidTie,
    LimitRule,
    Mechanism,
    Phase,
    PricingRule,
    RejectReason,
    Undersubscribed,
)
from gateway.protocol import wire
from gateway.server.market_data import MarketData

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR: Final = 3_600
DATES: Final = (20210628, 20210629, 20210630)
LOT, OFFERED, SHARE_BP, STOCK, CASH = 10, 205, 6_000, 1_000, 10**6
OWNERS: Final = {"ann": "ann", "bob": "bob", "bob2": "bob", "dan": "dan"}
Bid = tuple[str, int, int]

bids = st.lists(
    st.tuples(st.sampled_from(list(OWNERS)), st.integers(1, 15), st.integers(85, 110)),
    max_size=12,
)
terms = st.fixed_dictionaries(
    {
        "pricing": st.sampled_from([PricingRule.UNIFORM, PricingRule.PAY_AS_BID]),
        "bid_tie": st.sampled_from([BidTie.TIME, BidTie.RANDOM, BidTie.PRO_RATA]),
        "undersubscribed": st.sampled_from([Undersubscribed.SELL, Undersubscribed.CANCEL]),
        "buyer_fee_ppm": st.sampled_from([0, 1_000]),
    }
)


def rulebook(**fields: object) -> Rulebook:
    """Make a venue with three auctions, a reserve above them and one below."""
    mode = Mode(mechanism=Mechanism.ONE_WAY, lot=LOT, **fields)  # type: ignore[arg-type]
    auction = Auction(
        reserve=90,
        seller="state",
        limit_rule=LimitRule.TRIM,
        reoffer_over=2,
        reoffer_cap_bp=12_500,
        containment=(Containment("up", 105, 60), Containment("down", 92, 0, 1_000, withhold=True)),
        calendar=tuple(
            PlannedAuction(date, "A", "continuous", OFFERED, 9 * HOUR, 10 * HOUR) for date in DATES
        ),
    )
    classes = (AccountClass("bidder", purchase_limit_bp=SHARE_BP),)
    return Rulebook(
        "planned", (Product("A", 100),), modes=(mode,), classes=classes, auction=auction
    )


class Run:
    """A venue that keeps what it was given, and what it published."""

    def __init__(self, rules: Rulebook) -> None:
        self.venue = Venue(rules)
        self.given: list[c.Command] = []
        self.public: list[bytes] = []
        self.feed = MarketData(self.venue)
        self.feed.start()
        self.apply(c.OpenAccount("state", allowances=(("A", STOCK),)))
        for name, owner in OWNERS.items():
            self.apply(c.OpenAccount(name, owner=owner, role="bidder", cash=CASH))

    def apply(self, command: c.Command) -> list[e.Event]:
        self.given.append(command)
        events = self.venue.apply(command)
        self.venue.check()
        self.feed.absorb(events)
        for messages in self.feed.publish(self.venue.time).values():
            self.public += [wire.encode(message) for message in messages]
        return events

    def window(self, date: int, offers: Sequence[Bid]) -> e.Announced:
        """Hold an auction up to the end of its window."""
        if self.venue.phase("A") is not Phase.CLOSED:
            self.apply(c.SetPhase(Phase.CLOSED))
        found = [x for x in self.apply(c.BeginDay(date)) if isinstance(x, e.Announced)]
        self.apply(c.SetPhase(Phase.CONTINUOUS))
        self.apply(c.AdvanceTime(found[0].opens_at))
        for name, lots, price in offers:
            ref = self.venue.last_ref(name) + 1
            self.apply(c.Bid(name, ref, "A", found[0].number, lots * LOT, price))
        self.apply(c.AdvanceTime(found[0].closes_at))
        return found[0]

    def clear(self, number: int, seed: int) -> tuple[list[e.Trade], e.AuctionStated]:
        events = self.apply(c.ClearAuction("A", number, seed))
        (statement,) = [event for event in events if isinstance(event, e.AuctionStated)]
        return [event for event in events if isinstance(event, e.Trade)], statement


def totals(venue: Venue) -> tuple[int, int]:
    """Return all cash, fees included, and all allowances."""
    cash = sum(venue.cash(name)[0] for name in venue.accounts) + venue.fees()
    return cash, sum(venue.allowances(name, "A")[0] for name in venue.accounts)


@given(terms, st.lists(bids, min_size=3, max_size=3), st.integers(0, 2**62))
def test_random_auctions(fields: dict[str, int], days: list[list[Bid]], seed: int) -> None:
    run = Run(rulebook(**fields))
    volumes = dict.fromkeys(map(str, DATES), OFFERED)
    released = 0
    for date, offers in zip(DATES, days, strict=True):
        announced = run.window(date, offers)
        assert announced.quantity == volumes[str(date)]
        trades, stated = run.clear(announced.number, seed)
        assert totals(run.venue) == (CASH * len(OWNERS), STOCK)
        assert stated.sold == sum(trade.quantity for trade in trades) == sum(stated.winners)
        assert stated.offered + stated.released == stated.sold + stated.unsold + stated.withheld
        assert all(trade.price >= 90 for trade in trades)
        wins: dict[str, int] = {}
        for trade in trades:
            wins[OWNERS[trade.taker]] = wins.get(OWNERS[trade.taker], 0) + trade.quantity
        assert all(won <= stated.offered * SHARE_BP // 10_000 for won in wins.values())
        assert sorted(wins.values(), reverse=True) == list(stated.winners)
        prices = sorted({price for _, _, price in offers if price >= 90}, reverse=True)
        assert [price for price, _, _ in stated.levels] == prices, "nobody is named"
        assert sum(won for _, _, won in stated.levels) == stated.sold
        for price, wanted, won in stated.levels:
            bid_for = sum(lots for name, lots, each in offers if each == price) * LOT
            assert won <= wanted == bid_for
        assert dict(stated.cuts).get("below_reserve", 0) == 0, "refused at entry"
        for day, more in stated.reoffered:
            volumes[day] += more
            assert day > str(date)
            assert volumes[day] <= OFFERED * 12_500 // 10_000
        released += stated.released
    assert released <= 60
    assert all(run.venue.cash(name)[1] == 0 for name in OWNERS)
    assert run.venue.allowances("state", "A")[1] == 0
    again = Venue(run.venue.genesis)
    for command in run.given:
        again.apply(command)
    assert again.state_hash() == run.venue.state_hash()


six_bids = st.permutations(["ann", "ann", "bob", "bob2", "dan", "dan"])


@given(six_bids, st.lists(st.integers(4, 6), min_size=6, max_size=6), st.integers(0, 2**62))
def test_a_draw_is_made_again_from_the_log_by_who_knows_the_rule(
    names: list[str], lots: list[int], seed: int
) -> None:
    """The command's seed and the places of the bids at the last price are all that it takes."""
    run = Run(rulebook(bid_tie=BidTie.RANDOM))
    announced = run.window(DATES[0], [(n, lot, 99) for n, lot in zip(names, lots, strict=True)])
    _, stated = run.clear(announced.number, seed)
    assert dict(stated.cuts).keys() == {"tie"}, "24 lots and more for 20, nobody above his limit"
    taken = [each for each in run.given if isinstance(each, c.Bid)]
    (cleared,) = [each for each in run.given if isinstance(each, c.ClearAuction)]
    order = sorted(range(len(taken)), key=lambda n: sha256(f"{cleared.seed}:{n}".encode()).digest())
    text = f"{cleared.seed}:{','.join(map(str, order))}"
    assert stated.draw == sha256(text.encode()).hexdigest()


@given(bids)
def test_what_is_published_before_the_clearing_says_nothing_of_bids(offers: list[Bid]) -> None:
    empty, full = Run(rulebook()), Run(rulebook())
    empty.window(DATES[0], [])
    full.window(DATES[0], offers)
    assert empty.public
    assert full.public == empty.public


def test_the_statement_is_published() -> None:
    run = Run(rulebook())
    announced = run.window(DATES[0], [("ann", 3, 99)])
    _, stated = run.clear(announced.number, 1)
    message = wire.decode_from_venue(run.public[-1])
    assert structs.astuple(message)[4:] == structs.astuple(stated)[1:]


def test_a_missing_seller_and_a_window_that_is_over_are_named() -> None:
    venue = Venue(rulebook())
    (_, refused) = venue.apply(c.BeginDay(DATES[0]))
    assert isinstance(refused, e.Rejected)
    assert (refused.reason, refused.field) == (RejectReason.UNKNOWN_ACCOUNT, "date")
    venue.apply(c.OpenAccount("state", allowances=(("A", STOCK),)))
    venue.apply(c.AdvanceTime(2 * 10**18))
    (_, refused) = venue.apply(c.BeginDay(DATES[1]))
    assert isinstance(refused, e.Rejected)
    assert (refused.reason, refused.field) == (RejectReason.WINDOW, "date")


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"date": 20210631}, "not a day"),
        ({"product": "B"}, "B"),
        ({"mode": "call"}, "call"),
        ({"quantity": 0}, "quantity"),
        ({"opens": 10 * HOUR}, "closes"),
        ({"reserve": -1}, "reserve"),
        ({"date": DATES[1]}, "a second auction"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(fields: dict[str, int], rule: str) -> None:
    rules = rulebook()
    first, *others = rules.auction.calendar
    calendar = (structs.replace(first, **fields), *others)
    auction = structs.replace(rules.auction, calendar=calendar)
    with pytest.raises(RulebookError, match=rule):
        validate(structs.replace(rules, auction=auction))


def test_a_calendar_needs_its_seller_and_reads_as_it_is_written() -> None:
    rules = rulebook()
    assert from_plain(to_plain(rules)) == rules
    with pytest.raises(RulebookError, match="seller"):
        validate(structs.replace(rules, auction=structs.replace(rules.auction, seller="")))
