"""What the shell tells of what happens meanwhile: fills, gaps, breaks, a busy market."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from carbonx.testing import LocalVenue
from engine.vocabulary.commands import SetKillSwitch, SetPhase
from engine.vocabulary.enums import Phase, Side
from gateway.cli.terminal import tables
from gateway.cli.terminal.calls import Calls, Dial
from gateway.cli.terminal.desk import Desk
from gateway.cli.terminal.session import Session
from gateway.client.client import Client, ClientError, SessionEndedError
from gateway.protocol import wire_market
from tests.support.shells import Script, talk
from tests.support.venues import bounded, until

if TYPE_CHECKING:
    from collections.abc import Callable


def test_fills_and_cancels_are_shown_as_they_happen_and_once() -> None:
    async def scenario() -> None:
        async with (
            LocalVenue() as venue, venue.client("alice") as alice, venue.client("bob") as bob,
        ):  # fmt: skip

            async def trade() -> None:
                await talk(bob, "sell CO2 60 50")

            async def stop() -> None:
                venue.operate(SetKillSwitch("alice", on=True))
                await alice.status()

            shown = await talk(alice, "buy CO2 100 50", trade, "watch CO2", stop, "orders")
            assert shown == [
                "order 1: buy 100 CO2 at 50.00, resting",
                "order 1: bought 60 CO2 at 50.00, 40 left",
                "CO2: bid 50.00, ask -, last 50.00",
                "watching CO2; watch off ends it",
                "CO2: bid -, ask -, last 50.00",
                (
                    "order 1 (buy CO2): cancelled (killed), 40 tonnes unfilled\n"
                    "the operator has stopped this account; orders cancelled: 1"
                ),
                "no live orders",
            ]

    bounded(scenario())


def test_what_was_dropped_is_said_and_mended_from_snapshots() -> None:
    async def scenario() -> None:
        async with (
            LocalVenue() as venue,
            venue.client("alice", max_events=8) as alice,
            venue.client("bob") as bob,
        ):
            script = Script()
            desk = script.desk = Desk(Calls(alice), script)
            await desk.open()
            following = asyncio.create_task(desk.follow())
            await desk.book("CO2")
            following.cancel()  # the shell is slow from here on
            await asyncio.gather(following, return_exceptions=True)
            for price in range(4_900, 5_000, 5):
                await desk.calls.place("CO2", Side.BUY, 10, price)
            await talk(bob, "sell CO2 15 49.90")
            await alice.status()
            following = asyncio.create_task(desk.follow())
            await desk.until(lambda: desk.missed > 0)
            line = await desk.book("CO2")
            await until(lambda: len(desk.orders) == 19)
            assert "events were dropped" in "\n".join(script.shown)
            assert line.depth(Side.BUY, 99) == venue.venue.depth("CO2", Side.BUY)
            assert [o.leaves for o in desk.orders.values()].count(5) == 1
            following.cancel()

    bounded(scenario())


class BusyCalls(Calls):
    """A feed that never pauses."""

    number = 0

    async def next_event(self) -> object:
        self.number += 1
        return wire_market.Trade(1, "CO2", self.number, 1, self.number, Side.BUY, 5_000, 1)


def test_a_market_that_never_pauses_holds_up_no_line() -> None:
    async def scenario() -> None:
        async with LocalVenue() as venue, venue.client("alice") as alice:
            script = Script("buy CO2 1 50", "trades CO2", "orders")
            script.interactive = True
            session = Session(BusyCalls(alice), script)
            session.desk.line("CO2").stale = False
            await session.run()
            assert script.shown[0] == "order 1: buy 1 CO2 at 50.00, resting"
            assert script.shown[1].count("buy") == tables.PRINTS
            assert script.shown[2].splitlines()[1].startswith("    1  buy")
            assert len(session.desk.line("CO2").prints) < 2_000

    bounded(scenario())


def test_a_break_of_the_connection_is_said_and_nothing_is_sent_meanwhile() -> None:
    async def scenario() -> None:
        async with LocalVenue() as venue:
            shell: list[Session] = []
            away = asyncio.Event()

            async def connect(factory: Callable[[], asyncio.Protocol]) -> None:
                if shell:
                    shell[0].desk.lost()
                    await away.wait()
                await venue.connect(factory)

            async def cut() -> None:
                venue.cut("alice")
                await until(lambda: shell[0].desk.broken)

            async def back() -> None:
                away.set()
                await until(lambda: not shell[0].desk.broken)

            async with Client(
                "memory", 0, account="alice", key="key of alice", connect=connect
            ) as alice:
                script = Script(
                    "buy CO2 1 50", cut, "buy CO2 2 50", "book CO2", back, "buy CO2 3 50"
                )
                shell.append(Session(Calls(alice), script))
                await shell[0].run()
            assert script.shown[0] == "order 1: buy 1 CO2 at 50.00, resting"
            assert script.shown[1] == "the connection to the venue broke: trying again"
            assert script.shown[2].startswith("! not sent: the connection to the venue is broken")
            assert "50.00" in script.shown[3]
            assert "(not current)" in script.shown[3], "what is known can still be looked at"
            assert script.shown[4] == "connected again"
            assert script.shown[5] == "order 2: buy 3 CO2 at 50.00, resting"

    bounded(scenario())


def test_the_end_of_the_session_ends_the_shell_while_it_waits_for_a_line() -> None:
    async def scenario() -> None:
        async with LocalVenue() as venue, venue.client("alice") as alice:
            never = asyncio.Event()

            async def take_over() -> None:
                async with venue.client("alice"):
                    await never.wait()

            with pytest.raises(SessionEndedError, match="taken_over"):
                await talk(alice, take_over)

    bounded(scenario())


def test_phases_of_many_lines_are_told_in_one() -> None:
    async def scenario() -> None:
        async with LocalVenue("hubei") as venue, venue.client("alice") as alice:

            async def halt() -> None:
                venue.operate(SetPhase(Phase.HALTED, reason="news"))
                await alice.status()

            shown = await talk(alice, halt, "lines")
            assert shown[0] == "halted (news): HBEA, HBEA@fixed_price"
            assert all(len(line) <= 80 for line in shown[1].splitlines())

    bounded(scenario())


def test_what_happened_before_the_shell_was_opened_is_no_news() -> None:
    async def scenario() -> None:
        async with LocalVenue() as venue:
            async with venue.client("alice") as alice:
                await talk(alice, "buy CO2 10 50")
            async with venue.client("alice") as alice:
                assert await talk(alice) == []

    bounded(scenario())


class Late(asyncio.Protocol):
    """A client's end of a connection over which nothing comes for a while."""

    def __init__(self, inner: asyncio.Protocol) -> None:
        self.inner = inner
        self.held: list[bytes] | None = None
        self.connection_made = inner.connection_made  # type: ignore[method-assign]
        self.connection_lost = inner.connection_lost  # type: ignore[method-assign]

    def data_received(self, data: bytes) -> None:
        if self.held is not None:
            self.held.append(data)
        else:
            self.inner.data_received(data)


def test_an_answer_that_is_late_is_told_when_it_comes() -> None:
    async def scenario() -> None:
        async with LocalVenue() as venue:
            made: list[Late] = []

            async def connect(factory: Callable[[], asyncio.Protocol]) -> None:
                made.append(Late(factory()))
                await venue.connect(lambda: made[0])

            async def hold() -> None:
                made[0].held = []

            async def release() -> None:
                held, made[0].held = made[0].held, None
                for data in held or ():
                    made[0].inner.data_received(data)
                await until(lambda: len(script.shown) > 1)

            async with Client(
                "memory", 0, account="alice", key="key of alice", connect=connect
            ) as alice:
                script = Script(hold, "buy CO2 1 50", release)
                await Session(Calls(alice, within=0.05), script).run()
            assert script.shown[0].startswith("! no answer within 0.05 s: what comes of it will be")
            assert script.shown[1:] == ["order 1: buy 1 CO2 at 50.00, resting"]

    bounded(scenario())


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 0), ("a..b", 7117), ("127.0.0.1", 71_170), ("\x00", 1)]
)
def test_an_address_where_nobody_can_answer_fails_at_the_first_attempt(
    host: str, port: int
) -> None:
    async def scenario() -> None:
        dial = Dial(host, port)
        client = Client(host, port, account="a", key="k", connect=dial.connect)
        with pytest.raises(ClientError, match=f"nobody answers at {re.escape(host)}:{port}"):
            await dial.open(client)

    bounded(scenario())


def test_what_does_not_answer_a_logon_is_said_to_be_no_venue() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        dial = Dial("127.0.0.1", port)
        client = Client("127.0.0.1", port, account="a", key="k", connect=dial.connect)
        with pytest.raises(ClientError, match=r"no answer within 0\.1 s: is it a venue"):
            await dial.open(client, within=0.1)
        server.close()
        await server.wait_closed()

    bounded(scenario())
