"""Who else trades through a year: dealers, speculators, and those who peg prices to the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backtest.lab.interest import Execution, Interest
from backtest.lab.people import Trader
from engine.vocabulary.enums import Side
from engine.vocabulary.events import Trade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture
    from backtest.lab.belief import World
    from engine.vocabulary.events import Event

_UNLIMITED = 1.1  # where there are no limits, a pegger goes so far from the last price


class Act(NamedTuple):
    """What was drawn beforehand for one time at which somebody trades."""

    time: int  # ns
    product: str
    draw: float  # uniform on [0, 1): decides the side
    tonnes: int
    noise: float  # of the price, as a share


class Sleeper(Trader):
    """An agent that acts at times drawn beforehand and sleeps in between."""

    hears_own = True
    hears_public = False

    def __init__(self, world: World, acts: Sequence[Act], stock: int) -> None:
        """Act at these times, rising; start with so many tonnes of each product."""
        self.execution = Execution(world.screen)
        self.world, self.stock = world, stock
        self.belief, self.screen = world.belief, world.screen
        self._acts = acts
        self._bought: dict[str, list[tuple[int, int]]] = {}  # product -> (day, tonnes so far)
        self._next = 0

    def on_start(self, seat: Market) -> None:
        """Sleep until the first time."""
        if self._acts:
            seat.wake_at(self._acts[0].time)

    def on_event(self, seat: Market, event: Event) -> None:
        """Know what became of its interest."""
        self.execution.on_event(event)
        if self.world.lag and type(event) is Trade:
            day = self.belief.day(seat.now())
            for product, tonnes in self.execution.bought.items():
                self._bought.setdefault(product, []).append((day, tonnes))

    def on_wake(self, seat: Market) -> None:
        """Act, and sleep again."""
        act = self._acts[self._next]
        self._next += 1
        day = self.belief.day(act.time)
        interest = self.interest(act, day)
        if interest.side is Side.SELL:
            free = self.stock + self.gained(act.product) - self.locked(act.product, day)
            free -= self.execution.waiting(Side.SELL, act.product)
            interest = interest._replace(tonnes=min(interest.tonnes, free))
        if interest.tonnes > 0 and interest.price > 0:
            self.execution.express(seat, interest, self.world.window.days[day].closes)
        if self._next < len(self._acts):
            seat.wake_at(self._acts[self._next].time)

    def gained(self, product: str) -> int:
        """Return the tonnes bought less those sold so far."""
        return self.execution.bought.get(product, 0) - self.execution.sold.get(product, 0)

    def locked(self, product: str, day: int) -> int:
        """Return the tonnes bought so lately that the rules do not let them be sold yet."""
        rows = self._bought.get(product, ())
        free = [tonnes for bought, tonnes in rows if bought + self.world.lag <= day]
        return rows[-1][1] - (free[-1] if free else 0) if rows else 0

    def interest(self, act: Act, day: int) -> Interest:
        """Return what it wants now."""
        raise NotImplementedError


class Dealer(Sleeper):
    """Buys below and sells above what a tonne is worth, leaning against what it has bought."""

    def __init__(self, world: World, acts: Sequence[Act], stock: int, spread: float) -> None:
        """Keep half a ``spread`` on each side; a stock gone or doubled leaves it one side only."""
        super().__init__(world, acts, stock)
        self._spread = spread

    def interest(self, act: Act, day: int) -> Interest:
        """Return an offer of one side."""
        leaning = self.gained(act.product) / (2 * self.stock)
        side = Side.BUY if act.draw + leaning < 0.5 else Side.SELL  # noqa: PLR2004
        sign = 1 if side is Side.BUY else -1
        factor = 1 - sign * self._spread / 2 + act.noise
        return Interest(
            act.product, side, act.tonnes, int(self.belief.fair(act.product, day) * factor)
        )


class Speculator(Sleeper):
    """Follows the price: buys what stands above the day's reference and sells what stands below."""

    def interest(self, act: Act, day: int) -> Interest:
        """Return an order at about the last price."""
        line = self.screen.products[act.product][0]
        move = line.last - line.reference
        side = Side.BUY if move > 0 or (not move and act.draw < 0.5) else Side.SELL  # noqa: PLR2004
        sign = 1 if side is Side.BUY else -1
        price = line.last or self.belief.fair(act.product, day)
        return Interest(act.product, side, act.tonnes, int(price * (1 + sign * abs(act.noise))))


class Pegger(Sleeper):
    """Offers the smallest quantity at one of the day's limits.

    It goes where nothing better stands in the way. An act of 0 tonnes is meant for a day on which
    others have traded: then it is one tonne.
    The further a price is from what the tonne is worth, the likelier it goes back; and what moved
    before tends to go on.
    """

    def __init__(
        self, world: World, acts: Sequence[Act], stock: int, back: float, onward: float
    ) -> None:
        """Go ``back`` by so much probability for each share that a price is off, or ``onward``."""
        super().__init__(world, acts, stock)
        self._back, self._onward = back, onward
        self._others: dict[
            str, int
        ] = {}  # product -> tonnes that others had traded by its last act
        self._moved: dict[str, tuple[int, int]] = {}  # product -> reference, sign of its last move

    def interest(self, act: Act, day: int) -> Interest:
        """Return one small order at a limit; noise below 0 means the other limit for once."""
        line = self.screen.products[act.product][0]
        reference = line.reference or int(self.belief.fair(act.product, day))
        before, sign = self._moved.get(act.product, (reference, 0))
        if reference != before:
            sign = 1 if reference > before else -1
        self._moved[act.product] = reference, sign
        far = reference / self.belief.fair(act.product, day) - 1
        up = (act.draw < 0.5 - self._back * far + self._onward * sign) == (act.noise >= 0)
        low, high = limits(line, reference)
        offered, bid = line.best_price(Side.SELL) or high, line.best_price(Side.BUY)
        if offered < high or bid > low:
            up = offered >= high
            free = up or bid <= low
        else:
            free = True
        side = Side.BUY if up else Side.SELL
        mine = self.execution
        own = mine.bought.get(act.product, 0) + mine.sold.get(act.product, 0)
        busy = line.volume - own > self._others.get(act.product, 0)
        self._others[act.product] = line.volume - own
        return Interest(act.product, side, free and max(act.tonnes, int(busy)), high if up else low)


class Partner(Sleeper):
    """Takes what stands at the limit on the wrong side of what anybody would pay."""

    def interest(self, act: Act, day: int) -> Interest:
        """Return a small order against a bid at the highest or an offer at the lowest price."""
        line = self.screen.products[act.product][0]
        reference = line.reference or int(self.belief.fair(act.product, day))
        low, high = limits(line, reference)
        if line.best_price(Side.BUY) >= high:
            return Interest(act.product, Side.SELL, act.tonnes, high)
        if 0 < line.best_price(Side.SELL) <= low:
            return Interest(act.product, Side.BUY, act.tonnes, low)
        return Interest(act.product, Side.BUY, 0, 0)


def limits(line: LinePicture, reference: int) -> tuple[int, int]:
    """Return the prices that count as a line's limits, also where it has none."""
    low = line.low_limit or int(reference / _UNLIMITED)
    return low, line.high_limit or int(reference * _UNLIMITED)
