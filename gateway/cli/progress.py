"""A running count on standard error while something long is worked off, for people only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVERY: Final = 5_000


@contextmanager
def counting(what: str, console: Console | None = None) -> Iterator[Callable[[], None]]:
    """Yield what to call for each thing done; nothing is shown without a terminal."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    done = 0
    with console.status(f"0 {what}") as status:

        def one() -> None:
            nonlocal done
            done += 1
            if done % EVERY == 0:
                status.update(f"{done:,} {what}")

        yield one
