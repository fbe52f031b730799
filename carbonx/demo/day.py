"""The demonstration: a venue, simulated brokers over real sockets, one real day, one proof.

The brokers act in turns and on the day's own clock (``carbonx.live.lock_step``). So a seed gives
the same trades and the same log on every machine, however long the day is to take.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from msgspec import structs

from backtest.agents.market import Trader
from backtest.agents.market_picture import MarketPicture
from backtest.agents.quoting import MarketMaker, Noise
from backtest.agents.taking import Compliance, Momentum
from carbonx.demo.occasions import PARTIES, Act, Agenda, Occasion, Party, with_cycle
from carbonx.demo.shenzhen_day import BARS, DATE, Calibrated
from carbonx.live.channel import Channel
from carbonx.live.lock_step import LockStep, SteppedPort
from carbonx.live.public_feed import pictures
from engine.log.sequencer import replay
from engine.rulebook import presets
from engine.rulebook.calendar import steps
from engine.vocabulary.commands import BeginDay, MassCancel, NewOrder
from engine.vocabulary.enums import OrderType, Phase, Side, TimeInForce
from gateway.client.client import Client
from gateway.client.market_view import MarketView, continuous
from gateway.server.accounts import Credentials, Directory
from gateway.server.node import Node, Options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from backtest.agents.agent import Agent
    from backtest.agents.guides import Guide
    from backtest.agents.market import Market
    from engine.rulebook.calendar import Step
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

CASH: Final = 10**12  # fen that each broker starts with
TONNES: Final = 10**7  # of each vintage
BUYER, SELLER, OBSERVER = "pegger-1", "pegger-2", "observer"
BROKERS: Final = (
    "maker-1", "maker-2", "emitter-1", "emitter-2", "emitter-3", "holder-1", "holder-2",
    "holder-3", "fund-1", "fund-2", "momentum-1",
)  # fmt: skip
LOOKS: Final = 60  # of each broker at the market, in the day
SCREEN: Final = 0.05  # seconds between looks of people at the day's progress
HEARTBEAT_MS: Final = 600_000  # the day's clock makes great steps


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
    occasions: list[Occasion]
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


def rules() -> Rulebook:
    """Return the rules of the day: a Saturday on which the market traded."""
    shenzhen = presets.load("shenzhen-2022")
    calendar = structs.replace(shenzhen.calendar, extra_days=(DATE,))
    return with_cycle(structs.replace(shenzhen, calendar=calendar))


class Plan(NamedTuple):
    """How to trade the day. Trades and log depend on ``seed`` and ``looks`` alone."""

    seed: int
    seconds: float  # that it takes at least
    looks: int = LOOKS  # of each broker at the market, about
    durability: str = "sync"


Shows: TypeAlias = "Callable[[Node], AbstractAsyncContextManager[None]]"  # a page, while it is open
NAMES: Final = (*BROKERS, BUYER, SELLER, OBSERVER, *PARTIES)


def accounts() -> Directory:
    """Return the day's accounts: all of them begin with as much."""
    tonnes = dict.fromkeys(BARS, TONNES)
    return Directory(
        tuple(Credentials(name, f"key of {name}", cash=CASH, allowances=tonnes) for name in NAMES)
    )


@asynccontextmanager
async def unseen(_node: Node) -> AsyncIterator[None]:
    """Show the day on no page."""
    yield


async def run(
    folder: Path,
    plan: Plan,
    progress: Callable[[float, MarketView], None],
    page: Shows = unseen,
) -> Result:
    """Trade the day; call ``progress`` with its share and the market as it goes.

    ``page`` shows the venue while the day goes; it comes after the brokers, whose numbers in the
    log are the same with it and without.
    """
    directory = accounts()
    day = _Day(plan, progress)
    node = Node.open(folder, day.rules, directory, Options(durability=plan.durability), day.time)
    await node.start()
    try:
        host, port = node.address
        async with AsyncExitStack() as stack:
            clients = {
                name: await stack.enter_async_context(
                    Client(
                        host, port, account=name, key=f"key of {name}", heartbeat_ms=HEARTBEAT_MS
                    )
                )
                for name in NAMES
            }
            await stack.enter_async_context(page(node))
            view = await day.trade(node, clients)
        live_state = node.sequencer.venue.state_hash()
        records = node.sequencer.seq
    finally:
        await node.stop()
    replayed = replay(folder)
    replayed.venue.check()
    replayed_state = replayed.venue.state_hash()
    replayed.venue.close()
    return Result(
        view,
        folder,
        live_state,
        replayed_state,
        records,
        plan.seconds,
        day.sent,
        day.agenda.occasions,
        day.books,
    )


class _Bystander(Trader):
    """Takes part without acting by itself; what it is told goes into a picture of the market."""

    def __init__(self, name: str, market: MarketPicture | None = None) -> None:
        self.name = name
        self._market = market

    def on_event(self, _port: Market, event: Event) -> None:
        if self._market is not None:
            self._market.absorb(event)


def _sessions(day: list[Step]) -> Iterator[tuple[int, int]]:
    """Yield begin and end (ns UTC) of each time in which the vintages trade."""
    begin = 0
    for step in day:
        if step.command.symbol != next(iter(BARS)):
            continue
        if step.command.phase is Phase.CONTINUOUS:
            begin = step.time
        elif begin:
            yield begin, step.time
            begin = 0


class _Day:
    """The day as it goes: the timetable's phases, the brokers, the prints that make the bar."""

    def __init__(self, plan: Plan, progress: Callable[[float, MarketView], None]) -> None:
        self.rules = rules()
        self.books: dict[str, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
        self.sent = 0  # messages of the participants
        self._steps = steps(self.rules, DATE)
        self._sessions = list(_sessions(self._steps))
        self._length = sum(end - begin for begin, end in self._sessions)  # ns of trading
        self._plan = plan
        self._pause = self._length // plan.looks  # ns between a broker's looks
        self._guide = Calibrated(plan.seed)
        self._progress = progress
        self._turns = LockStep(self._steps[0].time, self._moved)
        self.agenda = Agenda(plan.seed, self._sessions[-1][0], self._turns, self._operate)
        self._brokers: list[Agent] = []
        self._started = self._shown = 0.0  # monotonic seconds
        self._node: Node | None = None
        self._view = MarketView(())  # what people see

    def time(self) -> int:
        """Return the day's time, ns UTC."""
        return self._turns.now

    async def trade(self, node: Node, clients: dict[str, Client]) -> MarketView:
        """Trade the day; return what could be seen of it."""
        self._node = node
        await self._everybody_joins(clients)
        node.operate(BeginDay(DATE))
        self._started = time.monotonic()
        ports = {port.account: port for port in self._turns.ports}
        prints = sorted(
            (at, name, price) for name in BARS for at, price in self._guide.prints(name)
        )
        due: list[Act] = [
            (self._at(at), partial(self._print, ports, name, price)) for at, name, price in prints
        ]
        closing = due[-1][0] - self._pause
        due = sorted([*due, *self.agenda.acts()], key=itemgetter(0))
        for begin, end in self._sessions:
            if begin > self.time():
                await self._turns.rest_until(begin)
            await self._keep_timetable()
            while due and due[0][0] <= end:
                at, act = due.pop(0)
                await self._brokers_until(at, closing)
                await act()
            await self._brokers_until(end, closing)
            await self._keep_timetable()
        self.agenda.surrender()
        await self._turns.settle()
        self.sent = sum(port.channel.sent for port in self._turns.ports)
        self._progress(1.0, self._view)
        return self._view

    async def _everybody_joins(self, clients: dict[str, Client]) -> None:
        lines = clients[OBSERVER].lines
        self._view = MarketView(continuous(lines))
        market = MarketPicture(
            pictures(continuous(lines))
        )  # what the brokers see, all of them the same
        clients[OBSERVER].subscribe()
        await self._turns.join(
            Channel(clients[OBSERVER], self._view.absorb), _Bystander(OBSERVER, market)
        )
        for name in (BUYER, SELLER):
            await self._turns.join(Channel(clients[name]), _Bystander(name))
        for name in PARTIES:
            party = Party(name)
            self.agenda.joined(await self._turns.join(Channel(clients[name]), party), party)
        self._brokers = brokers(self._plan.seed, market, self._guide, self._pause)
        for broker in self._brokers:
            await self._turns.join(Channel(clients[broker.name]), broker)

    def _operate(self, command: Command) -> list[Event]:
        assert self._node is not None
        return self._node.operate(command, timed=True)

    # -- the clock ------------------------------------------------------------------------------

    def _at(self, share: float) -> int:
        """Return the time (ns UTC) at which a share of the day's trading is over."""
        left = round(share * self._length)
        for begin, end in self._sessions:
            if left <= end - begin:
                return begin + left
            left -= end - begin
        return self._sessions[-1][1]

    async def _keep_timetable(self) -> None:
        """Change the phases that are due."""
        assert self._node is not None
        while self._steps and self._steps[0].time <= self.time():
            self._node.operate(self._steps.pop(0).command, timed=True)
        await self._turns.settle()

    async def _moved(self) -> None:
        """Let the venue have the new time, wait until people's time is there too, show it."""
        assert self._node is not None
        self._node.tick()
        done = sum(min(max(self.time() - begin, 0), end - begin) for begin, end in self._sessions)
        self._guide.progress = share = done / self._length
        self._remember_books()
        wait = self._started + share * self._plan.seconds - time.monotonic()
        await asyncio.sleep(max(0.0, wait))
        if time.monotonic() - self._shown >= SCREEN:
            self._shown = time.monotonic()
            self._progress(share, self._view)

    async def _brokers_until(self, at: int, closing: int) -> None:
        """Let the brokers trade; before the last prints, which make the close, they go home."""
        if self.time() < closing <= at:
            await self._turns.run_until(closing)
            self._turns.dismiss()
        await self._turns.run_until(at)

    def _remember_books(self) -> None:
        """Keep each line's fullest book of the day for the picture."""
        for name, line in self._view.lines.items():
            bids, asks = self.books.get(name, ([], []))
            if min(len(line.bids), len(line.asks)) > min(len(bids), len(asks)):
                self.books[name] = (line.depth(Side.BUY, 30), line.depth(Side.SELL, 30))

    async def _print(self, ports: dict[str, SteppedPort], name: str, price: int) -> None:
        """Trade one tonne at a price while the others have no order in the line."""
        resting = [
            ports[broker.name]
            for broker in self._brokers
            if any(order.symbol == name for order in broker.orders.live.values())
        ]
        taking = NewOrder("", 0, name, Side.BUY, 1, price, OrderType.LIMIT, TimeInForce.IOC)
        await self._turns.send(
            *((port, MassCancel("", 0, name)) for port in resting),
            (ports[SELLER], NewOrder("", 0, name, Side.SELL, 1, price)),
            (ports[BUYER], taking),
        )
