"""A stretch of the log with what came of it: what the replay hands out to be made into tables.

Here is nothing but values, so that it can be sent to another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, get_args

import msgspec

from engine.vocabulary.commands import Command
from engine.vocabulary.events import (
    AuctionTrade,
    DepthChanged,
    Event,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderReduced,
    OrderResting,
    OrderTriggered,
    Trade,
)

if TYPE_CHECKING:
    import numpy as np
    from msgspec import Struct
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int64]
    Bytes: TypeAlias = NDArray[np.uint8]
    Counts: TypeAlias = NDArray[np.uint32]

EVENTS: Final[tuple[type[Struct], ...]] = get_args(Event)
COMMANDS: Final[tuple[type[Struct], ...]] = get_args(Command)
EVENT_NUMBERS: Final = {kind: number for number, kind in enumerate(EVENTS)}
COMMAND_NUMBERS: Final = {kind: number for number, kind in enumerate(COMMANDS)}
NULL: Final = -(1 << 63)  # no engine's figure is so low
# The events that the largest tables are made of.
TRADES: Final = (Trade, AuctionTrade)
DEPTHS: Final = (
    OrderAccepted,
    OrderResting,
    OrderCancelled,
    OrderReduced,
    DepthChanged,
    Trade,
    OrderAmended,
)
LIVES: Final = (
    OrderAccepted,
    OrderResting,
    OrderTriggered,
    OrderAmended,
    OrderReduced,
    OrderCancelled,
    *TRADES,
)
lines: Final = msgspec.json.Encoder().encode_lines  # events of one kind, as ``read`` takes them


class Stretch(NamedTuple):
    """Records in a row. The place of an event is its number among those of the stretch."""

    seq: int  # of the first record
    times: Ints  # of the records
    counts: Counts  # of the records: how many events each has
    commands: Bytes  # of the records: the number of the command's kind
    order_types: Bytes  # of the records, 0 where they are no new order
    tifs: Bytes
    kinds: Bytes  # of the events: the number of its kind
    events: dict[type, bytes]  # by kind, where it is wanted: all of them as lines
    days: list[tuple[int, int]]  # from a record on: days since 1970
    mechanisms: list[tuple[int, str, str]]  # from a record on: line, word
    phases: list[tuple[int, str, str]]  # from an event on: line, word
    cells: dict[str, list[Any]]  # the other tables' rows
