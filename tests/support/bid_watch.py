"""A small oracle of one-way auctions: who bids what, when a bid may leave, what is the best one.

Written from section 11 of ``docs/rules.md`` alone. It is told each command of a venue with what
came of it, keeps its own list of auctions and bids, and asserts after each that the venue did what
the rules say. Cash, holdings and their limits are not its business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import (
    BidTie,
    CancelReason,
    Mechanism,
    Phase,
    PricingRule,
    RejectReason,
    Side,
    Undersubscribed,
)

if TYPE_CHECKING:
    from engine.rulebook.model import Mode, Product
    from engine.venue.venue import Venue

WISHES = (CancelReason.REQUESTED, CancelReason.MASS, CancelReason.DISCONNECTED,
          CancelReason.KILLED)  # fmt: skip
OPEN = (Phase.PRE_OPEN, Phase.CONTINUOUS)
# What the model does not know.
BEYOND = (RejectReason.ROLE, RejectReason.HOLDING, RejectReason.CASH, RejectReason.ALLOWANCES)
Answer = tuple[RejectReason, str] | None


@dataclass
class Standing:
    """A bid."""

    account: str
    ref: int
    price: int
    quantity: int


@dataclass
class Auction:
    """An announcement and the bids that stand, each behind those that came before it."""

    terms: e.Announced
    bids: list[Standing] = field(default_factory=list)
    told: tuple[int, int] = (0, 0)  # the best bid as it was announced last

    def better(self, price: int) -> int:
        return price if self.terms.side is Side.SELL else -price

    def best(self, bids: list[Standing]) -> Standing | None:
        return max(bids, key=lambda bid: self.better(bid.price), default=None)

    def orders(self) -> list[Standing | e.Announced]:
        return [*self.bids, self.terms]

    def over(self, now: int) -> bool:
        return now >= self.terms.closes_at


class BidWatch:
    """Follows a venue's auctions."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.auctions: dict[tuple[str, int], Auction] = {}
        self.now = venue.time
        self.phases = {line: venue.phase(line) for line in venue.symbols}
        self.seen: dict[str, int] = {}  # what was watched, for the tests of the tests

    # -- what stands ----------------------------------------------------------------------------

    def bid_of(self, account: str, ref: int) -> tuple[Auction, Standing] | None:
        for auction in self.auctions.values():
            for bid in auction.bids:
                if (bid.account, bid.ref) == (account, ref):
                    return auction, bid
        return None

    def announced_by(self, account: str, ref: int) -> Auction | None:
        for auction in self.auctions.values():
            if (auction.terms.account, auction.terms.ref) == (account, ref):
                return auction
        return None

    def may_leave(self, account: str, ref: int) -> bool:
        """Say whether an account may withdraw a bid, or an announcement that nobody bids for."""
        found = self.bid_of(account, ref)
        auction = found[0] if found else self.announced_by(account, ref)
        assert auction is not None
        return not auction.over(self.now) and (found is not None or not auction.bids)

    def of(self, account: str, symbol: str = "") -> list[tuple[str, int]]:
        """Return the bids and announcements of an account."""
        orders = [
            (bid.account, bid.ref, auction.terms.symbol)
            for auction in self.auctions.values()
            for bid in auction.orders()
        ]
        return [
            (name, ref) for name, ref, line in orders if name == account and symbol in ("", line)
        ]

    # -- what a command must come to --------------------------------------------------------------

    def expects(self, command: c.Command) -> tuple[str, set[tuple[str, int]]]:
        """Return whose orders a command takes out, by the rules; and the name of what it shows."""
        if isinstance(command, c.CancelOrder):
            asked = [key for key in self.of(command.account) if key[1] == command.target]
        elif isinstance(command, c.MassCancel):
            asked = self.of(command.account, command.symbol)
        elif isinstance(command, c.CancelOnDisconnect) or (
            isinstance(command, c.SetKillSwitch) and command.on
        ):
            asked = self.of(command.account)
        else:
            return "", set()
        going = {key for key in asked if self.may_leave(*key)}
        kind = "stays" if len(going) < len(asked) else "goes" if going else ""
        return f"{type(command).__name__} {kind}" if kind else "", going

    def refusal_of_bid(self, auction: Auction, others: list[Standing], bid: Standing) -> Answer:
        """Return what of a bid's tonnes and price the rules refuse first."""
        terms = auction.terms
        line = self.venue.markets[terms.symbol]
        product, mode = line.product, line.mode
        whole = terms.pricing is PricingRule.WHOLE
        least = terms.quantity if whole else terms.min_bid
        most = terms.quantity if whole else most_tonnes(product, mode)
        own = sum(other.quantity for other in others if other.account == bid.account)
        low, high = self.venue.limits(terms.symbol)
        worse = auction.better(bid.price) < auction.better(terms.price)
        limit, cap = self.limits_of(bid.account, terms)
        table = (
            (not least <= bid.quantity <= most, RejectReason.QUANTITY_RANGE, "quantity"),
            (bid.quantity % (mode.lot or product.lot), RejectReason.QUANTITY_LOT, "quantity"),
            (0 < limit < bid.quantity, RejectReason.ROLE, "quantity"),
            (0 <= cap < own + bid.quantity, RejectReason.QUANTITY_RANGE, "quantity"),
            (bid.price < 1, RejectReason.PRICE_RANGE, "price"),
            (bid.price % product.tick, RejectReason.PRICE_TICK, "price"),
            (high and not low <= bid.price <= high, RejectReason.PRICE_LIMIT, "price"),
            (worse, RejectReason.PRICE_LIMIT, "price"),
        )
        return next(((reason, name) for fails, reason, name in table if fails), None)

    def limits_of(self, account: str, terms: e.Announced) -> tuple[int, int]:
        """Return what a bidder may bid for at a time (0: any), and in all (-1: any)."""
        caps = [terms.max_bid] if terms.max_bid else []
        role, limit = self.venue.account(account).role, 0
        for each in self.venue.rulebook.classes:
            if each.name == role:
                limit = each.bid_limit
                if each.purchase_limit_bp:
                    caps.append(terms.quantity * each.purchase_limit_bp // 10_000)
        return limit, min(caps, default=-1)

    def outbid(self, auction: Auction, others: list[Standing], price: int) -> Answer:
        best = auction.best(others)
        step = auction.terms.increment
        if step and best and auction.better(price) < auction.better(best.price) + step:
            return RejectReason.OUTBID, "price"
        return None

    def answer_to_amend(self, command: c.AmendOrder) -> Answer:
        found = self.bid_of(command.account, command.target)
        if found is None:
            return RejectReason.MODE, "target"
        auction, bid = found
        if self.phases[auction.terms.symbol] not in OPEN:
            return RejectReason.PHASE, "symbol"
        if auction.over(self.now):
            return RejectReason.FROZEN, "target"
        new = Standing(
            bid.account, bid.ref, command.price or bid.price, command.quantity or bid.quantity
        )
        if new == bid:
            return RejectReason.NOTHING_TO_CHANGE, "quantity"
        others = [other for other in auction.bids if other is not bid]
        refused = self.refusal_of_bid(auction, others, new)
        if refused or (new.price == bid.price and new.quantity <= bid.quantity):
            return refused
        return self.outbid(auction, others, new.price)

    def answer_to_bid(self, command: c.Bid) -> Answer:
        if self.phases[command.symbol] not in OPEN:
            return RejectReason.PHASE, "symbol"
        auction = self.auctions.get((command.symbol, command.number))
        if auction is None:
            return RejectReason.UNKNOWN_NUMBER, "number"
        if not auction.terms.opens_at <= self.now < auction.terms.closes_at:
            return RejectReason.WINDOW, "number"
        if auction.terms.account == command.account:
            return RejectReason.OWN_ORDER, "number"
        bid = Standing(command.account, command.ref, command.price, command.quantity)
        return self.refusal_of_bid(auction, auction.bids, bid) or self.outbid(
            auction, auction.bids, bid.price
        )

    # -- a command and what came of it ------------------------------------------------------------

    def expected_answer(self, command: c.Command) -> tuple[bool, Answer]:
        """Say whether the model knows the answer to a command, and which it is."""
        account = getattr(command, "account", "")
        killed = bool(account) and self.venue.account(account).killed
        if isinstance(command, c.AmendOrder):
            own = (account, command.target) in self.of(account)
            answer = self.answer_to_amend(command) if own else None
            return own, (RejectReason.ACCOUNT_KILLED, "account") if own and killed else answer
        if isinstance(command, c.Bid):
            mine = self.venue.markets[command.symbol].mode.mechanism is Mechanism.ONE_WAY
            answer = self.answer_to_bid(command) if mine else None
            return mine, (RejectReason.ACCOUNT_KILLED, "account") if mine and killed else answer
        if isinstance(command, c.CancelOrder):
            own = (account, command.target) in self.of(account)
            stays = own and not self.may_leave(account, command.target)
            return own, (RejectReason.FROZEN, "target") if stays else None
        if isinstance(command, c.BeginDay):
            return bool(self.auctions), (RejectReason.TRANSITION, "date")
        return False, None

    def before(self, command: c.Command) -> tuple[set[tuple[str, int]], tuple[bool, Answer]]:
        """Work out what a command must come to; ask before it is applied."""
        shows, going = self.expects(command)
        known, answer = self.expected_answer(command)
        if known and answer:
            shows = f"{type(command).__name__} {answer[0].name}"
        if shows:
            self.seen[shows] = self.seen.get(shows, 0) + 1
        return going, (known, answer)

    def after(
        self,
        command: c.Command,
        events: list[e.Event],
        expected: tuple[set[tuple[str, int]], tuple[bool, Answer]],
    ) -> None:
        """Take in what came of a command, and compare it with what the rules say."""
        going, (known, answer) = expected
        refused = [event for event in events if isinstance(event, e.Rejected)]
        if known and not (refused and refused[0].reason in BEYOND):
            assert [(r.reason, r.field) for r in refused] == ([answer] if answer else []), command
        if isinstance(command, c.AdvanceTime) and not refused:
            self.now = command.time
        gone: set[tuple[str, int]] = set()
        for event in events:
            self.take_in(command, event, gone)
        assert going <= gone, (command, going - gone)
        if isinstance(
            command, c.CancelOrder | c.MassCancel | c.CancelOnDisconnect | c.SetKillSwitch
        ):
            assert gone == going, (command, gone - going)
        self.compare(command)

    def take_in(self, command: c.Command, event: e.Event, gone: set[tuple[str, int]]) -> None:
        if isinstance(event, e.Announced):
            self.auctions[event.symbol, event.number] = Auction(event)
        elif isinstance(event, e.OrderAccepted) and isinstance(command, c.Bid):
            bid = Standing(event.account, event.ref, event.price, event.quantity)
            self.auctions[command.symbol, command.number].bids.append(bid)
        elif isinstance(event, e.OrderAmended):
            self.amended(event)
        elif isinstance(event, e.OrderCancelled):
            self.cancelled(command, event, gone)
        elif isinstance(event, e.BestBid):
            auction = self.auctions[event.symbol, event.number]
            assert auction.told != (event.price, event.quantity), "nothing new"
            auction.told = (event.price, event.quantity)
        elif isinstance(event, e.PhaseChanged):
            self.phases[event.symbol] = event.phase
            if event.phase is Phase.CLOSED:
                left = [a for a in self.auctions.values() if a.terms.symbol == event.symbol]
                assert all(auction.over(self.now) for auction in left), "bidding goes on"
        elif isinstance(event, e.AuctionCleared):
            auction = self.auctions.pop((event.symbol, event.number))
            assert isinstance(command, c.ClearAuction)
            assert auction.over(self.now) or command.call_off
            assert event.bids == len(auction.bids)

    def amended(self, event: e.OrderAmended) -> None:
        found = self.bid_of(event.account, event.ref)
        if found is None:
            return
        auction, bid = found
        assert not auction.over(self.now), "a bid that changed after its window"
        keeps = event.price == bid.price and event.quantity <= bid.quantity
        bid.price, bid.quantity = event.price, event.quantity
        if not keeps:
            auction.bids.remove(bid)
            auction.bids.append(bid)

    def cancelled(
        self, command: c.Command, event: e.OrderCancelled, gone: set[tuple[str, int]]
    ) -> None:
        key = (event.account, event.ref)
        found, announced = self.bid_of(*key), self.announced_by(*key)
        if (found is None and announced is None) or isinstance(command, c.ClearAuction):
            return
        gone.add(key)
        auction = found[0] if found else announced
        assert auction is not None
        assert not auction.over(self.now), "it left after its window"
        if found:  # by its bidder's wish, or with the auction, whose announcement goes next
            assert event.reason in (*WISHES, CancelReason.LOST)
            if event.reason in WISHES:
                auction.bids.remove(found[1])
        elif announced:
            del self.auctions[announced.terms.symbol, announced.terms.number]
            assert event.reason is CancelReason.DAY_ENDED or not announced.bids

    def compare(self, command: c.Command) -> None:
        """Hold the venue's orders and the best bids announced against the model's."""
        for auction in self.auctions.values():
            if auction.terms.increment:
                best = auction.best(auction.bids)
                assert auction.told == ((best.price, best.quantity) if best else (0, 0)), command
        ours = {
            (order.account, order.ref): (order.price, order.quantity)
            for auction in self.auctions.values()
            for order in auction.orders()
        }
        theirs = {
            (name, view.ref): (view.price, view.quantity)
            for name in self.venue.accounts
            for view in self.venue.open_orders(name)
            if self.venue.markets[view.symbol].mode.mechanism is Mechanism.ONE_WAY
        }
        assert theirs == ours, command

    # -- a clearing -------------------------------------------------------------------------------

    def winners(self, command: c.Command) -> list[tuple[str, int, int]] | None:
        """Return who gets how much, for a clearing by price and time that leaves nothing out."""
        if not isinstance(command, c.ClearAuction) or command.call_off:
            return None
        auction = self.auctions.get((command.symbol, command.number))
        if auction is None or not auction.over(self.now):
            return None
        terms = auction.terms
        if terms.tie is not BidTie.TIME or terms.pricing is PricingRule.WHOLE:
            return None
        left, won = terms.quantity, []
        wanted = sum(bid.quantity for bid in auction.bids)
        if wanted < left and terms.undersubscribed is Undersubscribed.CANCEL:
            return []
        for bid in sorted(auction.bids, key=lambda bid: -auction.better(bid.price)):
            if left:
                won.append((bid.account, bid.ref, min(left, bid.quantity)))
                left -= won[-1][2]
        return won


def most_tonnes(product: Product, mode: Mode) -> int:
    return min(mode.max_quantity or product.max_quantity, product.max_quantity)


def watched(watch: BidWatch, command: c.Command) -> list[e.Event]:
    """Apply a command to the venue under watch."""
    expected = watch.before(command)
    winners = watch.winners(command)
    events = watch.venue.apply(command)
    watch.after(command, events, expected)
    if winners is not None and not any(isinstance(event, e.Rejected) for event in events):
        trades = [event for event in events if isinstance(event, e.Trade)]
        won = [(trade.taker, trade.taker_ref, trade.quantity) for trade in trades]
        assert won == winners, command
    return events
