"""Sales and purchases by the authority beside the calendar: the operator's answer to a trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UnsetType

from engine.markets.admission import Refusal, check_price, check_quantity
from engine.markets.bidding import admit_announcement
from engine.markets.consignments import ConsignedUnits
from engine.vocabulary.commands import Announce, DiscretionarySale
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.events import Event, Rejected

if TYPE_CHECKING:
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.enums import Side


class DiscretionarySales(ConsignedUnits):
    """A line of announced auctions, in which the authority may sell and buy as it decides."""

    __slots__ = ()

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.operator_commands[DiscretionarySale] = self.sell_at_discretion

    def sell_at_discretion(self, c: DiscretionarySale) -> list[Event]:
        """Announce a sale or a purchase of the authority, which may answer a trigger."""
        refusal = self.admit_open() or self._admit_trigger(c)
        refusal = (
            refusal or check_quantity(c.quantity, self.gate) or check_price(c.price, self.gate)
        )
        window = (c.opens_at, c.closes_at)
        events = refusal or self.authority_announces(c.side, c.quantity, c.price, window)
        if isinstance(events, Refusal):
            return [Rejected("", 0, *events)]
        self.asset.proposals.pop(c.trigger, 0)
        return events

    def _admit_trigger(self, c: DiscretionarySale) -> Refusal | None:
        """Check that the trigger that is answered is met, and that the answer is what it asks."""
        if not c.trigger:
            return None
        if c.trigger not in self.asset.proposals:
            met = ", ".join(self.asset.proposals) or "none is"
            rule = f"a trigger of {self.product.symbol} that is met: {met}"
            return Refusal(RejectReason.VALUE, "trigger", rule)
        triggers = self.rulebook.auction.triggers
        for each in () if isinstance(triggers, UnsetType) else triggers:
            if each.name == c.trigger and each.side is not c.side:
                rule = f"{each.side.name.lower()}, as {each.name} proposes"
                return Refusal(RejectReason.VALUE, "side", rule)
        return None

    def authority_announces(
        self, side: Side, quantity: int, price: int, window: tuple[int, int]
    ) -> list[Event] | Refusal:
        """Announce an auction of the rulebook's seller, under its next reference, or say why not.

        What it gives is reserved.
        """
        auction = self.rulebook.auction
        seller = self.shared.participants.get(auction.seller)
        if seller is None:
            rule = (
                f"{auction.seller or 'auction.seller'} sells and buys for the authority: no account"
            )
            return Refusal(RejectReason.UNKNOWN_ACCOUNT, "symbol", rule)
        command = Announce(
            account=auction.seller,
            ref=seller.last_ref + 1,
            symbol=self.symbol,
            side=side,
            quantity=quantity,
            price=price,
            opens_at=window[0],
            closes_at=window[1],
            min_bid=max(1, auction.min_bid),
            max_bid=auction.max_bid,
        )
        refusal = admit_announcement(command, self.gate, self.clock.now)
        refusal = refusal or self.reserve(self.seat(seller), side, quantity, price)
        if refusal is not None:
            return refusal
        seller.last_ref = command.ref
        return self.put_up(command, self.seat(seller))
