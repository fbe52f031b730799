"""Everything that may change a venue's state, as one tagged union.

A command is a plain value. It carries no clock of its own: the log's record around it does.
On the wire and in the log a command is a msgpack array whose first element is its tag; the
fields follow in the order in which they are written here. New fields go to the end, with a
default, so that an old log still reads.
"""

from typing import TypeAlias

from msgspec import Struct

from engine.types import (
    OrderType,
    Phase,
    Side,
    TimeInForce,
)


class NewOrder(Struct, frozen=True, array_like=True, gc=False, tag=1):
    """Enter an order. ``ref`` is the client's own number, strictly increasing per account."""

    account: str
    ref: int
    product: str
    side: Side
    quantity: int  # tonnes
    price: int = 0  # minor units per tonne; 0 for MARKET and STOP
    order_type: OrderType = OrderType.LIMIT
    tif: TimeInForce = TimeInForce.DAY
    stop_price: int = 0  # minor units per tonne; STOP and STOP_LIMIT only
    display: int = 0  # tonnes shown at a time (iceberg); 0 shows everything
    post_only: bool = False
    expire_at: int = 0  # ns UTC; GTD only


class CancelOrder(Struct, frozen=True, array_like=True, gc=False, tag=2):
    """Cancel the account's order whose own reference was ``target``."""

    account: str
    ref: int
    target: int


class AmendOrder(Struct, frozen=True, array_like=True, gc=False, tag=3):
    """Change an order's total quantity (filled part included), its price, or both."""

    account: str
    ref: int
    target: int
    quantity: int = 0  # new total tonnes; 0 keeps it
    price: int = 0  # new limit; 0 keeps it


class MassCancel(Struct, frozen=True, array_like=True, gc=False, tag=4):
    """Cancel all orders of an account, in one product or (``""``) in all."""

    account: str
    ref: int
    product: str = ""


class CancelOnDisconnect(Struct, frozen=True, array_like=True, gc=False, tag=5):
    """The gateway saw an account's last cancel-on-disconnect session go."""

    account: str


class SetKillSwitch(Struct, frozen=True, array_like=True, gc=False, tag=6):
    """Operator: cancel everything an account has and refuse its entry until switched off."""

    account: str
    on: bool


class SetPhase(Struct, frozen=True, array_like=True, gc=False, tag=7):
    """Operator: move one market, or (``""``) every market, to a phase."""

    phase: Phase
    product: str = ""
    reason: str = ""


class AdvanceTime(Struct, frozen=True, array_like=True, gc=False, tag=8):
    """Time as a command: good-till-date orders at or before ``time`` (ns UTC) expire."""

    time: int


class OpenAccount(Struct, frozen=True, array_like=True, gc=False, tag=9):
    """Open an account. ``owner`` and ``group`` drive self-trade prevention."""

    account: str
    owner: str = ""  # defaults to the account's own name
    group: str = ""  # defaults to the owner
    member: str = ""  # the broker that clears it


class MoveCash(Struct, frozen=True, array_like=True, gc=False, tag=10):
    """Money in (positive) or out (negative) of an account, in minor units."""

    account: str
    amount: int
    currency: str = ""  # "" is the venue's own currency


class MoveAllowances(Struct, frozen=True, array_like=True, gc=False, tag=11):
    """Tonnes in (positive) or out (negative) of an account's holding of a product."""

    account: str
    product: str
    quantity: int


Command: TypeAlias = (
    NewOrder
    | CancelOrder
    | AmendOrder
    | MassCancel
    | CancelOnDisconnect
    | SetKillSwitch
    | SetPhase
    | AdvanceTime
    | OpenAccount
    | MoveCash
    | MoveAllowances
)
