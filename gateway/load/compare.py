"""Two results of the load generator beside each other: medians, ranges and ratios."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.vocabulary.texts import counted
from gateway.load.generator import LoadError
from gateway.load.report import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_SETTINGS: Final = ("model", "mix", "sessions", "rate", "window", "seed", "warmup")
_OF_MACHINE: Final = ("python", "loop", "build", "processor", "cores")
_QUANTITIES: Final[dict[str, Callable[[Figures], float]]] = {
    "in, messages/s": lambda f: f.messages_in,
    "out, messages/s": lambda f: f.messages_out,
    "latency p50, us": lambda f: f.latency["p50"] / 1e3,
    "latency p99, us": lambda f: f.latency["p99"] / 1e3,
    "latency p99.9, us": lambda f: f.latency["p99.9"] / 1e3,
    "latency max, us": lambda f: f.latency["max"] / 1e3,
    "schedule lag p99, us": lambda f: f.lag["p99"] / 1e3,
}


class Runs(msgspec.Struct, frozen=True):
    """Repetitions of one load, as ``--repeat`` with ``--json`` writes them."""

    runs: tuple[Figures, ...]


class Row(NamedTuple):
    """A quantity in both results: medians, smallest and greatest, and what became of it."""

    name: str
    before: tuple[float, float, float]  # median, least, most
    after: tuple[float, float, float]

    @property
    def ratio(self) -> float:
        """The second median as a multiple of the first; 0 where that is 0."""
        return self.after[0] / self.before[0] if self.before[0] else 0.0

    @property
    def apart(self) -> bool:
        """Whether all repetitions of one lie beyond all of the other."""
        return self.before[2] < self.after[1] or self.after[2] < self.before[1]


def read(path: Path) -> tuple[Figures, ...]:
    """Read the runs of a result. Raises ``LoadError`` where it is none."""
    try:
        raw = msgspec.json.decode(path.read_bytes())
        if isinstance(raw, dict) and "runs" in raw:
            found = msgspec.convert(raw, Runs).runs
        else:
            found = (msgspec.convert(raw, Figures),)
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise LoadError(message) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"{path} is no result of `carbonx load --json`: {error}"
        raise LoadError(message) from None
    if not found:
        message = f"{path} has no runs"
        raise LoadError(message)
    return found


def rows(before: Sequence[Figures], after: Sequence[Figures]) -> list[Row]:
    """Return the quantities that at least one of the results has."""
    found = []
    for name, take in _QUANTITIES.items():
        row = Row(name, _spread([take(f) for f in before]), _spread([take(f) for f in after]))
        if row.before[0] or row.after[0]:
            found.append(row)
    return found


def _spread(values: list[float]) -> tuple[float, float, float]:
    return median(values), min(values), max(values)


def differences(before: Sequence[Figures], after: Sequence[Figures]) -> list[str]:
    """Say in which settings the two differ, so that their figures may for that reason."""
    found = []
    for place, names in ((None, _SETTINGS), ("machine", _OF_MACHINE), ("server", ("durability",))):
        for name in names:
            one, other = (
                getattr(f if place is None else getattr(f, place), name)
                for f in (before[0], after[0])
            )
            if one != other:
                found.append(f"{name}: {one} / {other}")
    return found


def text(before: Sequence[Figures], after: Sequence[Figures]) -> str:
    """Return the comparison for people."""
    many = len(before) > 1 and len(after) > 1
    out = [f"{'':22}{'first':>14}{'second':>14}{'ratio':>8}"]
    for row in rows(before, after):
        cells = f"{row.name:22}{row.before[0]:14,.0f}{row.after[0]:14,.0f}{row.ratio:8.2f}"
        if many:
            cells += "  apart" if row.apart else "  overlap"
        out.append(cells)
    note = "apart: no run of one is within the other" if many else "--repeat 5 shows the noise"
    out.append(f"medians of {len(before)} and {counted(len(after), 'run')}; {note}")
    out += [f"differs in {each}" for each in differences(before, after)]
    return "\n".join(out)


def summary(runs: Sequence[Figures]) -> str:
    """Return the medians of repetitions, with the least and the most, for people."""
    out = [f"{len(runs)} runs{'':15}{'median':>14}{'least':>14}{'most':>14}"]
    for row in rows(runs, runs):
        median_, least, most = row.before
        out.append(f"{row.name:22}{median_:14,.0f}{least:14,.0f}{most:14,.0f}")
    return "\n".join(out)
