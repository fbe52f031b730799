"""The yardstick: what reading a message and answering it costs when no order is ever matched.

A loop over the same parsed messages that keeps a dict of live orders and makes one report tuple
for each message. It knows no prices, queues or fills, so no book can reach it; how close one
comes is a measure that does not depend on the machine.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.messages import CANCEL, CANCELLED, NEW, REJECTED, RESTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.messages import Message, Report
    from benchmarks.workloads import Workload
    from engine.vocabulary.enums import Side


def run(live: dict[int, tuple[Side, int, int]], messages: list[Message]) -> list[Report]:
    """Keep the live orders and report on each message; nothing is ever matched."""
    reports: list[Report] = []
    report = reports.append
    for what, number, side, price, quantity, ioc in messages:
        if what == NEW:
            if not ioc:
                live[number] = (side, price, quantity)
            report((RESTS, number, price, quantity))
        elif what == CANCEL:
            order = live.pop(number, None)
            if order is None:
                report((REJECTED, number, 0, 0))
            else:
                report((CANCELLED, number, order[1], order[2]))
        elif number in live:
            live[number] = (side, price, quantity)
            report((RESTS, number, price, quantity))
        else:
            report((REJECTED, number, 0, 0))
    return reports


def prepare(workload: Workload) -> Callable[[], list[Report]]:
    """Return the loop, with the opening orders already live."""
    live: dict[int, tuple[Side, int, int]] = {}
    run(live, workload.opening)
    return partial(run, live, workload.messages)
