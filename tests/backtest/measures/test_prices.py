"""Prices: by hand, and in worlds whose figures are known exactly."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest
from numpy.random import Generator, Philox

from backtest.measures import prices
from backtest.measures.fills import Fill, prints
from backtest.measures.intervals import Estimate, estimate
from backtest.measures.spreads import Quotes
from backtest.measures.table import measure_all
from backtest.measures.tape import read
from backtest.measures.trading_costs import paid
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.events import DayClosed
from tests.support.tapes import SECOND, trading


def gate(found: Estimate, oracle: float) -> None:
    assert abs(found.mean - oracle) <= 4 * found.error, (found, oracle)


def roll_world(rng: Generator, steps: int, half_spread: float = 1.0) -> list[float]:
    """Return trade prices: a middle that is a random walk of step sd 1, trades at ± c around it."""
    middle = np.cumsum(rng.standard_normal(steps))
    return list(middle + half_spread * (2 * rng.integers(2, size=steps) - 1))


def test_rolls_world() -> None:
    """S = c = 1: spread 2c, VR(q) = (q s² + 2 c²) / (q (s² + 2 c²))."""
    spreads: list[float] = []
    ratios: dict[int, list[float]] = {2: [], 10: []}
    for seed in range(60):
        world = roll_world(Generator(Philox(key=seed)), 4_000)
        spread = prices.roll(world)
        assert spread is not None
        spreads.append(spread)
        for q, found in ratios.items():
            ratio = prices.variance_ratio(list(np.diff(world)), q)
            assert ratio is not None
            assert ratio.z < -4
            found.append(ratio.ratio)
    gate(estimate(spreads), 2)
    for q, found in ratios.items():
        gate(estimate(found), (q + 2) / (3 * q))


def test_a_random_walk_has_ratio_one_and_its_z_is_standard() -> None:
    zs, ratios = [], []
    for seed in range(300):
        rng = Generator(Philox(key=seed))
        # Volatility that changes: only the robust z stays standard.
        moves = rng.standard_normal(600) * np.where(np.arange(600) < 100, 5.0, 1.0)
        found = prices.variance_ratio(list(moves), 4)
        assert found is not None
        zs.append(found.z)
        ratios.append(found.ratio)
    gate(estimate(ratios), 1)
    assert 0.85 < np.std(zs) < 1.15


def test_a_variance_ratio_by_hand() -> None:
    # Mean 0, Σ r² = 10, n = 4; overlapping pairs: 3, 0, -3; m = 2 · 3 · (1 - 2/4) = 3.
    moves = [1.0, 2.0, -2.0, -1.0]
    found = prices.variance_ratio(moves, 2)
    assert found is not None
    assert found.ratio == pytest.approx((9 + 0 + 9) / 3 / (10 / 3))
    theta = (1 * 4 + 4 * 4 + 4 * 1) / 100
    assert found.z == pytest.approx((found.ratio - 1) / sqrt(theta))
    assert 0 < found.p < 1
    assert prices.variance_ratio([1.0, 2.0, 3.0], 2) is None
    assert prices.variance_ratio([1.0] * 9, 2) is None
    with pytest.raises(ValueError, match="at least 2"):
        prices.variance_ratio(moves, 1)


def test_roll_by_hand_and_undefined() -> None:
    # Changes 2, -2, 2, -2, so three pairs of neighbours.
    now, before = (-2, 2, -2), (2, -2, 2)
    means = (-2 / 3, 2 / 3)
    covariance = sum((x - means[0]) * (y - means[1]) for x, y in zip(now, before, strict=True)) / 2
    assert prices.roll([100, 102, 100, 102, 100]) == pytest.approx(2 * sqrt(-covariance))
    assert prices.roll([100, 101, 103, 106, 110]) is None  # a trend: the model does not hold
    assert prices.roll([100, 100, 100, 100, 100]) is None
    assert prices.roll([100, 102]) is None


def test_the_venue_trades_in_rolls_world() -> None:
    """The measures of a tape are those of its prices: quotes at the middle ± 5, sides drawn."""
    tape = trading()
    rng = Generator(Philox(key=9))
    middle, made = 5_000, []
    for step in range(300):
        tape.at(step)
        middle += int(rng.integers(-8, 9))
        quotes = (tape.buy("ann", 1, middle - 5), tape.sell("ann", 1, middle + 5))
        buys = bool(rng.integers(2))
        made.append(middle + 5 if buys else middle - 5)
        (tape.buy if buys else tape.sell)("bob", 1, made[-1])
        tape.cancel("ann", quotes[not buys])
    tape.phase(Phase.CLOSED)
    names = ("roll", "variance ratio", "effective spread")
    found = measure_all(tape.entries, {}, names)
    ratio = prices.variance_ratio(prices.returns(made), 2)
    assert ratio is not None
    assert found == {
        "roll": prices.roll(made),
        "variance ratio": ratio.ratio,
        "effective spread": None,  # no quote stands a minute later
    }


def test_price_error_and_smiths_alpha() -> None:
    assert prices.price_error([9, 12, 15], 10) == pytest.approx((sqrt(30 / 3), 8 / 3, 2))
    assert prices.price_error([9, 12], [10, 11]) == pytest.approx((1, 1, 0))
    assert prices.smiths_alpha([9, 12, 15], 10) == pytest.approx(10 * sqrt(10))
    assert prices.price_error([], 10) is None
    assert prices.smiths_alpha([], 10) is None


def test_a_fundamental_that_moves() -> None:
    tape = trading()
    for second, price in ((1, 4_990), (2, 5_020), (3, 5_020)):
        tape.at(second).sell("ann", 1, price)
        tape.buy("bob", 1, price)
    names = ("price rmse", "price mad", "price bias")
    found = measure_all(tape.entries, {}, names, fundamental=lambda ns: 5_000 + ns / 1e8)
    gaps = (-20, 0, -10)
    assert list(found.values()) == pytest.approx([sqrt(500 / 3), 10, sum(gaps) / 3])


def test_a_call_makes_one_price() -> None:
    in_call = [Fill(7, "A", "x", "y", 50, tonnes, None) for tonnes in (3, 4)]
    one_by_one = [Fill(9, "A", "x", "y", 51, tonnes, Side.BUY) for tonnes in (1, 2)]
    assert prints(in_call + one_by_one) == [(7, "A", 50, 7), (9, "A", 51, 1), (9, "A", 51, 2)]


def test_the_last_price_on_a_grid() -> None:
    rows = [(10, 100), (12, 101), (25, 102)]
    assert prices.sampled(rows, 0, 40, 10) == [100, 101, 102, 102]
    with pytest.raises(ValueError, match="above 0"):
        prices.sampled(rows, 0, 40, 0)


def test_realised_volatility_on_the_grid() -> None:
    tape = trading()
    for second, price in ((0, 5_000), (30, 9_000), (60, 5_100), (120, 5_050)):
        tape.at(second).sell("ann", 1, price)
        tape.buy("bob", 1, price)
    expected = sqrt(log(5_100 / 5_000) ** 2 + log(5_050 / 5_100) ** 2)
    assert measure_all(tape.entries, {}, ["volatility"])["volatility"] == pytest.approx(expected)
    assert prices.realised_volatility([0.3, -0.4]) == pytest.approx(0.5)
    assert prices.realised_volatility([]) is None


def test_amihud_counts_days_that_traded() -> None:
    assert prices.amihud([(0.01, 2e6), (-0.03, 1e6), (0.5, 0)]) == pytest.approx(0.0175)
    assert prices.amihud([(0.5, 0)]) is None


def test_a_line_through_points() -> None:
    assert prices.slope([1, 2, 4], [3, 5, 9]) == pytest.approx(2)
    assert prices.slope([1, 1], [3, 5]) is None
    assert prices.slope([], []) is None


def test_autocorrelation() -> None:
    assert prices.autocorrelation([1, -1, 1, -1]) == pytest.approx(-0.75)
    assert prices.autocorrelation([1, 1, 1, 1]) is None
    assert prices.autocorrelation([1, 2]) is None


def bar(high: float, low: float, close: float, trades: int = 5) -> DayClosed:
    return DayClosed("A", 0, round(high), round(low), round(close), trades, 0, trades)


def test_spreads_from_bars() -> None:
    """Days whose price stands still: the range is the spread alone, closes are at its ends."""
    spread = 0.02
    high, low = 1e6 * exp(spread / 2), 1e6 * exp(-spread / 2)
    bars = [bar(high, low, high if day % 2 else low) for day in range(10)]
    assert prices.corwin_schultz(bars) == pytest.approx(spread, rel=1e-3)
    flat = [bar(high, low, high) for _ in range(9)]
    assert prices.abdi_ranaldo(flat) == pytest.approx(spread, rel=1e-3)
    assert prices.corwin_schultz([bar(high, low, high, 0)] * 3) is None
    assert prices.abdi_ranaldo(flat[:1]) is None


@pytest.mark.parametrize("spread", [20, 60, 120])
def test_glosten_and_milgrom(spread: int) -> None:
    """A share a = .3 knows the value, which lies 100 above or below 5,000: impact a x 200.

    A maker who quotes that spread breaks even: what it realises is its spread less the impact. Each
    round the maker quotes, one trades who knows, or one who does not on a side drawn at random;
    then the value is known and is the middle.
    """
    share, rounds, middle, far = 0.3, 600, 5_000, 100
    tape = trading(names=("maker", "taker"))
    rng = Generator(Philox(key=spread))
    half = spread // 2
    for step in range(rounds):
        tape.at(10 * step)
        quotes = tape.buy("maker", 2, middle - half), tape.sell("maker", 2, middle + half)
        rises = bool(rng.integers(2))
        buys = rises if rng.random() < share else bool(rng.integers(2))
        tape.at(10 * step + 1)
        (tape.buy if buys else tape.sell)("taker", 1, middle + (half if buys else -half))
        for ref in quotes:
            tape.cancel("maker", ref)
        worth = middle + (far if rises else -far)
        quotes = tape.buy("maker", 1, worth - 5), tape.sell("maker", 1, worth + 5)
        tape.at(10 * step + 9)
        for ref in quotes:
            tape.cancel("maker", ref)
    read_quotes = Quotes()
    read(tape.entries, read_quotes)
    rows = [paid([deal], read_quotes.histories, SECOND) for deal in read_quotes.deals]
    assert len(rows) == rounds
    assert {row.effective for row in rows} == {spread}
    assert all(row.effective == row.realised + row.impact for row in rows)
    gate(estimate([row.impact for row in rows]), share * 2 * far)
    gate(estimate([row.realised for row in rows]), spread - share * 2 * far)
