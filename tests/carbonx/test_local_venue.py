"""The venue in process: clients over the transport in memory meet what they would over TCP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from carbonx import RejectedError
from carbonx.testing import LocalVenue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Phase, RejectReason, Side
from gateway.protocol import wire
from gateway.server.failure import VenueStoppedError

if TYPE_CHECKING:
    from collections.abc import Coroutine


def run(main: Coroutine[Any, Any, None]) -> None:
    async def within() -> None:
        async with asyncio.timeout(20):
            await main

    asyncio.run(within(), debug=True)


def test_two_clients_trade_and_hear_of_it() -> None:
    async def main() -> None:
        async with (
            LocalVenue() as venue,
            venue.client("alice") as alice,
            venue.client("bob") as bob,
        ):
            bob.subscribe("CO2")
            await alice.sell("CO2", 100, price_minor=5_000)
            accepted = await bob.buy("CO2", 40, price_minor=5_000)
            assert accepted.ref == 1
            seen: list[Any] = []
            while not any(isinstance(event, wire.OrderFilled) for event in seen):
                seen.append(await bob.next_event())
            assert venue.venue.depth("CO2", Side.SELL) == [(5_000, 60)]
            status = await alice.status()
            assert status.orders[0].leaves == 60
            venue.venue.check()

    run(main())


def test_a_refusal_and_an_operators_halt_reach_the_client() -> None:
    async def main() -> None:
        async with LocalVenue() as venue, venue.client("alice") as alice:
            venue.operate(c.SetPhase(Phase.HALTED, "CO2", "drill"))
            with pytest.raises(RejectedError) as refused:
                await alice.buy("CO2", 1, price_minor=5_000)
            assert refused.value.report.reason is RejectReason.PHASE

    run(main())


def test_a_client_that_is_cut_comes_back_without_gap_or_duplicate() -> None:
    async def main() -> None:
        async with LocalVenue() as venue, venue.client("alice") as alice:
            futures, cuts = [], 0
            for number in range(30):
                futures.append(alice.buy("CO2", 1, price_minor=4_000 + number))
                if number % 10 == 5:
                    await asyncio.sleep(0)
                    cuts += venue.cut()
            accepted = await asyncio.gather(*futures)
            assert [each.ref for each in accepted] == list(range(1, 31))
            assert alice.reconnects >= cuts >= 1
            assert len(venue.venue.open_orders("alice")) == 30

    run(main())


def test_cancel_on_disconnect_acts_when_the_client_is_cut() -> None:
    async def main() -> None:
        async with LocalVenue() as venue:
            client = venue.client("alice", cancel_on_disconnect=True, attempts=1)
            async with client:
                await client.buy("CO2", 5, price_minor=4_000)
                assert venue.cut("bob") == 0
                assert venue.cut("alice") == 1
                venue.operate(c.SetReference("CO2", 5_000))  # a tick
                assert venue.venue.open_orders("alice") == []

    run(main())


def test_the_venues_end_reaches_its_clients() -> None:
    async def main() -> None:
        async with LocalVenue(phase=None) as venue:
            client = venue.client("bob", attempts=1)
            await client.__aenter__()
            assert venue.venue.phase("CO2") is Phase.CLOSED
        await client.close()

    run(main())


def test_a_venue_that_fails_says_so_and_cuts_its_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        venue = LocalVenue()
        async with venue:
            client = venue.client("alice", attempts=1)
            await client.__aenter__()

            def broken(*_args: object) -> None:
                raise ZeroDivisionError

            monkeypatch.setattr(venue.core.sessions.subscriptions, "publish", broken)
            with pytest.raises(VenueStoppedError, match="ZeroDivisionError"):
                venue.operate(c.SetPhase(Phase.HALTED))
            with pytest.raises(VenueStoppedError, match="ran nothing"):
                venue.operate(c.SetPhase(Phase.HALTED))
            assert venue.cut() == 0
            await client.close()

    run(main())
