"""A log on the page: at every moment the book as it was, forward, backward and while it plays."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.book.orders import Participant
from engine.log.sequencer import replay
from engine.venue.venue import Venue
from engine.vocabulary.commands import AdvanceTime, SetPhase
from engine.vocabulary.enums import Phase, Side
from gateway.client.market_view import MarketView
from gateway.protocol import wire_market
from gateway.web.checkpoints import MOST, Checkpoints, fresh, run
from gateway.web.replayed import Replayed
from gateway.web.settings import Web
from gateway.web.tape import Tape
from tests.support.browser import browser, needs_browser
from tests.support.venues import bounded, client_of, until, venue
from tests.support.web_pages import Reader, page, ruled


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


@cache
def long_tape() -> Tape:
    """Return a log of 600 records and more."""
    with tempfile.TemporaryDirectory() as place:

        async def scenario() -> None:
            async with venue(Path(place), durability="none") as node, client_of(node) as alice:
                orders = [
                    alice.sell("CO2", 1 + step % 7, price=f"{50 + step % 9}.00")
                    for step in range(600)
                ]
                await asyncio.gather(*orders)

        bounded(scenario())
        return Tape(Path(place))


@cache
def hash_at(place: int) -> str:
    there = Venue(long_tape().rulebook)
    for each in range(place):
        there.apply(long_tape().record(each).command)
    return there.state_hash()


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


@given(st.lists(st.integers(0, 600), min_size=1, max_size=12), st.integers(0, 400))
@settings(max_examples=40, deadline=None)
def test_kept_states_are_those_of_the_log_and_shorten_every_way_back(
    places: list[int], built: int
) -> None:
    tape = long_tape()
    run_ = 0

    class Counted:
        rulebook, times, started = tape.rulebook, tape.times, tape.started

        def __len__(self) -> int:
            return len(tape)

        def record(self, place: int) -> Any:
            nonlocal run_
            run_ += 1
            return tape.record(place)

    counted: Any = Counted()
    with mock.patch("gateway.web.checkpoints.APART", 50):
        kept = Checkpoints(counted)
    for _ in range(built):
        kept.build(20)
    assert built < 399 or kept.places == [len(tape) * each // 13 for each in range(1, 13)]
    state = fresh(counted)
    for place in places:
        before = [each for each in kept.places if each <= place]
        run_ = 0
        start = kept.take(place, -1 if place < state.place else state.place)
        if start is not None or place < state.place:
            kept.keep(state)
            state = start or fresh(counted)
        state = run(counted, state, place)
        assert state.place == place
        assert run_ <= place - max(before, default=0), "no record twice that was not needed"
        assert state.sequencer.venue.state_hash() == hash_at(place)
        assert len(kept.places) <= MOST


def test_a_page_goes_back_from_the_nearest_state_that_is_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        await a_log(tmp_path)
        with (
            mock.patch("gateway.web.checkpoints.APART", 8),
            mock.patch("gateway.web.replayed.FAR", 3),
        ):
            replayed = Replayed(Tape(tmp_path), Web())
            expected = books(tmp_path)
            await replayed.start()
            await until(lambda: len(replayed._checkpoints.places) >= 3)
            places = replayed._checkpoints.places
            async with page(replayed.web) as reader:
                for place in (len(expected) - 1, places[1] + 1, places[2] + 2, 2, places[0]):
                    reader.heard.clear()
                    await reader.socket.send(json.dumps(["replay", {"seek": place}]))
                    await reader.until(
                        lambda r, place=place: (  # type: ignore[misc] # bound at once
                            replayed.position == place and shown(r) == expected[place]
                        )
                    )
            await replayed.stop()

    bounded(scenario())


def accounts() -> int:
    """Return how many accounts of all venues there are."""
    gc.collect()
    return sum(type(each) is Participant for each in gc.get_objects())


def test_going_back_and_forth_leaves_no_venues_behind(tmp_path: Path) -> None:
    async def scenario(before: int) -> None:
        with (
            mock.patch("gateway.web.checkpoints.APART", 8),
            mock.patch("gateway.web.replayed.FAR", 3),
        ):
            replayed = Replayed(Tape(tmp_path), Web())
            await replayed.start()
            at = random.Random(5)
            for _ in range(60):
                replayed.seek(at.randint(0, len(replayed.tape)))
                replayed._checkpoints.build(9)
            venues = len(replayed._checkpoints.places) + 2  # what is shown, and what is built
            assert accounts() - before <= venues * len(replayed._node.sequencer.venue.accounts)
            await replayed.stop()

    bounded(a_log(tmp_path))
    before = accounts()
    bounded(scenario(before))
    assert accounts() <= before


def test_the_phases_of_the_day_are_known_at_every_moment(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path, durability="none") as node, client_of(node) as alice:
            for phase in (
                Phase.INTRADAY_CALL,
                Phase.CONTINUOUS,
                Phase.HALTED,
                Phase.CONTINUOUS,
                Phase.CLOSED,
                Phase.OPENING_CALL,
                Phase.CONTINUOUS,
            ):
                node.operate(SetPhase(phase), timed=True)
                assert node.sequencer.venue.phase("CO2") is phase
                for step in range(0 if phase in (Phase.HALTED, Phase.CLOSED) else 5):
                    await alice.sell("CO2", 1 + step, price=f"{52 + step}.00")
        with (
            mock.patch("gateway.web.checkpoints.APART", 7),
            mock.patch("gateway.web.replayed.FAR", 0),
        ):
            tape = Tape(tmp_path)
            replayed = Replayed(tape, Web())
            await replayed.start()
            await until(lambda: len(replayed._checkpoints.places) >= 3)
            at = random.Random(3)
            for place in [at.randint(1, len(tape)) for _ in range(12)]:
                replayed.seek(place)
                async with page(replayed.web) as reader:
                    await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
                    expected = phases_at(tape, place)
                    if expected:
                        await reader.until(lambda r, e=expected: ["phases", ["CO2", e]] in r.words)  # type: ignore[misc]
                    else:
                        assert all(word != "phases" for word, _ in reader.words), place
            await replayed.stop()

    bounded(scenario())


@pytest.mark.parametrize("plays", [False, True])
def test_trades_are_told_with_their_own_times(tmp_path: Path, *, plays: bool) -> None:
    async def scenario() -> None:
        at = 1_700_000_000 * 10**9
        async with (
            ruled(tmp_path, "textbook", trading=True, clock=lambda: at) as node,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            for step in range(8):
                at += 60 * 10**9
                await alice.sell("CO2", 5, price=f"{50 + step % 3}.00")
                await bob.buy("CO2", 5, price="53.00")
            expected = [each.time for each in node.outboxes.tape.day_trades("CO2", 0, 0).trades]
        assert len(dict.fromkeys(expected)) == 8
        replayed = Replayed(Tape(tmp_path), Web())
        await replayed.start()
        async with page(replayed.web) as reader:
            await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
            asks = {"speed": 10_000, "play": True} if plays else {"seek": len(replayed.tape)}
            await reader.socket.send(json.dumps(["replay", asks]))
            await reader.until(lambda r: len(r.all_of(wire_market.Trade)) == 8)
            assert [each.time for each in reader.all_of(wire_market.Trade)] == expected
        await replayed.stop()

    bounded(scenario())


def test_a_call_forms_while_it_plays(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue(tmp_path, durability="none") as node,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            node.operate(SetPhase(Phase.INTRADAY_CALL), timed=True)
            await alice.buy("CO2", 9, price="60.00")
            for step in range(4):
                await bob.sell("CO2", 1 + step, price=f"{52 + step}.00")
                now = node.sequencer.venue.time
                node.operate(AdvanceTime(now + 10**9))  # a second later it says what would trade
        replayed = Replayed(Tape(tmp_path), Web(curves=True))
        await replayed.start()
        async with page(replayed.web) as reader:
            await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
            for place in range(len(replayed.tape) - 7, len(replayed.tape) + 1):
                replayed.seek(place)
                asks = replayed._node.sequencer.venue.interest("CO2")[1]
                if not isinstance(replayed.tape.record(place - 1).command, AdvanceTime):
                    continue
                expected = ["curves", ["CO2", [[60_00, 9]], [list(each) for each in asks]]]
                await reader.until(lambda r, e=expected: e in r.words)  # type: ignore[misc]
        await replayed.stop()

    bounded(scenario())


def phases_at(tape: Tape, place: int) -> list[list[Any]]:
    """Return the phases of the day behind a record, by what the log's commands say alone."""
    found: list[list[Any]] = []
    for each in range(place):
        record = tape.record(each)
        if isinstance(record.command, SetPhase):
            if found and found[-1][1] == Phase.CLOSED:
                found = []
            command = record.command
            found.append([record.time, command.phase.value, command.reason, 5_000, 0, 0])
    return found


def test_it_plays_to_the_end_and_comes_to_the_same_state(tmp_path: Path) -> None:
    async def scenario() -> None:
        await a_log(tmp_path)
        replayed = Replayed(Tape(tmp_path), Web())
        await replayed.start()
        async with page(replayed.web) as reader:
            await reader.socket.send(json.dumps(["replay", {"speed": 10**9, "play": True}]))
            await reader.until(
                lambda r: any(
                    word == "replay" and not what["playing"] and what["position"] == what["records"]
                    for word, what in (each for each in r.words if each[0] == "replay")
                )
            )
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
