"""A shell without a terminal: scripts of lines, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from gateway.cli.terminal.calls import Calls
from gateway.cli.terminal.session import Session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gateway.cli.terminal.desk import Desk
    from gateway.client.client import Client


class Script:
    """Lines as typed, with things that others do in between; keeps what is shown."""

    interactive = False

    def __init__(self, *steps: str | Callable[[], Awaitable[object]]) -> None:
        self.steps = list(steps)
        self.shown: list[str] = []
        self.desk: Desk | None = None

    def __enter__(self) -> Self:
        """Nothing is kept open."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing is kept open."""

    async def read(self) -> str | None:
        while self.steps:
            step = self.steps.pop(0)
            if isinstance(step, str):
                return step
            await step()
        return None

    def say(self, text: str) -> None:
        self.shown.append(text)

    def refuse(self, text: str) -> None:
        self.shown.append(f"! {text}")

    def changed(self) -> None:
        text = self.desk.best_of_watched() if self.desk is not None else ""
        if text:
            self.shown.append(text)


async def talk(client: Client, *steps: str | Callable[[], Awaitable[object]]) -> list[str]:
    """Open a shell, type the lines, return all that it showed."""
    script = Script(*steps)
    await Session(Calls(client), script).run()
    return script.shown
