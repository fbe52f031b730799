"""1.1, 1.9, 1.12 and 1.13: the truthful call, least-cost abatement, measures, negative controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator, Philox

from backtest.lab.abatement import Abatement
from backtest.lab.schedules import UniformValues
from backtest.measures import prices
from backtest.measures.fills import fills
from backtest.measures.table import GROUPS
from carbonx import lab
from tests.oracles.rows import ROOT, TEXTBOOK, Row, row, runs
from tests.support.designs import in_one_call, measures

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL = in_one_call(TEXTBOOK)
CENTS = 100
SCALE = 50  # tonnes in one unit of the abatement market: lots are fine


def truthful_call(size: int) -> Iterator[Row]:
    """1.1: the truthful call: surplus, trades, and the interval in which its price lies."""
    for buyers, sellers in ((10, 10), (10, 5)):
        market = UniformValues(buyers, sellers)
        surplus, trades, lows, highs, inside = [], [], [], [], []
        for outcome in runs(market, 100 * size, CALL):
            pooled = sorted(value for p in outcome.people for value in (*p.worth, *p.costs))
            low, high = pooled[buyers - 1], pooled[buyers]
            found = measures(outcome)
            surplus.append((found["surplus"] or 0.0) / market.scale)
            trades.append(found["volume"] or 0.0)
            lows.append(low / market.scale)
            highs.append(high / market.scale)
            inside += [float(low <= fill.price <= high) for fill in fills(outcome.tape)]
        both, more = buyers * sellers, buyers + sellers + 1
        name = f"({buyers}, {sellers})"
        yield row(f"1.1 surplus {name}", both / (2 * more), 0.0, surplus)
        yield row(f"1.1 trades {name}", both / (more - 1), 0.0, trades)
        yield row(f"1.1 interval from {name}", buyers / more, 0.0, lows)
        yield row(f"1.1 interval to {name}", (buyers + 1) / more, 0.0, highs)
        yield Row(f"1.1 prices inside it {name}", 1, 0.0, sum(inside) / len(inside), 0.0)


def abatement(_size: int) -> Iterator[Row]:
    """1.9: a call with fine lots, within one lot of each firm and one tick."""
    market = Abatement(scale=SCALE)
    (outcome,) = runs(market, 1, CALL)
    trades = fills(outcome.tape)
    volume = sum(fill.quantity for fill in trades)
    price = sum(fill.price * fill.quantity for fill in trades) / volume / CENTS
    unit = 4 * SCALE  # a gate is four errors
    yield Row("1.9 price", 30.379747, 0.25 / CENTS, price, 0.0)
    yield Row("1.9 volume", 21.1392, len(market.slopes) / unit, volume / SCALE, 0.0)
    saved = 100 * (1 - market.cost(trades, CENTS) / market.least(CENTS).alone)
    yield Row("1.9 saved, %", 25.6006, 0.0001, saved, 0.0)


def identities(size: int) -> Iterator[Row]:
    """1.12: Roll's world, and what adds up."""
    spreads: list[float] = []
    ratios: dict[int, list[float]] = {2: [], 10: []}
    for seed in range(60 * size):
        draws = Generator(Philox(key=ROOT + seed))
        middle = np.cumsum(draws.standard_normal(4_000))
        world = list(middle + 2 * draws.integers(2, size=len(middle)) - 1)
        spreads.append(prices.roll(world) or 0.0)
        for q, found in ratios.items():
            ratio = prices.variance_ratio(list(np.diff(world)), q)
            found.append(ratio.ratio if ratio else 0.0)
    yield row("1.12 Roll's spread, c = 1", 2, 0.0, spreads)
    for q, known in ((2, 2 / 3), (10, 0.4)):
        yield row(f"1.12 VR({q})", known, 0.0, ratios[q])
    names = ("effective spread", "realised spread", "price impact", "surplus", GROUPS)
    study = lab.compare(TEXTBOOK, market=UniformValues(40, 40), seeds=10 * size, measures=names)
    (label,) = study.points
    spread, later, impact = (study.values(label, name) for name in names[:3])
    apart = max(abs(spread[seed] - later[seed] - impact[seed]) for seed in spread)
    yield Row("1.12 effective - realised - impact", 0, 2.5e-13 * max(spread.values()), apart, 0.0)
    groups = [study.values(label, name) for name in study.names if name.startswith("surplus of ")]
    total = study.values(label, "surplus")
    left = max(abs(total[seed] - sum(each[seed] for each in groups)) for seed in total)
    yield Row("1.12 surplus less that of groups", 0, 0.0, left, 0.0)


def controls(size: int) -> Iterator[Row]:
    """1.13: a design against itself, and workers. Names and constants: ``test_controls``."""
    market = UniformValues(20, 20)
    twice = {"A": TEXTBOOK, "A again": TEXTBOOK}
    study = lab.compare(twice, market=market, seeds=5 * size)
    apart = [
        abs(study.values("A", name)[seed] - value)
        for name in study.names
        for seed, value in study.values("A again", name).items()
    ]
    yield Row("1.13 A against A", 0, 0.0, max(apart), 0.0)
    other = lab.compare(twice, market=market, seeds=5 * size, jobs=2)
    yield Row("1.13 one worker or two", 1, 0.0, float(other.digest == study.digest), 0.0)
