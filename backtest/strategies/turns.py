"""Turns: somebody calls on the traders one at a time, as the classic experiments have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backtest.agents.market import Market, Trader
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backtest.strategies.interest import Interested

BEAT: Final = 1_000  # ns between two turns


class Caller(Trader):
    """Calls on one of the traders who still want something, drawn evenly, until none can trade.

    With ``best_only`` only the best quote of each side stands: a price that does not better it is
    not entered, one that does takes its place, and a trade leaves no quote behind. Otherwise each
    trader keeps one order in the book, which its next one replaces.

    A period ends when no buyer's next tonne is worth what some seller's costs (more than it, unless
    ``gainless`` trades are waited for too, which may take long), or after ``turns`` turns (0: any
    number). With several ``periods`` everybody begins again with all its tonnes, and
    keeps what it has learnt.
    """

    def __init__(
        self,
        traders: Sequence[Interested],
        *,
        best_only: bool = False,
        periods: int = 1,
        turns: int = 0,
        gainless: bool = True,
    ) -> None:
        """Call on these."""
        self.traders = list(traders)
        self.best_only = best_only
        self.periods, self.turns = periods, turns
        self.gainless = gainless
        self.began: list[int] = []  # when each period began, ns
        self._quotes: dict[Side, tuple[int, Interested]] = {}
        self._wants: list[Interested] = []
        self._left = -1  # tonnes of all, when the traders were looked at last
        self._turn = 0

    def on_start(self, market: Market) -> None:
        """Begin with the session."""
        self.draws = market.stream("turn")
        market.wake_in(BEAT)

    def on_wake(self, market: Market) -> None:
        """Call on a trader."""
        if not self.began:
            self.began.append(market.now())
        traded = sum(trader.traded for trader in self.traders)
        if traded != self._left:
            self._left = traded
            self._wants = [trader for trader in self.traders if trader.left]
            if not self._anything_possible():
                self._end_period(market)
                return
        if self.turns and self._turn >= self.turns:
            self._end_period(market)
            return
        self._turn += 1
        trader = self._wants[int(self.draws.random() * len(self._wants))]
        if self.best_only:
            self._call(trader)
        else:
            trader.act(trader.market)
        market.wake_in(BEAT)

    def _call(self, trader: Interested) -> None:
        """Let a trader better the quote of its side."""
        price, side = trader.price(trader.market), trader.side
        best, owner = self._quotes.get(side, (0, trader))
        if owner.ref and best:
            better = price > best if side is Side.BUY else price < best
            if not better:
                return
            owner.withdraw(owner.market)
        self._quotes[side] = (price, trader)
        trader.enter(trader.market, price)

    def _end_period(self, market: Market) -> None:
        self._turn, self._left = 0, -1
        self._quotes.clear()
        for trader in self.traders:
            trader.withdraw(trader.market)
        if len(self.began) >= self.periods:
            return
        for trader in self.traders:
            trader.traded = 0
        self.began.append(market.now() + BEAT)
        market.wake_in(BEAT)

    def _anything_possible(self) -> bool:
        worth = [trader.limit for trader in self._wants if trader.side is Side.BUY]
        costs = [trader.limit for trader in self._wants if trader.side is Side.SELL]
        return bool(worth and costs) and max(worth) + self.gainless > min(costs)
