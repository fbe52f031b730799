"""Exceptions that nobody foresaw: one peer's bytes end its session, all else stops the venue."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from engine.log.journal import JournalError
from engine.log.sequencer import replay
from engine.vocabulary import events as ev
from engine.vocabulary.commands import MoveCash
from gateway.client.client import ClientError
from gateway.protocol import wire
from gateway.protocol.framing import frame
from gateway.protocol.session import VENUE_TABLE, Session, State
from gateway.server.admin import AdminSocket
from gateway.server.failure import VenueStoppedError, as_stopped
from tests.gateway.server.test_core import buy, unbatched
from tests.support.paths import ROOT
from tests.support.quiet_core import End, QuietVenue
from tests.support.systems import unix_sockets
from tests.support.venues import bounded, client_of, until, venue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.server.node import Node

NESTED = b"\x91" * 16_000 + b"\x01"
TOO_DEEP = {
    "instead of a message": NESTED,
    "behind the last field": b"\x94\x05\x01\x01" + NESTED,
    "in a field": b"\x93\x05\x01" + NESTED,
}


class PlantedError(Exception):
    """An exception that no code knows."""


def fail(*_: Any) -> Any:
    raise PlantedError


class FailingVenue:
    """A venue of which one command in ten fails."""

    def __init__(self, venue: Any) -> None:
        self._venue = venue
        self._applied = 0

    def __getattr__(self, name: str) -> Any:  # noqa: D105 - all that is not planted
        return getattr(self._venue, name)

    def apply(self, command: Any) -> Any:
        self._applied += 1
        return self._venue.apply(command) if self._applied % 10 else fail()


# -- one peer's bytes -----------------------------------------------------------------------------


@pytest.mark.parametrize("payload", TOO_DEEP.values(), ids=TOO_DEEP)
@pytest.mark.parametrize("logged_on", [False, True])
def test_a_frame_that_is_nested_too_deeply_ends_its_own_session_and_nothing_else(
    payload: bytes, *, logged_on: bool
) -> None:
    quiet = QuietVenue(("ann", "bob", "eve"))
    ann, bob = quiet.logged_on("ann", "bob")
    eve = quiet.logged_on("eve")[0] if logged_on else End(quiet)
    ann.say(buy(1))
    eve.send(frame(payload))
    bob.say(buy(1))
    quiet.tick()
    assert eve.closed()
    assert eve.heard[-1].reason is wire.LogoutReason.BAD_FRAME
    for end in (ann, bob):
        assert [m.ref for m in end.all_of(wire.OrderAccepted)] == [1]
        assert not end.closed()


def test_an_exception_in_the_decoding_ends_that_session_and_what_came_before_it_counts() -> None:
    quiet = QuietVenue(("ann", "eve"))
    ann, eve = quiet.logged_on("ann", "eve")

    def decode(payload: bytes) -> Any:
        message = wire.decode_from_client(payload)
        return fail() if isinstance(message, wire.CancelOrder) else message

    eve.connection.session = Session(VENUE_TABLE, decode, wire.MAX_FRAME, quiet.now)
    eve.connection.session.enter(State.ACTIVE)
    eve.say(buy(1), wire.CancelOrder(2, 1), buy(3))
    ann.say(buy(1), wire.CancelOrder(2, 1))
    quiet.tick()
    assert eve.closed()
    assert [m.ref for m in eve.all_of(wire.OrderAccepted)] == [1]
    assert "PlantedError" in eve.heard[-1].text
    assert ann.all_of(wire.OrderCancelled)


# -- everything else, without a socket ------------------------------------------------------------


def plant_apply(quiet: QuietVenue) -> None:
    quiet.sequencer.venue = FailingVenue(quiet.sequencer.venue)  # type: ignore[assignment] # it quacks


def plant_projection(quiet: QuietVenue) -> None:
    quiet.outboxes.project[ev.OrderAccepted] = fail


def plant_market_data(quiet: QuietVenue) -> None:
    quiet.core.running.market_data.absorb = fail  # type: ignore[assignment] # on purpose


def plant_observer(quiet: QuietVenue) -> None:
    quiet.core.running.observers.append(fail)


def plant_disk(quiet: QuietVenue) -> None:
    quiet.log.before_sync = fail


@pytest.mark.parametrize(
    "plant", [plant_apply, plant_projection, plant_market_data, plant_observer, plant_disk]
)
def test_an_exception_in_a_tick_acknowledges_nothing_of_it_and_no_tick_follows(
    plant: Callable[[QuietVenue], None],
) -> None:
    quiet = QuietVenue(("ann", "bob"))
    ann, bob = quiet.logged_on("ann", "bob")
    ann.say(buy(1), wire.Subscribe())
    quiet.tick()
    durable, heard = bytes(quiet.log.kept), len(ann.heard)
    plant(quiet)
    ann.say(*(buy(ref) for ref in range(2, 20)))
    bob.say(*(buy(ref) for ref in range(1, 20)))
    with pytest.raises(PlantedError):
        quiet.tick()
    for _ in range(3):
        bob.say(buy(30))
        quiet.tick(1_000)
    assert len(ann.heard) == heard
    assert not bob.all_of(wire.OrderAccepted)
    quiet.core.running.abandon()
    assert quiet.log.kept == durable, "what failed is in the log"
    reports, _ = unbatched(quiet)
    assert reports["ann"] == ann.reports()


def test_an_exception_in_the_watch_stops_the_venue() -> None:
    draws = [1, 2]
    quiet = QuietVenue(("ann",), draw=lambda _below: draws.pop(), rulebook="krx")
    for _ in range(24):
        quiet.tick(3_600_000)
    with pytest.raises(IndexError):
        quiet.tick(24 * 3_600_000)
    assert quiet.core.stopped


def test_a_failure_in_no_part_of_the_venue_is_named_by_where_it_came_through() -> None:
    names: dict[str, Any] = {"__name__": "elsewhere"}
    exec("def fail():\n    raise KeyError('x')", names)  # noqa: S102 - a module of its own
    with pytest.raises(KeyError) as caught:
        names["fail"]()
    here = "test_a_failure_in_no_part_of_the_venue_is_named_by_where_it_came_through"
    assert f"KeyError: 'x' (in {__name__}.{here}, line" in str(as_stopped(caught.value))


def test_a_tick_within_a_tick_is_noticed() -> None:
    quiet = QuietVenue(("ann",))
    quiet.core.running.observers.append(lambda _time, _events: quiet.tick())
    quiet.core.operate(MoveCash("ann", 1))
    with pytest.raises(RuntimeError, match="within"):
        quiet.tick()


# -- with sockets ---------------------------------------------------------------------------------


def node_apply(node: Node) -> None:
    node.sequencer.venue = FailingVenue(node.sequencer.venue)  # type: ignore[assignment] # it quacks


def node_projection(node: Node) -> None:
    node.outboxes.project[ev.OrderAccepted] = fail


def node_watch(node: Node) -> None:
    node.core._run_clock = fail  # type: ignore[assignment] # on purpose


def node_disk(node: Node) -> None:
    def full() -> None:
        problem = "the disk is full"
        raise JournalError(problem)

    journal = node.sequencer.journal
    assert journal is not None
    journal.sync = full  # type: ignore[method-assign] # a disk that fails


@pytest.mark.parametrize("plant", [node_apply, node_projection, node_watch, node_disk])
def test_a_failing_venue_cuts_everybody_says_why_and_its_log_has_what_it_acknowledged(
    plant: Callable[[Node], None], tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path / "venue") as node:
            client = client_of(node, attempts=1)
            await client.__aenter__()
            acknowledged = [(await client.buy("CO2", 1, price_minor=4_900)).ref for _ in range(5)]
            plant(node)
            pending = [client.buy("CO2", 1, price_minor=4_900) for _ in range(20)]
            assert node.failed is not None
            await until(node.failed.done)
            error = node.failed.exception()
            assert isinstance(error, VenueStoppedError)
            assert "\n" not in str(error)
            if plant is node_disk:
                assert str(error) == "the disk is full"
            else:
                assert "PlantedError" in str(error)
                assert re.search(r"\(in (engine|gateway)\.[a-z_.<>]+, line \d+\)", str(error))
            await until(lambda: not node.sockets)
            for result in await asyncio.gather(*pending, return_exceptions=True):
                if plant is node_watch and isinstance(result, wire.OrderAccepted):
                    acknowledged.append(result.ref)  # in a tick before the one that failed
                else:
                    assert isinstance(result, ClientError | OSError)
            answer = AdminSocket(node, tmp_path / "door").answer(
                b'{"type": "move_cash", "account": "alice", "amount": "1"}'
            )
            assert "error" in answer
            with pytest.raises(VenueStoppedError):
                node.operate(MoveCash("alice", 1))
            await client.close()
        found = replay(tmp_path / "venue").venue
        there = [order.ref for order in found.open_orders("alice")]
        assert there[: len(acknowledged)] == acknowledged
        if plant is not node_watch:
            assert there == acknowledged

    bounded(scenario())


def test_a_connection_that_cannot_be_written_to_is_cut_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as alice, client_of(node, "bob") as bob:
            loop = node._loop
            assert loop is not None
            noticed: list[dict[str, Any]] = []
            loop.set_exception_handler(lambda _loop, context: noticed.append(context))
            (socket,) = [s for c, s in node.sockets.items() if c.account == "alice"]
            socket.transport = Unwritable(socket.transport)  # type: ignore[assignment] # as much as is needed
            first = alice.buy("CO2", 1, price_minor=4_900)
            assert (await bob.buy("CO2", 1, price_minor=4_900)).ref == 1
            assert (await first).ref == 1  # after it has come back
            assert alice.reconnects == 1
            assert [type(context["exception"]) for context in noticed] == [PlantedError]

    bounded(scenario())


class Unwritable:
    """A transport that fails when it is written to."""

    def __init__(self, transport: Any) -> None:
        self.abort = transport.abort
        self.write = fail


@unix_sockets
def test_serve_goes_with_one_line_that_says_what_and_where(tmp_path: Path) -> None:
    code = (
        "from gateway.server.timetable import Timetable\n"
        "def due(self, now):\n"
        "    if self._venue.time: raise KeyError('planted')\n"
        "    return []\n"
        "Timetable.due = due\n"
        "from carbonx.main import main\n"
        "main()\n"
    )
    serve = ("serve", "--rulebook", "textbook", "--port", "0", "--timetable", "--dir",
             str(tmp_path))  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-c", code, *serve],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert server.stdout is not None
    server.stdout.readline()
    halt = '{"type": "set_phase", "phase": "halted", "reason": "news"}'
    operate = [sys.executable, "-m", "carbonx", "operate", halt, "--dir", str(tmp_path)]
    subprocess.run(operate, cwd=ROOT, capture_output=True, check=False, timeout=30)
    _, said = server.communicate(timeout=30)
    assert server.returncode == 1
    (line,) = said.splitlines()
    assert "KeyError: 'planted'" in line
    assert "gateway.server.core._run_clock" in line
    replay(tmp_path)
