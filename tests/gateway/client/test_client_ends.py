"""Nobody waits for ever: every call ends, with the right answer or an error that is true."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from carbonx.testing import LocalVenue
from engine.vocabulary.enums import Side
from gateway.client.client import Client
from gateway.client.errors import (
    ClientError,
    Missed,
    NotTakenError,
    RejectedError,
    SessionEndedError,
)
from gateway.client.unanswered import NEVER_SENT, UNKNOWN
from gateway.protocol import wire, wire_account
from tests.support.scripted import accepted, logged_on, scripted
from tests.support.venues import FUNDING, bounded, client_of, next_report, until, venue

if TYPE_CHECKING:
    from pathlib import Path


# -- futures -----------------------------------------------------------------------------------


def test_a_throttled_message_whose_notice_a_break_swallowed_is_known_not_to_be_taken() -> None:
    async def scenario() -> None:
        later = [logged_on(1, 2), accepted(1, 2)]
        async with scripted([logged_on(0, 0)], later) as (port, heard):
            async with client_of(port) as client:
                first, second = (client.buy("CO2", 1, price_minor=4_900) for _ in range(2))
                with pytest.raises(NotTakenError, match="message 1 was not taken") as caught:
                    await first
                assert caught.value.ref == 1
                assert (await second).ref == 2
            orders = [m.ref for m in heard if isinstance(m, wire.NewOrder)]
            assert orders == [1, 2]  # each sent once

    bounded(scenario())


def test_an_answer_to_another_programs_message_is_not_given_as_ones_own() -> None:
    async def scenario() -> None:
        later = [logged_on(1, 1), accepted(1, 1, quantity=77)]
        async with scripted([logged_on(0, 0)], later) as (port, _), client_of(port) as client:
            with pytest.raises(SessionEndedError, match="another program") as caught:
                await client.buy("CO2", 1, price_minor=4_900)
            assert caught.value.known == UNKNOWN
            assert caught.value.reason is wire.LogoutReason.TAKEN_OVER

    bounded(scenario())


def test_a_client_that_was_away_does_not_take_the_account_back() -> None:
    async def scenario() -> None:
        async with LocalVenue() as local, local.client("alice") as first:
            await first.buy("CO2", 1, price_minor=4_900)
            local.cut("alice")
            lost = first.buy("CO2", 2, price_minor=4_900)
            async with local.client("alice") as second:
                report = await second.buy("CO2", 3, price_minor=4_900)
                with pytest.raises(SessionEndedError) as caught:
                    await lost
                assert caught.value.reason is wire.LogoutReason.TAKEN_OVER
                assert caught.value.known == UNKNOWN
                assert (await second.buy("CO2", 4, price_minor=4_900)).ref == report.ref + 1
            orders = local.venue.open_orders("alice")
            assert [order.quantity for order in orders] == [1, 3, 4]

    bounded(scenario())


def test_a_close_that_is_cut_short_ends_everything() -> None:
    async def scenario() -> None:
        async with scripted([logged_on(0, 0)], mute=True) as (port, _):
            client = await client_of(port).__aenter__()
            order, status = client.buy("CO2", 1, price_minor=4_900), client.status()
            event = asyncio.create_task(client.next_event())
            await asyncio.sleep(0.02)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.close(), 0.01)
            for future in (order, status):
                with pytest.raises(ClientError, match="closed"):
                    await future
            assert await event is None
            await client.close()  # waits for what is left of it, and is harmless
            mine = [t.get_name() for t in asyncio.all_tasks() if "carbonx" in t.get_name()]
            assert mine == []

    bounded(scenario())


def test_a_close_that_was_given_no_time_closes_all_the_same() -> None:
    async def scenario() -> None:
        async with LocalVenue() as local:
            client = await local.client("alice").__aenter__()
            order = client.buy("CO2", 1, price_minor=4_900)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.close(), 0)
            assert (await order).ref == 1
            async with asyncio.timeout(5):
                async for _ in client.events():
                    pass

    bounded(scenario())


def test_two_that_close_at_once_both_return_when_it_is_closed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            client = await client_of(node).__aenter__()
            order = client.buy("CO2", 1, price_minor=4_900)
            await asyncio.gather(client.close(), client.close())
            assert (await order).ref == 1  # it was sent before the logout, and answered
            assert not client.connected

    bounded(scenario())


def test_an_error_says_whether_the_message_was_sent() -> None:
    async def scenario() -> None:
        async with scripted([logged_on(0, 0)]) as (port, _):
            client = await client_of(port).__aenter__()
            sent = client.buy("CO2", 1, price_minor=4_900)
            await asyncio.sleep(0.02)
        await until(lambda: not client.connected)
        waiting = client.buy("CO2", 1, price_minor=4_900)
        await client.close()
        for future, known in ((sent, UNKNOWN), (waiting, NEVER_SENT)):
            with pytest.raises(ClientError, match="closed") as caught:
                await future
            assert caught.value.known == known
            assert str(caught.value).endswith(known)

    bounded(scenario())


def test_giving_up_does_no_harm_and_sends_nothing_twice(tmp_path: Path) -> None:
    async def scenario() -> None:
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, why: complaints.append(why))
        async with venue(tmp_path) as node, client_of(node) as client:
            for _ in range(20):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.buy("CO2", 1, price_minor=4_900), 0)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.status(), 0)
            for link in list(node.sockets.values()):
                assert link.transport is not None
                link.transport.abort()
            await until(lambda: client.reconnects == 1)
            assert len((await client.status()).orders) <= 20
            refs = [o.ref for o in node.sequencer.venue.open_orders("alice")]
            assert len(refs) == len(set(refs))
        assert complaints == []

    bounded(scenario())


def test_what_was_given_up_before_it_was_sent_is_not_sent_later() -> None:
    async def scenario() -> None:
        async with LocalVenue() as local, local.client("alice") as client:
            local.cut("alice")
            await until(lambda: not client.connected)
            given_up = client.buy("CO2", 1, price_minor=4_900)
            kept = client.buy("CO2", 2, price_minor=4_900)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(given_up, 0)
            await kept
            assert [o.quantity for o in local.venue.open_orders("alice")] == [2]

    bounded(scenario())


def test_everybody_who_asks_gets_an_exception_of_his_own() -> None:
    async def scenario() -> None:
        async with LocalVenue() as local:
            async with local.client("alice") as client:
                refused = client.buy("CO2", 10**9, price_minor=4_900)

                async def wait() -> RejectedError:
                    with pytest.raises(RejectedError) as caught:
                        await refused
                    return caught.value

                errors = await asyncio.gather(wait(), wait(), wait())
                assert len({id(error) for error in errors}) == 3
                assert len({error.report for error in errors}) == 1
                assert refused.exception() is not refused.exception()
            ends: list[ClientError] = []
            for _ in range(2):
                with pytest.raises(ClientError) as closed:
                    client.buy("CO2", 1, price_minor=4_900)
                ends.append(closed.value)
            assert ends[0] is not ends[1]

    bounded(scenario())


def test_nothing_can_be_asked_before_it_is_open_nor_from_elsewhere(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            client = client_of(node)
            client.subscribe()  # is said when it is open
            for ask in (lambda: client.buy("CO2", 1, price_minor=1), client.status):
                with pytest.raises(ClientError, match="not open"):
                    ask()
            with pytest.raises(ClientError, match="not open"):
                await client.next_event()
            async with client:
                with pytest.raises(ClientError, match="event loop"):
                    await asyncio.to_thread(client.mass_cancel)
                with pytest.raises(ClientError, match="opened once"):
                    await client.__aenter__()
            for call in (client.mass_cancel, client.status, client.subscribe):
                with pytest.raises(ClientError, match="closed"):
                    call()

    bounded(scenario())


def test_a_message_that_the_venue_could_not_read_is_never_sent(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node, cancel_on_disconnect=True) as client:
            await client.buy("CO2", 1, price_minor=4_900)
            for fields in (
                ("CO2", Side.BUY, 2**63),
                ("\ud800", Side.BUY, 1),
                ("CO2", 7, 1),
                ("C" * 20_000, Side.BUY, 1),
                ("CO2", Side.BUY, 1.5),
            ):
                with pytest.raises(ValueError, match=r"NewOrder|surrogate"):
                    client.request(wire.NewOrder, *fields)
            assert (await client.buy("CO2", 1, price_minor=4_900)).ref == 2
            assert client.reconnects == 0

    bounded(scenario())


def test_a_client_that_fails_on_what_it_hears_says_so() -> None:
    class Failing(Client):
        def _told(self, event: Any) -> None:
            raise ZeroDivisionError(event.ref)

    async def scenario() -> None:
        async with (
            scripted([logged_on(0, 0)], [logged_on(1, 1), accepted(1, 1)]) as (port, _),
            Failing("127.0.0.1", port, account="a", key="a-key", attempts=9**9) as client,
        ):
            status = client.status()
            with pytest.raises(ClientError, match="failed on what the venue sent: ZeroDiv"):
                await status

    bounded(scenario())


def test_a_program_that_cancels_every_task_leaves_no_future_behind() -> None:
    async def scenario() -> None:
        async with scripted([logged_on(0, 0)]) as (port, _):
            client = await client_of(port).__aenter__()
            order = client.buy("CO2", 1, price_minor=4_900)
            for task in asyncio.all_tasks():
                if task.get_name() == "carbonx-client alice":
                    task.cancel()
            with pytest.raises(ClientError, match="was cancelled"):
                await order
            await client.close()

    bounded(scenario())


# -- events ------------------------------------------------------------------------------------


def test_last_seen_counts_what_was_taken_and_the_next_run_goes_on_there(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            taken: list[int] = []
            while len(taken) < 40 + FUNDING:
                last = taken[-1] if taken else 0
                async with client_of(node, last_seen=last) as client:
                    assert client.last_seen == last  # though everything has arrived
                    if not taken:
                        await asyncio.gather(
                            *(client.buy("CO2", 1, price_minor=4_900) for _ in range(40))
                        )
                        assert client.last_arrived == 40 + FUNDING
                    taken += [(await next_report(client)).seq for _ in range(7)]
                    assert client.last_seen == taken[-1]
            assert taken == list(range(1, 40 + FUNDING + 1))

    bounded(scenario())


def test_market_data_is_dropped_before_reports_and_both_are_mended(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue(tmp_path) as node,
            client_of(node, max_events=8) as alice,
            client_of(node, "bob") as bob,
        ):
            alice.subscribe()
            for price in range(4_000, 4_030):  # each in a tick of its own
                await bob.buy("CO2", 1, price_minor=price)
            await until(lambda: alice.dropped > 15)
            first = [await alice.next_event() for _ in range(1 + FUNDING)]
            assert isinstance(first[0], Missed)
            assert [event.seq for event in first[1:] if isinstance(event, wire.Report)] == [1, 2]
            await asyncio.gather(*(alice.buy("CO2", 1, price_minor=4_100) for _ in range(20)))
            seen: list[Any] = [await alice.next_event()]
            assert isinstance(seen[0], Missed)
            while not isinstance(seen[-1], wire_account.AccountStatus):
                seen.append(await alice.next_event())
            assert len(seen[-1].orders) == 20
            assert seen[-1].seq == alice.last_arrived

    bounded(scenario())
