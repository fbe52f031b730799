"""The demonstration: a venue, simulated brokers over real sockets, one real day, one proof."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from backtest.agents.brokers import (
    Broker,
    ClientPort,
    Compliance,
    MarketMaker,
    Momentum,
    Noise,
    act,
)
from carbonx.demo.shenzhen_day import BARS, Calibrated
from engine.log.sequencer import replay
from engine.rulebook import presets
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import OrderType, Phase, Side, TimeInForce
from gateway.client.client import Client
from gateway.client.market_view import Tape, continuous
from gateway.protocol import wire
from gateway.server.accounts import Credentials, Directory
from gateway.server.node import Node, Options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASH: Final = 10**12  # fen that each broker starts with
TONNES: Final = 10**7  # of each vintage
PRINTERS: Final = ("pegger-1", "pegger-2")
TAPE: Final = "tape"
STEP: Final = 0.02  # seconds between looks at the day's progress


@dataclass
class Result:
    """What a demonstration came to."""

    tape: Tape
    brokers: list[Broker]
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


def cast(seed: int) -> list[Broker]:
    """Return the brokers of the day."""
    return [
        *(MarketMaker(f"maker-{n}", seed) for n in (1, 2)),
        *(Compliance(f"emitter-{n}", seed, Side.BUY) for n in (1, 2, 3)),
        *(Compliance(f"holder-{n}", seed, Side.SELL) for n in (1, 2, 3)),
        *(Noise(f"fund-{n}", seed) for n in (1, 2)),
        Momentum("momentum-1", seed),
    ]


async def run(
    folder: Path, seed: int, seconds: float, progress: Callable[[float, Tape], None]
) -> Result:
    """Trade the day in ``seconds``; call ``progress`` with its share and the tape as it goes."""
    brokers = cast(seed)
    names = [*(broker.name for broker in brokers), *PRINTERS, TAPE]
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
        info = clients[TAPE].info
        assert info is not None
        day = _Day(node, clients, Tape(continuous(info.lines)), Calibrated(seed), seconds, progress)
        sent = await day.trade(brokers)
        for client in clients.values():
            await client.close()
        live_state = node.sequencer.venue.state_hash()
        records = node.sequencer.seq
    finally:
        await node.stop()
    replayed = replay(folder)
    replayed.venue.check()
    return Result(day.tape, brokers, folder, live_state, replayed.venue.state_hash(), records,
                  seconds, sent, day.books)  # fmt: skip


class _Day:
    """The day as it goes: phases, the brokers, the prints that make the bar."""

    def __init__(
        self, node: Node, clients: dict[str, Client], tape: Tape, guide: Calibrated,
        seconds: float, progress: Callable[[float, Tape], None],
    ) -> None:  # fmt: skip
        self.node = node
        self.clients = clients
        self.tape = tape
        self.guide = guide
        self.seconds = seconds
        self.progress = progress
        self.over = asyncio.Event()
        self.books: dict[str, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
        self.printers = [ClientPort(clients[name]) for name in PRINTERS]

    async def trade(self, brokers: list[Broker]) -> int:
        listener = asyncio.create_task(self._listen())
        self.clients[TAPE].subscribe()
        self.node.operate(SetPhase(Phase.PRE_OPEN, reason="morning"))
        await asyncio.sleep(STEP)
        self.node.operate(SetPhase(Phase.CONTINUOUS, reason="the open"))
        pause = self.seconds / 60
        acting = [
            asyncio.create_task(
                act(broker, self.clients[broker.name], self.tape, self.guide, pause, self.over)
            )
            for broker in brokers
        ]
        await self._clock()
        ports = await asyncio.gather(*acting)
        self.node.operate(SetPhase(Phase.CLOSED, reason="the close"))
        await asyncio.sleep(10 * STEP)
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        return sum(port.sent for port in (*ports, *self.printers))

    async def _listen(self) -> None:
        async for event in self.clients[TAPE].events():
            self.tape.absorb(event)

    async def _clock(self) -> None:
        """Move the day on; print the open, the extremes and the close when they are due."""
        due = sorted((at, name, price) for name in BARS for at, price in self.guide.prints(name))
        started = time.monotonic()
        while self.guide.progress < 1:
            self.guide.progress = min(1.0, (time.monotonic() - started) / self.seconds)
            if self.guide.progress > due[-1][0] - STEP and not self.over.is_set():
                self.over.set()  # the brokers go home; the last prints make the close
                await asyncio.sleep(3 * STEP)
            while due and due[0][0] <= self.guide.progress:
                _, name, price = due.pop(0)
                await self._print(name, price)
            self._remember_books()
            self.progress(self.guide.progress, self.tape)
            if not due:
                due = [(2.0, "", 0)]
            await asyncio.sleep(STEP)

    def _remember_books(self) -> None:
        """Keep each product's fullest book of the day for the picture."""
        for name, line in self.tape.lines.items():
            bids, asks = self.books.get(name, ([], []))
            if min(len(line.bids), len(line.asks)) > min(len(bids), len(asks)):
                self.books[name] = (line.depth(Side.BUY, 30), line.depth(Side.SELL, 30))

    async def _print(self, name: str, price: int) -> None:
        """Trade one tonne at a price from which the others step back for a moment."""
        for client in self.clients.values():
            client.mass_cancel(name).add_done_callback(_seen)
        await asyncio.sleep(STEP / 4)
        buyer, seller = self.printers
        seller.submit(wire.NewOrder, name, Side.SELL, 1, price)
        await asyncio.sleep(STEP / 4)
        buyer.submit(wire.NewOrder, name, Side.BUY, 1, price, OrderType.LIMIT, TimeInForce.IOC)


def _seen(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
