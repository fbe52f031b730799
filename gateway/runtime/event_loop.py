"""The event loop that everything in the gateway runs on: uvloop where it is installed.

What a system's loops lack is asked for here: Windows has no uvloop, no signal handlers of a loop
and, in asyncio, no unix sockets.
"""

from __future__ import annotations

import asyncio
import signal
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_Result = TypeVar("_Result")


def factory() -> tuple[str, Callable[[], asyncio.AbstractEventLoop] | None]:
    """Return the loop's name with its version, and what makes one (None: asyncio's own)."""
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        return "asyncio", None
    return f"uvloop {metadata.version('uvloop')}", uvloop.new_event_loop


def run(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine on a new loop until it is done."""
    with asyncio.Runner(loop_factory=factory()[1]) as runner:
        return runner.run(main)


def on_stop(stop: Callable[[], object]) -> None:
    """Have the running loop call ``stop`` when the process is asked to end, by Ctrl-C or kill."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stop))


def has_unix_sockets() -> bool:
    """Say whether an operator's socket can be made and reached."""
    return hasattr(asyncio, "start_unix_server")
