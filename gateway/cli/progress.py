"""A running count on standard error while something long is worked off, for people only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

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


@contextmanager
def shares(what: str, console: Console | None = None) -> Iterator[Callable[[float, str], None]]:
    """Yield what to call with the share that is done and a word on it; nothing without a terminal.

    It draws when it is called and at no other time: what it shows may be a measurement.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield lambda _share, _text: None
        return
    columns = (TextColumn(what), BarColumn(), TextColumn("{task.percentage:3.0f}%"),
               TextColumn("{task.description}"))  # fmt: skip
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as progress:
        task = progress.add_task("", total=1.0)

        def show(share: float, text: str) -> None:
            progress.update(task, completed=share, description=text, refresh=True)

        yield show
