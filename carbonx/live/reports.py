"""An account's reports as the engine's events of its own orders.

Where a report leaves out what the event has, it is filled in from the reports before; what a client
cannot know (a counterparty) is ``""`` and 0. ``backtest.agents.visibility`` gives agents in the
laboratory the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from msgspec import Struct, structs

from carbonx.live.elsewhere import Elsewhere
from engine.vocabulary import commands, registry_events
from engine.vocabulary import events as ev
from engine.vocabulary.enums import OfferKind, RejectReason, Side
from gateway.protocol import wire, wire_account, wire_links, wire_modes, wire_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.vocabulary.commands import ClientCommand

_OfOrder: TypeAlias = (
    wire.OrderResting
    | wire.OrderCancelled
    | wire.OrderAmended
    | wire.OrderReduced
    | wire.OrderTriggered
)
_OfQuote: TypeAlias = wire_modes.QuoteReceived | wire_modes.QuoteEnded | wire_modes.Declined
# The event has the report's fields after ``time``, behind its account.
SAME_FIELDS: Final[dict[type[Struct], Callable[..., ev.Event]]] = {
    wire.Rejected: ev.Rejected,
    wire.MassCancelled: ev.MassCancelled,
    wire_account.KillSwitchSet: ev.KillSwitchSet,
    wire_account.CashMoved: ev.CashMoved,
    wire_account.AllowancesMoved: ev.AllowancesMoved,
    wire_modes.Delivered: ev.Delivered,
    wire_modes.Released: ev.Released,
}

_REGISTRY: Final[dict[type[Struct], Callable[..., ev.Event]]] = {
    report: getattr(registry_events, report.__name__)
    for report in wire_registry.RegistryReport.__args__
}


class _Order(NamedTuple):
    """What later reports of an order do not repeat."""

    symbol: str
    side: Side
    price: int
    leaves: int


class Reports:
    """Translates one account's reports, in the order of their numbers from the first one."""

    def __init__(self, account: str) -> None:
        """Start before the first report."""
        self.account = account
        self.seq = 0  # the number of the last report
        self._orders: dict[int, _Order] = {}  # the live ones, by reference
        self._offering: dict[int, commands.Quote | commands.Announce] = {}  # without a number yet
        self._received: dict[tuple[str, int], ev.Offered] = {}  # quotes made to this account
        self._numbers: dict[int, int] = {}  # of own offers, by reference
        self._elsewhere = Elsewhere(account)

    def sent(self, ref: int, command: ClientCommand) -> None:
        """Remember what a command offers, or its line: reports do not repeat it."""
        self._elsewhere.sent(ref, command)
        if isinstance(command, commands.Quote | commands.Announce):
            self._offering[ref] = command

    def live(self) -> Iterator[ev.OrderResting]:
        """Yield the live orders as if each came to rest now, wherever it waits."""
        for ref, order in self._orders.items():
            yield ev.OrderResting(self.account, ref, *order, -1)

    def numbers(self) -> Iterator[ev.Offered]:
        """Yield the live orders that stand under a number, as if each was offered now."""
        for ref, number in self._numbers.items():
            order = self._orders.get(ref)
            if order is not None:
                yield self._listed(ref, number, order)

    def trade_elsewhere(self, message: object) -> ev.Trade | None:
        """Return what an order has traded at a linked venue, which comes before its event."""
        if not isinstance(message, wire_links.CarriedIn):
            return None
        order = self._orders.get(message.ref)
        return self._elsewhere.trade(message, order.leaves if order else 0)

    def event(self, message: object) -> ev.Event | None:
        """Return the event in a report; None for messages of other kinds."""
        if isinstance(message, wire.Throttled | wire.NotTaken):
            return self._not_taken(message)
        if isinstance(message, wire.Report):
            self.seq = message.seq
        if isinstance(message, wire.OrderFilled):
            return self._filled(message)
        if isinstance(message, wire.OrderAccepted):
            m = message
            self._elsewhere.answered(m.ref)
            self._orders[m.ref] = _Order(m.symbol, m.side, m.price, m.quantity)
            return ev.OrderAccepted(
                account=self.account,
                ref=m.ref,
                symbol=m.symbol,
                side=m.side,
                price=m.price,
                quantity=m.quantity,
                state=m.state,
                depth=-1,
            )
        if isinstance(message, wire.Rejected):
            self._offering.pop(message.ref, None)
            self._elsewhere.answered(message.ref)
        if isinstance(message, _OfOrder):
            return self._of_order(message)
        if isinstance(message, wire_modes.NumberAssigned):
            return self._numbered(message)
        if isinstance(message, _OfQuote):
            return self._of_quote(message)
        return self._as_event(message)

    def _as_event(self, message: object) -> ev.Event | None:
        """Return the event whose fields a report has."""
        if isinstance(message, wire_registry.RegistryReport):
            return _REGISTRY[type(message)](*structs.astuple(message)[2:])
        if isinstance(message, wire_links.LinkReport):
            return self._elsewhere.event(message)
        if isinstance(message, wire.Report):
            return SAME_FIELDS[type(message)](self.account, *structs.astuple(message)[2:])
        return None

    def _not_taken(self, m: wire.Throttled | wire.NotTaken) -> ev.Rejected | None:
        """Return a refusal of what never reached the engine; None for what is said to all."""
        self._offering.pop(m.ref, None)
        self._elsewhere.answered(m.ref)
        if isinstance(m, wire.NotTaken):
            return ev.Rejected(self.account, m.ref, m.reason, "", m.rule) if m.ref else None
        rule = f"not taken: at most {m.per_second} messages a second"
        return ev.Rejected(self.account, m.ref, RejectReason.VALUE, "ref", rule)

    def _filled(self, m: wire.OrderFilled) -> ev.Trade:
        """Return this account's half of a trade; the event's side is the resting order's."""
        self._left(m.ref, m.leaves)
        if m.maker:
            return ev.Trade(
                symbol=m.symbol,
                trade=m.trade,
                side=m.side,
                price=m.price,
                quantity=m.quantity,
                maker=self.account,
                maker_ref=m.ref,
                maker_leaves=m.leaves,
                maker_fee=m.fee,
                taker="",
                taker_ref=0,
                taker_leaves=0,
                taker_fee=0,
                depth=-1,
            )
        side = Side.SELL if m.side is Side.BUY else Side.BUY
        return ev.Trade(
            symbol=m.symbol,
            trade=m.trade,
            side=side,
            price=m.price,
            quantity=m.quantity,
            maker="",
            maker_ref=0,
            maker_leaves=0,
            maker_fee=0,
            taker=self.account,
            taker_ref=m.ref,
            taker_leaves=m.leaves,
            taker_fee=m.fee,
            depth=-1,
        )

    def _left(self, ref: int, leaves: int) -> None:
        order = self._orders.get(ref)
        if order is None:
            return
        if leaves:
            self._orders[ref] = order._replace(leaves=leaves)
        else:
            del self._orders[ref]
            self._numbers.pop(ref, None)

    def _of_order(self, m: _OfOrder) -> ev.Event | None:
        """Return what happened to an order; None where its acceptance was before our time."""
        order = self._orders.get(m.ref)
        if order is None:
            return None
        if isinstance(m, wire.OrderTriggered):
            return ev.OrderTriggered(self.account, m.ref, order.symbol)
        if isinstance(m, wire.OrderResting):
            return ev.OrderResting(self.account, m.ref, *order[:3], m.leaves, -1)
        if isinstance(m, wire.OrderReduced):
            self._left(m.ref, m.leaves)
            return ev.OrderReduced(self.account, m.ref, *order[:3], m.quantity, m.leaves, -1)
        if isinstance(m, wire.OrderCancelled):
            del self._orders[m.ref]
            self._numbers.pop(m.ref, None)
            return ev.OrderCancelled(
                self.account, m.ref, *order[:3], m.quantity, m.reason, m.request, -1
            )
        self._orders[m.ref] = order._replace(price=m.price, leaves=m.leaves)
        return ev.OrderAmended(
            account=self.account,
            ref=m.ref,
            symbol=order.symbol,
            side=order.side,
            price=m.price,
            quantity=m.quantity,
            leaves=m.leaves,
            state=m.state,
            request=m.request,
            old_price=order.price,
            old_depth=-1,
            depth=-1,
        )

    def _numbered(self, m: wire_modes.NumberAssigned) -> ev.Offered | ev.Announced | None:
        """Return this account's own offer; None where an earlier run of it sent the command."""
        if m.ref in self._orders:
            self._numbers[m.ref] = m.number
        sent = self._offering.pop(m.ref, None)
        if isinstance(sent, commands.Announce):
            return ev.Announced(
                account=self.account,
                ref=m.ref,
                symbol=m.symbol,
                number=m.number,
                side=sent.side,
                price=sent.price,
                quantity=sent.quantity,
                opens_at=sent.opens_at,
                closes_at=sent.closes_at,
                min_bid=sent.min_bid,
                max_bid=sent.max_bid,
                increment=sent.increment,
                pricing=sent.pricing,
                tie=sent.tie,
                undersubscribed=sent.undersubscribed,
            )
        if isinstance(sent, commands.Quote):
            kind = OfferKind.QUOTE if sent.price else OfferKind.ENQUIRY
            enquiry = self._received.get((m.symbol, sent.answers))
            to = (enquiry.account,) if enquiry is not None else sent.to
            return ev.Offered(
                account=self.account,
                ref=m.ref,
                symbol=m.symbol,
                number=m.number,
                kind=kind,
                side=sent.side,
                price=sent.price,
                quantity=sent.quantity,
                to=to,
                answers=sent.answers,
                expire_at=sent.expire_at if sent.price else 0,  # an enquiry is of its day
            )
        order = self._orders.get(m.ref)
        return None if order is None else self._listed(m.ref, m.number, order)

    def _listed(self, ref: int, number: int, order: _Order) -> ev.Offered:
        return ev.Offered(
            account=self.account,
            ref=ref,
            symbol=order.symbol,
            number=number,
            kind=OfferKind.LISTING,
            side=order.side,
            price=order.price,
            quantity=order.leaves,
            to=(),
            answers=0,
            expire_at=0,
        )

    def _of_quote(self, m: _OfQuote) -> ev.Offered | ev.Declined | None:
        """Return what happened to a quote or an enquiry between this account and another."""
        if isinstance(m, wire_modes.QuoteReceived):
            offer = ev.Offered(
                account=m.account,
                ref=0,
                symbol=m.symbol,
                number=m.number,
                kind=m.kind,
                side=m.side,
                price=m.price,
                quantity=m.quantity,
                to=(self.account,),
                answers=m.answers,
                expire_at=m.expire_at,
            )
            self._received[m.symbol, m.number] = offer
            return offer
        if isinstance(m, wire_modes.QuoteEnded):
            ended = self._received.pop((m.symbol, m.number), None)
            return None if ended is None else structs.replace(ended, quantity=0)
        if m.account == self.account:
            self._received.pop((m.symbol, m.number), None)
            return ev.Declined(
                account=m.account,
                ref=m.ref,
                symbol=m.symbol,
                number=m.number,
                maker="",
                maker_ref=0,
            )
        return ev.Declined(
            account=m.account,
            ref=0,
            symbol=m.symbol,
            number=m.number,
            maker=self.account,
            maker_ref=0,
        )
