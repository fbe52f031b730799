"""Simulated brokers of several kinds, for demonstrations and rehearsals.

A broker knows a venue through a port of two methods: it submits messages and is told events. It
is given a *guide*: what it believes an allowance is worth now, and how much of it is wanted. Every
broker draws from its own seeded stream.
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from engine.vocabulary.enums import OrderType, Side, TimeInForce
from gateway.client.client import Client, ClientError
from gateway.protocol import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.client.market_view import Line, Tape


RESTS: Final = 0.5  # share of its looks at which a compliance broker does nothing
PEGS: Final = 0.1  # share of its looks at which a pegger acts
MOST_ORDERS: Final = 40  # live orders after which a noise trader takes one back


class Port(Protocol):
    """What a broker may do to a venue."""

    def submit(self, message_type: type[Any], *fields: Any) -> int:
        """Send an order message; return its reference."""
        ...  # pragma: no cover


class Guide(Protocol):
    """What the brokers of a market believe and want."""

    def fair(self, line: Line) -> int:
        """Return what a tonne is worth now, in minor units."""
        ...  # pragma: no cover

    def wanted(self, line: Line) -> int:
        """Return the tonnes that should have traded by now and have not."""
        ...  # pragma: no cover

    def size(self, line: Line) -> int:
        """Return the tonnes of a usual quote."""
        ...  # pragma: no cover

    def bounds(self, line: Line) -> tuple[int, int]:
        """Return the lowest and highest price that anybody should quote."""
        ...  # pragma: no cover


class Broker(ABC):
    """One simulated participant."""

    kind: ClassVar[str]

    def __init__(self, name: str, seed: int) -> None:
        """Draw from a stream of its own, keyed by the run's seed and its name."""
        self.name = name
        self.rng = random.Random(f"{seed}:{name}")  # noqa: S311 - repeatable, not secret
        self.live: dict[int, int] = {}  # own orders: reference -> open tonnes
        self.filled = 0
        self.refused = 0

    def on_event(self, event: Any) -> None:
        """Keep track of own orders."""
        kind = event.__class__
        if kind is wire.OrderFilled:
            self.filled += event.quantity
            self._open(event.ref, event.leaves)
        elif kind is wire.OrderResting:
            self.live[event.ref] = event.leaves
        elif kind is wire.OrderAccepted:
            self.live[event.ref] = event.quantity
        elif kind is wire.OrderCancelled:
            self.live.pop(event.ref, None)
        elif kind is wire.Rejected:
            self.refused += 1

    def _open(self, ref: int, leaves: int) -> None:
        if leaves:
            self.live[ref] = leaves
        else:
            self.live.pop(ref, None)

    @abstractmethod
    def step(self, port: Port, tape: Tape, guide: Guide) -> None:
        """Look at the market and act."""


class MarketMaker(Broker):
    """Quotes both sides around the fair price and moves its quotes with it."""

    kind = "maker"

    def __init__(self, name: str, seed: int) -> None:
        """Hold no quote yet."""
        super().__init__(name, seed)
        self._quotes: dict[tuple[str, Side], tuple[int, int]] = {}  # -> (reference, price)

    def step(self, port: Port, tape: Tape, guide: Guide) -> None:
        """Place quotes where there are none, move those that stand wrong."""
        for line in tape.lines.values():
            low, high = guide.bounds(line)
            tick = line.info.tick
            gap = self.rng.randint(1, 3) * tick
            fair = guide.fair(line)
            for side, price in ((Side.BUY, fair - gap), (Side.SELL, fair + gap)):
                self._quote(port, guide, side, min(max(price, low), high), line)

    def _quote(self, port: Port, guide: Guide, side: Side, price: int, line: Line) -> None:
        symbol = line.info.symbol
        ref, at = self._quotes.get((symbol, side), (0, 0))
        if ref in self.live:
            if at != price:
                port.submit(wire.AmendOrder, ref, 0, price)
                self._quotes[symbol, side] = (ref, price)
            return
        lot = line.info.lot
        quantity = max(1, guide.size(line) * self.rng.randint(50, 150) // (100 * lot)) * lot
        new = port.submit(wire.NewOrder, symbol, side, quantity, price)
        self.live[new] = quantity
        self._quotes[symbol, side] = (new, price)


class Compliance(Broker):
    """An emitter that must buy (or may sell) what its year leaves it short (or long) of."""

    kind = "compliance"

    def __init__(self, name: str, seed: int, side: Side) -> None:
        """Act on one side only."""
        super().__init__(name, seed)
        self._side = side

    def step(self, port: Port, tape: Tape, guide: Guide) -> None:
        """Take a share of what is wanted, at the best price that is offered."""
        for symbol, line in tape.lines.items():
            wanted = guide.wanted(line)
            if wanted <= 0 or self.rng.random() < RESTS:
                continue
            bid, ask = line.best()
            price = ask if self._side is Side.BUY else bid
            if not price:
                continue
            low, high = guide.bounds(line)
            quantity = max(1, min(wanted, self.rng.randint(1, 40) * max(1, wanted // 40)))
            lot = line.info.lot
            port.submit(wire.NewOrder, symbol, self._side, -(-quantity // lot) * lot,
                        min(max(price, low), high), OrderType.LIMIT,
                        TimeInForce.IOC)  # fmt: skip


class Noise(Broker):
    """Places small orders near the fair price and takes some of them back."""

    kind = "noise"

    def step(self, port: Port, tape: Tape, guide: Guide) -> None:
        """Place one order somewhere, cancel an old one now and then."""
        line = self.rng.choice(list(tape.lines.values()))
        side = self.rng.choice((Side.BUY, Side.SELL))
        away = self.rng.randint(2, 25) * line.info.tick
        low, high = guide.bounds(line)
        price = guide.fair(line) + (away if side is Side.SELL else -away)
        quantity = self.rng.randint(1, 60) * line.info.lot
        port.submit(wire.NewOrder, line.info.symbol, side, quantity, min(max(price, low), high))
        if len(self.live) > MOST_ORDERS:
            port.submit(wire.CancelOrder, self.rng.choice(list(self.live)))


class Pegger(Broker):
    """Prints one tonne at the edge of the day's limits: a habit of the real Shenzhen market."""

    kind = "pegger"

    def step(self, port: Port, tape: Tape, guide: Guide) -> None:
        """Offer one tonne at a limit price, rarely."""
        if self.rng.random() > PEGS:
            return
        line = self.rng.choice(list(tape.lines.values()))
        low, high = guide.bounds(line)
        side, price = self.rng.choice(((Side.BUY, low), (Side.SELL, high)))
        port.submit(wire.NewOrder, line.info.symbol, side, line.info.lot, price)


class Momentum(Broker):
    """Buys what has risen since it last looked and sells what has fallen."""

    kind = "momentum"

    def __init__(self, name: str, seed: int) -> None:
        """Remember no price yet."""
        super().__init__(name, seed)
        self._seen: dict[str, int] = {}

    def step(self, port: Port, tape: Tape, guide: Guide) -> None:
        """Follow one product's last move with a small order."""
        line = self.rng.choice(list(tape.lines.values()))
        symbol, last = line.info.symbol, line.last
        move = last - self._seen.get(symbol, last)
        self._seen[symbol] = last
        bid, ask = line.best()
        price = ask if move > 0 else bid
        if move and price and guide.wanted(line) > 0:
            side = Side.BUY if move > 0 else Side.SELL
            quantity = self.rng.randint(1, 5) * line.info.lot
            port.submit(wire.NewOrder, symbol, side, quantity, price, OrderType.LIMIT,
                        TimeInForce.IOC)  # fmt: skip


def population(names: Sequence[str], seed: int) -> list[Broker]:
    """Return one broker per account name, the kinds taking turns."""
    kinds: list[Callable[[str], Broker]] = [
        lambda name: MarketMaker(name, seed),
        lambda name: Compliance(name, seed, Side.BUY),
        lambda name: Compliance(name, seed, Side.SELL),
        lambda name: Noise(name, seed),
        lambda name: Pegger(name, seed),
        lambda name: Momentum(name, seed),
    ]
    return [kinds[place % len(kinds)](name) for place, name in enumerate(names)]


class RandomWalk:
    """A guide for venues about which nothing is known: it believes the last price, roughly."""

    def __init__(self, seed: int, per_step: int = 500) -> None:
        """Want about ``per_step`` tonnes more at every look."""
        self._rng = random.Random(f"{seed}:guide")  # noqa: S311 - repeatable, not secret
        self._per_step = per_step

    def fair(self, line: Line) -> int:
        """Return a price within three ticks of the last."""
        low, high = self.bounds(line)
        price = line.last + self._rng.randint(-3, 3) * line.info.tick
        return min(max(price, low), high)

    def wanted(self, _line: Line) -> int:
        """Return a little more than nothing."""
        return self._rng.randint(0, self._per_step)

    def size(self, _line: Line) -> int:
        """Return the same for every product."""
        return 2 * self._per_step

    def bounds(self, line: Line) -> tuple[int, int]:
        """Return the day's limits, or a wide band where there are none."""
        tick = line.info.tick
        reference = line.info.reference
        low = line.low_limit or max(tick, reference // 2 // tick * tick)
        return low, line.high_limit or reference * 2 // tick * tick


class ClientPort:
    """A broker's port over TCP."""

    def __init__(self, client: Client) -> None:
        """Send through a client."""
        self.client = client
        self.sent = 0

    def submit(self, message_type: type[Any], *fields: Any) -> int:
        """Send an order message; refusals come back as events."""
        pending = self.client.request(message_type, *fields)
        pending.add_done_callback(_seen)
        self.sent += 1
        return pending.ref


def _seen(future: asyncio.Future[Any]) -> None:
    """Mark an answer as taken note of; brokers learn of it through events."""
    if not future.cancelled():
        future.exception()


async def act(
    broker: Broker, client: Client, tape: Tape, guide: Guide, pause: float,
    over: asyncio.Event,
) -> ClientPort:  # fmt: skip
    """Let a broker act every ``pause`` seconds or so until it is over; return its port."""
    port = ClientPort(client)

    async def listen() -> None:
        async for event in client.events():
            broker.on_event(event)

    listener = asyncio.create_task(listen())
    try:
        while not over.is_set():
            try:
                broker.step(port, tape, guide)
            except ClientError:
                break
            try:
                await asyncio.wait_for(over.wait(), pause * broker.rng.uniform(0.7, 1.3))
            except TimeoutError:
                continue
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
    return port
