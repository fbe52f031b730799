"""Rows of a state's dump that may be very many, encoded as they are made.

A venue with 100,000 live orders has as many rows for each thing that is dumped of an order. As
lists they would all be there at once, and set off the collector, which then looks at everything
else that lives: so a few are made at a time, and what stays of them is bytes.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from msgspec import Raw
from msgspec.msgpack import Encoder

from engine.book.orders import TIF_BITS, TIFS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.book.orders import Order

AT_ONCE: Final = 128  # rows: far fewer than the new objects after which the collector looks
_FEW: Final = 1 << 4  # an array of fewer has its length in its tag
_MANY: Final = 1 << 16  # and one of fewer in the two bytes behind it
_encode: Final = Encoder().encode


def rows(each: Iterable[object]) -> Raw:
    """Return the bytes of a list of rows, to stand in a dump where the list would."""
    left = iter(each)
    count, pieces = 0, [b""]
    while some := list(islice(left, AT_ONCE)):
        count += len(some)
        pieces.append(_encode(some)[len(_head(len(some))) :])
    pieces[0] = _head(count)
    return Raw(b"".join(pieces))


def order_rows(orders: Iterable[Order]) -> Raw:
    """Return the bytes of a list of orders."""
    return rows(map(order_row, orders))


def order_row(order: Order) -> tuple[int | str, ...]:
    """Return an order as it stands in a dump of the state."""
    return (
        order.seat.name,
        order.ref,
        order.side,
        order.price,
        order.quantity,
        order.leaves,
        order.shown,
        order.display,
        TIFS[order.flags & TIF_BITS],
        order.flags,
    )


def _head(count: int) -> bytes:
    """Return what stands before the rows of a list in msgpack."""
    if count < _FEW:
        return bytes((0x90 | count,))
    if count < _MANY:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")
