"""The laboratory beside other simulators: orders a second, and what a larger population costs.

Run it with ``python -m benchmarks.lab --peers``; without the option it runs alone.
Zero-intelligence orders of one tonne, prices and sides uniform, arrive in a continuous book: with
accounts and reservations, and trades and surplus measured from the events as they come, as in a
study. Time is taken from where agents have sent five orders each on average: with 10,000 agents
the first ones, which make an account's seat in the line, would be a tenth of all. Contenders take
turns in each round, each in a process of its own, as what an earlier run left of the heap would
scatter the agents of the next; the collector is off; seconds are those of the processor.
Before any time is printed, the tape of each kind of run is applied to a new venue and has to come
to the same state. Each peer has an environment of its own, made the first time
(``benchmarks.peers.environments``), and its time is that of its own loop, without its start.
"""

from __future__ import annotations

import json
from array import array
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from math import log
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import click
import numpy as np

from backtest.kernel.crowd import Crowd
from backtest.kernel.kernel import Kernel
from backtest.kernel.streams import Streams
from backtest.lab.people import Trader
from backtest.measures.fills import Totals
from backtest.measures.tape import Pass
from backtest.measures.welfare import Valuation, settled
from benchmarks.measure import COLLECTOR, WrongError, no_collector
from benchmarks.peers.environments import KNOWN, PeerError, cache, working
from engine.log.sequencer import Sequencer
from engine.rulebook.presets import find
from engine.venue.venue import Venue
from engine.vocabulary.commands import BeginDay, OpenAccount, SetPhase
from engine.vocabulary.enums import Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backtest.agents.market import Market
    from backtest.kernel.kernel import Entry, Watcher
    from benchmarks.peers.environments import Working

GAP: Final = 1_000_000  # ns between two orders of the whole population, on average
LOW, HIGH = 4_900, 5_100  # minor units
WAYS: Final = 2 * (HIGH - LOW)  # in which an order may differ from another: a side and a price
DRAWS: Final = 32  # that an agent draws at a time
ROWS: Final = 4_096  # that a crowd draws at a time
AGENTS: Final = 1_000
FIRST: Final = 5  # orders of each agent, on average, before time is taken
GROWTH: Final = (100, 1_000, 10_000)
CHECKED: Final = 5_000  # orders of the run whose result is checked
SYMBOL: Final = "CO2"


class Alone(Trader):
    """One zero-intelligence agent: an object of its own."""

    __slots__ = ("draws", "gap", "rng")

    def __init__(self, rng: np.random.Generator, gap: int) -> None:
        self.rng, self.gap = rng, gap
        self.draws = array("d")  # one for each order: its side, its price, the time to the next
        self.draw()

    def draw(self) -> None:
        """Draw for the next orders."""
        self.draws.frombytes(self.rng.random(DRAWS).tobytes())

    def on_start(self, seat: Market) -> None:
        seat.wake_in(int(self.rng.exponential(self.gap)))

    def on_wake(self, seat: Market) -> None:
        if not self.draws:
            self.draw()
        drawn = self.draws.pop() * WAYS
        way = int(drawn)
        if way & 1:
            seat.buy(SYMBOL, 1, LOW + (way >> 1))
        else:
            seat.sell(SYMBOL, 1, LOW + (way >> 1))
        seat.wake_in(int(-log(1 - (drawn - way)) * self.gap))


class Together(Trader):
    """All of them: one object that draws arrays."""

    def __init__(self, rng: np.random.Generator, agents: int) -> None:
        self.rng, self.agents = rng, agents

    def on_start(self, seat: Market) -> None:
        seat.wake_at(seat.now())

    def on_wake(self, seat: Market) -> None:
        rng = self.rng
        times = seat.now() + np.cumsum(rng.exponential(GAP, ROWS).astype(np.int64))
        whose = rng.integers(0, self.agents, ROWS)
        assert isinstance(seat, Crowd)
        seat.orders(
            SYMBOL, times, whose, rng.integers(0, 2, ROWS), rng.integers(LOW, HIGH, ROWS), 1
        )
        seat.wake_at(int(times[-1]))


def prepared(agents: int, sink: Watcher) -> tuple[Kernel, list[str]]:
    """Return a kernel whose venue trades and has accounts."""
    kernel = Kernel(Sequencer(Venue(find("textbook"))), sink=sink)
    kernel.give(BeginDay(20250102))
    names = [f"agent/{number}" for number in range(agents)]
    for name in names:
        kernel.give(OpenAccount(name, cash=10**12, allowances=((SYMBOL, 10**5),)))
    kernel.give(SetPhase(Phase.CONTINUOUS))
    return kernel, names


def objects(agents: int, sink: Watcher) -> Kernel:
    """Return a kernel with one object per agent."""
    kernel, names = prepared(agents, sink)
    streams = Streams(1, 0)
    for name in names:
        kernel.join(Alone(streams.stream(name, "orders"), GAP * agents), name).start()
    return kernel


def arrays(agents: int, sink: Watcher) -> Kernel:
    """Return a kernel with all agents in one object."""
    kernel, names = prepared(agents, sink)
    crowd = Crowd(kernel, Together(Streams(1, 0).stream("crowd", "orders"), agents), names, "crowd")
    crowd.start()
    return kernel


def timed(make: Callable[[int, Watcher], Kernel], agents: int, orders: int) -> tuple[int, float]:
    """Return the orders of a run behind the first, and the seconds that these and measures took."""
    totals = Totals()
    kernel = make(agents, Pass(totals).take)
    interests = {name: Valuation("all", (), ()) for name in kernel.venue.accounts}
    with no_collector():
        first = FIRST * agents
        kernel.run(first * GAP)
        before = kernel.commands
        start = process_time()
        kernel.run((first + orders) * GAP)
        settled(totals.money, totals.net, interests)
        taken = process_time() - start
    return kernel.commands - before, taken


def apart(make: Callable[[int, Watcher], Kernel], agents: int, orders: int) -> tuple[int, float]:
    """Return what ``timed`` does in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(timed, make, agents, orders).result()


def checked(make: Callable[[int, Watcher], Kernel], agents: int) -> str:
    """Return the hash of a short run. Raises ``WrongError`` unless its tape comes to it again."""
    tape: list[Entry] = []
    kernel = make(agents, lambda *entry: tape.append(entry))
    kernel.run(CHECKED * GAP)
    kernel.venue.check()
    state = kernel.venue.state_hash()
    again = Venue(find("textbook"))
    for _, command, events in tape:
        if again.apply(command) != events:
            message = f"{make.__name__}: {command} came to something else when it was applied again"
            raise WrongError(message)
    if again.state_hash() != state:
        message = f"{make.__name__}: the tape comes to another state"
        raise WrongError(message)
    return state


class Line(NamedTuple):
    """A line of the table: orders a second in each round."""

    name: str
    rates: list[float]


def race(contenders: dict[str, Callable[[], tuple[int, float]]], rounds: int) -> list[Line]:
    """Run contenders in turn, forwards and backwards."""
    lines = {name: Line(name, []) for name in contenders}
    order = list(contenders)
    for _ in range(rounds):
        for name in order:
            count, taken = contenders[name]()
            lines[name].rates.append(count / taken)
        order.reverse()
    return list(lines.values())


def ratio(one: Line, other: Line) -> float:
    """Return the median of the rounds' ratios."""
    return median(a / b for a, b in zip(one.rates, other.rates, strict=True))


Contender: TypeAlias = "Callable[[], tuple[int, float]]"


def measured(rounds: int, orders: int, peers: Sequence[Working] = ()) -> dict[str, Any]:
    """Return all that the table shows. Raises ``WrongError`` and ``PeerError``."""
    hashes = {make.__name__: checked(make, AGENTS) for make in (objects, arrays)}
    contenders: dict[str, Contender] = {
        f"carbonx, one object per agent, {agents:,} agents": partial(apart, objects, agents, orders)
        for agents in GROWTH
    }
    few, own, many = contenders
    arrayed = f"carbonx, array agents, {AGENTS:,} agents"
    contenders[arrayed] = partial(apart, arrays, AGENTS, orders)
    shorter = {few: f"{GROWTH[0]:,} objects", own: f"{AGENTS:,} objects", arrayed: "arrays"}
    rivals: dict[str, list[str]] = {}  # a peer's line -> ours that are held against it
    for each in peers:
        # pams is so slow that a tenth tells as much.
        count = orders // 10 if each.peer.name == "pams" else orders
        for run, what in each.peer.runs.items():
            name = f"{each.peer.name} {each.versions[each.peer.name]}: {what}"
            contenders[name] = partial(each.run, run, count)
            rivals[name] = [arrayed] if "arrays" in run else [few, own, arrayed]
    lines = {line.name: line for line in race(contenders, rounds)}
    ratios = {
        f"cost per order, {GROWTH[-1]:,} agents over {GROWTH[0]:,}": ratio(lines[few], lines[many])
    }
    for name, held in rivals.items():
        for ours in held:
            ratios[f"{shorter[ours]} over {name}"] = ratio(lines[ours], lines[name])
    return {
        "rounds": rounds,
        "orders": orders,
        "collector": COLLECTOR,
        "states": hashes,
        "rates": {name: line.rates for name, line in lines.items()},
        "ratios": ratios,
        "versions": {each.peer.name: each.versions for each in peers},
    }


@click.command()
@click.option("--rounds", default=5, show_default=True, help="How often all take turns.")
@click.option("--orders", default=100_000, show_default=True, help="Of one run.")
@click.option("--peers", "beside", is_flag=True, help="Run pams and bourse beside it.")
@click.option(
    "--cache",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the peers' environments are made, and found again  [default: the user's cache]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def main(rounds: int, orders: int, folder: Path | None, *, beside: bool, as_json: bool) -> None:
    """Measure the laboratory, beside its peers if asked to."""
    try:
        with ExitStack() as stack:
            peers = [
                stack.enter_context(working(peer, folder or cache(), partial(click.echo, err=True)))
                for peer in (KNOWN if beside else ())
            ]
            found = measured(rounds, orders, peers)
    except PeerError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print(json.dumps(found))
        return
    for name, state in found["states"].items():
        print(f"checked: {name} {state[:16]}")
    print(f"orders a second, median of {rounds} rounds; {found['collector']}")
    for name, rates in found["rates"].items():
        print(f"{median(rates):>12,.0f}  {name}")
    for name, value in found["ratios"].items():
        print(f"{value:>12.2f}  {name}")
    if not beside:
        print("no peers: --peers runs pams and bourse beside it")


if __name__ == "__main__":
    main()
