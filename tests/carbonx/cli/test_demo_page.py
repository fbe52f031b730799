"""The demonstration's page: whoever looks changes nothing, and it stays when the day is over."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from carbonx.cli.demo import TITLE
from carbonx.demo.day import Plan, run, unseen
from carbonx.demo.live_page import Page
from carbonx.demo.page import write_page
from carbonx.demo.plots import draw_day
from carbonx.demo.shenzhen_day import BARS
from engine.log.journal import FILE_NAME
from engine.vocabulary.json_codec import decimal_text
from gateway.protocol import wire_market
from gateway.protocol.wire_history import AskTrades, DayTrades
from tests.gateway.web.test_accessible import serious
from tests.support.browser import browser, needs_browser
from tests.support.venues import bounded
from tests.support.web_pages import Reader, keep, page_at

if TYPE_CHECKING:
    from pathlib import Path


async def served_again(url: str) -> None:
    """Wait until the port of a page that stays is open again."""
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    async with asyncio.timeout(20):
        while True:
            with suppress(ConnectionRefusedError):
                _, writer = await asyncio.open_connection(host, int(port))
                writer.close()
                return
            await asyncio.sleep(0.02)


def test_a_page_that_looks_on_changes_no_byte_of_the_log(tmp_path: Path) -> None:
    plan = Plan(3, seconds=0, looks=6, durability="none")

    async def scenario() -> None:
        addresses: list[str] = []
        shown = Page(0, addresses.append)
        heard: list[Reader] = []

        async def look() -> None:
            while not addresses:  # noqa: ASYNC110 - it is said once
                await asyncio.sleep(0.01)
            async with page_at(addresses[0]) as reader:
                heard.append(reader)
                with suppress(ConnectionClosed):
                    await reader.until(lambda _r: False)

        looking = asyncio.ensure_future(look())
        seen = await run(tmp_path / "seen", plan, lambda *_: None, shown.of)
        await looking
        quiet = await run(tmp_path / "unseen", plan, lambda *_: None, unseen)
        assert seen.live_state == quiet.live_state
        logs = [(tmp_path / name / FILE_NAME).read_bytes() for name in ("seen", "unseen")]
        assert logs[0] == logs[1]
        assert len(heard[0].all_of(wire_market.Trade)) > 10

    bounded(scenario())


def test_the_finished_day_stays_on_the_page_until_a_signal(tmp_path: Path) -> None:
    async def scenario() -> None:
        addresses: list[str] = []
        shown = Page(0, addresses.append)
        plan = Plan(3, seconds=0, looks=4, durability="none")
        result = await run(tmp_path / "day", plan, lambda *_: None, shown.of)
        before = (tmp_path / "day" / FILE_NAME).read_bytes()
        staying = asyncio.ensure_future(shown.stay(tmp_path / "day"))
        await served_again(addresses[0])
        async with page_at(addresses[0]) as reader:
            await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
            await reader.say(AskTrades("SZA-2020"))
            await reader.until(lambda r: bool(r.all_of(DayTrades)))
            told = reader.all_of(DayTrades)[0].trades
            assert [each.price for each in told] == [
                each.price for each in result.view.lines["SZA-2020"].prints
            ][: len(told)]
        os.kill(os.getpid(), signal.SIGINT)
        await staying
        assert (tmp_path / "day" / FILE_NAME).read_bytes() == before
        assert len(addresses) == 1, "it stays where it was"

    bounded(scenario())


@needs_browser
def test_the_day_stands_on_the_page_as_it_went(tmp_path: Path) -> None:
    async def scenario() -> None:
        addresses: list[str] = []
        shown = Page(0, addresses.append)
        plan = Plan(1, seconds=6, durability="none")
        async with browser(tmp_path / "profile", height=1000) as tab:
            going = asyncio.ensure_future(run(tmp_path / "day", plan, lambda *_: None, shown.of))
            while not addresses:  # noqa: ASYNC110 - it is said once
                await asyncio.sleep(0.01)
            await tab.open(f"{addresses[0]}#SZA-2020")
            await tab.until(
                "carbonx.line?.symbol === 'SZA-2020' && carbonx.line.trades.length > 50"
            )
            await tab.until("document.querySelector('#figure-phase').innerText.includes('next')")
            await keep(tab, "page.png")
            result = await going
            staying = asyncio.ensure_future(shown.stay(tmp_path / "day"))
            volumes = {name: line.volume for name, line in result.view.lines.items()}
            lines = "[...carbonx.market.lines.values()]"
            told = f"Object.fromEntries({lines}.map((each) => [each.symbol, each.volume]))"
            for name, volume in volumes.items():
                await tab.until(f"!carbonx.line.stale && {told}['{name}'] === {volume}")
            for name, bar in BARS.items():
                row = f"document.querySelector('#real-day tr[data-symbol=\"{name}\"]').innerText"
                said = (await tab.value(row)).split("\t")
                assert said[4] == decimal_text(bar.close, 2)
                assert said[5:] == [f"{volumes[name]:,}", f"{bar.volume:,}"]
            assert [each for each in tab.errors if "CONNECTION_REFUSED" not in each] == []
            os.kill(os.getpid(), signal.SIGINT)
            await staying

    bounded(scenario())


@needs_browser
def test_the_static_page_opens_without_a_server(tmp_path: Path) -> None:
    async def scenario() -> None:
        plan = Plan(3, seconds=0, looks=6, durability="none")
        result = await run(tmp_path / "day", plan, lambda *_: None, unseen)
        picture, page = tmp_path / "day.png", tmp_path / "day.html"
        draw_day(result, picture, TITLE)
        write_page(result, picture, page, TITLE)
        async with browser(tmp_path / "profile", height=1600) as tab:
            await tab.open(page.as_uri())
            await tab.until("document.images.length === 1 && document.images[0].naturalWidth > 900")
            shown = await tab.value("document.body.innerText")
            assert all(each.said in shown for each in result.occasions)
            assert result.replayed_state in shown
            assert await serious(tab) == []
            assert tab.errors == []

    bounded(scenario())
