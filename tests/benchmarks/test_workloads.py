"""The workloads are what their description says: counted, not trusted."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from random import Random
from typing import Final

import pytest

from benchmarks.messages import AMEND, CANCEL, ENDED, FILL, NEW, REJECTED, RESTS
from benchmarks.reference import ReferenceBook
from benchmarks.workloads import SHAPES, Shape, Workload, far, generate
from engine.vocabulary.enums import Side

COUNT: Final = 30_000


@cache
def made(shape: Shape) -> Workload:
    return generate(shape, COUNT)


def played(workload: Workload) -> tuple[ReferenceBook, list[int]]:
    """Play a workload; return the book and the number of levels after every 100 messages."""
    book = ReferenceBook()
    for message in workload.opening:
        book.handle(message)
    book.reports = []
    levels = []
    for number, message in enumerate(workload.messages):
        book.handle(message)
        if not number % 100:
            levels.append(len(book.prices[Side.BUY]) + len(book.prices[Side.SELL]))
    return book, levels


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_mix_of_messages(shape: Shape) -> None:
    workload = made(shape)
    new = [m for m in workload.messages if m[0] == NEW]
    resting = [m for m in new if not m[5]]
    amends = sum(m[0] == AMEND for m in workload.messages)
    cancels = sum(m[0] == CANCEL for m in workload.messages)
    book, _ = played(workload)
    gone = sum(r[0] == REJECTED for r in book.reports)
    assert 1 - len(resting) / len(new) == pytest.approx(0.15, abs=0.015)
    assert amends / len(resting) == pytest.approx(0.20, abs=0.02)
    assert cancels / len(resting) == pytest.approx(0.95, abs=0.06)
    assert gone / (amends + cancels) == pytest.approx(0.02, abs=0.01)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_most_amendments_reprice_by_one_tick(shape: Shape) -> None:
    workload = made(shape)
    price: dict[int, int] = {}
    steps = []
    for what, number, _, at, _, _ in [*workload.opening, *workload.messages]:
        if what == AMEND:
            steps.append(abs(at - price[number]))
        if what in {NEW, AMEND}:
            price[number] = at
    assert max(steps) == 1
    assert sum(steps) / len(steps) == pytest.approx(0.8, abs=0.05)


def test_the_size_and_the_fills_of_each_shape() -> None:
    for shape in SHAPES:
        workload = made(shape)
        book, levels = played(workload)
        fills = sum(r[0] == FILL for r in book.reports)
        orders = sum(m[0] == NEW for m in workload.messages)
        typical = sorted(levels)[len(levels) // 2]
        if shape.static:
            assert fills == 0
            assert len(book.live) > len(workload.opening) == shape.resting
            assert typical == shape.levels
        else:
            assert len(book.live) == pytest.approx(shape.resting, rel=0.2)
            assert typical == pytest.approx(shape.levels, rel=0.35)
            assert fills / orders == pytest.approx(0.06, rel=0.5)


@pytest.mark.parametrize(
    "shape", [s for s in SHAPES if s.name.startswith("volatile")], ids=lambda shape: shape.name
)
def test_on_volatile_days_levels_appear_and_vanish(shape: Shape) -> None:
    book = ReferenceBook()
    for message in made(shape).opening:
        book.handle(message)
    rests = fresh = 0
    for message in made(shape).messages:
        what, number, side, price, _, _ = message
        had = price in book.queues[side]
        book.reports.clear()
        book.handle(message)
        if what == NEW and number in book.live and book.reports[-1][0] == RESTS:
            rests += 1
            fresh += not had
    assert fresh / rests > 0.8


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.wide], ids=lambda shape: shape.name)
def test_on_wide_days_levels_lie_far_apart_and_the_price_swings(shape: Shape) -> None:
    workload = made(shape)
    book = ReferenceBook()
    for message in workload.opening:
        book.handle(message)
    rests = fresh = cancels = best_cancels = 0
    gaps, middles = [], []
    for message in workload.messages:
        what, number, side, price, _, _ = message
        had = price in book.queues[side]
        if what == CANCEL and number in book.live:
            cancels += 1
            best_cancels += book.live[number].price == book.best(side)
        book.handle(message)
        if what == NEW and number in book.live:
            rests += 1
            fresh += not had
        bids, asks = book.prices[Side.BUY], book.prices[Side.SELL]
        if len(bids) > 1 and len(asks) > 1:
            gaps += [asks[1] - asks[0], bids[-1] - bids[-2]]
            middles.append((asks[0] + bids[-1]) / 2)
    assert fresh / rests > 0.98, "nearly every new order has a price of its own"
    assert best_cancels / cancels > 0.85, "nearly every cancel takes the best level away"
    assert sum(gap > 4_096 for gap in gaps) / len(gaps) > 0.05, "the next level lies pages away"
    middles.sort()
    low, high = middles[len(middles) // 100], middles[-len(middles) // 100]
    assert (high - low) / shape.base > (0.3 if shape.swing else 0.5)


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.wide], ids=lambda shape: shape.name)
def test_distances_on_wide_days_follow_the_power_law(shape: Shape) -> None:
    """Twice the distance is exceeded 2 ** 1.2 times less often: a density of exponent 2.2."""
    rng = Random(7)
    drawn = [far(shape, rng.random()) for _ in range(40_000)]
    beyond = [sum(each > shape.least * 2**k for each in drawn) for k in range(4)]
    for more, less in pairwise(beyond):
        assert more / less == pytest.approx(2**1.2, rel=0.1)


def test_a_crash_sweeps_many_levels_at_once() -> None:
    workload = made(next(s for s in SHAPES if s.crash))
    book, _ = played(workload)
    longest = run = 0
    prices = []
    for report in book.reports:
        run = run + 1 if report[0] == FILL else 0
        longest = max(longest, run)
        if report[0] in {RESTS, ENDED}:
            prices.append(report[2])
    assert longest >= 10
    assert min(prices) < 0.95 * prices[0]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_same_seed_gives_the_same_messages(shape: Shape) -> None:
    assert generate(shape, 2_000) == generate(shape, 2_000)
    assert generate(shape, 2_000).messages != generate(shape, 2_000, seed=8).messages
