"""What came of a sealed auction, on the page."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING

from engine.vocabulary.commands import AdvanceTime, BeginDay, ClearAuction, SetPhase
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import Announced, AuctionStated
from gateway.server.accounts import Credentials, Directory
from gateway.server.node import Node, Options
from tests.engine.markets.test_planned_auctions import CASH, DATES, OFFERED, STOCK, rulebook
from tests.gateway.web.test_accessible import serious
from tests.support.browser import Tab, browser, needs_browser
from tests.support.venues import bounded, client_of
from tests.support.web_pages import keep, log_on, page_of

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNTS = (
    Credentials("state", "s", allowances={"A": STOCK}),
    Credentials("alice", "alice-key", "M1", role="bidder", cash=CASH),
    Credentials("bob", "bob-key", "M1", role="bidder", cash=CASH),
)


async def can_be_read_where_it_is_narrow(tab: Tab) -> None:
    """Wait until the picture's texts have their size on a telephone's screen."""
    await tab.size(360, 900)
    texts = "[...document.querySelectorAll('svg.auction text')]"
    highs = f"{texts}.map((each) => each.getBoundingClientRect().height)"
    await tab.until(f"Math.min(...{highs}) > 11", within=5)
    await tab.size(1440, 900)


@needs_browser
def test_a_cleared_auction_shows_supply_winners_and_how_own_bids_fared(tmp_path: Path) -> None:
    async def scenario() -> None:
        options = Options(durability="none", opens=False)
        at = 1_624_838_400 * 10**9  # 2021-06-28 in UTC
        node = Node.open(tmp_path / "venue", rulebook(), Directory(ACCOUNTS), options, lambda: at)
        await node.start()
        async with (
            page_of(node) as web,
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            events = node.operate(BeginDay(DATES[0]))
            (auction,) = [each for each in events if isinstance(each, Announced)]
            node.operate(SetPhase(Phase.CONTINUOUS))
            node.operate(AdvanceTime(auction.opens_at))
            await tab.open(web.url)
            await log_on(tab)
            for price, tonnes in (("1.10", "80"), ("1.00", "70"), ("0.91", "50")):
                await tab.until("document.querySelector('#number')")
                await tab.type("#number", str(auction.number))
                await tab.type("#price", price)
                await tab.type("#quantity", tonnes)
                await tab.click("#send")
                await tab.until("document.querySelector('#answer.fine')")
            await bob.bid("A", auction.number, 110, price="1.08")
            node.operate(AdvanceTime(auction.closes_at))
            cleared = node.operate(ClearAuction("A", auction.number, 1))
            (stated,) = [each for each in cleared if isinstance(each, AuctionStated)]
            await tab.until("!document.querySelector('#auction').hidden")
            await tab.until("carbonx.line.cleared[0].stated")

            def said(name: str) -> str:
                return f"document.querySelector('#auction-{name}').innerText"

            await tab.until(f"{said('sold')} === '{stated.sold}'")
            assert await tab.value(said("offered")) == str(OFFERED)
            assert await tab.value(said("released")) == str(stated.released)
            assert await tab.value(said("reserve")) == "0.90"
            assert await tab.value(said("winners")) == ", ".join(map(str, stated.winners))
            own = "[...document.querySelectorAll('#auction-own tr')].map((row) => row.innerText)"
            got = [row.split("\t") for row in await tab.value(own)]
            assert [row[:2] for row in got] == [["1.10", "80"], ["1.00", "70"], ["0.91", "50"]]
            venue = node.sequencer.venue
            assert sum(int(row[2]) for row in got) == venue.allowances("alice", "A")[0]
            assert {row[3] for row in got} == {
                "in whole" if row[2] == row[1] else "in part" if int(row[2]) else "not"
                for row in got
            }
            assert await tab.value("document.querySelectorAll('svg.auction .won').length") == len(
                stated.winners
            )
            assert await tab.value("carbonx.market.gaps") == 0
            await asyncio.sleep(0.5)
            await keep(tab, "page-cleared.png")
            await can_be_read_where_it_is_narrow(tab)
            for _ in range(2):  # a page that comes late, and once more
                await tab.open(web.url)
                await tab.until("!document.querySelector('#auction').hidden")
                await tab.until(f"{said('sold')} === '{stated.sold}'")
                await tab.until("document.querySelector('svg.auction path.demand')")
                assert await tab.value("carbonx.line.cleared.length") == 1
            assert tab.errors == []
        await node.stop()

    bounded(scenario())


@needs_browser
def test_own_bids_of_days_before_are_there_after_a_logon_with_how_each_ended(
    tmp_path: Path,
) -> None:
    times = count(1_624_838_400 * 10**9, 10**6)  # from 2021-06-28 in UTC

    def opened() -> Node:
        options = Options(durability="none", opens=False)
        return Node.open(
            tmp_path / "venue", rulebook(), Directory(ACCOUNTS), options, lambda: next(times)
        )

    def announced(node: Node, date: int) -> Announced:
        events = node.operate(BeginDay(date))
        (auction,) = [each for each in events if isinstance(each, Announced)]
        node.operate(SetPhase(Phase.CONTINUOUS))
        node.operate(AdvanceTime(auction.opens_at))
        return auction

    async def first_day() -> None:
        node = opened()
        await node.start()
        async with client_of(node) as alice, client_of(node, "bob") as bob:
            auction = announced(node, DATES[0])
            for price, tonnes in (("1.10", 60), ("1.00", 50), ("0.91", 30), ("1.05", 20)):
                order = await alice.bid("A", auction.number, tonnes, price=price)
            await alice.cancel(order.ref)
            await bob.bid("A", auction.number, 110, price="1.08")
            node.operate(AdvanceTime(auction.closes_at))
            node.operate(ClearAuction("A", auction.number, 1))
            node.operate(SetPhase(Phase.CLOSED))
        await node.stop()

    async def second_day() -> None:
        node = opened()  # a restart lies between
        await node.start()
        async with page_of(node) as web, browser(tmp_path / "profile") as tab:
            auction = announced(node, DATES[1])
            await tab.open(web.url)
            await log_on(tab)
            rows = "[...document.querySelectorAll('#own-bids tr')].map((row) => row.innerText)"
            await tab.until(f"{rows}.length === 4")
            found = [row.split("\t") for row in await tab.value(rows)]
            assert all(row[0].startswith("2021-06-28 ") for row in found)
            got = node.sequencer.venue.allowances("alice", "A")[0]
            assert 60 < got < 110
            assert [row[1:] for row in found] == [
                ["1.10", "60", "60", "in whole"],
                ["1.00", "50", str(got - 60), "in part"],
                ["0.91", "30", "0", "not"],
                ["1.05", "20", "0", "Cancelled"],
            ]
            beside = "[...document.querySelectorAll('#auction-own tr')].map((row) => row.innerText)"
            shown = [row.split("\t") for row in await tab.value(beside)]
            assert shown == [row[1:] for row in found[:3]]
            await tab.type("#number", str(auction.number))
            await tab.type("#price", "1.07")
            await tab.type("#quantity", "40")
            await tab.click("#send")
            await tab.until(f"{rows}.length === 5 && {rows}[0].endsWith('40\\t0\\tresting')")
            assert await serious(tab) == []
            assert tab.errors == []
        await node.stop()

    bounded(first_day())
    bounded(second_day())
