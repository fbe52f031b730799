"""Who makes the runs, with the same results: this process, other processes, a Dask cluster."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, ProcessPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from backtest.lab.runs import WorkerError, work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from backtest.lab.runs import Cell, Done, Job

_AHEAD: Final = 3  # tasks that wait for each worker
_PARTS: Final = 8  # tasks for each worker, at least
_LARGEST: Final = 32  # runs in one task
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
        if jobs < 1:
            message = f"jobs={jobs}: 1 is this process, more are processes beside it"
            raise ValueError(message)
        if jobs == 1 or len(cells) <= 1:
            for cell in cells:
                yield from work(job, [cell])
            return
        yield from _in_processes(job, list(cells), jobs)
    elif isinstance(jobs, Executor):
        yield from _flow(jobs, job, _parts(cells, 1))
    else:
        count = sum(jobs.nthreads().values()) or 1
        yield from _flow(jobs.get_executor(pure=False), job, _parts(cells, count), count)


def _in_processes(job: Job, cells: list[Cell], count: int) -> Iterator[Done]:
    """Use a pool of processes, and another one where a process of it was killed."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit locks of polars' threads
    tries = 0
    while cells:
        left = set(cells)
        with ProcessPoolExecutor(count, mp_context=context) as pool:
            try:
                for done in _flow(pool, job, _parts(cells, count), count):
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


def _parts(cells: Sequence[Cell], count: int) -> list[Sequence[Cell]]:
    """Return tasks: large enough to be worth sending, and several for each worker."""
    size = max(1, min(_LARGEST, len(cells) // (count * _PARTS)))
    return [cells[start : start + size] for start in range(0, len(cells), size)]


def _flow(
    executor: Executor, job: Job, parts: Sequence[Sequence[Cell]], count: int = 1
) -> Iterator[Done]:
    """Keep an executor busy, with a bounded number of results that wait."""
    waiting: set[Future[list[Done]]] = set()
    left = iter(parts)
    try:
        while True:
            while len(waiting) < _AHEAD * count and (part := next(left, None)) is not None:
                waiting.add(executor.submit(work, job, part))
            if not waiting:
                return
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for each in done:
                yield from each.result()
    finally:
        for each in waiting:
            each.cancel()
