"""Several venues as one that agents trade on: each account is at its own region's.

The kernel sees the lines of all regions and one sequencer. What a member trades at another region
is reported in the member's own name and reference, so that measures and agents know whose it is;
agents hear of it under the line of their own region, since it is one good. They also hear what left
over a link and what came back, as members of a live venue do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, get_args

from msgspec import structs

from backtest.kernel.kernel import MOST_STEPS, Kernel
from backtest.kernel.queue import REPORT
from engine.venue.federation import Federation
from engine.venue.venue import Venue
from engine.vocabulary import events as ev
from engine.vocabulary.enums import LinkKind
from engine.vocabulary.link_events import (
    CancelRouted,
    CarriedIn,
    GuestArrived,
    LinkEvent,
    OrderRouted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backtest.kernel.kernel import Entry, Watcher
    from backtest.kernel.streams import Streams
    from backtest.lab.regions import Regions
    from engine.rulebook.model import Rulebook
    from engine.venue.federation import Happened
    from engine.venue.views import AccountView, LineView, OrderView
    from engine.vocabulary.commands import Command, SetPhase
    from engine.vocabulary.enums import Side

_AnyTrade = TypeVar("_AnyTrade", ev.Trade, ev.AuctionTrade)
_LINKS = get_args(LinkEvent)
AccountReport: TypeAlias = OrderRouted | CarriedIn | CancelRouted
_REPORTS = get_args(AccountReport)
_OWN = (ev.OrderAccepted, ev.OrderResting, ev.OrderCancelled, ev.OrderReduced, ev.Rejected)


class SeveralVenues:
    """What a kernel and its agents ask of a venue, asked of several; and their sequencer."""

    def __init__(self, design: Regions) -> None:
        """Open the regions' venues and link them."""
        self.design = design
        self.federation = Federation({each.name: Venue(each.rulebook) for each in design.regions})
        for link in design.links():
            self.federation.link(*link)
        self.journal = None
        self.seq = self.time = 0
        self.home: dict[str, str] = {}  # region by account
        self._place = {
            symbol: name
            for name, venue in self.federation.venues.items()
            for symbol in venue.symbols
        }
        self._guests: dict[str, str] = {}  # member by the guest's account
        self.reports: list[AccountReport] = []  # of links, that accounts have yet to hear

    def close(self) -> None:
        """Let go of live orders, so that the venues are freed; they are of no use then."""
        for venue in self.federation.venues.values():
            venue.close()

    @property
    def venue(self) -> SeveralVenues:
        """Itself: a sequencer has a venue."""
        return self

    # -- what a sequencer does ----------------------------------------------------------------

    def submit(self, time: int, source: int, command: Command) -> list[ev.Event]:
        """Give a command to the venue that it is for, or to all; return what happened."""
        del source
        self.time = max(self.time, time)
        self.seq += 1
        return self.apply(command)

    submit_checked = submit

    def apply(self, command: Command) -> list[ev.Event]:
        """Apply a command."""
        found: list[ev.Event] = []
        for name in self._places(command):
            found += self._told(self.federation.submit(name, command))
        return found

    def _places(self, command: Command) -> list[str]:
        account = getattr(command, "account", "")
        if account:
            return [self.home[account]]
        symbol = getattr(command, "symbol", "")
        return [self._place[symbol]] if symbol else list(self.federation.venues)

    # -- what happened, in the members' own names -----------------------------------------------

    def _told(self, happened: list[Happened]) -> Iterator[ev.Event]:
        for each in happened:
            for event in each.events:
                if type(event) is GuestArrived:
                    self._guests[event.guest] = event.account
                elif isinstance(event, _REPORTS):
                    self.reports.append(event)
                elif not isinstance(event, _LINKS):
                    yield from self._of_members(event)

    def _of_members(self, event: ev.Event) -> Iterator[ev.Event]:
        if not self._guests:
            yield event
        elif isinstance(event, ev.Trade):
            event = self._side_of(event, "maker")
            yield self._side_of(event, "taker")
        elif isinstance(event, ev.AuctionTrade):
            event = self._side_of(event, "buyer")
            yield self._side_of(event, "seller")
        elif isinstance(event, _OWN) and event.account in self._guests:
            if self.design.kind is LinkKind.SHARED:  # else the order at home says enough
                yield structs.replace(event, account=self._guests[event.account])
        elif getattr(event, "account", "") not in self._guests:
            yield event

    def _side_of(self, event: _AnyTrade, side: str) -> _AnyTrade:
        """Return a trade with a guest's side in the member's name."""
        guest = getattr(event, side)
        member = self._guests.get(guest)
        if member is None:
            return event
        changes: dict[str, Any] = {side: member}
        if self.design.kind is LinkKind.ROUTING:  # what is open is open at home
            home = self.federation.venues[self.home[member]]
            changes[f"{side}_leaves"] = home.leaves(member, getattr(event, f"{side}_ref"))
        return structs.replace(event, **changes)

    def own_line(self, account: str, symbol: str) -> str:
        """Return the line under which a member knows a line: its own region's main one."""
        region = self.home.get(account, "")
        if self._place[symbol] == region:
            return symbol
        return next((each.symbol for each in self.design.regions if each.name == region), symbol)

    # -- what a venue is asked ------------------------------------------------------------------

    @property
    def rulebook(self) -> Rulebook:
        """The first region's rules."""
        return self.design.rulebook

    @property
    def symbols(self) -> tuple[str, ...]:
        """The lines of all regions."""
        return tuple(self._place)

    def last_ref(self, account: str) -> int:
        """Return the highest reference that an account has used."""
        return self._of(account).last_ref(account)

    def account(self, name: str) -> AccountView:
        """Return what an account has at home."""
        return self._of(name).account(name)

    def open_orders(self, account: str) -> list[OrderView]:
        """Return an account's live orders at home."""
        return self._of(account).open_orders(account)

    def line_view(self, symbol: str) -> LineView:
        """Return a line's rules and state."""
        return self._at(symbol).line_view(symbol)

    def last_price(self, symbol: str) -> int:
        """Return the price of a line's last trade."""
        return self._at(symbol).last_price(symbol)

    def depth(self, symbol: str, side: Side, levels: int = 0) -> list[tuple[int, int]]:
        """Return a side of a line's book."""
        return self._at(symbol).depth(symbol, side, levels)

    def standing(self, symbol: str) -> list[ev.Offered | ev.Announced]:
        """Return a line's offers."""
        return self._at(symbol).standing(symbol)

    def best_bids(self, symbol: str) -> list[ev.BestBid]:
        """Return the best bids of a line's auctions."""
        return self._at(symbol).best_bids(symbol)

    def due(self) -> tuple[bool, int]:
        """Say whether and when time should be told."""
        found = [venue.due() for venue in self.federation.venues.values()]
        return any(waits for waits, _ in found), min((due for _, due in found if due), default=0)

    def indicates(self) -> bool:
        """Say whether passing time shows what a call or an auction would come to."""
        return any(venue.indicates() for venue in self.federation.venues.values())

    def in_region(self, name: str, command: SetPhase) -> list[SetPhase]:
        """Return a step of a region's timetable as commands to its lines."""
        if command.symbol:
            return [command]
        symbols = self.federation.venues[name].symbols
        return [structs.replace(command, symbol=symbol) for symbol in symbols]

    def _of(self, account: str) -> Venue:
        return self.federation.venues[self.home[account]]

    def _at(self, symbol: str) -> Venue:
        return self.federation.venues[self._place[symbol]]


class KernelOfSeveral(Kernel):
    """Drives several venues; each agent hears of its own region, and of one shared book."""

    __slots__ = ("_several",)

    def __init__(
        self,
        several: SeveralVenues,
        tape: list[Entry] | None,
        streams: Streams,
        *,
        sink: Watcher | None = None,
        most: int = MOST_STEPS,
    ) -> None:
        """Start with the venues closed."""
        whole: Any = several  # what a kernel needs of a sequencer and of a venue
        super().__init__(whole, tape, streams, sink=sink, most=most)
        self._several = several

    def _report(self, events: list[ev.Event]) -> None:
        """Send what happened to those whom it concerns: what left, trades, what came back."""
        several = self._several
        of_links = several.reports[:]
        several.reports.clear()
        self._report_links([each for each in of_links if not isinstance(each, CarriedIn)])
        self._report_events(events)
        self._report_links([each for each in of_links if isinstance(each, CarriedIn)])

    def _report_links(self, reports: list[AccountReport]) -> None:
        for each in reports:
            seat = self.seats.get(each.account)
            if seat is not None and seat.agent.hears_own:
                seat.heard_at = max(seat.heard_at, seat.delayed(self.now, seat.back))
                self.push(seat.heard_at, REPORT, seat.place, seat, each)

    def _report_events(self, events: list[ev.Event]) -> None:
        several, now = self._several, self.now
        for account, event in self._visibility.parts(events):
            if account:
                seat = self.seats.get(account)
                hearers = [seat] if seat is not None and seat.agent.hears_own else []
            else:
                hearers = self._hearing
            symbol = getattr(event, "symbol", "")
            for seat in hearers:
                said = event
                if symbol:
                    own = several.own_line(seat.account, symbol)
                    if not account and own != symbol and not self._one_book(symbol):
                        continue
                    if own != symbol:
                        said = structs.replace(event, symbol=own)
                seat.heard_at = max(seat.heard_at, seat.delayed(now, seat.back))
                self.push(seat.heard_at, REPORT, seat.place, seat, said)

    def _one_book(self, symbol: str) -> bool:
        design = self._several.design
        return design.kind is LinkKind.SHARED and symbol == design.regions[0].symbol
