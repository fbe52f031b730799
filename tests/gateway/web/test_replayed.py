"""A log on the page: at every moment the book as it was, forward, backward and while it plays."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.log.sequencer import replay
from engine.venue.venue import Venue
from engine.vocabulary.enums import Side
from gateway.client.market_view import MarketView
from gateway.protocol import wire_market
from gateway.web.replayed import Replayed, Tape
from gateway.web.settings import Web
from tests.support.browser import browser, needs_browser
from tests.support.venues import bounded, client_of, venue
from tests.support.web_pages import Reader, page

if TYPE_CHECKING:
    from pathlib import Path


async def a_log(folder: Path) -> None:
    """Write the log of a venue in which something happened."""
    async with (
        venue(folder, durability="none") as node,
        client_of(node) as alice,
        client_of(node, "bob") as bob,
    ):
        for step in range(12):
            await alice.sell("CO2", 10 + step, price=f"{52 + step % 5}.00")
            await bob.buy("CO2", 7, price=f"{48 + step % 6}.00")
            if not step % 4:
                await bob.mass_cancel()


def books(folder: Path) -> list[Any]:
    """Return the book behind each record, found one by one on a venue of its own."""
    tape = Tape(folder)
    there = Venue(tape.rulebook)
    found = []
    for place in range(len(tape) + 1):
        found.append([list(there.depth("CO2", side)) for side in Side])
        if place < len(tape):
            there.apply(tape.record(place).command)
    return found


def shown(reader: Reader) -> Any:
    """Return the book of what a page heard since it was last told to begin anew."""
    view = MarketView((), new_lines=True)
    for each in reader.heard:
        view.absorb(each)
    line = view.lines.get("CO2")
    return [line.depth(side, 999) for side in Side] if line is not None and not line.stale else None


def test_at_every_moment_the_book_is_as_it_was(tmp_path: Path) -> None:
    asyncio.run(a_log(tmp_path))
    expected = books(tmp_path)
    moments = st.lists(st.integers(0, len(expected) - 1), min_size=1, max_size=6)

    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(moments)
    def any_way(places: list[int]) -> None:
        async def scenario() -> None:
            replayed = Replayed(Tape(tmp_path), Web())
            await replayed.start()
            async with page(replayed.web) as reader:
                await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
                for place in places:
                    if place < replayed.position:
                        reader.heard.clear()  # the page is told to forget as well
                    await reader.socket.send(json.dumps(["replay", {"seek": place}]))
                    await reader.until(
                        lambda r, place=place: (  # type: ignore[misc] # bound at once
                            replayed.position == place and shown(r) == expected[place]
                        )
                    )
            await replayed.stop()

        bounded(scenario())

    any_way()


def test_it_plays_to_the_end_and_comes_to_the_same_state(tmp_path: Path) -> None:
    async def scenario() -> None:
        await a_log(tmp_path)
        replayed = Replayed(Tape(tmp_path), Web())
        await replayed.start()
        async with page(replayed.web) as reader:
            await reader.socket.send(json.dumps(["replay", {"speed": 10**9, "play": True}]))
            await reader.until(lambda r: any(
                word == "replay" and not what["playing"] and what["position"] == what["records"]
                for word, what in (each for each in r.words if each[0] == "replay")
            ))  # fmt: skip
            for wrong in (None, 5, {"seek": "x"}, {"seek": True}, {"speed": -1}, {"play": 7}):
                await reader.socket.send(json.dumps(["replay", wrong]))
        assert replayed.speed >= 1
        there = replayed._node.sequencer.venue
        assert there.state_hash() == replay(tmp_path).venue.state_hash()
        await replayed.stop()

    bounded(scenario())


@needs_browser
def test_the_slider_goes_to_any_moment(tmp_path: Path) -> None:
    async def scenario() -> None:
        await a_log(tmp_path / "venue")
        expected = books(tmp_path / "venue")
        replayed = Replayed(Tape(tmp_path / "venue"), Web())
        await replayed.start()
        async with browser(tmp_path / "profile") as tab:
            await tab.open(replayed.web.url)
            await tab.until("!document.querySelector('#replay').hidden")
            for place in (len(expected) - 1, 20, len(expected) // 2, 0):
                await tab.value(f"""(() => {{
                    const slider = document.querySelector('#replay-slider');
                    slider.value = {place};
                    slider.dispatchEvent(new Event('change'));
                }})()""")
                best = json.dumps(expected[place], separators=(",", ":"))
                rows = "['buy', 'sell'].map((side) => carbonx.line.sorted(side))"
                await tab.until(f"JSON.stringify({rows}) === '{best}'")
            assert await tab.value("document.querySelector('#own').hidden")
            assert tab.errors == []
        await replayed.stop()

    bounded(scenario())
