"""A study as one HTML page: pictures, tables and what made them, without any other file."""

from __future__ import annotations

import platform
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final

from backtest.measures.comparisons import against_control
from backtest.report.html import Html, image, joined, table, tag
from backtest.report.page_texts import CAPTIONS, CONVENTIONS, EACH_SEED
from backtest.report.pictures import SESSION, STUDY, plot_session, plot_study
from backtest.report.subject import PictureError
from backtest.report.units import measure_of, shown, unit_of
from backtest.report.words import CHINESE, ENGLISH, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.figure import Figure

    from backtest.measures.intervals import Estimate
    from backtest.report.subject import DrawnStudy

_SESSIONS: Final = 6  # designs whose first session is drawn
_LIBRARIES: Final = ("carbonx-exchange", "numpy", "scipy", "msgspec", "sortedcontainers")
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
_SEEDS: Final = "{count} seeds on each design, the same people and shocks on all."
_TAGS: Final = {ENGLISH: "en", CHINESE: "zh-CN"}  # of languages, as browsers know them


def write_page(
    study: DrawnStudy,
    path: str | Path,
    *,
    language: str = "en",
    title: str = "",
    rate: float = 0.0,
) -> Path:
    """Write a study's page; return its path.

    ``language`` is "en" or "zh", ``rate`` as in the picture "batch interval". Raises
    ``OSError``, and ``PictureError`` for a language that is not known, before anything is drawn.
    """
    text = page(study, language=language, title=title, rate=rate)
    target = Path(path)
    target.write_text(text, "utf-8")
    return target


def page(study: DrawnStudy, *, language: str = "en", title: str = "", rate: float = 0.0) -> str:
    """Return a study as one HTML page."""
    say = Words(language)
    name = title or say(
        "{count} designs on the market {market}",
        count=str(len(study.designs)),
        market=_market(study),
    )
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
        tag("p", say(_SEEDS, count=f"{study.seeds:,}")),
        tag("h2", say("Measures")),
        _measures(study, say),
        *_idle(study, say),
        tag("h2", say("Designs")),
        _designs(study, say),
        tag("h2", say("Pictures")),
        *_study_pictures(study, say, rate),
        tag("h2", say("One session of each design")),
        *_session_pictures(study, say),
        *_failures(study, say),
        tag("h2", say("Conventions")),
        _list([*map(say.either, CONVENTIONS), *_in_words(study, say)]),
        tag("h2", say("How this was made")),
        _facts(study, say),
    )
    whole = tag("html", tag("head", head), tag("body", body), lang=_TAGS[language])
    return f"<!DOCTYPE html>\n{whole}\n"


def _market(study: DrawnStudy) -> str:
    return str(getattr(study.market, "name", "") or type(study.market).__name__)


def _measures(study: DrawnStudy, say: Words) -> Html:
    """Return a block of rows for each measure: one for each design."""
    rulebook = next(iter(study.designs.values())).rulebook
    blocks = []
    for measure in study.names:
        unit = unit_of(measure, rulebook)
        said = tag("small", unit.said(say))
        name = tag(
            "th", say.measure(measure), said, scope="rowgroup", rowspan=str(len(study.designs))
        )
        rows: list[Html] = []
        clear = _clear(study, measure)
        for label in study.designs:
            found = _cells(study, say, label, measure, unit.divisor)
            if label in clear:
                found[2] = tag("b", found[2])
            cells = [tag("td", each) for each in found]
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
    top = tag("thead", tag("tr", *(tag("th", say(each), scope="col") for each in head)))
    return tag("div", tag("table", top, *blocks, class_="measures"), class_="wide")


def _in_words(study: DrawnStudy, say: Words) -> list[str]:
    """Say what each measure is, as the laboratory's table of measures has it."""
    known = dict.fromkeys(filter(None, map(measure_of, study.names)))
    return [
        say("{name}: {said}", name=say.measure(each.name), said=say.says(each)) for each in known
    ]


def _clear(study: DrawnStudy, measure: str) -> list[str]:
    """Return the designs whose difference to the first stands among all comparisons together."""
    first, *others = study.designs
    values = {label: study.values(label, measure) for label in others}
    found = against_control(study.values(first, measure), values)
    return [label for label, difference in found.items() if difference.stands()]


def _cells(study: DrawnStudy, say: Words, label: str, measure: str, divisor: float) -> list[str]:
    """Return a mean and the paired difference to the first design, with intervals."""
    values = study.values(label, measure)
    if not values:
        return [say("n/a"), "", "", "", "0"]
    mean = study.mean(label, measure)
    found = [shown(mean.mean / divisor), _interval(say, mean, divisor), "", "", f"{len(values):,}"]
    base = next(iter(study.designs))
    if label != base and set(values) & set(study.values(base, measure)):
        change = study.difference(label, measure)
        text = f"{'+' if change.mean > 0 else ''}{shown(change.mean / divisor)}"
        found[2:4] = [text, _interval(say, change, divisor)]
    return found


def _interval(say: Words, found: Estimate, divisor: float) -> str:
    if not isfinite(found.low):
        return say("n/a")
    return say("{low} to {high}", low=shown(found.low / divisor), high=shown(found.high / divisor))


def _designs(study: DrawnStudy, say: Words) -> Html:
    rows = []
    for label, design in study.designs.items():
        changes = [tag("div", tag("code", f"{path} = {value}")) for path, value in design.changes]
        digest = tag("code", design.digest[:16])
        rows.append([label, design.rulebook.name, joined(changes or [say("none")]), digest])
    head = map(say, ("design", "rulebook", "changes", "hash of the rules"))
    return tag("div", table(head, rows, class_="facts"), class_="wide")


def _study_pictures(study: DrawnStudy, say: Words, rate: float) -> list[Html]:
    main = study.names[0]
    found: list[Html] = []
    missing: list[str] = []
    for name in dict.fromkeys([main, *(each for each in _ALSO if each in study.names)]):
        caption = say("{name}: {said}", name=say.measure(name), said=say.either(EACH_SEED))
        _add(say, found, missing, caption, partial(plot_study, study, name, language=say.language))
    for name in STUDY:
        draw = partial(plot_study, study, name, language=say.language, measure=main, rate=rate)
        _add(say, found, missing, say.either(CAPTIONS[name]), draw)
    return [*found, *_missing(say, missing)]


def _session_pictures(study: DrawnStudy, say: Words) -> list[Html]:
    found: list[Html] = []
    missing: list[str] = []
    deadline = getattr(study.market, "deadline", 0)
    for label in list(study.designs)[:_SESSIONS]:
        failed = {each.seed for each in study.failed if each.design == label}
        seed = next((seed for seed in range(study.seeds) if seed not in failed), None)
        if seed is None:
            continue
        session = study.outcome(label, seed)
        found.append(tag("h3", say("{label}, seed {seed}", label=label, seed=str(seed))))
        for name in SESSION:
            draw = partial(plot_session, session, name, language=say.language, deadline=deadline)
            _add(say, found, missing, say.either(CAPTIONS[name]), draw)
    if len(study.designs) > _SESSIONS:
        count = str(len(study.designs))
        first = say("The first {shown} of {count} designs.", shown=str(_SESSIONS), count=count)
        found.append(tag("p", first))
    return [*found, *_missing(say, missing)]


def _add(
    say: Words,
    found: list[Html],
    missing: list[str],
    caption: str,
    draw: Callable[[], Figure],
) -> None:
    """Add a picture with its caption, or the reason why there is none."""
    try:
        figure = draw()
    except PictureError as error:
        missing.append(say.reason(error))
        return
    found.append(tag("figure", image(figure, caption), tag("figcaption", caption)))


def _missing(say: Words, reasons: list[str]) -> list[Html]:
    return [tag("p", say("Not drawn:")), _list(dict.fromkeys(reasons))] if reasons else []


def _list(texts: Iterable[str]) -> Html:
    return tag("ul", *(tag("li", each) for each in texts))


def _idle(study: DrawnStudy, say: Words) -> list[Html]:
    return [tag("p", say("Nothing traded under:")), _list(study.idle)] if study.idle else []


def _failures(study: DrawnStudy, say: Words) -> list[Html]:
    if not study.failed:
        return []
    rows = [
        [each.design, str(each.seed), each.agent, f"{each.time:,}" if each.agent else "", each.why]
        for each in study.failed
    ]
    return [
        tag("h2", say("Sessions that failed")),
        table(map(say, ("design", "seed", "agent", "at (ns)", "why")), rows, class_="facts"),
    ]


def _facts(study: DrawnStudy, say: Words) -> Html:
    rows = [
        ["market", _market(study)],
        ["its figures", tag("code", str(study.market))],
        ["seeds", str(study.seeds)],
        ["root seed", str(study.root)],
        ["versions", say.listed(*[f"Python {platform.python_version()}", *_versions()])],
        ["hash of the result", tag("code", study.digest)],
    ]
    return table(("", ""), ([say(name), fact] for name, fact in rows), class_="facts")


def _versions() -> list[str]:
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # run from its source, not installed
            continue
    return found
