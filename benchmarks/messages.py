"""The messages that every book in a comparison is given, and the reports that it must make.

A message is a parsed order as a plain tuple, so that no book is charged for decoding and none
is favoured by its own type. A report is a tuple too: one for each message and one for each
fill, in order.
"""

import hashlib
from typing import Final, TypeAlias

import msgspec

from engine.book.orders import Seat
from engine.vocabulary.enums import Side

NO_SEAT: Final = Seat.__new__(Seat)  # of orders in a book without a venue, which never looks inside

# What a message asks for.
NEW: Final = 0
CANCEL: Final = 1
AMEND: Final = 2

# (what, order id, side, price, quantity, immediate-or-cancel). An amendment carries the new price
# and the new total quantity; a cancel has 0 for both.
Message: TypeAlias = tuple[int, int, Side, int, int, bool]

# What a report says.
RESTS: Final = 0  # (RESTS, id, price, leaves): a new or amended order is in the book
ENDED: Final = 1  # (ENDED, id, price, unfilled): filled whole, or the rest of an IOC dropped
CANCELLED: Final = 2  # (CANCELLED, id, price, leaves)
REJECTED: Final = 3  # (REJECTED, id, 0, 0): no such live order
FILL: Final = 4  # (FILL, resting id, arriving id, price, quantity)

Report: TypeAlias = tuple[int, int, int, int] | tuple[int, int, int, int, int]


def digest(reports: list[Report]) -> str:
    """Return the SHA-256 of reports, in hex: equal only when all of them are."""
    return hashlib.sha256(msgspec.msgpack.encode(reports)).hexdigest()
