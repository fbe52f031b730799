"""The page over a day: phases, locks, and what it shows when all is quiet, also after a cut."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from typing import TYPE_CHECKING

from engine.vocabulary.commands import BeginDay, SetPhase
from engine.vocabulary.enums import Mechanism, Phase, Side
from engine.vocabulary.events import Offered
from engine.vocabulary.json_codec import decimal_text
from gateway.client.errors import RejectedError
from tests.gateway.web.test_live_page import fill_in, shows_the_book
from tests.support.browser import Tab, browser, needs_browser
from tests.support.venues import bounded, client_of, until, venue
from tests.support.web_pages import in_browser, log_on, page_apart, page_of, ruled, venue_with_page

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.server.node import Node

pytestmark = needs_browser

# Which share of the picture's height has a colour at the middle of a candle.
COLOURED = """(place) => {
    const { candles } = carbonx;
    const canvas = [...candles.element.querySelectorAll('canvas')].find((each) => each.width > 300);
    const middle = candles.chart.timeScale().logicalToCoordinate(place);
    const x = Math.round(middle * canvas.width / canvas.clientWidth);
    const { data } = canvas.getContext('2d').getImageData(x, 0, 1, canvas.height);
    let found = 0;
    for (let at = 3; at < data.length; at += 4) found += data[at] > 0;
    return found / canvas.height;
}"""


def test_phases_of_the_day_are_shaded_between_the_candles(tmp_path: Path) -> None:
    async def scenario() -> None:
        hour = 3_600 * 10**9
        at = time.time_ns() // hour * hour  # no line of the chart's grid at the places looked at

        def clock() -> int:
            return at

        async with (
            ruled(tmp_path / "venue", "textbook", clock=clock) as node,
            page_of(node) as web,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            await until(lambda: bool(web.hubs))
            for phase, minutes in (
                (Phase.OPENING_CALL, 10),
                (Phase.CONTINUOUS, 30),
                (Phase.HALTED, 20),
                (Phase.CONTINUOUS, 15),
            ):
                node.operate(SetPhase(phase), timed=True)
                for step in range(minutes):
                    at += 60 * 10**9
                    if phase is Phase.CONTINUOUS:
                        await alice.sell("CO2", 5 + step, price=f"{50 + step % 3}.00")
                        await bob.buy("CO2", 5 + step, price="53.00")
            await tab.open(web.url)  # it was not there when they began
            await tab.until("carbonx.candles.shades.spans.length === 2")
            bars = "carbonx.candles.bars"
            span = f"""carbonx.candles.shades.spans.map(({{phase, from, to}}) =>
                [phase, ({bars}[to].time - {bars}[from].time) / 60])"""
            assert await tab.value(span) == [["opening_call", 10], ["halted", 20]]
            for place in (5, 50):
                await tab.until(f"({COLOURED})({place}) === 1")  # from top to bottom, once drawn
            await tab.until(f"({COLOURED})(27) < 0.7")
            assert await tab.value("carbonx.candles.lines.length") == 1, (
                "no limits here: the reference"
            )
            node.operate(SetPhase(Phase.HALTED), timed=True)
            await tab.until("carbonx.candles.shades.spans.length === 3")
            assert tab.errors == []

    bounded(scenario())


def test_balances_say_until_when_what_was_bought_is_locked(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "shanghai") as (node, web, tab),
            client_of(node, "bob") as bob,
        ):
            venue = node.sequencer.venue
            order_book = Mechanism.ORDER_BOOK
            symbol = next(s for s in venue.symbols if venue.line_view(s).mechanism is order_book)
            view = venue.line_view(symbol)
            price = decimal_text(view.reference, 2)
            await tab.open(f"{web.url}#{symbol}")
            await log_on(tab)
            await bob.sell(symbol, view.lot * 10, price=price)
            await fill_in(tab, "buy", price, str(view.lot * 10))
            row = f"document.querySelector('#own-balances tr[data-name=\"{view.product}\"]')"
            tonnes = f"{view.lot * 10:,}"
            await tab.until(
                f"{row}.children[3].innerText === '{tonnes} until the next trading day'"
            )
            assert await tab.value(f"{row}.children[2].innerText") == "0"
            held = next(x for x in venue.account("alice").holdings if x.name == view.product)
            assert (held.locked, held.frees) == (view.lot * 10, ((1, view.lot * 10),))
            node.operate(SetPhase(Phase.CLOSED))
            node.operate(BeginDay(20250106))
            await tab.until(f"{row}.children[3].innerText === '\\u2013'")
            assert tab.errors == []

    bounded(scenario())


def test_a_tab_that_was_paused_is_right_when_it_is_looked_at_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            client_of(node) as alice,
            browser(tmp_path / "profile") as tab,
        ):
            await tab.open(web.url)
            await alice.sell("CO2", 5, price="51.00")
            await shows_the_book(tab, node)
            await tab.call("Page.setWebLifecycleState", state="frozen")
            for step in range(200):
                await alice.sell("CO2", 1 + step, price=f"{52 + step % 9}.00")
            await tab.call("Page.setWebLifecycleState", state="active")
            # Without a screen it stays hidden and draws nothing: what it would draw counts.
            best = json.dumps(list(node.sequencer.venue.depth("CO2", Side.SELL)))
            rows = "carbonx.line.sorted('sell')"
            await tab.until(
                f"!carbonx.line.stale && JSON.stringify({rows}) === '{best}'.replaceAll(' ', '')"
            )
            assert await tab.value("carbonx.market.gaps") == 0
            assert [each for each in tab.errors if "Back-Forward Cache" not in each] == []

    bounded(scenario())


async def shows_the_offers(tab: Tab, node: Node, symbol: str) -> None:
    """Wait until the page has the offers of the venue, each with what is left of it."""
    standing = [each for each in node.sequencer.venue.standing(symbol) if isinstance(each, Offered)]
    expected = sorted([each.number, each.price, each.quantity] for each in standing)
    shown = f"""[...carbonx.market.lines.get('{symbol}').offers.values()]
        .map(({{number, price, quantity}}) => [number, price, quantity])
        .sort((a, b) => a[0] - b[0])"""
    await tab.until(f"JSON.stringify({shown}) === '{json.dumps(expected, separators=(',', ':'))}'")


def test_listings_are_those_of_the_venue_when_all_is_quiet(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            ruled(tmp_path / "venue", "beijing", trading=True) as node,
            page_apart(node, tmp_path) as keeper,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            venue = node.sequencer.venue
            listing = Mechanism.LISTING
            symbol = next(s for s in venue.symbols if venue.line_view(s).mechanism is listing)
            view, rng = venue.line_view(symbol), random.Random(7)
            await tab.open(f"{keeper.url}#{symbol}")
            await tab.until("carbonx.market.lines.size > 0")
            for step in range(120):
                price = decimal_text(view.reference + rng.randint(-20, 20) * view.tick, 2)
                who = rng.choice((alice, bob))
                standing = venue.standing(symbol)
                try:
                    if standing and rng.random() < 0.4:
                        offer = rng.choice(standing)
                        price = decimal_text(offer.price, 2)
                        await who.pick(symbol, offer.number, price=price)
                    else:
                        await who.sell(symbol, 100 * rng.randint(1, 5), price=price)
                except RejectedError:
                    continue  # not the best, or one's own
                if step % 40 == 20:
                    await who.mass_cancel()
                if step % 40 == 0:
                    await shows_the_offers(tab, node, symbol)
            assert venue.standing(symbol)
            await shows_the_offers(tab, node, symbol)
            assert await tab.value("carbonx.market.gaps") == 0
            assert tab.errors == []

    bounded(scenario())


def test_a_page_and_its_session_come_back_when_the_pages_process_is_killed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue(tmp_path, durability="none") as node,
            page_apart(node, tmp_path) as keeper,
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            await tab.open(keeper.url)
            await log_on(tab)
            await fill_in(tab, "sell", "51", "30")
            await tab.until("document.querySelector('#own-orders tr')")
            os.kill(keeper.pid, signal.SIGKILL)
            await tab.until("document.querySelector('#status').innerText.includes('no connection')")
            await bob.buy("CO2", 10, price="51.00")
            await bob.buy("CO2", 7, price="48.00")
            await shows_the_book(tab, node)
            await tab.until("document.querySelector('#own-fills tr')")
            fill = await tab.value("document.querySelector('#own-fills tr').innerText")
            assert fill.split("\t")[1:] == ["CO2", "Sell", "51.00", "10"]
            await fill_in(tab, "sell", "52", "3")
            await tab.until("document.querySelectorAll('#own-orders tr').length === 2")

    bounded(scenario())


def test_lines_of_a_product_stand_side_by_side_with_their_spread(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "hubei") as (node, web, tab),
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            venue, book, fixed = node.sequencer.venue, "HBEA", "HBEA@fixed_price"
            view = venue.line_view(book)
            prices = [decimal_text(view.reference + ticks * view.tick, 2) for ticks in (0, 50)]
            await tab.open(f"{web.url}#{book}")
            await alice.sell(book, 100, price=prices[0])
            await bob.buy(book, 100, price=prices[0])
            await tab.until("carbonx.line.last > 0")
            assert await tab.value("document.querySelectorAll('#spreads tr').length") == 0
            await alice.sell(fixed, 100, price=prices[1])
            (offer,) = venue.standing(fixed)
            await bob.pick(fixed, offer.number, price=prices[1])
            await tab.until("document.querySelectorAll('#spreads tr').length === 1")
            said = await tab.value("document.querySelector('#spreads tr').innerText")
            product, both, spread = said.split("\t")
            assert product == "HBEA"
            assert all(price in both for price in prices)
            assert spread.startswith(decimal_text(50 * view.tick, 2))
            assert tab.errors == []

    bounded(scenario())
