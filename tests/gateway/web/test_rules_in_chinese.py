"""Refusals on the Chinese page: each rule that a venue can answer a page with has a translation."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from engine.vocabulary.json_codec import decimal_text
from tests.support.browser import browser, needs_browser
from tests.support.paths import ROOT
from tests.support.rule_texts import FIGURE, Said, texts
from tests.support.venues import bounded
from tests.support.web_pages import in_browser, log_on, page_of, ruled, venue_with_page

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.server.node import Node
    from tests.support.browser import Tab

SCRIPTS: Final = ROOT / "gateway" / "web" / "static" / "js"
VENUE: Final = ("base", "venue", "link_checks", "link_commands", "link_bids")
FIGURES: Final = re.compile(rf"[01{FIGURE}]+")
SERVER: Final = ("door", "permissions", "sessions", "silence", "storage")
# What refuses what a page never sends: an operator's commands beside halt and resume, other venues'
# messages, announcements, and messages that the page makes by itself.
NOT_OF_A_PAGE: Final = {
    "bidding.py:admit_announcement", "consignments.py:_admit_consignment",
    "discretionary_sales.py:_admit_trigger", "discretionary_sales.py:authority_announces",
    "guarantees.py:_admit_change_of", "guarantees.py:give_back", "guarantees.py:pledge",
    "joint_auctions.py:_admit_seller", "one_way.py:to_clear",
    "venue.py:_advance_time", "link_commands.py:_rules_of_links", "link_commands.py:carry_in",
    "link_commands.py:guest_order", "link_commands.py:carry_home", "link_bids.py:guest_bid",
    "sessions.py:_copy", "door.py:refuse",
}  # fmt: skip


@cache
def translations() -> tuple[tuple[str, str], ...]:
    text = (SCRIPTS / "rules.js").read_text()
    return tuple(re.findall(r'\["((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\]', text))


def pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL)


def spelt(english: str) -> int:
    return len(english.replace("{}", ""))


@cache
def said() -> tuple[Said, ...]:
    paths = [
        *sorted((ROOT / "engine" / "markets").glob("*.py")),
        *(ROOT / "engine" / "venue" / f"{name}.py" for name in VENUE),
        *(ROOT / "gateway" / "server" / f"{name}.py" for name in SERVER),
    ]
    return tuple(dict.fromkeys(each for path in paths for each in texts(path)))


def test_every_rule_that_a_page_can_hear_has_a_translation() -> None:
    tried = sorted(translations(), key=lambda row: -spelt(row[0]))
    missing = []
    for each in said():
        if each.where not in NOT_OF_A_PAGE:
            ways = (pattern(english).fullmatch(each.text) for english, _ in tried)
            found = next((way for way in ways if way), None)
            if found is None or not all(FIGURES.fullmatch(part) for part in found.groups()):
                missing.append(each)
    assert missing == []
    assert len(said()) > 100  # the texts were found at all
    assert {each.where for each in said()} >= NOT_OF_A_PAGE


def test_every_translation_is_of_something_that_is_said_and_has_all_its_figures() -> None:
    sources = "".join(
        path.read_text()
        for room in ("engine", "gateway")
        for path in sorted((ROOT / room).rglob("*.*"))
        if path.suffix in {".py", ".js"} and path.name != "rules.js"
    )
    rows = translations()
    assert len({english for english, _ in rows}) == len(rows)
    for english, chinese in rows:
        assert set(re.findall(r"\{(\d)\}", chinese)) == set(map(str, range(english.count("{}"))))
        heard = any(pattern(english).fullmatch(each.text) for each in said())
        longest = max(english.split("{}"), key=len).removeprefix(": ")
        assert heard or longest in sources, english


def test_a_word_of_the_page_stands_there_once() -> None:
    keys = re.findall(r"^  (\w+): \[", (SCRIPTS / "words.js").read_text(), re.MULTILINE)
    assert len(keys) > 200
    assert len(set(keys)) == len(keys)


SENTENCE: Final = re.compile(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}")
ANSWER: Final = "document.querySelector('#answer')?.innerText ?? ''"


async def in_chinese(tab: Tab, url: str) -> None:
    await tab.open(url)
    await tab.until("carbonx.line.info")
    if await tab.value("document.documentElement.lang") == "en":
        await tab.click("#language")
    await tab.until("document.documentElement.lang === 'zh'")


@needs_browser
def test_the_page_says_every_rule_in_chinese(tmp_path: Path) -> None:
    texts_heard = [each.text for each in said() if each.where not in NOT_OF_A_PAGE]

    async def scenario() -> None:
        async with in_browser(tmp_path, "textbook") as (_, web, tab):
            await in_chinese(tab, web.url)
            script = (
                "import('./static/js/rules.js').then((found) => {window.ruleOf = found.ruleOf})"
            )
            await tab.value(f"void {script}")
            await tab.until("window.ruleOf !== undefined")
            told = await tab.value(f"{texts_heard}.map(ruleOf)")
            assert [each for each in told if SENTENCE.search(each)] == []
            again = await tab.value(
                "['pre_open, continuous is halted', 'no rule at all'].map(ruleOf)"
            )
            assert again == ["开市前、连续交易 当前阶段：停牌", "no rule at all"]
            assert tab.errors == []

    bounded(scenario())


@needs_browser
def test_a_refusal_of_the_venue_comes_in_chinese(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            ruled(tmp_path / "venue", "shenzhen-2022") as node,
            page_of(node) as web,
            browser(tmp_path / "profile") as tab,
        ):
            await in_chinese(tab, f"{web.url}#SZA-2020")
            await log_on(tab)
            await tab.type("#price", decimal(node, "SZA-2020"))
            await tab.type("#quantity", "100")
            await tab.click("#send")
            await tab.until(f"({ANSWER}).length > 3")
            answer = await tab.value(ANSWER)
            assert answer.startswith("被拒绝: 品种 仅在以下阶段接受委托：开市前、")
            assert answer.endswith("；当前阶段：休市 (当前阶段不可)")
            assert tab.errors == []

    bounded(scenario())


@needs_browser
def test_what_the_venue_did_not_take_is_shown_and_does_not_stay_among_the_orders(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none", max_live=1) as (_, web),
            browser(tmp_path / "profile") as tab,
        ):
            await in_chinese(tab, web.url)
            await log_on(tab)
            for price, wanted in (("40.00", "已接受"), ("41.00", "被拒绝")):
                await tab.type("#price", price)
                await tab.type("#quantity", "10")
                await tab.click("#send")
                await tab.until(f"({ANSWER}).startsWith('{wanted}')")
            assert await tab.value(ANSWER) == "被拒绝: 有效委托须少于 1 笔：请先撤单 (挂单过多)"
            assert await tab.value("carbonx.account.live().map((each) => each.price)") == [4000]
            assert tab.errors == []

    bounded(scenario())


def decimal(node: Node, symbol: str) -> str:
    return decimal_text(node.sequencer.venue.line_view(symbol).reference, 2)
