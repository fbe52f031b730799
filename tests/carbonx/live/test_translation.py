"""What an agent is told on a live venue is what it would be told in the laboratory.

Random days of every rulebook are told twice: once divided by ``Visibility``, once through the
gateway's reports and market data and back.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from backtest.agents.market_picture import MarketPicture
from backtest.agents.own_orders import OwnOrder, OwnOrders
from backtest.agents.visibility import Visibility
from carbonx.live import public_feed, reports
from carbonx.live.commands import MESSAGES, request_of
from carbonx.live.public_feed import PublicFeed, pictures
from carbonx.live.reports import Reports
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary import registry_events
from engine.vocabulary.commands import ClientCommand
from engine.vocabulary.enums import (
    BidTie,
    Mechanism,
    OfferKind,
    Phase,
    PricingRule,
    RejectReason,
    Side,
    Undersubscribed,
)
from gateway.protocol import wire, wire_market, wire_registry
from gateway.protocol.framing import Unframer
from gateway.protocol.wire_market import BookLevel, BookSnapshot
from gateway.server.market_data import MarketData
from gateway.server.outbox import Outboxes
from tests.support.random_flow import NAMES, Flow

if TYPE_CHECKING:
    from msgspec import Struct

DAYS = 2


def described(venue: Venue) -> list[wire_market.LineInfo]:
    return [
        wire_market.LineInfo(
            line,
            "",
            "CNY",
            2,
            market.product.tick,
            market.gate.lot,
            venue.phase(line),
            venue.reference(line),
            *venue.limits(line),
            market.product.symbol,
            market.mode.name,
            market.mode.mechanism,
        )
        for line, market in venue.markets.items()
    ]


class Told:
    """A random flow's days, with what each account and the public were told, both ways."""

    def __init__(self, rulebook: str, seed: int) -> None:
        book = presets.load(rulebook)
        flow = Flow(book, Random(seed))
        for _ in range(DAYS):
            for _ in flow.day():
                pass
        self.venue = Venue(book)
        self.here: dict[str, list[e.Event]] = {name: [] for name in ("", *NAMES)}
        self.live: dict[str, list[e.Event]] = {name: [] for name in ("", *NAMES)}
        self.boxes = Outboxes()
        self.market_data = MarketData(self.venue)
        self.market_data.start()
        lines = described(self.venue)
        self.picture = MarketPicture(pictures(lines))
        self.feed = PublicFeed(lines)
        self.translate = {name: Reports(name) for name in NAMES}
        self.place = dict.fromkeys(NAMES, 0)
        visibility = Visibility()
        for command in flow.given:
            if isinstance(command, ClientCommand):
                self.translate[command.account].sent(command.ref, command)
            events = self.venue.apply(command)
            self.boxes.absorb(0, events)
            self.market_data.absorb(events)
            for account, event in visibility.parts(events):
                self.here[account].append(event)
            self._take_reports()
            self._take_public()

    def _take_reports(self) -> None:
        for name, reports_of in self.translate.items():
            box = self.boxes.boxes.get(name)
            if box is None:
                continue
            unframer = Unframer(wire.MAX_REPLY)
            for payload in unframer.feed(box.frames(self.place[name], wire.MAX_REPLY)):
                event = reports_of.event(wire.decode_from_venue(payload))
                assert event is not None
                self.live[name].append(event)
            self.place[name] = box.end

    def _take_public(self) -> None:
        for messages in self.market_data.publish(0).values():
            for message in messages:
                for event in self.feed.events(message):
                    self.live[""].append(event)
                    self.picture.absorb(event)


def comparable(event: e.Event) -> e.Event:
    """Leave out what the wire does not say of an account's own offer."""
    if isinstance(event, e.Announced) and event.account:
        return structs.replace(event, pricing=0, tie=0, undersubscribed=0)
    if isinstance(event, e.Offered) and event.kind is OfferKind.LISTING:
        return structs.replace(event, expire_at=0)
    return event


@pytest.mark.parametrize("rulebook", presets.names())
def test_an_account_is_told_the_same_of_its_own_here_and_live(rulebook: str) -> None:
    told = Told(rulebook, seed=5)
    for name in NAMES:
        here = [comparable(event) for event in told.here[name]]
        assert [comparable(event) for event in told.live[name]] == here
        assert len(here) > 12


@pytest.mark.parametrize("rulebook", presets.names())
def test_the_public_is_told_the_same_here_and_live(rulebook: str) -> None:
    told = Told(rulebook, seed=6)
    assert told.feed.gaps == 0
    for line in told.venue.markets:
        here, live = (
            [
                event
                for event in parts[""]
                if not isinstance(event, e.DepthChanged) and getattr(event, "symbol", "") == line
            ]
            for parts in (told.here, told.live)
        )
        assert live == here


@pytest.mark.parametrize("rulebook", presets.names())
def test_pictures_and_own_orders_agree_with_the_venue(rulebook: str) -> None:
    told = Told(rulebook, seed=7)
    venue = told.venue
    here = MarketPicture(pictures(described(Venue(presets.load(rulebook)))))
    for event in told.here[""]:
        here.absorb(event)
    books = [n for n, m in venue.markets.items() if m.mode.mechanism is Mechanism.ORDER_BOOK]
    assert list(here.lines) == list(told.picture.lines) == list(venue.markets)
    for symbol, line in here.lines.items():
        assert line == told.picture.lines[symbol]
        offers = [
            each for each in venue.standing(symbol) if isinstance(each, e.Announced) or not each.to
        ]
        assert [*line.offers, *line.auctions] == [each.number for each in offers]
    for symbol in books:
        for picture in (here.lines[symbol], told.picture.lines[symbol]):
            assert [picture.depth(side) for side in Side] == [
                venue.depth(symbol, side) for side in Side
            ]
            assert picture.phase is venue.phase(symbol)
    for name in NAMES:
        orders = OwnOrders(name)
        for event in told.live[name]:
            orders.absorb(event)
        assert orders.live == {
            order.ref: OwnOrder(order.symbol, order.side, order.price, order.leaves)
            for order in venue.open_orders(name)
        }


def test_no_account_is_told_of_the_orders_of_others() -> None:
    told = Told("krx", seed=8)
    assert any(isinstance(event, e.Trade) for event in told.here[""])
    for event in told.here[""]:
        assert not any(name in structs.astuple(event) for name in NAMES), event
    for name in NAMES:
        for event in told.here[name]:
            values = structs.astuple(event)
            if isinstance(event, e.Offered | e.Declined):
                continue  # two accounts deal with each other
            assert name in values, event
            assert not any(other in values for other in NAMES if other != name), event


# -- the tables --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", MESSAGES)
def test_a_message_has_its_commands_fields(command: type[Struct]) -> None:
    fields = MESSAGES[command].__struct_fields__
    assert ("account", *fields) == command.__struct_fields__
    assert MESSAGES[command].__struct_defaults__ == command.__struct_defaults__


@pytest.mark.parametrize(
    ("table", "behind"), [(reports.SAME_FIELDS, 2), (public_feed.SAME_FIELDS, 4)]
)
def test_an_event_has_the_fields_of_its_message(
    table: dict[type[Struct], type[Struct]], behind: int
) -> None:
    for message, event in table.items():
        fields = [{"offer": "number"}.get(f, f) for f in message.__struct_fields__]
        assert tuple(fields[behind:]) == event.__struct_fields__[1:]
        assert event.__struct_fields__[0] == ("account" if behind == 2 else "symbol")


def test_a_report_of_the_registry_is_the_event_of_its_name() -> None:
    told = Reports("ann").event(wire_registry.EmissionsVerified(4, 9, "Plant", "2024", 7, 5))
    assert told == registry_events.EmissionsVerified("Plant", "2024", 7, 5)


def test_a_command_is_asked_for_with_all_its_fields() -> None:
    command = c.NewOrder("", 0, "CO2", Side.SELL, 30, 5_100, display=10, expire_at=7)
    message_type, fields = request_of(command)
    assert message_type(9, *fields) == wire.NewOrder(
        9, "CO2", Side.SELL, 30, 5_100, display=10, expire_at=7
    )


def test_a_command_without_space_for_it_is_told_as_refused() -> None:
    reports = Reports("ann")
    event = reports.event(wire.NotTaken(4, 17, RejectReason.STORAGE, "the log has space"))
    assert event == e.Rejected("ann", 17, RejectReason.STORAGE, "", "the log has space")
    assert reports.event(wire.NotTaken(4, 0, RejectReason.STORAGE, "the log has space")) is None


def test_a_throttled_command_is_told_as_refused() -> None:
    event = Reports("ann").event(wire.Throttled(4, 17, 100))
    assert isinstance(event, e.Rejected)
    assert (event.account, event.ref) == ("ann", 17)
    assert "100 messages a second" in event.rule


def test_a_second_snapshot_takes_away_what_is_gone() -> None:
    venue = Venue(presets.load("textbook"))
    feed, picture = PublicFeed(described(venue)), MarketPicture(pictures(described(venue)))

    def snapshot(number: int, *levels: tuple[Side, int, int]) -> None:
        message = BookSnapshot(
            0, "CO2", number, venue.phase("CO2"), 0, tuple(BookLevel(*level) for level in levels)
        )
        for event in feed.events(message):
            picture.absorb(event)

    snapshot(3, (Side.BUY, 4_900, 5), (Side.SELL, 5_100, 7))
    snapshot(9, (Side.BUY, 4_901, 6), (Side.SELL, 5_100, 1))
    line = picture.lines["CO2"]
    assert (line.depth(Side.BUY), line.depth(Side.SELL)) == ([(4_901, 6)], [(5_100, 1)])
    assert line.best() == (4_901, 5_100)
    assert (line.reference, line.low_limit) == (venue.reference("CO2"), venue.limits("CO2")[0])
    assert feed.gaps == 0


def test_a_second_snapshot_takes_away_offers_and_auctions_that_are_gone() -> None:
    told = Told("cn-national", seed=5)
    feed, picture = PublicFeed(()), MarketPicture(pictures(described(told.venue)))
    line = next(iter(picture.lines))

    def hear(message: object) -> None:
        for event in feed.events(message):
            picture.absorb(event)

    def snapshot(update: int) -> None:
        hear(BookSnapshot(0, line, update, Phase.CONTINUOUS, 0, ()))

    def offered(number: int) -> None:
        hear(wire_market.Offered(0, line, 1, 0, number, OfferKind.LISTING, Side.SELL, 7_000, 5))

    snapshot(1)
    offered(1)
    offered(2)
    hear(
        wire_market.Announced(
            0,
            line,
            1,
            0,
            3,
            Side.SELL,
            7_000,
            5,
            0,
            9,
            1,
            0,
            0,
            PricingRule.UNIFORM,
            BidTie.TIME,
            Undersubscribed.SELL,
        )
    )
    assert [*picture.lines[line].offers, *picture.lines[line].auctions] == [1, 2, 3]
    snapshot(1)
    offered(2)
    assert [*picture.lines[line].offers, *picture.lines[line].auctions] == [2]
