"""What modes without automatic matching have in common: numbered offers.

A listing, a quote, an announcement: each is firm, is reserved for like any order, and waits under
its number for somebody to answer it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.book.orders import FLAGS, OFFER, Order
from engine.markets.admission import Refusal, check_price, check_quantity
from engine.markets.dumps import rows
from engine.markets.limits import admit_role
from engine.markets.line import Line
from engine.vocabulary.enums import OfferKind, OrderState, RejectReason, Side, TimeInForce
from engine.vocabulary.events import Event, Offered, Rejected

if TYPE_CHECKING:
    from msgspec import Raw

    from engine.book.orders import Seat
    from engine.markets.assets import Asset
    from engine.markets.bidding import Wanted
    from engine.markets.settlement import Shared
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.commands import AmendOrder, NewOrder

_BUY: Final = Side.BUY


class OfferLine(Line):
    """A line whose live orders have numbers and wait to be answered."""

    __slots__ = ("counted", "numbers", "offers")

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.offers: dict[int, Order] = {}  # by number, in the order in which they came
        self.numbers: dict[tuple[str, int], int] = {}  # (account, ref) -> number
        self.counted = 0  # numbers given

    def enter(self, order: NewOrder, seat: Seat) -> list[Event]:
        """Refuse a plain order; the modes that take one say so themselves."""
        del seat
        refusal = self.other_mode("orders")
        return [Rejected(order.account, order.ref, *refusal)]

    def amend(self, order: Order, command: AmendOrder) -> list[Event]:
        """Refuse: what others look at is withdrawn and made anew, not changed under their eyes."""
        del order
        rule = f"{self.mode.name} offers do not change: cancel it and offer anew"
        refusal = Refusal(RejectReason.MODE, "target", rule)
        return [Rejected(command.account, command.ref, *refusal)]

    def other_mode(self, what: str) -> Refusal:
        """Refuse what this mode does not do."""
        rule = f"{self.symbol} trades in the mode {self.mode.name}, which takes no {what}"
        return Refusal(RejectReason.MODE, "symbol", rule)

    def admit_terms(self, seat: Seat, side: Side, quantity: int, price: int) -> Refusal | None:
        """Check quantity, price and what the account's class may do."""
        refusal = check_quantity(quantity, self.gate) or check_price(price, self.gate)
        limits = seat.participant.limits
        if refusal is None and limits is not None:
            refusal = admit_role(limits, seat, side, quantity)
        return refusal

    def live(
        self, seat: Seat, ref: int, side: Side, quantity: int, price: int, expire_at: int = 0
    ) -> Order:
        """Make the live order of an offer or an answer for which was reserved."""
        flags = OFFER | (FLAGS[TimeInForce.GTD] if expire_at else 0)
        order = Order(
            seat=seat,
            ref=ref,
            side=side,
            price=price,
            quantity=quantity,
            leaves=quantity,
            shown=quantity,
            flags=flags,
        )
        seat.orders[ref] = order
        if expire_at:
            self.expiries.add((seat.name, ref), order, expire_at)
        return order

    def cover(self, number: int, wanted: Wanted, others: list[Order], need: int) -> Refusal | None:
        """Reserve what a bid in an auction needs."""
        del number, others
        return self.reserve_more(wanted.seat, wanted.side, need)

    def number(self, order: Order) -> int:
        """Give an offer its number."""
        self.counted += 1
        self.offers[self.counted] = order
        self.numbers[(order.seat.name, order.ref)] = self.counted
        return self.counted

    def find(self, number: int) -> Order | Refusal:
        """Return the offer under a number, or say that there is none."""
        found = self.offers.get(number)
        if found is None:
            rule = f"{self.symbol} has no offer {number}"
            return Refusal(RejectReason.UNKNOWN_NUMBER, "number", rule)
        return found

    def _unlist(self, order: Order) -> None:
        """Take an offer that is over off its number too."""
        number = self.numbers.pop((order.seat.name, order.ref), 0)
        if number:
            del self.offers[number]
        super()._unlist(order)

    def offered(self, number: int, order: Order, kind: OfferKind) -> Offered:
        """Return an offer as it stands now."""
        return Offered(
            account=order.seat.name,
            ref=order.ref,
            symbol=self.symbol,
            number=number,
            kind=kind,
            side=order.side,
            price=order.price,
            quantity=order.leaves,
            to=(),
            answers=0,
            expire_at=0,
        )

    def dump(self) -> list[object] | Raw:
        """Return what the state holds beyond that of every market, for its hash."""
        return rows((number, order.seat.name, order.ref) for number, order in self.offers.items())

    def state(self, order: Order) -> OrderState:
        """Say where a live order is: on the board, or waiting for an answer."""
        return OrderState.RESTING if self.book.rests(order) else OrderState.HELD

    def waits(self) -> bool:
        """Say whether an offer waits, on a board or beside one."""
        return bool(self.offers)

    def places(self) -> int:
        """Return how many live orders have numbers."""
        return len(self.offers)

    def check(self) -> None:
        """Assert that offers and live orders agree."""
        super().check()
        for number, order in self.offers.items():
            key = (order.seat.name, order.ref)
            assert self.numbers.get(key) == number, "an offer under two numbers"
            assert order.seat.orders.get(order.ref) is order, "an offer that is not live"
        assert len(self.numbers) == len(self.offers), "a number without an offer"
