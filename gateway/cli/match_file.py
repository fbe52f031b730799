"""A file of commands through a rulebook, without a network: the quickest way to test a rule."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from engine.venue.venue import Venue
from engine.vocabulary.commands import MoveAllowances, MoveCash, OpenAccount, SetPhase
from engine.vocabulary.enums import Phase
from engine.vocabulary.json_codec import command_from_line, command_from_object, to_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command

FUNDS = 10**15  # minor units that an account of a CSV file starts with
TONNES = 10**10  # of every product
_WHOLE = ("ref", "quantity", "display", "expire_at")


class FileError(ValueError):
    """A line that is not a command; the text has its number, the field and the rule."""


def read_json_lines(lines: Iterable[str], digits: int) -> Iterator[Command]:
    """Yield the commands of a JSON Lines file; blank lines and ``#`` lines are passed over.

    Raises ``FileError``.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            yield command_from_line(line, digits)
        except ValueError as error:  # a line that is not read, or no command
            message = f"line {number}: {error}"
            raise FileError(message) from error


def read_orders(lines: Iterable[str], rulebook: Rulebook) -> Iterator[Command]:
    """Yield the commands of a CSV file of orders: its accounts opened and funded, its orders.

    The header names fields of ``new_order``; ``account``, ``symbol``, ``side``, ``quantity`` are
    needed, ``price`` is a decimal, a missing ``ref`` counts up. Every market is opened
    for continuous trading first. Raises ``FileError``.
    """
    try:
        rows = list(csv.DictReader(lines))
    except csv.Error as error:
        message = f"not a table of orders: {error}"
        raise FileError(message) from error
    for account in dict.fromkeys(row.get("account") or "" for row in rows):
        yield OpenAccount(account)
        yield MoveCash(account, FUNDS)
        for product in rulebook.products:
            yield MoveAllowances(account, product.symbol, TONNES)
    yield SetPhase(Phase.CONTINUOUS)
    refs: dict[str, int] = {}
    for number, row in enumerate(rows, 2):
        filled: dict[str, Any] = {key: text for key, text in row.items() if text}
        account = row.get("account") or ""
        refs[account] = refs.get(account, 0) + 1
        filled.setdefault("ref", refs[account])
        try:
            for field in _WHOLE:
                if field in filled:
                    filled[field] = int(filled[field])
            if "post_only" in filled:
                filled["post_only"] = filled["post_only"].lower() == "true"
            yield command_from_object({"type": "new_order"} | filled, rulebook.minor_digits)
        except ValueError as error:
            message = f"line {number}: {error}"
            raise FileError(message) from error


def run(rulebook: Rulebook, commands: Iterable[Command]) -> tuple[Venue, Iterator[str]]:
    """Return a new venue and, lazily, its events as JSON lines while the commands are applied."""
    venue = Venue(rulebook)

    def lines() -> Iterator[str]:
        for command in commands:
            for event in venue.apply(command):
                yield json.dumps(to_object(event), ensure_ascii=False)

    return venue, lines()
