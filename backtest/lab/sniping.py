"""A dealer whose quotes are raced for when news comes (Budish, Cramton and Shim 2015)."""

from __future__ import annotations

from bisect import bisect_right
from math import exp, log1p
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from backtest.agents.market import Market, Trader
from backtest.agents.voice import Voice
from backtest.lab.people import Person, Window
from engine.vocabulary.enums import Mechanism, Side, TimeInForce
from engine.vocabulary.events import PhaseChanged, Trade

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event

SECOND: Final = 1_000_000_000
CASH: Final = 10**15
TONNES: Final = 10**7
_FIRST: Final = 1_000_000  # the value that a tonne begins with, minor units
_IOC: Final = TimeInForce.IOC
_HALF: Final = 0.5
_ROUNDS: Final = 20  # Newton's method has converged long before


class News(NamedTuple):
    """What a tonne is worth over time: everybody learns of each jump."""

    times: list[int]  # ns
    values: list[int]  # from each of these times on

    def at(self, time: int) -> int:
        """Return the value at a time."""
        place = bisect_right(self.times, time)
        return self.values[place - 1] if place else _FIRST

    def before(self, time: int) -> int:
        """Return the value just before a time."""
        return self.at(time - 1)


class Sniping(Struct, frozen=True):
    """Firms that are alike, one of which quotes; investors; and a value that jumps.

    A jump has an exponential size with the mean ``scale`` and comes ``jumps`` times in a ``unit``
    of time, an investor ``investors`` times. The dealer quotes ``half_spread`` around the value; 0
    is the one at which quoting earns a firm as much as sniping: h = r exp(-h) in mean jumps, with
    r jumps for each investor. Without investors it has to be given. Latencies of
    messages are uniform up to ``latency`` ns, so that each firm wins a race as often; the
    dealer's alone is ``slower`` by so many ns.
    """

    firms: int = 5
    jumps: float = 1.0
    investors: float = 1.0
    scale: int = 1_000
    half_spread: int = 0
    unit: int = SECOND
    latency: int = 100_000
    slower: int = 0
    name: str = "sniping"

    def __post_init__(self) -> None:
        """Raise ``ValueError`` where no half spread follows from the rates."""
        if not self.half_spread and not (self.investors > 0 and self.jumps > 0):
            message = "half_spread: needed where no investors or no jumps come"
            raise ValueError(message)

    @property
    def half(self) -> int:
        """What the dealer's quotes are away from the value, minor units."""
        return self.half_spread or round(self.scale * balanced(self.jumps / self.investors))

    def news(self, streams: Streams, window: Window) -> News:
        """Return the jumps of a replication."""
        draws = streams.stream("news", "jumps")
        times: list[int] = []
        values: list[int] = []
        value = _FIRST
        time = window.opens + SECOND
        while True:
            time += 1 + int(draws.exponential(self.unit / self.jumps))
            if time >= window.closes:
                return News(times, values)
            size = round(draws.exponential(self.scale))
            value += size if draws.random() < _HALF else -size
            times.append(time)
            values.append(value)

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return the dealer, the other firms, the investors."""
        symbol = rulebook.products[0].symbol
        news = self.news(streams, window)
        mode = rulebook.modes_of(rulebook.products[0])[0]
        batches = bool(mode.batch_seconds)
        board = mode.mechanism is not Mechanism.ORDER_BOOK

        def delay(who: str) -> Callable[[], int]:
            draws, most = streams.stream(who, "latency"), self.latency
            return lambda: 1 + int(draws.random() * most)

        def person(who: str, agent: Speaking, *, late: bool = True) -> Person:
            agent.until = window.closes
            agent.hears_own |= board
            agent.hears_public |= board
            return Person(
                who,
                who,
                who.partition("/")[0],
                agent,
                CASH,
                {symbol: TONNES},
                to_venue=delay(who) if late else None,
            )

        found = [person("dealer", Dealer(symbol, news, self, series=batches))]
        found += [person(f"sniper/{n}", Sniper(symbol, news, self)) for n in range(1, self.firms)]
        if self.investors:
            agent = Investors(symbol, self.unit / self.investors)
            found.append(person("investors", agent, late=False))
        return found


def balanced(ratio: float) -> float:
    """Return h = ratio * exp(-h), by Newton's method (Budish, Cramton and Shim 2015).

    In mean jumps: what a firm earns of investors by quoting so far from the value is then what it
    could earn by sniping.
    """
    found = log1p(ratio)
    for _ in range(_ROUNDS):
        left = ratio * exp(-found)
        found += (left - found) / (1 + left)
    return found


class Speaking(Trader):
    """Trades in one line by whatever its design takes."""

    symbol: str
    until = 0  # when an auction of its own should be over, ns UTC; 0: when it likes

    def on_start(self, market: Market) -> None:
        """Learn how the line trades."""
        self.voice = Voice(market, self.symbol, self.until)

    def on_event(self, market: Market, event: Event) -> None:
        """Know what others offer, where there is no book."""
        del market
        self.voice.absorb(event)


class Dealer(Speaking):
    """Quotes a tonne on each side of the value; takes both back as soon as it jumps."""

    hears_own = True

    def __init__(self, symbol: str, news: News, terms: Sniping, *, series: bool) -> None:
        """Quote anew at the beginning of each batch where there is a ``series`` of them."""
        self.symbol, self.news, self.terms = symbol, news, terms
        self.half = terms.half
        self.series = series
        self.hears_public = series
        self.next = 0  # the jump it learns of next

    def on_start(self, market: Market) -> None:
        """Quote once trading has begun."""
        super().on_start(market)
        market.wake_in(SECOND // 2)

    def on_wake(self, market: Market) -> None:
        """Take stale quotes back, or quote around the value."""
        times, now = self.news.times, market.now()
        slower = self.terms.slower
        if self.next < len(times) and times[self.next] + slower <= now:
            self.next += 1
            market.cancel_all()
            market.wake_in(3 * self.terms.latency)  # when the last race is over
            return
        self._quote(market)
        if self.next < len(times):
            market.wake_at(times[self.next] + slower)

    def on_event(self, market: Market, event: Event) -> None:
        """Quote anew after a trade with an investor, and in each batch."""
        super().on_event(market, event)
        if self.series:
            if type(event) is PhaseChanged:
                self._quote(market)
            return
        if type(event) is not Trade or market.account not in {event.maker, event.taker}:
            return
        now = market.now()
        if self.news.at(now) == self.news.before(now - 2 * self.terms.latency):
            self._quote_side(market, event.side)

    def _quote(self, market: Market) -> None:
        self._quote_side(market, Side.BUY)
        self._quote_side(market, Side.SELL)

    def _quote_side(self, market: Market, side: Side) -> None:
        value, half = self.news.at(market.now() - self.terms.slower), self.half
        if side is Side.BUY:
            self.voice.enter(market, Side.BUY, 1, value - half)
        else:
            self.voice.enter(market, Side.SELL, 1, value + half)


class Sniper(Speaking):
    """Takes a quote that a jump has made stale, where it is the first."""

    def __init__(self, symbol: str, news: News, terms: Sniping) -> None:
        """Know what the dealer quotes."""
        self.symbol, self.news, self.terms = symbol, news, terms
        self.half = terms.half
        self.next = 0

    def on_start(self, market: Market) -> None:
        """Wait for the first jump."""
        super().on_start(market)
        self._wait(market)

    def _wait(self, market: Market) -> None:
        if self.next < len(self.news.times):
            market.wake_at(self.news.times[self.next])

    def on_wake(self, market: Market) -> None:
        """Race for the quote that is stale now."""
        now, half = market.now(), self.half
        self.next += 1
        before, value = self.news.before(now), self.news.at(now)
        # In a call an order waits for the price; on a continuous market it takes or goes.
        tif = _IOC if not self.terms.slower else TimeInForce.DAY
        if value > before + half:
            self.voice.enter(market, Side.BUY, 1, before + half, tif)
        elif value < before - half:
            self.voice.enter(market, Side.SELL, 1, before - half, tif)
        self._wait(market)


class Investors(Speaking):
    """Buy or sell a tonne at whatever price stands."""

    def __init__(self, symbol: str, pause: float) -> None:
        """Come on average every ``pause`` ns."""
        self.symbol, self.pause = symbol, pause

    def on_start(self, market: Market) -> None:
        """Begin when the dealer quotes."""
        super().on_start(market)
        self.draws = market.stream("investors")
        market.wake_in(SECOND)

    def on_wake(self, market: Market) -> None:
        """Trade."""
        if self.draws.random() < _HALF:
            self.voice.enter(market, Side.BUY, 1, 2 * _FIRST, _IOC)
        else:
            self.voice.enter(market, Side.SELL, 1, 1, _IOC)
        market.wake_in(1 + int(self.draws.exponential(self.pause)))


def gains(fills: list[tuple[int, str, str, int]], news: News) -> dict[str, int]:
    """Return what accounts gained on trades (time, buyer, seller, price) at the value then."""
    found: dict[str, int] = {}
    for time, buyer, seller, price in fills:
        gain = news.at(time) - price
        found[buyer] = found.get(buyer, 0) + gain
        found[seller] = found.get(seller, 0) - gain
    return found
