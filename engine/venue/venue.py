"""The venue: ``apply`` one command to the state, return what happened.

Nothing here reads a clock, a random source or a file: the same commands always give the same
events and the same state. Rules: ``docs/rules.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.book.stops import Expiries
from engine.ledger.accounts import Account, Ledger
from engine.markets.admission import SMALL
from engine.markets.amend_order import FROZEN_RULE
from engine.markets.call_auction import indicative
from engine.markets.designs import open_line
from engine.markets.listing import ListingMarket
from engine.markets.negotiated import NegotiatedMarket
from engine.markets.one_way import OneWayMarket
from engine.markets.phases import change, may_follow
from engine.rulebook.model import Mode, Product, Rulebook, line_name
from engine.rulebook.validation import validate
from engine.venue.funding import move_allowances, move_cash, open_account, unknown_account
from engine.venue.state import OrderView, check_reservations, state_hash, view
from engine.venue.trading_day import begin_day, set_reference, take_amendment
from engine.vocabulary.commands import (
    AdvanceTime,
    AmendOrder,
    AmendRulebook,
    Announce,
    BeginDay,
    Bid,
    CancelOnDisconnect,
    CancelOrder,
    ClearAuction,
    Command,
    Decline,
    MassCancel,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    Pick,
    Quote,
    SetKillSwitch,
    SetPhase,
    SetReference,
)
from engine.vocabulary.enums import CancelReason, Phase, RejectReason, Side
from engine.vocabulary.events import (
    Announced,
    AuctionIndicated,
    Event,
    KillSwitchSet,
    MassCancelled,
    Offered,
    Rejected,
)
from engine.vocabulary.units import MAX_REF, MAX_TOTAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.markets.order_book import Market

_REQUESTED: Final = CancelReason.REQUESTED
_FREEZE: Final = Phase.FREEZE
_CLOSED: Final = Phase.CLOSED
_TOO_MUCH: Final = f"at most {MAX_TOTAL} in the whole venue"


class Venue:
    """All markets of a rulebook with their ledger, as one state machine."""

    __slots__ = ("_accounts", "_handlers", "amendments", "currencies", "date", "expiries",
                 "genesis", "ledger", "markets", "products", "rulebook", "time")  # fmt: skip

    def __init__(self, rulebook: Rulebook) -> None:
        """Make a venue: every market closed, no account. Raises ``RulebookError``."""
        validate(rulebook)
        self.genesis = rulebook  # the rules before any amendment
        self.time = 0
        self.date = 0  # the trading day, such as 20210628
        self.amendments: list[AmendRulebook] = []  # that wait for their day
        self.ledger = Ledger()
        self.expiries = Expiries()
        self.markets: dict[str, Market] = {}  # by the name of the line
        self.products: dict[str, Product] = {}  # by symbol
        self._accounts = self.ledger.accounts
        for product in rulebook.products:
            for mode in rulebook.modes_of(product):
                self.line(rulebook, product, mode)
        self.install(rulebook)
        self._handlers: dict[type, Callable[[Any], list[Event]]] = {  # by command
            AmendOrder: self._amend_order,
            MassCancel: self._mass_cancel,
            CancelOnDisconnect: self._cancel_on_disconnect,
            SetKillSwitch: self._set_kill_switch,
            SetPhase: self._set_phase,
            AdvanceTime: self._advance_time,
            OpenAccount: lambda c: open_account(self, c),
            MoveCash: lambda c: move_cash(self, c),
            MoveAllowances: lambda c: move_allowances(self, c),
            BeginDay: lambda c: begin_day(self, c),
            SetReference: lambda c: set_reference(self, c),
            AmendRulebook: lambda c: take_amendment(self, c),
            Pick: self._answer,
            Quote: self._answer,
            Decline: self._answer,
            Announce: self._answer,
            Bid: self._answer,
            ClearAuction: self._clear_auction,
        }

    def line(self, rulebook: Rulebook, product: Product, mode: Mode) -> Market:
        """Return the market of a product in a mode, opening it where it is new."""
        name = line_name(product, mode, rulebook.modes_of(product)[0])
        found = self.markets.get(name)
        if found is None:
            found = open_line(rulebook, product, mode, self.ledger, self.expiries)
            self.markets[name] = found
        return found

    def install(self, rulebook: Rulebook) -> None:
        """Take a rulebook over; every line of it is open."""
        self.rulebook = rulebook
        self.products = {product.symbol: product for product in rulebook.products}
        money = (rulebook.currency, *(p.currency for p in rulebook.products))
        self.currencies = tuple(dict.fromkeys(money))
        for symbol in self.products:
            lines = [m for m in self.markets.values() if m.product.symbol == symbol]
            for market in lines:
                market.lines = lines

    def apply(self, command: Command) -> list[Event]:
        """Change the state as a command says; return what happened, in order.

        New and cancelled orders, nearly all there is, are taken in hand here without a further
        call.
        """
        if type(command) is NewOrder:
            try:
                account = self._accounts[command.account]
            except KeyError:
                return unknown_account(command.account, command.ref)
            ref = command.ref
            if ref <= account.last_ref or (ref > SMALL and ref > MAX_REF):
                return _duplicate(account, ref)
            account.last_ref = ref
            try:
                seat = account.seats[command.symbol]
            except KeyError:  # its first order there, or none at all
                market = self.markets.get(command.symbol)
                if market is None:
                    return self._unknown_symbol(command.account, ref, command.symbol)
                seat = market.seat(account)
            if account.killed:
                return _killed(command.account, ref)
            return seat.market.enter(command, seat)  # type: ignore[no-any-return] # a Market
        if type(command) is CancelOrder:
            try:
                account = self._accounts[command.account]
            except KeyError:
                return unknown_account(command.account, command.ref)
            ref = command.ref
            if ref <= account.last_ref or (ref > SMALL and ref > MAX_REF):
                return _duplicate(account, ref)
            account.last_ref = ref
            order = account.orders.get(command.target)
            if order is None:
                return _unknown_order(command.account, ref, command.target)
            market = order.seat.market
            if market.gate.frozen:
                return [Rejected(command.account, ref, RejectReason.FROZEN, "target", FROZEN_RULE)]
            return market.end(order, _REQUESTED, ref)  # type: ignore[no-any-return] # the same
        return self._handlers[type(command)](command)

    # -- commands of clients ----------------------------------------------------------------

    def _amend_order(self, c: AmendOrder) -> list[Event]:
        try:
            account = self._accounts[c.account]
        except KeyError:
            return unknown_account(c.account, c.ref)
        ref = c.ref
        if ref <= account.last_ref or (ref > SMALL and ref > MAX_REF):
            return _duplicate(account, ref)
        account.last_ref = ref
        order = account.orders.get(c.target)
        if order is None:
            return _unknown_order(c.account, c.ref, c.target)
        if account.killed:
            return _killed(c.account, c.ref)
        market: Market = order.seat.market
        return market.amend(order, c)

    def _client(self, name: str, ref: int) -> Account | list[Event]:
        """Return the account of a client's command and use its reference up, or refuse.

        Where new, cancelled and amended orders come in, the same stands without a call.
        """
        account = self._accounts.get(name)
        if account is None:
            return unknown_account(name, ref)
        if not account.last_ref < ref <= MAX_REF:
            return _duplicate(account, ref)
        account.last_ref = ref
        return account

    def _mass_cancel(self, c: MassCancel) -> list[Event]:
        account = self._client(c.account, c.ref)
        if isinstance(account, list):
            return account
        if c.symbol and c.symbol not in self.markets:
            return self._unknown_symbol(c.account, c.ref, c.symbol)
        before = len(account.orders)
        events = _cancel_all(account, CancelReason.MASS, c.symbol, c.ref)
        events.append(MassCancelled(c.account, c.ref, before - len(account.orders)))
        return events

    def _answer(self, c: Pick | Quote | Decline | Announce | Bid) -> list[Event]:
        """Take a client's command that belongs to one mechanism."""
        account = self._client(c.account, c.ref)
        if isinstance(account, list):
            return account
        market = self.markets.get(c.symbol)
        if market is None:
            return self._unknown_symbol(c.account, c.ref, c.symbol)
        if account.killed:
            return _killed(c.account, c.ref)
        if isinstance(c, Pick) and isinstance(market, ListingMarket | NegotiatedMarket):
            return market.pick(c, account)
        if isinstance(market, NegotiatedMarket):
            if isinstance(c, Quote):
                return market.quote(c, account, self._accounts, self.time)
            if isinstance(c, Decline):
                return market.decline(c, account)
        if isinstance(market, OneWayMarket):
            if isinstance(c, Announce):
                return market.announce(c, account)
            if isinstance(c, Bid):
                return market.bid(c, account)
        word = c.__class__.__name__.lower()
        rule = f"{market.symbol} trades by {market.mode.mechanism.name.lower()}: no {word} there"
        return [Rejected(c.account, c.ref, RejectReason.MODE, "symbol", rule)]

    # -- commands of the gateway and the operator -------------------------------------------

    def _cancel_on_disconnect(self, c: CancelOnDisconnect) -> list[Event]:
        account = self._accounts.get(c.account)
        if account is None:
            return unknown_account(c.account, 0)
        return _cancel_all(account, CancelReason.DISCONNECTED)

    def _set_kill_switch(self, c: SetKillSwitch) -> list[Event]:
        account = self._accounts.get(c.account)
        if account is None:
            return unknown_account(c.account, 0)
        account.killed = c.on
        before = len(account.orders)
        events = _cancel_all(account, CancelReason.KILLED) if c.on else []
        events.append(KillSwitchSet(c.account, c.on, before - len(account.orders)))
        return events

    def _clear_auction(self, c: ClearAuction) -> list[Event]:
        market = self.markets.get(c.symbol)
        if market is None:
            return self._unknown_symbol("", 0, c.symbol)
        if not isinstance(market, OneWayMarket):
            rule = f"{c.symbol} holds no one-way auctions"
            return [Rejected("", 0, RejectReason.MODE, "symbol", rule)]
        return market.clear(c)

    def _set_phase(self, c: SetPhase) -> list[Event]:
        if c.symbol and c.symbol not in self.markets:
            return self._unknown_symbol("", 0, c.symbol)
        events: list[Event] = []
        for symbol in [c.symbol] if c.symbol else list(self.markets):
            market = self.markets[symbol]
            allowed = may_follow(market)
            if c.phase in allowed:
                events += change(market, self._accounts, c.phase, c.reason)
                continue
            names = ", ".join(phase.name.lower() for phase in allowed)
            rule = f"{symbol} is {market.gate.phase.name.lower()}: {names} may follow"
            events.append(Rejected("", 0, RejectReason.TRANSITION, "phase", rule))
        return events

    def _advance_time(self, c: AdvanceTime) -> list[Event]:
        if c.time <= self.time:
            rule = f"after the venue's time, {self.time} ns"
            return [Rejected("", 0, RejectReason.TIME_BACKWARDS, "time", rule)]
        self.time = self.expiries.now = c.time
        events: list[Event] = []
        for order in self.expiries.due(c.time):
            events += order.seat.market.end(order, CancelReason.EXPIRED)
        for market in self.markets.values():
            if market.gate.call is _CLOSED:
                continue
            if 0 < market.call_ends_at <= c.time:
                after = Phase.INTRADAY_CALL if market.mode.batch_seconds else Phase.CONTINUOUS
                events += change(market, self._accounts, after, "the call is over")
            else:
                events.append(AuctionIndicated(market.symbol, *indicative(market)))
        return events

    def _unknown_symbol(self, account: str, ref: int, symbol: str) -> list[Event]:
        rule = f"{symbol!r} is not one of {', '.join(self.markets)}"
        return [Rejected(account, ref, RejectReason.UNKNOWN_SYMBOL, "symbol", rule)]

    # -- views: values, never the engine's own objects --------------------------------------

    @property
    def accounts(self) -> dict[str, Account]:
        """All accounts by name, in the order of opening; to be read only."""
        return self._accounts

    def last_ref(self, account: str) -> int:
        """Return the highest reference that an account has used, 0 for none."""
        found = self._accounts.get(account)
        return found.last_ref if found else 0

    def cash(self, account: str, currency: str = "") -> tuple[int, int]:
        """Return (total, reserved) in minor units. Raises ``KeyError`` on an unknown account."""
        cash = self._accounts[account].cash.get(currency or self.rulebook.currency)
        return (cash.total, cash.reserved) if cash else (0, 0)

    def allowances(self, account: str, product: str) -> tuple[int, int]:
        """Return (total, reserved) in tonnes. Raises ``KeyError`` on an unknown account."""
        holding = self._accounts[account].holdings.get(product)
        return (holding.total, holding.reserved) if holding else (0, 0)

    def fees(self, currency: str = "") -> int:
        """Return the fees collected in a currency, in minor units."""
        taken = self.ledger.fees.get(currency or self.rulebook.currency)
        return taken.total if taken else 0

    def depth(self, symbol: str, side: Side, levels: int = 0) -> list[tuple[int, int]]:
        """Return (price, tonnes shown), best first; ``levels`` 0 means all."""
        return self.markets[symbol].book.depth(side, levels)

    def open_orders(self, account: str) -> list[OrderView]:
        """Return an account's live orders in the order of their entry."""
        return [view(order) for order in self._accounts[account].orders.values()]

    def phase(self, symbol: str) -> Phase:
        """Return a market's phase."""
        return self.markets[symbol].gate.phase

    def reference(self, symbol: str) -> int:
        """Return the price that the day's limits start from, the previous close."""
        return self.markets[symbol].reference

    def limits(self, symbol: str) -> tuple[int, int]:
        """Return the day's lowest and highest limit price, (0, 0) where there is none."""
        return self.markets[symbol].price_limits()

    def clock(self) -> tuple[bool, int]:
        """Say whether time should be told now and then, and when it must be (ns UTC, 0: never).

        Expiries, ends of calls and edges of bidding windows happen when ``AdvanceTime`` reaches
        them.
        """
        watched, dues = False, [self.expiries.next_due]
        for market in self.markets.values():
            now_and_then, due = market.clock()
            watched = watched or now_and_then
            dues.append(due)
        return watched, min((due for due in dues if due), default=0)

    def standing(self, symbol: str) -> list[Offered | Announced]:
        """Return the offers of a line that everybody may answer, as they stand now."""
        return self.markets[symbol].standing()

    def indicative(self, symbol: str) -> tuple[int, int, int]:
        """Return price, volume and surplus that a call would give now; 0s where none is on."""
        market = self.markets[symbol]
        return (0, 0, 0) if market.gate.call is _CLOSED else indicative(market)

    def last_price(self, symbol: str) -> int:
        """Return the price of the day's last trade, 0 before the first."""
        return self.markets[symbol].day.last

    def state_hash(self) -> str:
        """Return the SHA-256 of the meaning of the state, in hex."""
        return state_hash(self)

    def check(self) -> None:
        """Assert every invariant of the venue. Raises ``AssertionError``."""
        self.ledger.check()
        for market in self.markets.values():
            market.check()
        check_reservations(self)


def _cancel_all(
    account: Account, why: CancelReason, symbol: str = "", request: int = 0
) -> list[Event]:
    """Cancel an account's live orders, all or one line's, in the order of their entry.

    What a call has frozen stays, except under the kill switch.
    """
    events: list[Event] = []
    for order in list(account.orders.values()):
        market: Market = order.seat.market
        if symbol and market.symbol != symbol:
            continue
        if market.gate.phase is _FREEZE and why is not CancelReason.KILLED:
            continue
        if account.orders.get(order.ref) is order:
            events += market.end(order, why, request)
    return events


def _duplicate(account: Account, ref: int) -> list[Event]:
    rule = f"above {account.last_ref}, at most {MAX_REF}"
    return [Rejected(account.name, ref, RejectReason.DUPLICATE_REF, "ref", rule)]


def _unknown_order(account: str, ref: int, target: int) -> list[Event]:
    rule = f"the account has no live order {target}"
    return [Rejected(account, ref, RejectReason.UNKNOWN_ORDER, "target", rule)]


def _killed(account: str, ref: int) -> list[Event]:
    rule = "the account's kill switch is on: cancels only, until an operator turns it off"
    return [Rejected(account, ref, RejectReason.ACCOUNT_KILLED, "account", rule)]
