"""Who makes the runs, with the same results: this process, other processes, a Dask cluster."""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, ProcessPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from backtest.lab.runs import WorkerError, work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from backtest.lab.runs import Cell, Done, Job

_AHEAD: Final = 3  # tasks that wait for each worker
_LARGEST: Final = 64  # runs in one task
_SLICE: Final = 1.0  # seconds that a task takes, about
_INSTEAD: Final = 2  # processes that go on where an executor is broken
_TRIES: Final = 3  # pools that end before they make a single run


class Cluster(Protocol):
    """What is needed of a ``dask.distributed.Client``."""

    def get_executor(self, **options: Any) -> Executor:
        """Return it as an executor."""
        ...  # pragma: no cover

    def nthreads(self) -> dict[str, int]:
        """Return the workers' threads."""
        ...  # pragma: no cover


Jobs: TypeAlias = int | Executor | Cluster


def made(job: Job, cells: Sequence[Cell], jobs: Jobs) -> Iterator[Done]:
    """Make runs and yield each as it is done, in any order.

    A worker that is killed costs the runs that it was making, and these are made again. Raises
    ``WorkerError`` where there are no workers that can do it, ``ValueError`` for less than one.
    """
    if isinstance(jobs, int):
        if jobs == 1 or len(cells) <= 1:
            for cell in cells:
                yield from work(job, [cell])
            return
        yield from _in_processes(job, list(cells), jobs)
    elif isinstance(jobs, Executor):
        yield from _by_executor(job, cells, jobs)
    else:
        count = sum(jobs.nthreads().values()) or 1
        yield from _flow(jobs.get_executor(pure=False), job, cells, count)


def _by_executor(job: Job, cells: Sequence[Cell], executor: Executor) -> Iterator[Done]:
    """Use an executor; where a worker of it was killed it takes no more, and a pool goes on."""
    left = dict.fromkeys(cells)
    try:
        for done in _flow(executor, job, cells, 1):
            del left[done.cell]
            yield done
    except BrokenExecutor:
        yield from _in_processes(job, list(left), _INSTEAD)


def check_jobs(jobs: object) -> None:
    """Refuse what cannot make runs. Raises ``ValueError``."""
    if isinstance(jobs, int):
        if jobs < 1:
            message = f"jobs={jobs}: 1 is this process, more are processes beside it"
            raise ValueError(message)
    elif not isinstance(jobs, Executor) and not hasattr(jobs, "get_executor"):
        message = f"jobs={jobs!r}: a number of processes, an executor or a Dask client is needed"
        raise ValueError(message)


def _in_processes(job: Job, cells: list[Cell], count: int) -> Iterator[Done]:
    """Use a pool of processes, and another one where a process of it was killed."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit locks of polars' threads
    tries = 0
    while cells:
        left = set(cells)
        # Ctrl-C reaches them too: they end at once, and this process says what there is to say.
        with ProcessPoolExecutor(
            count, context, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL)
        ) as pool:
            try:
                for done in _flow(pool, job, cells, count):
                    left.discard(done.cell)
                    yield done
            except BrokenExecutor as error:
                tries = tries + 1 if len(left) == len(cells) else 0
                if tries == _TRIES:
                    message = (
                        "the processes end before they make a run: a script whose study has jobs "
                        'needs its lines under: if __name__ == "__main__":'
                    )
                    raise WorkerError(message) from error
        cells = [cell for cell in cells if cell in left]


class _Parts:
    """Cuts cells into tasks of about a second: small enough to lose, large enough to send."""

    def __init__(self, cells: Sequence[Cell], count: int) -> None:
        self._cells, self._count = cells, count
        self._start, self._size = 0, 1

    def next(self) -> Sequence[Cell]:
        """Return the next task, empty at the end."""
        share = (len(self._cells) - self._start) // (2 * self._count)
        size = max(1, min(self._size, share))
        part = self._cells[self._start : self._start + size]
        self._start += size
        return part

    def learn(self, done: Sequence[Done]) -> None:
        """See how long runs take."""
        each = sum(one.seconds for one in done) / len(done)
        self._size = max(1, min(_LARGEST, int(_SLICE / max(each, 1e-6))))


def _flow(executor: Executor, job: Job, cells: Sequence[Cell], count: int) -> Iterator[Done]:
    """Keep an executor busy, with a bounded number of results that wait."""
    waiting: set[Future[list[Done]]] = set()
    parts = _Parts(cells, count)
    try:
        while True:
            while len(waiting) < _AHEAD * count and (part := parts.next()):
                waiting.add(executor.submit(work, job, part))
            if not waiting:
                return
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for each in done:
                found = each.result()
                parts.learn(found)
                yield from found
    finally:
        for each in waiting:
            each.cancel()
