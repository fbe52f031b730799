"""Turns: somebody calls on the traders one at a time, as the classic experiments have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backtest.agents.market import Market, Trader
from backtest.agents.saying import at_limit
from engine.vocabulary.enums import Mechanism, Side
from engine.vocabulary.events import Announced, AuctionCleared, AuctionUncrossed, PhaseChanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backtest.strategies.interest import Interested
    from engine.vocabulary.events import Event

BEAT: Final = 1_000  # ns between two turns
PATIENCE: Final = 100  # rounds in which the venue refuses everything, until the caller waits
VAIN: Final = 10_000  # rounds in which nothing trades, where only draws decide on prices
HEARD: Final = 100  # the same where traders hear each other, and have long said what they learnt
_STEPS: Final = (PhaseChanged, AuctionUncrossed, AuctionCleared, Announced)


class Caller(Trader):
    """Calls on one of the traders who still want something, drawn evenly, until none can trade.

    With ``best_only`` only the best quote of each side stands: a price that does not better it is
    not entered, one that does takes its place, and a trade leaves no quote behind. Otherwise each
    trader keeps one order in the book, which its next one replaces.

    A period ends when no buyer's next tonne is worth what some seller's costs (more than it, unless
    ``gainless`` trades are waited for too, which may take long), or after ``turns`` turns (0: any
    number). With several ``periods`` everybody begins again with all its tonnes, and
    keeps what it has learnt.

    Turns keep to the rhythm of the design. A round is over when each trader who wants something
    was called on. Where orders gather for a call, and where bids wait for an auction, there is one
    round, and the next one when something was cleared or announced, or the phase has changed.
    Where trading is continuous the caller waits for whatever happens next after a round in which
    nobody did anything, after ``PATIENCE`` rounds in which the venue took nothing and ``VAIN`` (or
    ``HEARD``) in which nothing traded; with ``turns`` it goes on until they are over. A line that
    takes nothing now is waited for, and so are other limits of the day where these leave no room.
    """

    hears_public = True

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
        self._called: dict[Interested, None] = {}  # in this round
        self._acted = self._taken = False  # whether anybody did anything in it, and it stands
        self._last: Interested | None = None  # who acted at the last turn
        self._refused = self._vain = 0  # rounds in a row
        self._waits = False
        self._most_vain = HEARD if any(trader.hears_public for trader in self.traders) else VAIN

    def on_start(self, market: Market) -> None:
        """Begin with the session."""
        self.draws = market.stream("turn")
        symbol = self.traders[0].symbol
        self._line = next(line for line in market.lines() if line.symbol == symbol)
        market.wake_in(BEAT)

    def on_event(self, market: Market, event: Event) -> None:
        """Follow the line's phase, and go on where something has happened in the line."""
        if getattr(event, "symbol", "") != self._line.symbol:
            return
        if type(event) is PhaseChanged:
            line = self._line
            line.phase, line.low_limit, line.high_limit = (
                event.phase,
                event.low_limit,
                event.high_limit,
            )
            self._left = -1  # see anew what is possible
        if type(event) in _STEPS:
            self._called.clear()
        elif self._in_steps:
            return
        if self._waits:
            self._waits = False
            market.wake_in(BEAT)

    @property
    def _in_steps(self) -> bool:
        """Say whether what is entered waits for a clearing."""
        return self._line.gathers or self._line.mechanism is Mechanism.ONE_WAY

    def on_wake(self, market: Market) -> None:
        """Call on a trader."""
        if not (self._line.is_open or self._line.gathers):
            self._waits = True
            return
        if not self.began:
            self.began.append(market.now())
        traded = sum(trader.traded for trader in self.traders)
        if traded != self._left:
            self._taken = True
            self._refused = self._vain = 0
            self._called.clear()
            self._left = traded
            self._wants = [trader for trader in self.traders if trader.left]
            if not self._anything_possible():
                self._end_period(market)
                return
            if not self._anything_allowed():
                self._waits = True
                return
        if self.turns and self._turn >= self.turns:
            self._end_period(market)
            return
        if self._last is not None:
            self._taken |= self._last.ref != 0
        if len(self._called) == len(self._wants) and self._is_to_wait(market):
            return
        self._turn += 1
        trader = self._wants[int(self.draws.random() * len(self._wants))]
        before = trader.ref
        if self.best_only:
            self._call(trader)
        else:
            trader.act(trader.market)
        self._called[trader] = None
        self._last = None if trader.ref == before else trader
        self._acted |= self._last is not None
        market.wake_in(BEAT)

    def _is_to_wait(self, market: Market) -> bool:
        """Close a round; say whether there is nothing to do for now."""
        self._refused = self._refused + 1 if self._acted and not self._taken else 0
        self._vain += 1
        idle = not self._acted or self._refused >= PATIENCE or self._vain >= self._most_vain
        self._called.clear()
        self._acted = self._taken = False
        if self._in_steps or (idle and not self.turns):
            if idle and not self._in_steps and len(self.began) < self.periods:
                self._end_period(market)
            else:
                self._refused, self._vain, self._waits = 0, 0, True
            return True
        return False

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
        self._called.clear()
        self._last = None
        self._refused = self._vain = 0
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
        worth, costs = self._limits(Side.BUY), self._limits(Side.SELL)
        return bool(worth and costs) and max(worth) + self.gainless > min(costs)

    def _anything_allowed(self) -> bool:
        """Say whether the day's limits have room for a buyer and for a seller."""
        return any(
            at_limit(self._line, Side.BUY, worth) for worth in self._limits(Side.BUY)
        ) and any(at_limit(self._line, Side.SELL, cost) for cost in self._limits(Side.SELL))

    def _limits(self, side: Side) -> list[int]:
        return [trader.limit for trader in self._wants if trader.side is side]
