"""A study as one HTML page: pictures, tables and what made them, without any other file."""

from __future__ import annotations

import platform
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final

from backtest.report.html import Html, image, joined, table, tag
from backtest.report.pictures import SESSION, STUDY, plot_session, plot_study
from backtest.report.subject import PictureError
from backtest.report.units import measure_of, shown, unit_of
from backtest.report.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.figure import Figure

    from backtest.measures.intervals import Estimate
    from backtest.report.subject import DrawnStudy

_SESSIONS: Final = 6  # designs whose first session is drawn
_LIBRARIES: Final = ("carbonx-exchange", "numpy", "scipy", "msgspec", "sortedcontainers")
_NOTHING: Final = "n/a"
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:60rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.2rem;margin-top:2.2rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.88rem}
th,td{padding:.25rem .7rem;border-bottom:1px solid #e4e4e4;text-align:left;vertical-align:top}
thead th{border-bottom:2px solid #767676;white-space:nowrap}
tbody th{font-weight:normal}.measures tbody tr:last-child>*,.measures th[scope=rowgroup]{
border-bottom:1px solid #767676}.measures td,.measures th:nth-child(n+3){text-align:right}
.measures tbody tr th[scope=row]{text-align:left}td{white-space:nowrap}
.facts td{overflow-wrap:anywhere;white-space:normal}.wide{overflow-x:auto}
small{color:#666;display:block}figure{margin:1.5rem 0;break-inside:avoid}
img{max-width:100%;height:auto}figcaption{color:#555;font-size:.88rem;max-width:46rem}
code{font-size:.9em}
@media print{body{max-width:none;margin:0;font-size:10pt}h2{break-after:avoid}
tr{break-inside:avoid}.wide{overflow:visible}thead{display:table-header-group}}
@page{margin:16mm}
"""
_ALSO: Final = ("price", "volume")  # measures that are drawn beside the first
_EACH_SEED: Final = (
    "each seed as a dot, a box from quartile to quartile, lines to "
    "the 5th and 95th percentile, the mean with its 95% interval."
)
_CAPTIONS: Final = {
    "surplus by group": "Mean surplus of each group, stacked. Thin bars are 95% intervals of a "
    "group's mean, the diamond is the total with its own.",
    "batch interval": "Efficiency by how long a batch lasts, with 95% intervals. A design without "
    "batches is a line across. The closed form holds for truthful traders with uniform values "
    "who come by a Poisson process to batches without carry-over.",
    "sensitivity": "How far each design moves the measure from the first one, largest first: "
    "paired differences with 95% intervals.",
    "supply and demand": "Values and costs of one session, thick where a tonne traded, with the "
    "prices of the trades in their order.",
    "prices": "Trades of the line with most of them, inside the limits in force.",
    "deadline": "Tonnes traded by the time left to the deadline, and their share of all so far.",
}
_CONVENTIONS: Final = """\
Every design meets the same people with the same random draws, seed by seed. A difference is the
mean of the differences within each seed.

Intervals are 95% t intervals of a mean over seeds. They are not corrected for the number of
comparisons. Bold marks a difference whose interval leaves out 0.

"n/a" means that a measure does not apply, which is not 0. A mean is over the seeds for which the
measure applies; their number stands in the last column.

Efficiency is the surplus realised divided by the largest that trading could have realised with
this session's people. Surplus is value less price for a tonne bought and kept, and price less cost
for a tonne sold; what an account sold again is worth its price. Fees are left out. The groups'
surpluses add up to the total.
"""


def write_page(
    study: DrawnStudy,
    path: str | Path,
    *,
    language: str = "en",
    title: str = "",
    rate: float = 0.0,
) -> Path:
    """Write a study's page; return its path.

    ``language`` is that of the pictures, ``rate`` as in the picture "batch interval". Raises
    ``OSError``, and ``PictureError`` for a language that is not known.
    """
    Words(language)  # a wrong one is refused before anything is drawn
    target = Path(path)
    target.write_text(page(study, language=language, title=title, rate=rate), "utf-8")
    return target


def page(study: DrawnStudy, *, language: str = "en", title: str = "", rate: float = 0.0) -> str:
    """Return a study as one HTML page."""
    name = title or f"{len(study.designs)} designs on the market {_market(study)}"
    head = joined([
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Html('<meta name="viewport" content="width=device-width,initial-scale=1">'),
        tag("title", name),
        Html(f"<style>{_STYLE}</style>"),
    ])  # fmt: skip
    body = tag(
        "main",
        tag("h1", name),
        tag("p", f"{study.seeds} seeds on each design, the same people and shocks on all."),
        tag("h2", "Measures"),
        _measures(study),
        tag("h2", "Designs"),
        _designs(study),
        tag("h2", "Pictures"),
        *_study_pictures(study, language, rate),
        tag("h2", "One session of each design"),
        *_session_pictures(study, language),
        *_failures(study),
        tag("h2", "Conventions"),
        _list([*_CONVENTIONS.split("\n\n"), *_in_words(study)]),
        tag("h2", "How this was made"),
        _facts(study),
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _market(study: DrawnStudy) -> str:
    return str(getattr(study.market, "name", "") or type(study.market).__name__)


def _measures(study: DrawnStudy) -> Html:
    """Return a block of rows for each measure: one for each design."""
    rulebook = next(iter(study.designs.values())).rulebook
    say, blocks = Words("en"), []
    for measure in study.names:
        unit = unit_of(measure, rulebook)
        said = tag("small", unit.said(say))
        name = tag("th", measure, said, scope="rowgroup", rowspan=str(len(study.designs)))
        rows: list[Html] = []
        for label in study.designs:
            cells = [tag("td", each) for each in _cells(study, label, measure, unit.divisor)]
            first = [] if rows else [name]
            rows.append(tag("tr", *first, tag("th", label, scope="row"), *cells))
        blocks.append(tag("tbody", *rows))
    head = (
        "measure",
        "design",
        "mean",
        "95% interval",
        "difference to the first",
        "95% interval",
        "seeds",
    )
    top = tag("thead", tag("tr", *(tag("th", each, scope="col") for each in head)))
    return tag("div", tag("table", top, *blocks, class_="measures"), class_="wide")


def _in_words(study: DrawnStudy) -> list[str]:
    """Say what each measure is, as the laboratory's table of measures has it."""
    known = dict.fromkeys(filter(None, map(measure_of, study.names)))
    return [f"{each.name}: {each.says}" for each in known]


def _cells(study: DrawnStudy, label: str, measure: str, divisor: float) -> list[str]:
    """Return a mean and the paired difference to the first design, with intervals."""
    values = study.values(label, measure)
    if not values:
        return [_NOTHING, "", "", "", "0"]
    mean = study.mean(label, measure)
    found = [shown(mean.mean / divisor), _interval(mean, divisor), "", "", f"{len(values):,}"]
    base = next(iter(study.designs))
    if label != base and set(values) & set(study.values(base, measure)):
        change = study.difference(label, measure)
        text = f"{'+' if change.mean > 0 else ''}{shown(change.mean / divisor)}"
        clear = isfinite(change.low) and not change.low <= 0 <= change.high
        found[2:4] = [tag("b", text) if clear else text, _interval(change, divisor)]
    return found


def _interval(found: Estimate, divisor: float) -> str:
    if not isfinite(found.low):
        return _NOTHING
    return f"{shown(found.low / divisor)} to {shown(found.high / divisor)}"


def _designs(study: DrawnStudy) -> Html:
    rows = []
    for label, design in study.designs.items():
        changes = [tag("div", tag("code", f"{path} = {value}")) for path, value in design.changes]
        digest = tag("code", design.digest[:16])
        rows.append([label, design.rulebook.name, joined(changes or ["none"]), digest])
    head = ("design", "rulebook", "changes", "hash of the rules")
    return tag("div", table(head, rows, class_="facts"), class_="wide")


def _study_pictures(study: DrawnStudy, language: str, rate: float) -> list[Html]:
    main = study.names[0]
    found: list[Html] = []
    missing: list[str] = []
    for name in dict.fromkeys([main, *(each for each in _ALSO if each in study.names)]):
        _add(
            found,
            missing,
            f"{name}: {_EACH_SEED}",
            partial(plot_study, study, name, language=language),
        )
    for name in STUDY:
        draw = partial(plot_study, study, name, language=language, measure=main, rate=rate)
        _add(found, missing, _CAPTIONS[name], draw)
    return [*found, *_missing(missing)]


def _session_pictures(study: DrawnStudy, language: str) -> list[Html]:
    found: list[Html] = []
    missing: list[str] = []
    deadline = getattr(study.market, "deadline", 0)
    for label in list(study.designs)[:_SESSIONS]:
        failed = {each.seed for each in study.failed if each.design == label}
        seed = next((seed for seed in range(study.seeds) if seed not in failed), None)
        if seed is None:
            continue
        session = study.outcome(label, seed)
        found.append(tag("h3", f"{label}, seed {seed}"))
        for name in SESSION:
            draw = partial(plot_session, session, name, language=language, deadline=deadline)
            _add(found, missing, _CAPTIONS[name], draw)
    if len(study.designs) > _SESSIONS:
        found.append(tag("p", f"The first {_SESSIONS} of {len(study.designs)} designs."))
    return [*found, *_missing(missing)]


def _add(found: list[Html], missing: list[str], caption: str, draw: Callable[[], Figure]) -> None:
    """Add a picture with its caption, or the reason why there is none."""
    try:
        figure = draw()
    except PictureError as error:
        missing.append(str(error))
        return
    found.append(tag("figure", image(figure, caption), tag("figcaption", caption)))


def _missing(reasons: list[str]) -> list[Html]:
    return [tag("p", "Not drawn:"), _list(dict.fromkeys(reasons))] if reasons else []


def _list(texts: Iterable[str]) -> Html:
    return tag("ul", *(tag("li", each) for each in texts))


def _failures(study: DrawnStudy) -> list[Html]:
    if not study.failed:
        return []
    rows = [[each.design, str(each.seed), each.why] for each in study.failed]
    return [
        tag("h2", "Sessions that failed"),
        table(("design", "seed", "why"), rows, class_="facts"),
    ]


def _facts(study: DrawnStudy) -> Html:
    rows = [
        ["market", _market(study)],
        ["its figures", str(study.market)],
        ["seeds", str(study.seeds)],
        ["root seed", str(study.root)],
        ["versions", ", ".join([f"Python {platform.python_version()}", *_versions()])],
        ["hash of the result", tag("code", study.digest)],
    ]
    return table(("", ""), rows, class_="facts")


def _versions() -> list[str]:
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # run from its source, not installed
            continue
    return found
