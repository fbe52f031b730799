"""One-way bidding (单向竞价) and government auctions: one initiator, many bidders, one clearing.

The initiator announces what it sells (or buys), the reserve and the window; its goods (or cash)
are frozen. Bids are firm, reserved for, and sealed unless the announcement asks for rising ones.
Inside the window a bid may be changed and withdrawn; afterwards it binds, and so does the
announcement from its first bid on. The operator clears the auction with a seed that decides random
ties, or calls it off.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final

from engine.markets.admission import Refusal
from engine.markets.bidding import Wanted, admit_announcement, admit_bid
from engine.markets.dumps import rows
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
    OrderAmended,
    Rejected,
    Trade,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.book.orders import Order, Participant, Seat
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.commands import AmendOrder


# Why an account's own orders go, by its wish or on its behalf.
_WISHES: Final = (
    CancelReason.REQUESTED,
    CancelReason.MASS,
    CancelReason.DISCONNECTED,
    CancelReason.KILLED,
)


class OneWay(OfferLine):
    """A line of announced auctions."""

    __slots__ = ("_edges", "announced", "bidding", "bids")

    BINDS = True

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
        self._edges: list[tuple[int, int]] = []  # of windows: ns and auction, in order

    def announce(self, command: Announce, participant: Participant) -> list[Event]:
        """Announce an auction; what it gives is frozen now."""
        c = command
        seat = self.seat(participant)
        refusal = self.admit_open() or self.admit_terms(seat, c.side, c.quantity, c.price)
        refusal = refusal or admit_announcement(c, self.gate, self.clock.now)
        refusal = refusal or self.reserve(seat, c.side, c.quantity, c.price)
        if refusal is not None:
            return [Rejected(c.account, c.ref, *refusal)]
        return self.put_up(c, seat)

    def put_up(self, c: Announce, seat: Seat) -> list[Event]:
        """Give an announcement that may stand, and is reserved for, its number."""
        live = self.live(seat, c.ref, c.side, c.quantity, c.price)
        number = self.number(live)
        mode = self.mode
        terms = (
            c.pricing or mode.pricing,
            c.tie or mode.bid_tie,
            c.undersubscribed or mode.undersubscribed,
        )
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
        for edge in (announced.opens_at, announced.closes_at):
            insort(self._edges, (edge, number))
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

    def bid(self, command: Bid, participant: Participant) -> list[Event]:
        """Bid in an auction."""
        c = command
        initiator = self.find(c.number)
        refusal = self.admit_open()
        if isinstance(initiator, Refusal):
            return [Rejected(c.account, c.ref, *(refusal or initiator))]
        seat = self.seat(participant)
        side = Side.SELL if initiator.side is Side.BUY else Side.BUY
        refusal = refusal or self._admit_place(c, initiator, seat)
        if refusal is None:
            trimmed = self.trims(c.number)
            wanted = Wanted(seat, c.quantity, c.price, c.quantity, trimmed=trimmed, side=side)
            terms, others = self.announced[c.number], self.bids[c.number]
            refusal = admit_bid(wanted, terms, others, self.gate)
            need = self.needs(c.price, c.quantity) if side is Side.BUY else c.quantity
            refusal = refusal or self.cover(c.number, wanted, others, need)
        if refusal is not None:
            return [Rejected(c.account, c.ref, *refusal)]
        before = self._best(c.number)
        live = self.live(seat, c.ref, side, c.quantity, c.price)
        self.bids[c.number].append(live)
        self.bidding[(c.account, c.ref)] = c.number
        accepted = OrderAccepted(
            account=c.account,
            ref=c.ref,
            symbol=self.symbol,
            side=side,
            price=c.price,
            quantity=c.quantity,
            state=OrderState.HELD,
            depth=-1,
        )
        return [accepted, *self._new_best(c.number, before)]

    def _admit_place(self, c: Bid, initiator: Order, seat: Seat) -> Refusal | None:
        """Check that an auction takes bids now, and bids of this account."""
        terms = self.announced[c.number]
        now = self.clock.now
        if not terms.opens_at <= now < terms.closes_at:
            rule = f"bids are taken from {terms.opens_at} to before {terms.closes_at}, now {now} ns"
            return Refusal(RejectReason.WINDOW, "number", rule)
        if seat.stp_id == initiator.seat.stp_id:
            return Refusal(RejectReason.OWN_ORDER, "number", "an auction of the same owner")
        return None

    def amend(self, order: Order, command: AmendOrder) -> list[Event]:
        """Change a bid inside its window; an announcement does not change."""
        number = self.bidding.get((order.seat.name, order.ref), 0)
        if not number:
            return super().amend(order, command)
        price = command.price or order.price
        quantity = command.quantity or order.quantity
        keeps = price == order.price and quantity <= order.quantity
        more = quantity - order.quantity
        refusal = self.admit_open() or self._admit_change(order, quantity, price)
        wanted = Wanted(order.seat, quantity, price, more, keeps, self.trims(number), order.side)
        others = [bid for bid in self.bids[number] if bid is not order]
        refusal = refusal or admit_bid(wanted, self.announced[number], others, self.gate)
        if order.side is Side.BUY:
            more = self.needs(price, quantity) - self.needs(order.price, order.quantity)
        refusal = refusal or self.cover(number, wanted, others, more)
        if refusal is not None:
            return [Rejected(command.account, command.ref, *refusal)]
        before = self._best(number)
        old_price = order.price
        order.price = price
        order.quantity = order.leaves = order.shown = quantity
        if not keeps:
            self.bids[number].remove(order)
            self.bids[number].append(order)
        amended = OrderAmended(
            account=order.seat.name,
            ref=order.ref,
            symbol=self.symbol,
            side=order.side,
            price=price,
            quantity=quantity,
            leaves=quantity,
            state=OrderState.HELD,
            request=command.ref,
            old_price=old_price,
            old_depth=-1,
            depth=-1,
        )
        return [amended, *self._new_best(number, before)]

    def _admit_change(self, order: Order, quantity: int, price: int) -> Refusal | None:
        rule = self.binds(order, CancelReason.REQUESTED)
        if rule:
            return Refusal(RejectReason.FROZEN, "target", rule)
        if (quantity, price) == (order.quantity, order.price):
            rule = "a new total quantity or a new price is needed"
            return Refusal(RejectReason.NOTHING_TO_CHANGE, "quantity", rule)
        return None

    def _best(self, number: int) -> tuple[int, int]:
        """Return price and tonnes of the best bid of an open auction, 0s where there is none.

        Each bid betters those before it, so the last one is the best.
        """
        bids = self.bids[number]
        return (bids[-1].price, bids[-1].leaves) if bids else (0, 0)

    def _new_best(self, number: int, before: tuple[int, int]) -> list[Event]:
        """Announce the best bid where bidding is open and it is another than before."""
        best = self._best(number)
        if not self.announced[number].increment or best == before:
            return []
        return [BestBid(self.symbol, number, *best)]

    def trims(self, number: int) -> bool:
        """Say whether an auction's clearing, not its entry, applies the purchase limit."""
        del number
        return False

    def to_clear(self, command: ClearAuction) -> Order | Refusal:
        """Return the announcement that is to be cleared or called off, or say why not."""
        initiator = self.find(command.number)
        if isinstance(initiator, Refusal):
            return initiator
        closes_at = self.announced[command.number].closes_at
        if self.clock.now < closes_at and not command.call_off:
            rule = f"after the window, which closes at {closes_at} ns"
            return Refusal(RejectReason.WINDOW, "number", rule)
        return initiator

    def clear(self, command: ClearAuction) -> list[Event]:
        """Clear an auction whose window is over, or call it off at any time."""
        initiator = self.to_clear(command)
        if isinstance(initiator, Refusal):
            return [Rejected("", 0, *initiator)]
        terms = self.announced[command.number]
        bids = list(self.bids[command.number])
        offer = Offer(
            terms.quantity,
            terms.price,
            self.gate.lot,
            terms.side is Side.SELL,
            terms.pricing,
            terms.tie,
            terms.undersubscribed,
            command.seed,
        )
        sealed = [Sealed(bid.price, bid.leaves) for bid in bids]
        wins = [] if command.call_off else clear(sealed, offer)
        sold = sum(win.quantity for win in wins)
        return self.conclude(command.number, initiator, wins, terms.quantity - sold)

    def conclude(
        self, number: int, initiator: Order, wins: Sequence[Win], unsold: int
    ) -> list[Event]:
        """Settle what was won, let all else go and sum the auction up."""
        bids = list(self.bids[number])
        events: list[Event] = []
        for win in wins:
            events += self.deal(initiator, bids[win.bid], win)
        bidders = len(dict.fromkeys(bid.seat.stp_id for bid in bids))
        for order in (*bids, initiator):
            if order.leaves:
                events.append(self.cancel(order, self.lost(order)))
            else:
                self._finish(order)
        events.append(
            AuctionCleared(
                symbol=self.symbol,
                number=number,
                price=wins[-1].price if wins else 0,
                quantity=sum(win.quantity for win in wins),
                unsold=unsold,
                bids=len(bids),
                bidders=bidders,
            )
        )
        return events

    def lost(self, order: Order) -> CancelReason:
        """Say why what an auction leaves of a bid, or of its announcement, goes."""
        del order
        return CancelReason.LOST

    def deal(self, initiator: Order, winner: Order, win: Win) -> list[Trade]:
        """Settle what a bid won."""
        return [self._sell(initiator, winner, win)]

    def _sell(self, initiator: Order, winner: Order, win: Win) -> Trade:
        selling = initiator.side is Side.SELL
        buyer, seller = (winner, initiator) if selling else (initiator, winner)
        rates = (
            (self._taker_buy, self._maker_sell) if selling else (self._maker_buy, self._taker_sell)
        )
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
        key = (order.seat.name, order.ref)
        number = self.bidding.get(key, 0)
        if number:
            before = self._best(number)
            return [self.cancel(order, why, request), *self._new_best(number, before)]
        bids = list(self.bids[self.numbers[key]])
        events: list[Event] = [self.cancel(bid, CancelReason.LOST) for bid in bids]
        return [*events, self.cancel(order, why, request)]

    def binds(self, order: Order, why: CancelReason) -> str:
        """Say why a bid or an announcement stays; "" where it may go.

        What ends with the line's day, or with rules that change, is the auction as a whole.
        """
        key = (order.seat.name, order.ref)
        number = self.bidding.get(key, 0) or self.numbers[key]
        closes_at = self.announced[number].closes_at
        if self.clock.now >= closes_at:
            return f"the window was over at {closes_at} ns: it binds until the auction is cleared"
        whole = why not in _WISHES
        if key in self.bidding:
            return f"it ends with auction {number}" if whole else ""
        if self.bids[number] and not whole:
            return f"auction {number} has bids, which bind its announcement"
        return ""

    def unfinished(self) -> str:
        """Say which auction is still to be cleared before a new day."""
        number = next(iter(self.announced), 0)
        return f"auction {number} of {self.symbol} is to be cleared before" if number else ""

    def due(self) -> tuple[bool, int]:
        """Look at the clock while there are windows; the next edge of one matters."""
        place = bisect_left(self._edges, (self.clock.now + 1, 0))
        ahead = self._edges[place : place + 1]
        return bool(self.announced), ahead[0][0] if ahead else 0

    def standing(self) -> list[Offered | Announced]:
        """Return all auctions that are announced."""
        return list(self.announced.values())

    def best_bids(self) -> list[BestBid]:
        """Return the best bid so far of each auction whose bidding is open."""
        return [
            BestBid(self.symbol, number, *self._best(number))
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
            terms = self.announced.pop(number)
            del self.bids[number]
            for edge in (terms.opens_at, terms.closes_at):
                del self._edges[bisect_left(self._edges, (edge, number))]
        super()._unlist(order)

    def dump(self) -> list[object]:
        """Return offers, terms and bids."""
        return [
            super().dump(),
            self.counted,
            [list(_figures(terms)) for terms in self.announced.values()],
            [
                [number, rows((bid.seat.name, bid.ref, bid.price, bid.leaves) for bid in bids)]
                for number, bids in self.bids.items()
            ],
        ]

    def check(self) -> None:
        """Assert that bids and live orders agree."""
        super().check()
        assert list(self.announced) == list(self.bids) == list(self.offers), "auctions out of step"
        for number, bids in self.bids.items():
            for bid in bids:
                assert self.bidding[(bid.seat.name, bid.ref)] == number, "a bid misfiled"
        assert len(self.bidding) == sum(len(bids) for bids in self.bids.values()), "a lost bid"
        assert self._edges == sorted(
            (edge, number)
            for number, terms in self.announced.items()
            for edge in (terms.opens_at, terms.closes_at)
        ), "edges of windows out of step"


def _figures(terms: Announced) -> list[str | int]:
    return [getattr(terms, name) for name in terms.__struct_fields__]
