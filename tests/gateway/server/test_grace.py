"""Cancel-on-disconnect across a crash and a stop: who asked, who comes back, whose orders go."""

from __future__ import annotations

import asyncio
import random
import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest

from engine.log.sequencer import TIMER, replay_bytes
from engine.rulebook.presets import load as load_rulebook
from engine.vocabulary import commands as c
from engine.vocabulary.enums import CancelReason
from gateway.protocol import wire
from gateway.server.accounts import Directory
from gateway.server.grace import Asking
from gateway.server.node import Node, Options
from tests.gateway.server.test_core import buy
from tests.support.logons import predictable
from tests.support.quiet_core import End, QuietVenue
from tests.support.venues import ACCOUNTS, bounded, client_of, start_node

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ("ann", "bob", "cay")
GRACE: Final = 2_000  # ms


def asking(quiet: QuietVenue) -> list[str]:
    """Return who asks for it by the log, which is all that a crash leaves."""
    found = Asking()
    replay_bytes(bytes(quiet.log.kept), found.absorb)
    return sorted(found.accounts)


def orders(quiet: QuietVenue) -> dict[str, int]:
    venue = quiet.sequencer.venue
    return {name: len(venue.open_orders(name)) for name in NAMES}


@pytest.mark.parametrize("seed", range(40))
def test_the_log_says_at_every_moment_whose_session_asks(seed: int) -> None:
    rng = random.Random(seed)
    quiet = QuietVenue(NAMES, grace=GRACE * 10**6)
    absent = dict.fromkeys(rng.sample(NAMES, rng.randint(0, 3)))
    for name in absent:
        quiet.core.operate(c.SetCancelOnDisconnect(name, on=True))
    quiet.tick()
    quiet.core.opened(quiet.now, absent)
    over = quiet.now + GRACE * 10**6
    sessions: dict[str, tuple[End, bool]] = {}  # as the protocol says it: the session that trades
    for _ in range(30):
        name = rng.choice(NAMES)
        act = rng.choice(("come", "come", "cut", "log out", "bad bytes", "wait"))
        if act == "come":
            on = rng.random() < 0.6
            (end,) = quiet.logged_on(name, cancel_on_disconnect=on)
            sessions[name] = end, on
            absent.pop(name, None)
        elif act == "wait":
            quiet.wait(rng.choice((50, 500)))
        elif name in sessions:
            end, _ = sessions.pop(name)
            if act == "cut":
                end.cut()
            else:
                end.say(wire.Logout()) if act == "log out" else end.send(b"\xff" * 8)
        quiet.tick()
        if quiet.now > over + 100 * 10**6:
            absent.clear()
        wished = {each for each, (_, on) in sessions.items() if on}
        if not over - 10**6 <= quiet.now <= over + 100 * 10**6:  # else the next look does it
            assert asking(quiet) == sorted(wished | set(absent))
    quiet.core.farewell()
    quiet.tick()
    assert asking(quiet) == sorted(absent), "who had a session has no grace: orders stay"


def test_nothing_is_written_for_a_session_that_asks_for_what_is_known() -> None:
    quiet = QuietVenue(NAMES)
    before = quiet.sequencer.seq
    quiet.logged_on("ann")
    assert quiet.sequencer.seq == before
    quiet.logged_on("ann", cancel_on_disconnect=True)
    assert quiet.sequencer.seq == before + 1
    quiet.logged_on("ann", cancel_on_disconnect=True)
    assert quiet.sequencer.seq == before + 1, "a takeover that asks for the same"
    quiet.logged_on("ann")
    assert quiet.sequencer.seq == before + 2
    assert asking(quiet) == []


def test_orders_of_those_who_do_not_come_back_go_when_the_grace_is_over() -> None:
    quiet = QuietVenue(NAMES, grace=GRACE * 10**6)
    ends = quiet.logged_on(*NAMES)
    for end in ends:
        end.say(buy(1, 5, 4_900))
        end.say(wire.Logout())
    quiet.tick()
    quiet.core.opened(quiet.now, ("ann", "bob"))
    quiet.wait(GRACE // 2)
    (bob,) = quiet.logged_on("bob")
    quiet.wait(GRACE // 2 - 200)
    assert orders(quiet) == {"ann": 1, "bob": 1, "cay": 1}
    quiet.wait(400)
    assert orders(quiet) == {"ann": 0, "bob": 1, "cay": 1}
    (ann,) = quiet.logged_on("ann")
    assert ann.all_of(wire.OrderCancelled)[-1].reason is CancelReason.DISCONNECTED
    seen: list[Any] = []
    replay_bytes(bytes(quiet.log.kept), lambda record, _events: seen.append(record))
    (cancel,) = [each for each in seen if isinstance(each.command, c.CancelOnDisconnect)]
    assert (cancel.source, cancel.command.account) == (TIMER, "ann")
    quiet.wait(4 * GRACE)
    assert orders(quiet) == {"ann": 0, "bob": 1, "cay": 1}, "it is over once"
    assert not bob.closed()


def test_what_the_venue_was_away_for_is_added_to_the_grace() -> None:
    quiet = QuietVenue(NAMES, grace=GRACE * 10**6)
    (ann,) = quiet.logged_on("ann")
    ann.say(buy(1, 5, 4_900), wire.Logout())
    quiet.tick()
    quiet.core.opened(quiet.now, ("ann",))
    quiet.tick(100 * GRACE)  # nobody could log on meanwhile
    quiet.wait(GRACE // 2)
    assert orders(quiet)["ann"] == 1
    quiet.wait(GRACE)
    assert orders(quiet)["ann"] == 0


def test_a_clock_that_is_set_back_makes_nobody_wait_longer() -> None:
    quiet = QuietVenue(NAMES, grace=GRACE * 10**6)
    (ann,) = quiet.logged_on("ann")
    ann.say(buy(1, 5, 4_900), wire.Logout())
    quiet.tick()
    quiet.core.opened(quiet.now, ("ann",))
    quiet.wait(GRACE // 2)
    quiet.tick(-100 * GRACE)
    quiet.wait(GRACE // 4)
    assert orders(quiet)["ann"] == 1
    quiet.wait(GRACE)
    assert orders(quiet)["ann"] == 0


def after_a_crash(folder: Path, **options: Any) -> Node:
    """Start again from what the disk has of a venue that still runs, as after a crash."""
    copy = folder.with_name("as the disk had it")
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.lock"))
    return Node.open(
        copy, load_rulebook("textbook"), predictable(Directory(ACCOUNTS)), Options(**options)
    )


def resting(node: Node) -> list[str]:
    venue = node.sequencer.venue
    return [name for name in venue.accounts if venue.open_orders(name)]


@pytest.mark.parametrize("grace", [0, 60])
def test_after_a_crash_orders_go_with_the_grace_and_not_with_the_start(
    tmp_path: Path, grace: int
) -> None:
    async def scenario() -> None:
        node = await start_node(tmp_path / "venue")
        async with (
            client_of(node, cancel_on_disconnect=True) as alice,
            client_of(node, "bob") as bob,
        ):
            await alice.buy("CO2", 1, price_minor=4_900)
            await bob.buy("CO2", 1, price_minor=4_800)
            again = after_a_crash(tmp_path / "venue", grace=grace * 10**9)
        await node.stop()
        assert resting(again) == ["alice", "bob"]
        await again.start()
        await asyncio.sleep(0.5)  # several looks
        assert resting(again) == (["alice", "bob"] if grace else ["bob"])
        async with client_of(again, cancel_on_disconnect=True) as alice:
            assert len((await alice.status()).orders) == (1 if grace else 0)
        await again.stop()

    bounded(scenario())


def test_a_stop_in_good_order_leaves_all_orders_and_no_grace(tmp_path: Path) -> None:
    async def scenario() -> None:
        node = await start_node(tmp_path / "venue")
        async with client_of(node, cancel_on_disconnect=True, attempts=1) as alice:
            await alice.buy("CO2", 1, price_minor=4_900)
            await node.stop()
        again = await start_node(tmp_path / "venue", grace=0)
        assert again.asking == ()
        await asyncio.sleep(0.2)  # beyond the next look
        assert resting(again) == ["alice"]
        await again.stop()

    bounded(scenario())
