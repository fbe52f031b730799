"""What the load generator sends: mixes of messages, drawn from a seed, encoded in advance."""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.rulebook.ticks import ceil_to_tick, floor_to_tick
from engine.vocabulary.enums import Mechanism, OrderType, Side, TimeInForce
from gateway.protocol import wire, wire_market, wire_modes

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
    taken: int = 0  # own resting orders that are believed to go with each that crosses

    def on(self, mechanism: Mechanism) -> Mix:
        """Return what can be sent to a line: an offer is never amended, and nothing crosses it."""
        if mechanism is Mechanism.ORDER_BOOK:
            return self
        name = f"{self.name} on {mechanism.name.lower()}"
        return msgspec.structs.replace(self, name=name, cross=0, amend=0)

    def describe(self) -> str:
        """Return it as it stands in a report's header."""
        cancel = 100 - self.place - self.cross - self.amend
        return (
            f"{self.name} (place {self.place}%, cross {self.cross}%, amend {self.amend}%, "
            f"cancel {cancel}%)"
        )


MIXES: Final = {
    mix.name: mix
    for mix in (
        Mix("default", 45, 3, 8),
        Mix("place", 100, 0, 0, keep=1 << 62),
        Mix("trade", 50, 50, 0, taken=1),
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
    limit: int = 0  # ns that the latency's p99 may have; 0: any


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


class Means(msgspec.Struct, frozen=True):
    """What an account may use, so that its messages are not refused for want of it."""

    cash: int  # minor units
    tonnes: int


PLENTY: Final = Means(1 << 62, 1 << 62)
_FEES: Final = 100  # one part in so many of a purchase is kept for what the venue may charge
_SIZES: Final = 20  # lots of the largest order


def write_script(
    mix: Mix,
    line: wire_market.LineInfo,
    rng: random.Random,
    refs: range,
    means: Means = PLENTY,
) -> Script:
    """Make a session's messages, one for each reference. The same arguments give the same bytes."""
    script = Script(refs.start)
    block, ends = script.block, script.ends
    for message in _Flow(mix.on(line.mechanism), line, rng, means).messages(refs):
        payload = wire.encode(message)
        block += len(payload).to_bytes(wire.HEADER_SIZE, "big") + payload
        ends.append(len(block))
    return script


class _Live(NamedTuple):
    """An order that was placed, as far as its sender knows."""

    ref: int
    sign: int  # +1 for a buy and -1 for a sell
    needs: int  # cash or tonnes
    price: int


class _Flow:
    """Draws one session's messages, none of which needs more than its account has."""

    def __init__(
        self, mix: Mix, line: wire_market.LineInfo, rng: random.Random, means: Means
    ) -> None:
        self.mix = mix
        self.line = line
        self.draw = rng.random
        self.middle = line.reference or line.low_limit or _on_tick(line, 1_000 * line.tick)
        self.low = line.low_limit or _on_tick(line, 1)
        self.high = line.high_limit or self.middle * 2
        self.dearest = min(self.middle + mix.spread * line.tick, self.high) if mix.amend else 0
        self.negotiated = line.mechanism is Mechanism.NEGOTIATED
        self.least = max(1, -(-line.min_quantity // line.lot))  # lots
        self.most = line.max_quantity // line.lot or 1 << 62
        # Half of what there is may be bound in live orders; the other half is for what trades.
        self.room = {1: (means.cash - means.cash // _FEES) // 2, -1: means.tonnes // 2}
        self.live: deque[_Live] = deque()

    def messages(self, refs: range) -> Iterator[wire.FromClient]:
        """Yield a message for each reference."""
        mix, live, draw = self.mix, self.live, self.draw
        for ref in refs:
            what = draw() * 100
            sign = 1 if draw() < 0.5 else -1  # noqa: PLR2004 - a fair coin
            lots = min(self.least + int(draw() * _SIZES), self.most)
            away = (1 + int(draw() * mix.spread)) * self.line.tick
            if what < mix.cross:
                yield self._cross(ref, sign, lots)
            elif not live or (what < mix.cross + mix.place and len(live) < mix.keep):
                yield self._place(ref, sign, lots, away)
            elif 0 <= what - mix.cross - mix.place < mix.amend:
                order = live[int(draw() * len(live))]
                price = self.price(-order.sign * away)
                yield wire.AmendOrder(ref, order.ref, 0, price)
            else:
                live.rotate(-int(draw() * 8))
                yield self._cancel(ref)

    def price(self, off: int) -> int:
        """Return the valid price so far from the middle, within the day's limits."""
        price = min(max(self.middle + off, self.low), self.high)
        return _on_tick(self.line, price) if self.line.ticks else price

    def needs(self, sign: int, quantity: int, price: int) -> int:
        """Return the tonnes or the cash of an order, at the price that it may be amended to."""
        return quantity * max(price, self.dearest) if sign > 0 else quantity

    def fits(self, sign: int, lots: int, off: int) -> tuple[int, int]:
        """Return side and lots for which there is room, ``off`` from the middle; 0 lots: none."""
        lot = self.line.lot
        for side in (sign, -sign):
            room = self.room[side] // self.needs(side, lot, self.price(side * off))
            if room >= self.least:
                return side, min(lots, room)
        return sign, 0

    def _place(self, ref: int, sign: int, lots: int, away: int) -> wire.FromClient:
        price = self.price(-sign * away)
        needs = self.needs(sign, lots * self.line.lot, price)
        if needs > self.room[sign]:
            sign, lots = self.fits(sign, lots, -away)
            if not lots and self.live:
                return self._cancel(ref)
            lots = max(lots, self.least)  # where nothing fits the venue will say so
            price = self.price(-sign * away)
            needs = self.needs(sign, lots * self.line.lot, price)
        quantity = lots * self.line.lot
        self.room[sign] -= needs
        self.live.append(_Live(ref, sign, needs, price))
        side = Side.BUY if sign > 0 else Side.SELL
        if self.negotiated:
            return wire_modes.Quote(ref, self.line.symbol, side, quantity, price)
        return wire.NewOrder(ref, self.line.symbol, side, quantity, price)

    def _cross(self, ref: int, sign: int, lots: int) -> wire.FromClient:
        """Take what rests: the tonnes or the cash go, and the other comes."""
        off = self.mix.spread * self.line.tick
        sign, lots = self.fits(sign, lots, off)
        price = self.price(sign * off)
        quantity = max(lots, self.least) * self.line.lot
        self.room[sign] -= quantity * price if sign > 0 else quantity
        self.room[-sign] += quantity if sign > 0 else quantity * self.price(-off)
        self._taken(-sign)
        side = Side.BUY if sign > 0 else Side.SELL
        return wire.NewOrder(
            ref, self.line.symbol, side, quantity, price, OrderType.LIMIT, TimeInForce.IOC
        )

    def _taken(self, sign: int) -> None:
        """Forget own orders at the best prices of a side: others take them, or the venue does.

        A venue that prevents self-trades cancels what an own order would meet.
        """
        if self.mix.taken and self.live:
            own = sorted((-sign * each.price, each) for each in self.live if each.sign == sign)
            for _, order in own[: self.mix.taken]:
                self.live.remove(order)
                self._forget(order)

    def _cancel(self, ref: int) -> wire.FromClient:
        order = self.live.popleft()
        self._forget(order)
        return wire.CancelOrder(ref, order.ref)

    def _forget(self, order: _Live) -> None:
        self.room[order.sign] += order.needs


def _on_tick(line: wire_market.LineInfo, price: int) -> int:
    return floor_to_tick(price, line.tick, line.ticks) or ceil_to_tick(1, line.tick, line.ticks)
