"""A venue as the pages' server sees it, and one that runs in the same process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from engine.rulebook.calendar import local_date, steps
from engine.rulebook.model import line_name
from gateway.web.link import NearLink
from gateway.web.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gateway.server.node import Node
    from gateway.web.link import Heard, Link
    from gateway.web.settings import Web

Control: TypeAlias = "Callable[[object], list[Any]]"
HELLO = "hello"  # the item that every page begins with; no page may ask for it


class Source(Protocol):
    """Where pages have a venue from."""

    def clock(self) -> int:
        """Return the venue's time, in ns UTC."""

    def watch(self, heard: Heard, gone: Callable[[], None]) -> Link:
        """Connect as the one who sees public data without a logon.

        ``heard`` is called with all that one tick wrote at once.
        """

    def connect(self, heard: Heard, gone: Callable[[], None], host: str) -> Link:
        """Connect as a client at ``host``, who has to log on."""

    async def ask(self, word: str, what: object) -> list[Any]:
        """Return the item that answers one led by a word. Raises ``KeyError`` for another word."""


class Near:
    """A venue in this process."""

    def __init__(
        self,
        node: Node,
        web: Web,
        controls: Mapping[str, Control] | None = None,
    ) -> None:
        """Show ``node``; ``controls`` answer what a page says under a word."""
        self._node = node
        self._web = web
        self._controls = controls or {}

    def clock(self) -> int:
        """Return the node's time."""
        return self._node.clock()

    def watch(self, heard: Heard, gone: Callable[[], None]) -> Link:
        """Connect as the one who sees public data without a logon."""
        return NearLink(self._node, heard, gone, Watcher(self._node, curves=self._web.curves))

    def connect(self, heard: Heard, gone: Callable[[], None], host: str) -> Link:
        """Connect as a client at ``host``, who has to log on."""
        return NearLink(self._node, heard, gone, host=host)

    async def ask(self, word: str, what: object) -> list[Any]:
        """Return the item that answers one led by a word."""
        return self.answer(word, what)

    def answer(self, word: str, what: object) -> list[Any]:
        """Return the item that answers one led by a word. Raises ``KeyError`` for another word."""
        if word == HELLO:
            found = hello(self._node, [*self._controls], timetable=self._web.timetable)
            return [HELLO, found | {"real_day": self._web.real_day}]
        return self._controls[word](what)


def hello(node: Node, controls: list[str], *, timetable: bool) -> dict[str, Any]:
    """Return what a page must know before anything else."""
    book = node.sequencer.venue.rulebook
    today = local_date(book.calendar, node.clock())
    return {
        "controls": controls,
        "venue": book.name, "title": book.title, "durability": node.durability,
        "currency": book.currency, "digits": book.minor_digits,
        "utc_offset_minutes": book.calendar.utc_offset_minutes,
        "steps": [[each.time, each.command.symbol, int(each.command.phase)]
                  for each in steps(book, today) if timetable],
        "picks": {line_name(product, mode, book.modes_of(product)[0]):
                  [mode.pick.name.lower(), mode.pick_levels]
                  for product in book.products for mode in book.modes_of(product)},
    }  # fmt: skip
