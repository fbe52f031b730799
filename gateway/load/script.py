"""What the load generator sends: mixes of messages, drawn from a seed, encoded in advance."""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from engine.vocabulary.enums import OrderType, Side, TimeInForce
from gateway.protocol import wire, wire_market

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator


class Mix(msgspec.Struct, frozen=True):
    """What the messages are, in percent of all; the rest are cancels of live orders."""

    name: str
    place: int
    cross: int  # immediate-or-cancel orders that meet the other side
    amend: int
    keep: int = 500  # live orders of a session at which it places no more
    spread: int = 25  # ticks from the middle within which orders rest

    def describe(self) -> str:
        """Return it as it stands in a report's header."""
        cancel = 100 - self.place - self.cross - self.amend
        return (f"{self.name} (place {self.place}%, cross {self.cross}%, amend {self.amend}%, "
                f"cancel {cancel}%)")  # fmt: skip


MIXES: Final = {
    mix.name: mix
    for mix in (
        Mix("default", 45, 3, 8),
        Mix("place", 100, 0, 0, keep=1 << 62),
        Mix("trade", 50, 50, 0),
    )
}


class Plan(msgspec.Struct, frozen=True):
    """One run. Times in seconds."""

    mix: Mix
    rate: int = 0  # messages a second over all sessions; 0: full pipe
    window: int = 1_024  # per session, full pipe only
    duration: float = 0.0  # measured, after the warm-up; 0: until all messages are sent
    warmup: float = 0.0
    messages: int = 0  # over all sessions, warm-up included; 0: as many as the duration takes
    seed: int = 7
    symbol: str = ""  # "": the first one that trades


FULL_PIPE_CEILING: Final = 400_000  # messages a second prepared for a full pipe of a given duration


def total_messages(plan: Plan) -> int:
    """Return how many messages to prepare."""
    if plan.messages:
        return plan.messages
    return int((plan.duration + plan.warmup) * (plan.rate or FULL_PIPE_CEILING))


class Script:
    """All messages of one session, encoded one behind the other."""

    __slots__ = ("block", "ends", "first_ref")

    def __init__(self, first_ref: int) -> None:
        """Start with none; the first message will have ``first_ref``."""
        self.block = bytearray()
        self.ends = array("q", [0])  # ends[n]: bytes of the first n messages
        self.first_ref = first_ref

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self.ends) - 1


def write_script(
    mix: Mix, line: wire_market.LineInfo, rng: random.Random, first_ref: int, count: int
) -> Script:
    """Make a session's messages. The same arguments give the same bytes."""
    script = Script(first_ref)
    block, ends = script.block, script.ends
    for message in _flow(mix, line, rng, range(first_ref, first_ref + count)):
        payload = wire.encode(message)
        block += len(payload).to_bytes(wire.HEADER_SIZE, "big") + payload
        ends.append(len(block))
    return script


def _flow(
    mix: Mix, line: wire_market.LineInfo, rng: random.Random, refs: range
) -> Iterator[wire.FromClient]:
    symbol, tick, lot, middle = line.symbol, line.tick, line.lot, line.reference
    low = line.low_limit or tick
    high = line.high_limit or middle * 2
    live: deque[tuple[int, int]] = deque()  # (reference, +1 for a buy and -1 for a sell)
    draw = rng.random
    for ref in refs:
        what = draw() * 100
        sign = 1 if draw() < 0.5 else -1  # noqa: PLR2004 - a fair coin
        side = Side.BUY if sign > 0 else Side.SELL
        quantity = (1 + int(draw() * 20)) * lot
        away = (1 + int(draw() * mix.spread)) * tick
        if what < mix.cross:
            price = min(max(middle + sign * mix.spread * tick, low), high)
            yield wire.NewOrder(
                ref, symbol, side, quantity, price, OrderType.LIMIT, TimeInForce.IOC
            )
        elif not live or (what < mix.cross + mix.place and len(live) < mix.keep):
            live.append((ref, sign))
            yield wire.NewOrder(
                ref, symbol, side, quantity, min(max(middle - sign * away, low), high)
            )
        elif 0 <= what - mix.cross - mix.place < mix.amend:
            target, sign = live[int(draw() * len(live))]
            yield wire.AmendOrder(ref, target, 0, min(max(middle - sign * away, low), high))
        else:
            live.rotate(-int(draw() * 8))
            yield wire.CancelOrder(ref, live.popleft()[0])
