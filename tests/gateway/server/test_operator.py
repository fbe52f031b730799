"""Operating over the protocol, who is connected, and limits that change while a venue runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from engine.vocabulary.enums import Phase, RejectReason
from gateway.client.blocking import BlockingClient
from gateway.client.client import (
    Client,
    ClientError,
    PermissionDeniedError,
    SessionEndedError,
    ThrottledError,
)
from gateway.protocol import wire, wire_operator
from gateway.protocol.proof import verifier_of
from gateway.server.access_log import FILE_NAME, lines_of
from gateway.server.admin import AdminSocket
from gateway.server.limits import Limits
from gateway.server.operator_sessions import CHANGEABLE
from gateway.server.status import _session
from tests.gateway.server.test_core import buy
from tests.support.quiet_core import QuietVenue
from tests.support.venues import bounded, client_of, until, venue

if TYPE_CHECKING:
    from gateway.server.node import Node

KEY = "cx-" + "5" * 64


def door_of(node: Node) -> AdminSocket:
    return AdminSocket(node, Path("unused"))


def ask(door: AdminSocket, **said: Any) -> dict[str, Any]:
    return door.answer(json.dumps(said).encode())


def operator_of(node: Node, door: AdminSocket, **more: Any) -> Client:
    """Give carol a key for ``admin``; return a client that logs on with it."""
    said = {"account": "carol", "key_name": "ops", "permission": "admin"}
    assert "events" in ask(door, type="set_key", key=verifier_of(KEY, "carol").text(), **said)
    return client_of(node, "carol", member="", key=KEY, key_name="ops", **more)


def test_an_operator_on_the_network_does_what_one_at_the_socket_does(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as alice:
            door = door_of(node)
            verifier = verifier_of(KEY, "bob").text()
            async with operator_of(node, door) as ops:
                lines = [json.dumps(each) for each in (
                    {"type": "set_phase", "phase": "halted", "reason": "a rumour"},
                    {"type": "set_phase", "phase": "haltd"},
                    {"type": "move_cash", "account": "alice", "amount": "7.00"},
                    {"type": "new_order", "account": "alice", "ref": 1, "symbol": "CO2",
                     "side": "buy", "quantity": 1, "price": 1},
                    {"type": "set_key", "account": "bob", "key_name": "x", "key": verifier},
                    {"type": "status"},
                    {"type": "set_key", "account": "bob", "key_name": "y"},
                )]  # fmt: skip
                journal = node.sequencer.journal
                assert journal is not None
                answers: list[dict[str, Any]] = await asyncio.gather(
                    *(ops.operate(line) for line in lines)
                )
                assert not journal.buffer, "what was answered is durable"
                assert answers[0]["events"][0]["reason"] == "a rumour"
                assert answers[1]["field"] == "phase"
                assert answers[2]["events"][0]["type"] == "cash_moved"
                assert answers[3]["field"] == "type"
                assert "key" not in answers[4]["events"][0]
                assert answers[6]["rule"].endswith("a key is never sent")
                assert answers[5]["status"]["phases"] == {"CO2": "halted"}
                assert node.sequencer.venue.phase("CO2") is Phase.HALTED
                await alice.status()
                async with client_of(node, "bob", key=KEY, key_name="x"):
                    pass
                with pytest.raises(ValueError, match="at most"):
                    ops.operate("x" * wire.MAX_FRAME)
                number = ask(door, type="sessions")["sessions"][-1]["number"]
            acts = [
                said for _, said in lines_of(tmp_path / FILE_NAME) if said["what"] == "operator"
            ]
            by = [act["by"] for act in acts[1:]]
            assert by == [{"door": "session", "account": "carol", "key_name": "ops",
                           "session": number, "host": "127.0.0.1"}] * 6  # fmt: skip
            assert acts[0]["by"] == {"door": "socket"}
            assert [bool(act["error"]) for act in acts[1:]] == [
                False, True, False, True, False, True
            ]  # fmt: skip
            assert KEY not in (tmp_path / FILE_NAME).read_text("utf-8")

    bounded(scenario())


def test_a_program_that_waits_operates_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            async with operator_of(node, door_of(node)):
                pass

            def halt() -> dict[str, Any]:
                with BlockingClient(
                    "127.0.0.1", node.address[1], account="carol", key=KEY, key_name="ops"
                ) as client:
                    return client.operate('{"type": "set_phase", "phase": "halted"}')

            answer = await asyncio.to_thread(halt)
            assert answer["events"][0]["phase"] == "halted"

    bounded(scenario())


def test_a_key_that_is_not_for_it_operates_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as alice:
            door_of(node)
            before = node.sequencer.venue.state_hash()
            with pytest.raises(PermissionDeniedError, match="trade alone"):
                await alice.operate('{"type": "set_phase", "phase": "halted"}')
            assert node.sequencer.venue.state_hash() == before

    bounded(scenario())


def test_a_venue_that_nobody_operates_so_says_so() -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann")
    ann.say(wire_operator.Operate(1, "{}"))
    quiet.tick()
    (refused,) = ann.all_of(wire.NotTaken)
    assert refused.reason is RejectReason.PERMISSION


def test_what_is_not_answered_before_the_connection_breaks_is_not_said_twice(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, operator_of(node, door_of(node)) as ops:
            heard: list[str] = []
            node.core.sessions.operate = lambda _, message: heard.append(message.line)
            answer = ops.operate("a line")
            await until(lambda: bool(heard))
            for socket in list(node.sockets.values()):
                assert socket.transport is not None
                socket.transport.abort()
            with pytest.raises(ClientError, match="access log"):
                await answer
            await ops.status()
            assert heard == ["a line"]

    bounded(scenario())


def test_messages_are_counted_as_they_come_and_go() -> None:
    quiet = QuietVenue(("ann", "bob"))
    ann, bob = quiet.logged_on("ann", "bob")
    ann.say(wire.Subscribe(""), *(buy(ref) for ref in range(1, 40)), wire.AskStatus())
    bob.say(wire.Subscribe("CO2"))
    for _ in range(5):
        quiet.tick()
    for end, said in ((ann, 43), (bob, 3)):
        found = _session(end.connection)
        assert found.messages_in == said  # logon and proof are two
        assert found.messages_out == len(end.heard)
        assert found.unread_bytes == 0
        assert (found.permission, found.key_name) == ("trade", "")
    again = quiet.logged_on("ann", last_seen=20)[0]
    assert _session(again.connection).messages_out == len(again.heard)


def test_sessions_are_shown_with_where_they_come_from(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node):
            door = door_of(node)
            _, writer = await asyncio.open_connection(*node.address)
            await until(lambda: len(node.sockets) == 2)
            alice, stranger = ask(door, type="sessions")["sessions"]
            assert (alice["account"], alice["host"], alice["permission"]) == (
                "alice",
                "127.0.0.1",
                "trade",
            )
            assert 0 < alice["since"] <= node.clock()
            assert (stranger["account"], stranger["permission"]) == ("", "")
            assert ask(door, type="sessions", all=True)["field"] == "all"
            writer.close()

    bounded(scenario())


def test_who_is_disconnected_hears_why_and_asked_for_cancels_are_done(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            door = door_of(node)
            async with (
                client_of(node, cancel_on_disconnect=True) as alice,
                client_of(node, "bob") as bob,
            ):
                await alice.buy("CO2", 1, price_minor=4_900)
                await bob.buy("CO2", 1, price_minor=4_900)
                told = ask(door, type="disconnect", account="alice", reason="a drill")
                assert [each["type"] for each in told["events"]] == ["disconnected"]
                with pytest.raises(SessionEndedError, match="an operator ended it: a drill") as got:
                    await all_of(alice)
                assert got.value.reason is wire.LogoutReason.OPERATOR
                assert not node.sequencer.venue.open_orders("alice")
                assert node.sequencer.venue.open_orders("bob")
                assert bob.connected
            async with client_of(node):
                pass  # it may come back
            for account in ("alice", "", "nobody"):
                assert ask(door, type="disconnect", account=account)["field"] == "account"

    bounded(scenario())


def test_limits_change_for_those_who_are_there_and_those_who_come(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as alice:
            door = door_of(node)
            await asyncio.gather(*(alice.buy("CO2", 1, price_minor=4_900) for _ in range(20)))
            told = ask(door, type="set_limits", throttle=2, max_live=25)
            assert told == {"events": [{"type": "limits_set", "throttle": 2, "max_live": 25}]}
            async with client_of(node, "bob") as bob:
                for client in (alice, bob):
                    sent = [client.buy("CO2", 1, price_minor=4_900) for _ in range(10)]
                    found = await asyncio.gather(*sent, return_exceptions=True)
                    slow = [each for each in found if isinstance(each, ThrottledError)]
                    assert len(slow) >= 7
                    assert slow[0].per_second == 2
            limits = ask(door, type="limits")["limits"]
            assert limits["in_force"]["throttle"] == 2
            assert limits["at_the_start"] == {"throttle": 0, "max_live": 100_000}
            ask(door, type="set_limits", throttle=0)
            room = 25 - len(node.sequencer.venue.open_orders("alice"))
            sent = [alice.buy("CO2", 1, price_minor=4_900) for _ in range(room + 3)]
            found = await asyncio.gather(*sent, return_exceptions=True)
            assert sum(isinstance(each, ClientError) for each in found) == 3

    bounded(scenario())


async def all_of(client: Client) -> None:
    """Take events until the session ends."""
    async for _event in client.events():
        pass


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "type"),
    ({"throtle": 5}, "throtle"),
    ({"turn": 5}, "turn"),
    ({"throttle": -1}, "throttle"),
    ({"throttle": True}, "throttle"),
    ({"throttle": "5"}, "throttle"),
    ({"throttle": 5, "max_live": 0}, "max_live"),
    ({"max_sessions": 1 << 40}, "max_sessions"),
]


@pytest.mark.parametrize(("said", "field"), WRONG)
def test_a_wrong_limit_changes_none(tmp_path: Path, said: dict[str, Any], field: str) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            before = node.options
            assert ask(door_of(node), type="set_limits", **said)["field"] == field
            assert node.options == before

    bounded(scenario())


def test_what_can_be_changed_is_a_limit_and_begins_within_its_bounds() -> None:
    began = structs.asdict(Limits())
    assert all(least <= began[name] <= most for name, (least, most) in CHANGEABLE.items())
