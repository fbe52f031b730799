"""What open pages cost the brokers: ``python -m benchmarks.pages``.

A venue runs with its page, so many pages that take everything in another process, the load
generator at a fixed rate in further ones: rounds without pages and with them in turn, the ratio
of the medians of p99. On a machine that others use the processor time of the venue's process, which
is printed too where the system tells, says more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.measure import stand_back
from engine.rulebook.presets import load as load_rulebook
from gateway.load.server import accounts
from gateway.server.accounts import Directory

RULEBOOK: Final = "textbook"
SESSIONS: Final = 4


class Discard(asyncio.Protocol):
    """A page that takes everything and looks at nothing."""

    def __init__(self, host: str, port: int) -> None:
        self.taken = 0
        self._upgrade = (
            f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._upgrade.encode())

    def data_received(self, data: bytes) -> None:
        self.taken += len(data)


async def read(url: str, pages: int, seconds: float) -> None:
    """Hold pages open for a while; print what they took."""
    stand_back()
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Discard(host, int(port)), host, int(port))
        for _ in range(pages)
    ]
    print("open", flush=True)
    await asyncio.sleep(seconds)
    print(sum(protocol.taken for _, protocol in made), flush=True)


def load(port: int, file: Path, rate: int, duration: float) -> int:
    """Run the generator; return p99 in ns."""
    done = subprocess.run(  # noqa: S603 - a command of its own
        [
            sys.executable,
            "-m",
            "carbonx",
            "load",
            "--port",
            str(port),
            "--accounts",
            str(file),
            "-c",
            str(SESSIONS),
            "--rate",
            str(rate),
            "-d",
            str(duration),
            "--no-pin",
            "--json",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return int(found["latency_ns"]["p99"]) if "latency_ns" in found else _p99(found)


def _p99(found: dict[str, Any]) -> int:
    """Find the percentile wherever the report has it."""
    for value in found.values():
        if isinstance(value, dict):
            if "p99" in value:
                return int(value["p99"])
            deeper = _p99(value)
            if deeper:
                return deeper
    return 0


def used(process: int) -> float:
    """Return the seconds of processor time that a process has used; 0 where that is not told."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def of_pages(venue: int) -> int:
    """Return the process that serves a venue's pages; 0 where that is not told."""
    try:
        return int(Path(f"/proc/{venue}/task/{venue}/children").read_text("ascii").split()[0])
    except (OSError, IndexError):
        return 0


def wakened(process: int) -> int:
    """Return how often a process went to sleep so far; 0 where that is not told."""
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next(int(each.split()[1]) for each in lines if each.startswith("voluntary_ctxt"))


def with_pages(url: str, pages: int, seconds: float) -> subprocess.Popen[str]:
    """Open pages in a process of their own."""
    process = subprocess.Popen(  # noqa: S603 - a command of its own
        [
            sys.executable,
            "-m",
            "benchmarks.pages",
            "--read",
            url,
            "--pages",
            str(pages),
            "--seconds",
            str(seconds),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def served(folder: Path, accounts_file: Path) -> subprocess.Popen[str]:
    """Start a venue with its page; its first line says where."""
    words = ("serve", "--rulebook", RULEBOOK, "--port", "0", "--web", "0", "--dir", str(folder),
             "--accounts", str(accounts_file), "--durability", "none", "--json")  # fmt: skip
    return subprocess.Popen(  # noqa: S603 - a command of its own
        [sys.executable, "-m", "carbonx", *words], stdout=subprocess.PIPE, text=True
    )


def measure(pages: int, rate: int, duration: float, rounds: int) -> None:
    """Run the rounds and print what came of them."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "accounts.toml"
        products = [product.symbol for product in load_rulebook(RULEBOOK).products]
        Directory(accounts(SESSIONS, products)).write(file)
        venue = served(Path(place) / "venue", file)
        assert venue.stdout is not None
        facts = json.loads(venue.stdout.readline())
        found: dict[int, list[int]] = {0: [], pages: []}
        spent = {0: 0.0, pages: 0.0}
        serving = of_pages(venue.pid)
        beside = {0: (0.0, 0), pages: (0.0, 0)}  # the pages' process: seconds, and sleeps

        def round_with(some: int) -> None:
            before = used(venue.pid), used(serving), wakened(serving)
            found[some].append(load(facts["port"], file, rate, duration))
            spent[some] += used(venue.pid) - before[0]
            seconds, sleeps = beside[some]
            beside[some] = (seconds + used(serving) - before[1],
                            sleeps + wakened(serving) - before[2])  # fmt: skip

        try:
            for _ in range(rounds):
                round_with(0)
                readers = with_pages(facts["page"], pages, duration + 4)
                round_with(pages)
                taken, _ = readers.communicate()
                print(
                    f"p99 {found[0][-1] / 1e3:,.0f} us without pages, "
                    f"{found[pages][-1] / 1e3:,.0f} us with {pages}, "
                    f"which took {int(taken) / 1e6:,.1f} MB",
                    flush=True,
                )
                time.sleep(0.5)
        finally:
            venue.send_signal(signal.SIGINT)
            venue.wait(20)
    print(
        f"the venue's process: {spent[0] / rounds:.2f} s a round on the processor without, "
        f"{spent[pages] / rounds:.2f} s with {pages}"
    )
    for some, (seconds, sleeps) in beside.items():
        print(
            f"the pages' process with {some}: {seconds / rounds:.2f} s a round on the processor, "
            f"woken {sleeps / rounds:,.0f} times"
        )
    ratio = median(found[pages]) / median(found[0])
    print(f"{rate} messages/s: {ratio:.2f} times the p99 of no page (medians of {rounds} rounds)")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--duration", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--read", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        asyncio.run(read(given.read, given.pages, given.seconds))
    else:
        measure(given.pages, given.rate, given.duration, given.rounds)


if __name__ == "__main__":
    main()
