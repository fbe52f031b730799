"""Bids under a guarantee: cash that accounts set aside before a window, which then covers them.

Source: Quebec Q-2 r.46.1 s.52. A bid that is covered so reserves nothing by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UnsetType

from engine.markets.admission import Refusal
from engine.markets.one_way import OneWay
from engine.matching.auction_terms import SealedBid
from engine.matching.bid_limits import guarantee_needed
from engine.vocabulary.auction_events import GuaranteeChanged
from engine.vocabulary.commands import PledgeGuarantee, PostGuarantee, ReturnGuarantee
from engine.vocabulary.enums import CancelReason, GuaranteeRule, PricingRule, RejectReason, Side
from engine.vocabulary.events import Event, Rejected, Trade
from engine.vocabulary.texts import shown
from engine.vocabulary.units import MAX_MONEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.book.orders import Order
    from engine.markets.assets import Asset
    from engine.markets.bidding import Wanted
    from engine.markets.settlement import Shared
    from engine.matching.auction_clearing import Win
    from engine.rulebook.model import Mode, Product, Rulebook

_PPM: Final = 1_000_000


class GuaranteedBids(OneWay):
    """A line of announced auctions, of which those of the calendar may go by guarantees."""

    __slots__ = ("dates", "defaults", "guarantees", "pledges")

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.dates: dict[int, int] = {}  # the number of an auction of the calendar -> its date
        self.guarantees: dict[str, int] = {}  # by account, minor units
        self.pledges: dict[str, dict[str, int]] = {}  # by account and kind, minor units
        self.defaults: dict[tuple[str, int], None] = {}  # bids unpaid in what is settled now
        self.operator_commands |= {
            PostGuarantee: self.post,
            ReturnGuarantee: self.give_back,
            PledgeGuarantee: self.pledge,
        }

    # -- what is put up ---------------------------------------------------------------------

    def post(self, c: PostGuarantee) -> list[Event]:
        """Set cash of an account aside for its bids."""
        participant = self.shared.participants.get(c.account)
        if participant is None:
            return _unknown(c)
        refusal = self._admit_change_of(c, 1)
        refusal = refusal or self.reserve_more(self.seat(participant), Side.BUY, c.amount)
        if refusal is not None:
            if refusal.reason is RejectReason.CASH:
                refusal = refusal._replace(field="amount")
            return [Rejected(c.account, 0, *refusal)]
        total = self.guarantees[c.account] = self.guarantees.get(c.account, 0) + c.amount
        return [GuaranteeChanged(c.account, self.symbol, c.amount, total)]

    def give_back(self, c: ReturnGuarantee) -> list[Event]:
        """Set cash of a guarantee free, all that is left of it where no amount is named."""
        participant = self.shared.participants.get(c.account)
        if participant is None:
            return _unknown(c)
        held = self.guarantees.get(c.account, 0)
        amount = c.amount or held
        refusal = self._admit_change_of(c, 0)
        if refusal is None and not 0 < amount <= held:
            rule = f"at most the {self.gate.money(held)} that are put up"
            refusal = Refusal(RejectReason.VALUE, "amount", rule)
        if refusal is not None:
            return [Rejected(c.account, 0, *refusal)]
        self._take(c.account, amount)
        self.reserve_more(self.seat(participant), Side.BUY, -amount)
        return [GuaranteeChanged(c.account, self.symbol, -amount, held - amount)]

    def pledge(self, c: PledgeGuarantee) -> list[Event]:
        """Note what others guarantee for an account: it covers bids and pays for none."""
        if c.account not in self.shared.participants:
            return _unknown(c)
        kinds = self.rulebook.auction.pledges
        refusal = self._admit_change_of(c, 0)
        held = self.pledges.get(c.account, {})
        if c.kind not in held and (isinstance(kinds, UnsetType) or c.kind not in kinds):
            listed = "none" if isinstance(kinds, UnsetType) else ", ".join(kinds)
            rule = f"one of the rulebook's auction.pledges: {listed}"
            refusal = Refusal(RejectReason.VALUE, "kind", rule)
        if refusal is not None:
            return [Rejected(c.account, 0, *refusal)]
        before = held.pop(c.kind, 0)
        if c.amount:
            self.pledges.setdefault(c.account, held)[c.kind] = c.amount
        elif not held:
            self.pledges.pop(c.account, None)
        return [GuaranteeChanged(c.account, self.symbol, c.amount - before, c.amount, c.kind)]

    def _admit_change_of(
        self, c: PostGuarantee | ReturnGuarantee | PledgeGuarantee, least: int
    ) -> Refusal | None:
        """Check the amount, and that no window is open or still to be cleared."""
        if not least <= c.amount <= MAX_MONEY:
            rule = f"{least} to {self.gate.money(MAX_MONEY)}"
            return Refusal(RejectReason.VALUE, "amount", rule)
        for number in self.dates:
            opens_at = self.announced[number].opens_at
            if self.clock.now >= opens_at:
                rule = f"auction {number} opened at {opens_at} ns: it is to be cleared before"
                return Refusal(RejectReason.WINDOW, "symbol", rule)
        return None

    def _take(self, account: str, amount: int) -> None:
        """Shrink what an account has put up."""
        left = self.guarantees.pop(account) - amount
        assert left >= 0, "a guarantee that does not cover what was won"
        if left:
            self.guarantees[account] = left

    # -- what it covers ---------------------------------------------------------------------

    @property
    def guarantee_rule(self) -> GuaranteeRule:
        """What covers bids in auctions of the calendar."""
        rule = self.rulebook.auction.guarantees
        return GuaranteeRule.NONE if isinstance(rule, UnsetType) else rule

    def _covered(self, number: int) -> bool:
        """Say whether guarantees cover the bids of an auction."""
        return number in self.dates and self.guarantee_rule is not GuaranteeRule.NONE

    def _is_covered(self, order: Order) -> bool:
        return self._covered(self.bidding.get((order.seat.name, order.ref), 0))

    def cover(self, number: int, wanted: Wanted, others: list[Order], need: int) -> Refusal | None:
        """Reserve what a bid needs, where no guarantee covers it."""
        if not self._covered(number):
            return super().cover(number, wanted, others, need)
        if self.guarantee_rule is not GuaranteeRule.REFUSE:
            return None
        name = wanted.seat.name
        own = [SealedBid(name, name, b.price, b.leaves) for b in others if b.seat is wanted.seat]
        own.append(SealedBid(name, name, wanted.price, wanted.quantity))
        most, held = guarantee_needed(own, as_bid=self._as_bid()), self.usable(name)
        if most <= held:
            return None
        rule = f"bids that cost at most {self.gate.money(held)}, as the guarantee covers"
        return Refusal(RejectReason.CASH, "quantity", rule)

    def _as_bid(self) -> bool:
        """Say whether bids of one bidder may pay different prices."""
        one_price = self.mode.pricing in (PricingRule.UNIFORM, PricingRule.HIGHEST_REJECTED)
        tiers = self.rulebook.auction.containment
        return not one_price or any(t.fixed and (t.quantity or t.share_bp) for t in tiers)

    def usable(self, account: str) -> int:
        """Return how much an account's bids may cost: its guarantees without the buyer's fee."""
        held = self.guarantees.get(account, 0) + sum(self.pledges.get(account, {}).values())
        return held * _PPM // (_PPM + self._taker_buy)

    def unpaid(self, number: int, wins: Sequence[Win]) -> dict[int, None]:
        """Return the places of the wins that are not paid for: cash runs out on the way.

        That happens to pledged accounts alone. A win is paid for as a whole or not at all.
        """
        found: dict[int, None] = {}
        if not self.pledges:
            return found
        bids = self.bids[number]
        cash: dict[str, int] = {}
        for place, win in enumerate(wins):
            seat = bids[win.bid].seat
            if seat.name not in self.pledges or not self._covered(number):
                continue
            free = seat.cash.total - seat.cash.reserved + self.guarantees.get(seat.name, 0)
            left = cash.get(seat.name, free) - self._paid(win)
            if left < 0:
                found[place] = None
            else:
                cash[seat.name] = left
        return found

    def _paid(self, win: Win) -> int:
        """Return what a win costs with its fee."""
        value = win.price * win.quantity
        return value + value * self._taker_buy // _PPM

    def lost(self, order: Order) -> CancelReason:
        """Say why what an auction leaves of an order goes: it may not have been paid for."""
        defaults = (order.seat.name, order.ref) in self.defaults
        return CancelReason.UNPAID if defaults else super().lost(order)

    def holds(self, order: Order) -> int:
        """Return what a live order has reserved: nothing where a guarantee covers it."""
        return 0 if self._is_covered(order) else super().holds(order)

    def set_aside(self) -> dict[str, int]:
        """Return the guarantees."""
        return self.guarantees

    def cancel(self, order: Order, why: CancelReason, request: int = 0) -> Event:
        """Take a live order out; what it would give back it never had where it is covered."""
        if self._is_covered(order):
            order.seat.cash.reserved += self.needs(order.price, order.leaves)
        return super().cancel(order, why, request)

    def _sell(self, initiator: Order, winner: Order, win: Win) -> Trade:
        """Settle what a bid won, out of its guarantee where that covers it."""
        if self._is_covered(winner):
            name = winner.seat.name
            paid = min(self._paid(win), self.guarantees.get(name, 0))  # the rest from other cash
            after = self.needs(winner.price, winner.leaves - win.quantity)
            winner.seat.cash.reserved += self.needs(winner.price, winner.leaves) - after - paid
            if paid:
                self._take(name, paid)
        return super()._sell(initiator, winner, win)

    def dump_guarantees(self) -> list[object]:
        """Return what is put up, nothing where that is nothing."""
        pledged = [[name, sorted(map(list, each.items()))] for name, each in self.pledges.items()]
        put_up = sorted(list(each) for each in self.guarantees.items())
        return [*([put_up] if put_up else []), *([["pledged", sorted(pledged)]] if pledged else [])]

    def check(self) -> None:
        """Assert that something is put up where anything is noted."""
        super().check()
        assert all(amount > 0 for amount in self.guarantees.values()), "an empty guarantee"


def _unknown(c: PostGuarantee | ReturnGuarantee | PledgeGuarantee) -> list[Event]:
    rule = f"no account {shown(c.account)} is open"
    return [Rejected(c.account, 0, RejectReason.UNKNOWN_ACCOUNT, "account", rule)]
