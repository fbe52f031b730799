"""One load run from the outside: start a server if none is named, log on, drive, stop it."""

from __future__ import annotations

import asyncio
import os
import secrets
import ssl  # noqa: TC003 - the same
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from gateway.load.generator import (
    HEARTBEAT_MS,
    NotYetError,
    Taken,
    drive,
    hang_up,
    log_on,
    prepare,
)
from gateway.load.server import Settings  # noqa: TC001 - the same
from gateway.load.session import LoadSession
from gateway.protocol import wire
from gateway.protocol.proof import NONCE_BYTES
from gateway.runtime.event_loop import run
from gateway.runtime.subprocess import Child, ServerStats, pin
from gateway.server.accounts import Credentials  # noqa: TC001 - msgspec reads the annotations

if TYPE_CHECKING:
    from gateway.load.generator import Show
    from gateway.load.script import Plan

OWN_SERVER: Final = "gateway.load.server"
LOOK_EVERY: Final = 0.2  # seconds between attempts, where there is time to wait


class Target(msgspec.Struct, frozen=True):
    """Which venue to load. ``own`` starts one, with ``module``."""

    host: str
    port: int
    credentials: tuple[Credentials, ...]
    own: Settings | None = None
    module: str = OWN_SERVER
    tls: ssl.SSLContext | None = None  # without one it is spoken to in plain TCP
    wait: float = 0.0  # seconds, for a venue that does not answer yet, or recovers


class Outcome(NamedTuple):
    """What a run left behind. The server's counts are there only where it is our own."""

    taken: Taken
    before: ServerStats | None = None
    after: ServerStats | None = None
    stopped: ServerStats | None = None


def run_load(target: Target, plan: Plan, load_core: int, show: Show = lambda *_: None) -> Outcome:
    """Run a plan, this process pinned to ``load_core`` meanwhile (negative: not pinned).

    ``show`` is told how it goes. Raises ``LoadError`` and ``ChildError``.
    """
    with ExitStack() as stack:
        if target.own is None:
            _pinned(stack, load_core)
            return Outcome(run(_drive(target, target.port, plan, None, show))[0])
        settings = msgspec.json.encode(target.own).decode()
        child = stack.enter_context(Child(["-m", target.module, settings]))
        _pinned(stack, load_core)
        taken, before = run(_drive(target, child.port, plan, child, show))
        return Outcome(taken, before, child.ask(), child.stop())


def _pinned(stack: ExitStack, core: int) -> None:
    if core >= 0:
        stack.callback(os.sched_setaffinity, 0, os.sched_getaffinity(0))
        pin(core)


async def _drive(
    target: Target, port: int, plan: Plan, child: Child | None, show: Show
) -> tuple[Taken, ServerStats | None]:
    sessions = await _logged_on(target, port)
    try:
        prepare(sessions, plan, own=target.own is not None)
        before = child.ask() if child is not None else None
        return await drive(sessions, plan, show), before
    finally:
        await hang_up(sessions, tidy=target.own is None)


async def _logged_on(target: Target, port: int) -> list[LoadSession]:
    """Return sessions that are logged on; wait for the venue as long as it may take.

    Raises ``LoadError``.
    """
    until = time.monotonic() + target.wait
    while True:
        sessions = [
            LoadSession(
                number,
                wire.Logon(
                    wire.VERSION,
                    c.member,
                    c.name,
                    secrets.token_hex(NONCE_BYTES),
                    last_seen=-1,  # all earlier ones could be millions
                    heartbeat_ms=HEARTBEAT_MS,
                ),
                c.key,
            )
            for number, c in enumerate(target.credentials)
        ]
        try:
            await log_on(target.host, port, sessions, target.tls)
        except BaseException as error:
            await hang_up(sessions, tidy=False)
            left = until - time.monotonic()
            if not isinstance(error, NotYetError) or left <= 0:
                raise
            await asyncio.sleep(min(left, LOOK_EVERY))
            continue
        return sessions
