"""The shell in a terminal, on prompt_toolkit: history, completion, a book below the prompt."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.renderer import CPR_Support

from gateway.cli.terminal import tables, verbs
from gateway.cli.terminal.words import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from gateway.cli.terminal.desk import Desk

PROMPT: Final = "carbonx> "
REDRAW_EVERY: Final = 0.1  # seconds at least between two drawings of a watched book
HISTORY: Final = "shell_history"


class Console:
    """Reads lines with a prompt; what happens is shown above it."""

    interactive: bool = True

    def __init__(self) -> None:
        """Take the terminal of the standard streams."""
        self.desk: Desk | None = None
        self.line = 0
        self._session: PromptSession[str] = PromptSession(
            PROMPT,
            history=history(),
            completer=VerbCompleter(lambda: self.desk),
            auto_suggest=AutoSuggestFromHistory(),
            bottom_toolbar=self._watched,
            complete_while_typing=False,  # with Tab: what happens meanwhile is drawn there too
        )
        self._session.app.min_redraw_interval = REDRAW_EVERY
        self._above = patch_stdout()

    def __enter__(self) -> Self:
        """Show from now on above the prompt whatever is printed."""
        self._above.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Show what is left, and print as before."""
        self._above.__exit__(None, None, None)

    async def read(self) -> str | None:
        """Return the next line, None at the end; Ctrl-C gives a line up."""
        try:
            return await self._session.prompt_async()
        except KeyboardInterrupt:
            return ""
        except EOFError:
            return None

    def say(self, text: str) -> None:
        """Show a text above the prompt."""
        if text:
            click.echo(readable(text))

    def refuse(self, text: str) -> None:
        """Say that a line was not taken."""
        self.say(text)

    def changed(self) -> None:
        """Draw the watched book again; in a terminal without room for it tell its best prices."""
        app = self._session.app
        below = app.renderer.cpr_support is not CPR_Support.NOT_SUPPORTED
        if self.desk is None or below or app.renderer.height_is_known:
            app.invalidate()
        elif text := self.desk.best_of_watched():
            self.desk.tell(text)

    def _watched(self) -> str | None:
        desk = self.desk
        line = desk.view.lines.get(desk.watched) if desk is not None else None
        if desk is None or line is None:
            return None
        return readable(tables.book(desk, line, tables.WATCHED_LEVELS))


class VerbCompleter(Completer):
    """Completes verbs, and each of their words by what it stands for."""

    def __init__(self, desk: Callable[[], Desk | None]) -> None:
        """Complete with what a desk knows, once there is one."""
        self._desk = desk

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """Yield what the word before the cursor may become."""
        del complete_event
        desk = self._desk()
        *before, begun = document.text_before_cursor.split(" ")
        before = [word for word in before if word]
        for text, meaning in self._possible(desk, before) if desk is not None else ():
            if text.lower().startswith(begun.lower()):
                yield Completion(text, -len(begun), display_meta=meaning)

    def _possible(self, desk: Desk, before: list[str]) -> Iterator[tuple[str, str]]:
        if not before:
            yield from ((name, verb.does) for name, verb in verbs.VERBS.items())
            return
        verb = verbs.VERBS.get(verbs.ALIASES.get(before[0], before[0]))
        if verb is None or not verb.places:
            return
        place = len(before) - 1
        if place < len(verb.places):
            what = verb.places[place]
        elif verb.usage.endswith("...]"):
            what = verb.places[-1]
        else:
            return
        for each in what.strip("[]").split("|"):
            yield from self._words(desk, each, before)

    def _words(self, desk: Desk, what: str, before: list[str]) -> Iterator[tuple[str, str]]:
        """Yield the words that stand for LINE, ORDER and so on."""
        if what == "LINE":
            yield from ((symbol, line.info.title) for symbol, line in desk.view.lines.items())
        elif what == "ORDER":
            for order in desk.orders.values():
                yield str(order.ref), desk.teller.order(order)
        elif what == "NUMBER":
            for (_, number), offer in desk.offers(before[1]).items():
                yield str(number), f"{offer.side.name.lower()} {offer.quantity}"
        elif what == "SIDE":
            yield from (("buy", ""), ("sell", ""))
        elif what == "VERB":
            yield from ((name, "") for name in verbs.VERBS)
        elif what == "TERM":
            terms = verbs.AUCTION_TERMS if before[0] == "announce" else verbs.ORDER_TERMS
            yield from ((term, "") for term in terms)
        elif what.islower():
            yield what, ""


# -- what was typed in earlier sessions ----------------------------------------------------------


class KeptHistory(FileHistory):
    """Lines in a file; one that cannot be written is only forgotten later."""

    def store_string(self, string: str) -> None:
        """Append a line where that is possible."""
        try:
            super().store_string(string.encode("utf-8", "replace").decode("utf-8"))
        except OSError:
            return


def history_file() -> Path:
    """Return where typed lines are kept: in the user's state folder, after the XDG rules."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return folder / "carbonx" / HISTORY


def history() -> History:
    """Return the history that is kept in a file, or one of this session where there is none."""
    try:
        path = history_file()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600))
    except (OSError, RuntimeError):  # the latter: there is no home
        return InMemoryHistory()
    return KeptHistory(str(path))
