"""The page from a process of its own: the same page, and a venue that does not mind its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
from typing import TYPE_CHECKING, Any

from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase, Side
from gateway.client.market_view import MarketView
from gateway.protocol import wire, wire_account, wire_market
from gateway.protocol.wire_history import AskTrades, DayTrades
from gateway.web.door import FILE_NAME
from tests.support.venues import bounded, client_of, until, venue
from tests.support.web_pages import OPERATOR_KEY, Reader, page_apart, page_at, ruled

if TYPE_CHECKING:
    from pathlib import Path


def line_of(reader: Reader, symbol: str = "CO2") -> Any:
    view = MarketView((), new_lines=True)
    for each in reader.heard:
        view.absorb(each)
    return view.lines.get(symbol)


def test_a_page_from_another_process_has_the_same_numbers(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue(tmp_path, durability="none") as node,
            page_apart(node, tmp_path) as keeper,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
            page_at(keeper.url) as reader,
        ):
            assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
            assert keeper.pid != os.getpid()
            await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
            for step in range(20):
                await alice.sell("CO2", 10, price=f"{50 + step}.00")
            await bob.buy("CO2", 55, price="80.00")
            await reader.until(lambda r: len(r.all_of(wire_market.Trade)) == 6)
            expected = list(node.sequencer.venue.depth("CO2", Side.SELL))
            await reader.until(lambda r: line_of(r).depth(Side.SELL, 99) == expected)
            assert (line_of(reader).gaps, line_of(reader).volume) == (0, 55)
            await reader.say(AskTrades("CO2", 4))
            await reader.until(lambda r: bool(r.all_of(DayTrades)))
            assert [each.trade for each in reader.all_of(DayTrades)[0].trades] == [5, 6]
            async with page_at(keeper.url) as late:
                await late.until(
                    lambda r: line_of(r) and line_of(r).depth(Side.SELL, 99) == expected
                )
        assert not (tmp_path / FILE_NAME).exists()

    bounded(scenario())


def test_a_logon_through_the_other_process_is_a_session_like_any_other(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue(tmp_path, durability="none") as node,
            page_apart(node, tmp_path) as keeper,
            client_of(node, "bob") as bob,
            page_at(keeper.url) as reader,
        ):
            await reader.log_on("alice")
            await reader.until(lambda r: bool(r.all_of(wire.LoggedOn)))
            await reader.say(wire.NewOrder(1, "CO2", Side.SELL, 30, 50_00))
            await reader.until(lambda r: bool(r.all_of(wire.OrderAccepted)))
            await bob.buy("CO2", 30, price="50.00")
            await reader.until(lambda r: bool(r.all_of(wire.OrderFilled)))
            assert reader.all_of(wire_account.Balances)
            asks = ["operator", {"key": OPERATOR_KEY, "phase": "halted", "reason": "news"}]
            await reader.socket.send(json.dumps(asks))
            await reader.until(lambda r: r.words[-1][0] == "operator")
            assert reader.words[-1][1]["accounts"] == ["bob", "alice"]
            assert node.sequencer.venue.phase("CO2") is Phase.HALTED
            for unknown in ('["hello",1]', '["replay",{}]', '["nothing",null]', '["operator"]'):
                before = len(reader.words)
                await reader.socket.send(unknown)
                await reader.until(
                    lambda r, n=before: any(w[0] == "refused" for w in r.words[n:])  # type: ignore[misc]
                )

    bounded(scenario())


def test_a_call_shows_its_curves_through_the_other_process(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            ruled(tmp_path, "textbook") as node,
            page_apart(node, tmp_path) as keeper,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
            page_at(keeper.url) as reader,
        ):
            symbol = node.sequencer.venue.symbols[0]
            node.operate(SetPhase(Phase.OPENING_CALL))
            await alice.sell(symbol, 100, price="50.00")
            await bob.buy(symbol, 40, price="50.00")
            expected = json.loads(json.dumps([symbol, *node.sequencer.venue.interest(symbol)]))
            await reader.until(lambda r: ["curves", expected] in r.words)
            async with page_at(keeper.url) as late:
                await late.until(lambda r: ["curves", expected] in r.words)

    bounded(scenario())


def test_the_other_process_may_die_and_the_venue_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        said: list[str] = []
        async with (
            venue(tmp_path, durability="none") as node,
            page_apart(node, tmp_path, said) as keeper,
            client_of(node) as alice,
        ):
            first, url = keeper.pid, keeper.url
            async with page_at(url) as reader:
                await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
                os.kill(first, signal.SIGKILL)
                await until(lambda: bool(said))
            assert "exit code -9" in said[0]
            await alice.sell("CO2", 10, price="50.00")
            async with page_at(url) as again:  # it waits in the open port for the next process
                await again.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
                assert line_of(again).depth(Side.SELL, 9) == [(50_00, 10)]
            assert keeper.pid not in (0, first)

    bounded(scenario())


def test_the_phases_of_the_day_outlive_the_pages_process_and_the_venues(tmp_path: Path) -> None:
    async def shown(url: str, expected: list[Any]) -> None:
        async with page_at(url) as reader:
            await reader.until(lambda r: ["phases", ["CO2", expected]] in r.words)

    async def scenario() -> None:
        said: list[str] = []
        expected: list[Any] = []
        async with (
            venue(tmp_path, durability="none") as node,
            page_apart(node, tmp_path, said) as keeper,
        ):
            for phase, reason in ((Phase.HALTED, "news"), (Phase.CONTINUOUS, "it is out")):
                node.operate(SetPhase(phase, reason=reason), timed=True)
                expected.append([node.sequencer.venue.time, phase.value, reason, 5_000, 0, 0])
            opened = node.outboxes.tape.history("CO2", 0).phases[0]
            expected.insert(0, [opened.time, opened.phase.value, opened.reason, 5_000, 0, 0])
            await shown(keeper.url, expected)
            os.kill(keeper.pid, signal.SIGKILL)
            await until(lambda: bool(said))
            await shown(keeper.url, expected)
        async with (
            venue(tmp_path, durability="none") as node,
            page_apart(node, tmp_path) as keeper,
        ):
            await shown(keeper.url, expected)

    bounded(scenario())


def test_a_process_that_stops_reading_is_cut_and_costs_bounded_memory(tmp_path: Path) -> None:
    async def scenario() -> None:
        said: list[str] = []
        options = {"durability": "none", "high_water": 1 << 12, "patience": 300_000_000}
        async with (
            venue(tmp_path, **options) as node,
            page_apart(node, tmp_path, said) as keeper,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            stopped = keeper.pid
            await until(lambda: node.core.sessions.by_account.get("") is not None)
            os.kill(stopped, signal.SIGSTOP)
            await alice.sell("CO2", 500_000, price="50.00")
            async with asyncio.timeout(40):
                while node.core.sessions.by_account.get("") is not None:
                    await asyncio.gather(*(bob.buy("CO2", 1, price="50.00") for _ in range(500)))
            await alice.mass_cancel()
            await alice.sell("CO2", 10, price="50.00")
            os.kill(stopped, signal.SIGCONT)
            await until(lambda: bool(said))
            async with page_at(keeper.url) as again:
                await again.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
                assert line_of(again).depth(Side.SELL, 9) == [(50_00, 10)]

    bounded(scenario())
