"""A small market that writes LOBSTER files: a book of its own, kept as simply as can be."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

LEVELS = 5
OPEN = 34_200  # seconds after midnight


class _Order(NamedTuple):
    number: int
    price: int
    size: int


class Market:
    """Random messages on a book whose orders stand in lists, first come first."""

    def __init__(self, seed: int, before: int = 40) -> None:
        self.rng = random.Random(seed)
        self.sides: dict[int, list[_Order]] = {1: [], -1: []}
        self.last = 0
        self.time = 0
        self.messages: list[str] = []
        self.books: list[str] = []
        for _ in range(before):
            self._new()

    def write(self, count: int, folder: Path) -> tuple[Path, Path]:
        """Write so many messages and the book after each."""
        while len(self.messages) < count:
            self.time += self.rng.choice((0, 1_000, 2_345_678))
            self._step()
        paths = folder / "message.csv", folder / "orderbook.csv"
        for path, lines in zip(paths, (self.messages, self.books), strict=True):
            path.write_text("\n".join(lines) + "\n", encoding="ascii")
        return paths

    def _new(self) -> _Order:
        side = self.rng.choice((1, -1))
        others = [order.price for order in self.sides[-side]]
        best = (min(others) if side == 1 else max(others)) if others else 1_000_000
        price = best - side * 100 * self.rng.randrange(1, 12)
        self.last += 1
        order = _Order(self.last, price, self.rng.randrange(1, 9) * 100)
        self.sides[side].append(order)
        self.sides[side].sort(key=lambda each: -side * each.price)  # stable: first come first
        self.side = side
        return order

    def _step(self) -> None:
        side = self.rng.choice((1, -1))
        orders = self.sides[side]
        what = self.rng.random()
        if what < 0.5 or len(orders) < 3:
            order = self._new()
            self._say(1, order.number, order.size, order.price, self.side)
        elif what < 0.6:
            self._say(5, 0, 100, orders[0].price, side)
        elif what < 0.62:
            self._say(7, 0, 0, -1, -1)  # halted
            self._say(7, 0, 0, 1, -1)  # trading again
        elif what < 0.8:
            first = orders[0]
            taken = self.rng.randrange(1, first.size + 1)
            self._less(side, 0, taken)
            self._say(4, first.number, taken, first.price, side)
        else:
            place = self.rng.randrange(len(orders))
            order = orders[place]
            taken = order.size if self.rng.random() < 0.7 else self.rng.randrange(1, order.size + 1)
            self._less(side, place, taken)
            kind = 3 if taken == order.size else 2
            self._say(kind, order.number, taken, order.price, side)

    def _less(self, side: int, place: int, taken: int) -> None:
        orders = self.sides[side]
        left = orders[place].size - taken
        if left:
            orders[place] = orders[place]._replace(size=left)
        else:
            del orders[place]

    def _say(self, kind: int, number: int, size: int, price: int, side: int) -> None:
        seconds = f"{OPEN + self.time // 10**9}.{self.time % 10**9:09d}"
        self.messages.append(f"{seconds},{kind},{number},{size},{price},{side}")
        levels: dict[int, dict[int, int]] = {}
        for each, orders in self.sides.items():
            sizes = levels[each] = {}
            for order in orders:
                sizes[order.price] = sizes.get(order.price, 0) + order.size
        row: list[int] = []
        for level in range(LEVELS):
            for each, nothing in ((-1, 9_999_999_999), (1, -9_999_999_999)):
                found = [*levels[each].items()]
                row += found[level] if level < len(found) else (nothing, 0)
        self.books.append(",".join(map(str, row)))
