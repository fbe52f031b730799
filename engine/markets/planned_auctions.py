"""Auctions of the rulebook's calendar: announced by the trading day, stated and offered again.

What the operator or a member announces is one-way bidding as ever. An auction of the calendar sells
from the account that the rulebook names, is cleared with limits and containment, ends with a
statement, and what it leaves unsold makes the next ones larger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UnsetType

from engine.markets.admission import Refusal
from engine.markets.discretionary_sales import DiscretionarySales
from engine.matching.auction_clearing import Win
from engine.matching.auction_terms import (
    AuctionResult,
    AuctionTerms,
    BidBook,
    Cut,
    GroupLimit,
    SealedBid,
    Seller,
    Tier,
)
from engine.matching.bid_limits import purchase_limit
from engine.matching.reoffers import Planned, spread
from engine.matching.reserve_prices import half_up
from engine.matching.sealed_auction import clear_sealed, split_sale
from engine.matching.yearly_prices import containment_on, reserve_on
from engine.rulebook.calendar import utc
from engine.vocabulary.enums import (
    AuctionEnd,
    BelowMarket,
    CancelReason,
    CutReason,
    LimitRule,
    Side,
    TierKind,
)
from engine.vocabulary.events import AuctionStated, Event, Rejected
from engine.vocabulary.units import BASIS_POINTS

if TYPE_CHECKING:
    from engine.book.orders import Order
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.rulebook.model import Containment, Mode, PlannedAuction, Product, Rulebook
    from engine.vocabulary.commands import ClearAuction

_ENDS: Final = (CancelReason.DAY_ENDED, CancelReason.RULES)  # what ends it all the same
_LEVELS: Final = 100  # prices of bids that a statement tells apart
_YEAR: Final = 10_000  # a date is the year times this, and month and day


class PlannedAuctions(DiscretionarySales):
    """A line of announced auctions, those of the calendar among them."""

    __slots__ = ("added", "used")

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.added: dict[int, int] = {}  # date -> tonnes left unsold before, offered again then
        self.used: dict[tuple[int, str], int] = {}  # year and tier -> tonnes released

    def plan(self) -> list[PlannedAuction]:
        """Return the calendar's auctions of this line, in the order of their days."""
        mine = [
            each
            for each in self.rulebook.auction.calendar
            if (each.product, each.mode) == (self.product.symbol, self.mode.name)
        ]
        return sorted(mine, key=lambda each: each.date)

    def begin_date(self, date: int) -> list[Event]:
        """Announce the auction that the calendar has for a trading day."""
        for planned in self.plan():
            if planned.date == date:
                return self._announce_planned(planned)
        return []

    def _announce_planned(self, planned: PlannedAuction) -> list[Event]:
        calendar = self.rulebook.calendar
        table = reserve_on(self.rulebook.auction, planned.date, self.product.tick)
        reserve = planned.reserve or self._formula(planned.date) or table
        opens, closes = (utc(calendar, planned.date, at) for at in (planned.opens, planned.closes))
        quantity = planned.quantity + self.added.get(planned.date, 0)
        events = self.authority_announces(Side.SELL, quantity, max(1, reserve), (opens, closes))
        if isinstance(events, Refusal):
            return [Rejected("", 0, *events._replace(field="date"))]
        self.added.pop(planned.date, None)
        self.dates[self.counted] = planned.date
        return self.offer_consigned(self.counted, events)

    def _formula(self, date: int) -> int:
        """Return the reserve that the rulebook's formula gives; 0 for none."""
        formula = self.rulebook.auction.formula
        if isinstance(formula, UnsetType):
            return 0
        return self.asset.daily.reserve(formula, date, self.product.tick)

    def binds(self, order: Order, why: CancelReason) -> str:
        """Say why a bid or an announcement stays: the calendar's is not its seller's to end."""
        number = self.numbers.get((order.seat.name, order.ref), 0)
        if number in self.dates and why not in _ENDS:
            return f"the calendar announced auction {number}: only the operator calls it off"
        return super().binds(order, why)

    def trims(self, number: int) -> bool:
        """Say whether an auction's clearing, not its entry, applies the purchase limit."""
        return number in self.dates and self.rulebook.auction.limit_rule is LimitRule.TRIM

    def clear(self, command: ClearAuction) -> list[Event]:
        """Clear an auction of the calendar by all its terms; others as ever."""
        number = command.number
        date = self.dates.get(number, 0)
        if not date or command.call_off:
            return [*super().clear(command), *self.end_lots(number)]
        initiator = self.to_clear(command)
        if isinstance(initiator, Refusal):
            return [Rejected("", 0, *initiator)]
        bids = list(self.bids[number])
        offered = self.announced[number].quantity
        result = clear_sealed(
            self._book(number, bids, initiator), self._terms(initiator, command.seed, date, offered)
        )
        result = self._settled(number, result)
        if result.released:  # the tiers offered no more than the seller has
            self.reserve_more(initiator.seat, Side.SELL, result.released)
            initiator.quantity += result.released
            initiator.leaves += result.released
        *consigned, _ = result.sales
        reoffered = self._offer_again(
            date, result.unsold - sum(s.offered - s.sold for s in consigned)
        )
        statement = self._statement(number, bids, result, command.seed, reoffered)
        for tier, kept in zip(self.rulebook.auction.containment, result.tiers, strict=True):
            if kept.used and tier.quantity and not tier.withhold:
                key = (date // _YEAR, tier.name)
                self.used[key] = self.used.get(key, 0) + kept.used
        self.sell_consigned(consigned)
        wins = [Win(award.bid, award.quantity, award.price) for award in result.awards]
        events = self.conclude(number, initiator, wins, result.unsold)
        self.defaults.clear()
        return [*events, *self.end_lots(number, consigned), statement]

    def _settled(self, number: int, result: AuctionResult) -> AuctionResult:
        """Return a result without what is not paid for: its seller keeps that."""
        wins = [Win(award.bid, award.quantity, award.price) for award in result.awards]
        unpaid = self.unpaid(number, wins)
        if not unpaid:
            return result
        bids = self.bids[number]
        self.defaults = {(bids[wins[n].bid].seat.name, bids[wins[n].bid].ref): None for n in unpaid}
        cuts = [Cut(wins[n].bid, wins[n].quantity, CutReason.UNPAID) for n in unpaid]
        tonnes = sum(cut.quantity for cut in cuts)
        sellers = [
            Seller(sale.name, sale.offered, int(n + 1 == len(result.sales)))
            for n, sale in enumerate(result.sales)
        ]
        sold = sum(sale.sold for sale in result.sales)
        paid = [each for n, each in enumerate(result.awards) if n not in unpaid]
        return result._replace(
            end=AuctionEnd.SOLD_IN_PART,
            sold=result.sold - tonnes,
            unsold=result.unsold + tonnes,
            awards=tuple(paid),
            cuts=tuple(sorted([*result.cuts, *cuts])),
            sales=split_sale(sellers, max(0, sold - tonnes)),
        )

    def _book(self, number: int, bids: list[Order], initiator: Order) -> BidBook:
        """Return the bids with the limits of their bidders' classes over linked accounts."""
        limits: dict[str, GroupLimit] = {}
        lot = self.gate.lot
        for bid in bids:
            role = bid.seat.participant.limits
            if role is not None and role.purchase_limit_bp and self.trims(number):
                offered = self.announced[number].quantity
                most = purchase_limit(offered, role.purchase_limit_bp, lot)
                limits[str(bid.seat.stp_id)] = GroupLimit(purchase=most)
        sealed = [SealedBid(b.seat.name, str(b.seat.stp_id), b.price, b.leaves) for b in bids]
        own = Seller(initiator.seat.name, initiator.quantity, rank=1)
        sellers = (*(Seller(*lot) for lot in self.lots.get(number, {}).items()), own)
        put_up = {name: self.usable(name) for name in (*self.guarantees, *self.pledges)}
        return BidBook(sealed, sellers, limits, put_up)

    def _terms(self, initiator: Order, seed: int, date: int, offered: int) -> AuctionTerms:
        mode = self.mode
        holding = initiator.seat.holding
        free = holding.total - holding.reserved
        tiers = []
        for each in containment_on(self.rulebook.auction, date, self.product.tick):
            quantity = self._available(each, offered, date)
            if not each.withhold:
                quantity = min(quantity, free)
                free -= quantity
            kind = TierKind.WITHHOLD if each.withhold else TierKind.RELEASE
            tiers.append(Tier(TierKind.FIXED if each.fixed else kind, each.trigger, quantity))
        market, reference = self.rulebook.auction.market, self.asset.reference
        below, share_bp = BelowMarket.IGNORE, 0
        if not isinstance(market, UnsetType):
            below, share_bp = market.below, market.share_bp
        return AuctionTerms(
            reserve=initiator.price,
            below_market=below,
            market_floor=half_up(reference * share_bp, BASIS_POINTS),
            market_price=reference,
            lot=self.gate.lot,
            pricing=mode.pricing,
            tie=mode.bid_tie,
            undersubscribed=mode.undersubscribed,
            seed=seed,
            limit_rule=LimitRule.TRIM,  # what is refused was refused at entry
            guarantee_rule=self.guarantee_rule,
            tiers=tuple(tiers),
        )

    def _available(self, tier: Containment, offered: int, date: int) -> int:
        """Return how much of a tier an auction has: a share of it, or what is left for the year."""
        if not tier.quantity:
            return offered * tier.share_bp // BASIS_POINTS
        return tier.quantity - self.used.get((date // _YEAR, tier.name), 0)

    def _offer_again(self, date: int, unsold: int) -> tuple[tuple[str, int], ...]:
        """Let the next auctions of the calendar grow by what was not sold."""
        auction = self.rulebook.auction
        later = [each for each in self.plan() if each.date > date]
        if not (unsold > 0 and later and auction.reoffer_over):
            return ()
        plan = [
            Planned(each.quantity, each.quantity + self.added.get(each.date, 0)) for each in later
        ]
        found = spread(plan, unsold, auction.reoffer_over, auction.reoffer_cap_bp)
        grown = []
        for each, before, volume in zip(later, plan, found.volumes, strict=True):
            if volume > before.now:
                self.added[each.date] = volume - each.quantity
                grown.append((str(each.date), volume - before.now))
        return tuple(grown)

    def _statement(
        self,
        number: int,
        bids: list[Order],
        result: AuctionResult,
        seed: int,
        reoffered: tuple[tuple[str, int], ...],
    ) -> AuctionStated:
        """State what came of an auction, without names."""
        winners: dict[int, int] = {}  # by bidder: linked accounts are one
        for award in result.awards:
            bidder = bids[award.bid].seat.stp_id
            winners[bidder] = winners.get(bidder, 0) + award.quantity
        reasons = sorted(dict.fromkeys(cut.reason for cut in result.cuts))
        cuts = [
            (why.name.lower(), sum(cut.quantity for cut in result.cuts if cut.reason is why))
            for why in reasons
        ]
        names = [tier.name for tier in self.rulebook.auction.containment]
        *consigned, _ = result.sales
        return AuctionStated(
            symbol=self.symbol,
            number=number,
            date=self.dates[number],
            end=result.end,
            price=result.price,
            interim=result.interim,
            offered=result.offered,
            released=result.released,
            withheld=result.withheld,
            sold=result.sold,
            unsold=result.unsold,
            demand=result.demand,
            cover_bp=result.cover_bp,
            bidders=len(dict.fromkeys(bid.seat.stp_id for bid in bids)),
            winners=tuple(sorted(winners.values(), reverse=True)),
            cuts=tuple(cuts),
            tiers=tuple((n, t.used) for n, t in zip(names, result.tiers, strict=True)),
            reoffered=reoffered,
            seed=seed,
            draw=result.draw,
            consigned=sum(sale.offered for sale in consigned),
            consigned_sold=sum(sale.sold for sale in consigned),
            levels=bid_levels(bids, result),
        )

    def _unlist(self, order: Order) -> None:
        """Forget an auction of the calendar that is over."""
        number = self.numbers.get((order.seat.name, order.ref), 0)
        self.dates.pop(number, None)
        super()._unlist(order)

    def dump(self) -> list[object]:
        """Return what one-way bidding has, and what the calendar left behind, if anything."""
        kept = [
            [list(each) for each in self.dates.items()],
            sorted(list(each) for each in self.added.items()),
            sorted([year, name, tonnes] for (year, name), tonnes in self.used.items()),
            *self.dump_guarantees(),
            *self.dump_consigned(),
        ]
        return [*super().dump(), *(kept if any(kept) else ())]

    def check(self) -> None:
        """Assert that what the calendar announced is announced."""
        super().check()
        assert all(number in self.announced for number in self.dates), "an auction without end"
        assert all(tonnes > 0 for tonnes in self.added.values()), "nothing offered again"


def bid_levels(bids: list[Order], result: AuctionResult) -> tuple[tuple[int, int, int], ...]:
    """Return what was bid for and won at each price, the best first, without names."""
    won = [0] * len(bids)
    for award in result.awards:
        won[award.bid] += award.quantity
    sums: dict[int, tuple[int, int]] = {}
    for bid, gets in zip(bids, won, strict=True):
        wanted, got = sums.get(bid.price, (0, 0))
        sums[bid.price] = wanted + bid.leaves, got + gets
    rows = [(price, *sums[price]) for price in sorted(sums, reverse=True)]
    first, rest = rows[: _LEVELS - 1], rows[_LEVELS - 1 :]
    if rest:
        first.append((rest[0][0], sum(row[1] for row in rest), sum(row[2] for row in rest)))
    return tuple(first)
