"""How times are taken: interleaved rounds, the collector off, correctness before any figure.

Contenders take turns, so that a slow spell of the machine meets all of them; a ratio is the median
of the rounds' ratios. Each round starts from a fresh book; its filling is not timed. The
collector is switched off while a round is timed,
after a full collection, and everything alive then is frozen, so that no contender pays for
another's garbage.
"""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from benchmarks.messages import digest
from benchmarks.reference import replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.messages import Report
    from benchmarks.workloads import Workload

COLLECTOR: Final = "collector off while timed (after gc.collect and gc.freeze)"

# Fills a book with a workload's opening and returns the work to be timed.
Prepare: TypeAlias = "Callable[[Workload], Callable[[], list[Report]]]"


class WrongError(Exception):
    """A book whose reports are not the reference book's: no time of it may be printed."""


class Rates(NamedTuple):
    """Messages a second in each round of one contender."""

    rounds: list[float]

    @property
    def middle(self) -> float:
        """The median round."""
        return median(self.rounds)

    def over(self, other: Rates) -> float:
        """Return the median of the rounds' ratios: both sides of each met the same machine."""
        return median(a / b for a, b in zip(self.rounds, other.rounds, strict=True))


@contextmanager
def no_collector() -> Iterator[None]:
    """Collect, freeze what is alive, and keep the collector off for a while."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def seconds(work: Callable[[], Any]) -> float:
    """Return how long ``work`` takes, with the collector off."""
    with no_collector():
        start = perf_counter()
        result = work()
        taken = perf_counter() - start
    del result
    return taken


def verify(workload: Workload, prepare: Prepare) -> str:
    """Return the digest of a book's reports. Raises ``WrongError`` unless they are right."""
    right = replay(workload.messages, workload.opening)
    made = prepare(workload)()
    if made != right:
        index = next(
            (i for i, (a, b) in enumerate(zip(made, right, strict=False)) if a != b),
            min(len(made), len(right)),
        )
        text = f"{workload.shape.name}: report {index} is wrong"
        msg = f"{text}: {made[index : index + 1]} for {right[index : index + 1]}"
        raise WrongError(msg)
    return digest(right)


def race(workload: Workload, contenders: dict[str, Prepare], rounds: int) -> dict[str, Rates]:
    """Time contenders in turn, forwards and backwards; return the messages a second of each."""
    rates: dict[str, Rates] = {name: Rates([]) for name in contenders}
    order = list(contenders)
    for _ in range(rounds):
        for name in order:
            taken = seconds(contenders[name](workload))
            rates[name].rounds.append(len(workload.messages) / taken)
        order.reverse()
    return rates


def stand_back() -> None:
    """Take only the time that others leave, for what stands for other machines."""
    if hasattr(os, "sched_setscheduler"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)
