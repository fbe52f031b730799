"""Everything that happened in a venue, as one tagged union.

Events are what reports, public feeds, metrics and backtests are made of; none of those reaches
into a book. ``depth`` on an event is the displayed quantity, in tonnes, at the event's own
product, side and price *after* it happened, or -1 where the book at that price did not change:
whoever copies depths has the public book.
"""

from typing import TypeAlias

from msgspec import Struct

from engine.types import CancelReason, OrderState, Phase, Reason, Side


class Rejected(Struct, frozen=True, array_like=True, gc=False, tag=1):
    """A command was refused and changed nothing (but used up its ``ref``)."""

    account: str
    ref: int  # 0 where the command carries none
    reason: Reason
    field: str
    rule: str  # what would have been accepted, in words and figures


class OrderAccepted(Struct, frozen=True, array_like=True, gc=False, tag=2):
    """An order passed admission and reservation."""

    account: str
    ref: int
    product: str
    side: Side
    price: int  # its limit; for market and stop orders the protection price
    quantity: int
    state: OrderState
    depth: int


class OrderBooked(Struct, frozen=True, array_like=True, gc=False, tag=3):
    """What was left of an order after taking, or on release, now rests in the book."""

    account: str
    ref: int
    product: str
    side: Side
    price: int
    leaves: int
    depth: int


class Trade(Struct, frozen=True, array_like=True, gc=False, tag=4):
    """Two orders met. ``side`` is the resting order's side; ``depth`` is that side's."""

    product: str
    trade: int  # trade number in this product, from 1
    side: Side
    price: int
    quantity: int
    maker: str
    maker_ref: int
    maker_leaves: int
    maker_fee: int
    taker: str
    taker_ref: int
    taker_leaves: int
    taker_fee: int
    depth: int


class OrderCancelled(Struct, frozen=True, array_like=True, gc=False, tag=5):
    """An order left with ``quantity`` tonnes unfilled."""

    account: str
    ref: int
    product: str
    side: Side
    price: int
    quantity: int
    reason: CancelReason
    request: int  # ref of the client's cancel, 0 when nobody asked
    depth: int


class OrderAmended(Struct, frozen=True, array_like=True, gc=False, tag=6):
    """An order changed. ``depth`` is at the new price, ``old_depth`` at ``old_price``."""

    account: str
    ref: int
    product: str
    side: Side
    price: int
    quantity: int
    leaves: int
    state: OrderState
    request: int
    old_price: int
    old_depth: int
    depth: int


class OrderReduced(Struct, frozen=True, array_like=True, gc=False, tag=7):
    """Self-trade prevention took ``quantity`` tonnes off an order that lives on."""

    account: str
    ref: int
    product: str
    side: Side
    price: int
    quantity: int
    leaves: int
    depth: int


class OrderTriggered(Struct, frozen=True, array_like=True, gc=False, tag=8):
    """A stop's price was reached; the order enters the market now."""

    account: str
    ref: int
    product: str


class MassCancelled(Struct, frozen=True, array_like=True, gc=False, tag=9):
    """A mass cancel is complete; ``count`` orders went."""

    account: str
    ref: int
    count: int


class KillSwitchSet(Struct, frozen=True, array_like=True, gc=False, tag=10):
    """An account's kill switch was turned."""

    account: str
    on: bool
    count: int


class PhaseChanged(Struct, frozen=True, array_like=True, gc=False, tag=11):
    """A market entered a phase. The price limits are those now in force (0: none)."""

    product: str
    phase: Phase
    reason: str
    reference: int
    low_limit: int
    high_limit: int


class DayClosed(Struct, frozen=True, array_like=True, gc=False, tag=12):
    """A market's day as a bar. Prices are 0 on a day without a trade, except ``close``."""

    product: str
    open: int
    high: int
    low: int
    close: int  # last trade, else the previous close
    volume: int  # tonnes
    value: int  # minor units
    trades: int


class AccountOpened(Struct, frozen=True, array_like=True, gc=False, tag=13):
    """An account exists."""

    account: str
    owner: str
    group: str
    member: str


class CashMoved(Struct, frozen=True, array_like=True, gc=False, tag=14):
    """Money moved in or out; ``balance`` is the new total, reserved part included."""

    account: str
    currency: str
    amount: int
    balance: int


class AllowancesMoved(Struct, frozen=True, array_like=True, gc=False, tag=15):
    """Tonnes moved in or out; ``balance`` is the new total, reserved part included."""

    account: str
    product: str
    quantity: int
    balance: int


Event: TypeAlias = (
    Rejected
    | OrderAccepted
    | OrderBooked
    | Trade
    | OrderCancelled
    | OrderAmended
    | OrderReduced
    | OrderTriggered
    | MassCancelled
    | KillSwitchSet
    | PhaseChanged
    | DayClosed
    | AccountOpened
    | CashMoved
    | AllowancesMoved
)
