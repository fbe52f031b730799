"""The page for everybody: axe-core finds nothing serious, in both languages, themes and colours.

With 360 pixels nothing is cut off, and the whole ticket works from the keyboard.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

from tests.support.browser import Tab, browser, needs_browser
from tests.support.paths import ROOT
from tests.support.venues import bounded, client_of
from tests.support.web_pages import in_browser, keep, log_on, page_of, ruled

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_browser

AXE: Final = ROOT / "tests" / "support" / "axe" / "axe.min.js"
SERIOUS: Final = ("serious", "critical")
FOUND: Final = """axe.run().then(({violations}) => violations.map(
    ({id, impact, nodes}) => [id, impact, nodes.slice(0, 3).map((each) => each.html)]))"""
WIDTHS: Final = (360, 768, 1440, 2560)


async def serious(tab: Tab) -> list[Any]:
    await tab.value(AXE.read_text("utf-8"))
    return [each for each in await tab.value(FOUND) if each[1] in SERIOUS]


async def choose(tab: Tab, language: str, theme: str, up: str) -> None:
    root = "document.documentElement"
    for button, now, wanted in (
        ("#language", f"{root}.lang", language),
        ("#theme", f"{root}.dataset.theme", theme),
        ("#colours", f"{root}.dataset.up", up),
    ):
        if await tab.value(now) != wanted:
            await tab.click(button)


def test_nothing_serious_in_any_language_theme_and_colour(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "shenzhen-2022") as (node, web, tab),
            client_of(node, "bob") as bob,
        ):
            symbol = "SZA-2020"
            for step in range(6):
                await bob.sell(symbol, 50 + step, price=f"{12 + step / 10:.2f}")
            await tab.open(f"{web.url}#{symbol}")
            await log_on(tab)
            await tab.value("document.querySelector('#operator details').open = true")
            for step in range(6):
                await tab.value("document.querySelector('#side').value = 'buy'")
                await tab.type("#price", f"{11.9 - step / 10:.2f}")
                await tab.type("#quantity", str(40 + step))
                await tab.click("#send")
                await tab.until(f"carbonx.account.ref === {step + 1}")
            await tab.until("document.querySelectorAll('#own-orders tr').length === 6")
            for language, theme, up in itertools.product(
                ("en", "zh"), ("dark", "light"), ("green", "red")
            ):
                await choose(tab, language, theme, up)
                assert await serious(tab) == [], (language, theme, up)
                if (language, theme, up) == ("zh", "dark", "red"):
                    await keep(tab, "page-zh.png")
            for width in WIDTHS:
                await tab.size(width, 800)
                await tab.until(f"document.documentElement.scrollWidth <= {width}")
                assert await serious(tab) == [], width
                if width == 360:
                    await keep(tab, "page-360.png")
            assert tab.errors == []

    bounded(scenario())


def test_what_is_wrong_with_a_page_is_noticed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            ruled(tmp_path / "venue", "textbook") as node,
            page_of(node) as web,
            browser(tmp_path / "profile") as tab,
        ):
            await tab.open(web.url)
            await tab.until("document.querySelector('#logon')")
            await tab.value("document.querySelector('label[for=key]').remove()")
            await tab.value("document.querySelector('#venue').style.color = '#bbb'")
            assert {each[0] for each in await serious(tab)} == {"color-contrast", "label"}
            await tab.value("Promise.reject(new Error('planted')) && 0")
            await tab.value("new Promise((done) => setTimeout(done, 50))")
            assert any("planted" in each for each in tab.errors)

    bounded(scenario())


def test_the_ticket_works_from_the_keyboard(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "shenzhen-2022") as (_node, web, tab),
        ):
            await tab.open(f"{web.url}#SZA-2020")
            await tab.until("document.querySelector('#logon')")
            await tab.value("document.querySelector('#member').focus()")
            for text in ("M1", "alice", "alice-key"):
                await tab.call("Input.insertText", text=text)
                await tab.press("Tab", 9)
            await tab.press("Enter", 13, "\r")
            await tab.until("document.querySelector('#ticket')")
            await tab.value("document.querySelector('#side').focus()")
            await tab.press("ArrowDown", 40)
            await tab.press("Tab", 9)
            await tab.call("Input.insertText", text="12.00")
            await tab.press("Tab", 9)
            await tab.call("Input.insertText", text="30")
            await tab.press("Enter", 13, "\r")
            await tab.until("document.querySelector('#own-orders tr')")
            order = await tab.value("document.querySelector('#own-orders tr').innerText")
            assert order.split("\t")[1:4] == ["Sell", "12.00", "30"]
            assert tab.errors == []

    bounded(scenario())
