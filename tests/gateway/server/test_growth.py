"""Everything that people can make grow has a bound: the table of the docs, and what it promises."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import TYPE_CHECKING, Final

import pytest

from engine.vocabulary import texts, units
from gateway.protocol import session, wire, wire_account
from gateway.server import (
    access_log,
    accounts_file,
    backoff,
    box,
    limits,
    operator_keys,
    recovering,
    silence,
    subscriptions,
    tape,
)
from gateway.server.door import MAX_FIRST_REF, MAX_JUMP
from gateway.server.limits import Limits
from gateway.server.node import Options
from tests.gateway.server.test_core import buy
from tests.support.logons import hello
from tests.support.paths import ROOT
from tests.support.quiet_core import End, QuietVenue
from tests.support.venues import bounded, until, venue

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.server.connection import Connection

LIMITS: Final = Limits()
SECOND: Final = 1_000_000_000
READ_AT_ONCE: Final = 262_144  # bytes that an event loop takes from a socket in one piece, at most
BOUNDS: Final = {
    "bytes of one connection that wait for a tick": LIMITS.max_input,
    "bytes of one connection that the system keeps until they are read": LIMITS.system_in,
    "bytes of one message": wire.MAX_FRAME,
    "messages of one session worked on before the next session's": LIMITS.turn,
    "the same where somebody who sends little waits for answers": LIMITS.shared_turn,
    "questions of one session answered in a turn: `AskStatus`, `AskTrades`, `AskHistory`, "
    "`Subscribe`, `Operate`": 1,  # test_a_question_ends_its_sessions_turn
    "messages of sessions that have sent more than that, worked on in a tick": LIMITS.most,
    "microseconds of processor that these have of it, by what they took in the two ticks before; "
    "8 of them all the same": limits.SPENT // 1_000,
    "messages of theirs where half the time of a sync has room for more": LIMITS.most_while_syncing,
    "the same where for a minute nobody sent little: four messages at a time or fewer, and a "
    "thousand a second": (Options().unshared),
    "microseconds of processor that they have of it then, as above": limits.ALONE // 1_000,
    "sessions that are sent market data in a tick": subscriptions.AT_ONCE,
    "sessions whose silence is looked at in a tick": silence.AT_ONCE,
    "open connections": LIMITS.max_sessions,
    "connections beyond these, kept for an operator's key": LIMITS.reserved,
    "connections without a logon": LIMITS.max_strangers,
    "connections without a logon from one address": LIMITS.max_strangers_from,
    "connections at once while the log is replayed": recovering.MOST,
    "addresses, and accounts, of which failed logons are remembered": backoff.MOST_KEPT,
    "keys of one account that an operator set": operator_keys.MOST_KEYS,
    "seconds from connecting to the logon": session.LOGON_WITHIN // SECOND,
    "messages a second of one account (`--throttle`; none unless asked for)": LIMITS.throttle,
    "bytes of reports written to one session in a tick": LIMITS.chunk,
    "bytes of one account's reports that stay in memory": box.WINDOW,
    "bytes of all accounts' reports that stay in memory, up to 15 newest of each beside them": (
        box.TOTAL
    ),
    "bytes of one connection that the system keeps until the peer has them": LIMITS.system_out,
    "bytes handed to the event loop beyond that, from which on all waits in one piece": (
        LIMITS.high_water
    ),
    "bytes of answers and market data that wait for one reader": LIMITS.max_queued,
    "seconds for which a reader may take nothing": LIMITS.patience // SECOND,
    "how far a reference may lie above the account's last": MAX_JUMP,
    "an account's first reference": MAX_FIRST_REF,
    "refused logons of a minute that have a line of their own in `access.log`": access_log.NAMED,
    "live orders of one account": LIMITS.max_live,
    "live orders that a logon's answer lists, and one to `AskStatus`": LIMITS.page,
    "lines that are not there, subscribed to by one session": subscriptions.MOST_NAMED,
    "characters of such a line's name": subscriptions.LONGEST,
    "trades of one answer to `AskTrades`": tape.PAGE,
    "trades of a line's day that are kept to be asked for": tape.MOST_TRADES,
    "days of a line that are kept to be asked for": tape.MOST_BARS,
    "results of calls and auctions of a line that are kept": tape.MOST_RESULTS,
    "phases of a line's day that are kept": tape.MOST_PHASES,
    "accounts that one quote goes to": units.MAX_RECIPIENTS,
    "characters of an account's name, owner, group, member or class": units.MAX_ACCOUNT_NAME,
    "characters of a key": accounts_file.MAX_KEY,
    "bytes of a command as JSON: a line of an operator's or of `carbonx match`": texts.MAX_LINE,
    "characters of one text in a command, such as an amendment's value": texts.MAX_TEXT,
    "lists and tables in each other": texts.MAX_DEPTH,
    "characters of a figure, or of a name without quotes": texts.MAX_WORD,
    "bytes of `access.log`, up to the lines of one tick": access_log.FILE_SIZE,
    "earlier files of `access.log` that are kept": access_log.EARLIER,
    "bytes of a file of accounts": texts.MAX_ACCOUNTS,
    "bytes of a rulebook's file": texts.MAX_RULEBOOK,
}


def test_the_table_of_the_docs_is_what_holds() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = text.partition("## What cannot grow")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([\d,]+) \| [^|]+ \|$", table, re.MULTILINE)
    assert {what: int(bound.replace(",", "")) for what, bound in rows} == BOUNDS


def test_a_byte_now_and_then_is_no_sign_of_life() -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann", heartbeat_ms=1_000)
    mute = End(quiet)
    frame = b"\0\0\x10\0"
    for _ in range(8):
        mute.send(b"" if mute.closed() else frame[:1])
        frame = frame[1:] or b"\x01"
        ann.say(wire.Heartbeat())
        quiet.wait(1_000)
    assert mute.closed()
    assert not ann.closed()
    for _ in range(4):
        ann.send(b"\0" if ann.heard else b"")
        quiet.wait(1_000)
    assert ann.closed(), "nor is it after the logon"


def test_strangers_are_few_and_leave_the_members_alone() -> None:
    quiet = QuietVenue(("ann",), max_strangers=5, max_strangers_from=3)
    (ann,) = quiet.logged_on("ann")
    near = [End(quiet) for _ in range(4)]
    far = [End(quiet, f"192.0.2.{number}") for number in range(3)]
    quiet.tick()
    assert [end.closed() for end in near] == [False, False, False, True]
    assert [end.closed() for end in far] == [False, False, True]
    assert "from one address" in near[3].heard[-1].text
    assert {end.heard[-1].reason for end in (near[3], far[2])} == {wire.LogoutReason.FULL}
    ann.say(buy(1))
    quiet.tick()
    assert ann.all_of(wire.OrderAccepted)
    near[0].cut()
    quiet.tick()
    late = End(quiet)
    quiet.tick()
    assert not late.closed(), "a place that was left is free"


def test_an_account_throttle_outlives_its_session_and_counts_what_is_asked() -> None:
    quiet = QuietVenue(("ann",), throttle=10)
    (ann,) = quiet.logged_on("ann")
    ann.say(*(buy(ref) for ref in range(1, 7)))
    quiet.tick()
    assert not ann.all_of(wire.Throttled)
    ann.cut()
    (again,) = quiet.logged_on("ann")
    again.say(*(wire.AskStatus() for _ in range(3)), *(buy(ref) for ref in range(7, 12)))
    quiet.tick()
    assert len(again.all_of(wire_account.AccountStatus)) == 3, "what is asked is answered"
    assert [m.ref for m in again.all_of(wire.OrderAccepted)] == [1, 2, 3, 4, 5, 6, 7]
    assert len(again.all_of(wire.Throttled)) == 4


@pytest.mark.parametrize("size", [1_000, 65_536])
def test_a_connection_that_floods_is_read_no_faster_than_it_is_worked_on(
    tmp_path: Path, size: int
) -> None:
    orders = 20_000
    logon = wire.Logon(wire.VERSION, "M1", "alice", "a nonce", heartbeat_ms=60_000)
    flood = b"".join(
        (hello(logon, "alice-key"), *(session.pack(buy(ref + 1)) for ref in range(orders)))
    )

    async def scenario() -> None:
        async with venue(tmp_path, max_input=size) as node:
            largest, received = 0, node.core.received

            def watched(connection: Connection, data: bytes) -> None:
                nonlocal largest
                received(connection, data)
                largest = max(largest, connection.waiting)

            node.core.received = watched  # type: ignore[method-assign]
            reader, writer = await asyncio.open_connection(*node.address)
            sent = asyncio.create_task(drained(writer, flood))
            while node.sequencer.venue.last_ref("alice") < orders:
                await reader.read(1 << 16)
            await sent
            assert 0 < largest < size + READ_AT_ONCE
            writer.close()

    bounded(scenario())


def test_what_the_system_keeps_of_a_connection_is_bounded(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path, system_in=1 << 15, system_out=1 << 16) as node:
            _, writer = await asyncio.open_connection(*node.address)
            await until(lambda: bool(node.sockets))
            (accepted,) = node.sockets.values()
            assert accepted.transport is not None
            line = accepted.transport.get_extra_info("socket")
            sizes = [
                line.getsockopt(socket.SOL_SOCKET, n) for n in (socket.SO_RCVBUF, socket.SO_SNDBUF)
            ]
            assert sizes in ([1 << 15, 1 << 16], [1 << 16, 1 << 17]), "some systems double it"
            writer.close()

    bounded(scenario())


async def drained(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()
