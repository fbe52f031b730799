"""The page as somebody uses it: what stands where it is looked for, and what is not cut off."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from engine.vocabulary.commands import AdvanceTime, ClearAuction, SetPhase
from engine.vocabulary.enums import Mechanism, Phase, Side
from engine.vocabulary.json_codec import decimal_text
from gateway.protocol import wire_modes
from tests.gateway.web.test_live_page import fill_in, shows_the_book
from tests.support.browser import Tab, needs_browser
from tests.support.venues import bounded, client_of
from tests.support.web_pages import in_browser, log_on

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_browser

IN_SIGHT = """(price) => {
    const { candles, line } = carbonx;
    const y = candles.frame.priceToCoordinate(price / 10 ** line.info.minor_digits);
    return y !== null && y > 0 && y < candles.element.clientHeight;
}"""
WHOLE_DAY = """(() => {
    const { from, to } = carbonx.candles.chart.timeScale().getVisibleLogicalRange();
    return from <= 0 && to >= carbonx.candles.bars.length - 1;
})()"""
CUT_OFF = """[...document.querySelectorAll('#book-body, #own .scroll')]
    .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.innerText)"""


async def nothing_is_cut_off(tab: Tab) -> None:
    assert await tab.value(CUT_OFF) == []


def test_the_limits_and_the_reference_are_in_sight_before_anything_traded(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "shenzhen-2022") as (node, web, tab),
            client_of(node) as alice,
        ):
            await tab.open(f"{web.url}#SZA-2020")
            view = node.sequencer.venue.line_view("SZA-2020")
            for price in (view.low_limit, view.reference, view.high_limit):
                await tab.until(f"({IN_SIGHT})({price})")
            assert await tab.value("carbonx.candles.lines.length") == 3
            rows = (
                "[...document.querySelectorAll('#book-body tbody tr')].map((row) => row.innerText)"
            )
            await alice.sell("SZA-2020", 10, price="12.00")
            await tab.until(f"{rows}.length === 4")
            shown = [row.strip() for row in await tab.value(rows)]
            assert shown[0] == f"Upper limit {decimal_text(view.high_limit, 2)}"
            assert shown[3] == f"Lower limit {decimal_text(view.low_limit, 2)}"
            await alice.sell("SZA-2020", 10, price=decimal_text(view.high_limit, 2))
            await tab.until("document.querySelector('#book-body tr.asks.limit')")
            assert "Upper" not in "".join(await tab.value(rows))
            none = "document.querySelector('#trades-body .note')"
            assert await tab.value(f"{none}.innerText") == "No trade yet today"
            assert tab.errors == []

    bounded(scenario())


def test_a_day_that_is_over_keeps_the_limits_that_it_had(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "shenzhen-2022") as (node, web, tab),
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            await alice.sell("SZA-2020", 10, price="12.50")
            await bob.buy("SZA-2020", 10, price="12.50")
            limits = "document.querySelector('#figure-limits').innerText"
            change = "document.querySelector('#figure-change').innerText"
            node.operate(SetPhase(Phase.CLOSED))
            assert node.sequencer.venue.line_view("SZA-2020").reference == 12_50
            for _ in range(2):  # a page that is there, and one that comes later
                await tab.open(f"{web.url}#SZA-2020")
                await tab.until(f"{limits} === '10.66 … 13.02'")
                await tab.until(f"{change} === '+0.66 (+5.57 %)'")
                await tab.until(f"({IN_SIGHT})(1302)")
            node.operate(SetPhase(Phase.PRE_OPEN))
            await tab.until(f"{limits} === '11.25 … 13.75'")
            assert await tab.value(change) == "\u2013"
            assert tab.errors == []

    bounded(scenario())


def test_the_whole_day_stays_in_sight_until_somebody_zooms(tmp_path: Path) -> None:
    async def scenario() -> None:
        at = time.time_ns() // 10**9 * 10**9

        async with (
            in_browser(tmp_path, "textbook", clock=lambda: at) as (node, web, tab),
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            await tab.open(web.url)
            await tab.until("carbonx.candles.bars.length > 0")
            for step in range(80):
                at += 60 * 10**9
                await alice.sell("CO2", 5, price=f"{50 + step % 3}.00")
                await bob.buy("CO2", 5, price="53.00")
                if step % 20 == 0:
                    await tab.until(f"carbonx.candles.taken === {step + 1}")
            await tab.until("carbonx.candles.taken === 80 && carbonx.candles.bars.length > 79")
            await tab.until(WHOLE_DAY)
            zoom = "document.querySelector('#candles').dispatchEvent(new WheelEvent('wheel'))"
            await tab.value(zoom)
            scale = "carbonx.candles.chart.timeScale()"
            await tab.value(f"{scale}.setVisibleLogicalRange({{ from: 40, to: 60 }})")
            at += 60 * 10**9
            await alice.sell("CO2", 5, price="51.00")
            await bob.buy("CO2", 5, price="53.00")
            await tab.until("carbonx.candles.taken === 81")
            await tab.until(f"!{WHOLE_DAY}")
            await tab.value(zoom.replace("WheelEvent('wheel')", "MouseEvent('dblclick')"))
            await tab.until(WHOLE_DAY)
            assert tab.errors == []

    bounded(scenario())


def test_a_call_has_the_price_that_would_be_in_the_middle_of_its_book(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "textbook") as (node, web, tab),
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            node.operate(SetPhase(Phase.CLOSED))
            node.operate(SetPhase(Phase.OPENING_CALL))
            await tab.open(web.url)
            await bob.buy("CO2", 100, price="52.00")
            await alice.sell("CO2", 80, price="48.00")
            middle = "document.querySelector('#book-body tr.spread').innerText.trim()"
            await tab.until("carbonx.line.indicated?.volume === 80", within=30)
            price = await tab.value("carbonx.line.indicated.price")
            await tab.until(f"{middle} === 'Indicative price {decimal_text(price, 2)}'")
            note = "document.querySelector('#centre-note').innerText"
            await tab.until(f"{note}.includes('surplus 20 t bid for')")
            await tab.click("#language")
            await tab.until(f"/[^\\x00-\\x7f]$/.test({note})")
            assert "_" not in await tab.value(note)
            await tab.click("#language")
            node.operate(SetPhase(Phase.CONTINUOUS))
            await shows_the_book(tab, node)
            assert tab.errors == []

    bounded(scenario())


def test_a_quote_is_confirmed_or_declined_and_an_enquiry_answered(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "shenzhen-2022") as (node, web, tab),
            client_of(node, "bob") as bob,
        ):
            venue = node.sequencer.venue
            block, other = (f"SZA-{year}@agreement" for year in (2020, 2019))
            view = venue.line_view(block)
            price, tonnes = decimal_text(view.reference, 2), view.min_quantity
            await tab.open(f"{web.url}#{block}")
            await log_on(tab)
            for _ in range(2):
                await bob.quote(block, Side.SELL, tonnes, price=price, to=("alice",))
            at = decimal_text(venue.line_view(other).reference, 2)
            await bob.quote(other, Side.SELL, tonnes, price=at, to=("alice",))
            rows = "[...document.querySelectorAll('#own-quotes tr')]"
            await tab.until(f"{rows}.length === 2")
            shown = (await tab.value(f"{rows}[0].innerText")).split("\t")
            assert shown[:4] == ["bob", "Sell", price, f"{tonnes:,}"]
            await nothing_is_cut_off(tab)
            await tab.value(f"{rows}[0].querySelectorAll('button')[1].click()")
            await tab.until(f"{rows}.length === 1")
            await tab.value(f"{rows}[0].querySelector('button').click()")
            await tab.until(f"{rows}.length === 0")
            await tab.until("document.querySelectorAll('#own-fills tr').length === 1")
            await tab.open("about:blank")
            await tab.open(f"{web.url}#{block}")
            await log_on(tab)  # whose reports begin anew
            await tab.until("document.querySelectorAll('#own-fills tr').length === 1")
            assert await tab.value(f"{rows}.length") == 0
            await bob.enquire(block, Side.BUY, tonnes, to=("alice",))
            await tab.until(f"{rows}.length === 1")
            await tab.value(f"{rows}[0].querySelector('button').click()")
            await tab.type("#price", price)
            await tab.click("#send")
            event = await bob.next_event()
            while not isinstance(event, wire_modes.QuoteReceived):
                event = await bob.next_event()
            assert (event.account, event.side, event.quantity) == ("alice", Side.SELL, tonnes)
            assert event.answers > 0
            assert tab.errors == []

    bounded(scenario())


BIDS = (  # number, price, tonnes, what the page says, the nearest valid value
    ("7", "12.00", "10", "an open auction's: 1", "1"),
    ("1", "11.00", "10", "no worse than the reserve, 11.84", "11.84"),
    ("1", "12.00", "5000", "at most 1,000", "1,000"),
)


def test_a_bid_is_checked_against_the_auction_that_it_names(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "shenzhen-2022") as (node, web, tab),
            client_of(node, "bob") as bob,
        ):
            auction = "SZA-2020@one_way"
            now = node.clock()
            window = (now, now + 3_600 * 10**9)
            await tab.open(f"{web.url}#{auction}")
            await log_on(tab)
            await bob.announce(auction, Side.SELL, 1_000, price="11.84", window=window)
            await tab.until("document.querySelector('#number').value === '1'")
            await nothing_is_cut_off(tab)
            for number, price, tonnes, rule, nearest in BIDS:
                sent = await tab.value("carbonx.account.ref")
                for name, text in (("number", number), ("price", price), ("quantity", tonnes)):
                    await tab.type(f"#{name}", text)
                await tab.click("#send")
                assert rule in await tab.value("document.querySelector('#answer').innerText")
                assert nearest in await tab.value("document.querySelector('#help').innerText")
                assert await tab.value("carbonx.account.ref") == sent, "nothing was sent"
            await tab.click("#use")
            await tab.click("#send")
            await tab.until("document.querySelector('#answer.fine')")
            node.operate(AdvanceTime(window[1]))
            node.operate(ClearAuction(auction, 1, 1))
            said = "document.querySelector('#auction-{}').innerText"
            await tab.until(f"{said.format('sold')} === '1,000'")
            for unknown in ("demandAll", "released", "withheld"):  # nothing is stated here
                assert await tab.value(said.format(unknown)) == "\u2013"
            assert tab.errors == []

    bounded(scenario())


def test_offers_are_picked_in_part_and_those_of_another_line_are_not_ones_own(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with (
            in_browser(tmp_path, "beijing") as (node, web, tab),
            client_of(node, "bob") as bob,
        ):
            venue = node.sequencer.venue
            partial, fixed = "BEA", "BEA@public_fixed"
            mechanisms = [venue.line_view(each).mechanism for each in (partial, fixed)]
            assert mechanisms == [Mechanism.LISTING, Mechanism.FIXED_PRICE]
            price = decimal_text(venue.line_view(partial).reference, 2)
            await tab.open(f"{web.url}#{fixed}")
            await log_on(tab)
            await fill_in(tab, "sell", price, "100")
            await tab.until("document.querySelector('#book-body tr.mine')")
            await nothing_is_cut_off(tab)
            await bob.sell(partial, 300, price=price)
            await tab.value(f"carbonx.choose('{partial}')")
            row = "document.querySelector('#book-body tr[data-number]')"
            await tab.until(f"{row}?.innerText.includes('300')")
            assert await tab.value(f"[{row}.dataset.number, {row}.className]") == ["1", ""]
            await tab.type("#quantity", "120")
            await tab.click("#book-body tr button")
            await tab.until(f"{row}?.innerText.includes('180')")
            await tab.type("#quantity", "1000000000")
            records = node.sequencer.seq
            await tab.click("#book-body tr button")
            assert "more than is free" in await tab.value(
                "document.querySelector('#answer').innerText"
            )
            assert node.sequencer.seq == records
            assert tab.errors == []

    bounded(scenario())


def test_a_book_without_orders_says_so_where_its_depth_would_be(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with in_browser(tmp_path, "textbook") as (node, web, tab), client_of(node) as alice:
            await tab.open(web.url)
            said = "getComputedStyle(document.querySelector('#depth'), '::after').content"
            await tab.until(f"{said} === '\"No orders in the book\"'")
            ref = (await alice.sell("CO2", 10, price="50.00")).ref
            await tab.until(f"{said} === 'none'")
            await alice.cancel(ref)
            await tab.until(f"{said} !== 'none'")
            assert tab.errors == []

    bounded(scenario())
