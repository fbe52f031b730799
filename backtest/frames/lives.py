"""The whole life of each order, from its acceptance to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.commands import NewOrder
from engine.vocabulary.enums import OrderState, Side
from engine.vocabulary.events import (
    AuctionTrade,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderReduced,
    OrderResting,
    OrderTriggered,
    Trade,
)
from engine.vocabulary.json_codec import type_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from engine.vocabulary.commands import Command

_SIDES: Final = {side: side.name.lower() for side in Side}
_STATES: Final = {state: state.name.lower() for state in OrderState}


class Life:
    """What is known of an order that lives."""

    __slots__ = ("amends", "entry", "fee", "filled", "first_fill", "last_fill", "open", "prevented",
                 "price", "quantity", "rested", "state", "trades", "triggered",
                 "value")  # fmt: skip

    def __init__(self, entry: tuple[Any, ...], e: OrderAccepted, time: int) -> None:
        """Begin with its acceptance."""
        self.entry = entry
        self.price = e.price
        self.quantity = self.open = e.quantity
        self.state = _STATES[e.state]
        self.rested = time if e.state is OrderState.RESTING else None
        self.triggered: int | None = None
        self.first_fill: int | None = None
        self.last_fill: int | None = None
        self.amends = self.trades = self.filled = self.value = self.fee = self.prevented = 0

    def row(self, ended: int | None, end: str | None) -> tuple[Any, ...]:
        """Return it as a row of the table."""
        return (*self.entry, self.state, self.rested, self.triggered, self.amends, self.price,
                self.quantity, self.first_fill, self.last_fill, self.trades, self.filled,
                self.value, self.fee, self.prevented, self.open, ended, end)  # fmt: skip


class Lives:
    """Follows all live orders; those that end become rows."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        """Write to ``rows``."""
        self.rows = rows
        self.live: dict[tuple[str, int], Life] = {}
        self.takes: dict[type, Callable[..., None]] = {
            OrderAccepted: self._accepted,
            OrderResting: self._resting,
            OrderTriggered: self._triggered,
            OrderAmended: self._amended,
            OrderReduced: self._reduced,
            OrderCancelled: self._cancelled,
            Trade: self._trade,
            AuctionTrade: self._in_call,
        }

    def _accepted(
        self, e: OrderAccepted, seq: int, time: int, day: date | None, c: Command
    ) -> None:
        order_type = c.order_type.name.lower() if isinstance(c, NewOrder) else None
        tif = c.tif.name.lower() if isinstance(c, NewOrder) else None
        entry = (seq, time, day, e.symbol, e.account, e.ref, type_name(type(c)), _SIDES[e.side],
                 order_type, tif, e.price, e.quantity)  # fmt: skip
        self.live[e.account, e.ref] = Life(entry, e, time)

    def _resting(self, e: OrderResting, _seq: int, time: int, *_: object) -> None:
        life = self.live[e.account, e.ref]
        if life.rested is None:
            life.rested = time

    def _triggered(self, e: OrderTriggered, _seq: int, time: int, *_: object) -> None:
        self.live[e.account, e.ref].triggered = time

    def _amended(self, e: OrderAmended, _seq: int, time: int, *_: object) -> None:
        life = self.live[e.account, e.ref]
        life.amends += 1
        life.price, life.quantity, life.open = e.price, e.quantity, e.leaves
        if life.rested is None and e.state is OrderState.RESTING:
            life.rested = time

    def _reduced(self, e: OrderReduced, _seq: int, time: int, *_: object) -> None:
        life = self.live[e.account, e.ref]
        life.prevented += e.quantity
        life.open = e.leaves
        if not e.leaves:
            self._over(e.account, e.ref, time, "self_trade")

    def _cancelled(self, e: OrderCancelled, _seq: int, time: int, *_: object) -> None:
        self.live[e.account, e.ref].open = e.quantity
        self._over(e.account, e.ref, time, e.reason.name.lower())

    def _trade(self, e: Trade, _seq: int, time: int, *_: object) -> None:
        value = e.price * e.quantity
        self._fill(e.maker, e.maker_ref, e.maker_leaves, e.maker_fee, e.quantity, value, time)
        self._fill(e.taker, e.taker_ref, e.taker_leaves, e.taker_fee, e.quantity, value, time)

    def _in_call(self, e: AuctionTrade, _seq: int, time: int, *_: object) -> None:
        value = e.price * e.quantity
        self._fill(e.buyer, e.buyer_ref, e.buyer_leaves, e.buyer_fee, e.quantity, value, time)
        self._fill(e.seller, e.seller_ref, e.seller_leaves, e.seller_fee, e.quantity, value, time)

    def _fill(
        self, account: str, ref: int, leaves: int, fee: int, tonnes: int, value: int, time: int
    ) -> None:
        life = self.live[account, ref]
        if life.first_fill is None:
            life.first_fill = time
        life.last_fill = time
        life.trades += 1
        life.filled += tonnes
        life.value += value
        life.fee += fee
        life.open = leaves
        if not leaves:
            self._over(account, ref, time, "filled")

    def _over(self, account: str, ref: int, time: int, end: str) -> None:
        self.rows.append(self.live.pop((account, ref)).row(time, end))

    def end(self) -> None:
        """Write the orders that still live."""
        self.rows += [life.row(None, None) for life in self.live.values()]
        self.live.clear()
