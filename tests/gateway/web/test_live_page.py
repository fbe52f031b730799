"""The page in a real browser: what it shows is what the venue has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.vocabulary.enums import Side
from tests.support.browser import Tab, browser, needs_browser
from tests.support.venues import bounded, client_of
from tests.support.web_pages import venue_with_page

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.server.node import Node

pytestmark = needs_browser

SHOWN = """[...document.querySelectorAll('#book-body tr[data-price]')].map(
    ({className, dataset}) =>
        [className.split(' ')[0], Number(dataset.price), Number(dataset.quantity)])"""


async def shows_the_book(tab: Tab, node: Node, symbol: str = "CO2") -> None:
    """Wait until the page shows the venue's book, level by level."""
    venue = node.sequencer.venue
    asks = [["asks", *row] for row in list(venue.depth(symbol, Side.SELL))[:12]]
    bids = [["bids", *row] for row in list(venue.depth(symbol, Side.BUY))[:12]]
    expected: list[Any] = [*reversed(asks), *bids]
    await tab.until(f"JSON.stringify({SHOWN}) === JSON.stringify({expected})")


async def log_on(tab: Tab, name: str = "alice") -> None:
    await tab.until("document.querySelector('#logon')")
    await tab.type("#member", "M1")
    await tab.type("#account", name)
    await tab.type("#key", f"{name}-key")
    await tab.click("#logon button")
    await tab.until("document.querySelector('#ticket')")


async def fill_in(tab: Tab, side: str, price: str, tonnes: str) -> None:
    await tab.value(f"document.querySelector('#side').value = '{side}'")
    await tab.type("#price", price)
    await tab.type("#quantity", tonnes)
    await tab.click("#send")


def test_the_page_shows_the_venue_and_its_trades_as_they_come(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            client_of(node) as alice,
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            for step in range(5):
                await bob.buy("CO2", 100 + step, price=f"{45 + step}.00")
                await alice.sell("CO2", 200 + step, price=f"{51 + step}.00")
            await tab.open(web.url)
            await shows_the_book(tab, node)
            await bob.buy("CO2", 250, price="52.00")
            await shows_the_book(tab, node)
            trades = "[...document.querySelectorAll('#trades-body tbody tr')]"
            await tab.until(f"{trades}.length === 2")
            told = f"{trades}.map((row) => row.innerText.split('\\t').slice(1).join(' ')).join()"
            assert await tab.value(told) == "52.00 50,51.00 200"
            assert await tab.value("document.querySelector('#figure-volume').innerText") == "250"
            assert await tab.value("document.querySelector('#candles canvas') !== null")
            assert tab.errors == []

    bounded(scenario())


def test_an_order_through_the_ticket_reaches_the_log_and_comes_back_as_a_fill(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            await bob.buy("CO2", 40, price="49.00")
            await tab.open(web.url)
            await log_on(tab)
            records = node.sequencer.seq
            await fill_in(tab, "sell", "49.00", "100")
            await tab.until("document.querySelector('#own-fills tr')")
            assert node.sequencer.seq > records
            fill = await tab.value("document.querySelector('#own-fills tr').innerText")
            assert fill.split("\t")[1:] == ["CO2", "Sell", "49.00", "40"]
            order = await tab.value("document.querySelector('#own-orders tr').innerText")
            assert order.split("\t")[:5] == ["CO2", "Sell", "49.00", "60", "resting"]
            await tab.until("document.querySelector('#book-body tr.asks.mine')")
            await tab.click("#own-orders button")
            await tab.until("!document.querySelector('#own-orders tr')")
            assert list(node.sequencer.venue.depth("CO2", Side.SELL)) == []
            assert tab.errors == []

    bounded(scenario())
