"""Each exchange's ladder a second time, written from the table in ``docs/rules.md`` alone.

Every valid price is looked at one by one, and each exchange has its own function in the words of
its source; no step is shared with the engine. ``test_ladders.py`` compares some books, and

    python -m tests.engine.matching.ladders --books 100000

compares so many random ones under every ladder.
"""

from __future__ import annotations

import sys
import time
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import click

from engine.matching.call_price import Grid, Sides, cross
from engine.rulebook.ladders import PRICE_RULES

if TYPE_CHECKING:
    from collections.abc import Callable

Orders = list[tuple[int, int]]  # (limit, 0 for none; tonnes)
Rows = tuple[tuple[int, int], ...]
Outcome = tuple[int, int, int]  # price, volume, surplus
TABLES: tuple[Rows, ...] = (
    ((0, 1),),
    ((0, 5),),
    ((0, 1), (100, 5)),
    ((0, 5), (100, 10)),
    ((0, 2), (96, 4), (104, 8)),
    ((0, 10), (105, 5)),
    ((0, 4), (90, 3)),
)


class Price(NamedTuple):
    """What one price gives."""

    price: int
    demand: int
    supply: int
    bids_better: int  # market bids and bids above
    asks_better: int
    has_limit: bool

    @property
    def volume(self) -> int:
        return min(self.demand, self.supply)

    @property
    def surplus(self) -> int:
        return self.demand - self.supply

    @property
    def left(self) -> int:
        return abs(self.demand - self.supply)


class Book:
    """A call: orders, the prices that are valid, and a reference that may be 0 or off the tick."""

    def __init__(self, rng: Random) -> None:
        self.rows = rng.choice(TABLES)
        valid = [p for p in range(60, 141) if self.valid(p)]
        middle = rng.randrange(len(valid))
        near = valid[max(0, middle - 6) : middle + 7]
        shape = rng.choice(("mixed", "mixed", "mixed", "limits", "market", "apart", "one-sided"))
        sizes = rng.choice(((1, 2), (1, 9), (5, 5)))

        def orders(prices: list[int], market: float, most: int) -> Orders:
            drawn = rng.randint(0 if most < 9 else 1, most)
            return [
                (0 if rng.random() < market else rng.choice(prices), rng.randint(*sizes))
                for _ in range(drawn)
            ]

        half = len(near) // 2 or 1
        if shape == "market":
            self.bids, self.asks = orders(near, 1.0, 3), orders(near, 1.0, 3)
        elif shape == "apart":
            self.bids = orders(near[:half], 0.5, 4)
            self.asks = orders(near[half:] or near, 0.5, 4)
        elif shape == "one-sided":
            self.bids, self.asks = orders(near, 0.2, 9), orders(near, 0.2, 2)
            if rng.random() < 0.5:
                self.bids, self.asks = self.asks, self.bids
        else:
            market = 0.0 if shape == "limits" else 0.2
            self.bids, self.asks = orders(near, market, 6), orders(near, market, 6)
        self.given = rng.choice((0, rng.choice(near), rng.randint(near[0] - 8, near[-1] + 8)))
        self.reference = self.snapped(self.given) if self.given else 0
        self.limits = sorted({limit for limit, _ in self.bids + self.asks if limit})

    def valid(self, price: int) -> bool:
        return price % [step for start, step in self.rows if start <= price][-1] == 0

    def up(self, price: int) -> int:
        while not self.valid(price):
            price += 1
        return price

    def down(self, price: int) -> int:
        while not self.valid(price):
            price -= 1
        return price

    def snapped(self, price: float) -> int:
        """Return the nearest valid price, the higher of two."""
        below, above = self.down(int(price)), self.up(-int(-price // 1))
        return above if above - price <= price - below else below

    def at(self, price: int) -> Price:
        bids, asks = self.bids, self.asks
        return Price(
            price,
            sum(q for limit, q in bids if limit >= price or not limit),
            sum(q for limit, q in asks if limit <= price),
            sum(q for limit, q in bids if limit > price or not limit),
            sum(q for limit, q in asks if limit < price),
            price in self.limits,
        )

    def scan(self) -> list[Price]:
        """Return what every valid price gives, from one beyond the lowest limit to the highest."""
        if not self.limits:
            return []
        first, last = self.down(self.limits[0] - 1), self.up(self.limits[-1] + 1)
        return [self.at(price) for price in range(first, last + 1) if self.valid(price)]


def with_most(prices: list[Price]) -> list[Price]:
    most = max(p.volume for p in prices)
    return [p for p in prices if p.volume == most]


def with_least_left(prices: list[Price]) -> list[Price]:
    least = min(p.left for p in prices)
    return [p for p in prices if p.left == least]


def close_to(prices: list[Price], reference: int) -> Price:
    """Return the one nearest to the reference, of two the higher; without one the highest."""
    if not reference:
        return prices[-1]
    return min(reversed(prices), key=lambda p: abs(p.price - reference))


def by_pressure(prices: list[Price]) -> Price | None:
    if all(p.demand > p.supply for p in prices):
        return prices[-1]
    if all(p.demand < p.supply for p in prices):
        return prices[0]
    return None


def inner(prices: list[Price]) -> list[Price]:
    """Return the highest with bids left over and the lowest with asks, where there are both."""
    bids = [p for p in prices if p.demand > p.supply]
    asks = [p for p in prices if p.demand < p.supply]
    return [bids[-1], asks[0]] if bids and asks else prices


def xetra(book: Book, prices: list[Price]) -> Price:
    prices = with_least_left(with_most([p for p in prices if p.has_limit]))
    return by_pressure(prices) or close_to(inner(prices), book.reference)


def jpx(book: Book, prices: list[Price]) -> Price:
    prices = with_least_left(with_most(prices))
    return by_pressure(prices) or close_to(inner(prices), book.reference)


def between(book: Book, prices: list[Price]) -> list[Price]:
    return [p for p in prices if book.limits[0] <= p.price <= book.limits[-1]]


def asx(book: Book, prices: list[Price]) -> Price:
    prices = with_least_left(with_most(between(book, prices)))
    return by_pressure(prices) or close_to(prices, book.reference)


def bnb(book: Book, prices: list[Price]) -> Price:
    """Pressure leads to the highest or lowest, but no farther than 5% from the reference."""
    prices = with_least_left(with_most(between(book, prices)))
    pressed = by_pressure(prices)
    if pressed is None or not book.reference:
        return pressed or close_to(prices, book.reference)
    if pressed.surplus > 0:
        limit = book.snapped(book.reference * 1.05)
        under = [p for p in prices if p.price <= limit]
        return under[-1] if under else prices[0]
    limit = book.snapped(book.reference * 0.95)
    over = [p for p in prices if p.price >= limit]
    return over[0] if over else prices[-1]


def euronext(book: Book, prices: list[Price]) -> Price:
    known = [p for p in prices if p.has_limit]
    if book.reference and book.reference not in book.limits:
        known = sorted([*known, book.at(book.reference)])
    known = with_least_left(with_most(known))
    return by_pressure(known) or close_to(known, book.reference)


def lse(book: Book, prices: list[Price]) -> Price:
    prices = with_least_left(with_most([p for p in prices if p.has_limit]))
    return by_pressure(prices) or close_to(prices, book.reference)


def hkex(book: Book, prices: list[Price]) -> Price | None:
    """Look between the lowest ask and the highest bid; if there is no price, the reference."""
    bids = [limit for limit, _ in book.bids if limit]
    asks = [limit for limit, _ in book.asks if limit]
    if not bids or not asks or max(bids) < min(asks):
        return book.at(book.reference) if book.reference else None
    prices = [p for p in prices if p.has_limit and min(asks) <= p.price <= max(bids)]
    prices = with_least_left(with_most(prices))
    return by_pressure(prices) or close_to(prices, book.reference)


def nse(book: Book, prices: list[Price]) -> Price:
    """If the previous close is in the middle of the two nearest prices it is the price."""
    prices = with_least_left(with_most([p for p in prices if p.has_limit]))
    gaps = sorted(abs(p.price - book.reference) for p in prices)
    if book.reference and len(gaps) > 1 and gaps[0] == gaps[1]:
        return book.at(book.reference)
    return close_to(prices, book.reference)


def all_better_fill(prices: list[Price]) -> list[Price]:
    return [p for p in with_most(prices) if p.bids_better <= p.volume >= p.asks_better]


def sse(book: Book, prices: list[Price]) -> Price | None:
    prices = all_better_fill(between(book, prices))
    if not prices:
        return None
    prices = with_least_left(prices)
    return book.at(book.snapped((prices[0].price + prices[-1].price) / 2))


def szse(book: Book, prices: list[Price]) -> Price | None:
    prices = all_better_fill(between(book, prices))
    return close_to(with_least_left(prices), book.reference) if prices else None


def tse(book: Book, prices: list[Price]) -> Price | None:
    prices = all_better_fill(prices)
    return close_to(with_least_left(prices), book.reference) if prices else None


EXCHANGES: dict[str, Callable[[Book, list[Price]], Price | None]] = {
    "asx": asx,
    "bnb": bnb,
    "euronext": euronext,
    "hkex": hkex,
    "jpx": jpx,
    "krx": szse,  # nearest to the price before, as Shenzhen
    "lse": lse,
    "nse": nse,
    "sse": sse,
    "szse": szse,
    "tse": tse,
    "xetra": xetra,
}
STRICT = ("krx", "sse", "szse", "tse")  # all market orders trade, or none does


def right(name: str, book: Book, prices: list[Price]) -> Outcome | None:
    """Return what an exchange would find."""
    if prices:
        found = EXCHANGES[name](book, prices)
    else:  # no limit stands anywhere
        found = book.at(book.reference) if book.reference else None
        if found and name in STRICT and found.left:
            found = None
    return (found.price, found.volume, found.surplus) if found and found.volume else None


def differing(book: Book) -> list[str]:
    """Return the ladders under which the engine finds something else."""
    sides = Sides(book.bids, book.asks)
    single = len(book.rows) == 1
    grid = Grid(book.rows[0][1]) if single else Grid(1, book.rows)
    prices = book.scan()
    wrong = []
    for name, ladder in PRICE_RULES.items():
        found = cross(sides, book.given, grid, ladder)
        if (found and found[:3]) != right(name, book, prices):
            wrong.append(name)
    return wrong


def compare(books: int, seed: int) -> int:
    """Compare so many random books under every ladder; return how many differ."""
    rng, wrong, begun = Random(seed), 0, time.monotonic()
    for number in range(1, books + 1):
        book = Book(rng)
        for name in differing(book):
            wrong += 1
            orders = f"bids {book.bids} asks {book.asks}"
            click.echo(f"{name}: {orders} reference {book.given} ticks {book.rows}")
        if number % max(1, books // 100) == 0:
            spent = time.monotonic() - begun
            click.echo(f"\r{number:,} of {books:,} books, {spent:.0f} s", nl=False, err=True)
    click.echo(err=True)
    return wrong


@click.command()
@click.option("--books", default=100_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(books: int, seed: int) -> None:
    """Compare every ladder with its second implementation on random books."""
    wrong = compare(books, seed)
    click.echo(f"{books:,} books under each of {len(PRICE_RULES)} ladders: {wrong} differ")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
