"""Auctions with several sellers: who joins an announcement shares in what it sells.

A seller's tonnes go to the account that announced, before the window opens. When the auction is
over, tonnes sold, proceeds and what is left are shared out in proportion to what each brought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from engine.markets.admission import Refusal
from engine.markets.planned_auctions import PlannedAuctions
from engine.matching.shares import share_out
from engine.vocabulary.enums import Delivery, RejectReason, Side
from engine.vocabulary.events import Event, Rejected
from engine.vocabulary.link_commands import JoinAuction
from engine.vocabulary.link_events import ProceedsShared, SupplyJoined
from engine.vocabulary.units import MAX_QUANTITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.book.orders import Order, Participant, Seat
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.matching.auction_clearing import Win
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.commands import Bid
    from engine.vocabulary.enums import CancelReason
    from engine.vocabulary.events import Trade


class Joint:
    """The sellers of one auction, whoever announced it first, and what it has brought."""

    __slots__ = ("brought", "proceeds", "sellers", "sold")

    def __init__(self, seat: Seat, quantity: int) -> None:
        """Start with the seller who announced."""
        self.sellers: dict[str, Seat] = {seat.name: seat}
        self.brought: dict[str, int] = {seat.name: quantity}  # tonnes
        self.sold = 0  # tonnes
        self.proceeds = 0  # minor units, less the seller's fee


class JointAuctions(PlannedAuctions):
    """A line of announced auctions, some of them with several sellers."""

    __slots__ = ("joint",)

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.commands[JoinAuction] = self.join
        self.joint: dict[int, Joint] = {}  # by auction

    def join(self, command: JoinAuction, participant: Participant) -> list[Event]:
        """Add a seller's tonnes to what an auction offers."""
        c = command
        initiator = self.find(c.number)
        if isinstance(initiator, Refusal):
            return [Rejected(c.account, c.ref, *(self.admit_open() or initiator))]
        seat = self.seat(participant)
        refusal = self.admit_open() or self._admit_seller(c, initiator, seat)
        refusal = refusal or self.reserve(seat, Side.SELL, c.quantity, 0)
        if refusal is not None:
            return [Rejected(c.account, c.ref, *refusal)]
        joint = self.joint.get(c.number)
        if joint is None:
            joint = self.joint[c.number] = Joint(initiator.seat, initiator.quantity)
        joint.sellers[seat.name] = seat
        joint.brought[seat.name] = joint.brought.get(seat.name, 0) + c.quantity
        for each, quantity in ((seat, -c.quantity), (initiator.seat, c.quantity)):
            each.holding.total += quantity
            each.holding.reserved += quantity
        for figure in ("quantity", "leaves", "shown"):
            setattr(initiator, figure, getattr(initiator, figure) + c.quantity)
        terms = self.announced[c.number]
        self.announced[c.number] = structs.replace(terms, quantity=initiator.quantity)
        return [
            SupplyJoined(c.account, c.ref, self.symbol, c.number, c.quantity, initiator.quantity)
        ]

    def _admit_seller(self, c: JoinAuction, initiator: Order, seat: Seat) -> Refusal | None:
        """Check that an auction may have this seller too, and now."""
        terms, mode = self.announced[c.number], self.mode
        at_once = mode.delivery is Delivery.AT_ONCE and not mode.proceeds_lag
        if c.number in self.dates or terms.side is Side.BUY or not at_once:
            rule = "a seller joins a sale that a member announced and that is paid at once"
            return Refusal(RejectReason.MODE, "number", rule)
        if self.clock.now >= terms.opens_at:
            rule = f"sellers join before the window, which opens at {terms.opens_at} ns"
            return Refusal(RejectReason.WINDOW, "number", rule)
        if seat is initiator.seat:
            return Refusal(RejectReason.OWN_ORDER, "number", "the auction is the account's already")
        if c.price > terms.price:
            rule = f"at most the reserve, {self.gate.money(terms.price)}"
            return Refusal(RejectReason.PRICE_LIMIT, "price", rule)
        left = MAX_QUANTITY - initiator.quantity
        if c.quantity > left:
            return Refusal(RejectReason.QUANTITY_RANGE, "quantity", f"at most {left} tonnes")
        return self.admit_terms(seat, Side.SELL, c.quantity, terms.price)

    def _admit_place(self, c: Bid, initiator: Order, seat: Seat) -> Refusal | None:
        """Check that an auction takes bids now, and bids of this account: no seller's."""
        joint = self.joint.get(c.number)
        if joint is not None and any(s.stp_id == seat.stp_id for s in joint.sellers.values()):
            return Refusal(RejectReason.OWN_ORDER, "number", "an auction of the same owner")
        return super()._admit_place(c, initiator, seat)

    def _sell(self, initiator: Order, winner: Order, win: Win) -> Trade:
        trade = super()._sell(initiator, winner, win)
        # Consigned units are sold by no order of their owners, and under no number.
        number = self.numbers.get((initiator.seat.name, initiator.ref), 0)
        joint = self.joint.get(number)
        if joint is not None:
            joint.sold += trade.quantity
            joint.proceeds += trade.price * trade.quantity - trade.maker_fee
        return trade

    def conclude(
        self, number: int, initiator: Order, wins: Sequence[Win], unsold: int
    ) -> list[Event]:
        """Settle what was won, and share it out among the sellers."""
        events = super().conclude(number, initiator, wins, unsold)
        return events + self._share_out(number)

    def end(self, order: Order, why: CancelReason, request: int = 0) -> list[Event]:
        """Take a bid out, or an announcement, whose sellers get back what they brought."""
        number = self.numbers.get((order.seat.name, order.ref), 0)
        events = super().end(order, why, request)
        return events + self._share_out(number)

    def _share_out(self, number: int) -> list[Event]:
        """Give each seller its part of an auction that is over."""
        joint = self.joint.pop(number, None)
        if joint is None:
            return []
        sold = share_out(joint.sold, list(joint.brought.values()))
        proceeds = share_out(joint.proceeds, sold)
        first, *_ = joint.sellers.values()
        events: list[Event] = []
        for seat, brought, part, cash in zip(
            joint.sellers.values(), joint.brought.values(), sold, proceeds, strict=True
        ):
            left = brought - part
            if seat is not first:
                first.cash.total -= cash
                seat.cash.total += cash
                first.holding.total -= left
                seat.holding.total += left
            events.append(ProceedsShared(seat.name, self.symbol, number, brought, part, cash))
        return events

    def dump(self) -> list[object]:
        """Return what auctions have, and the sellers of those that have several."""
        kept = [[number, list(joint.brought.items())] for number, joint in self.joint.items()]
        return [*super().dump(), *([["joint", kept]] if kept else ())]

    def check(self) -> None:
        """Assert that sellers and announcements agree."""
        super().check()
        for number, joint in self.joint.items():
            offered = self.offers[number].quantity
            assert sum(joint.brought.values()) == offered, "sellers that offer something else"
            assert self.announced[number].quantity == offered, "an auction of two sizes"
