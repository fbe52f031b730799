"""Interest in trading, and what each market design takes of it.

People know what they want: a product, a side, so many tonnes, at a price or better. A design
decides how that is said: as an order in a book or a call, as a pick of a listing or a listing of
one's own, as a quote to everybody and its confirmation, as an auction or a bid in one. So the
same people face every design.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.rulebook.ticks import ceil_to_tick, floor_to_tick
from engine.vocabulary.commands import Announce, Bid, CancelOrder, NewOrder, Pick, Quote
from engine.vocabulary.enums import Mechanism, PricingRule, Side
from engine.vocabulary.events import (
    Announced,
    Offered,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderReduced,
    Rejected,
    Trade,
)

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture
    from backtest.lab.screen import Screen
    from engine.vocabulary.events import Event

WINDOW: Final = 1_800_000_000_000  # ns that an auction of somebody's own takes bids
OTHER: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
_SECOND: Final = 1_000_000_000
_MOST_PICKS: Final = 20  # of one interest at one time


class Interest(NamedTuple):
    """What somebody wants: so many tonnes of a product, at a price (minor units) or better."""

    product: str
    side: Side
    tonnes: int
    price: int


class Live(NamedTuple):
    """Something of one's own that waits at the venue."""

    symbol: str
    side: Side
    leaves: int


class Execution:
    """One account's interest: says it in the design's words, and knows what became of it.

    Give it the events of the account. ``bought`` and ``sold`` are tonnes by product so far.
    """

    def __init__(self, screen: Screen) -> None:
        """Look at a screen."""
        self.screen = screen
        self.live: dict[int, Live] = {}  # by reference
        self.bought: dict[str, int] = {}
        self.sold: dict[str, int] = {}
        self.paid = 0  # minor units for what was bought, less what sales brought, without fees
        self.refused = 0
        self._own: dict[tuple[str, int], int] = {}  # (line, number) of own offers -> reference

    # -- what became of it ------------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        """Take in a report of the account's own."""
        if isinstance(event, Trade):
            self._traded(event)
        elif isinstance(event, OrderAccepted):
            self.live[event.ref] = Live(event.symbol, event.side, event.quantity)
        elif isinstance(event, OrderCancelled):
            self.live.pop(event.ref, None)
        elif isinstance(event, Offered | Announced):
            if event.account and event.ref:
                self._own[event.symbol, event.number] = event.ref
        elif isinstance(event, OrderReduced | OrderAmended):
            self._left(event.ref, event.leaves)
        elif isinstance(event, Rejected):
            self.refused += 1

    def _traded(self, e: Trade) -> None:
        if not e.maker and not e.taker:
            return  # the public's report
        makes = bool(e.maker)
        side = e.side if makes else OTHER[e.side]
        product = self.screen.market.lines[e.symbol].product
        table = self.bought if side is Side.BUY else self.sold
        table[product] = table.get(product, 0) + e.quantity
        self.paid += e.price * e.quantity * (1 if side is Side.BUY else -1)
        self._left(
            e.maker_ref if makes else e.taker_ref, e.maker_leaves if makes else e.taker_leaves
        )

    def _left(self, ref: int, leaves: int) -> None:
        live = self.live.pop(ref, None)
        if live is not None and leaves:
            self.live[ref] = live._replace(leaves=leaves)

    def waiting(self, side: Side, product: str = "") -> int:
        """Return the tonnes of one side that wait at the venue, of a product or of all."""
        lines = self.screen.market.lines
        return sum(
            each.leaves
            for each in self.live.values()
            if each.side is side and (not product or lines[each.symbol].product == product)
        )

    def traded(self, side: Side) -> int:
        """Return the tonnes bought or sold so far."""
        return sum((self.bought if side is Side.BUY else self.sold).values())

    def withdraw(self, port: Market) -> None:
        """Take back whatever waits."""
        for ref in list(self.live):
            port.submit(CancelOrder("", 0, ref))

    # -- saying it --------------------------------------------------------------------------------

    def express(self, port: Market, interest: Interest, until: int = 0) -> int:
        """Say an interest to the venue now; return the tonnes for which that could be done.

        What a line cannot take, such as a price beyond the day's limits, is left out: what is
        better for the venue's side of a limit is said at the limit. Nothing is said where no line
        of the product takes anything now: ask again later. ``until`` (ns) is when an auction of
        one's own should be over.
        """
        for line in self.route(interest):
            said = self._say(port, line, interest, until)
            if said:
                return said
        return 0

    def route(self, interest: Interest) -> list[LinePicture]:
        """Return the lines that may take an interest now, the most fitting first.

        A block goes to a line for blocks, everything else to the main line; then come the others.
        """
        lines = [line for line in self.screen.products[interest.product]
                 if line.is_open or line.gathers]  # fmt: skip
        blocks = [line for line in lines if line.mechanism is Mechanism.NEGOTIATED
                  and len(lines) > 1 and line.min_quantity > 1
                  and line.min_quantity <= interest.tonnes]  # fmt: skip
        return blocks + [line for line in lines if line not in blocks]

    def _say(self, port: Market, line: LinePicture, interest: Interest, until: int) -> int:
        price = at_limit(line, interest.side, interest.price)
        tonnes = interest.tonnes // line.lot * line.lot
        if not price or tonnes < line.min_quantity:
            return 0
        if line.max_quantity:
            tonnes = min(tonnes, line.max_quantity // line.lot * line.lot)
        interest = interest._replace(tonnes=tonnes, price=price)
        if line.mechanism is Mechanism.ORDER_BOOK:
            port.submit(NewOrder("", 0, line.symbol, interest.side, tonnes, price))
            return tonnes
        if line.mechanism is Mechanism.ONE_WAY:
            return self._auction(port, line, interest, until)
        if line.mechanism is Mechanism.NEGOTIATED:
            return self._negotiate(port, line, interest)
        return self._pick(port, line, interest)

    def _pick(self, port: Market, line: LinePicture, interest: Interest) -> int:
        """Pick the best listings that are good enough; list what is left."""
        left = interest.tonnes
        for offer in self._offers(line, interest)[:_MOST_PICKS]:
            take = min(left, offer.quantity)
            if take < line.min_quantity:
                break
            port.submit(Pick("", 0, line.symbol, offer.number, take, offer.price))
            left -= take
        if left and left >= line.min_quantity:
            port.submit(NewOrder("", 0, line.symbol, interest.side, left, interest.price))
            left = 0
        return interest.tonnes - left

    def _negotiate(self, port: Market, line: LinePicture, interest: Interest) -> int:
        """Confirm quotes that are good enough and not too large; quote what is left."""
        left = interest.tonnes
        for offer in self._offers(line, interest):
            if offer.quantity <= left:
                port.submit(Pick("", 0, line.symbol, offer.number, offer.quantity, offer.price))
                left -= offer.quantity
        if left and left >= line.min_quantity:
            port.submit(Quote("", 0, line.symbol, interest.side, left, interest.price))
            left = 0
        return interest.tonnes - left

    def _offers(self, line: LinePicture, interest: Interest) -> list[Offered]:
        """Return what others offer at the interest's price or better, the best and first first."""
        sign = 1 if interest.side is Side.BUY else -1
        found = [
            offer for offer in line.offers.values()
            if offer.side is not interest.side
            and (interest.price - offer.price) * sign >= 0
            and (line.symbol, offer.number) not in self._own
        ]  # fmt: skip
        return sorted(found, key=lambda offer: (sign * offer.price, offer.number))

    def _auction(self, port: Market, line: LinePicture, interest: Interest, until: int) -> int:
        """Bid in an auction of the other side; a seller who finds none announces one."""
        now = port.now()
        side, price = interest.side, interest.price
        sign = 1 if side is Side.BUY else -1
        for auction in line.auctions.values():
            open_now = auction.opens_at <= now < auction.closes_at
            own = (line.symbol, auction.number) in self._own
            if auction.side is side or not open_now or own:
                continue
            best = line.best_bids.get(auction.number, 0)
            least = best + sign * auction.increment if best else auction.price
            tonnes = min(interest.tonnes, auction.quantity, auction.max_bid or interest.tonnes)
            if auction.pricing is PricingRule.WHOLE:
                tonnes = auction.quantity if interest.tonnes >= auction.quantity else 0
            if (price - least) * sign < 0 or tonnes < max(auction.min_bid, line.min_quantity):
                continue
            port.submit(Bid("", 0, line.symbol, auction.number, tonnes, price))
            return tonnes
        ends = min(now + WINDOW, until - _SECOND) if until else now + WINDOW
        if side is Side.BUY or ends <= now:
            return 0
        port.submit(Announce("", 0, line.symbol, side, interest.tonnes, price, now, ends))
        return interest.tonnes


def at_limit(line: LinePicture, side: Side, price: int) -> int:
    """Return the price at which a line takes an interest today, 0 where it does not.

    On the tick on the interest's own side, and inside the day's limits: who would pay more than
    the highest price bids the highest.
    """
    if side is Side.BUY:
        if line.high_limit:
            price = min(price, line.high_limit)
        price = floor_to_tick(price, line.tick, line.ticks)
        return price if price >= max(line.low_limit, 1) else 0
    price = ceil_to_tick(max(price, line.low_limit, 1), line.tick, line.ticks)
    return price if not line.high_limit or price <= line.high_limit else 0


__all__ = ["Execution", "Interest", "at_limit"]
