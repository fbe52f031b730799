"""Several comparisons at once: which differences stand when one looks at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backtest.measures.intervals import Estimate, estimate

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from typing import TypeVar

    Key = TypeVar("Key", bound=Hashable)


class Difference(NamedTuple):
    """A design's paired difference to the control, and its p after Holm's correction."""

    estimate: Estimate
    p: float
    adjusted: float

    def stands(self, level: float = 0.05) -> bool:
        """Say whether it is significant among all comparisons together."""
        return self.adjusted <= level


def holm(ps: Mapping[Key, float]) -> dict[Key, float]:
    """Return p values corrected after Holm (1979), under their keys.

    The smallest of n is multiplied by n, the next by n - 1 and so on; none is below one before it,
    none above 1. Whatever depends on whatever, the chance of any false alarm stays at the level.
    """
    found: dict[Key, float] = {}
    least = 0.0
    for place, (key, p) in enumerate(sorted(ps.items(), key=lambda row: row[1])):
        least = max(least, min(1.0, (len(ps) - place) * p))
        found[key] = least
    return {key: found[key] for key in ps}


def against_control(
    control: Mapping[int, float],
    others: Mapping[str, Mapping[int, float]],
    confidence: float = 0.95,
) -> dict[str, Difference]:
    """Compare designs with one control, paired by seed, corrected for there being several.

    Values are by seed; seeds that one of a pair lacks are left out. A design without a seed in
    common is left out altogether.
    """
    found = {}
    for label, values in others.items():
        gaps = _gaps(values, control)
        if gaps:
            found[label] = estimate(gaps, confidence)
    adjusted = holm({label: each.p for label, each in found.items()})
    return {label: Difference(each, each.p, adjusted[label]) for label, each in found.items()}


def all_pairs(
    designs: Mapping[str, Mapping[int, float]], confidence: float = 0.95
) -> dict[tuple[str, str], Difference]:
    """Compare each design with each before it, paired by seed, corrected for all of them."""
    names = list(designs)
    found = {}
    for place, later in enumerate(names):
        for earlier in names[:place]:
            gaps = _gaps(designs[later], designs[earlier])
            if gaps:
                found[later, earlier] = estimate(gaps, confidence)
    adjusted = holm({pair: each.p for pair, each in found.items()})
    return {pair: Difference(each, each.p, adjusted[pair]) for pair, each in found.items()}


def _gaps(values: Mapping[int, float], base: Mapping[int, float]) -> Sequence[float]:
    return [value - base[seed] for seed, value in values.items() if seed in base]
