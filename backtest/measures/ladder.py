"""What each further tonne is worth or costs, in runs of tonnes at the same price.

A firm's schedule may have millions of tonnes; as runs it has a few dozen rungs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Ladder(Sequence[int]):
    """A price (minor units) for each tonne, made of runs (price, tonnes)."""

    __slots__ = ("_ends", "_sums", "runs")

    def __init__(self, runs: Iterable[tuple[int, int]]) -> None:
        """Take runs in their order; those of no tonnes are left out."""
        self.runs = tuple(run for run in runs if run[1] > 0)
        self._ends = tuple(accumulate(tonnes for _, tonnes in self.runs))
        self._sums = tuple(accumulate((price * tonnes for price, tonnes in self.runs), initial=0))

    def __len__(self) -> int:
        """Return the tonnes that have a price."""
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> Ladder: ...

    def __getitem__(self, place: int | slice) -> int | Ladder:
        """Return the price of a tonne (from 0), or the ladder of a stretch of them."""
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if step != 1:
                message = f"a ladder is cut tonne by tonne, not by {step}"
                raise ValueError(message)
            return Ladder(self._between(start, stop))
        tonne = place + len(self) if place < 0 else place
        if not 0 <= tonne < len(self):
            message = f"tonne {place} of {len(self)}"
            raise IndexError(message)
        return self.runs[bisect_right(self._ends, tonne)][0]

    def __iter__(self) -> Iterator[int]:
        """Yield the price of each tonne."""
        for price, tonnes in self.runs:
            for _ in range(tonnes):
                yield price

    def __eq__(self, other: object) -> bool:
        """Compare runs."""
        return isinstance(other, Ladder) and other.runs == self.runs

    def __hash__(self) -> int:
        """Hash runs."""
        return hash(self.runs)

    def __repr__(self) -> str:
        """Show runs."""
        return f"Ladder({self.runs!r})"

    def total(self, tonnes: int) -> int:
        """Return the sum of the first so many prices, or of all where there are fewer."""
        rung = bisect_right(self._ends, tonnes)
        if rung == len(self.runs):
            return self._sums[-1]
        before = self._ends[rung - 1] if rung else 0
        return self._sums[rung] + self.runs[rung][0] * max(tonnes - before, 0)

    def _between(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        end = 0
        for price, tonnes in self.runs:
            begin, end = end, end + tonnes
            yield price, min(end, stop) - max(begin, start)


def runs(schedule: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Return any schedule as runs (price, tonnes)."""
    return schedule.runs if isinstance(schedule, Ladder) else ((price, 1) for price in schedule)


def total(schedule: Sequence[int], tonnes: int) -> int:
    """Return the sum of the first so many prices of any schedule."""
    return schedule.total(tonnes) if isinstance(schedule, Ladder) else sum(schedule[:tonnes])
