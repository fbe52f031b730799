"""A year of compliance: emitters before a deadline, and who trades with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from msgspec import Struct

from backtest.lab.belief import Belief, Moves, World
from backtest.lab.costs import WITHOUT_END, LinearCosts, Outside, StepCosts, interest
from backtest.lab.emitters import Emitter, Hazard, Obligation, Rhythm
from backtest.lab.intermediaries import Act, Dealer, Partner, Pegger, Sleeper, Speculator
from backtest.lab.people import Horizon, Person
from backtest.lab.screen import Screen
from backtest.measures.ladder import Ladder
from engine.vocabulary.commands import MoveAllowances, MoveCash
from engine.vocabulary.enums import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backtest.kernel.streams import Streams
    from backtest.lab.costs import Costs
    from backtest.lab.people import Window
    from engine.rulebook.model import Rulebook
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command

_THOUSAND: Final = 1_000
_PURSE: Final = 10**14  # minor units: nobody is short of money
_PARTNER_WAITS: Final = 60_000_000_000  # ns


class Year(Struct, frozen=True, kw_only=True):
    """A population with its shocks and its horizon, as data. Prices in minor units."""

    name: str
    version: int = 1
    horizon: Horizon
    verification: int  # the date from which emissions are known
    deadline: int  # the date by which to surrender
    weights: dict[str, float]  # how much of the allocation each product has
    price: int = 0  # what a tonne is worth in the mean; 0: each product's reference
    daily: float = 0.02  # standard deviation of a day's log change of what all are worth
    own: float = 0.0  # and of each product by itself
    reverting: float = 0.02  # share of the distance from the mean that a day takes back
    # -- emitters
    emitters: int = 800
    emission: float = 32.5  # thousand tonnes a year of one of them, in the mean
    sizes: float = 1.5  # standard deviation of the log of their sizes
    intensity: float = 0.1  # standard deviation of the log of emissions for a unit of output
    benchmark: float = 0.99  # tonnes allocated for a unit; the middle firm emits one for it
    shock: float = 0.05  # of the log of what verification finds to what was believed
    elasticity: float = 0.05  # share of its emissions that a firm abates at the mean price
    steps: tuple[
        tuple[float, float], ...
    ] = ()  # instead: (share of its emissions, times the price)
    banking: float = 0.5  # share of a surplus that is kept, in the mean
    penalty: float = 3.0  # times the mean price, for each tonne not surrendered
    hazard: Hazard
    parts: float = 3.0  # orders of an emitter, in the mean
    gap: float = 3.0  # trading days between them
    margin: float = 0.05  # of the price, given up at the last for the sake of trading
    noise: float = 0.02  # standard deviation of everybody's prices
    hours: tuple[float, float] = (0.7, 0.98)  # of a day, when emitters and dealers trade
    # -- intermediaries
    stock: int = 10_000_000  # tonnes of each product that a dealer or pegger starts with
    dealers: int = 10
    dealing: float = 0.1  # times a day that each trades
    season: float = 0.0  # times more before the deadline
    lots: float = 3_000.0  # tonnes, the median of their orders
    spread_of_lots: float = 1.0  # standard deviation of the log
    spread: float = 0.02  # of the price, between their bid and their offer
    speculators: int = 10
    speculating: float = 0.05
    held: int = 0  # tonnes of each product that a speculator starts with
    small: float = 30.0  # tonnes, the median of their orders
    # -- peggers
    pegging: float = 0.0  # pairs of small orders at a limit, a product and day that is not quiet
    quiet: float = 0.0  # share of days on which nobody pegs
    reversal: float = 0.0  # share of pegs after which the other limit is touched too
    back: float = 0.25  # how much likelier a peg is back towards the worth, for each share off it
    onward: float = 0.05  # and the way that the price moved before
    pegged: tuple[float, float] = (0.9, 0.99)  # of a day: pegs make the close

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return the screen, emitters, dealers, speculators, peggers and their partners."""
        return _Maker(self, streams, rulebook, window).people()

    def registry(self, people: list[Person], window: Window) -> Compliance:
        """Return who takes allowances after the deadline, and fines what is missing."""
        after = next((day.date for day in window.days if day.date > self.deadline), 0)
        return Compliance(people, after)


class Missed(NamedTuple):
    """What an emitter did not surrender."""

    account: str
    tonnes: int


class Compliance:
    """Takes from each emitter what it owes on the day after the deadline."""

    def __init__(self, people: list[Person], date: int) -> None:
        """Act in the morning of a date; 0: never."""
        self.emitters = [
            (each.account, each.agent) for each in people if isinstance(each.agent, Emitter)
        ]
        self.date = date
        self.missed: list[Missed] = []
        self.surrendered = 0

    def due(self, date: int, venue: Venue) -> Iterator[Command]:
        """Yield the surrender of all, product by product, and the penalties."""
        if date != self.date:
            return
        for account, agent in self.emitters:
            owed = agent.owed()
            for holding in venue.account(account).holdings:
                part = min(owed, holding.total - holding.reserved)
                if part:
                    owed -= part
                    self.surrendered += part
                    yield MoveAllowances(account, holding.name, -part)
            if owed:
                self.missed.append(Missed(account, owed))
                yield MoveCash(account, -owed * agent.obligation.penalty)


class _Maker:
    """Makes the people of one replication."""

    def __init__(self, year: Year, streams: Streams, rulebook: Rulebook, window: Window) -> None:
        self.year, self.streams, self.window = year, streams, window
        allowances = {
            each.symbol: each.reference
            for each in rulebook.products
            if each.instrument is Instrument.ALLOWANCE
        }
        weights = {name: share for name, share in year.weights.items() if name in allowances}
        if not weights:  # people of another place: they trade the first product that there is
            first = rulebook.products[0]
            weights, allowances = {first.symbol: 1.0}, {first.symbol: first.reference}
        whole = sum(weights.values())
        self.products = list(weights)
        self.weights = np.array([share / whole for share in weights.values()])
        levels = {name: year.price or allowances[name] or 1_000 for name in self.products}
        self.mean = float(np.dot(list(levels.values()), self.weights))
        self.outside = Outside(round(self.mean), int(year.penalty * self.mean))
        belief = Belief(streams, window, levels, Moves(year.daily, year.own, year.reverting))
        dates = [day.date for day in window.days]
        self.deadline = sum(date <= year.deadline for date in dates) - 1
        verified = sum(date < year.verification for date in dates)
        known = window.days[min(verified, len(dates) - 1)].opens
        lag = max(mode.resale_lag for mode in rulebook.modes)
        self.world = World(belief, Screen(rulebook), window, known, lag)
        left = self.deadline - np.arange(len(dates))
        burst = np.where(left >= 0, np.exp(-np.maximum(left, 0) / year.hazard.span), 0.0)
        self.rate = 1 + year.season * burst

    def people(self) -> list[Person]:
        found = [self.world.screen.person(), *self._emitters()]
        year = self.year
        for number in range(year.dealers):
            who = f"dealer/{number}"
            acts = self._acts(who, year.dealing * self.rate, year.lots, year.spread_of_lots)
            dealer = Dealer(self.world, acts, year.stock, year.spread)
            found.append(self._intermediary(who, "dealers", dealer))
        for number in range(year.speculators):
            who = f"speculator/{number}"
            acts = self._acts(who, year.speculating * self.rate, year.small, 1.0)
            agent = Speculator(self.world, acts, year.held)
            found.append(self._intermediary(who, "speculators", agent))
        if year.pegging:
            found += self._peggers()
        return found

    def _intermediary(self, who: str, group: str, agent: Sleeper) -> Person:
        holdings = dict.fromkeys(self.products, agent.stock) if agent.stock else {}
        spare = self.outside.spare
        worth, costs = Ladder([(spare, WITHOUT_END)]), Ladder([(spare, sum(holdings.values()))])
        return Person(who, who, group, agent, _PURSE, holdings, worth, costs, role="institution")

    def _emitters(self) -> Iterator[Person]:
        """Yield the emitters. What they have in common is drawn once, each one's part by itself."""
        year = self.year
        drawn = [self.streams.stream(f"emitter/{n}", "firm") for n in range(year.emitters)]
        firm = np.array([draws.normal(size=3) for draws in drawn])
        sizes = np.exp(year.sizes * firm[:, 0] - year.sizes**2 / 2)
        emissions = sizes * year.emission * _THOUSAND
        output = emissions * np.exp(-year.intensity * firm[:, 1])
        free = output * year.benchmark
        verified = emissions * np.exp(year.shock * firm[:, 2])
        for number, draws in enumerate(drawn):
            who = f"emitter/{number}"
            product = self.products[
                int(np.searchsorted(np.cumsum(self.weights)[:-1], draws.random(), side="right"))
            ]
            obligation = Obligation(
                product,
                int(verified[number]),
                int(emissions[number]),
                int(free[number]),
                self._costs(float(emissions[number])),
                self.outside.penalty,
                min(2 * year.banking * draws.random(), 1.0),
            )
            need = obligation.emissions - obligation.allocation
            worth, costs = interest(obligation.costs, need, obligation.emissions, self.outside)
            yield Person(
                who,
                who,
                "emitters",
                self._emitter(who, obligation),
                _PURSE,
                {product: obligation.allocation} if obligation.allocation else {},
                worth,
                costs,
                max(need, 0),
                role="covered",
            )

    def _costs(self, emissions: float) -> Costs:
        """Return what abating costs a firm: a line, or measures of so many tonnes each."""
        year = self.year
        if year.steps:
            steps = [(int(part * emissions), int(times * self.mean)) for part, times in year.steps]
            return StepCosts(tuple(sorted(steps, key=lambda step: step[1])))
        return LinearCosts(self.mean / max(year.elasticity * emissions, 1.0))

    def _emitter(self, who: str, obligation: Obligation) -> Emitter:
        year = self.year
        draws = self.streams.stream(who, "trading")
        begins = year.hazard.begins(draws.random(), self.deadline)
        parts = 1 + int(draws.poisson(max(year.parts - 1, 0)))
        rhythm = Rhythm(parts, year.gap, year.hours)
        times = rhythm.times(draws, self.window, begins, self.deadline)
        noise = draws.normal(0.0, year.noise, len(times)).tolist()
        return Emitter(self.world, obligation, list(zip(times, noise, strict=True)), year.margin)

    def _acts(
        self,
        who: str,
        rates: np.ndarray[tuple[int], np.dtype[np.float64]],
        median: float,
        sd: float,
    ) -> list[Act]:
        """Draw when somebody acts, with rates by day, on what, and how much."""
        draws = self.streams.stream(who, "acts")
        days = np.repeat(np.arange(len(rates)), draws.poisson(rates))
        low, high = self.year.hours
        count = len(days)
        places = low + (high - low) * draws.random(count)
        products = np.searchsorted(np.cumsum(self.weights)[:-1], draws.random(count), side="right")
        tonnes = np.exp(np.log(median) + sd * draws.normal(size=count))
        uniform, noise = draws.random(count), draws.normal(0.0, self.year.noise, count)
        return sorted(
            Act(
                self._time(int(day), float(place)),
                self.products[int(product)],
                float(draw),
                max(int(size), 1),
                float(part),
            )
            for day, place, product, draw, size, part in zip(
                days, places, products, uniform, tonnes, noise, strict=True
            )
        )

    def _time(self, day: int, place: float) -> int:
        found = self.window.days[day]
        return found.opens + int((found.closes - found.opens) * place)

    def _peggers(self) -> Iterator[Person]:
        """Yield a pegger and a partner for each product."""
        year = self.year
        low, high = year.pegged
        count = len(self.window.days)
        busy = self.streams.stream("pegger", "quiet").random(count) >= year.quiet
        for product in self.products:
            draws = self.streams.stream(f"pegger/{product}", "acts")
            pegs = busy & (draws.random(count) < year.pegging)
            offers, answers = [], []
            for day in range(count):
                draw, back = draws.random(2).tolist()
                places = np.sort(low + (high - low) * draws.random(2)).tolist()
                sizes = draws.integers(1, 4, 2).tolist()
                signs = (1.0, -1.0) if back < year.reversal else (1.0,)
                for sign, place, size in zip(signs, places, sizes, strict=False):
                    at = self._time(day, place)
                    offers.append(Act(at, product, draw, int(pegs[day]), sign))
                    answers.append(Act(at + _PARTNER_WAITS, product, draw, size, sign))
            pegger = Pegger(self.world, sorted(offers), year.stock, year.back, year.onward)
            partner = Partner(self.world, sorted(answers), year.stock)
            yield self._intermediary(f"pegger/{product}", "peggers", pegger)
            yield self._intermediary(f"partner/{product}", "peggers", partner)
