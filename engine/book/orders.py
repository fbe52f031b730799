"""A live order, and the price level that it rests in."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from engine.vocabulary.enums import Side, TimeInForce

# ``Order.flags``: the time in force in three bits, 0 for DAY, then what else sets the order apart.
_TIF_BITS: Final = 7
_TIFS: Final = tuple(TimeInForce)
NO_LIMIT: Final = 8  # a market order, or a stop that becomes one: its price is a protection
POST_ONLY: Final = 16
TAKES: Final = 32  # never rests: what it cannot trade is cancelled
WAITS: Final = 64  # enters outside the book
EXPIRES: Final = 128  # good till date
OFFER: Final = 256  # stands under a number, or bids for one
OUTSIDE: Final = WAITS | EXPIRES
FLAGS: Final = {
    tif: index | more
    for index, (tif, more) in enumerate(
        {
            TimeInForce.DAY: 0,
            TimeInForce.GTC: 0,
            TimeInForce.GTD: EXPIRES,
            TimeInForce.IOC: TAKES,
            TimeInForce.FOK: TAKES,
            TimeInForce.AT_OPEN: TAKES | WAITS,
            TimeInForce.AT_CLOSE: TAKES | WAITS,
        }.items()
    )
}


class Level:
    """One price on one side: a queue of orders and the sum of what they show."""

    __slots__ = ("head", "page", "price", "quantity", "tail")

    price: int
    page: bytearray  # where it has its mark
    quantity: int  # tonnes shown
    head: Order | None
    tail: Order | None


class Order(Struct, gc=False, eq=False):
    """A live order. Mutable, and never handed out of the engine.

    ``gc=False``: the cyclic collector never walks a deep book. That is sound because every way
    out of a queue clears ``before``, ``after`` and ``level``, so no dead order is part of a cycle.
    Its links come first by the alphabet, and so in memory: taking an order out of a deep book
    costs the cache lines of its neighbours, and most often theirs are then one each.
    """

    seat: Any  # whose it is and where it trades; the book never looks inside
    ref: int
    side: Side
    price: int
    quantity: int  # tonnes in total
    leaves: int  # tonnes open
    shown: int  # tonnes displayed now
    flags: int = 0  # what it is beside a plain day order, and its time in force
    display: int = 0  # tonnes displayed at a time; 0 shows everything
    level: Level | None = None  # set while it rests in a book
    before: Order | None = None
    after: Order | None = None

    @property
    def tif(self) -> TimeInForce:
        """How long it lives."""
        return _TIFS[self.flags & _TIF_BITS]
