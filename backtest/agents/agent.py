"""What simulated brokers have in common: a market that they see, own orders, a seeded stream.

How interest is expressed depends on a line's mechanism: an order in a book, a listing that others
pick, a quote that they confirm, a bid. Agents say only what they want and at which price.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from backtest.agents.back_off import BackOff
from backtest.agents.market_picture import PICKED
from backtest.agents.own_orders import OwnOrder, OwnOrders
from backtest.agents.purse import Purse
from engine.vocabulary.commands import Announce, Bid, NewOrder, Pick, Quote
from engine.vocabulary.enums import Mechanism, OrderType, PricingRule, Side, TimeInForce
from engine.vocabulary.events import OrderAccepted, Rejected

if TYPE_CHECKING:
    from backtest.agents.guides import Guide
    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture, MarketPicture
    from engine.vocabulary.events import Announced, Event

Entry: TypeAlias = NewOrder | Quote | Pick | Bid | Announce  # what waits as an order, or trades
PAUSE: Final = 200_000_000  # ns between looks at the market, on average
OTHER: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
_SMALL: Final = (Mechanism.ORDER_BOOK, *PICKED)  # where a lot or two may trade


class Agent(ABC):
    """One simulated broker. Its own seed decides all that it draws."""

    kind: ClassVar[str]
    hears_own = True
    hears_public = True

    def __init__(
        self, name: str, seed: int, market: MarketPicture, guide: Guide, pause: int = PAUSE
    ) -> None:
        """Trade for the account ``name``, looking at a market about every ``pause`` ns.

        The market may be shared with others, see ``MarketPicture``.
        """
        self.name = name
        self.rng = random.Random(f"{seed}:{name}")  # noqa: S311 - repeatable, not secret
        self.market = market
        self.guide = guide
        self.pause = pause
        self.orders = OwnOrders(name)
        self.purse = Purse(market, self.orders)
        self.back_off = BackOff()
        self._bids: dict[tuple[str, int], int] = {}  # (line, auction) -> reference

    def on_start(self, port: Market) -> None:
        """Look at the market at once."""
        port.wake_at(port.now())

    def on_event(self, _port: Market, event: Event) -> None:
        """Keep track of the market, of own orders and of what the account has."""
        self.market.absorb(event)
        if isinstance(event, Rejected | OrderAccepted) and event.account == self.name:
            self._answered(event)
        self.purse.absorb(event)
        self.orders.absorb(event)

    def _answered(self, event: Rejected | OrderAccepted) -> None:
        order = self.orders.unanswered.get(event.ref)
        line = None if order is None else self.market.lines.get(order.symbol)
        if order is None or line is None:
            return
        if isinstance(event, Rejected):
            self.back_off.refused(line, order.side, event.reason)
        else:
            self.back_off.accepted(line, order.side)

    def on_wake(self, port: Market) -> None:
        """Act, and look again after a pause that varies by a third or so."""
        self.back_off.look += 1
        self.act(port)
        port.wake_at(port.now() + self.pause * self.rng.randint(70, 130) // 100)

    @abstractmethod
    def act(self, port: Market) -> None:
        """Look at the market and trade."""

    # -- what it wants --------------------------------------------------------------------------

    def place(self, port: Market, line: LinePicture, side: Side, quantity: int, price: int) -> int:
        """Offer to buy or sell for the day, at a price within the guide's bounds.

        Returns the reference, 0 where the line takes nothing now or the account has too little.
        """
        if not (line.is_open or line.gathers) or line.mechanism is Mechanism.ONE_WAY:
            return 0
        price = self.within(line, price)
        quantity = self.sized(line, side, quantity, price)
        if line.mechanism is Mechanism.NEGOTIATED:
            quote = Quote("", 0, line.symbol, side, quantity, price)
            return self._send(port, line, side, price, quote)
        order = _limit(line, side, quantity, price, TimeInForce.DAY)
        return self._send(port, line, side, price, order)

    def take(self, port: Market, line: LinePicture, side: Side, quantity: int, price: int) -> int:
        """Trade at once what can be traded at a price or better; in a call, gather for it.

        Returns the reference, 0 where there is nothing to be had or the account has too little.
        """
        if line.gathers:
            waits = self.orders.on(line.symbol, side)
            return 0 if waits else self.place(port, line, side, quantity, price)
        if not line.is_open or line.mechanism is Mechanism.ONE_WAY:
            return 0
        price = self.within(line, price)
        if line.mechanism is Mechanism.ORDER_BOOK:
            quantity = self.sized(line, side, quantity, price)
            order = _limit(line, side, quantity, price, TimeInForce.IOC)
            return self._send(port, line, side, price, order)
        offer = line.best_offer(OTHER[side])
        if offer is None or self.orders.owns(line.symbol, offer.number):
            return 0
        whole = line.mechanism is Mechanism.NEGOTIATED
        most = offer.quantity
        quantity = self.sized(line, side, most if whole else min(quantity, most), offer.price)
        if quantity > most or (whole and quantity < most):
            return 0
        pick = Pick("", 0, line.symbol, offer.number, quantity, offer.price)
        return self._send(port, line, side, offer.price, pick)

    def bid(self, port: Market, line: LinePicture, auction: Announced) -> int:
        """Bid in a one-way auction whose window is open; the reference, 0 where it does not."""
        side = OTHER[auction.side]
        key = (line.symbol, auction.number)
        open_now = line.is_open and auction.opens_at <= port.now() < auction.closes_at
        if not open_now or self.orders.owns(*key) or self.orders.expects(self._bids.get(key, 0)):
            return 0
        price = self._bid_price(line, auction)
        least = max(auction.min_bid, line.lot)
        if auction.pricing is PricingRule.WHOLE:
            least = auction.quantity
        share = min(auction.quantity, auction.quantity * self.rng.randint(60, 140) // 100)
        wanted = max(least, self.back_off.smaller(line, side, share))
        if auction.max_bid:
            wanted = min(wanted, auction.max_bid)
        most = self.purse.affords(line, side, price)
        wanted = wanted if most is None else min(wanted, most)
        quantity = wanted // line.lot * line.lot
        if not price or quantity < least:
            return 0
        command = Bid("", 0, line.symbol, auction.number, quantity, price)
        ref = self._bids[key] = self._send(port, line, side, price, command)
        return ref

    def _bid_price(self, line: LinePicture, auction: Announced) -> int:
        """Return a price near the fair one that the auction takes, 0 where it would take none."""
        buying = auction.side is Side.SELL
        sign = 1 if buying else -1
        fair = self.guide.fair(line)
        price = fair + sign * self.rng.randint(0, 3) * line.step(fair)
        best = line.best_bids.get(auction.number, 0)
        worst = best + sign * auction.increment if best else auction.price
        price = self.within(line, max(price, worst) if buying else min(price, worst))
        if (price - worst) * sign < 0:  # rounded to the tick, or held back by the limits
            price = self.within(line, worst + sign * line.step(worst))
        return price if (price - worst) * sign >= 0 else 0

    # -- how much, and at which price -----------------------------------------------------------

    def within(self, line: LinePicture, price: int) -> int:
        """Return the valid price at or below a price that the guide has held within its bounds."""
        low, high = self.guide.bounds(line)
        return line.on_tick(min(max(price, low), high))

    def sized(self, line: LinePicture, side: Side, quantity: int, price: int) -> int:
        """Return the tonnes in whole lots that the line takes and the account has, 0 for none."""
        quantity = self.back_off.smaller(line, side, quantity)
        most = self.purse.affords(line, side, price)
        quantity = max(quantity, line.min_quantity)
        caps = [each for each in (most, line.max_quantity or None) if each is not None]
        lots = min([quantity + line.lot - 1, *caps]) // line.lot
        return lots * line.lot if lots * line.lot >= line.min_quantity else 0

    def _send(self, port: Market, line: LinePicture, side: Side, price: int, command: Entry) -> int:
        """Send what enters the venue as an order; return its reference, 0 where it waits."""
        if not command.quantity or self.back_off.waits(line, side):
            return 0
        ref = port.submit(command)
        self.orders.sent(ref, OwnOrder(line.symbol, side, price, command.quantity))
        return ref

    def any_line(self) -> LinePicture | None:
        """Draw a book or a board of listings; None where the market has neither."""
        lines = [line for line in self.market.lines.values() if line.mechanism in _SMALL]
        return self.rng.choice(lines) if lines else None


def _limit(line: LinePicture, side: Side, quantity: int, price: int, tif: TimeInForce) -> NewOrder:
    return NewOrder("", 0, line.symbol, side, quantity, price, OrderType.LIMIT, tif)
