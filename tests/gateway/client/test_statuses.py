"""A status of many orders comes in pages and is whole: what there is at one of its reports."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from carbonx.testing import LocalVenue
from engine.venue import views
from gateway.client import link
from gateway.client.account_view import AccountView
from gateway.client.errors import ClientError
from gateway.protocol.answers import REPORTS
from gateway.protocol.wire_account import AccountStatus
from gateway.server.limits import Limits
from tests.support.venues import bounded

if TYPE_CHECKING:
    from engine.book.orders import Participant
    from gateway.client.client import Client
    from gateway.protocol import wire


def small_pages(page: int = 2) -> LocalVenue:
    local = LocalVenue()
    local.core.limit(Limits(page=page))
    return local


def by_reports(reports: list[wire.Report], seq: int) -> AccountView:
    """Return what an account has after a report, by its reports alone."""
    view = AccountView()
    view.adopt(AccountStatus(0, 0, False, (), (), ()))
    for report in reports[:seq]:
        view.absorb(report, None)
    return view


async def heard(client: Client, last: int) -> list[wire.Report]:
    """Return the reports up to a number."""
    found: list[wire.Report] = []
    while len(found) < last:
        event = await client.next_event()
        if type(event) in REPORTS:
            found.append(event)  # type: ignore[arg-type] # as its type says
    return found


@pytest.mark.parametrize("seed", range(12))
def test_a_status_is_what_the_account_has_at_its_report(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "FIRST_PAUSE", 0.0)
    rng = Random(seed)

    async def scenario() -> None:
        async with (
            small_pages(rng.choice((1, 2, 3, 7))) as local,
            local.client("alice") as alice,
            local.client("bob") as bob,
        ):
            asked: list[asyncio.Future[AccountStatus]] = []
            for _ in range(120):
                roll = rng.random()
                if roll < 0.5:
                    alice.buy("CO2", rng.randint(1, 9), price_minor=rng.randint(4_990, 5_000))
                elif roll < 0.6 and alice.orders:
                    alice.cancel(rng.choice(list(alice.orders))).add_done_callback(seen)
                elif roll < 0.75:
                    bob.sell("CO2", rng.randint(1, 12), price_minor=rng.randint(4_994, 5_003))
                elif roll < 0.85:
                    asked.append(alice.status())
                elif roll < 0.88:
                    local.cut("alice")
                else:
                    await asyncio.sleep(0)
            found = [await each for each in asked]
            last = await alice.status()
            assert tuple(alice.orders.values()) == last.orders
            there = {o.ref: o.leaves for o in local.venue.open_orders("alice")}
            assert {order.ref: order.leaves for order in last.orders} == there
            reports = await heard(alice, last.seq)
            assert found
            for status in (*found, last):
                known = by_reports(reports, status.seq).orders.values()
                assert not status.more
                assert [(o.ref, o.price, o.quantity, o.leaves, o.state) for o in status.orders] == [
                    (o.ref, o.price, o.quantity, o.leaves, o.state) for o in known
                ]

    bounded(scenario())


def seen(answer: asyncio.Future[Any]) -> None:
    """Take a refusal that nobody waits for."""
    if not answer.cancelled():
        answer.exception()


def test_orders_that_a_logon_does_not_list_are_known_once_asked_for_and_over_a_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link, "FIRST_PAUSE", 0.0)

    async def scenario() -> None:
        async with small_pages() as local:
            async with local.client("alice") as first:
                for _ in range(7):
                    await first.buy("CO2", 1, price="49.00", tif="gtc")
            async with local.client("alice", last_seen=7) as client:
                with pytest.raises(ClientError, match=r"await status\(\) first"):
                    _ = client.orders
                assert [order.ref for order in (await client.status()).orders] == list(range(1, 8))
                assert [order.tif.name for order in client.orders.values()] == ["GTC"] * 7
                local.cut("alice")
                await client.cancel(3)
                assert client.reconnects == 1
                assert list(client.orders) == [1, 2, 4, 5, 6, 7]

    bounded(scenario())


def test_a_status_that_is_given_up_asks_for_no_more_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages: list[int] = []

    def noted(participant: Participant, after: int, most: int) -> list[views.OrderView]:
        pages.append(after)
        return view_orders(participant, after, most)

    view_orders = views.view_orders
    monkeypatch.setattr("engine.venue.venue.view_orders", noted)

    async def scenario() -> None:
        async with small_pages(page=1) as local, local.client("alice") as alice:
            for _ in range(50):
                await alice.buy("CO2", 1, price="49.00")
            given_up = alice.status()
            await asyncio.sleep(0)
            given_up.cancel()
            await alice.history("CO2")
            assert len(pages) <= 2
            assert len((await alice.status()).orders) == 50
            assert not alice._talk.pictures.statuses._coming

    bounded(scenario())


def test_statuses_that_a_closed_client_waits_for_end() -> None:
    async def scenario() -> None:
        async with small_pages() as local:
            alice = await local.client("alice").__aenter__()
            for _ in range(5):
                await alice.buy("CO2", 1, price="49.00")
            waiting = [alice.status(), alice.status()]
            await asyncio.sleep(0)
            alice._link.up = False  # nothing more is sent
            await alice.close()
            for each in waiting:
                with pytest.raises(ClientError, match="closed"):
                    await each
            with pytest.raises(ClientError, match="closed"):
                alice.status()

    bounded(scenario())
