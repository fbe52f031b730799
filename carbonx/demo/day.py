"""The demonstration: a venue, simulated brokers over real sockets, one real day, one proof."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from backtest.agents.market_picture import MarketPicture
from backtest.agents.quoting import MarketMaker, Noise
from backtest.agents.taking import Compliance, Momentum
from carbonx.demo.shenzhen_day import BARS, Calibrated
from carbonx.live.public_feed import PublicFeed, pictures
from carbonx.live.trading import LivePort
from engine.log.sequencer import replay
from engine.rulebook import presets
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase, Side, TimeInForce
from gateway.client.client import Client
from gateway.client.market_view import MarketView, continuous
from gateway.server.accounts import Credentials, Directory
from gateway.server.node import Node, Options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backtest.agents.agent import Agent
    from backtest.agents.guides import Guide
    from backtest.agents.port import Port
    from engine.vocabulary.events import Event

CASH: Final = 10**12  # fen that each broker starts with
TONNES: Final = 10**7  # of each vintage
BUYER, SELLER, OBSERVER = "pegger-1", "pegger-2", "observer"
BROKERS: Final = (
    "maker-1", "maker-2", "emitter-1", "emitter-2", "emitter-3", "holder-1", "holder-2",
    "holder-3", "fund-1", "fund-2", "momentum-1",
)  # fmt: skip
LOOKS: Final = 60  # of each broker at the market, in the day
STEP: Final = 0.02  # seconds between looks at the day's progress
WAIT: Final = 2_000_000  # ns after which a broker asks again whether a print is made


@dataclass
class Result:
    """What a demonstration came to."""

    view: MarketView
    folder: Path
    live_state: str
    replayed_state: str
    records: int
    seconds: float
    messages: int
    books: dict[str, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = field(
        default_factory=dict
    )

    @property
    def proven(self) -> bool:
        """Whether the log, replayed, gives the state that the venue had."""
        return self.live_state == self.replayed_state


def brokers(seed: int, market: MarketPicture, guide: Guide, pause: int) -> list[Agent]:
    """Return the day's brokers, who look at one market about every ``pause`` ns."""
    made: list[Agent] = []
    for name in BROKERS:
        kind = name.partition("-")[0]
        if kind == "maker":
            made.append(MarketMaker(name, seed, market, guide, pause))
        elif kind == "fund":
            made.append(Noise(name, seed, market, guide, pause))
        elif kind == "momentum":
            made.append(Momentum(name, seed, market, guide, pause))
        else:
            side = Side.BUY if kind == "emitter" else Side.SELL
            made.append(Compliance(name, seed, market, guide, pause, side=side))
    return made


async def run(
    folder: Path, seed: int, seconds: float, progress: Callable[[float, MarketView], None]
) -> Result:
    """Trade the day in ``seconds``; call ``progress`` with its share and the market as it goes."""
    names = [*BROKERS, BUYER, SELLER, OBSERVER]
    tonnes = dict.fromkeys(BARS, TONNES)
    directory = Directory(
        tuple(Credentials(name, f"key of {name}", cash=CASH, allowances=tonnes) for name in names)
    )
    node = Node.open(folder, presets.load("shenzhen-2022"), directory, Options())
    await node.start()
    try:
        host, port = node.address
        clients = {n: Client(host, port, account=n, key=f"key of {n}") for n in names}
        for client in clients.values():
            await client.__aenter__()
        day = _Day(node, clients, Calibrated(seed), seconds, progress)
        sent = await day.trade(seed)
        for client in clients.values():
            await client.close()
        live_state = node.sequencer.venue.state_hash()
        records = node.sequencer.seq
    finally:
        await node.stop()
    replayed = replay(folder)
    replayed.venue.check()
    return Result(day.view, folder, live_state, replayed.venue.state_hash(), records, seconds,
                  sent, day.books)  # fmt: skip


class _Patient:
    """A broker that waits while a print of the day's bar is made."""

    def __init__(self, day: _Day, broker: Agent) -> None:
        self.day = day
        self.broker = broker
        self.name = broker.name

    def on_event(self, port: Port, event: Event) -> None:
        self.broker.on_event(port, event)

    def on_wake(self, port: Port) -> None:
        if self.day.printing:
            port.wake_at(port.now() + WAIT)
        else:
            self.broker.on_wake(port)


class _Day:
    """The day as it goes: phases, the brokers, the prints that make the bar."""

    def __init__(
        self, node: Node, clients: dict[str, Client], guide: Calibrated, seconds: float,
        progress: Callable[[float, MarketView], None],
    ) -> None:  # fmt: skip
        self.node = node
        self.clients = clients
        self.guide = guide
        self.seconds = seconds
        self.progress = progress
        lines = clients[OBSERVER].lines
        self.view = MarketView(continuous(lines))  # what people see
        self.market = MarketPicture(pictures(lines))  # what the brokers see, all of them the same
        self.over = asyncio.Event()
        self.books: dict[str, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
        self.printing = False
        self.printed = 0  # orders of the prints that make the bar

    async def trade(self, seed: int) -> int:
        """Trade the day; return how many messages the participants sent."""
        listener = asyncio.create_task(self._listen())
        self.clients[OBSERVER].subscribe()
        self.node.operate(SetPhase(Phase.PRE_OPEN, reason="morning"))
        await asyncio.sleep(STEP)
        self.node.operate(SetPhase(Phase.CONTINUOUS, reason="the open"))
        pause = round(self.seconds * 1e9 / LOOKS)
        ports = [
            LivePort(self.clients[broker.name], _Patient(self, broker))
            for broker in brokers(seed, self.market, self.guide, pause)
        ]
        trading = [asyncio.create_task(port.trade(self.over)) for port in ports]
        await self._clock()
        await asyncio.gather(*trading)
        self.node.operate(SetPhase(Phase.CLOSED, reason="the close"))
        await asyncio.sleep(10 * STEP)
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
        return sum(port.sent for port in ports) + self.printed

    async def _listen(self) -> None:
        client = self.clients[OBSERVER]
        feed = PublicFeed(client.lines)
        async for message in client.events():
            self.view.absorb(message)
            for event in feed.events(message):
                self.market.absorb(event)

    async def _clock(self) -> None:
        """Move the day on; print the open, the extremes and the close when they are due."""
        due = sorted((at, name, price) for name in BARS for at, price in self.guide.prints(name))
        last = due[-1][0]
        started = time.monotonic()
        while self.guide.progress < 1:
            self.guide.progress = min(1.0, (time.monotonic() - started) / self.seconds)
            if self.guide.progress > last - STEP and not self.over.is_set():
                self.over.set()  # the brokers go home; the last prints make the close
                await asyncio.sleep(3 * STEP)
            while due and due[0][0] <= self.guide.progress:
                _, name, price = due.pop(0)
                await self._print(name, price)
            self._remember_books()
            self.progress(self.guide.progress, self.view)
            await asyncio.sleep(STEP)

    def _remember_books(self) -> None:
        """Keep each line's fullest book of the day for the picture."""
        for name, line in self.view.lines.items():
            bids, asks = self.books.get(name, ([], []))
            if min(len(line.bids), len(line.asks)) > min(len(bids), len(asks)):
                self.books[name] = (line.depth(Side.BUY, 30), line.depth(Side.SELL, 30))

    async def _print(self, name: str, price: int) -> None:
        """Trade one tonne at a price while the others have no order in the line."""
        self.printing = True
        cancels = [client.mass_cancel(name) for client in self.clients.values()]
        await asyncio.gather(*cancels)
        await self.clients[SELLER].sell(name, 1, price_minor=price)
        await self.clients[BUYER].buy(name, 1, price_minor=price, tif=TimeInForce.IOC)
        self.printed += 2
        self.printing = False
