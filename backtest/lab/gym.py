"""A gymnasium environment: an agent that learns trades some days among a market's people.

Extra ``gym``. The kernel's virtual time runs on between two decisions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import gymnasium
import numpy as np
from gymnasium import spaces

from backtest.agents.market import Trader
from backtest.agents.saying import Wanted, say
from backtest.lab.people import Person
from backtest.lab.session import begin
from engine.venue.venue import Venue
from engine.vocabulary.enums import CALL_PHASES, Mechanism, Side
from engine.vocabulary.events import AuctionUncrossed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture
    from backtest.lab.design import Design
    from backtest.lab.people import Day, Population
    from backtest.lab.session import Begun
    from engine.matching.call_price import Crossing
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

ACCOUNT: Final = "learner"
SEEN: Final = (  # in shares of the reference, of the start, of an order
    "time left", "phase is continuous", "best bid", "best offer", "tonnes bid", "tonnes offered",
    "last price", "cash", "tonnes held", "days left", "phase is a call", "indicative price",
    "indicative tonnes",
)  # fmt: skip
NOTHING, BUY, SELL = range(3)
_MOST: Final = 1e6  # bound of what is observed


class _Learner(Trader):
    """Acts only when the environment says so."""

    def __init__(self) -> None:
        self.market: Market | None = None

    def on_start(self, market: Market) -> None:
        self.market = market


class TradingEnv(gymnasium.Env["NDArray[np.float32]", "NDArray[np.int64]"]):
    """The trading days of a market, in a line with an order book or a board of listings.

    An action is (what, how far): nothing, buy or sell; and ticks, from ``reach`` below the last
    price, or the indicative one of a call, to ``reach`` above it. Each replaces the learner's
    earlier orders, and becomes what the line takes: an order, or picks and a listing. There are
    so many ``decisions`` a day; with ``by_calls`` there is one for each call of the line instead,
    and a step lasts until its uncross, the last one until the day closes. The observation is
    ``SEEN``, best and indicative prices less the last price. The reward is the change of wealth,
    tonnes at the last price, in shares of the wealth at the start.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - as gymnasium has it

    def __init__(
        self,
        design: Design,
        market: Population,
        *,
        symbol: str = "",
        decisions: int = 100,
        tonnes: int = 1,
        reach: int = 10,
        cash: int = 10**8,
        holding: int = 100,
        by_calls: bool = False,
    ) -> None:
        """Trade ``tonnes`` an order, with so much ``cash`` (minor units) and tonnes to begin with.

        Raises ``ValueError`` on a figure that makes no sense, or a line that has neither.
        """
        for name, value, least in (
            ("decisions", decisions, 1),
            ("tonnes", tonnes, 1),
            ("reach", reach, 0),
            ("cash", cash, 1),
            ("holding", holding, 0),
        ):
            if value < least:
                message = f"{name} {value}: {least} or more is needed"
                raise ValueError(message)
        rulebook = design.rulebook
        self.symbol = symbol or rulebook.products[0].symbol
        self._product = _product_of(design, self.symbol)
        self._design, self._market = design, market
        self._decisions, self._tonnes, self._reach = decisions, tonnes, reach
        self._cash, self._holding = cash, holding
        self._by_calls = by_calls
        self.observation_space = spaces.Box(-_MOST, _MOST, (len(SEEN),), np.float32)
        self.action_space = spaces.MultiDiscrete([3, 2 * reach + 1])
        self._root, self._episode = 0, -1

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode: the first of a seed, or the one after the last."""
        super().reset(seed=seed, options=options)
        if seed is not None:
            self._root, self._episode = seed, -1
        self._episode += 1
        if hasattr(self, "_begun"):
            self._begun.kernel.venue.close()  # a program has many episodes
        learner = _Learner()
        guest = Person(
            ACCOUNT, ACCOUNT, ACCOUNT, learner, self._cash, {self._product: self._holding}
        )
        self._begun: Begun = begin(
            self._design, self._market, self._root, self._episode, tape=None, guests=[guest]
        )
        if self._by_calls:
            self._begun.kernel.watchers.append(self._look)
        self._open(0)
        assert learner.market is not None
        self._seat: Market = learner.market
        self._start = self._before = self._wealth()
        return self._seen(), self._info()

    def step(
        self, action: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Act, then let the day go on until the next decision."""
        what, place = (int(each) for each in action)
        kernel, day = self._begun.kernel, self._day
        if kernel.venue.open_orders(ACCOUNT):
            self._seat.cancel_all(self.symbol)
            kernel.queue_sent()
            kernel.run(kernel.now)
        if what != NOTHING:
            self._say(Side.BUY if what == BUY else Side.SELL, place)
        self._step += 1
        kernel.queue_sent()
        if self._by_calls:
            self._to_uncross()
        else:
            kernel.run(day.opens + (day.closes - day.opens) * self._step // self._decisions)
        last = self._number == len(self._begun.window.days) - 1
        over = kernel.now >= day.closes and last
        if kernel.now >= day.closes and not last:
            self._open(self._number + 1)
        wealth = self._wealth()
        reward = (wealth - self._before) / self._start
        self._before = wealth
        return self._seen(), reward, over, False, self._info()

    def _open(self, number: int) -> None:
        """Go on to the opening of a day."""
        self._number, self._step = number, 0
        self._day: Day = self._begun.enter(number)
        self._begun.kernel.run(self._day.opens)

    def _to_uncross(self) -> None:
        """Go on, from one thing that happens to the next, until the line's call is over."""
        kernel, closes = self._begun.kernel, self._day.closes
        self._uncrossed = False
        while not self._uncrossed and kernel.now < closes:
            following = kernel.next_time()
            kernel.run(closes if following is None else min(closes, following))

    def _look(self, _time: int, _command: Command, events: list[Event]) -> None:
        """Note that the line's call has ended, whether or not anything traded."""
        for event in events:
            if type(event) is AuctionUncrossed and event.symbol == self.symbol:
                self._uncrossed = True

    def _call(self) -> Crossing | None:
        """Return what the line's call would give now; None where none is on."""
        venue = self._begun.kernel.venue
        on = venue.phase(self.symbol) in CALL_PHASES
        return venue.indicative(self.symbol) if on else None

    def _line(self) -> LinePicture:
        return next(each for each in self._seat.lines() if each.symbol == self.symbol)

    def _say(self, side: Side, place: int) -> None:
        """Send what the line takes of an order at a place around the last price."""
        line = self._line()
        call = self._call()
        middle = call.price if call and call.price else self._last()
        price = max(line.tick, middle + (place - self._reach) * line.tick)
        if line.mechanism is Mechanism.ORDER_BOOK:  # also where the venue will refuse it
            (self._seat.buy if side is Side.BUY else self._seat.sell)(
                self.symbol, self._tonnes, price
            )
            return
        for command in say(line, Wanted(side, self._tonnes, price, self._seat.now())).commands:
            self._seat.submit(command)

    def _last(self) -> int:
        venue = self._begun.kernel.venue
        return venue.last_price(self.symbol) or venue.reference(self.symbol)

    def _owned(self) -> tuple[int, int]:
        venue = self._begun.kernel.venue
        return venue.cash(ACCOUNT)[0], venue.allowances(ACCOUNT, self._product)[0]

    def _wealth(self) -> int:
        cash, held = self._owned()
        return cash + held * self._last()

    def _info(self) -> dict[str, Any]:
        cash, held = self._owned()
        return {
            "time": self._begun.kernel.now,
            "cash": cash,
            "tonnes": held,
            "wealth": self._wealth(),
            "last": self._last(),
        }

    def _seen(self) -> NDArray[np.float32]:
        venue = self._begun.kernel.venue
        last = self._last()
        scale = venue.reference(self.symbol) or last or 1
        best = [_best(self._line(), side) for side in (Side.BUY, Side.SELL)]
        prices = [(rows[0][0] - last) / scale if rows else 0.0 for rows in best]
        shown = [rows[0][1] / self._tonnes if rows else 0.0 for rows in best]
        cash, held = self._owned()
        call, day = self._call(), self._day
        figures = (
            1 - (self._begun.kernel.now - day.opens) / (day.closes - day.opens),
            float(venue.phase(self.symbol).name == "CONTINUOUS"),
            *prices,
            *shown,
            last / scale,
            cash / self._cash,
            held / max(1, self._holding),
            1 - (self._number + 1) / len(self._begun.window.days),
            float(call is not None),
            (call.price - last) / scale if call and call.price else 0.0,
            call.volume / self._tonnes if call else 0.0,
        )
        return np.clip(np.array(figures, np.float32), -_MOST, _MOST)


def _best(line: LinePicture, side: Side) -> list[tuple[int, int]]:
    """Return the best price of a side and its tonnes, nothing where there is none."""
    if line.mechanism is Mechanism.ORDER_BOOK:
        return line.depth(side, 1)
    offer = line.best_offer(side)
    return [] if offer is None else [(offer.price, offer.quantity)]


def _product_of(design: Design, symbol: str) -> str:
    """Return a line's product. Raises ``ValueError`` where it has neither book nor board."""
    venue = Venue(design.rulebook)
    ways = (Mechanism.ORDER_BOOK, Mechanism.LISTING)
    fit = [line for line in venue.symbols if venue.line_view(line).mechanism in ways]
    if symbol not in fit:
        names = ", ".join(fit) or None
        message = f"{symbol!r} has no order book or listings: lines with them are {names}"
        raise ValueError(message)
    return venue.line_view(symbol).product
