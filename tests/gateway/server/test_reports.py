"""Reports of random days against the events that they tell of: each once, numbered, in full."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec import structs

from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary import events as e
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import OfferKind, SelfTrade, Side
from gateway.protocol import wire, wire_links, wire_modes, wire_registry
from gateway.protocol.framing import Unframer
from gateway.server.outbox import Outboxes
from tests.support.random_flow import Flow
from tests.support.registry_flow import RegistryFlow, with_programme

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook
    from engine.vocabulary import commands as c

TEXTBOOK: Final = presets.load("textbook")
YEAR: Final = with_programme(presets.load("cn-national"))
BOOKS: Final = (
    YEAR,
    *map(presets.load, presets.names()),
    *(structs.replace(TEXTBOOK, name=mode.name, self_trade=mode) for mode in SelfTrade),
)
# what is reported under another name than its event has
RENAMED: Final[dict[type, type]] = {
    e.Offered: wire_modes.NumberAssigned,
    e.Announced: wire_modes.NumberAssigned,
}
DAYS: Final = 6
TAKES_SIDES: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


def fills(event: e.Event) -> dict[str, list[dict[str, Any]]]:
    """Return the fields that the two sides of a trade have of their own, by account."""
    found: dict[str, list[dict[str, Any]]] = {}
    if isinstance(event, e.Trade):
        sides = (("maker", event.side), ("taker", TAKES_SIDES[event.side]))
    elif isinstance(event, e.AuctionTrade):
        sides = (("buyer", Side.BUY), ("seller", Side.SELL))
    else:
        return found
    for who, side in sides:
        own = {name: getattr(event, f"{who}_{name}") for name in ("ref", "leaves", "fee")}
        found.setdefault(getattr(event, who), []).append(
            own | {"side": side, "maker": who == "maker"}
        )
    return found


class Reader:
    """An account's reports as its client would read them."""

    def __init__(self) -> None:
        self.place = self.seq = 0
        self.unframer = Unframer(wire.MAX_REPLY)


class Readers:
    """All accounts' readers: after each command they say what is new."""

    def __init__(self) -> None:
        self.outboxes = Outboxes()
        self.readers: dict[str, Reader] = {}

    def news(self, time: int, event: e.Event) -> dict[str, list[Any]]:
        """Absorb an event; return each account's new reports, their numbers and time checked."""
        self.outboxes.absorb(time, [event])
        found: dict[str, list[Any]] = {}
        for name, box in self.outboxes.boxes.items():
            reader = self.readers.setdefault(name, Reader())
            data = box.frames(reader.place, 1 << 30)
            reader.place = box.end
            for payload in reader.unframer.feed(data):
                report = wire.decode_from_venue(payload)
                reader.seq += 1
                assert (report.seq, report.time) == (reader.seq, time), report
                found.setdefault(name, []).append(report)
            assert box.seq == reader.seq
        return found


def told(event: e.Event, name: str, own: dict[str, Any], report: Any) -> None:
    """Assert that a report has what its event has."""
    fields = structs.asdict(event) | own
    for field in report.__struct_fields__:
        if field in fields and field not in {"seq", "time"}:
            assert getattr(report, field) == fields[field], (name, event, report)


class Expected:
    """What a list of events must bring to whom, beside the fields."""

    def __init__(self) -> None:
        self.open: dict[tuple[str, int], e.Offered] = {}
        self.entities: dict[str, tuple[str, ...]] = {}

    def of(self, event: e.Event, accounts: list[str]) -> dict[str, list[type]]:
        """Return the kinds of reports that an event brings, by account."""
        if type(event).__module__ == re.__name__:
            kind = getattr(wire_registry, type(event).__name__, None)
            return {name: [kind] for name in self._concerned(event)} if kind else {}
        found: dict[str, list[type]] = {}
        kind = RENAMED.get(type(event)) or getattr(wire, type(event).__name__, None)
        kind = kind or getattr(wire_modes, type(event).__name__, None)

        def add(name: str, what: type) -> None:
            if name in accounts:
                found.setdefault(name, []).append(what)

        for name, sides in fills(event).items():
            for _ in sides:
                add(name, wire.OrderFilled)
        if kind is not None and hasattr(event, "account"):
            add(event.account, kind)
        if isinstance(event, e.Offered):
            if event.kind is OfferKind.QUOTE and event.to:
                self.open[event.account, event.ref] = event
            for name in event.to:
                add(name, wire_modes.QuoteReceived)
        if isinstance(event, e.Declined):
            add(event.maker, wire_modes.Declined)
            quote = self.open[event.maker, event.maker_ref]
            left = tuple(name for name in quote.to if name != event.account)
            self.open[event.maker, event.maker_ref] = structs.replace(quote, to=left)
        ended = (0, "")
        if isinstance(event, e.OrderCancelled):
            ended = event.ref, event.account
        if isinstance(event, e.Trade) and not event.maker_leaves:
            ended = event.maker_ref, event.maker
        gone = self.open.pop((ended[1], ended[0]), None)
        for name in gone.to if gone else ():
            add(name, wire_modes.QuoteEnded)
        return found

    def _concerned(self, event: Any) -> list[str]:
        """Return the accounts of the entity that an event names, or the accounts that it names."""
        if isinstance(event, re.EntityRegistered):
            self.entities[event.entity] = event.accounts
        if hasattr(event, "entity"):
            return list(self.entities[event.entity])
        if isinstance(event, re.AllowancesTransferred):
            return [event.account, event.to]
        return [event.account]


def test_what_concerns_nobody_or_all_is_no_report() -> None:
    others = (re.CapSet, re.CompliancePublished, re.CycleClosed, re.LargeHolderReported,
              re.DeadlinePassed, re.AveragePriceTaken)  # fmt: skip
    names = {report.__name__ for report in wire_registry.RegistryReport.__args__}
    kinds = re.RegistryEvent.__args__
    assert {kind.__name__ for kind in kinds if kind not in others} == names
    for kind in kinds:
        if kind not in others:
            report = getattr(wire_registry, kind.__name__)
            assert report.__struct_fields__ == ("seq", "time", *kind.__struct_fields__)


def days(book: Rulebook) -> list[c.Command]:
    """Return the commands of some random days, the opening of the accounts first."""
    flow = (RegistryFlow if book is YEAR else Flow)(book, Random(f"reports:{book.name}"))
    for _ in range(DAYS):
        for _ in flow.day():
            pass
    return flow.given


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_reports_say_what_events_say(book: Rulebook) -> None:
    readers, expected = Readers(), Expected()
    venue = Venue(book)
    for command in days(book):
        for event in venue.apply(command):
            news = readers.news(venue.time, event)
            wanted = expected.of(event, list(readers.outboxes.boxes))
            kinds = {name: [type(report) for report in reports] for name, reports in news.items()}
            assert kinds == wanted, event
            own = fills(event)
            for name, reports in news.items():
                for report in reports:
                    if isinstance(report, wire_modes.QuoteEnded):
                        continue
                    if isinstance(report, wire.OrderFilled):
                        told(event, name, own[name].pop(0), report)
                    elif (
                        isinstance(report, wire_modes.Declined)
                        and isinstance(event, e.Declined)
                        and name != event.account
                    ):
                        told(event, name, {"ref": 0}, report)
                    else:
                        told(event, name, {}, report)


def test_those_days_bring_every_report_there_is() -> None:
    seen: dict[type, None] = {}
    for book in BOOKS:
        venue, outboxes = Venue(book), Outboxes()
        for command in days(book):
            outboxes.absorb(venue.time, venue.apply(command))
        for box in outboxes.boxes.values():
            payloads = Unframer(wire.MAX_REPLY).feed(box.frames(0, 1 << 30))
            seen |= dict.fromkeys(type(wire.decode_from_venue(payload)) for payload in payloads)
    of_links = dict.fromkeys(wire_links.LinkReport.__args__)  # these venues have no link
    assert set(seen) == {kind for kind in wire.Report.__args__ if kind not in of_links}
