"""One-way bidding (单向竞价) and government auctions: one initiator, many bidders, one clearing.

The initiator announces what it sells (or buys), the reserve and the window; its goods (or cash)
are frozen. Bids are firm, reserved for, and sealed unless the announcement asks for rising ones.
After the window the operator clears the auction with a seed that decides random ties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.markets.admission import Refusal, check_price
from engine.markets.limits import admit_role
from engine.markets.offers import OfferLine
from engine.matching.auction_clearing import Offer, Sealed, Win, clear
from engine.vocabulary.commands import Announce, Bid, ClearAuction
from engine.vocabulary.enums import (
    BidTie,
    CancelReason,
    OrderState,
    PricingRule,
    RejectReason,
    Side,
    Undersubscribed,
)
from engine.vocabulary.events import (
    Announced,
    AuctionCleared,
    BestBid,
    Event,
    Offered,
    OrderAccepted,
    Rejected,
    Trade,
)
from engine.vocabulary.units import BASIS_POINTS

if TYPE_CHECKING:
    from engine.book.orders import Order, Participant, Seat
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.rulebook.model import Mode, Product, Rulebook


class OneWay(OfferLine):
    """A line of announced auctions."""

    __slots__ = ("announced", "bidding", "bids")

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.commands = {Announce: self.announce, Bid: self.bid}
        self.operator_commands = {ClearAuction: self.clear}
        self.announced: dict[int, Announced] = {}
        self.bids: dict[int, list[Order]] = {}  # by auction, in the order of their coming
        self.bidding: dict[tuple[str, int], int] = {}  # a bid's account and ref -> its auction

    def announce(self, command: Announce, participant: Participant) -> list[Event]:
        """Announce an auction; what it gives is frozen now."""
        c = command
        seat = self.seat(participant)
        refusal = self.admit_open() or self.admit_terms(seat, c.side, c.quantity, c.price)
        refusal = refusal or self._admit_announcement(c)
        refusal = refusal or self.reserve(seat, c.side, c.quantity, c.price)
        if refusal is not None:
            return [Rejected(c.account, c.ref, *refusal)]
        live = self.live(seat, c.ref, c.side, c.quantity, c.price)
        number = self.number(live)
        mode = self.mode
        terms = (c.pricing or mode.pricing, c.tie or mode.bid_tie,
                 c.undersubscribed or mode.undersubscribed)  # fmt: skip
        announced = Announced(
            account=c.account,
            ref=c.ref,
            symbol=self.symbol,
            number=number,
            side=c.side,
            price=c.price,
            quantity=c.quantity,
            opens_at=c.opens_at,
            closes_at=c.closes_at,
            min_bid=c.min_bid,
            max_bid=c.max_bid,
            increment=c.increment,
            pricing=PricingRule(terms[0]),
            tie=BidTie(terms[1]),
            undersubscribed=Undersubscribed(terms[2]),
        )
        self.announced[number] = announced
        self.bids[number] = []
        accepted = OrderAccepted(
            account=c.account,
            ref=c.ref,
            symbol=self.symbol,
            side=c.side,
            price=c.price,
            quantity=c.quantity,
            state=OrderState.HELD,
            depth=-1,
        )
        return [accepted, announced]

    def _admit_announcement(self, c: Announce) -> Refusal | None:
        now = self.clock.now
        if not now < c.closes_at or not c.opens_at < c.closes_at:
            rule = f"a window that opens before it closes, and closes after {now} ns"
            return Refusal(RejectReason.WINDOW, "closes_at", rule)
        lot = self.gate.lot
        if c.min_bid < 1 or (c.min_bid > 1 and c.min_bid % lot) or c.min_bid > c.quantity:
            rule = f"1 to {c.quantity} tonnes, in lots of {lot}"
            return Refusal(RejectReason.QUANTITY_RANGE, "min_bid", rule)
        if c.max_bid and not c.min_bid <= c.max_bid:
            return Refusal(RejectReason.QUANTITY_RANGE, "max_bid", "at least min_bid, or 0")
        if c.increment < 0 or c.increment % self.gate.tick:
            rule = f"a multiple of {self.gate.tick} minor units, or 0 for sealed bids"
            return Refusal(RejectReason.PRICE_TICK, "increment", rule)
        return None

    def bid(self, command: Bid, participant: Participant) -> list[Event]:
        """Bid in an auction."""
        c = command
        initiator = self.find(c.number)
        refusal = self.admit_open()
        if isinstance(initiator, Refusal):
            return [Rejected(c.account, c.ref, *(refusal or initiator))]
        seat = self.seat(participant)
        side = Side.SELL if initiator.side is Side.BUY else Side.BUY
        refusal = refusal or self._admit_bid(c, initiator, seat, side)
        refusal = refusal or self.reserve(seat, side, c.quantity, c.price)
        if refusal is not None:
            return [Rejected(c.account, c.ref, *refusal)]
        live = self.live(seat, c.ref, side, c.quantity, c.price)
        self.bids[c.number].append(live)
        self.bidding[(c.account, c.ref)] = c.number
        events: list[Event] = [
            OrderAccepted(
                account=c.account,
                ref=c.ref,
                symbol=self.symbol,
                side=side,
                price=c.price,
                quantity=c.quantity,
                state=OrderState.HELD,
                depth=-1,
            )
        ]
        if self.announced[c.number].increment:
            events.append(BestBid(self.symbol, c.number, c.price, c.quantity))
        return events

    def _admit_bid(self, c: Bid, initiator: Order, seat: Seat, side: Side) -> Refusal | None:
        terms = self.announced[c.number]
        now = self.clock.now
        if not terms.opens_at <= now < terms.closes_at:
            rule = f"bids are taken from {terms.opens_at} to before {terms.closes_at}, now {now} ns"
            return Refusal(RejectReason.WINDOW, "number", rule)
        if seat.stp_id == initiator.seat.stp_id:
            return Refusal(RejectReason.OWN_ORDER, "number", "an auction of the same owner")
        refusal = self._admit_size(c, terms, seat) or check_price(c.price, self.gate)
        if refusal is None and seat.role is not None:
            refusal = admit_role(seat.role, seat, side, c.quantity)
        if refusal is not None:
            return refusal
        better = (c.price - terms.price) * (1 if terms.side is Side.SELL else -1)
        if better < 0:
            word = "least" if terms.side is Side.SELL else "most"
            return Refusal(
                RejectReason.PRICE_LIMIT, "price", f"at {word} the reserve, {terms.price}"
            )
        if terms.increment and self.bids[c.number]:
            best = self.bids[c.number][-1].price
            step = (c.price - best) * (1 if terms.side is Side.SELL else -1)
            if step < terms.increment:
                rule = f"better than {best} by {terms.increment} at least"
                return Refusal(RejectReason.OUTBID, "price", rule)
        return None

    def _admit_size(self, c: Bid, terms: Announced, seat: Seat) -> Refusal | None:
        """Check a bid's size by itself and with what the bidder has bid before."""
        least = terms.quantity if terms.pricing is PricingRule.WHOLE else terms.min_bid
        most = terms.quantity if terms.pricing is PricingRule.WHOLE else self.gate.max_quantity
        if not least <= c.quantity <= most:
            return Refusal(RejectReason.QUANTITY_RANGE, "quantity", f"{least} to {most} tonnes")
        if c.quantity % self.gate.lot:
            rule = f"a multiple of {self.gate.lot} tonnes"
            return Refusal(RejectReason.QUANTITY_LOT, "quantity", rule)
        role = seat.role
        cap = terms.max_bid
        if role is not None and role.bid_limit and c.quantity > role.bid_limit:
            rule = f"{role.name} accounts bid at most {role.bid_limit} tonnes at a time"
            return Refusal(RejectReason.ROLE, "quantity", rule)
        if role is not None and role.purchase_limit_bp:
            share = terms.quantity * role.purchase_limit_bp // BASIS_POINTS
            cap = min(cap, share) if cap else share
        if not cap:
            return None
        before = sum(bid.quantity for bid in self.bids[c.number]
                     if bid.seat.stp_id == seat.stp_id)  # fmt: skip
        if before + c.quantity > cap:
            rule = f"one bidder bids for at most {cap} tonnes, {before} of them bid for already"
            return Refusal(RejectReason.QUANTITY_RANGE, "quantity", rule)
        return None

    def clear(self, command: ClearAuction) -> list[Event]:
        """Clear an auction whose window is over."""
        initiator = self.find(command.number)
        if isinstance(initiator, Refusal):
            return [Rejected("", 0, *initiator)]
        terms = self.announced[command.number]
        if self.clock.now < terms.closes_at:
            rule = f"after the window, which closes at {terms.closes_at} ns"
            return [Rejected("", 0, RejectReason.WINDOW, "number", rule)]
        bids = list(self.bids[command.number])
        offer = Offer(terms.quantity, terms.price, self.gate.lot, terms.side is Side.SELL,
                      terms.pricing, terms.tie, terms.undersubscribed, command.seed)  # fmt: skip
        wins = clear([Sealed(bid.price, bid.leaves) for bid in bids], offer)
        events: list[Event] = [self._sell(initiator, bids[win.bid], win) for win in wins]
        sold = sum(win.quantity for win in wins)
        bidders = len(dict.fromkeys(bid.seat.stp_id for bid in bids))
        for order in (*bids, initiator):
            if order.leaves:
                events.append(self.cancel(order, CancelReason.LOST))
            else:
                self._finish(order)
        events.append(
            AuctionCleared(
                symbol=self.symbol,
                number=command.number,
                price=wins[-1].price if wins else 0,
                quantity=sold,
                unsold=terms.quantity - sold,
                bids=len(bids),
                bidders=bidders,
            )
        )
        return events

    def _sell(self, initiator: Order, winner: Order, win: Win) -> Trade:
        selling = initiator.side is Side.SELL
        buyer, seller = (winner, initiator) if selling else (initiator, winner)
        rates = ((self._taker_buy, self._maker_sell) if selling
                 else (self._maker_buy, self._taker_sell))  # fmt: skip
        fees = self.settle_at(win.price, win.quantity, buyer, seller, rates)
        maker_fee, taker_fee = (fees[1], fees[0]) if selling else fees
        return Trade(
            symbol=self.symbol,
            trade=self.trades,
            side=initiator.side,
            price=win.price,
            quantity=win.quantity,
            maker=initiator.seat.name,
            maker_ref=initiator.ref,
            maker_leaves=initiator.leaves,
            maker_fee=maker_fee,
            taker=winner.seat.name,
            taker_ref=winner.ref,
            taker_leaves=winner.leaves,
            taker_fee=taker_fee,
            depth=-1,
        )

    def end(self, order: Order, why: CancelReason, request: int = 0) -> list[Event]:
        """Take a bid out, or an announcement and with it all its bids."""
        number = self.numbers.get((order.seat.name, order.ref), 0)
        bids = list(self.bids.get(number, ()))
        events: list[Event] = [self.cancel(bid, CancelReason.LOST) for bid in bids]
        return [*events, self.cancel(order, why, request)]

    def due(self) -> tuple[bool, int]:
        """Look at the clock while there are windows; the next edge of one matters."""
        now = self.clock.now
        edges = [edge for terms in self.announced.values()
                 for edge in (terms.opens_at, terms.closes_at) if edge > now]  # fmt: skip
        return bool(self.announced), min(edges, default=0)

    def standing(self) -> list[Offered | Announced]:
        """Return all auctions that are announced."""
        return list(self.announced.values())

    def best_bids(self) -> list[BestBid]:
        """Return the best bid so far of each auction whose bidding is open."""
        return [
            BestBid(self.symbol, number, bids[-1].price, bids[-1].quantity)
            for number, bids in self.bids.items()
            if bids and self.announced[number].increment
        ]

    def places(self) -> int:
        """Return how many announcements and bids are live."""
        return len(self.offers) + len(self.bidding)

    def _unlist(self, order: Order) -> None:
        """Forget a bid, or an announcement that has no bids left."""
        key = (order.seat.name, order.ref)
        auction = self.bidding.pop(key, 0)
        if auction:
            self.bids[auction].remove(order)
        number = self.numbers.get(key, 0)
        if number:
            del self.announced[number], self.bids[number]
        super()._unlist(order)

    def dump(self) -> list[object]:
        """Return offers, terms and bids."""
        return [
            super().dump(),
            self.counted,
            [list(_figures(terms)) for terms in self.announced.values()],
            [[number, [[bid.seat.name, bid.ref, bid.price, bid.leaves] for bid in bids]]
             for number, bids in self.bids.items()],
        ]  # fmt: skip

    def check(self) -> None:
        """Assert that bids and live orders agree."""
        super().check()
        assert list(self.announced) == list(self.bids) == list(self.offers), "auctions out of step"
        for number, bids in self.bids.items():
            for bid in bids:
                assert self.bidding[(bid.seat.name, bid.ref)] == number, "a bid misfiled"
        assert len(self.bidding) == sum(len(bids) for bids in self.bids.values()), "a lost bid"


def _figures(terms: Announced) -> list[str | int]:
    return [getattr(terms, name) for name in terms.__struct_fields__]
