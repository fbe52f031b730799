"""A side of the book against a plain sorted dict, over prices near and far, few and many."""

from __future__ import annotations

from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book.levels import (
    FEW_LEVELS,
    KEEP_LEVELS,
    KEEP_PAGES,
    MANY_LEVELS,
    NO_KEY,
    PAGE_SIZE,
    BookSide,
)
from engine.book.orders import Order, Seat
from engine.vocabulary.enums import Side
from engine.vocabulary.units import MAX_PRICE

BOTH = pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name.lower())
SEAT: Final = Seat.__new__(Seat)  # the book never looks inside
SIGNS: Final = {Side.BUY: -1, Side.SELL: 1}


class Model:
    """What a side should be: queues by price, and nothing clever."""

    def __init__(self, side: Side) -> None:
        self.sign = SIGNS[side]
        self.side = side
        self.tested = BookSide(self.sign)
        self.queues: dict[int, list[Order]] = {}
        self.number = 0

    def best(self) -> int:
        return min((price * self.sign for price in self.queues), default=NO_KEY)

    def rest(self, price: int, quantity: int) -> None:
        self.number += 1
        order = Order(SEAT, self.number, self.side, price, quantity, quantity, quantity)
        queue = self.queues.setdefault(price, [])
        queue.append(order)
        assert self.tested.rest(order) == sum(each.shown for each in queue)

    def remove(self, price: int, place: int) -> None:
        queue = self.queues[price]
        order = queue.pop(place % len(queue))
        assert self.tested.remove(order) == sum(each.shown for each in queue)
        if not queue:
            del self.queues[price]

    def any_price(self, draw: int) -> int:
        return sorted(self.queues)[draw % len(self.queues)]

    def search(self) -> None:
        best = self.best()
        assert self.tested.search() == self.tested.best == best
        level = self.tested.top()
        if best == NO_KEY:
            assert level is None
        else:
            assert level is not None
            assert level.price == best * self.sign
            assert level.head is self.queues[level.price][0]

    def check(self) -> None:
        """Let the side check itself, then what only the model knows; neither makes it search."""
        self.tested.check()
        assert self.tested.best <= self.best()
        shown = {price: self.tested.shown_at(price) for price in self.tested.levels}
        assert shown == {price: sum(o.shown for o in q) for price, q in self.queues.items()}


PRICES: Final = st.one_of(
    st.integers(1, 8),
    st.integers(PAGE_SIZE - 4, PAGE_SIZE + 4),
    st.integers(1, 10 * PAGE_SIZE),
    st.integers(1, MAX_PRICE),
)
ACTIONS: Final = (
    *("rest",) * 6, *("any",) * 3, *("best",) * 4, "bound", "bound", "reached", "reached",
    "search", "walk", "fill", "drain", "asked",
)  # fmt: skip
LOOKS: Final = ("search", "asked", "reached", "walk")
STRIDES: Final = (1, 60, 1_000, PAGE_SIZE, 3 * PAGE_SIZE)
STEPS: Final = st.lists(
    st.tuples(st.sampled_from(ACTIONS), PRICES, st.integers(0, 90)), max_size=60
)


def play(model: Model, action: str, price: int, draw: int) -> None:
    """Do one step; where there is nothing to take away, an order rests instead."""
    if action == "any" and model.queues:
        model.remove(model.any_price(draw), draw)
    elif action == "best" and model.queues:
        model.remove(model.best() * model.sign, 0)
    elif action == "bound" and model.tested.best != NO_KEY:  # where the last best level was
        model.rest(model.tested.best * model.sign, draw + 1)
    elif action == "fill":  # more levels than are looked at one by one
        step = STRIDES[draw % len(STRIDES)]
        for place in range(MANY_LEVELS + 10):
            model.rest(price + place * step, 1)
    elif action == "drain":  # and few again, with one of every so many left
        for place, each in enumerate(list(model.queues)):
            while place % (2 + draw) and each in model.queues:
                model.remove(each, draw)
    elif action in LOOKS:
        look(model, action, price, draw)
    else:
        model.rest(price, draw + 1)
    model.check()


def look(model: Model, action: str, price: int, draw: int) -> None:
    """Ask something of a side."""
    if action == "search":
        model.search()
    elif action == "asked" and model.queues:
        queue = model.queues[model.any_price(draw)]
        level = model.tested.level_of(queue[-1])
        assert (level.price, level.head) == (queue[0].price, queue[0])
    elif action == "reached":
        best = model.best()
        key = (price * model.sign, best - 1, best)[draw % 3]
        assert model.tested.reached(key) == (best <= key)
    elif action == "walk":
        keys = sorted(price * model.sign for price in model.queues)
        assert [level.price * model.sign for level in model.tested.walk()] == keys


@BOTH
@given(steps=STEPS)
def test_a_side_is_what_a_sorted_dict_says(side: Side, steps: list[tuple[str, int, int]]) -> None:
    model = Model(side)
    for step in steps:
        play(model, *step)
    model.search()
    play(model, "walk", 1, 0)


@BOTH
@pytest.mark.parametrize("spread", [100, 3_000, 300_000])
@pytest.mark.parametrize("seed", range(2))
def test_a_side_that_grows_and_shrinks_is_too(side: Side, spread: int, seed: int) -> None:
    """Now many levels, now few, over one page, two, and many."""
    rng = Random(f"{side} {spread} {seed}")
    model = Model(side)
    sizes = []
    for step in range(1_700):
        grows = step % 850 < 250
        if rng.random() < (0.7 if grows else 0.1):
            action = "rest"
        else:
            action = rng.choice(
                (*("any",) * 2, *("best",) * 3, "bound", "reached", "search", "walk")
            )
        play(model, action, 400_000 + rng.randint(-spread, spread), rng.randrange(50))
        sizes.append(len(model.queues))
    assert max(sizes[:250]) > MANY_LEVELS
    assert min(sizes[250:850]) < FEW_LEVELS
    assert max(sizes[850:]) > MANY_LEVELS


@BOTH
def test_no_search_where_the_bound_already_says_that_an_order_rests(side: Side) -> None:
    model = Model(side)
    sign = model.sign
    for price in (50_000, 50_000 + 9_000 * sign):
        model.rest(price, 5)
    model.remove(50_000, 0)
    assert not model.tested.reached((50_000 - sign) * sign)
    assert model.tested.best == 50_000 * sign, "nobody reached the bound, and yet it searched"
    assert not model.tested.reached(50_000 * sign)
    assert model.tested.best == model.best() == 50_000 * sign + 9_000
    model.check()


@BOTH
def test_a_side_that_was_deep_keeps_little_of_it(side: Side) -> None:
    """What a search among few levels reads, and what is kept for new ones, is small again."""
    model = Model(side)
    for place in range(20 * KEEP_LEVELS):
        model.rest(1 + 7 * place, 1)
    model.search()
    for price in list(model.queues)[10:]:
        model.remove(price, 0)
    deep = model.tested.levels.__sizeof__()
    model.remove(model.best() * model.sign, 0)
    model.search()
    model.check()
    assert model.tested.levels.__sizeof__() < deep / 20
    assert model.tested._made - len(model.tested.levels) <= KEEP_LEVELS


def broken(side: BookSide, how: str) -> None:
    """Break one invariant of a side: two orders at 100, the best, and one each at 200 and 300."""
    level = side.top()
    alone = side.levels[200]
    assert level is not None
    assert isinstance(alone, Order)
    if how == "bound":
        side.best += 1
    elif how == "level":
        side.best_level = alone
    elif how == "page":
        side._mark()
        side._pages.clear()
        side._numbers.clear()
    elif how == "mark":
        side._mark()
        side._pages[0][200] = 0
    elif how == "free":
        side._spare = level
    elif how == "lost":
        side._made += 1
    elif how == "price":
        alone.price = 201
    elif how == "alone":
        alone.level = level
    elif how == "neighbour":
        alone.before = level.head
    elif how == "hides":
        alone.shown -= 1
    else:
        level.quantity += 1


@pytest.mark.parametrize(
    "how",
    ["bound", "level", "page", "mark", "free", "lost", "price", "alone", "neighbour", "hides",
     "sum"],
)  # fmt: skip
def test_check_sees_what_is_broken(how: str) -> None:
    model = Model(Side.SELL)
    for price in (100, 100, 200, 300):
        model.rest(price, 5)
    model.search()
    model.check()
    broken(model.tested, how)
    with pytest.raises(AssertionError):
        model.tested.check()


@BOTH
def test_an_order_that_is_alone_stands_for_its_level(side: Side) -> None:
    """Its level is made when somebody asks for it, and by looking on nothing changes."""
    model = Model(side)
    model.rest(100, 5)
    assert model.tested.search() == 100 * model.sign
    order = model.queues[100][0]
    assert model.tested.levels == {100: order}
    assert [(level.price, level.quantity, level.head) for level in model.tested.walk()] == [
        (100, 5, order)
    ]
    assert model.tested.levels == {100: order}
    assert model.tested.rests(order)
    level = model.tested.level_of(order)
    assert model.tested.levels == {100: level}
    assert model.tested.best_level is model.tested.top() is level
    assert model.tested.level_of(order) is level
    assert model.tested.rests(order)
    model.check()
    model.remove(100, 0)
    assert not model.tested.rests(order)
    assert model.tested.shown_at(100) == 0
    with pytest.raises((AssertionError, KeyError)):
        model.tested.remove(order)
    model.rest(100, 5)
    assert not model.tested.rests(order), "another order is alone there"
    with pytest.raises(AssertionError):
        model.tested.level_of(order)


@BOTH
def test_pages_that_were_emptied_are_swept_and_those_in_use_stay(side: Side) -> None:
    """A price that wanders over many pages keeps a few of them."""
    model = Model(side)
    for place in range(MANY_LEVELS + 2):
        model.rest(1 + place, 1)
    model.remove(model.best() * model.sign, 0)
    model.search()
    assert model.tested._marks
    for number in range(1, 6 * KEEP_PAGES):
        price = number * PAGE_SIZE
        model.rest(price, 1)
        model.search()
        model.remove(price, 0)
        assert len(model.tested._pages) <= KEEP_PAGES + 1
        if number < KEEP_PAGES // 2:
            assert len(model.tested._pages) > number, "an empty page stays while they are few"
    model.check()
    for number in range(1, 3 * KEEP_PAGES):  # more in use than are kept
        model.rest(number * PAGE_SIZE, 1)
    model.search()
    model.check()
    assert len(model.tested._pages) >= 3 * KEEP_PAGES - 1
