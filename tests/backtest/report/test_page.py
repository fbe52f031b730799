"""The page of a study: whole, harmless, and with everything that it needs inside."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.measures.comparisons import against_control
from backtest.report.html import Html, joined, tag
from backtest.report.page import page
from backtest.report.subject import PictureError
from backtest.report.units import shown
from carbonx.lab import Study, Trader, UniformValues, compare, design
from tests.support.designs import in_one_call

if TYPE_CHECKING:
    from pathlib import Path

    from backtest.agents.market import Market
    from backtest.kernel.streams import Streams
    from carbonx.lab import Person, Window
    from engine.rulebook.model import Rulebook

HOSTILE = "</style><script>alert('1')</script> & \"<b>\""
VOID = {"meta", "img"}


class Reader(HTMLParser):
    """What a page is made of; it fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if {"td", "th"} & {*self.open}:
            self.rows[-1][-1] += data

    def images(self) -> list[str]:
        """Return the SVG of each picture."""
        head = "data:image/svg+xml;base64,"
        sources = [attrs["src"] or "" for tag, attrs in self.tags if tag == "img"]
        assert all(source.startswith(head) for source in sources)
        return [base64.b64decode(source.removeprefix(head)).decode() for source in sources]


@pytest.fixture(scope="module")
def study() -> Study:
    textbook = design("textbook")
    designs = {"continuous": textbook, HOSTILE: in_one_call(textbook)}
    return compare(designs, market=UniformValues(6, 6, name="uniform <i>"), seeds=5)


@pytest.fixture(scope="module")
def written(study: Study, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("pages") / "study.html"
    assert study.report(path, title="Kürzere Auktionen") == path
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def read(written: str) -> Reader:
    return Reader(written)


def test_a_page_refers_to_nothing_outside(read: Reader) -> None:
    for tag_, attributes in read.tags:
        assert tag_ not in {"script", "link", "iframe", "object", "base", "form"}
        for name, value in attributes.items():
            assert not name.startswith("on"), "no code"
            assert name not in {"href", "srcset"}
            assert "//" not in (value or "") or name == "src"
    styles = [text for text in read.texts if "font:" in text]
    assert styles
    assert not any("url(" in text or "@import" in text for text in styles)
    assert read.images()
    for picture in read.images():
        for element in ET.fromstring(picture).iter():  # noqa: S314 - our own
            for name, value in element.attrib.items():
                if name.endswith("href"):
                    assert value.startswith(("#", "data:")), value
                assert "url(" not in value or "url(#" in value


def test_a_browser_would_refuse_to_load_anything(read: Reader) -> None:
    policy = next(a["content"] for _, a in read.tags if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_names_are_shown_as_they_are(read: Reader) -> None:
    assert [HOSTILE in row for row in read.rows].count(True) >= 2
    assert any("uniform <i>" in text for text in read.texts)
    assert not [tag_ for tag_, _ in read.tags if tag_ in {"i", "script"}]


def test_the_table_has_the_measures_of_the_study(study: Study, read: Reader) -> None:
    for measure in study.names:
        place = next(n for n, row in enumerate(read.rows) if row[0].startswith(measure))
        first, second = read.rows[place : place + 2]
        one = 100 if "surplus" in measure or measure == "price" else 1
        mean, change = study.mean("continuous", measure), study.difference(HOSTILE, measure)
        interval = f"{shown(mean.low / one)} to {shown(mean.high / one)}"
        assert first[1:] == ["continuous", shown(mean.mean / one), interval, "", "", "5"]
        assert second[0] == HOSTILE
        assert second[3].removeprefix("+") == shown(change.mean / one)


def test_bold_is_what_stands_among_all_designs() -> None:
    """Of thirty designs that differ by chance alone, some intervals leave out 0 by themselves."""
    textbook = design("textbook")
    first, *others = ["first", *(f"other {number}" for number in range(30))]
    most = "products[CO2].max_quantity"
    designs = {first: textbook} | {
        each: textbook.changed(most, 10**6 + n) for n, each in enumerate(others)
    }
    study = compare(designs, market=UniformValues(2, 2), seeds=1)
    noise = np.random.default_rng(5)
    values = {label: dict(enumerate(noise.normal(size=6).tolist())) for label in designs}
    found = against_control(values[first], {each: values[each] for each in others})
    assert any(each.p <= 0.05 for each in found.values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(study), "values", lambda _, label, _measure: values[label])
        assert "<b>" not in page(study)
        values["other 3"] = {seed: value + 50 for seed, value in values[first].items()}
        values["other 3"][0] += 1  # or every difference would be the same
        assert page(study).count("<b>") == len(study.names)


def test_a_page_says_what_it_was_made_from(study: Study, read: Reader) -> None:
    text = "\n".join(read.texts)
    assert study.digest in text
    for each in study.designs.values():
        assert each.digest[:16] in text
    ((path, value),) = study.designs[HOSTILE].changes
    assert f"{path} = {value}" in text
    assert "Python 3" in text
    assert "buyers=6" in text
    assert ["root seed", "1"] in read.rows
    assert "volume: tonnes traded" in read.texts


def test_every_picture_says_what_it_shows(read: Reader) -> None:
    told = [attributes["alt"] for tag_, attributes in read.tags if tag_ == "img"]
    assert len(told) >= 9
    assert all(told)
    assert "batch interval: no design of this study has batches (batch_seconds)" in read.texts


class Breaking(UniformValues, frozen=True):
    """A market whose first buyer fails, in the first session."""

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        found = super().people(streams, rulebook, window)
        return [found[0]._replace(agent=Breaks()), *found[1:]] if not streams.replication else found


class Breaks(Trader):
    """An agent with a fault."""

    def on_start(self, market: Market) -> None:
        message = f"<no> {market.now()}"
        raise ValueError(message)


def test_failed_sessions_are_listed_and_others_drawn() -> None:
    study = compare({"a": design("textbook")}, market=Breaking(4, 4), seeds=2)
    read = Reader(page(study))
    (failed,) = study.failed
    assert "<no>" in failed.why
    assert failed.agent == "buyer/0"
    assert ["a", "0", failed.agent, f"{failed.time:,}", failed.why] in read.rows
    assert "a, seed 1" in read.texts


def test_designs_under_which_nothing_traded_are_named() -> None:
    designs = {"a": design("textbook"), "b <idle>": design("shenzhen-2022")}
    study = compare(designs, market=UniformValues(4, 4), seeds=2)
    assert study.idle == ["b <idle>"]
    assert "nothing traded under b <idle>: " in str(study)
    assert {"Nothing traded under:", "b <idle>"} <= set(Reader(page(study)).texts)


def test_a_page_has_the_title_it_was_given(written: str) -> None:
    assert "<h1>Kürzere Auktionen</h1>" in written


def test_a_language_that_is_not_known_is_refused_before_a_file_is_written(
    study: Study, tmp_path: Path
) -> None:
    with pytest.raises(PictureError, match="'fr' is not one of"):
        study.report(tmp_path / "study.html", language="fr")
    assert not list(tmp_path.iterdir())


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"))))
def test_texts_come_out_as_they_went_in(texts: list[str]) -> None:
    read = Reader(tag("p", *texts, title="".join(texts)))
    assert "".join(read.texts) == "".join(texts)
    assert read.tags == [("p", {"title": "".join(texts)})]


def test_markup_is_not_escaped_twice() -> None:
    assert tag("p", tag("b", "<")) == "<p><b>&lt;</b></p>"
    assert isinstance(joined(["<"]), Html)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.123456, "0.1235"),
        (-12.3456, "-12.35"),
        (1234.5, "1,234"),
        (1e7, "10,000,000"),
    ],
)
def test_figures_are_short(value: float, text: str) -> None:
    assert shown(value) == text
