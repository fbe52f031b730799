"""What old reports and long statuses cost a venue: ``python -m benchmarks.reports``.

A process each keeps reports of one account, all in memory or the older ones in a file: by how much
it grows, and the processor time of keeping them and of reading all again, which must be what was
kept. Then the time of a page of an account's status, and of all its live orders in one, which must
have the same orders.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from os import getpid
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from benchmarks.endurance import resident
from benchmarks.targets import NAMES, funded
from engine.vocabulary.commands import NewOrder
from engine.vocabulary.enums import Side
from gateway.protocol.framing import header
from gateway.protocol.session import pack
from gateway.server.box import Outbox, Windows
from gateway.server.limits import Limits
from gateway.server.spool import Spool
from gateway.server.views import status

if TYPE_CHECKING:
    from engine.venue.venue import Venue
    from gateway.protocol.wire_account import OrderStatus

PAYLOAD: Final = 31  # bytes of a report, about the mean
WARM: Final = 200_000  # reports before the process's size is looked at first
BATCH: Final = 10_000  # reports made at once
PIECE: Final = 1 << 19  # bytes read at once, as a session is sent them
ROUNDS: Final = 7


class Kept(NamedTuple):
    """What so many reports cost."""

    grown: int  # bytes of the process
    keeping: float  # seconds of processor time
    reading: float


def keep(reports: int, *, in_file: bool) -> Kept:
    """Keep reports in this process, and read all of them again."""
    with tempfile.TemporaryDirectory() as folder, closing(Spool(Path(folder))) as spool:
        box = Outbox(spool, Windows(each=0 if in_file else 1 << 40, total=1 << 40))
        put = hashlib.sha256()
        before, spent = 0, 0.0
        for first in range(0, WARM + reports, BATCH):
            if first == WARM:
                before, spent = resident(getpid()), 0.0
            payloads = [number.to_bytes(PAYLOAD, "big") for number in range(first, first + BATCH)]
            began = time.process_time()
            for payload in payloads:
                box.add(payload)
            spent += time.process_time() - began
            put.update(b"".join(header(PAYLOAD) + payload for payload in payloads))
        grown = resident(getpid()) - before
        began = time.process_time()
        place, got = 0, hashlib.sha256()
        while frames := box.frames(place, PIECE):
            got.update(frames)
            place += len(frames)
        reading = time.process_time() - began
        assert got.digest() == put.digest(), "what is read is not what was kept"
    return Kept(grown, spent, reading)


def answered(venue: Venue, after: int, page: int) -> float:
    """Return the seconds that a status takes, encoded; the least of some."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        pack(status(venue, NAMES[Side.BUY], 0, after, page))
        taken.append(time.perf_counter() - began)
    return min(taken)


def pages(orders: int) -> tuple[float, float]:
    """Return the seconds of a page from the middle of a status, and of one with all orders."""
    venue, account, page = funded(), NAMES[Side.BUY], Limits().page
    for ref in range(1, orders + 1):
        venue.apply(NewOrder(account, ref, "P", Side.BUY, 1, 9_000 + ref % 500))
    found: list[OrderStatus] = []
    while (each := status(venue, account, 0, found[-1].ref if found else 0, page)).orders:
        found += each.orders
    assert tuple(found) == status(venue, account, 0, 0, orders).orders, "pages lack something"
    return answered(venue, orders // 2, page), answered(venue, 0, orders)


@click.command()
@click.option("--reports", default=1_000_000, show_default=True, type=click.IntRange(1))
@click.option("--orders", default=100_000, show_default=True, type=click.IntRange(1))
def main(reports: int, orders: int) -> None:
    """Measure and print."""
    for in_file, where in ((False, "in memory alone"), (True, "with the file")):
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            kept = process.submit(keep, reports, in_file=in_file).result()
        print(
            f"{reports:,} reports {where}: {kept.grown / 1e6:.1f} MB, "
            f"{kept.keeping:.2f} s, read again in {kept.reading:.2f} s"
        )
    page, whole = pages(orders)
    print(f"status with {orders:,} orders: a page {page * 1e3:.1f} ms, all {whole * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
