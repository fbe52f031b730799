"""The venue: ``apply`` one command to the state, return what happened.

Nothing here reads a clock, a random source or a file: the same commands always give the same
events and the same state. Rules: ``docs/rules.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, cast, get_args

from engine.markets.admission import SMALL
from engine.markets.phases import change
from engine.venue.base import VenueBase, duplicate, killed, unknown_account
from engine.venue.funding import move_allowances, move_cash, open_account, set_account_class
from engine.venue.link_commands import link_handlers
from engine.venue.state import check_reservations, state_hash
from engine.venue.trading_day import begin_day, rulebook_on, set_reference, take_amendment
from engine.venue.views import (
    AccountView,
    LineView,
    OrderView,
    view_account,
    view_line,
    view_orders,
)
from engine.vocabulary.commands import (
    AdvanceTime,
    AmendOrder,
    AmendRulebook,
    BeginDay,
    CancelOnDisconnect,
    CancelOrder,
    Command,
    MassCancel,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    SetAccountClass,
    SetCancelOnDisconnect,
    SetKillSwitch,
    SetPhase,
    SetReference,
)
from engine.vocabulary.enums import CancelReason, Phase, RejectReason, Side
from engine.vocabulary.events import (
    Announced,
    BestBid,
    Event,
    KillSwitchSet,
    MassCancelled,
    Offered,
    Rejected,
)
from engine.vocabulary.json_codec import type_name
from engine.vocabulary.registry_commands import RegistryCommand
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.texts import shown
from engine.vocabulary.units import MAX_REF

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.book.orders import Participant
    from engine.matching.call_price import Crossing, Interest
    from engine.rulebook.model import Rulebook

    class OfOperator(Protocol):
        """A command of the operator to one line."""

        @property
        def symbol(self) -> str:
            """The line's symbol."""

    class OfClient(OfOperator, Protocol):
        """A client's command to one line."""

        @property
        def account(self) -> str:
            """Who gives it."""

        @property
        def ref(self) -> int:
            """The client's own number."""


_REQUESTED: Final = CancelReason.REQUESTED


class Venue(VenueBase):
    """All markets of a rulebook with their ledger, as one state machine."""

    __slots__ = ("_handlers",)

    WIRING = __slots__  # made by ``wire``, and no part of the state

    def __init__(self, rulebook: Rulebook) -> None:
        """Make a venue: every line closed, no account. Raises ``RulebookError``."""
        super().__init__(rulebook)
        self.wire()

    def wire(self) -> None:
        """Bind the handlers of commands."""
        self._handlers: dict[type, Callable[..., list[Event]]] = {  # by command
            MassCancel: self._mass_cancel,
            CancelOnDisconnect: self._cancel_on_disconnect,
            SetCancelOnDisconnect: self._set_cancel_on_disconnect,
            SetKillSwitch: self._set_kill_switch,
            SetPhase: self._set_phase,
            AdvanceTime: self._advance_time,
            OpenAccount: lambda c: open_account(self, c),
            SetAccountClass: lambda c: set_account_class(self, c),
            MoveCash: lambda c: move_cash(self, c),
            MoveAllowances: lambda c: move_allowances(self, c),
            BeginDay: lambda c: begin_day(self, c),
            SetReference: lambda c: set_reference(self, c),
            AmendRulebook: lambda c: take_amendment(self, c),
            **dict.fromkeys(get_args(RegistryCommand), self.registry.apply),
            **link_handlers(self),
        }

    def apply(self, command: Command) -> list[Event]:
        """Change the state as a command says; return what happened, in order."""
        # New, amended and cancelled orders, nearly all there is, need no further call.
        if type(command) is NewOrder:
            try:
                market = self.markets[command.symbol]
                seat = market.seats[command.account]
            except KeyError:
                return self._to_line(command)  # an account's first order there, or one to refuse
            participant = seat.participant
            ref = command.ref
            if ref <= participant.last_ref or (ref > SMALL and ref > MAX_REF):
                return duplicate(participant, ref)
            participant.last_ref = ref
            if participant.killed:
                return killed(command.account, ref)
            return market.enter(command, seat)
        if type(command) is CancelOrder:
            try:
                participant = self.participants[command.account]
            except KeyError:
                return unknown_account(command.account, command.ref)
            ref = command.ref
            if ref <= participant.last_ref or (ref > SMALL and ref > MAX_REF):
                return duplicate(participant, ref)
            participant.last_ref = ref
            try:
                order = participant.orders[command.target]
            except KeyError:
                return _unknown_order(command.account, ref, command.target)
            trading = order.seat.market
            if trading.frozen:
                rule = trading.binds(order, _REQUESTED)
                if rule:
                    return [Rejected(command.account, ref, RejectReason.FROZEN, "target", rule)]
            return trading.end(order, _REQUESTED, ref)
        if type(command) is AmendOrder:
            try:
                participant = self.participants[command.account]
            except KeyError:
                return unknown_account(command.account, command.ref)
            ref = command.ref
            if ref <= participant.last_ref or (ref > SMALL and ref > MAX_REF):
                return duplicate(participant, ref)
            participant.last_ref = ref
            try:
                order = participant.orders[command.target]
            except KeyError:
                return _unknown_order(command.account, ref, command.target)
            if participant.killed:
                return killed(command.account, ref)
            return order.seat.market.amend(order, command)
        handler = self._handlers.get(type(command))
        if handler is not None:
            return handler(command)
        # The others belong to one design of a market, which knows what to do with them.
        if "ref" in command.__struct_fields__:
            return self._to_line(cast("OfClient", command))
        return self._operator_to_line(cast("OfOperator", command))

    # -- commands of clients ----------------------------------------------------------------

    def _client(self, name: str, ref: int) -> Participant | list[Event]:
        """Return the participant of a client's command and use its reference up, or refuse.

        Where new, cancelled and amended orders come in, the same stands without a call.
        """
        participant = self.participants.get(name)
        if participant is None:
            return unknown_account(name, ref)
        if not participant.last_ref < ref <= MAX_REF:
            return duplicate(participant, ref)
        participant.last_ref = ref
        return participant

    def _mass_cancel(self, c: MassCancel) -> list[Event]:
        participant = self._client(c.account, c.ref)
        if isinstance(participant, list):
            return participant
        if c.symbol and c.symbol not in self.markets:
            return self._unknown_symbol(c.account, c.ref, c.symbol)
        before = len(participant.orders)
        events = _cancel_all(participant, CancelReason.MASS, c.symbol, c.ref)
        events.append(MassCancelled(c.account, c.ref, before - len(participant.orders)))
        return events

    def _to_line(self, c: OfClient) -> list[Event]:
        """Give a client's command to the line that it names, where its design takes it."""
        participant = self._client(c.account, c.ref)
        if isinstance(participant, list):
            return participant
        line = self.markets.get(c.symbol)
        if line is None:
            return self._unknown_symbol(c.account, c.ref, c.symbol)
        if participant.killed:
            return killed(c.account, c.ref)
        if isinstance(c, NewOrder):
            return line.enter(c, line.seat(participant))
        handler = line.commands.get(type(c))
        if handler is not None:
            return handler(c, participant)
        return _not_there(c, line.mode.mechanism.name.lower(), c.account, c.ref)

    # -- commands of the gateway and the operator -------------------------------------------

    def _operator_to_line(self, c: OfOperator) -> list[Event]:
        """Give an operator's command to the line that it names, where its design takes it."""
        line = self.markets.get(c.symbol)
        if line is None:
            return self._unknown_symbol("", 0, c.symbol)
        handler = line.operator_commands.get(type(c))
        if handler is not None:
            return handler(c)
        return _not_there(c, line.mode.mechanism.name.lower(), "", 0)

    def _cancel_on_disconnect(self, c: CancelOnDisconnect) -> list[Event]:
        participant = self.participants.get(c.account)
        if participant is None:
            return unknown_account(c.account, 0)
        return _cancel_all(participant, CancelReason.DISCONNECTED)

    def _set_cancel_on_disconnect(self, c: SetCancelOnDisconnect) -> list[Event]:
        return [] if c.account in self.participants else unknown_account(c.account, 0)

    def _set_kill_switch(self, c: SetKillSwitch) -> list[Event]:
        participant = self.participants.get(c.account)
        if participant is None:
            return unknown_account(c.account, 0)
        participant.killed = c.on
        before = len(participant.orders)
        events = _cancel_all(participant, CancelReason.KILLED) if c.on else []
        events.append(KillSwitchSet(c.account, c.on, before - len(participant.orders)))
        return events

    def _set_phase(self, c: SetPhase) -> list[Event]:
        if c.symbol and c.symbol not in self.markets:
            return self._unknown_symbol("", 0, c.symbol)
        events: list[Event] = []
        for symbol in [c.symbol] if c.symbol else list(self.markets):
            line = self.markets[symbol]
            refusal = line.refuse_phase(c.phase)
            if refusal is None:
                events += change(line, c.phase, c.reason)
            else:
                events.append(Rejected("", 0, *refusal))
        return events

    def _advance_time(self, c: AdvanceTime) -> list[Event]:
        if c.time <= self.clock.now:
            rule = f"after the venue's time, {self.clock.now} ns"
            return [Rejected("", 0, RejectReason.TIME_BACKWARDS, "time", rule)]
        self.clock.now = c.time
        events: list[Event] = []
        for order in self.expiries.due(c.time):
            events += order.seat.market.end(order, CancelReason.EXPIRED)
        for line in self.markets.values():
            line.pass_time(events)
        return events

    def _unknown_symbol(self, account: str, ref: int, symbol: str) -> list[Event]:
        if account:  # of a client: names are compared for those alone who type them
            rule = f"{shown(symbol)} is not one of {', '.join(self.markets)}"
        else:
            rule = not_one_of(symbol, self.markets)
        return [Rejected(account, ref, RejectReason.UNKNOWN_SYMBOL, "symbol", rule)]

    # -- views: values, never the engine's own objects --------------------------------------

    @property
    def time(self) -> int:
        """The time of the last ``AdvanceTime``, ns UTC."""
        return self.clock.now

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of all lines, in the order of opening."""
        return tuple(self.markets)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The names of all accounts, in the order of opening."""
        return tuple(self.participants)

    def rulebook_on(self, date: int) -> Rulebook:
        """Return the rules that a date will have: those in force with what is due by then."""
        return rulebook_on(self, date)

    def line_view(self, symbol: str) -> LineView:
        """Return a line's rules and state. Raises ``KeyError`` on an unknown symbol."""
        return view_line(self.markets[symbol])

    def account(self, name: str) -> AccountView:
        """Return what an account owns and does. Raises ``KeyError`` on an unknown account."""
        return view_account(self.participants[name], self.ledger.day)

    def last_ref(self, account: str) -> int:
        """Return the highest reference that an account has used, 0 for none."""
        found = self.participants.get(account)
        return found.last_ref if found else 0

    def cash(self, account: str, currency: str = "") -> tuple[int, int]:
        """Return (total, reserved) in minor units. Raises ``KeyError`` on an unknown account."""
        table = self.ledger.accounts[account].cash
        cash = table.get(currency or self.rulebook.currency)
        return (cash.total, cash.reserved) if cash else (0, 0)

    def allowances(self, account: str, product: str) -> tuple[int, int]:
        """Return (total, reserved) in tonnes. Raises ``KeyError`` on an unknown account."""
        holding = self.ledger.accounts[account].holdings.get(product)
        return (holding.total, holding.reserved) if holding else (0, 0)

    def fees(self, currency: str = "") -> int:
        """Return the fees collected in a currency, in minor units."""
        taken = self.ledger.fees.get(currency or self.rulebook.currency)
        return taken.total if taken else 0

    def depth(self, symbol: str, side: Side, levels: int = 0) -> list[tuple[int, int]]:
        """Return (price, tonnes shown), best first; ``levels`` 0 means all."""
        return self.markets[symbol].book.depth(side, levels)

    def open_orders(self, account: str, after: int = 0, most: int = 0) -> list[OrderView]:
        """Return live orders by reference: those above ``after``, at most ``most`` (0: all)."""
        return view_orders(self.participants[account], after, most)

    def trial(self) -> Venue:
        """Return a venue without accounts on which to try what opens and funds them at this one.

        It has the rules in force, and the bounds on all that comes in count what is here.
        """
        beside = Venue(self.rulebook)
        beside.ledger.cash_in.update(self.ledger.cash_in)
        beside.ledger.tonnes_in.update(self.ledger.tonnes_in)
        return beside

    def phase(self, symbol: str) -> Phase:
        """Return a market's phase."""
        return self.markets[symbol].gate.phase

    def reference(self, symbol: str) -> int:
        """Return the price that the day's limits start from, the previous close."""
        return self.markets[symbol].asset.reference

    def limits(self, symbol: str) -> tuple[int, int]:
        """Return the day's lowest and highest limit price, (0, 0) where there is none."""
        return self.markets[symbol].price_limits()

    def due(self) -> tuple[bool, int]:
        """Say whether ``AdvanceTime`` should come now and then, and when it must (ns UTC, 0: no).

        Expiries, ends of calls and edges of bidding windows happen when ``AdvanceTime`` reaches
        them.
        """
        watched, first = False, self.expiries.next_due
        for market in self.markets.values():
            now_and_then, due = market.due()
            watched = watched or now_and_then
            if due and not 0 < first <= due:
                first = due
        return watched, first

    def indicates(self) -> bool:
        """Say whether ``AdvanceTime`` shows what a call or an auction would come to now."""
        return any(market.indicates() for market in self.markets.values())

    def standing(self, symbol: str) -> list[Offered | Announced]:
        """Return the offers of a line that everybody may answer, as they stand now."""
        return self.markets[symbol].standing()

    def best_bids(self, symbol: str) -> list[BestBid]:
        """Return the best bid so far of each of a line's auctions whose bidding is open."""
        return self.markets[symbol].best_bids()

    def indicative(self, symbol: str) -> Crossing:
        """Return price, volume and surplus that a call would give now, and what decides; or 0s."""
        return self.markets[symbol].indicative()

    def interest(self, symbol: str) -> tuple[list[Interest], list[Interest]]:
        """Return bids and asks of the call that is on, (limit, tonnes) each; 0 is no limit."""
        return self.markets[symbol].interest()

    def may_follow(self, symbol: str) -> tuple[Phase, ...]:
        """Return the phases that may follow a line's present one."""
        return self.markets[symbol].may_follow()

    def last_price(self, symbol: str) -> int:
        """Return the price of the day's last trade, 0 before the first."""
        return self.markets[symbol].day.last

    def state_hash(self) -> str:
        """Return the SHA-256 of the meaning of the state, in hex."""
        return state_hash(self)

    def check(self) -> None:
        """Assert every invariant of the venue. Raises ``AssertionError``."""
        self.ledger.check()
        self.registry.check()
        for market in self.markets.values():
            market.check()
        check_reservations(self)


def _cancel_all(
    participant: Participant, why: CancelReason, symbol: str = "", request: int = 0
) -> list[Event]:
    """Cancel a participant's live orders, all or one line's, in the order of their entry.

    What binds stays.
    """
    events: list[Event] = []
    for order in list(participant.orders.values()):
        market = order.seat.market
        if symbol and market.symbol != symbol:
            continue
        if market.frozen and market.binds(order, why):
            continue
        if participant.orders.get(order.ref) is order:
            events += market.end(order, why, request)
    return events


def _not_there(c: OfOperator, design: str, account: str, ref: int) -> list[Event]:
    """Refuse a command that the line's design does not take."""
    rule = f"{c.symbol} trades by {design}: no {type_name(type(c))} there"
    return [Rejected(account, ref, RejectReason.MODE, "symbol", rule)]


def _unknown_order(account: str, ref: int, target: int) -> list[Event]:
    rule = f"the account has no live order {target}"
    return [Rejected(account, ref, RejectReason.UNKNOWN_ORDER, "target", rule)]
