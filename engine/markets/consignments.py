"""Consigned units: allowances that others than the government have sold in its auctions.

Source: Quebec Q-2 r.46.1 s.52. They are sold before the government's own, at the auction's price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UnsetType, structs

from engine.book.orders import Order
from engine.markets.admission import Refusal
from engine.markets.guarantees import GuaranteedBids
from engine.vocabulary.auction_events import ConsignmentChanged
from engine.vocabulary.commands import ConsignUnits
from engine.vocabulary.enums import ConsignedRest, RejectReason, Side
from engine.vocabulary.events import Announced, Event, Rejected, Trade
from engine.vocabulary.texts import shown
from engine.vocabulary.units import MAX_QUANTITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.book.orders import Participant
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.matching.auction_clearing import Win
    from engine.matching.auction_terms import Sale
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.enums import CancelReason


class ConsignedUnits(GuaranteedBids):
    """A line of announced auctions, in which those of the calendar sell consigned units too."""

    __slots__ = ("consigned", "lots", "selling")

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.consigned: dict[str, int] = {}  # by account: tonnes that wait for the next auction
        self.lots: dict[int, dict[str, int]] = {}  # those offered, by auction
        self.selling: list[Order] = []  # what owners sell, while an auction is settled
        self.operator_commands[ConsignUnits] = self.consign

    def consign(self, c: ConsignUnits) -> list[Event]:
        """Set tonnes of an account aside for the next auction, or give some back."""
        participant = self.shared.participants.get(c.account)
        if participant is None:
            rule = f"no account {shown(c.account)} is open"
            return [Rejected(c.account, 0, RejectReason.UNKNOWN_ACCOUNT, "account", rule)]
        refusal = self._admit_consignment(c, participant)
        if refusal is not None:
            return [Rejected(c.account, 0, *refusal)]
        self._wait(c.account, c.quantity)
        return [self._changed(c.account, c.quantity)]

    def _admit_consignment(self, c: ConsignUnits, participant: Participant) -> Refusal | None:
        """Check a consignment, and reserve for it what it needs."""
        if c.quantity > 0 and isinstance(self.rulebook.auction.consigned, UnsetType):
            rule = "auctions take consigned units where the rulebook's auction.consigned says so"
            return Refusal(RejectReason.MODE, "symbol", rule)
        waiting = self.consigned.get(c.account, 0)
        if not c.quantity or not -waiting <= c.quantity <= MAX_QUANTITY:
            rule = f"1 to {MAX_QUANTITY} tonnes, or to take back at most the {waiting} that wait"
            return Refusal(RejectReason.QUANTITY_RANGE, "quantity", rule)
        return self.reserve_more(self.seat(participant), Side.SELL, c.quantity)

    def _wait(self, account: str, more: int) -> None:
        """Let more tonnes, or fewer, wait for the next auction."""
        tonnes = self.consigned.pop(account, 0) + more
        if tonnes:
            self.consigned[account] = tonnes

    def _changed(self, account: str, quantity: int) -> ConsignmentChanged:
        return ConsignmentChanged(
            account, self.symbol, quantity, self.tonnes_aside().get(account, 0)
        )

    # -- in an auction ----------------------------------------------------------------------

    def offer_consigned(self, number: int, events: list[Event]) -> list[Event]:
        """Offer what waits in an auction that has just been announced, and announce it so."""
        if not self.consigned:
            return events
        self.lots[number], self.consigned = self.consigned, {}
        terms = self.announced[number]
        more = sum(self.lots[number].values())
        grown = structs.replace(terms, quantity=terms.quantity + more)
        self.announced[number] = grown
        return [grown if isinstance(event, Announced) else event for event in events]

    def sell_consigned(self, sales: Sequence[Sale]) -> None:
        """Note what each owner sells of what an auction is about to settle.

        No order of its account's stands behind it, so its trades have the reference 0.
        """
        for sale in sales:
            if sale.sold:
                seat = self.seat(self.shared.participants[sale.name])
                self.selling.append(Order(seat, 0, Side.SELL, 0, sale.sold, sale.sold, sale.sold))

    def deal(self, initiator: Order, winner: Order, win: Win) -> list[Trade]:
        """Settle what a bid won: with the owners of consigned units first, as they were named."""
        trades: list[Trade] = []
        while self.selling and win.quantity:
            owner = self.selling[0]
            part = min(owner.leaves, win.quantity)
            trades.append(self._sell(owner, winner, win._replace(quantity=part)))
            win = win._replace(quantity=win.quantity - part)
            if owner.leaves:
                break
            del self.selling[0]
        return [*trades, *(super().deal(initiator, winner, win) if win.quantity else ())]

    def end_lots(self, number: int, sales: Sequence[Sale] = ()) -> list[Event]:
        """See to what an auction left unsold: it waits, or goes back, as the rulebook says."""
        sold = {sale.name: sale.sold for sale in sales}
        events: list[Event] = []
        for account, tonnes in self.lots.pop(number, {}).items():
            left = tonnes - sold.get(account, 0)
            if self.rulebook.auction.consigned is ConsignedRest.WAIT:
                self._wait(account, left)
            elif left:
                self.reserve_more(self.seat(self.shared.participants[account]), Side.SELL, -left)
                events.append(self._changed(account, -left))
        return events

    def end(self, order: Order, why: CancelReason, request: int = 0) -> list[Event]:
        """Take a bid out, or an announcement, with all its bids and consigned units."""
        number = self.numbers.get((order.seat.name, order.ref), 0)
        return [*super().end(order, why, request), *self.end_lots(number)]

    def tonnes_aside(self) -> dict[str, int]:
        """Return what is consigned, by account."""
        found = dict(self.consigned)
        for lots in self.lots.values():
            for account, tonnes in lots.items():
                found[account] = found.get(account, 0) + tonnes
        return found

    def dump_consigned(self) -> list[object]:
        """Return what is consigned, nothing where that is nothing."""
        if not (self.consigned or self.lots):
            return []
        lots = [[number, list(map(list, each.items()))] for number, each in self.lots.items()]
        return [["consigned", list(map(list, self.consigned.items())), lots]]

    def check(self) -> None:
        """Assert that what is offered is offered in an auction that stands."""
        super().check()
        assert all(number in self.dates for number in self.lots), "units in no auction"
        assert all(tonnes > 0 for tonnes in self.tonnes_aside().values()), "nothing consigned"
        assert not self.selling, "consigned units that were to be sold"
