"""What a client knows without asking is what the venue has, over days and broken connections.

Random days of every rulebook run through clients of a venue in memory. Whenever all is quiet, each
client's orders, balances, books and trades are held against the venue's own.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec import structs

from carbonx.live.commands import MESSAGES, request_of
from carbonx.testing import LocalVenue
from engine.rulebook import presets
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import OrderState, Phase, Side, TimeInForce
from gateway.client import link
from gateway.client.errors import ClientError
from gateway.client.pictures import Pictures
from gateway.protocol import wire
from gateway.protocol.wire_account import AccountStatus, OrderStatus
from gateway.server import views
from gateway.server.limits import Limits
from tests.support.quiet_core import START
from tests.support.random_flow import NAMES, Flow
from tests.support.venues import bounded

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook
    from gateway.client.client import Client

DAYS: Final = 2
EVERY: Final = [presets.load(name) for name in presets.names()]


class ClientFlow(Flow):
    """A random day in which connected clients say what is theirs to say."""

    def __init__(self, local: LocalVenue, rulebook: Rulebook, rng: Random) -> None:
        self.local = local
        self.clients: dict[str, Client] = {}
        self.trades: dict[str, list[tuple[int, int, int]]] = {}  # of the day
        self.bars: dict[str, list[e.DayClosed]] = {}
        self.results: dict[str, list[Any]] = {}
        self.closed: dict[str, bool] = {}
        local.core.running.observers.append(lambda _time, events: self.note(events))
        super().__init__(rulebook, rng)
        self.venue = local.venue

    def say(self, command: c.Command) -> list[e.Event]:
        name = getattr(command, "account", "")
        client = self.clients.get(name)
        if client is None or not client.connected or type(command) not in MESSAGES:
            return self.local.operate(command) if self.clients else self._directly(command)
        kind, fields = request_of(command)  # type: ignore[arg-type]
        pending = client.request(kind, *fields)
        pending.add_done_callback(lambda each: each.cancelled() or each.exception())
        client._link._write()  # so that the next command is drawn from what comes of it
        self.local._tick()
        return []

    def _directly(self, command: c.Command) -> list[e.Event]:
        return self.local.core.running.run(0, command)

    def note(self, events: list[e.Event]) -> None:
        super().note(events)
        for event in events:
            match event:
                case e.Trade() | e.AuctionTrade():
                    told = (event.trade, event.price, event.quantity)
                    self.trades.setdefault(event.symbol, []).append(told)
                case e.PhaseChanged():
                    if self.closed.get(event.symbol, True) and event.phase is not Phase.CLOSED:
                        self.trades[event.symbol], self.results[event.symbol] = [], []
                    self.closed[event.symbol] = event.phase is Phase.CLOSED
                case e.DayClosed():
                    self.bars.setdefault(event.symbol, []).append(event)
                case e.AuctionUncrossed() | e.AuctionCleared():
                    self.results.setdefault(event.symbol, []).append(event)


async def quiet(flow: ClientFlow) -> None:
    """Wait until everybody is connected and has heard everything."""
    boxes = flow.local.core.running.outboxes.boxes
    async with asyncio.timeout(20):
        while not all(  # noqa: ASYNC110 - a test may poll
            client.connected and client.last_arrived == boxes[name].seq
            for name, client in flow.clients.items()
        ):
            await asyncio.sleep(0.001)
    for _ in range(200):  # answers to what the clients ask by themselves, a turn each
        await asyncio.sleep(0)


def compare(flow: ClientFlow, followed: dict[str, set[str]]) -> None:
    for name, client in flow.clients.items():
        there = views.status(flow.venue, name, 0, 0, 10**6)
        assert list(client.orders.values()) == list(there.orders)
        balances = {row.name: row for row in (*there.cash, *there.holdings)}
        assert client.balances == balances
        assert client.balances["nothing"].free == 0
        for symbol in followed[name]:
            book = client.book(symbol)
            assert not book.stale
            assert [*book.bids] == flow.venue.depth(symbol, Side.BUY)
            assert [*book.asks] == flow.venue.depth(symbol, Side.SELL)
            assert (book.phase, book.last) == (
                flow.venue.phase(symbol),
                flow.venue.last_price(symbol),
            )
            assert book.reference == flow.venue.reference(book.info.product)
            assert (book.low_limit, book.high_limit) == flow.venue.limits(symbol)
            known = [(each.trade, each.price, each.quantity) for each in client.trades(symbol)]
            assert known == flow.trades.get(symbol, [])


async def late(flow: ClientFlow, client: Client) -> None:
    """Ask for everything as one who comes late does."""
    for symbol in flow.venue.symbols:
        trades = await client.day_trades(symbol)
        assert [each[-1] for each in trades] == [each[0] for each in flow.trades.get(symbol, [])]
        history = await client.history(symbol)
        bars = flow.bars.get(symbol, [])
        assert [structs.astuple(bar)[4:] for bar in history.bars] == [
            structs.astuple(bar)[1:] for bar in bars
        ]
        assert [structs.astuple(each)[4:] for each in history.results] == [
            structs.astuple(each)[1:] for each in flow.results.get(symbol, [])
        ]
        if history.day is not None and flow.closed[symbol]:
            assert history.day.volume == bars[-1].volume
            assert history.day.trades == bars[-1].trades
            assert (history.day.high, history.day.low) == (bars[-1].high, bars[-1].low)


@pytest.mark.parametrize("rulebook", EVERY, ids=lambda book: book.name)
def test_a_client_knows_what_the_venue_has(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "FIRST_PAUSE", 0.0)
    rng = Random(rulebook.name)

    async def scenario() -> None:
        local = LocalVenue(rulebook, NAMES, phase=None, clock=lambda: START)
        local.core.limit(Limits(page=2))  # so that many a status comes in pages
        async with local:
            flow = ClientFlow(local, rulebook, rng)
            # none takes its events: the last two miss nearly all of them, and know as much
            rooms = zip(NAMES, (10**6, 10, 1), strict=False)
            flow.clients = {name: local.client(name, max_events=room) for name, room in rooms}
            followed: dict[str, set[str]] = {name: set() for name in flow.clients}
            for client in flow.clients.values():
                await client.__aenter__()
            try:
                compared = await trade(flow, followed, rng)
            finally:
                for client in flow.clients.values():
                    await client.close()
            assert compared >= 5

    bounded(scenario())


async def trade(flow: ClientFlow, followed: dict[str, set[str]], rng: Random) -> int:
    compared = 0
    first = flow.clients[NAMES[0]]
    for symbol in flow.venue.symbols:
        assert (await first.follow(symbol)).symbol == symbol
        followed[NAMES[0]].add(symbol)
    for _ in range(DAYS):
        for _ in flow.day(20):
            if rng.random() < 0.03:
                flow.local.cut(rng.choice(NAMES[:3]))
            if rng.random() < 0.2:
                await quiet(flow)
                compare(flow, followed)
                compared += 1
        await quiet(flow)
        compare(flow, followed)
        for symbol in rng.sample(flow.venue.symbols, min(3, len(flow.venue.symbols))):
            await flow.clients[NAMES[1]].follow(symbol)
            followed[NAMES[1]].add(symbol)
        await late(flow, flow.clients[NAMES[2]])
        flow.local.operate(c.SetPhase(Phase.CLOSED))
    return compared


def test_orders_of_an_earlier_run_are_known_while_its_reports_come_again() -> None:
    async def scenario() -> None:
        async with LocalVenue() as local:
            async with local.client("alice") as first:
                kept = (await first.buy("CO2", 5, price="40.00", tif="gtc")).ref
                gone = (await first.buy("CO2", 5, price="41.00")).ref
                await first.cancel(gone)
            async with local.client("alice") as second:  # from report 1 on
                assert list(second.orders) == [kept]
                async for _ in second.events():
                    assert list(second.orders) == [kept]
                    assert second.orders[kept].tif.name == "GTC"
                    if second.last_seen == second.last_arrived:
                        break

    bounded(scenario())


def test_what_is_not_known_is_an_error_that_says_what_to_do() -> None:
    async def scenario() -> None:
        async with LocalVenue() as local:
            local.core.limit(Limits(page=1))
            async with local.client("alice") as client:
                for _ in range(2):
                    await client.buy("CO2", 1, price="40.00")
            async with local.client("alice") as client:
                with pytest.raises(ClientError, match=r"await status\(\) first"):
                    _ = client.orders
                await client.status()
                assert list(client.orders) == [1, 2]
                assert client.balances["CNY"].total > 0
                with pytest.raises(ClientError, match=r"await follow\('CO2'\) first"):
                    client.book("CO2")
                for ask in (client.follow, client.history, client.day_trades):
                    with pytest.raises(ValueError, match=r"no line 'co2': did you mean 'CO2'\?"):
                        await ask("co2")
                waiting = asyncio.create_task(client.follow("CO2"))
                await asyncio.sleep(0)
                client.unsubscribe("CO2")
                with pytest.raises(ClientError, match="unsubscribed"):
                    await waiting
            for ask in (client.follow, client.history, client.day_trades):
                with pytest.raises(ClientError, match="closed"):
                    await ask("CO2")

    bounded(scenario())


def test_a_client_that_closes_ends_who_waits_for_a_book() -> None:
    async def scenario() -> None:
        async with LocalVenue() as local:
            client = await local.client("alice").__aenter__()
            waiting = [
                asyncio.create_task(client.follow("CO2")),
                asyncio.create_task(client.history("CO2")),
            ]
            await asyncio.sleep(0)
            client._link.up = False  # nothing more is sent: the venue never answers
            client._link._out.clear()
            await client.close()
            for task in waiting:
                with pytest.raises(ClientError, match="closed"):
                    await task

    bounded(scenario())


def test_orders_are_not_known_of_a_venue_that_lost_what_they_are_known_from() -> None:
    order = OrderStatus(1, "CO2", Side.BUY, 4_900, 5, 5, OrderState.RESTING, TimeInForce.DAY)
    listed = AccountStatus(5, 1, False, (), (), (order,))
    logons = [
        wire.LoggedOn(seq, 1, wire.VERSION, "textbook", "ab", "none", 10_000, (), status)
        for seq, status in ((5, listed), (7, None), (4, None))
    ]

    def ask(_message: object, _take: object) -> Any:
        raise AssertionError

    pictures = Pictures(ask)
    known = []
    for logon in logons:
        pictures.begin(logon)
        known.append((pictures.account.known, list(pictures.account.orders)))
    assert known == [(True, [1]), (True, [1]), (False, [])]
