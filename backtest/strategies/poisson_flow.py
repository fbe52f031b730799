"""Poisson flow in a book: limit orders, market orders and cancels (Cont, Stoikov, Talreja 2010)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backtest.agents.market import Market, Trader
from backtest.agents.voice import Voice
from engine.vocabulary.enums import Side, TimeInForce
from engine.vocabulary.events import OrderAccepted, OrderCancelled, Trade

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.vocabulary.events import Event

_BUY, _SELL = Side.BUY, Side.SELL
_IOC: Final = TimeInForce.IOC
_DRAWS: Final = 8_192  # random numbers drawn at a time


class Resting:
    """The orders of one side, as an account's own reports tell of them."""

    def __init__(self, side: Side) -> None:
        """Have none."""
        self.sign = 1 if side is _BUY else -1
        self.orders: list[tuple[int, int]] = []  # reference, price
        self.best = 0  # price; 0 where there is none
        self._at: dict[int, int] = {}  # reference -> place
        self._tonnes: dict[int, int] = {}  # by price

    def add(self, ref: int, price: int) -> None:
        """Take an order in."""
        self._at[ref] = len(self.orders)
        self.orders.append((ref, price))
        self._tonnes[price] = self._tonnes.get(price, 0) + 1
        if not self.best or (price - self.best) * self.sign > 0:
            self.best = price

    def drop(self, ref: int) -> None:
        """Let an order go."""
        place = self._at.pop(ref, -1)
        if place < 0:
            return
        price = self.orders[place][1]
        last = self.orders.pop()
        if last[0] != ref:
            self.orders[place] = last
            self._at[last[0]] = place
        left = self._tonnes[price] - 1
        if left:
            self._tonnes[price] = left
            return
        del self._tonnes[price]
        if price == self.best:
            prices = self._tonnes
            self.best = (max(prices) if self.sign > 0 else min(prices)) if prices else 0


class Flow(Trader):
    """The orders of one side: it enters and cancels limit orders, and hits the other with takes.

    Rates are per ns: of limit orders ``limits[i]`` at i + 1 ticks from the other side's best, of
    market orders ``takes``, and of cancels ``cancels[i]`` for each order at that distance; beyond
    the last one its rate holds.
    """

    hears_own = True
    hears_public = False

    def __init__(
        self,
        symbol: str,
        side: Side,
        limits: Sequence[float],
        takes: float,
        cancels: Sequence[float],
        start: int,
    ) -> None:
        """Begin with an order at each of five ticks from ``start``, a price."""
        self.symbol, self.side = symbol, side
        self.takes = takes
        self.cancels = list(cancels)
        self.start = start
        self.calls = False  # whether the line trades in calls alone
        self.until = 0  # when an auction of its own should be over, ns UTC; 0: when it likes
        self.resting = Resting(side)
        self.other = Resting(_SELL if side is _BUY else _BUY)  # see ``facing``
        self._limits = list(limits)
        self._limit_rate = sum(limits)
        self._most = max(cancels)
        self._rate = 0.0
        self._entered: dict[int, None] = {}  # limit orders on their way
        self._draws: Iterator[float] = iter(())

    def facing(self, other: Flow) -> None:
        """Have its distances from the best of another flow, and that one's from its own."""
        self.other, other.other = other.resting, self.resting

    def on_start(self, market: Market) -> None:
        """Fill the book a little."""
        self.voice = Voice(market, self.symbol, self.until, calls=self.calls)
        self._random = market.stream("flow")
        self._pauses = market.stream("pause")
        for distance in range(1, 6):
            self._enter(market, self.start - self.resting.sign * distance)
        self._wait(market)

    def on_event(self, market: Market, event: Event) -> None:
        """Follow the own orders."""
        self.voice.absorb(event)
        if type(event) is OrderAccepted:
            self._accepted(event)
        elif type(event) is Trade:
            if event.maker == market.account:
                self.resting.drop(event.maker_ref)
            elif event.taker == market.account and not self.voice.has_book:
                self.resting.drop(event.taker_ref)
        elif type(event) is OrderCancelled and event.account == market.account:
            self.resting.drop(event.ref)

    def _accepted(self, event: OrderAccepted) -> None:
        if event.ref in self._entered:
            self._entered.pop(event.ref)
            self.resting.add(event.ref, event.price)

    def on_wake(self, market: Market) -> None:
        """Do what is due: it is nothing where a cancel was drawn for an order that is not there."""
        due = self._draw() * self._rate
        best = self.other.best
        if due < self._limit_rate:
            if best:
                for away, rate in enumerate(self._limits, 1):  # noqa: B007 - used below
                    due -= rate
                    if due < 0:
                        break
                self._enter(market, best - self.resting.sign * away)
        elif (due := due - self._limit_rate) < self.takes:
            if best:
                self.voice.enter(market, self.side, 1, best, _IOC)
        else:
            self._cancel(market, due - self.takes, best)
        self._wait(market)

    def _cancel(self, market: Market, due: float, best: int) -> None:
        place = int(due / self._most)
        if place >= len(self.resting.orders):
            return
        ref, price = self.resting.orders[place]
        away = (best - price) * self.resting.sign if best else len(self.cancels)
        rate = self.cancels[min(away, len(self.cancels)) - 1]
        if due - place * self._most < rate:
            market.cancel(ref)

    def _enter(self, market: Market, price: int) -> None:
        ref = self.voice.enter(market, self.side, 1, price)
        if ref:
            self._entered[ref] = None

    def _wait(self, market: Market) -> None:
        """Wait for the next thing that may happen; what is drawn now may add one order."""
        self._rate = self._limit_rate + self.takes + self._most * (len(self.resting.orders) + 1)
        market.wake_in(1 + int(self._pause() / self._rate))

    def _draw(self) -> float:
        for value in self._draws:
            return value
        self._draws = iter(self._random.random(_DRAWS).tolist())
        return next(self._draws)

    def _pause(self) -> float:
        return float(self._pauses.standard_exponential())
