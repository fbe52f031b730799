"""A page of an account with more orders than one status lists has them all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gateway.server.limits import Limits
from tests.support.browser import Tab, browser, needs_browser
from tests.support.venues import bounded, client_of
from tests.support.web_pages import log_on, venue_with_page

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.server.node import Node

pytestmark = needs_browser

LIVE = "JSON.stringify(carbonx.account.live().map(({ref, leaves}) => [ref, leaves]).sort())"


async def shows_the_orders(tab: Tab, node: Node) -> None:
    there: list[Any] = [[o.ref, o.leaves] for o in node.sequencer.venue.open_orders("alice")]
    await tab.until(f"{LIVE} === JSON.stringify({json.dumps(there)}.sort())")


def test_orders_come_in_pages_while_some_of_them_change(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            client_of(node, "bob") as bob,
            browser(tmp_path / "profile") as tab,
        ):
            node.core.limit(Limits(page=3))
            async with client_of(node) as alice:
                for step in range(20):
                    await alice.buy("CO2", 10, price=f"{30 + step}.00")
                await alice.cancel(7)
            await tab.open(web.url)
            await tab.until("window.carbonx && carbonx.account")
            await tab.value("carbonx.account.recent = 2")  # reports do not tell of the orders
            sales = [bob.sell("CO2", 4, price=f"{49 - step}.00") for step in range(4)]
            await log_on(tab)
            for each in sales:
                await each
            await shows_the_orders(tab, node)
            await bob.sell("CO2", 15, price="30.00")
            await shows_the_orders(tab, node)
            assert tab.errors == []

    bounded(scenario())
