"""Pictures of a study: what designs differ by, and how sure that is."""

from __future__ import annotations

from math import exp, isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from backtest.report.style import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    legend_below,
    panel,
    wrapped,
)
from backtest.report.subject import PictureError
from backtest.report.units import SURPLUS, scale, unit_of
from backtest.report.words import SURPLUS_OF

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from backtest.measures.intervals import Estimate
    from backtest.report.subject import DrawnStudy
    from backtest.report.words import Words

_DOTS: Final = 400  # values of a design beyond which not all are drawn as dots
_TICKS: Final = 12  # labels that a logarithmic axis has room for
_SMALL_BATCH: Final = 1e-3  # arrivals below which the closed form loses its digits


def distribution(study: DrawnStudy, measure: str, language: str = "en") -> Figure:
    """Draw every seed's value of a measure by design, quartiles, and the mean with its interval.

    Raises ``PictureError`` where the measure applies to no session.
    """
    found = {label: list(study.values(label, measure).values()) for label in study.designs}
    found = {label: values for label, values in found.items() if values}
    if not found:
        message = "{measure}: not applicable to any session of this study"
        raise PictureError(message, measure=measure)
    unit, label = _units(study, measure, [v for values in found.values() for v in values])
    with panel(1.5 + 0.62 * len(found), language) as (figure, axis, say):
        for row, (name, values) in enumerate(found.items()):
            drawn = np.array(values) / unit
            dots = drawn[:: max(1, len(drawn) // _DOTS)]
            spread = ((np.arange(len(dots)) * 0.618034) % 1 - 0.5) * 0.5  # even, and repeatable
            axis.scatter(
                dots,
                row + spread,
                s=7,
                color=BLUE,
                alpha=0.25,
                linewidths=0,
                label=say("one seed") if not row else "_",
            )
            axis.boxplot(
                [drawn],
                positions=[row],
                orientation="horizontal",
                widths=0.56,
                showfliers=False,
                whis=(5, 95),
                medianprops={"color": GREY},
                boxprops={"color": GREY},
                whiskerprops={"color": GREY},
                capprops={"color": GREY},
                manage_ticks=False,
            )
            _whisker(
                axis,
                study.mean(name, measure),
                row,
                unit,
                label=say("mean, 95% interval") if not row else "_",
            )
        _rows(axis, list(found))
        axis.set(
            title=say("Distribution over seeds: {measure}", measure=say.measure(measure)),
            xlabel=label(say),
        )
        legend_below(axis)
    return figure


def _whisker(axis: Axes, mean: Estimate, row: float, unit: float, **more: Any) -> None:
    """Mark a mean with its interval; one seed alone has none."""
    error = None
    if isfinite(mean.low):
        error = [[(mean.mean - mean.low) / unit], [(mean.high - mean.mean) / unit]]
    style: dict[str, Any] = {
        "color": INK,
        "marker": "D",
        "markersize": 4.5,
        "capsize": 3.5,
        "linestyle": "none",
        "elinewidth": 1.6,
        "zorder": 5,
    }
    axis.errorbar([mean.mean / unit], [row], xerr=error, **style | more)


def _rows(axis: Axes, labels: Sequence[str]) -> None:
    """Name the rows of a picture, the first on top."""
    axis.set_yticks(range(len(labels)), [wrapped(label) for label in labels])
    axis.set_ylim(len(labels) - 0.4, -0.6)
    axis.grid(visible=False, axis="y")
    axis.tick_params(axis="y", length=0)


def _units(
    study: DrawnStudy, measure: str, values: Sequence[float]
) -> tuple[float, Callable[[Words], str]]:
    """Return what to divide a measure by, and how to label its axis."""
    unit = unit_of(measure, next(iter(study.designs.values())).rulebook)
    factor, word = scale(max(abs(value) for value in values) / unit.divisor)
    if not unit.scales:
        factor, word = 1.0, ""

    def label(say: Words) -> str:
        return say.listed(say.measure(measure), unit.said(say, word))

    return unit.divisor * factor, label


def surplus_by_group(study: DrawnStudy, language: str = "en") -> Figure:
    """Draw each design's mean surplus, stacked by group, each part and the total with intervals.

    Raises ``PictureError`` where no surplus was measured.
    """
    groups = [name for name in study.names if name.startswith(SURPLUS_OF)]
    rows = [label for label in study.designs if groups and study.values(label, SURPLUS)]
    if not rows:
        message = "surplus by group: this study measured no surplus"
        raise PictureError(message)
    totals = [study.mean(label, SURPLUS).mean for label in rows]
    unit, label_of = _units(study, SURPLUS, totals)
    with panel(1.7 + 0.66 * len(rows), language) as (figure, axis, say):
        for row, label in enumerate(rows):
            ends = {True: 0.0, False: 0.0}  # gains grow to the right, losses to the left
            for place, group in enumerate(groups):
                if not study.values(label, group):
                    continue
                mean = study.mean(label, group)
                width, gains = mean.mean / unit, mean.mean >= 0
                axis.barh(
                    row,
                    width,
                    left=ends[gains],
                    height=0.6,
                    linewidth=0.8,
                    color=COLOURS[place % len(COLOURS)],
                    edgecolor="white",
                    label="_" if row else say.group(group),
                )
                ends[gains] += width
                if isfinite(mean.low):
                    half = (mean.high - mean.low) / 2 / unit
                    level = row - 0.18 + 0.36 * place / max(1, len(groups) - 1)
                    axis.errorbar(
                        [ends[gains]],
                        [level],
                        xerr=[half],
                        color=INK,
                        capsize=2,
                        elinewidth=1,
                        linestyle="none",
                    )
            _whisker(
                axis,
                study.mean(label, SURPLUS),
                row + 0.4,
                unit,
                markersize=3.5,
                label="_" if row else say("total"),
            )
        _rows(axis, rows)
        axis.set(title=say("Mean surplus by group"), xlabel=label_of(say))
        axis.axvline(0, color=GREY, linewidth=0.8)
        legend_below(axis, 4)
    return figure


def closed_form(arrivals: float) -> float:
    """Return the efficiency of a batch with Poisson(``arrivals``) buyers and as many sellers.

    Values and costs are uniform, everybody is truthful and nothing is carried over to the next
    batch. It is 1 - 1/m + (1 - exp(-2m)) / (2 m^2).
    """
    m = arrivals
    return 2 * m / 3 if m < _SMALL_BATCH else 1 - 1 / m + (1 - exp(-2 * m)) / (2 * m * m)


def batch_interval(study: DrawnStudy, language: str = "en", rate: float = 0.0) -> Figure:
    """Draw efficiency against the interval of batches, continuous designs as lines across.

    ``rate`` is how many buyers, and as many sellers, come in a second; with it the closed form
    for batches without carry-over is drawn. Raises ``PictureError`` where no design has batches.
    """
    batches: dict[bool, dict[float, Estimate]] = {False: {}, True: {}}
    continuous: dict[str, Estimate] = {}
    for label, design in study.designs.items():
        if "efficiency" not in study.names or not study.values(label, "efficiency"):
            continue
        mode = max(design.rulebook.modes, key=lambda mode: mode.batch_seconds)
        mean = study.mean(label, "efficiency")
        if mode.batch_seconds:
            batches[mode.carry_over][mode.batch_seconds] = mean
        else:
            continuous[label] = mean
    seconds = [each for found in batches.values() for each in found]
    if not seconds:
        message = "batch interval: no design of this study has batches (batch_seconds)"
        raise PictureError(message)
    with panel(4.4, language) as (figure, axis, say):
        if rate:
            low, high = min(seconds), max(seconds)
            at = np.geomspace(low / 1.6, high * 1.6, 200)
            axis.plot(
                at,
                [closed_form(rate * each) for each in at],
                color=GREY,
                linewidth=1.2,
                label=say("closed form, no carry-over"),
            )
        for carries, colour, marker, text in (
            (False, BLUE, "o", "batches that start empty"),
            (True, ORANGE, "s", "batches with carry-over"),
        ):
            _points(axis, batches[carries], colour, marker, say(text))
        for place, (label, mean) in enumerate(continuous.items()):
            colour = (GREEN, RED, INK)[place % 3]
            axis.axhline(
                mean.mean,
                color=colour,
                linestyle="--",
                linewidth=1.2,
                label=say("no batches: {label}", label=wrapped(label)),
            )
            if isfinite(mean.low):
                axis.axhspan(mean.low, mean.high, color=colour, alpha=0.12, linewidth=0)
        axis.set_xscale("log")
        ticks = _apart(sorted(set(seconds)))
        axis.set_xticks(ticks, [f"{each:g}" for each in ticks])
        axis.minorticks_off()
        axis.set(
            title=say("Efficiency against the interval of batches"),
            xlabel=say("interval of batches, s"),
            ylabel=say("efficiency, share of the largest surplus"),
        )
        legend_below(axis, 2)
    return figure


def _apart(values: Sequence[float]) -> list[float]:
    """Return the values of a logarithmic axis that have room for a label, the first included."""
    room = (values[-1] / values[0]) ** (1 / _TICKS)
    found = [values[0]]
    for value in values[1:]:
        if value >= found[-1] * room:
            found.append(value)
    return found


def _points(
    axis: Axes, found: Mapping[float, Estimate], colour: str, marker: str, label: str
) -> None:
    if not found:
        return
    at = sorted(found)
    errors = [
        [(found[each].mean - found[each].low) for each in at],
        [(found[each].high - found[each].mean) for each in at],
    ]
    finite = all(isfinite(each) for side in errors for each in side)
    axis.errorbar(
        at,
        [found[each].mean for each in at],
        yerr=errors if finite else None,
        color=colour,
        marker=marker,
        markersize=5,
        capsize=3,
        linewidth=1,
        linestyle=":",
        label=label,
    )


def sensitivity(study: DrawnStudy, measure: str, language: str = "en") -> Figure:
    """Draw how far each design moves a measure from the first, the largest first (a tornado).

    Designs that change one figure by one path to several values share a row. Bars are paired
    differences with their 95% interval. Raises ``PictureError`` where there is nothing to compare.
    """
    base, *others = study.designs
    rows: dict[str, list[tuple[str, Estimate]]] = {}
    for label in others:
        try:
            found = study.difference(label, measure)
        except ValueError:
            continue
        path, value = _one_change(study, base, label)
        rows.setdefault(path, []).append((value, found))
    if not rows:
        message = "sensitivity: no design but {base} has a value of {measure}"
        raise PictureError(message, base=repr(base), measure=measure)
    order = sorted(rows, key=lambda path: -max(abs(found.mean) for _, found in rows[path]))
    most = max(abs(found.mean) for each in rows.values() for _, found in each)
    unit, unit_label = _units(study, measure, [most or 1.0])
    bars = sum(len(each) for each in rows.values())
    with panel(1.5 + 0.3 * bars + 0.25 * len(rows), language) as (figure, axis, say):
        level, places = 0.0, []
        for path in order:
            first = level
            for value, found in sorted(rows[path], key=lambda each: each[1].mean):
                _bar(axis, level, value, found, unit)
                level += 1
            places.append((first + level - 1) / 2)
            level += 0.8
        axis.axvline(0, color=INK, linewidth=1)
        axis.set_yticks(places, [wrapped(path) for path in order])
        axis.set_ylim(level - 0.9, -0.9)
        axis.margins(x=0.28)
        axis.grid(visible=False, axis="y")
        axis.tick_params(axis="y", length=0)
        change = say("change from “{base}”, paired, 95% interval", base=base)
        axis.set(
            title=say("Sensitivity: {measure}", measure=say.measure(measure)),
            xlabel=f"{unit_label(say)}\n{wrapped(change, 70)}",
        )
    return figure


def _bar(axis: Axes, level: float, value: str, found: Estimate, unit: float) -> None:
    """Draw one design's difference, what it changed written at its end."""
    mean, rises = found.mean / unit, found.mean >= 0
    axis.barh(level, mean, height=0.86, color=BLUE if rises else ORANGE)
    end = mean
    if isfinite(found.low):
        half = (found.high - found.low) / 2 / unit
        axis.errorbar(
            [mean], [level], xerr=[half], color=INK, capsize=2.5, elinewidth=1, linestyle="none"
        )
        end = mean + half if rises else mean - half
    axis.annotate(
        value,
        (end, level),
        xytext=(5 if rises else -5, 0),
        fontsize=8,
        textcoords="offset points",
        va="center",
        ha="left" if rises else "right",
        annotation_clip=False,
    )


def _one_change(study: DrawnStudy, base: str, label: str) -> tuple[str, str]:
    """Return the path that one design changes against the base and its value, or its label."""
    before = dict(study.designs[base].changes)
    changes = dict(study.designs[label].changes)
    new = {path: value for path, value in changes.items() if before.get(path) != value}
    if len(new) != 1 or before.keys() - changes.keys():
        return label, ""
    return next(iter(new.items()))
