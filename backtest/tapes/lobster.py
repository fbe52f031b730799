"""LOBSTER files: one exchange's messages of a day, and the book that they left, row for row.

A message file has six columns without a heading: time (seconds after midnight), type, order id,
size, price (ten-thousandths of a dollar) and direction (1 a buy order, -1 a sell order; that of the
resting order where one is executed). A seventh, of the market participant, may follow. An orderbook
file has one row for each message, the state after it: ask price, ask size, bid price, bid size,
and so on from the best level to the last. See https://lobsterdata.com.
"""

from __future__ import annotations

import csv
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.vocabulary.texts import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NS_DIGITS: Final = 9
_COLUMNS: Final = ("time", "type", "order id", "size", "price", "direction")
_DUMMY: Final = 9_999_999_999  # the price of a level that is not there, negative for bids
_LONGEST: Final = 18  # figures that fit 63 bits
_DAY_SECONDS: Final = 86_400


class LobsterError(ValueError):
    """A file that is no LOBSTER file; the text names file, row and column."""


class Kind(IntEnum):
    """What a message says."""

    NEW = 1
    REDUCE = 2  # a part of an order is cancelled
    DELETE = 3
    EXECUTE = 4  # of a visible order
    HIDDEN = 5  # execution of an order that the book never showed
    CROSS = 6  # a trade in an auction
    HALT = 7  # price -1: halted, 0: quotes only, 1: trading again


class Message(NamedTuple):
    """One row of a message file."""

    time: int  # ns after midnight
    kind: Kind
    order: int
    size: int
    price: int
    buys: bool  # the side of the (resting) order


class Levels(NamedTuple):
    """One row of an orderbook file: (price, size), best first."""

    asks: list[tuple[int, int]]
    bids: list[tuple[int, int]]


def read_messages(path: Path) -> list[Message]:
    """Read a message file. Raises ``LobsterError`` and ``OSError``."""
    found: list[Message] = []
    for number, cells in _rows(path):
        if len(cells) not in {6, 7}:
            problem = f"{len(cells)} columns; a message has {', '.join(_COLUMNS)}"
            raise LobsterError(_at(path, number, problem))
        time = _time(path, number, cells[0])
        kind, order, size, price, direction = (
            _whole(path, number, name, cell)
            for name, cell in zip(_COLUMNS[1:], cells[1:6], strict=True)
        )
        if kind not in Kind._value2member_map_:
            raise LobsterError(_at(path, number, f"type: {kind} is not one of 1 to 7"))
        if kind != Kind.HALT:
            if size <= 0:
                raise LobsterError(_at(path, number, f"size: {size} is not above 0"))
            if price <= 0:
                raise LobsterError(_at(path, number, f"price: {price} is not above 0"))
            if direction not in {1, -1}:
                raise LobsterError(_at(path, number, f"direction: {direction} is not 1 or -1"))
        if found and time < found[-1].time:
            raise LobsterError(
                _at(path, number, f"time: {cells[0]} is before that of the row above")
            )
        found.append(Message(time, Kind(kind), order, size, price, direction == 1))
    if not found:
        message = f"{path}: no messages"
        raise LobsterError(message)
    return found


def read_book(path: Path) -> list[Levels]:
    """Read an orderbook file. Raises ``LobsterError`` and ``OSError``."""
    found: list[Levels] = []
    columns = 0
    for number, cells in _rows(path):
        columns = columns or len(cells)
        if len(cells) != columns or len(cells) % 4:
            four = "ask price, ask size, bid price, bid size"
            problem = f"{len(cells)} columns; each level has four: {four}"
            raise LobsterError(_at(path, number, problem))
        asks, bids = [], []
        for level in range(len(cells) // 4):
            ask, ask_size, bid, bid_size = (
                _whole(path, number, f"{what} {level + 1}", cell)
                for what, cell in zip(
                    ("ask price", "ask size", "bid price", "bid size"),
                    cells[4 * level : 4 * level + 4],
                    strict=True,
                )
            )
            if abs(ask) != _DUMMY and ask_size:
                asks.append((ask, ask_size))
            if abs(bid) != _DUMMY and bid_size:
                bids.append((bid, bid_size))
        found.append(Levels(asks, bids))
    return found


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="ascii", newline="") as file:
            for number, cells in enumerate(csv.reader(file), 1):
                if cells:
                    yield number, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        message = f"{path}: not a text of figures and commas, as LOBSTER's .csv files are"
        raise LobsterError(message) from error
    except csv.Error as error:
        message = f"{path}: {error}"
        raise LobsterError(message) from error


def _at(path: Path, row: int, problem: str) -> str:
    return f"{path}, row {row}: {problem}"


def _time(path: Path, row: int, text: str) -> int:
    """Return ns from seconds with up to nine decimals, exactly; further decimals are cut off."""
    seconds, _, decimals = text.partition(".")
    digits = seconds + decimals
    whole = seconds and digits.isascii() and digits.isdigit() and len(seconds) <= _LONGEST
    if not whole or int(seconds) >= _DAY_SECONDS:
        problem = f"time: {shown(text)} is not a number of seconds after midnight"
        raise LobsterError(_at(path, row, problem))
    return int(seconds) * 10**_NS_DIGITS + int(decimals[:_NS_DIGITS].ljust(_NS_DIGITS, "0"))


def _whole(path: Path, row: int, column: str, text: str) -> int:
    figures = text.removeprefix("-")
    if not (figures.isascii() and figures.isdigit()) or len(figures) > _LONGEST:
        raise LobsterError(_at(path, row, f"{column}: {shown(text)} is not a whole number"))
    return int(text)
