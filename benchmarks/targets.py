"""What the engine must reach, each figure beside its yardstick in one run.

python -m benchmarks.targets [PART] [--messages N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks import book_driver, yardstick
from benchmarks.calls import commands_a_second
from benchmarks.measure import race, seconds, verify
from benchmarks.messages import CANCEL, NEW, NO_SEAT
from benchmarks.peers import difference, installed
from benchmarks.reference import replay
from benchmarks.workloads import SHAPES, generate
from engine.book.levels import Book
from engine.book.orders import Order
from engine.rulebook.model import Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    AmendOrder,
    CancelOrder,
    Command,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Phase, SelfTrade, Side, TimeInForce
from engine.vocabulary.events import Event, Trade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.measure import Rates
    from benchmarks.messages import Message

BOOK_REACH: Final = 0.25  # of the yardstick, worst shape
WIDE_REACH: Final = 0.9  # of the normal session, where levels lie pages apart
APPLY_REACH: Final = 0.45  # of the book alone
MEMORY_REACH: Final = 230  # bytes per resting order
CALLS_REACH: Final = 200_000  # commands a second in a series of calls
PURE_REACH: Final = 1.7  # of the fastest peer in pure Python, every shape
PURE_REACH_WORST: Final = 2.0  # the same, on the shape where the book alone is slowest
NATIVE_REACH: Final = 1.15  # of a compiled peer, every shape
GROWTH_REACH: Final = 2.5  # slowest over fastest
BATCH_SIZE: Final = 1_000  # messages whose outcome is kept at a time
PARTS: Final = ("all", "book", "wide", "peers", "apply", "calls", "memory", "growth")
NOT_RUN: Final = "-"
NO_TARGET: Final = ""  # a figure that stands beside a target
VERDICTS: Final = {NOT_RUN: "not run", NO_TARGET: "no target"}
NAMES: Final = {Side.BUY: "buyer", Side.SELL: "seller"}


class Row(NamedTuple):
    """One figure beside its yardstick."""

    what: str
    figure: str
    ratio: float
    reach: str
    met: bool


def book(messages: int, rounds: int) -> list[Row]:
    """Race the book alone against the yardstick on every shape, correctness first."""
    rows = []
    for shape in SHAPES:
        workload = generate(shape, messages)
        verify(workload, book_driver.prepare)
        rates = race(workload, {"y": yardstick.prepare, "b": book_driver.prepare}, rounds)
        ratio = rates["b"].over(rates["y"])
        figure = f"{rates['b'].middle / 1e6:.2f} M messages/s"
        rows.append(Row(f"book, {shape.name}", figure, ratio, ">= 0.25", ratio >= BOOK_REACH))
    return rows


def wide(messages: int, rounds: int) -> list[Row]:
    """Race the book alone on the wide shapes against itself on the normal session."""
    workloads = {s.name: generate(s, messages) for s in SHAPES if s.wide or s.name == "normal"}
    for workload in workloads.values():
        verify(workload, book_driver.prepare)
    rates: dict[str, list[float]] = {name: [] for name in workloads}
    for _ in range(rounds):
        for name, workload in workloads.items():
            rates[name].append(messages / seconds(book_driver.prepare(workload)))
    rows = []
    for name in workloads:
        ratio = median(a / b for a, b in zip(rates[name], rates["normal"], strict=True))
        figure = f"{median(rates[name]) / 1e6:.2f} M messages/s"
        what = f"book, {name} over normal"
        if name != "normal":
            rows.append(Row(what, figure, ratio, f">= {WIDE_REACH}", ratio >= WIDE_REACH))
    return rows


def peers(messages: int, rounds: int) -> list[Row]:
    """Race the book alone against every installed peer, on every shape.

    A peer whose reports are not the reference book's is printed with where they first differ and
    never counts as beaten.
    """
    found, missing = installed()
    rows = [Row(f"{name} is not installed", "-", 0, NOT_RUN, False) for name in missing]
    books: list[float] = []
    ratios: list[list[tuple[Rates, float, str]]] = []  # by shape, by peer
    for shape in SHAPES:
        workload = generate(shape, messages)
        right = replay(workload.messages, workload.opening)
        verify(workload, book_driver.prepare)
        wrong = [difference(peer, workload, right) for peer in found]
        entries = {peer.name: peer.prepare for peer in found} | {"book": book_driver.prepare}
        rates = race(workload, entries, rounds)
        ours = rates["book"]
        books.append(ours.middle)
        ratios.append(
            [
                (rates[peer.name], ours.over(rates[peer.name]), flaw)
                for peer, flaw in zip(found, wrong, strict=True)
            ]
        )
    for shape, ours_here, here in zip(SHAPES, books, ratios, strict=True):
        worst = ours_here == min(books)
        for peer, (theirs, ratio, flaw) in zip(found, here, strict=True):
            least = (PURE_REACH_WORST if worst else PURE_REACH) if peer.pure else NATIVE_REACH
            what = f"over {peer.name}, {shape.name}" + (f": {flaw}" if flaw else "")
            figure = f"{theirs.middle / 1e6:.3f} M messages/s"
            rows.append(Row(what, figure, ratio, f">= {least}", ratio >= least and not flaw))
    return rows


def commands(messages: Iterable[Message]) -> list[Command]:
    """Return the messages as commands of two accounts, references counting up."""
    refs = dict.fromkeys(NAMES.values(), 0)
    own: dict[int, int] = {}  # message number -> the order's reference
    found: list[Command] = []
    for what, number, side, price, quantity, ioc in messages:
        name = NAMES[side]
        refs[name] = ref = refs[name] + 1
        if what == NEW:
            own[number] = ref
            tif = TimeInForce.IOC if ioc else TimeInForce.DAY
            found.append(NewOrder(name, ref, "P", side, quantity, price, tif=tif))
        elif what == CANCEL:
            found.append(CancelOrder(name, ref, own[number]))
        else:
            found.append(AmendOrder(name, ref, own[number], quantity, price))
    return found


def funded() -> Venue:
    """Return a venue that trades, with a buyer and a seller who never run short."""
    product = Product("P", 10_000, max_quantity=10**9)
    venue = Venue(Rulebook("bench", (product,), self_trade=SelfTrade.ALLOW))
    for name in NAMES.values():
        venue.apply(OpenAccount(name))
        venue.apply(MoveCash(name, 10**18))
        venue.apply(MoveAllowances(name, "P", 10**12))
    venue.apply(SetPhase(Phase.CONTINUOUS))
    return venue


def apply(messages: int, rounds: int) -> list[Row]:
    """Time ``Venue.apply`` beside the book alone on the normal session; trades must agree.

    Both drop what they have made after every ``BATCH_SIZE`` messages, as a gateway does at the end
    of its tick: what is measured is the work, not the growth of a list.
    """
    shape = next(shape for shape in SHAPES if shape.name == "normal")
    workload = generate(shape, messages)
    every = commands([*workload.opening, *workload.messages])
    opening, timed = every[: len(workload.opening)], every[len(workload.opening) :]
    fills = [r[3:] for r in book_driver.prepare(workload)() if len(r) == 5]
    venue = funded()
    events = [event for command in every for event in venue.apply(command)]
    trades = [(e.price, e.quantity) for e in events if isinstance(e, Trade)]
    assert fills == trades, "the venue and the book alone disagree"
    ratios, rates = [], []
    for _ in range(rounds):
        driver = book_driver.BookDriver()
        driver.run(workload.opening)
        alone = seconds(partial(_in_batches, driver.run, workload.messages))
        venue = funded()
        for command in opening:
            venue.apply(command)
        whole = seconds(partial(_in_batches, partial(_apply_all, venue), timed))
        ratios.append(alone / whole)
        rates.append(len(timed) / whole)
    ratio = median(ratios)
    figure = f"{median(rates) / 1e6:.2f} M commands/s"
    return [Row("Venue.apply over the book alone", figure, ratio, ">= 0.45", ratio >= APPLY_REACH)]


def _in_batches(work: Callable[[list[Any]], Any], messages: list[Any]) -> None:
    for start in range(0, len(messages), BATCH_SIZE):
        work(messages[start : start + BATCH_SIZE])


def _apply_all(venue: Venue, timed: list[Command]) -> list[list[Event]]:
    run = venue.apply
    return [run(command) for command in timed]


def memory(orders: int = 100_000) -> list[Row]:
    """Weigh a book of resting orders with its index, all in."""
    rng = Random(7)
    drawn = [(rng.randrange(4_000, 5_000), rng.randrange(1, 1_000)) for _ in range(orders)]
    gc.collect()
    tracemalloc.start()
    made, live = Book(), {}
    for number, (price, quantity) in enumerate(drawn):
        # As from a decoder: every order brings integers of its own.
        ref, price, quantity = 10**6 + number, int(str(price)), int(str(quantity))  # noqa: PLW2901
        order = Order(NO_SEAT, ref, Side.BUY, price, quantity, quantity, quantity)
        made.bids.rest(order)
        live[ref] = order
    each = tracemalloc.get_traced_memory()[0] / orders
    tracemalloc.stop()
    figure = f"{each:.0f} bytes"
    ratio = each / MEMORY_REACH
    reach = f"<= {MEMORY_REACH}"
    return [Row("a resting order in a book of 100,000", figure, ratio, reach, ratio <= 1)]


def growth(messages: int, rounds: int) -> list[Row]:
    """Run a stream of cancelled and new orders on books of all sizes.

    The stream on books of more and more orders is the same for all, so that it changes orders that
    every book has; beside it stands the harder one, whose cancels fall anywhere in the book, where
    a million orders cost cache misses that no target speaks of. Over levels only the harder is run.

    Each book stands in a process of its own: on one heap the orders of a large book scatter those
    of a small one, which slows the small one down and makes the growth look less than it is. A
    size's time is its median round. Prices are neighbours: pages that lie far apart are what the
    volatile shapes are for.
    """
    deeper = [(1_000, 100), (100_000, 100), (1_000_000, 100)]
    wider = [(20_000, 10), (20_000, 1_000), (20_000, 10_000)]
    rows = []
    for what, sizes, spread, reach in (
        ("orders", deeper, 1_000, f"<= {GROWTH_REACH}"),
        ("orders, cancels anywhere", deeper, 0, NO_TARGET),
        ("levels", wider, 0, f"<= {GROWTH_REACH}"),
    ):
        times = [apart(grown, *size, spread, messages, rounds) for size in sizes]
        ratio = max(times) / min(times)
        figure = f"{ratio:.2f} x"
        rows.append(Row(f"growth in {what}", figure, ratio, reach, ratio <= GROWTH_REACH))
    return rows


def grown(orders: int, levels: int, spread: int, messages: int, rounds: int) -> float:
    """Return the median time of a round on a book of this size, in seconds."""
    book = Grown(orders, levels, spread or orders)
    taken = median(book.round(messages) for _ in range(rounds))
    book.book.check()
    return taken


class Grown:
    """A book of so many orders on so many levels, and streams of changes to it."""

    def __init__(self, orders: int, levels: int, spread: int) -> None:
        """Fill the book; the best price is 20,000. The streams change ``spread`` of its orders."""
        self.rng = Random(3)
        self.spread = spread
        self.levels = levels
        self.book = Book()
        self.live: list[Order] = []
        for number in range(orders):
            price = 20_000 - number % levels
            order = Order(NO_SEAT, number, Side.BUY, price, 5, 5, 5)
            self.book.bids.rest(order)
            self.live.append(order)

    def round(self, messages: int) -> float:
        """Draw a stream and return how long it takes, in seconds."""
        draw = self.rng.randrange
        plan = [(draw(self.spread), 20_000 - draw(self.levels)) for _ in range(messages)]
        return seconds(partial(self.churn, plan))

    def churn(self, plan: list[tuple[int, int]]) -> None:
        """Cancel an order and enter another, message after message."""
        side, live = self.book.bids, self.live
        for place, price in plan:
            side.remove(live[place])
            live[place] = order = Order(NO_SEAT, place, Side.BUY, price, 5, 5, 5)
            side.rest(order)


def apart(work: Callable[..., float], *sizes: int) -> float:
    """Do some work in a process of its own, on a heap of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *sizes).result()


def calls(messages: int, rounds: int) -> list[Row]:
    """Time a series of calls that is given the time every 100 ms."""
    rate = commands_a_second(messages, rounds)
    figure = f"{rate / 1e6:.3f} M commands/s"
    return [Row("a series of calls", figure, rate / CALLS_REACH, ">= 1", rate >= CALLS_REACH)]


def main() -> int:
    """Run the parts that were asked for; exit 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", default="all", choices=PARTS)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    parts: dict[str, Callable[[], list[Row]]] = {
        "book": lambda: book(asked.messages, asked.rounds),
        "wide": lambda: wide(asked.messages, asked.rounds),
        "peers": lambda: peers(asked.messages, asked.rounds),
        "apply": lambda: apply(asked.messages, asked.rounds),
        "calls": lambda: calls(asked.messages, asked.rounds),
        "memory": memory,
        "growth": lambda: growth(asked.messages, asked.rounds),
    }
    rows = [row for name, part in parts.items() if asked.part in ("all", name) for row in part()]
    if asked.json:
        print(json.dumps([row._asdict() for row in rows]))
    else:
        print(
            f"collector off while timing, {asked.messages:,} messages, median of "
            f"{asked.rounds} rounds, CPython {sys.version.split()[0]}"
        )
        for row in rows:
            verdict = VERDICTS.get(row.reach) or ("met" if row.met else "NOT MET")
            print(f"{row.what:45} {row.figure:>22} {row.ratio:7.2f}  {row.reach:8} {verdict}")
    return 0 if all(row.met or row.reach in VERDICTS for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
