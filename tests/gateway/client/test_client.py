"""The client SDK over real sockets: answers, refusals, events, reconnection, and no future left.

Most venues here run in the test's own loop; where one must die, it is a process of its own.
"""

from __future__ import annotations

import asyncio
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from engine.vocabulary.enums import OrderState, RejectReason, Side, TimeInForce
from gateway.client.blocking import BlockingClient
from gateway.client.client import (
    ClientError,
    Missed,
    RejectedError,
    SessionEndedError,
    StorageError,
    ThrottledError,
    minor_units,
)
from gateway.client.market_view import MarketView
from gateway.protocol import wire, wire_market
from gateway.protocol.session import pack
from gateway.server.status import status_of
from tests.support.scripted import logon_asked, signature
from tests.support.venues import (
    FUNDING,
    bounded,
    client_of,
    free_port,
    next_report,
    until,
    venue,
)

if TYPE_CHECKING:
    from pathlib import Path


# -- asking and being answered ------------------------------------------------------------------


def test_an_order_is_answered_by_its_acceptance(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            pending = client.buy("CO2", 10, price_minor=4_900)
            assert pending.ref == 1
            report = await pending
            assert (report.ref, report.side, report.price) == (1, Side.BUY, 4_900)
            assert report.state is OrderState.RESTING
            assert node.sequencer.venue.depth("CO2", Side.BUY) == [(4_900, 10)]

    bounded(scenario())


def test_amend_cancel_and_cancel_all_are_answered(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            first = (await client.buy("CO2", 10, price_minor=4_900)).ref
            amended = await client.amend(first, quantity=4)
            assert (amended.ref, amended.quantity, amended.leaves) == (first, 4, 4)
            cancelled = await client.cancel(first)
            assert (cancelled.ref, cancelled.quantity) == (first, 4)
            for price in (4_800, 4_801, 4_802):
                await client.buy("CO2", 1, price_minor=price)
            assert (await client.mass_cancel("CO2")).count == 3

    bounded(scenario())


def test_a_refusal_is_raised_with_reason_field_and_rule(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            with pytest.raises(RejectedError, match="quantity") as caught:
                await client.buy("CO2", 10**13, price_minor=4_900)
            assert caught.value.reason is RejectReason.QUANTITY_RANGE
            assert caught.value.field == "quantity"
            with pytest.raises(RejectedError) as caught:
                await client.cancel(77)
            assert caught.value.report.reason is RejectReason.UNKNOWN_ORDER
            await client.buy("CO2", 1, price_minor=4_900)  # the session goes on

    bounded(scenario())


def test_each_who_awaits_a_refusal_gets_an_error_of_his_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            pending = client.buy("co2", 1, price="0.01")
            caught = []
            for _ in range(3):
                with pytest.raises(RejectedError) as found:
                    await pending
                caught.append(found.value)
            with pytest.raises(RejectedError) as found:
                pending.result()
            caught.append(found.value)
            assert len({id(error) for error in caught}) == len(caught)
            assert len({str(error) for error in caught}) == 1
            depth = [len(traceback.extract_tb(error.__traceback__)) for error in caught[:3]]
            assert len(set(depth)) == 1
            assert str(caught[0]).endswith("; did you mean: CO2")
        ended = []
        for _ in range(2):
            with pytest.raises(ClientError) as closed:
                client.cancel(1)
            ended.append(closed.value)
        assert ended[0] is not ended[1]

    bounded(scenario())


def test_a_thousand_orders_in_flight_are_each_answered_with_their_own_reference(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            pendings = [client.buy("CO2", 1, price_minor=4_000 + n) for n in range(1_000)]
            reports = await asyncio.gather(*pendings)
            assert [r.ref for r in reports] == list(range(1, 1_001))
            assert [r.price for r in reports] == [4_000 + n for n in range(1_000)]

    bounded(scenario())


def test_status_gives_balances_and_orders(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            await client.sell("CO2", 30, price_minor=5_100)
            status = await client.status()
            assert [(o.ref, o.leaves) for o in status.orders] == [(1, 30)]
            assert {(h.name, h.total, h.reserved) for h in status.holdings} == {("CO2", 10**6, 30)}

    bounded(scenario())


def test_a_trade_reaches_both_sides_as_events_in_unbroken_numbering(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue(tmp_path) as node,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            await alice.sell("CO2", 10, price_minor=5_000)
            await bob.buy("CO2", 4, price_minor=5_000)
            seen: list[Any] = []
            async for event in alice.events():
                seen.append(event)
                if isinstance(event, wire.OrderFilled):
                    break
            assert [event.seq for event in seen] == list(range(1, len(seen) + 1))
            assert (seen[-1].quantity, seen[-1].leaves, seen[-1].maker) == (4, 6, True)

    bounded(scenario())


def test_market_data_comes_as_a_snapshot_and_then_numbered_increments(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue(tmp_path) as node,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            await alice.sell("CO2", 10, price_minor=5_000)
            bob.subscribe("CO2")
            numbers: list[int] = []
            traded = False
            async for event in bob.events():
                if isinstance(event, wire_market.BookSnapshot):
                    assert event.levels == (wire_market.BookLevel(Side.SELL, 5_000, 10),)
                    numbers.append(event.update)
                    bob.buy("CO2", 4, price_minor=5_000, tif=TimeInForce.IOC)
                elif isinstance(event, wire_market.Trade):
                    numbers.append(event.update)
                    traded = True
                elif isinstance(event, wire_market.BookUpdate):
                    numbers.append(event.update)
                    assert event.levels == (wire_market.BookLevel(Side.SELL, 5_000, 6),)
                    break
            assert traded
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    bounded(scenario())


def test_events_that_nobody_takes_are_dropped_oldest_first_and_the_number_is_told(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node, max_events=5) as client:
            await asyncio.gather(*(client.buy("CO2", 1, price_minor=4_900) for _ in range(20)))
            await until(lambda: client.last_arrived == 20 + FUNDING)
            first = await client.next_event()
            assert first == Missed(20 + FUNDING - 5)
            kept = [(await next_report(client)).seq for _ in range(5)]
            assert kept == list(range(20 + FUNDING - 4, 20 + FUNDING + 1))
            assert client.dropped == 20 + FUNDING - 5

    bounded(scenario())


def test_a_subscriber_that_missed_market_data_gets_a_snapshot_and_a_right_book(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with (
            venue(tmp_path) as node,
            client_of(node) as alice,
            client_of(node, "bob", max_events=6) as bob,
        ):
            view = MarketView(bob.lines)
            bob.subscribe()
            for price in range(4_900, 4_920):  # each in a tick of its own
                await alice.buy("CO2", 1, price_minor=price)
            await until(lambda: bob.dropped > 9)
            line = view.lines["CO2"]
            while not isinstance(event := await bob.next_event(), Missed):
                view.absorb(event)
            view.absorb(event)
            unsure = line.stale
            assert unsure
            await alice.buy("CO2", 1, price_minor=4_899)
            async with asyncio.timeout(5):
                while unsure or 4_899 not in line.bids:
                    view.absorb(await bob.next_event())
                    unsure = line.stale
            assert line.bids == dict(node.sequencer.venue.depth("CO2", Side.BUY))

    bounded(scenario())


def test_a_throttled_message_fails_and_says_how_fast_is_allowed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path, throttle=5) as node, client_of(node) as client:
            answers = await asyncio.gather(
                *(client.buy("CO2", 1, price_minor=4_900) for _ in range(12)),
                return_exceptions=True,
            )
            refused = [a for a in answers if isinstance(a, ThrottledError)]
            assert len(refused) == 7
            assert all(error.per_second == 5 for error in refused)
            assert len(node.sequencer.venue.open_orders("alice")) == 5

    bounded(scenario())


def test_a_client_of_a_venue_without_space_learns_that_and_still_cancels(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            order = await client.buy("CO2", 1, price_minor=4_900)
            journal = node.sequencer.journal
            assert journal is not None
            room = journal.room
            journal.ahead = 3 * room  # of which a third is reserved, and no more can be
            journal.reserve = lambda: False  # type: ignore[method-assign]
            with pytest.raises(StorageError, match="takes orders while the log has space"):
                await client.buy("CO2", 1, price_minor=4_900)
            assert (await client.cancel(order.ref)).ref == order.ref
            assert "no space" in status_of(node).why
            del journal.reserve
            journal.ahead = room
            while (event := await client.next_event()) is not None:
                if isinstance(event, wire.NotTaken) and event.over:
                    break
            await client.buy("CO2", 1, price_minor=4_900)
            assert not status_of(node).why

    bounded(scenario())


# -- sessions that cannot be ---------------------------------------------------------------------


def test_a_wrong_key_is_told_at_once_and_not_tried_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            with pytest.raises(SessionEndedError) as caught:
                await client_of(node, key="wrong").__aenter__()
            assert caught.value.reason is wire.LogoutReason.CREDENTIALS

    bounded(scenario())


def test_a_venue_that_is_not_there_is_an_error_after_a_bounded_number_of_attempts() -> None:
    async def scenario() -> None:
        with pytest.raises(ClientError, match=r"after 3 attempts.*is it running"):
            await client_of(free_port(), attempts=3).__aenter__()

    bounded(scenario())


def test_a_server_that_speaks_something_else_is_an_error_not_a_hang() -> None:
    async def scenario() -> None:
        async def chatter(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(chatter, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(ClientError, match="does not speak the protocol"):
                await client_of(port, attempts=2).__aenter__()

    bounded(scenario())


def test_an_account_that_logs_on_elsewhere_ends_the_first_session(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as first:
            async with client_of(node):
                with pytest.raises(SessionEndedError) as caught:
                    async for _ in first.events():
                        pass
            assert caught.value.reason is wire.LogoutReason.TAKEN_OVER
            with pytest.raises(SessionEndedError):
                first.buy("CO2", 1, price_minor=4_900)

    bounded(scenario())


def test_closing_fails_what_is_unanswered_and_ends_the_events() -> None:
    """The server here answers the logon and then nothing."""

    async def scenario() -> None:
        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            logon = await logon_asked(reader, writer)
            known = signature(logon)
            info = wire.LoggedOn(0, 0, 1, "mute", "", "none", 10_000, (), signature=known)
            writer.write(pack(info))
            await reader.read(1_000)
            await reader.read(1_000)
            writer.close()

        server = await asyncio.start_server(mute, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with client_of(port) as client:
                order, status = client.buy("CO2", 1, price_minor=4_900), client.status()
                await asyncio.sleep(0.05)
                assert not order.done()
            for future in (order, status):
                with pytest.raises(ClientError, match="closed"):
                    await future
            assert [event async for event in client.events()] == []
            with pytest.raises(ClientError, match="closed"):
                client.buy("CO2", 1, price_minor=4_900)

    bounded(scenario())


def test_a_missing_report_makes_the_client_connect_again_and_ask_for_it() -> None:
    """The server here sends reports 1 and 3 first, and everything when it is asked again."""

    async def scenario() -> None:
        asked: list[int] = []

        async def forgetful(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            logon = await logon_asked(reader, writer)
            asked.append(logon.last_seen)
            known = signature(logon)
            info = wire.LoggedOn(3, 0, 1, "forgetful", "", "none", 10_000, (), signature=known)
            writer.write(pack(info))
            for seq in (1, 3) if len(asked) == 1 else range(logon.last_seen + 1, 4):
                writer.write(pack(wire.OrderTriggered(seq, 0, 9)))
            await reader.read(1_000)
            writer.close()

        server = await asyncio.start_server(forgetful, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with client_of(port) as client:
                async with asyncio.timeout(3):  # at once, not when the next heartbeat fails
                    seen = [(await next_report(client)).seq for _ in range(3)]
        assert seen == [1, 2, 3]
        assert asked == [0, 1]

    bounded(scenario())


# -- the blocking facade -------------------------------------------------------------------------


def blocking(port: int, name: str = "alice", **more: Any) -> BlockingClient:
    return BlockingClient("127.0.0.1", port, account=name, key=f"{name}-key", member="M1", **more)


def test_the_blocking_client_waits_for_each_answer(threaded_venue: int) -> None:
    with blocking(threaded_venue) as client:
        assert client.lines[0].symbol == "CO2"
        order = client.buy("CO2", 5, price_minor=4_900)
        assert client.amend(order.ref, quantity=3).leaves == 3
        assert [o.ref for o in client.status().orders] == [order.ref]
        assert client.cancel(order.ref).quantity == 3
        assert client.mass_cancel().count == 0
        with pytest.raises(RejectedError):
            client.sell("CO2", 10**7, price_minor=5_100)
        kinds = [type(client.next_event()).__name__ for _ in range(3 + FUNDING)]
        assert kinds[FUNDING:] == ["OrderAccepted", "OrderAmended", "OrderCancelled"]
    with pytest.raises(ClientError, match="closed"):
        client.status()
    assert not [t for t in threading.enumerate() if t.name == "carbonx-client"]


def test_the_blocking_client_stops_waiting_for_an_event_when_told(threaded_venue: int) -> None:
    with blocking(threaded_venue, "bob") as client:
        for _ in range(FUNDING):
            client.next_event()
        with pytest.raises(TimeoutError):
            client.next_event(timeout=0.05)
        client.buy("CO2", 1, price_minor=4_900)
        assert isinstance(client.next_event(), wire.OrderAccepted)  # and loses none by it


def test_the_blocking_client_that_cannot_log_on_leaves_no_thread(threaded_venue: int) -> None:
    with pytest.raises(SessionEndedError):
        blocking(threaded_venue, "nobody").__enter__()
    assert not [t for t in threading.enumerate() if t.name == "carbonx-client"]


# -- prices as people type them -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "digits", "units"),
    [("42.5", 2, 4_250), ("42", 2, 4_200), ("0.01", 2, 1), ("1e2", 2, 10_000), ("7", 0, 7),
     ("-3.10", 2, -310), ("0.123456", 6, 123_456)],
)  # fmt: skip
def test_typed_prices_become_minor_units_exactly(text: str, digits: int, units: int) -> None:
    assert minor_units(text, digits) == units


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1.005", "nan", "inf", "1e40", "4 2", "1." + "0" * 80 + "1"],
)
def test_a_typed_price_that_is_not_exact_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="price"):
        minor_units(text)
