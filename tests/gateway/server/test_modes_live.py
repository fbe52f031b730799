"""Listings, blocks, auctions and calls over real sockets, and a day run by the timetable."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from engine.log.records import Record
from engine.log.sequencer import TIMER
from engine.rulebook import presets
from engine.rulebook.calendar import local_date, utc
from engine.venue.venue import Venue
from engine.vocabulary import events as e
from engine.vocabulary.commands import (
    AdvanceTime,
    AmendRulebook,
    Announce,
    BeginDay,
    Bid,
    ClearAuction,
    Command,
    MoveAllowances,
    MoveCash,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import CancelReason, Mechanism, OfferKind, Phase, RejectReason, Side
from gateway.client.client import RejectedError
from gateway.protocol import wire, wire_market, wire_modes
from gateway.server.accounts import Credentials, Directory
from gateway.server.node import Node, Options
from gateway.server.timetable import Past, Timetable
from gateway.server.views import lines
from tests.support.venues import bounded, client_of, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gateway.client.client import Client

_Message = TypeVar("_Message")
NAMES = ("alice", "bob", "carol")


def open_node(folder: Path, name: str) -> Node:
    book = presets.load(name)
    stock = {product.symbol: 10**6 for product in book.products}
    accounts = tuple(
        Credentials(who, f"{who}-key", "M1", cash=10**12, allowances=stock) for who in NAMES
    )
    return Node.open(folder, book, Directory(accounts), Options())


@asynccontextmanager
async def trading(folder: Path, name: str) -> AsyncIterator[tuple[Node, list[Client]]]:
    """Serve a rulebook, all lines open, with three clients that subscribe to everything."""
    node = open_node(folder, name)
    await node.start()
    node.operate(SetPhase(Phase.CONTINUOUS))
    clients = [client_of(node, who) for who in NAMES]
    for client in clients:
        await client.__aenter__()
        client.subscribe()
    try:
        yield node, clients
    finally:
        for client in clients:
            await client.close()
        await node.stop()


async def next_of(client: Client, kind: type[_Message], **fields: Any) -> _Message:
    """Return a client's next message of a kind with these fields; others are passed over."""
    async with asyncio.timeout(5):
        async for message in client.events():
            if isinstance(message, kind) and all(
                getattr(message, name) == value for name, value in fields.items()
            ):
                return message
    raise AssertionError(kind)


def test_a_listing_is_seen_picked_and_withdrawn(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with trading(tmp_path, "guangdong") as (node, (alice, bob, _)):
            listed = await alice.sell("GDEA", 500, price_minor=4_000)
            offered = await next_of(alice, wire_modes.NumberAssigned)
            assert (offered.ref, offered.number) == (listed.ref, 1)
            seen = await next_of(bob, wire_market.Offered)
            assert (seen.number, seen.kind, seen.quantity) == (1, OfferKind.LISTING, 500)
            await bob.pick("GDEA", 1, 200)
            assert (await next_of(bob, wire_market.Offered)).quantity == 300
            assert (await next_of(bob, wire.OrderFilled)).quantity == 200
            assert (await next_of(alice, wire.OrderFilled, leaves=300)).maker
            with pytest.raises(RejectedError) as refused:
                await bob.pick("GDEA", 2)
            assert refused.value.report.reason is RejectReason.UNKNOWN_NUMBER
            late = client_of(node, "carol")  # takes the account over, and asks anew
            async with late:
                late.subscribe("GDEA")
                assert (await next_of(late, wire_market.BookSnapshot)).levels[0].quantity == 300
                assert (await next_of(late, wire_market.Offered)).quantity == 300
            await alice.cancel(listed.ref)
            assert (await next_of(bob, wire_market.Offered)).quantity == 0

    bounded(scenario())


def test_a_block_is_asked_for_quoted_declined_and_confirmed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with trading(tmp_path, "cn-national") as (node, (alice, bob, carol)):
            line = "CEA24@block"
            asked = await alice.enquire(line, Side.BUY, 200_000, ("bob",))
            assert asked.number == 1
            heard = await next_of(bob, wire_modes.QuoteReceived)
            assert (heard.kind, heard.account, heard.price) == (OfferKind.ENQUIRY, "alice", 0)
            await bob.quote(line, Side.SELL, 200_000, price_minor=6_000, answers=1)
            quote = await next_of(alice, wire_modes.QuoteReceived)
            assert (quote.number, quote.answers, quote.price) == (2, 1, 6_000)
            assert (await alice.decline(line, 2)).number == 2
            assert (await next_of(bob, wire_modes.Declined)).account == "alice"
            assert (await next_of(bob, wire.OrderCancelled)).reason is CancelReason.DECLINED
            await bob.quote(line, Side.SELL, 100_000, price_minor=5_900, to=("alice", "carol"))
            received = await next_of(carol, wire_modes.QuoteReceived)
            await alice.pick(line, received.number)
            assert (await next_of(carol, wire_modes.QuoteEnded)).number == received.number
            assert (await next_of(bob, wire.OrderFilled)).quantity == 100_000
            frames = {name: box.frames(0, box.end) for name, box in node.outboxes.boxes.items()}
        again = open_node(tmp_path, "cn-national")
        assert {
            name: box.frames(0, box.end) for name, box in again.outboxes.boxes.items()
        } == frames
        await again.stop()

    bounded(scenario())


def test_an_auction_is_announced_bid_for_and_cleared(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with trading(tmp_path, "uk-auction") as (node, (alice, bob, carol)):
            now = time.time_ns()
            window = (now - 1, now + 700_000_000)
            await alice.announce("UKA", Side.SELL, 5_000, price_minor=2_800, window=window)
            notice = await next_of(bob, wire_market.Announced)
            assert (notice.number, notice.quantity, notice.closes_at) == (1, 5_000, window[1])
            venue = node.sequencer.venue
            await until(lambda: venue.time >= window[0])
            await bob.bid("UKA", 1, 4_000, price_minor=5_000)
            await carol.bid("UKA", 1, 2_000, price_minor=4_900)
            await until(lambda: venue.time >= window[1])
            node.operate(ClearAuction("UKA", 1, 7))
            assert (await next_of(bob, wire.OrderFilled)).price == 4_900
            assert (await next_of(carol, wire.OrderFilled)).quantity == 1_000
            assert (await next_of(carol, wire.OrderCancelled)).reason is CancelReason.LOST
            result = await next_of(alice, wire_market.AuctionCleared)
            assert (result.price, result.quantity, result.bidders) == (4_900, 5_000, 2)

    bounded(scenario())


def test_a_call_indicates_by_itself_and_trades_at_one_price(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with trading(tmp_path, "textbook") as (node, (alice, bob, carol)):
            node.operate(SetPhase(Phase.CLOSED))
            node.operate(SetPhase(Phase.OPENING_CALL))
            await alice.sell("CO2", 100, price_minor=4_900)
            await bob.buy("CO2", 60, price_minor=5_000)
            indicated = await next_of(carol, wire_market.AuctionIndicated, volume=60)
            node.operate(SetPhase(Phase.CONTINUOUS))
            result = await next_of(carol, wire_market.AuctionUncrossed)
            assert (result.price, result.volume) == (indicated.price, 60)
            fill = await next_of(bob, wire.OrderFilled)
            assert (fill.price, fill.maker) == (result.price, False)
            assert (await next_of(alice, wire.OrderFilled)).leaves == 40
            assert (await next_of(alice, wire.OrderResting)).leaves == 40

    bounded(scenario())


def test_a_product_that_an_amendment_adds_is_traded_and_seen(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with trading(tmp_path, "textbook") as (node, (alice, bob, _)):
            node.operate(AmendRulebook("products+", '{symbol = "NEW", reference = 100}'))
            node.operate(SetPhase(Phase.CLOSED))
            node.operate(BeginDay(20260105))
            for name in NAMES:
                node.operate(MoveAllowances(name, "NEW", 100))
            node.operate(SetPhase(Phase.CONTINUOUS))
            await alice.sell("NEW", 5, price_minor=100)
            bob.subscribe("NEW")
            await next_of(bob, wire_market.BookSnapshot, symbol="NEW")
            await bob.buy("NEW", 3, price_minor=100)
            assert (await next_of(bob, wire_market.Trade, symbol="NEW")).quantity == 3
            assert lines(node.sequencer.venue)[-1].symbol == "NEW"

    bounded(scenario())


def test_what_a_line_does_not_do_is_refused_by_name(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with trading(tmp_path, "textbook") as (_, (alice, *_others)):
            line = alice.lines[0]
            assert (line.symbol, line.mechanism) == ("CO2", Mechanism.ORDER_BOOK)
            for asked in (
                alice.pick("CO2", 1),
                alice.quote("CO2", Side.BUY, 1, price_minor=1),
                alice.decline("CO2", 1),
                alice.bid("CO2", 1, 1, price_minor=1),
                alice.announce("CO2", Side.SELL, 1, price_minor=1, window=(0, 1)),
            ):
                with pytest.raises(RejectedError) as refused:
                    await asked
                assert refused.value.report.reason is RejectReason.MODE

    bounded(scenario())


# -- the timetable, with a clock of the test's own ------------------------------------------------


class Clockwork:
    """A venue run by its timetable, minute by minute."""

    def __init__(self, name: str) -> None:
        self.venue = Venue(presets.load(name))
        self.past = Past()
        self.restart()
        self.given: list[Command] = []
        self.seen: list[e.Event] = []

    def at(self, date: int, hour: int, minute: int = 0) -> int:
        return utc(self.venue.rulebook.calendar, date, hour * 3600 + minute * 60)

    def look(self, now: int) -> None:
        for command in self.timetable.due(now):
            self.run_one(command, now)
        if now > self.venue.time:
            self.seen += self.venue.apply(AdvanceTime(now))
        for command in self.timetable.clearings():
            self.run_one(command, now)
        self.venue.check()

    def run_one(self, command: Command, now: int) -> None:
        events = self.venue.apply(command)
        record = Record(0, now, TIMER, command)
        self.past.absorb(record, events)
        self.timetable.absorb(TIMER, now, command, events)
        self.given.append(command)
        self.seen += events

    def restart(self) -> None:
        self.timetable = Timetable(self.venue, lambda below: 17 % below, self.past)

    def run(self, date: int, first: int = 0, last: int = 24) -> None:
        for minute in range(first * 60, last * 60):
            self.look(self.at(date, 0, minute))


def test_a_day_in_korea_runs_by_its_timetable() -> None:
    clock = Clockwork("krx")
    clock.run(20251120)
    assert [command for command in clock.given if isinstance(command, BeginDay)] == [
        BeginDay(20251120, 17)
    ]
    assert not [event for event in clock.seen if isinstance(event, e.Rejected)]
    assert {clock.venue.phase(line) for line in clock.venue.markets} == {Phase.CLOSED}
    phases = [
        event.phase
        for event in clock.seen
        if isinstance(event, e.PhaseChanged) and event.symbol == "KAU"
    ]
    assert phases == [Phase.OPENING_CALL, Phase.FREEZE, Phase.CONTINUOUS, Phase.CLOSING_CALL,
                      Phase.FREEZE, Phase.CLOSED]  # fmt: skip
    clock.run(20251121)
    assert clock.venue.date == 20251121
    before = len(clock.given)
    clock.run(20251122)  # a Saturday
    assert len(clock.given) == before


def test_a_start_in_the_middle_of_the_day_catches_up() -> None:
    clock = Clockwork("krx")
    clock.look(clock.at(20251120, 11))
    assert clock.venue.phase("KAU") is Phase.CONTINUOUS
    assert clock.venue.phase("KAU@auction") is Phase.CLOSED
    clock.run(20251120, 11)
    assert clock.venue.phase("KAU") is Phase.CLOSED
    assert not [event for event in clock.seen if isinstance(event, e.Rejected)]


def test_a_restart_after_the_close_opens_nothing_again() -> None:
    clock = Clockwork("krx")
    clock.run(20251120)
    closings = len([event for event in clock.seen if isinstance(event, e.DayClosed)])
    clock.restart()
    clock.run(20251120, 20)
    assert len([event for event in clock.seen if isinstance(event, e.DayClosed)]) == closings
    assert clock.venue.ledger.day == 1


def test_a_restart_on_the_next_day_closes_what_was_left_open_first() -> None:
    clock = Clockwork("krx")
    clock.run(20251120, 0, 11)
    assert clock.venue.phase("KAU") is Phase.CONTINUOUS
    clock.restart()
    clock.run(20251121)
    assert (clock.venue.date, clock.venue.ledger.day) == (20251121, 2)
    assert not [event for event in clock.seen if isinstance(event, e.Rejected)]


def test_a_start_in_the_break_waits_for_the_afternoon() -> None:
    clock = Clockwork("shanghai")
    clock.look(clock.at(20251120, 12))
    assert clock.venue.phase("SHEA") is Phase.HALTED
    assert clock.venue.date == 20251120
    clock.look(clock.at(20251120, 13))
    assert clock.venue.phase("SHEA") is Phase.CONTINUOUS


def test_an_auction_whose_window_is_over_is_cleared_once() -> None:
    clock = Clockwork("rggi")
    venue = clock.venue
    for name in ("state", "power"):
        venue.apply(OpenAccount(name))
        venue.apply(MoveCash(name, 10**12))
        venue.apply(MoveAllowances(name, "RGA", 10**6))
    clock.run(20251203, 0, 10)
    window = (clock.at(20251203, 9), clock.at(20251203, 12))
    venue.apply(Announce("state", 1, "RGA", Side.SELL, 20_000, 262, *window))
    venue.apply(Bid("power", 1, "RGA", 1, 20_000, 2_000))
    clock.run(20251203, 10)
    assert [c for c in clock.given if isinstance(c, ClearAuction)] == [ClearAuction("RGA", 1, 17)]
    assert venue.allowances("power", "RGA") == (10**6 + 20_000, 0)


def test_the_local_date_is_the_venues() -> None:
    shanghai, california = (presets.load(name).calendar for name in ("shanghai", "california"))
    noon_utc = 1_764_763_200_000_000_000 + 18 * 3600 * 10**9  # 2025-12-03 12:00 + 18 h
    assert local_date(shanghai, noon_utc) == 20251204
    assert local_date(california, noon_utc) == 20251203
