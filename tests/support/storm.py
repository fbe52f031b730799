"""Clients on a hostile link to a venue that is killed and started again, held against its log.

    python -X dev -W error -m tests.support.storm SEED SECONDS

Two accounts trade: orders, cancels and amendments, calls given up in the middle, bursts beyond the
throttle, other sessions that take the account over, clients closed with and without a time limit,
and one blocking client shared by threads. At the end each future has an answer that the log has
too, or an error that is true; no order is in the log twice; the reports that the program took are
those of the log, each once; and no task, descriptor or thread is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, Final

from engine.log.sequencer import replay
from engine.vocabulary import commands as c
from engine.vocabulary import events as ev
from engine.vocabulary.enums import Side, TimeInForce
from gateway.client.blocking import BlockingClient
from gateway.client.client import Client
from gateway.client.errors import ClientError, NotTakenError, Pending, RejectedError
from gateway.client.unanswered import NEVER_SENT
from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.server.outbox import Outboxes
from tests.support.hostile_link import HostileLink
from tests.support.paths import ROOT
from tests.support.venues import NAMES, free_port

THROTTLE: Final = 400  # messages a second
HEARTBEAT: Final = 250  # ms
ENOUGH: Final = 20  # orders answered, for a storm to have tried something
LONGEST: Final = 60.0  # seconds that it goes on for them
FAR: Final = 10**18 * 4  # ns UTC; the tags of orders stand behind it
SERVER: Final = """
import asyncio, sys
from pathlib import Path
from tests.support.venues import start_node

async def main():
    node = await start_node(Path(sys.argv[1]), port=int(sys.argv[2]), throttle=int(sys.argv[3]))
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class VenueProcess:
    """The venue, in a process that may be killed."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        self.folder = folder
        self.port = free_port()
        self.kills = 0
        self._child = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(self.folder), str(self.port), str(THROTTLE)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        return child

    def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        self._child.send_signal(signal.SIGKILL)
        self._child.wait()
        assert self._child.stdout is not None
        self._child.stdout.close()

    async def again(self) -> None:
        """Kill it and start it on its log."""
        self.kills += 1
        self.kill()
        self._child = await asyncio.to_thread(self._start)


class Program:
    """A program that trades for one account, over as many clients as it takes."""

    def __init__(self, name: str, side: Side, port: int, rng: Random, tags: list[int]) -> None:
        """Trade under a name."""
        self.name = name
        self.side = side
        self.port = port
        self.rng = rng
        self.tags = tags  # the last one that was used, by all
        self.asked: list[tuple[int, Pending[Any]]] = []  # tag (0: no order) and future
        self.statuses: list[asyncio.Future[Any]] = []
        self.reports: list[Any] = []  # as they were taken
        self.last_seen = 0
        self.current: Client | None = None
        self.took_over: list[tuple[int, Pending[Any]]] = []

    @property
    def answered(self) -> int:
        """How many orders were answered so far."""
        done = [future for tag, future in self.asked if tag and future.done()]
        return sum(1 for each in done if not each.cancelled() and each.exception() is None)

    def client(self, **more: Any) -> Client:
        """Return a client of the account."""
        options = {"heartbeat_ms": HEARTBEAT, "attempts": 1_000_000} | more
        return Client("127.0.0.1", self.port, account=self.name, key=f"{self.name}-key",
                      member="M1", **options)  # fmt: skip

    def order(self, client: Client) -> tuple[int, Pending[Any]]:
        """Enter an order under a tag of its own."""
        self.tags[0] += 1
        tag = self.tags[0]
        price = 5_000 + self.rng.randint(-3, 3)
        return tag, client.place("CO2", self.side, self.rng.randint(1, 9), price_minor=price,
                                 tif=TimeInForce.GTD, expire_at=FAR + tag)  # fmt: skip

    async def run(self, over: asyncio.Event) -> None:
        """Trade until it is over: a session ends, and the next goes on where it was."""
        while not over.is_set():
            client = self.current = self.client(last_seen=self.last_seen)
            with contextlib.suppress(ClientError, TimeoutError):
                try:
                    await asyncio.wait_for(client.__aenter__(), 5)
                    await self.session(client, over)
                finally:
                    await self.end(client)

    async def session(self, client: Client, over: asyncio.Event) -> None:
        """Trade on one client until something ends it."""
        client.subscribe()
        listener = asyncio.create_task(self.listen(client))
        try:
            for _ in range(self.rng.randint(2, 25)):
                if over.is_set():
                    return
                await self.step(client)
                await asyncio.sleep(self.rng.choice([0, 0, 0.002, 0.02]))
        finally:
            if self.rng.random() < 0.5:
                listener.cancel()
                await asyncio.gather(listener, return_exceptions=True)
            await self.end(client)
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)
            self.last_seen = client.last_seen

    async def listen(self, client: Client) -> None:
        """Take events; what is taken is what counts."""
        async for event in client.events():
            if isinstance(event, wire.Report):
                self.reports.append(event)
            if self.rng.random() < 0.01:
                await asyncio.sleep(0.005)

    async def step(self, client: Client) -> None:
        """Do one of the things that programs do."""
        match self.rng.randrange(8):
            case 0:  # a burst, beyond the throttle now and then
                self.asked += [self.order(client) for _ in range(self.rng.choice([5, 50, 500]))]
            case 1:  # wait for answers
                orders = [self.order(client) for _ in range(5)]
                self.asked += orders
                await asyncio.gather(*(future for _, future in orders), return_exceptions=True)
            case 2:  # give up in the middle
                orders = [self.order(client) for _ in range(10)]
                self.asked += orders
                futures = [future for _, future in orders]
                with contextlib.suppress(TimeoutError, ClientError):
                    limit = self.rng.choice([0, 0.001, 0.01])
                    await asyncio.wait_for(asyncio.gather(*futures), limit)
            case 3:
                targets = [future.ref for tag, future in self.asked[-20:] if tag]
                self.asked += [(0, client.cancel(ref)) for ref in targets]
            case 4:
                targets = [future.ref for tag, future in self.asked[-5:] if tag]
                self.asked += [(0, client.amend(ref, quantity=2)) for ref in targets]
            case 5:
                status = client.status()
                self.statuses.append(status)
                with contextlib.suppress(TimeoutError, ClientError):
                    await asyncio.wait_for(status, self.rng.choice([0, 0.01, 0.5]))
            case 6:
                client.unsubscribe()
                client.subscribe("CO2")
            case 7 if self.rng.random() < 0.5:
                await self.take_over()

    async def take_over(self) -> None:
        """Log on from elsewhere, do something, and go."""
        other = self.client()
        with contextlib.suppress(ClientError, TimeoutError):
            try:
                await asyncio.wait_for(other.__aenter__(), 1)
                self.took_over += [self.order(other) for _ in range(self.rng.randint(0, 30))]
                await asyncio.sleep(self.rng.choice([0, 0.01, 0.05]))
            finally:
                await self.end(other)

    async def end(self, client: Client) -> None:
        """Close, at times with less time than that takes."""
        limit = self.rng.choice([0, 0.001, 5, 5])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client.close(), limit)

    def stuck(self) -> str:
        """Say what can be said of a client that waits."""
        client = self.current
        assert client is not None
        waiting = [future.ref for _, future in self.asked if not future.done()]
        return (f"{self.name}: connected {client.connected}, {client.reconnects} reconnects, "
                f"arrived {client.last_arrived}, {client.info}, {waiting[:9]} wait, "
                f"{vars(client._link)}")  # noqa: SLF001 # fmt: skip

    async def finish(self, last: int) -> None:
        """Take all reports that are left, over a calm link."""
        async with self.client(last_seen=self.last_seen) as client:
            while client.last_seen < last:
                event = await client.next_event()
                if isinstance(event, wire.Report):
                    self.reports.append(event)


class Threads:
    """Threads that share one blocking client, and one that closes it."""

    def __init__(self, port: int, rng: Random) -> None:
        """Trade as carol."""
        self.port = port
        self.rng = rng
        self.wrong: list[BaseException] = []
        self.calls = 0

    def run(self) -> None:
        """Open, call from several threads, close in the middle; return when all have ended."""
        client = BlockingClient("127.0.0.1", self.port, account="carol", key="c", timeout=5,
                                heartbeat_ms=HEARTBEAT, attempts=1_000_000)  # fmt: skip
        threads = [threading.Thread(target=self.call, args=(client, n)) for n in range(4)]
        for thread in threads[:2]:  # before it is open
            thread.start()
        try:
            client.__enter__()
        except (ClientError, TimeoutError):
            client.close()
        for thread in threads[2:]:
            thread.start()
        time.sleep(self.rng.random() * 0.3)
        client.close()
        for thread in threads:
            thread.join(20)
            if thread.is_alive():
                faulthandler.dump_traceback(all_threads=True)
                self.wrong.append(AssertionError(f"{thread.name} hangs"))

    def call(self, client: BlockingClient, number: int) -> None:
        """Call until the client is closed."""
        calls = (
            lambda: client.buy("CO2", 1, price_minor=4_000),
            lambda: client.next_event(timeout=0.01),
            client.status,
            lambda: client.subscribe("CO2"),
        )
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                self.calls += 1
                calls[number]()
            except (RejectedError, NotTakenError, TimeoutError):
                continue
            except ClientError as error:
                if "not open" not in str(error):
                    return
                time.sleep(0.01)
            except BaseException as error:  # noqa: BLE001 - whatever else comes out is wrong
                self.wrong.append(error)
                return


class Truth:
    """What the log says."""

    def __init__(self, folder: Path) -> None:
        """Replay it."""
        self.logged: Counter[int] = Counter()  # by tag
        self.refs: dict[int, tuple[str, int]] = {}
        self.accepted: set[int] = set()
        boxes = Outboxes()

        def on_record(record: Any, events: list[Any]) -> None:
            boxes.absorb(record.time, events)
            command = record.command
            if isinstance(command, c.NewOrder) and command.expire_at > FAR:
                tag = command.expire_at - FAR
                self.logged[tag] += 1
                self.refs[tag] = (command.account, command.ref)
                if any(isinstance(event, ev.OrderAccepted) for event in events):
                    self.accepted.add(tag)

        replay(folder, on_record).venue.check()
        self.reports = {
            name: list(map(wire.decode_from_venue, Unframer(1 << 24).feed(box.frames(0, box.end))))
            for name, box in boxes.boxes.items()
        }

    def check(self, program: Program) -> Counter[str]:
        """Hold a program's futures and events against the log."""
        reports = self.reports[program.name]
        assert [report.seq for report in reports] == list(range(1, len(reports) + 1))
        assert program.reports == reports, "what was taken is not what the log has"
        assert all(future.done() for future in program.statuses)
        outcomes: Counter[str] = Counter()
        for tag, future in program.asked + program.took_over:
            assert future.done(), "a future that nobody will end"
            outcomes[self.outcome(reports, tag, future)] += 1
        return outcomes

    def outcome(self, reports: list[Any], tag: int, future: Pending[Any]) -> str:
        """Hold one future against the log; return what became of it."""
        if future.cancelled():
            return "given up"
        error = future.exception()
        if error is None:
            answer = future.result()
            assert reports[answer.seq - 1] == answer
            assert not tag or (self.refs[tag][1] == future.ref and tag in self.accepted)
            return "answered"
        if isinstance(error, RejectedError):
            assert reports[error.report.seq - 1] == error.report
            assert not tag or (tag in self.refs and tag not in self.accepted)
            return "refused"
        assert isinstance(error, ClientError), error
        if isinstance(error, NotTakenError) or error.known == NEVER_SENT:
            assert tag not in self.refs, f"{error} is not true"
            return type(error).__name__ + (" never sent" if error.known else "")
        return "not known"


async def storm(seed: int, seconds: float, folder: Path) -> None:
    """Run one."""
    rng = Random(seed)
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 60.0  # a slow machine is no fault
    complaints: list[str] = []
    loop.set_exception_handler(lambda _, context: complaints.append(str(context)))
    venue = await asyncio.to_thread(VenueProcess, folder)
    tags = [0]
    over = asyncio.Event()
    try:
        async with HostileLink(rng, venue.port) as link:
            programs = [
                Program(name, side, link.port, Random(rng.random()), tags)
                for name, side in zip(NAMES, Side, strict=True)
            ]
            running = [asyncio.create_task(program.run(over)) for program in programs]
            threads = Threads(link.port, Random(seed))
            deadline = loop.time() + seconds
            while loop.time() < deadline or (  # a slow machine answers little in that time
                loop.time() < deadline + LONGEST
                and sum(program.answered for program in programs) < ENOUGH
            ):
                calling = asyncio.create_task(asyncio.to_thread(threads.run))
                await asyncio.sleep(rng.random() * seconds / 3)
                if rng.random() < 0.5:
                    await venue.again()
                await calling
            over.set()
            link.settle()
            done, late = await asyncio.wait(running, timeout=60)
            assert not late, [program.stuck() for program in programs]
            for task in done:
                task.result()
            await venue.again()
            for program in programs:
                async with program.client(last_seen=program.last_seen) as client:
                    last = (await client.status()).seq
                await program.finish(last)
    finally:
        venue.kill()
    truth = Truth(folder)
    assert not [tag for tag, times in truth.logged.items() if times > 1], "an order twice"
    outcomes: Counter[str] = Counter()
    for program in programs:
        outcomes += truth.check(program)
    assert not threads.wrong, threads.wrong
    await asyncio.sleep(0.05)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, left
    gc.collect()
    assert not complaints, complaints
    sys.stdout.write(
        f"seed {seed}: {dict(outcomes)}, {link.connections} connections, {link.cuts} cuts, "
        f"{venue.kills} kills, {threads.calls} blocking calls\n"
    )


def descriptors() -> list[str]:
    """Return what this process has open."""
    found = []
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208 - bare names are wanted
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{number}"))  # noqa: PTH115
    return sorted(name for name in found if not name.startswith("/proc/"))


def main(seed: int, seconds: float) -> None:
    """Run one storm in a process of its own; whatever it leaves is an error."""
    before = descriptors()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(storm(seed, seconds, Path(folder)), debug=True)
    gc.collect()
    assert descriptors() == before
    assert threading.enumerate() == [threading.main_thread()]


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
