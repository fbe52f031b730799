"""The page shows what a line's last auction came to, also one from before it was opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary.enums import AuctionEnd
from engine.vocabulary.events import AuctionStated
from tests.support.browser import browser, needs_browser
from tests.support.venues import bounded
from tests.support.web_pages import page_of, ruled

if TYPE_CHECKING:
    from pathlib import Path

STATED = AuctionStated(
    symbol="RGA", number=3, date=20251203, end=AuctionEnd.SOLD, price=1_703, interim=1_800,
    offered=100_000, released=8_000, withheld=0, sold=108_000, unsold=0, demand=117_000,
    cover_bp=11_700, bidders=3, winners=(75_000, 25_000, 8_000), cuts=(("not_reached", 9_000),),
    tiers=(("CCR", 8_000),), reoffered=(), seed=7, draw="",
    levels=((2_000, 75_000, 75_000), (1_800, 25_000, 25_000), (1_750, 8_000, 8_000),
            (1_700, 9_000, 0)),
)  # fmt: skip


@needs_browser
def test_demand_and_supply_of_the_last_auction(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            ruled(tmp_path / "venue", "rggi") as node,
            page_of(node) as web,
            browser(tmp_path / "profile") as tab,
        ):
            node.core.running.outboxes.absorb(5, [STATED])
            await tab.open(f"{web.url}#RGA")
            await tab.until("carbonx.line?.stated?.number === 3")
            await tab.until("document.querySelector('#auction').ariaLabel?.includes('117')")
            label = await tab.value("document.querySelector('#auction').ariaLabel")
            assert "demand 117,000" in label.lower()
            assert "supply 108,000" in label.lower()
            drawn = await tab.value(
                "document.querySelector('svg.auction path.demand').getAttribute('d')"
            )
            assert drawn.count("H") == len(STATED.levels)
            assert await tab.value("document.querySelector('#auction-time').innerText") == (
                "2025-12-03"
            )
            assert await tab.value("document.querySelector('#depth').hidden")
            assert tab.errors == []

    bounded(scenario())
