"""The load generator: a fixed rate whatever the venue does, or as much as the pipe takes.

*Open loop*: message number ``n`` is due at ``start + n / rate``. Its latency counts from then,
even when it could only be sent later, so a venue that stalls cannot hide the messages that waited
for it. *Full pipe*: each session keeps a window of messages unanswered. Everything is encoded
before the start into one block per session; sending is a slice of it, and times go into arrays,
so that the generator has several times the venue's speed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import structs

from engine.vocabulary.enums import Mechanism, Phase
from gateway.load.script import Means, Plan, total_messages, write_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.load.session import LoadSession
    from gateway.protocol import wire, wire_account, wire_market

LOGON_WITHIN: Final = 30.0  # seconds for all sessions to log on and take their old reports
HANG_UP_WITHIN: Final = 5.0
DRAIN_WITHIN: Final = 15.0  # seconds for the last answers after the last message
HEARTBEAT_MS: Final = 600_000  # the load is its own heartbeat
SHOW_EVERY: Final = 0.5  # seconds between looks of people at a run's progress
OFF_WITH_EACH: Final = 3  # orders of a session that go with each that crosses, filled or taken off
LOADED: Final = (Mechanism.ORDER_BOOK, Mechanism.LISTING, Mechanism.FIXED_PRICE,
                 Mechanism.NEGOTIATED)  # fmt: skip

_clock: Final = time.perf_counter_ns

Show: TypeAlias = Callable[[float, int, int], None]  # share of the run, messages sent, answered


class LoadError(Exception):
    """The load cannot be run; the text says what to do."""


class NotYetError(LoadError):
    """The venue does not answer, or recovers: it may do so later."""


class Pace:
    """Sends each message when it is due, spinning between: timers are coarser than latencies."""

    def __init__(self, sessions: Sequence[LoadSession], rate: int, total: int, start: int) -> None:
        """Send ``total`` messages over all sessions in turn, ``rate`` a second from ``start``."""
        self.over = asyncio.Event()
        self._sessions = sessions
        self._rate = rate
        self._total = total
        self._start = start
        self._sent = 0
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._spin)

    def _spin(self) -> None:
        now = _clock()
        passed = now - self._start
        due = min(passed * self._rate // 1_000_000_000 + 1, self._total) if passed >= 0 else 0
        if due > self._sent:
            count = len(self._sessions)
            for turn in range(self._sent, min(due, self._sent + count)):
                place = turn % count
                self._sessions[place].send((due - place + count - 1) // count, now)
            self._sent = due
        else:
            # Without this the kernel may let its own threads, which finish a disk's sync, wait
            # until the next tick of its clock, 4 ms away: the venue would look slow.
            os.sched_yield()
        if due >= self._total or all(session.over.is_set() for session in self._sessions):
            self.over.set()
        else:
            self._loop.call_soon(self._spin)


class Taken(msgspec.Struct):
    """What a run left behind, before it is folded into figures. Times: perf_counter, ns."""

    plan: Plan
    sessions: list[Any]
    start: int
    cpu_ns: int  # of this process, from the start until everything was answered
    wall_ns: int


async def log_on(
    host: str, port: int, sessions: Sequence[LoadSession], tls: ssl.SSLContext | None = None
) -> None:
    """Connect all sessions; wait until each knows its account's past and present.

    Raises ``LoadError``.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOGON_WITHIN):
            for session in sessions:
                await loop.create_connection(lambda s=session: s, host, port, ssl=tls)
            for session in sessions:
                await session.ready.wait()
                session.ask_for_last()
            for session in sessions:
                await session.told.wait()
    except TimeoutError:
        message = f"not all of {len(sessions)} sessions could log on within {LOGON_WITHIN:.0f} s"
        raise LoadError(message) from None
    except ssl.SSLCertVerificationError as error:
        message = (
            f"{host}:{port} shows a certificate that is not trusted "
            f"({error.verify_message}): give its own (--tls FILE)"
        )
        raise LoadError(message) from None
    except OSError as error:
        message = f"no venue answers at {host}:{port} ({error}): is it running?"
        raise NotYetError(message) from None
    for session in sessions:
        if session.recovering:
            raise NotYetError(session.error)
        if session.error:
            known = tls is not None or session.info is not None or session.told_why
            hint = "" if known else "; if it speaks TLS: --tls FILE"
            message = f"{session.error}{hint}"
            raise LoadError(message)


async def hang_up(sessions: Sequence[LoadSession], *, tidy: bool) -> None:
    """Log all sessions out and wait until their connections have gone.

    Where it is to be ``tidy`` they take back what still rests in the line.
    """
    for session in sessions:
        session.close(tidy=tidy)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HANG_UP_WITHIN):
            for session in sessions:
                await session.gone.wait()
    for session in sessions:
        session.abandon()


def prepare(sessions: Sequence[LoadSession], plan: Plan, *, own: bool) -> None:
    """Write every session's script, within what its account has. Raises ``LoadError``.

    An ``own`` venue lets sessions trade with themselves; another takes their orders off instead.
    """
    mix = plan.mix
    if not own:
        alone = len(sessions) == 1
        mix = structs.replace(mix, taken=mix.keep if alone else max(mix.taken, OFF_WITH_EACH))
    total = total_messages(plan)
    count = len(sessions)
    for session in sessions:
        assert session.info is not None
        line = _choose(session.info, plan.symbol)
        means = _means(session, line)
        share = (total - session.number + count - 1) // count
        rng = random.Random(f"{plan.seed}:{session.number}")  # noqa: S311 - repeatable
        first = session.info.last_ref + 1
        session.script = write_script(mix, line, rng, range(first, first + share), means)
        session.symbol = line.symbol
        session.limit = share


def _choose(info: wire.LoggedOn, wanted: str) -> wire_market.LineInfo:
    """Return the line that was named, or the first of the liveliest mechanism that trades."""
    found = (
        [line for line in info.lines if line.symbol == wanted]
        if wanted
        else [
            line
            for mechanism in LOADED
            for line in info.lines
            if line.mechanism is mechanism and line.phase is Phase.CONTINUOUS
        ]
    )
    if found and found[0].mechanism in LOADED:
        return found[0]
    if found:
        message = f"{wanted} has one-way auctions: their bids cannot be written in advance"
        raise LoadError(message)
    what = f"no line {wanted}" if wanted else "no line that trades and takes a load"
    symbols = ", ".join(_described(line) for line in info.lines)
    message = f"{what}: the venue has {symbols}"
    raise LoadError(message)


def _described(line: wire_market.LineInfo) -> str:
    auctions = "" if line.mechanism in LOADED else ", of one-way auctions: none"
    return f"{line.symbol} ({line.phase.name.lower()}{auctions})"


def _means(session: LoadSession, line: wire_market.LineInfo) -> Means:
    """Return what an account may use in a line. Raises ``LoadError`` where that is too little."""
    status = session.status
    if status is None:
        raise LoadError(session.error or f"session {session.number} was not told its account")

    def free(name: str, table: Sequence[wire_account.BalanceStatus]) -> int:
        return sum(each.total - each.reserved for each in table if each.name == name)

    means = Means(free(line.currency, status.cash), free(line.product, status.holdings))
    least = max(line.min_quantity, line.lot)
    if means.tonnes < 2 * least and means.cash < 3 * least * max(line.reference, 1):
        message = (
            f"account {session.account} has {means.cash} {line.currency} (minor units) and "
            f"{means.tonnes} tonnes of {line.product} free: too little for orders of "
            f"{least} in {line.symbol}"
        )
        raise LoadError(message)
    return means


async def drive(sessions: Sequence[LoadSession], plan: Plan, show: Show) -> Taken:
    """Run the load that was prepared and wait for the last answers; ``show`` how it goes."""
    total = sum(session.limit for session in sessions)
    gc.collect()
    gc.freeze()
    gc.disable()
    showing = asyncio.create_task(_show(sessions, plan, total, show))
    try:
        cpu = time.process_time_ns()
        start = _clock()
        if plan.rate:
            await Pace(sessions, plan.rate, total, start).over.wait()
        else:
            # Without a count of messages the time decides, and the script may be longer.
            if not plan.messages:
                stop = start + int((plan.warmup + plan.duration) * 1e9)
                for session in sessions:
                    session.deadline = stop
            for session in sessions:
                session.window = plan.window
                session.send(plan.window, _clock())
        await _drained(sessions, plan)
        taken = Taken(plan, list(sessions), start, time.process_time_ns() - cpu, _clock() - start)
        await _completed(sessions)
        return taken
    finally:
        showing.cancel()
        gc.enable()
        gc.unfreeze()


async def _show(sessions: Sequence[LoadSession], plan: Plan, total: int, show: Show) -> None:
    """Say now and then which share is done: of the messages, or of the time."""
    begun = _clock()
    while True:
        answered = sum(session.answered for session in sessions)
        share = answered / max(total, 1)
        if not plan.rate and not plan.messages:
            share = (_clock() - begun) / 1e9 / (plan.warmup + plan.duration)
        show(min(share, 1.0), sum(session.sent for session in sessions), answered)
        await asyncio.sleep(SHOW_EVERY)


async def _drained(sessions: Sequence[LoadSession], plan: Plan) -> None:
    """Wait while answers come; give up when none has come for a while."""
    for session in sessions:
        if session.answered == session.sent == session.limit:
            session.over.set()
    patience = DRAIN_WITHIN + (0 if plan.rate else plan.duration + plan.warmup)
    before = -1
    while True:
        answered = sum(session.answered for session in sessions)
        if answered == before:
            return  # nothing more comes: the report says how many are outstanding
        before = answered
        try:
            async with asyncio.timeout(patience):
                for session in sessions:
                    await session.over.wait()
        except TimeoutError:
            continue
        return


async def _completed(sessions: Sequence[LoadSession]) -> None:
    """Wait for the reports behind the last answers, so that both sides of every trade are here."""
    for session in sessions:
        session.ask_for_last()
    with contextlib.suppress(TimeoutError):  # ``missing`` says what did not come
        async with asyncio.timeout(DRAIN_WITHIN):
            for session in sessions:
                await session.complete.wait()
