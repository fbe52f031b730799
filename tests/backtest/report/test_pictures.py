"""Pictures show what was measured, and their texts can be read."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Rectangle

from backtest.measures.fills import fills
from backtest.report import style
from backtest.report.session_pictures import price_path, volume_by_deadline
from backtest.report.study_pictures import closed_form
from backtest.report.subject import PictureError
from carbonx.lab import Study, UniformValues, compare, design, run
from engine.rulebook.calendar import utc
from engine.vocabulary.enums import Side
from engine.vocabulary.events import PhaseChanged, Trade
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from carbonx.lab import Design

TEXTBOOK = design("textbook")
SHENZHEN = design("shenzhen-2022")
LONG = "a design whose label is far too long for one line of a picture, with 10% limits & <more>"


def batches(seconds: int, *, carry_over: bool) -> Design:
    sessions = [{"at": "09:00", "phase": "intraday_call"}, {"at": "10:00", "phase": "closed"}]
    found = TEXTBOOK.with_("continuous", batch_seconds=seconds, carry_over=carry_over)
    return found.changed("calendar.sessions", sessions)


@pytest.fixture(scope="module")
def study() -> Study:
    designs = {
        "continuous": TEXTBOOK,
        "empty 5 min": batches(300, carry_over=False),
        LONG: batches(1200, carry_over=False),
        "kept 5 min": batches(300, carry_over=True),
    }
    return compare(designs, market=UniformValues(12, 12), seeds=6)


@pytest.fixture(scope="module")
def limits() -> Study:
    designs = {"10%": SHENZHEN}
    for path in ("limit_up_bp", "limit_down_bp"):
        designs |= {f"{path} {bp}": SHENZHEN.with_("bidding", **{path: bp}) for bp in (500, 5000)}
    return compare(designs, market=UniformValues(30, 30, scale=2_600), seeds=4)


def days_of_trades(days: Sequence[tuple[int, int]]) -> Any:
    """Return a session with one trade a day: date, tonnes."""
    calendar = TEXTBOOK.rulebook.calendar
    tape = [
        (
            utc(calendar, date, 36_000),
            None,
            [Trade("CO2", n, Side.BUY, 5_000 + n, tonnes, "a", 1, 0, 0, "b", 1, 0, 0, 0)],
        )
        for n, (date, tonnes) in enumerate(days)
    ]
    return SimpleNamespace(design=TEXTBOOK, people=[], tape=tape)


def pictures_of(study: Study) -> Iterator[Figure]:
    for name in ("efficiency", "surplus by group", "sensitivity"):
        yield study.plot(name)
    first = study.outcome(next(iter(study.designs)), 0)
    for name in ("supply and demand", "prices"):
        yield first.plot(name)


def texts(figure: Figure) -> Iterator[Text]:
    """Yield the texts that are drawn."""
    yield from figure.texts
    for legend in figure.legends:
        yield from legend.get_texts()
    for axes in figure.axes:
        left: Text = axes._left_title  # type: ignore[attr-defined]
        yield from (left, axes.xaxis.label, axes.yaxis.label, *axes.texts)
        for axis, view in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            yield axis.offsetText
            for tick in axis.get_major_ticks():
                if min(view) <= tick.get_loc() <= max(view):
                    yield from (each for each in (tick.label1, tick.label2) if each.get_visible())


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Return pairs of texts that cover each other, and texts that leave the picture."""
    shown = [
        (text.get_text(), text.get_window_extent())
        for text in texts(figure)
        if text.get_text().strip()
    ]
    width, height = figure.canvas.get_width_height()
    outside = [
        (said, "the edge")
        for said, box in shown
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    return outside + [
        (one, two)
        for (one, a), (two, b) in itertools.combinations(shown, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]


def drawn(axes: Axes) -> dict[str, tuple[list[float], list[float]]]:
    """Return the lines of a picture by their labels."""
    lines: list[Any] = axes.get_lines()
    return {
        f"{line.get_label()}{place if line.get_label().startswith('_') else ''}": (
            list(line.get_xdata()),
            list(line.get_ydata()),
        )
        for place, line in enumerate(lines)
    }


def test_no_text_covers_another(study: Study, limits: Study) -> None:
    figures = [
        *pictures_of(study),
        study.plot("batch interval", rate=12 / 3600),
        limits.plot("sensitivity"),
        limits.outcome("10%", 0).plot("prices"),
    ]
    for figure in figures:
        assert overlaps(figure) == []


def test_covering_texts_are_noticed(study: Study) -> None:
    figure = study.plot("efficiency")
    label = figure.axes[0].yaxis.get_majorticklabels()[0]
    box = label.get_window_extent().transformed(figure.transFigure.inverted())
    figure.text(box.x0, box.y0, "on top of it")
    assert overlaps(figure)


@pytest.mark.parametrize(
    ("arrivals", "efficiency"), [(1, 0.432332), (10, 0.905), (50, 0.9802), (1e-9, 0.0)]
)
def test_the_closed_form(arrivals: float, efficiency: float) -> None:
    assert closed_form(arrivals) == pytest.approx(efficiency, abs=1e-6)


def test_the_closed_form_has_no_step_where_its_digits_end() -> None:
    below, above = closed_form(1e-3 * (1 - 1e-9)), closed_form(1e-3)
    assert below == pytest.approx(above, rel=1e-3)


def test_efficiency_against_the_interval_has_the_means_and_the_closed_form(study: Study) -> None:
    axes = study.plot("batch interval", rate=0.01).axes[0]
    means = [study.mean(label, "efficiency").mean for label in study.designs]
    found = list(drawn(axes).values())
    assert ([300, 1200], [means[1], means[2]]) in found
    assert ([300], [means[3]]) in found
    assert any(set(y) == {means[0]} for _, y in found), "the market without batches, across"
    x, y = drawn(axes)["closed form, no carry-over"]
    assert y == [closed_form(0.01 * seconds) for seconds in x]
    assert "closed form, no carry-over" not in drawn(study.plot("batch interval").axes[0])


def test_every_seed_is_a_dot(study: Study) -> None:
    axes = study.plot("efficiency").axes[0]
    dots: list[Any] = [each for each in axes.collections if isinstance(each, PathCollection)]
    for label, row in zip(study.designs, dots, strict=True):
        at = [x for x, _ in row.get_offsets()]
        assert at == pytest.approx(list(study.values(label, "efficiency").values()))


def test_groups_are_stacked_to_the_total(study: Study) -> None:
    axis = study.plot("surplus by group").axes[0]
    bars = [each for each in axis.patches if isinstance(each, Rectangle)]
    for row, label in enumerate(study.designs):
        ends = [bar.get_x() + bar.get_width() for bar in bars if round(bar.get_y() + 0.3) == row]
        total = study.mean(label, "surplus").mean / 100
        assert max(ends) * (1_000 if total >= 10_000 else 1) == pytest.approx(total)
    assert "thousand CNY" in axis.get_xlabel()


def test_sensitivity_is_the_paired_difference_by_what_was_changed(limits: Study) -> None:
    axis = limits.plot("sensitivity", measure="volume").axes[0]
    rows = [text.get_text().replace("\n", "") for text in axis.yaxis.get_majorticklabels()]
    assert sorted(rows) == ["modes[bidding].limit_down_bp", "modes[bidding].limit_up_bp"]
    assert sorted(text.get_text() for text in axis.texts) == ["500", "500", "5000", "5000"]
    bars = sorted(bar.get_width() for bar in axis.patches if isinstance(bar, Rectangle))
    others = list(limits.designs)[1:]
    assert bars == pytest.approx(sorted(limits.difference(x, "volume").mean for x in others))


def test_what_traded_is_thick_in_supply_and_demand(study: Study) -> None:
    outcome = study.outcome("continuous", 0)
    axis = outcome.plot("supply and demand").axes[0]
    thick = [each for each in axis.collections if isinstance(each, LineCollection)]
    tonnes = sum(fill.quantity for fill in fills(outcome.tape))
    assert [len(each.get_segments()) for each in thick] == [tonnes, tonnes]


def test_prices_and_limits_are_those_of_the_session(limits: Study) -> None:
    outcome = limits.outcome("10%", 0)
    axis = outcome.plot("prices").axes[0]
    assert drawn(axis)["trades"][1] == [fill.price / 100 for fill in fills(outcome.tape)]
    phase = next(e for _, _, events in outcome.tape for e in events if type(e) is PhaseChanged)
    assert set(drawn(axis)["daily limits"][1]) == {phase.low_limit / 100}
    assert "limits" in axis.get_title(loc="left")


def test_a_session_of_several_days_is_drawn_by_day() -> None:
    session = days_of_trades([(20250102, 10), (20250103, 20), (20250106, 5)])
    figure = price_path(session)
    assert "date" in figure.axes[0].get_xlabel()
    assert overlaps(figure) == []


def test_volume_by_days_to_the_deadline() -> None:
    session = days_of_trades([(20250102, 10), (20250106, 30), (20250108, 60), (20250109, 7)])
    figure = volume_by_deadline(session, deadline=20250108)
    bars = {
        round(bar.get_x() + bar.get_width() / 2): bar.get_height()
        for bar in figure.axes[0].patches
        if isinstance(bar, Rectangle)
    }
    assert {day: tonnes for day, tonnes in bars.items() if tonnes} == {6: 10, 2: 30, 0: 60}
    ((_, share),) = drawn(figure.axes[1]).values()
    assert (share[0], share[-1]) == (10, 100)
    assert overlaps(figure) == []


def test_a_year_to_the_deadline_is_drawn_in_weeks() -> None:
    figure = volume_by_deadline(days_of_trades([(20250102, 10), (20251230, 30), (20251231, 60)]))
    assert "weeks" in figure.axes[0].get_xlabel()
    assert max(b.get_height() for b in figure.axes[0].patches if isinstance(b, Rectangle)) == 90
    assert overlaps(figure) == []


def test_every_label_has_a_chinese_word(
    study: Study, limits: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "chinese_font", lambda: "DejaVu Sans")  # any: words are the matter
    figures = [
        study.plot(name, language="zh")
        for name in ("efficiency", "surplus by group", "sensitivity", "price")
    ]
    figures.append(study.plot("batch interval", rate=0.01, language="zh"))
    session = limits.outcome("10%", 0)
    figures += [session.plot(name, language="zh") for name in ("supply and demand", "prices")]
    year = days_of_trades([(20250102, 10_000), (20251230, 30_000)])
    week = days_of_trades([(20250102, 10), (20250103, 30)])
    figures += [
        volume_by_deadline(year, "zh"),
        volume_by_deadline(week, "zh"),
        price_path(year, "zh"),
    ]
    for figure in figures:
        title = figure.axes[0].get_title(loc="left")
        assert re.search("[\u4e00-\u9fff]", title), title


def test_chinese_without_a_font_is_english_and_says_why(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "chinese_font", lambda: "")
    with pytest.warns(UserWarning, match="install one"):
        figure = study.plot("efficiency", language="zh")
    assert figure.axes[0].get_title(loc="left") == "Distribution over seeds: efficiency"


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("eficiency", {}, "did you mean 'efficiency'"),
        ("batch intervals", {}, "did you mean 'batch interval'"),
        ("sensitivity", {"measure": "volumes"}, "did you mean 'volume'"),
        ("efficiency", {"language": "fr"}, "'fr' is not one of en, zh"),
        ("batch interval", {}, "no design of this study has batches"),
    ],
)
def test_a_picture_that_there_is_not_is_refused(
    limits: Study, name: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(PictureError, match=said):
        limits.plot(name, **options)


def test_a_session_that_cannot_fill_a_picture_says_so() -> None:
    nobody = run(TEXTBOOK, UniformValues(0, 0))
    for name, said in (
        ("supply and demand", "values and costs"),
        ("prices", "nothing traded"),
        ("deadline", "fewer than two days"),
        ("price", "did you mean 'prices'"),
    ):
        with pytest.raises(PictureError, match=said):
            nobody.plot(name)
    with pytest.raises(PictureError, match="20250230 is no date"):
        nobody.plot("deadline", deadline=20250230)


def test_the_same_picture_is_the_same_text_and_leaves_settings_alone(study: Study) -> None:
    before = dict(mpl.rcParams)
    assert style.svg(study.plot("efficiency")) == style.svg(study.plot("efficiency"))
    assert dict(mpl.rcParams) == before


def test_pictures_are_loaded_when_one_is_drawn() -> None:
    code = (
        "import sys; from carbonx import lab; assert 'matplotlib' not in sys.modules;"
        "lab.run(lab.design('textbook'), lab.UniformValues()).plot('prices');"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
