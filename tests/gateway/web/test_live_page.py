"""The page in a real browser: what it shows is what the venue has."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Mechanism, Phase, Side
from engine.vocabulary.json_codec import decimal_text
from gateway.protocol import wire_modes
from tests.support.browser import Tab, browser, needs_browser
from tests.support.venues import bounded, client_of, venue
from tests.support.web_pages import keep, log_on, page_of, ruled, venue_with_page

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.server.node import Node

pytestmark = needs_browser

SHOWN = """[...document.querySelectorAll('#book-body tr[data-price]')].map(
    ({className, dataset}) =>
        [className.split(' ')[0], Number(dataset.price), Number(dataset.quantity)])"""


# Lose two increments, mend a little later, keep what the page said of it.
LOSE_TWO = """(() => {
    carbonx.market.drop = 2;
    const status = document.querySelector('#status');
    const keep = () => { window.said = status.innerText };
    new MutationObserver(keep).observe(status, {childList: true});
    carbonx.market.mend = () => setTimeout(() => carbonx.shown.mend(), 200);
})()"""


CROSS = """(() => {
    const {interest: {bids, asks}, indicated: {price, volume}} = carbonx.line;
    const sum = (rows, takesPart) =>
        [...rows].filter(([limit]) => takesPart(limit)).reduce((total, row) => total + row[1], 0);
    const wanted = sum(bids, (limit) => limit >= price);
    return Math.min(wanted, sum(asks, (limit) => limit <= price)) === volume;
})()"""


# How many points of the depth's picture have a colour of the page.
PAINTED = """(name) => {
  const wanted = document.createElement('canvas').getContext('2d');
  wanted.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  wanted.fillRect(0, 0, 1, 1);
  const [r, g, b] = wanted.getImageData(0, 0, 1, 1).data;
  const canvas = document.querySelector('#depth canvas');
  if (!canvas) return 0;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    found += data[at] === r && data[at + 1] === g && data[at + 2] === b && data[at + 3] === 255;
  }
  return found;
}"""


async def shows_the_book(tab: Tab, node: Node, symbol: str = "CO2") -> None:
    """Wait until the page shows the venue's book, level by level."""
    venue = node.sequencer.venue
    asks = [["asks", *row] for row in list(venue.depth(symbol, Side.SELL))[:12]]
    bids = [["bids", *row] for row in list(venue.depth(symbol, Side.BUY))[:12]]
    expected: list[Any] = [*reversed(asks), *bids]
    await tab.until(f"JSON.stringify({SHOWN}) === JSON.stringify({expected})")


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


BAD = (  # side, price, tonnes, what the page says, the nearest valid value
    ("buy", "", "10", "a price such as 50.00", "50.00"),
    ("buy", "48.006", "10", "a price such as 50.00", "48.01"),
    ("buy", "48", "", "whole tonnes from 1", "1"),
    ("buy", "48", "2.6", "whole tonnes from 1", "3"),
    ("buy", "48", "2000000", "at most 1,000,000", "1,000,000"),
    ("sell", "48", "1000000", "", ""),
    ("sell", "48", "1", "more than is free", ""),
)


def test_each_bad_ticket_says_what_is_wrong_and_the_nearest_valid_value(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            browser(tmp_path / "profile") as tab,
        ):
            await tab.open(web.url)
            await log_on(tab)
            for side, price, tonnes, rule, nearest in BAD:
                records = node.sequencer.seq
                await fill_in(tab, side, price, tonnes)
                if not rule:
                    await tab.until("document.querySelector('#answer.fine')")
                    await tab.until("carbonx.account.free('CO2') === 0")
                    continue
                answer = await tab.value("document.querySelector('#answer').innerText")
                assert rule in answer
                assert node.sequencer.seq == records, "nothing was sent"
                told = await tab.value("document.querySelector('#help').innerText")
                assert nearest in told, (told, nearest)
            await fill_in(tab, "buy", "48.006", "10")
            await tab.click("#use")
            await tab.click("#send")
            await tab.until("document.querySelector('#own-orders').innerText.includes('48.01')")
            assert tab.errors == []

    bounded(scenario())


def test_what_the_venue_alone_can_refuse_is_shown_with_its_rule(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            browser(tmp_path / "profile") as tab,
        ):
            node.operate(SetPhase(Phase.CLOSED))
            await tab.open(web.url)
            await tab.until("document.querySelector('#figure-phase')?.innerText === 'closed'")
            await tab.until("document.querySelector('#logon')")
            await tab.type("#account", "alice")
            await tab.type("#key", "wrong")
            await tab.click("#logon button")
            await tab.until("document.querySelector('#logon').innerText.includes('no such member')")
            await log_on(tab)
            await fill_in(tab, "buy", "48", "10")
            await tab.until("document.querySelector('#answer.wrong')?.innerText.includes('phase')")
            assert tab.errors == []

    bounded(scenario())


def test_supply_and_demand_stand_in_the_centre_while_a_call_is_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            client_of(node) as alice,
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            node.operate(SetPhase(Phase.CLOSED))
            node.operate(SetPhase(Phase.OPENING_CALL))
            await tab.open(web.url)
            await tab.until("!document.querySelector('#curves').hidden")
            for step in range(6):
                await bob.buy("CO2", 100 * (step + 1), price=f"{52 - step}.00")
                await alice.sell("CO2", 80 * (step + 1), price=f"{47 + step}.00")
            now = "carbonx.line.indicated"
            await tab.until(f"{now} && {now}.volume > 0", within=30)
            bids, asks = node.sequencer.venue.interest("CO2")
            shown = "[...'ba'].map((s) => [...carbonx.line.interest[{b: 'bids', a: 'asks'}[s]]])"
            expected = json.dumps([bids, asks], separators=(",", ":"))
            await tab.until(f"JSON.stringify({shown}) === '{expected}'")
            note = "document.querySelector('#centre-note').innerText"
            await tab.until(f"{note}.includes('Indicative price')")
            assert await tab.value(CROSS), "the curves cross where the venue says"
            await asyncio.sleep(0.7)  # curves are drawn twice a second
            await keep(tab, "page-call.png")
            node.operate(SetPhase(Phase.CONTINUOUS))
            await tab.until("document.querySelector('#curves').hidden")
            await shows_the_book(tab, node)
            assert tab.errors == []

    bounded(scenario())


def test_a_single_level_of_a_side_has_its_depth_drawn(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            client_of(node) as alice,
            browser(tmp_path / "profile") as tab,
        ):
            node.operate(SetPhase(Phase.CONTINUOUS))
            await alice.buy("CO2", 10, price="48.00")
            await alice.sell("CO2", 20, price="52.00")
            await tab.open(web.url)
            await shows_the_book(tab, node)
            for colour in ("--bid", "--ask"):
                await tab.until(f"({PAINTED})('{colour}') > 20")
            assert tab.errors == []

    bounded(scenario())


def test_a_gap_is_noticed_shown_and_mended(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            client_of(node) as alice,
            browser(tmp_path / "profile") as tab,
        ):
            await tab.open(web.url)
            await alice.sell("CO2", 5, price="51.00")
            await shows_the_book(tab, node)
            await tab.value(LOSE_TWO)
            for step in range(4):
                await alice.sell("CO2", 7, price=f"{52 + step}.00")
            await tab.until("window.said?.includes('gap')")
            await shows_the_book(tab, node)
            await tab.until("document.querySelector('#status').innerText === ''")
            assert await tab.value("carbonx.market.gaps") == 1
            assert tab.errors == []

    bounded(scenario())


def test_a_page_comes_back_after_a_restart_and_its_session_with_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with browser(tmp_path / "profile") as tab:
            async with venue_with_page(tmp_path / "venue", durability="none") as (node, web):
                port = web.address[1]
                await tab.open(web.url)
                await log_on(tab)
                await fill_in(tab, "sell", "51", "30")
                await tab.until("document.querySelector('#own-orders tr')")
            await tab.until("document.querySelector('#status').innerText.includes('no connection')")
            async with venue(tmp_path / "venue", durability="none") as node:
                async with client_of(node, "bob") as bob:
                    await bob.buy("CO2", 10, price="51.00")
                async with page_of(node, port):
                    await shows_the_book(tab, node)
                    await tab.until("document.querySelector('#own-fills tr')")
                    fill_ = await tab.value("document.querySelector('#own-fills tr').innerText")
                    assert fill_.split("\t")[1:] == ["CO2", "Sell", "51.00", "10"]
                    await fill_in(tab, "sell", "52", "3")
                    await tab.until("document.querySelectorAll('#own-orders tr').length === 2")
        expected = "net::ERR_CONNECTION_REFUSED"
        assert [each for each in tab.errors if expected not in each] == []

    bounded(scenario())


def test_listings_may_be_picked_and_say_why_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            ruled(tmp_path / "venue", "beijing") as node,
            page_of(node) as web,
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            venue = node.sequencer.venue
            listing = Mechanism.LISTING
            symbol = next(s for s in venue.symbols if venue.line_view(s).mechanism is listing)
            view = venue.line_view(symbol)
            node.operate(SetPhase(Phase.CONTINUOUS))
            first, second = view.reference, view.reference + 10 * view.tick
            for price in (second, first):
                await bob.sell(symbol, 100, price=decimal_text(price, 2))
            await tab.open(f"{web.url}#{symbol}")
            await log_on(tab)
            rows = "[...document.querySelectorAll('#book-body tr[data-number]')]"
            await tab.until(f"{rows}.length === 2")
            said = await tab.value(f"{rows}.map((row) => row.querySelector('button').innerText)")
            assert sorted(said) == ["Pick", "not best"]
            await keep(tab, "page-listing.png")
            buttons = f"{rows}.map((row) => row.querySelector('button'))"
            chosen = "(each) => each.innerText === "
            await tab.value(f"{buttons}.find({chosen}'not best').click()")
            await tab.until("document.querySelector('#answer.wrong')")
            assert await tab.value(f"{rows}.length") == 2
            await tab.value(f"{buttons}.find({chosen}'Pick').click()")
            await tab.until("document.querySelector('#own-fills tr')")
            await tab.until(f"{rows}.length === 1")
            assert tab.errors == []

    bounded(scenario())


def test_a_block_is_quoted_and_an_auction_bid_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            ruled(tmp_path / "venue", "shenzhen-2022") as node,
            page_of(node) as web,
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            node.operate(SetPhase(Phase.CONTINUOUS))
            venue = node.sequencer.venue
            (block,) = [s for s in venue.symbols if s.startswith("SZA-2020@ag")]
            (auction,) = [s for s in venue.symbols if s.startswith("SZA-2020@one")]
            await tab.open(f"{web.url}#{block}")
            await log_on(tab)
            least = venue.line_view(block).min_quantity
            price = decimal_text(venue.line_view(block).reference, 2)
            await tab.type("#to", "bob")
            await fill_in(tab, "sell", price, str(least))
            await tab.until("document.querySelector('#answer.fine')")
            event = await bob.next_event()
            while not isinstance(event, wire_modes.QuoteReceived):
                event = await bob.next_event()
            assert (event.account, event.quantity) == ("alice", least)
            now = node.clock()
            line = venue.line_view(auction)
            await bob.announce(
                auction,
                Side.SELL,
                line.min_quantity * 10,
                price=price,
                window=(now, now + 3_600 * 10**9),
            )
            await tab.value(f"carbonx.choose('{auction}')")
            await tab.until("document.querySelectorAll('#book-body tbody tr').length === 1")
            number = await tab.value("[...carbonx.line.auctions.keys()][0]")
            await tab.until("document.querySelector('#number')")
            await tab.type("#number", str(number))
            await tab.type("#price", price)
            await tab.type("#quantity", str(line.min_quantity))
            await tab.click("#send")
            await tab.until("document.querySelector('#answer.fine')")
            await keep(tab, "page-auction.png")
            assert tab.errors == []

    bounded(scenario())
