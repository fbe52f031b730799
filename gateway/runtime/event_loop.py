"""The event loop that everything in the gateway runs on: uvloop where it is installed."""

from __future__ import annotations

import asyncio
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
