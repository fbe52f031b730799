"""Linked venues on one page: every region's lines, their spread, and what rests elsewhere."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import asdict

from engine.vocabulary.enums import LinkKind, RejectReason, Side
from engine.vocabulary.link_commands import SetLink
from gateway.protocol import wire_market
from gateway.protocol.wire_links import CarriedIn
from gateway.web.door import FILE_NAME, Door
from gateway.web.keeper import Keeper
from gateway.web.settings import Web
from gateway.web.source import Near
from tests.gateway.cli.test_serve_linked import FILE, client_of, running, written
from tests.gateway.web.test_accessible import serious
from tests.support.browser import Tab, browser, needs_browser
from tests.support.venues import bounded
from tests.support.web_pages import keep, page_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gateway.server.node import Node

NONE = "\u2013"  # what stands where there is no price
# last and mid of both regions behind ``quoted``, and their spreads
QUOTED = ("north · CO2", "50.00", "50.000", "south · CO2", "50.06", "50.015",
          "+0.06 (+0.12 %)", "+0.015 (+0.03 %)")  # fmt: skip
SHARED = FILE.replace("routing", "shared").replace("fee = 2\n", "")


@asynccontextmanager
async def regions(folder: Path, text: str = FILE) -> AsyncIterator[tuple[dict[str, Node], Keeper]]:
    """Run the venues of a file, all on one page that another process serves."""
    web = Web(curves=True)
    async with running(written(folder, text)) as nodes:
        doors = {
            name: Door(node, folder / name / FILE_NAME, Near(node, web), curves=True)
            for name, node in nodes.items()
        }
        pages = Keeper(doors, web, print)
        await pages.start()
        try:
            yield nodes, pages
        finally:
            await pages.stop()


async def quoted(nodes: dict[str, Node]) -> None:
    """Trade and quote at both venues, at prices that lie apart but do not cross the link."""
    for name, last, bid, ask in (("north", 5000, 4990, 5010), ("south", 5006, 4995, 5008)):
        async with client_of(nodes[name]) as ann, client_of(nodes[name], "bob") as bob:
            await ann.sell("CO2", 10, price_minor=last)
            await bob.buy("CO2", 10, price_minor=last)
            await ann.sell("CO2", 20, price_minor=ask)
            await bob.buy("CO2", 30, price_minor=bid)


def test_each_venue_has_its_stream_and_says_what_it_is_linked_with(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with regions(tmp_path) as (nodes, pages), AsyncExitStack() as stack:
            url = pages.url
            readers = {
                name: await stack.enter_async_context(page_at(url, path=f"ws/{name}"))
                for name in nodes
            }
            readers[""] = await stack.enter_async_context(page_at(url))
            for name, reader in readers.items():
                await reader.until(lambda r: any(each[0] == "links" for each in r.words))
                told: dict[str, Any] = dict(reader.words)
                here = name or "north"
                peer = "south" if here == "north" else "north"
                assert told["hello"]["at"] == here
                assert told["hello"]["venues"] == ["north", "south"]
                assert told["links"] == [["bay", "routing", "CO2", peer, "CO2"]]
            nodes["south"].operate(SetLink("bay", LinkKind.SHARED, "north", "CO2", "CO2"))
            for name, kind in (("north", "hosting"), ("south", "shared")):
                expected = ["bay", kind, "CO2", "south" if name == "north" else "north", "CO2"]
                await readers[name].until(lambda r, e=expected: ["links", [e]] in r.words)  # type: ignore[misc]
            async with client_of(nodes["south"]) as ann:
                await ann.sell("CO2", 7, price_minor=5_100)  # it rests in the one book, at north
                await readers["north"].until(
                    lambda r: any(each.levels for each in r.all_of(wire_market.BookUpdate))
                )
            assert readers["south"].all_of(wire_market.BookUpdate) == []

    bounded(scenario())


def test_a_venue_that_is_not_there_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with regions(tmp_path) as (_, pages):
            with pytest.raises(Exception, match="403"):
                async with page_at(pages.url, path="ws/west"):
                    pass

    bounded(scenario())


CELLS = "[...document.querySelector('#regions tr[data-link=bay]').children]"


async def row_is(tab: Tab, *cells: str) -> None:
    """Wait until the row of the link says so; its first cell is the link."""
    said = json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
    await tab.until(f"JSON.stringify({CELLS}.slice(1).map((each) => each.innerText)) === '{said}'")


def minor(text: str) -> int:
    return int(text.replace(".", ""))


@needs_browser
def test_regions_stand_side_by_side_with_the_difference_of_their_prices(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            regions(tmp_path) as (nodes, pages),
            browser(tmp_path / "profile", height=1000) as tab,
        ):
            await tab.open(f"{pages.url}#south/CO2")
            await tab.until("carbonx.line?.key === 'south/CO2'")
            await row_is(tab, "north · CO2", NONE, NONE, "south · CO2", NONE, NONE, NONE, NONE)
            await quoted(nodes)
            await row_is(tab, *QUOTED)
            venues = {name: node.sequencer.venue for name, node in nodes.items()}
            lasts = [venues[name].last_price("CO2") for name in ("north", "south")]
            mids = [
                venue.depth("CO2", Side.BUY)[0][0] + venue.depth("CO2", Side.SELL)[0][0]
                for venue in venues.values()
            ]
            said = await tab.value(f"{CELLS}.map((each) => each.innerText)")
            assert minor(said[7].split()[0]) == lasts[1] - lasts[0]
            assert minor(said[8].split()[0]) == 5 * (mids[1] - mids[0])
            assert await tab.value("document.querySelector('#elsewhere').innerText") == (
                "routing: north · CO2, Bid 49.90 / Offer 50.10"
            )
            await keep(tab, "page-regions.png")
            assert await serious(tab) == []
            async with client_of(nodes["south"]) as ann, client_of(nodes["north"], "bob") as bob:
                await ann.sell("CO2", 5, price_minor=4995)  # to south's own bid
                await bob.mass_cancel()
            await row_is(
                tab,
                "north · CO2",
                "50.00",
                NONE,
                "south · CO2",
                "49.95",
                "50.015",
                "-0.05 (-0.10 %)",
                NONE,
            )
            assert tab.errors == []

    bounded(scenario())


@needs_browser
def test_a_spread_is_said_of_one_currency_alone_and_of_prices_that_are_live(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with regions(tmp_path) as (nodes, pages), browser(tmp_path / "profile") as tab:
            await quoted(nodes)
            await tab.open(pages.url)
            await tab.until("carbonx.line")
            await tab.value(
                "import('/static/js/views/regions.js').then((it) => { apart = it.apart })"
            )

            async def apart(here: dict[str, Any], there: dict[str, Any]) -> Any:
                return await tab.value(f"apart({json.dumps(here)}, {json.dumps(there)})")

            cny = {"price": 5_000, "digits": 2, "currency": "CNY"}
            found = await apart(cny, {"price": 50_505, "digits": 3, "currency": "CNY"})
            assert (found["amount"], found["digits"]) == (505, 3)
            assert found["share"] == pytest.approx(1.01)
            assert await apart(cny, cny | {"currency": "EUR"}) == {"why": "not comparable"}
            assert await apart(cny, cny | {"price": 0}) == {"why": NONE}
            await row_is(tab, *QUOTED)
            await tab.value("carbonx.venues[1].market.allStale()")
            await row_is(
                tab,
                "north · CO2",
                "50.00",
                "50.000",
                "south · CO2",
                "50.06",
                "50.015",
                "no data now",
                "no data now",
            )
            assert tab.errors == []

    bounded(scenario())


@needs_browser
def test_a_shared_book_is_shown_at_both_venues_and_said_to_be_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            regions(tmp_path, SHARED) as (nodes, pages),
            client_of(nodes["south"]) as ann,
            browser(tmp_path / "profile") as tab,
        ):
            await ann.sell("CO2", 7, price_minor=5_100)
            best = f"Bid {NONE} / Offer 51.00"
            for name, said in (
                ("south", f"One book: orders of this line rest at north · CO2, {best}"),
                ("north", "Orders from here rest in this book too: south · CO2"),
            ):
                await tab.open(f"{pages.url}#{name}/CO2")
                await tab.value("location.reload()")
                await tab.until(f"carbonx.line?.key === '{name}/CO2'")
                await tab.until("document.querySelector('#book-body tr.asks')")
                row = await tab.value("document.querySelector('#book-body tr.asks').innerText")
                assert row.split() == ["51.00", "7"]
                await tab.until(f"document.querySelector('#elsewhere').innerText === '{said}'")
            assert [each for each in tab.errors if "reload" not in each] == []

    bounded(scenario())


@needs_browser
def test_a_member_logs_on_at_each_venue_and_picks_lines_of_both(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            regions(tmp_path) as (nodes, pages),
            client_of(nodes["north"], "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            await tab.open(pages.url)
            await tab.until("document.querySelectorAll('#picker optgroup').length === 2")
            for name in ("north", "south"):
                await tab.value(f"""(() => {{
                    const picker = document.querySelector('#picker');
                    picker.value = '{name}/CO2';
                    picker.dispatchEvent(new Event('change'));
                }})()""")
                await tab.until("document.querySelector('#logon')")
                await tab.type("#account", "ann")
                await tab.type("#key", "k")
                await tab.click("#logon button")
                await tab.until("document.querySelector('#ticket')")
                assert await tab.value("location.hash") == f"#{name}/CO2"
            assert nodes["north"].core.sessions.by_account.keys() >= {"ann", "bob"}
            assert "ann" in nodes["south"].core.sessions.by_account
            await bob.sell("CO2", 10, price_minor=5_000)
            await tab.type("#price", "51")
            await tab.type("#quantity", "10")
            await tab.click("#send")  # at south; it leaves for north, where it costs less
            await tab.until("document.querySelector('#answer').innerText.startsWith('Accepted')")
            await tab.until("carbonx.venues[0].market.lines.get('CO2').last === 5000")
            await tab.click("#lines-body tbody tr button")
            await tab.until("carbonx.shown.name === 'north'")
            assert await tab.value("carbonx.account.name") == "ann"
            refused = CarriedIn(0, 0, 9, "bay", 0, 0, 50, 0, 0, RejectReason.PRICE_TICK, "5 a tick")
            given = json.dumps({"is": "CarriedIn", **asdict(refused)})
            await tab.value(f"carbonx.account.absorb({{...{given}, seq: carbonx.account.seq}})")
            await tab.until("document.querySelector('#answer').innerText.includes('5 a tick')")
            assert "(price tick)" in await tab.value("document.querySelector('#answer').innerText")
            assert tab.errors == []

    bounded(scenario())


@needs_browser
def test_the_regions_fit_any_width_and_are_said_in_chinese(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with regions(tmp_path) as (nodes, pages), browser(tmp_path / "profile") as tab:
            await quoted(nodes)
            await tab.open(pages.url)
            await tab.until("document.querySelector('#regions tr')")
            await tab.value("document.querySelector('#language').click()")
            await tab.until(f"{CELLS}[0].innerText === 'bay: 委托转送'")
            await tab.until("document.querySelector('#elsewhere').innerText.startsWith('委托转送')")
            for width in (360, 768, 2_560):
                await tab.size(width, 900)
                await tab.until(f"document.documentElement.scrollWidth <= {width}")
                assert await serious(tab) == [], width
            assert tab.errors == []

    bounded(scenario())
