"""Listing and pick (挂牌点选), and listings at a fixed price (定价点选, 定价转让).

A listing freezes what it offers and joins the queue of its price; nothing matches by itself. A
taker picks one and trades at its price, as many tonnes as the taker says. Which one may be picked
is the rulebook's: the earliest at the best price (Guangdong, rules for PHCER 2020, art. 18-20),
any at the best five prices (national market, notice of 22 June 2021), or any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.book.orders import FLAGS, Order
from engine.markets.admission import Refusal, admit
from engine.markets.offers import OfferLine
from engine.matching.continuous import FILLED
from engine.vocabulary.commands import Pick
from engine.vocabulary.enums import (
    Mechanism,
    OfferKind,
    OrderState,
    OrderType,
    PickRule,
    RejectReason,
    Side,
    TimeInForce,
)
from engine.vocabulary.events import Announced, Event, Offered, OrderAccepted, Rejected

if TYPE_CHECKING:
    from engine.book.orders import Participant, Seat
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.commands import NewOrder

_LASTING = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD)


class Listing(OfferLine):
    """A board of firm listings from which takers pick."""

    __slots__ = ()

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.commands = {Pick: self.pick}

    def enter(self, order: NewOrder, seat: Seat) -> list[Event]:
        """Post a listing."""
        refusal = _plain(order) or admit(order, self.gate, self.clock.now)
        if refusal is None:
            refusal = self.admit_terms(seat, order.side, order.quantity, order.price)
        refusal = refusal or self.reserve(seat, order.side, order.quantity, order.price)
        if refusal is not None:
            return [Rejected(order.account, order.ref, *refusal)]
        live = self.live(seat, order.ref, order.side, order.quantity, order.price, order.expire_at)
        live.flags |= FLAGS[order.tif]
        depth = self.book.side(order.side).rest(live)
        number = self.number(live)
        return [
            OrderAccepted(
                account=order.account,
                ref=order.ref,
                symbol=self.symbol,
                side=order.side,
                price=order.price,
                quantity=order.quantity,
                state=OrderState.RESTING,
                depth=depth,
            ),
            Offered(
                account=order.account,
                ref=order.ref,
                symbol=self.symbol,
                number=number,
                kind=OfferKind.LISTING,
                side=order.side,
                price=order.price,
                quantity=order.quantity,
                to=(),
                answers=0,
                expire_at=order.expire_at,
            ),
        ]

    def pick(self, command: Pick, participant: Participant) -> list[Event]:
        """Take tonnes of a listing, at its price."""
        listing = self.find(command.number)
        refusal = self.admit_open()
        if isinstance(listing, Refusal):
            return [Rejected(command.account, command.ref, *(refusal or listing))]
        seat = self.seat(participant)
        side = Side.SELL if listing.side is Side.BUY else Side.BUY
        quantity = command.quantity or listing.leaves
        refusal = refusal or self._admit_pick(command, listing, seat.stp_id, quantity)
        if refusal is None:
            refusal = self.admit_terms(seat, side, quantity, listing.price)
        refusal = refusal or self.reserve(seat, side, quantity, listing.price)
        if refusal is not None:
            return [Rejected(command.account, command.ref, *refusal)]
        taker = self.live(seat, command.ref, side, quantity, listing.price)
        events: list[Event] = [
            OrderAccepted(
                account=command.account,
                ref=command.ref,
                symbol=self.symbol,
                side=side,
                price=listing.price,
                quantity=quantity,
                state=OrderState.MATCHING,
                depth=-1,
            )
        ]
        depth = self._take_from(listing, quantity)
        self._settle(taker, quantity, [(FILLED, listing, quantity, listing.leaves, depth)], events)
        return events

    def _take_from(self, listing: Order, quantity: int) -> int:
        """Make a listing smaller, or take it off the board; return what its price still shows."""
        own = self.book.side(listing.side)
        listing.leaves -= quantity
        if not listing.leaves:
            return own.remove(listing)
        level = own.level_of(listing)
        listing.shown = listing.leaves
        level.quantity -= quantity
        return level.quantity

    def _admit_pick(
        self, command: Pick, listing: Order, stp_id: int, quantity: int
    ) -> Refusal | None:
        """Check that this listing may be picked, for this much, by this taker."""
        if listing.seat.stp_id == stp_id:
            return Refusal(RejectReason.OWN_ORDER, "number", "a listing of the same owner")
        if command.price not in (0, listing.price):
            rule = f"the price of listing {command.number} is {self.gate.money(listing.price)}"
            return Refusal(RejectReason.PRICE_LIMIT, "price", rule)
        if not 0 < quantity <= listing.leaves:
            rule = f"1 to {listing.leaves} tonnes are left of listing {command.number}"
            return Refusal(RejectReason.QUANTITY_RANGE, "quantity", rule)
        own = self.book.side(listing.side)
        own.search()
        best = own.top()
        assert best is not None, "a listing that stands on no level"
        rule_name = self.mode.pick
        if self.mode.mechanism is Mechanism.FIXED_PRICE or rule_name is PickRule.ANY:
            return None
        if rule_name is PickRule.BEST_FIRST:
            first = best.head
            if first is listing:
                return None
            assert first is not None
            number = self.numbers[(first.seat.name, first.ref)]
            at = self.gate.money(first.price)
            rule = f"the earliest at the best price comes first: listing {number} at {at}"
            return Refusal(RejectReason.NOT_BEST, "number", rule)
        prices = [price for price, _ in self.book.depth(listing.side, self.mode.pick_levels)]
        if listing.price in prices:
            return None
        worst = self.gate.money(prices[-1])
        rule = f"only the best {self.mode.pick_levels} prices may be picked, now to {worst}"
        return Refusal(RejectReason.NOT_BEST, "number", rule)

    def standing(self) -> list[Offered | Announced]:
        """Return all listings."""
        return [
            self.offered(number, order, OfferKind.LISTING) for number, order in self.offers.items()
        ]

    def check(self) -> None:
        """Assert the invariants of the board; listings of the two sides may well cross."""
        super().check()
        resting = sum(1 for side in Side for _ in self.book.orders(side))
        assert resting == len(self.offers), "a listing off its board"


def _plain(order: NewOrder) -> Refusal | None:
    """Check that a listing is a plain limit order that can wait."""
    if order.order_type is not OrderType.LIMIT:
        return Refusal(
            RejectReason.ORDER_TYPE, "order_type", "a listing has a price: limit orders only"
        )
    if order.tif not in _LASTING:
        return Refusal(RejectReason.TIME_IN_FORCE, "tif", "a listing is day, gtc or gtd")
    if order.display:
        return Refusal(RejectReason.DISPLAY, "display", "a listing shows all of it")
    if order.post_only:
        return Refusal(RejectReason.POST_ONLY, "post_only", "a listing never takes: leave it out")
    return None
