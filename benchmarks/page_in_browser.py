"""The page in chromium: ``python -m benchmarks.page_in_browser``.

How long it takes to open, how long after the engine's event a trade stands on it, and a stretch of
many updates a second: gaps, the book at the end beside the venue's, the memory of the scripts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from engine.vocabulary.enums import Side
from tests.support.browser import Tab, browser
from tests.support.venues import client_of, venue
from tests.support.web_pages import page_apart

if TYPE_CHECKING:
    from gateway.client.client import Client
    from gateway.server.node import Node

# Keep the wall clock's time at which each trade was drawn.
WATCH = """(() => {
    window.drawn = [];
    const rows = document.querySelector('#trades-body tbody');
    new MutationObserver(() => window.drawn.push(Date.now())).observe(rows, {
        childList: true, subtree: true, characterData: true});
})()"""
USED = "performance.memory.usedJSHeapSize"


async def opened(tab: Tab, url: str) -> float:
    """Return the seconds until the page shows a live book."""
    began = time.perf_counter()
    await tab.open(url)
    await tab.until("document.querySelector('#figure-feed')?.innerText === 'live'")
    return time.perf_counter() - began


async def delays(tab: Tab, alice: Client, bob: Client, trades: int) -> list[float]:
    """Return for each of some trades the ms from its acknowledgement to its drawing."""
    await tab.value(WATCH)
    found = []
    for _ in range(trades):
        await alice.sell("CO2", 1, price="50.00")
        await asyncio.sleep(0.12)
        before = await tab.value("drawn.length")
        at = time.time()
        await bob.buy("CO2", 1, price="50.00")
        await tab.until(f"drawn.length > {before}")
        found.append(await tab.value(f"drawn[{before}]") - at * 1e3)
    return found


async def updates(alice: Client, rate: int, seconds: float) -> int:
    """Change the book so many times a second; return how often."""
    done, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        if done < passed * rate:  # one at a time: each is an increment of its own
            order = alice.sell("CO2", 1 + done % 97, price=f"{51 + done % 40}.00")
            await order
            if done % 200:
                await alice.cancel(order.ref)
                done += 1
            done += 1
            continue
        await asyncio.sleep(0.005)
    await alice.mass_cancel()
    return done


async def equal(tab: Tab, node: Node) -> bool:
    """Say whether the page has the venue's book."""
    venue = node.sequencer.venue
    books = [list(venue.depth("CO2", side)) for side in Side]
    await asyncio.sleep(0.5)
    shown = await tab.value(
        "JSON.stringify(['buy', 'sell'].map((side) => carbonx.line.sorted(side)))"
    )
    found: Any = json.loads(shown)
    return bool(found == [[list(row) for row in book] for book in books])


async def main(rate: int, seconds: float) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        async with (
            venue(Path(place) / "venue", durability="none") as node,
            page_apart(node, Path(place)) as keeper,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
            browser(Path(place) / "profile") as tab,
        ):
            print(f"open: {await opened(tab, keeper.url):.2f} s")
            found = sorted(await delays(tab, alice, bob, 50))
            print(f"trade to page: median {median(found):.0f} ms, longest {found[-1]:.0f} ms")
            await updates(alice, rate, min(5, seconds))
            await tab.call("HeapProfiler.collectGarbage")
            before = await tab.value(USED), await tab.value("carbonx.market.updates")
            began = time.perf_counter()
            await updates(alice, rate, seconds)
            passed = time.perf_counter() - began
            same = await equal(tab, node)
            await tab.call("HeapProfiler.collectGarbage")
            after = await tab.value(USED), await tab.value("carbonx.market.updates")
            print(
                f"{(after[1] - before[1]) / passed:,.0f} increments/s for {passed:.0f} s: "
                f"{await tab.value('carbonx.market.gaps')} gaps, book equal: {same}, "
                f"heap {before[0] / 1e6:.1f} -> {after[0] / 1e6:.1f} MB, "
                f"errors {tab.errors}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    asyncio.run(main(given.rate, given.seconds))
