"""A side of the book against a plain sorted dict, over prices near and far."""

from __future__ import annotations

from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book.levels import FEW_LEVELS, NO_KEY, BookSide
from engine.book.orders import Order, Seat
from engine.vocabulary.enums import Side
from engine.vocabulary.units import MAX_PRICE

SEAT: Final = Seat.__new__(Seat)  # the book never looks inside
SIGNS: Final = {Side.BUY: -1, Side.SELL: 1}


class Model:
    """What a side should be: queues by price, and nothing clever."""

    def __init__(self, side: Side) -> None:
        self.sign = SIGNS[side]
        self.side = side
        self.book = BookSide(self.sign)
        self.queues: dict[int, list[Order]] = {}
        self.number = 0

    def best(self) -> int:
        return min((price * self.sign for price in self.queues), default=NO_KEY)

    def rest(self, price: int, quantity: int) -> None:
        self.number += 1
        order = Order(SEAT, self.number, self.side, price, quantity, quantity, quantity)
        queue = self.queues.setdefault(price, [])
        queue.append(order)
        assert self.book.rest(order) == sum(each.shown for each in queue)

    def remove(self, price: int, place: int) -> None:
        queue = self.queues[price]
        order = queue.pop(place % len(queue))
        left = sum(each.shown for each in queue)
        assert self.book.remove(order) == left
        if not queue:
            del self.queues[price]

    def search(self) -> None:
        best = self.best()
        assert self.book.search() == best
        level = self.book.best_level
        if best == NO_KEY:
            assert level is None
        else:
            assert level is not None
            assert level.price == best * self.sign
            assert level.head is self.queues[level.price][0]

    def reached(self, key: int) -> None:
        assert self.book.reached(key) == (self.best() <= key)

    def walk(self) -> None:
        prices = sorted(self.queues, key=lambda price: price * self.sign)
        assert [level.price for level in self.book.walk()] == prices

    def check(self) -> None:
        self.book.check()
        assert self.book.best <= self.best()
        assert len(self.book.levels) == len(self.queues)


PRICES: Final = st.one_of(
    st.integers(1, 8), st.integers(4_090, 4_100), st.integers(1, 40_000),
    st.integers(1, MAX_PRICE),
)  # fmt: skip
STEPS: Final = st.lists(
    st.tuples(st.sampled_from("rrrrrrxxxxxbbbsqw"), PRICES, st.integers(0, 50)), max_size=120
)


def play(model: Model, what: str, price: int, draw: int) -> None:
    """Do one step: rest, remove any, remove at the best, search, ask whether reached, walk."""
    if what == "x" and model.queues:
        prices = sorted(model.queues)
        model.remove(prices[draw % len(prices)], draw)
    elif what == "b" and model.queues:
        model.remove(model.best() * model.sign, 0)
    elif what == "s":
        model.search()
    elif what == "q":
        model.reached(price * model.sign)
    elif what == "w":
        model.walk()
    else:
        model.rest(price, draw + 1)
    model.check()


@pytest.mark.parametrize("side", list(Side))
@given(steps=STEPS)
def test_a_side_is_what_a_sorted_dict_says(side: Side, steps: list[tuple[str, int, int]]) -> None:
    model = Model(side)
    for step in steps:
        play(model, *step)
    model.search()


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("spread", [30, 3_000, 300_000])
@pytest.mark.parametrize("seed", range(3))
def test_a_book_of_many_levels_is_too(side: Side, spread: int, seed: int) -> None:
    """More levels than are looked at one by one, over one page, several, and many."""
    rng = Random(f"{side} {spread} {seed}")
    model = Model(side)
    most = 0
    for _ in range(1_500):
        grows = len(model.queues) < 4 * FEW_LEVELS and rng.random() < 0.6
        what = "r" if grows else rng.choice("xbbbsqqw")
        price = 400_000 + rng.randint(-spread, spread)
        play(model, what, price, rng.randrange(50))
        most = max(most, len(model.queues))
    assert most > min(FEW_LEVELS, spread), "a flow that never needs the pages"
