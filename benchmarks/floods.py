"""What one session's floods cost another: ``python -m benchmarks.floods``.

One session sends an order or a cancel at a steady pace and measures the time to each answer, first
alone, then while others flood the venue (``benchmarks.flooder``), in turn. A flood's figure is the
median of the rounds' ratios of p99. Every order is answered, or nothing is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from statistics import median
from typing import Final, NamedTuple

import msgspec

from benchmarks.flooder import MANY, WAYS, line_of, log_on, price_of
from engine.vocabulary.enums import Mechanism, Side
from gateway.load.run import OWN_SERVER
from gateway.load.server import Settings
from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.protocol.session import pack
from gateway.runtime.subprocess import Child, pin, two_cores

WANTED: Final = 2.0  # times the quiet p99
WITHIN: Final = 30.0  # seconds for the last answers
DURABILITY: Final = "sync"
QUIET: Final = 60.0  # seconds of a round without a flood, at most


class Round(NamedTuple):
    """Latencies in ns, of as many orders alone as under the flood."""

    quiet: list[int]
    flooded: list[int]

    @property
    def times(self) -> float:
        """How many times the quiet p99 the other is."""
        return at(self.flooded, 0.99) / at(self.quiet, 0.99)


def at(latencies: list[int], share: float) -> int:
    """Return a quantile."""
    return sorted(latencies)[min(len(latencies) - 1, int(share * len(latencies)))]


class Steady:
    """The session that is measured."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        logged_on: wire.LoggedOn,
        rate: int,
    ) -> None:
        """Send ``rate`` messages a second."""
        self._reader = reader
        self._writer = writer
        self._line = line_of(logged_on, Mechanism.ORDER_BOOK)
        self._rate = rate
        self._ref = logged_on.last_ref
        self._sent: dict[int, int] = {}
        self._taken: list[int] = []

    async def measure(self, seconds: float) -> list[int]:
        """Return the time to each answer, in ns. Raises ``TimeoutError``."""
        self._taken = []
        hearing = asyncio.create_task(self._hear())
        start = time.perf_counter()
        for number in range(int(seconds * self._rate)):
            await asyncio.sleep(max(0, start + number / self._rate - time.perf_counter()))
            self._ref += 1
            message: wire.FromClient = wire.CancelOrder(self._ref, self._ref - 1)
            if self._ref % 2:
                message = wire.NewOrder(
                    self._ref,
                    self._line.symbol,
                    Side.BUY,
                    self._line.min_quantity,
                    price_of(self._line),
                )
            self._sent[self._ref] = time.perf_counter_ns()
            self._writer.write(pack(message))
        async with asyncio.timeout(WITHIN):
            while self._sent:  # noqa: ASYNC110 - they just come
                await asyncio.sleep(0.01)
        hearing.cancel()
        return self._taken

    async def _hear(self) -> None:
        unframer = Unframer(wire.MAX_REPLY)
        while data := await self._reader.read(1 << 16):
            now = time.perf_counter_ns()
            for payload in unframer.feed(data):
                message = wire.decode_from_venue(payload)
                ref = getattr(message, "request", 0) or getattr(message, "ref", 0)
                if ref in self._sent:
                    self._taken.append(now - self._sent.pop(ref))


async def rounds(kind: str, port: int, options: argparse.Namespace) -> list[Round]:
    """Measure one flood."""
    steady = Steady(*await log_on(port, 0), options.rate)
    await steady.measure(0.5)
    found = []
    for _ in range(options.rounds):
        quiet = await steady.measure(min(options.seconds, QUIET))
        arguments = [sys.executable, "-m", "benchmarks.flooder", kind, str(port)]
        with subprocess.Popen(  # noqa: ASYNC220, S603 - this very Python, with fixed arguments
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as flooder:
            assert flooder.stdin is not None
            assert flooder.stdout is not None
            said = (await asyncio.to_thread(flooder.stdout.readline)).split()
            if not said or said[0] != said[-1]:
                problem = f"{kind}: the flood did not hold ({said!r})"
                raise RuntimeError(problem)
            try:
                found.append(Round(quiet, await steady.measure(options.seconds)))
            finally:
                flooder.stdin.close()
                frames = int(flooder.stdout.read() or 0)
                flooder.wait()
                if frames:
                    print(f"{frames:,} hostile frames", file=sys.stderr)
        await asyncio.sleep(0.5)
    return found


def measure(kind: str, options: argparse.Namespace) -> float:
    """Measure one flood on a new venue and print its row; return the ratio."""
    server, load = two_cores()
    rulebook = "krx" if kind == "quotes" else "textbook"
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        settings = Settings(folder, MANY + 1, server, DURABILITY, rulebook)
        with Child(["-m", OWN_SERVER, msgspec.json.encode(settings).decode()]) as child:
            cores = os.sched_getaffinity(0)
            pin(load)
            try:
                found = asyncio.run(rounds(kind, child.port, options))
            finally:
                os.sched_setaffinity(0, cores)  # the next flood's venue has a core to itself again
    quiet, flooded = ([latency for each in found for latency in each[side]] for side in range(2))
    times = median(each.times for each in found)
    figures = (at(each, share) / 1e6 for each in (quiet, flooded) for share in (0.5, 0.99))
    print(f"| {kind} |", " | ".join(f"{ms:.2f}" for ms in figures), f"| {times:.1f} |", flush=True)
    return times


def main() -> int:
    """Measure all floods, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(WAYS))
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=100, help="measured messages a second")
    parser.add_argument("--dir", help="where the venue's log is written")
    options = parser.parse_args()
    where = options.dir or tempfile.gettempdir()
    print(f"durability {DURABILITY}, the log in {where}\n")
    print("| flood | quiet p50 ms | p99 | flooded p50 ms | p99 | times |")
    print("|---|---|---|---|---|---|")
    worst = max([measure(kind, options) for kind in options.kinds or WAYS])
    return int(worst > WANTED)


if __name__ == "__main__":
    sys.exit(main())
