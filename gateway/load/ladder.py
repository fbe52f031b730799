"""The search for the highest rate that a venue bears: a ladder of open loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from gateway.load.report import ABOVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gateway.load.report import Figures

FIRST_RATE: Final = 1_000  # messages a second
HIGHEST_RATE: Final = 1_000_000
DEFAULT_LIMIT: Final = 10_000_000  # ns
HALVINGS: Final = 3  # of the gap between the last rate that was borne and the first that was not
KEPT_UP: Final = 95  # percent of a rate that must have been answered in its time


class Rung(msgspec.Struct, frozen=True):
    """One rate and how the venue bore it. Latencies in nanoseconds."""

    rate: int
    answered: float  # messages a second
    p50: int
    p99: int
    lag: int  # p99 of the schedule lag
    verdict: str = ""  # "" where it was borne
    problem: str = ""  # why its figures are worth nothing


class Ladder(msgspec.Struct, frozen=True):
    """The result: the knee is the highest rate that was borne, and half of it is ``rated``."""

    limit: int  # ns
    rungs: tuple[Rung, ...]
    knee: int
    rated: int
    problems: tuple[str, ...]


def climb(measure: Callable[[int], Figures], first: int, limit: int) -> Iterator[Rung]:
    """Yield rungs: twice the rate each time until one is not borne, then in between.

    Stops where the generator itself gives out, or another problem makes figures worth nothing.
    """
    rate, borne, broken = first, 0, 0
    for _ in range(64):
        rung = _rung(measure(rate), limit)
        yield rung
        if rung.problem:
            return
        if rung.verdict:
            broken = rate
        else:
            borne = rate
        if not broken:
            rate *= 2
            if rate > HIGHEST_RATE:
                return
        elif not borne or broken - borne <= max(1, borne >> HALVINGS):
            return
        else:
            rate = (borne + broken) // 2


def _rung(figures: Figures, limit: int) -> Rung:
    others = [each for each in figures.problems if ABOVE not in each]
    p99 = figures.latency["p99"]
    verdict = ""
    if others:
        verdict = "no figures"
    elif figures.messages_in * 100 < figures.rate * KEPT_UP:
        verdict = "backlog grows"
    elif p99 > limit:
        verdict = "p99 above limit"
    return Rung(
        figures.rate,
        figures.messages_in,
        figures.latency["p50"],
        p99,
        figures.lag["p99"],
        verdict,
        others[0] if others else "",
    )


def result(rungs: list[Rung], limit: int) -> Ladder:
    """Return what the rungs come to."""
    knee = max((rung.rate for rung in rungs if not rung.verdict), default=0)
    problems = [f"at {rung.rate:,}/s: {rung.problem}" for rung in rungs if rung.problem]
    if not knee and not problems:
        problems.append(f"the venue does not bear {rungs[0].rate:,} messages/s: begin lower")
    if knee and not any(rung.verdict for rung in rungs):
        problems.append(f"the venue bears {knee:,} messages/s, and more were not tried")
    return Ladder(limit, tuple(rungs), knee, knee // 2, tuple(problems))


HEADINGS: Final = "  messages/s   answered/s      p50 us      p99 us  lag p99 us"


def line(rung: Rung) -> str:
    """Return a rung as a row."""
    cells = f"{rung.rate:12,} {rung.answered:12,.0f} {rung.p50 / 1e3:11,.0f}"
    cells += f" {rung.p99 / 1e3:11,.0f} {rung.lag / 1e3:11,.0f}"
    return f"{cells}  {rung.verdict or 'borne'}"


def text(ladder: Ladder) -> str:
    """Return the result for people."""
    out = []
    if ladder.knee:
        out.append(
            f"knee   {ladder.knee:,} messages/s: the highest rate with p99 within "
            f"{ladder.limit / 1e6:g} ms and no growing backlog"
        )
        out.append(f"rated  {ladder.rated:,} messages/s: half of it")
    return "\n".join(out + [f"PROBLEM: {problem}" for problem in ladder.problems])
