"""The page in Chinese: nothing of it is left in English but names."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import pytest

from backtest.lab.named import MARKETS, market
from backtest.lab.session import cast
from backtest.measures.table import MEASURES as KNOWN
from backtest.report import chinese, page, page_texts, session_pictures, study_pictures, units
from backtest.report.chinese import GROUPS, LABELS, MEASURES
from backtest.report.fonts import chinese_font
from backtest.report.page import page as page_of
from backtest.report.subject import PictureError
from backtest.report.units import unit_of
from backtest.report.words import SURPLUS_OF, Both, Words
from carbonx.lab import Study, UniformValues, compare, design
from engine.rulebook.presets import find
from tests.backtest.report.test_page import Breaking, Reader
from tests.support.designs import in_one_call

if TYPE_CHECKING:
    from collections.abc import Iterator

SAY = Words("zh")
LATIN = re.compile("[A-Za-z]{2,}")
BOOK = find("textbook")
RULES = {"guangdong-year": "guangdong", "national-year": "cn-national"}


class Reading(Reader):
    """Notes which texts stand in a <code> element, where names of the program are."""

    def __init__(self, text: str) -> None:
        self.said: list[str] = []
        super().__init__(text)

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        if not {"code", "style"} & {*self.open}:
            self.said.append(data)


def english(texts: list[str], *names: str) -> list[str]:
    """Return texts that have a Latin word, once names are taken out."""
    found = []
    for text in texts:
        rest = text
        for name in sorted(names, key=len, reverse=True):
            rest = rest.replace(name, "")
        if LATIN.search(rest):
            found.append(text)
    return found


def words_of(pictures: list[str]) -> Iterator[str]:
    """Yield the texts of pictures, which are comments where letters are drawn as shapes."""
    for picture in pictures:
        yield from (each.strip() for each in re.findall(r"<!--(.*?)-->", picture, re.DOTALL))


needs_font = pytest.mark.skipif(not chinese_font(), reason="no font with Chinese is installed")


def study(names: list[str] | None = None) -> Study:
    textbook = design("textbook")
    hour = [{"at": "09:00", "phase": "intraday_call"}, {"at": "10:00", "phase": "closed"}]
    batches = textbook.with_("continuous", batch_seconds=300, carry_over=True)
    return compare(
        {
            "甲": textbook,
            "乙": in_one_call(textbook),
            "丙": batches.changed("calendar.sessions", hour),
        },
        market=UniformValues(6, 6, name="市场"),
        seeds=4,
        measures=names or (),
    )


@needs_font
def test_nothing_of_the_page_is_left_in_english_but_names() -> None:
    made = study([*KNOWN])
    read = Reading(page_of(made, language="zh", rate=0.01))
    versions = [each for row in read.rows if row[0] == SAY("versions") for each in row]
    assert not english(read.said, "textbook", *versions)
    assert ("html", {"lang": "zh-CN"}) in read.tags
    assert not english([a["alt"] or "" for tag, a in read.tags if tag == "img"])
    drawn = [*words_of(read.images())]
    assert len(drawn) > 100
    changes = [text for each in made.designs.values() for pair in each.changes for text in pair]
    assert not english(drawn, "CO2", "UTC", *changes), "a line, a clock and a path keep their names"
    for said in (
        "成交量",
        "买方的剩余",
        "卖方",
        "95%区间",
        "不适用",
        "效率\uff1a实现的交易剩余与最大可能剩余之比",
    ):
        assert said in "\n".join(read.said)


@needs_font
def test_reasons_and_failures_are_in_chinese_but_for_what_an_agent_raised() -> None:
    failing = compare({"甲": design("textbook")}, market=Breaking(2, 2, name="市场"), seeds=2)
    read = Reading(page_of(failing, language="zh"))
    (failed,) = failing.failed
    versions = [each for row in read.rows if row[0] == SAY("versions") for each in row]
    assert not english(read.said, "textbook", failed.agent, failed.why, *versions)
    assert SAY("Not drawn:") in read.said
    assert (
        LABELS["batch interval: no design of this study has batches (batch_seconds)"] in read.said
    )
    assert SAY("Sessions that failed") in read.said


@pytest.mark.parametrize("name", KNOWN)
def test_every_measure_is_called_and_explained_in_chinese(name: str) -> None:
    each = KNOWN[name]
    assert not english([SAY.measure(name), SAY.says(each), unit_of(name, BOOK).said(SAY)])


def test_every_measure_has_a_name_of_its_own() -> None:
    assert KNOWN.keys() == MEASURES.keys()
    assert len({name for name, _ in MEASURES.values()}) == len(MEASURES)


@pytest.mark.parametrize("name", MARKETS)
def test_the_people_of_every_market_are_called_in_chinese(name: str) -> None:
    rules = design(RULES.get(name, "shenzhen-2022" if name.endswith("-year") else "textbook"))
    groups = {person.group for person in cast(rules, market(name))}
    assert groups <= GROUPS.keys()
    assert SAY.measure(f"{SURPLUS_OF}{min(groups)}") == f"{GROUPS[min(groups)]}的剩余"


def test_what_is_the_readers_own_keeps_its_name() -> None:
    assert SAY.measure("my measure") == "my measure"
    assert SAY.measure(f"{SURPLUS_OF}my friends") == "my friends的剩余"
    assert SAY.reason(PictureError("of mine: {why}", why="no")) == "of mine: no"


def test_every_label_is_used_and_keeps_its_parts() -> None:
    modules = (page, session_pictures, study_pictures, units)
    source = "".join(map(inspect.getsource, modules)).replace('"\n        "', "")
    of_units = {each.unit for each in KNOWN.values()}
    for text, said in LABELS.items():
        assert f'"{text}"' in source or text in of_units, text
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", said)), text


def test_longer_texts_are_in_both_languages() -> None:
    texts = [page_texts.EACH_SEED, *page_texts.CAPTIONS.values(), *page_texts.CONVENTIONS]
    assert all(isinstance(each, Both) for each in texts)
    assert not english([SAY.either(each) for each in texts])
    assert all(LATIN.search(Words("en").either(each)) for each in texts)
    assert not english([*chinese.CURRENCIES.values(), *GROUPS.values()])
