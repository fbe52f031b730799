"""A series of calls that is given the time every 100 ms: commands a second.

A call of about 200 orders is on, an order comes or goes in every 100 ms, and a batch ends every
five minutes. Before a time is printed the trades are compared with those of the same orders on a
venue that is given the time only when a batch ends, and so computes no indicative price.
"""

from __future__ import annotations

import gc
from random import Random
from statistics import median
from typing import Final

from benchmarks.measure import seconds
from engine.rulebook.model import Mode, Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    AdvanceTime,
    CancelOrder,
    Command,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.events import AuctionTrade

ORDERS: Final = 200  # that wait when the timing begins
BATCH: Final = 300  # seconds
STEP: Final = 100_000_000  # ns
MIDDLE: Final = 5_000  # minor units
NAMES: Final = ("seller", "buyer")


def prepared() -> tuple[Venue, Random, dict[str, int]]:
    """Return a venue in a call with its orders, the draws to go on with, and the references."""
    rng = Random("calls")
    venue = Venue(Rulebook("calls", (Product("P", MIDDLE),), modes=(Mode(batch_seconds=BATCH),)))
    for name in NAMES:
        venue.apply(OpenAccount(name))
        venue.apply(MoveCash(name, 10**17))
        venue.apply(MoveAllowances(name, "P", 10**11))
    venue.apply(SetPhase(Phase.INTRADAY_CALL))
    refs = dict.fromkeys(NAMES, 0)
    for number in range(ORDERS):
        venue.apply(_order(rng, refs, number % 2))
    return venue, rng, refs


def _order(rng: Random, refs: dict[str, int], buying: int) -> NewOrder:
    name = NAMES[buying]
    refs[name] += 1
    side = Side.BUY if buying else Side.SELL
    price = MIDDLE + rng.randint(-40, 40)
    return NewOrder(name, refs[name], "P", side, rng.randint(1, 50), price)


def stream(rng: Random, refs: dict[str, int], count: int) -> list[Command]:
    """Return commands: the time, and an order that comes or goes, taking turns."""
    found: list[Command] = []
    waiting: list[int] = []
    for number in range(count // 2):
        found.append(AdvanceTime((number + 1) * STEP))
        if waiting and number % 2:
            refs["buyer"] += 1
            found.append(CancelOrder("buyer", refs["buyer"], waiting.pop(0)))
        else:
            found.append(_order(rng, refs, 1))
            waiting.append(refs["buyer"])
    return found


def _rarely(commands: list[Command]) -> list[Command]:
    """Keep only the times at which a batch ends."""
    beat = BATCH * 1_000_000_000
    return [c for c in commands if not isinstance(c, AdvanceTime) or c.time % beat == 0]


def _trades(venue: Venue, commands: list[Command]) -> list[AuctionTrade]:
    return [e for c in commands for e in venue.apply(c) if isinstance(e, AuctionTrade)]


def commands_a_second(count: int, rounds: int) -> float:
    """Return the median rate. Raises ``AssertionError`` where the trades are not the same."""
    rates: list[float] = []
    for _ in range(rounds):
        venue, rng, refs = prepared()
        commands = stream(rng, refs, count)
        if not rates:
            right = _trades(prepared()[0], _rarely(commands))
            assert _trades(prepared()[0], commands) == right, "indicative prices change trades"
        apply = venue.apply

        def work(commands: list[Command] = commands) -> None:
            for command in commands:
                apply(command)  # noqa: B023 - it runs before the next round

        gc.collect()
        rates.append(len(commands) / seconds(work))
    return median(rates)
