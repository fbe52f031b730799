"""The whole life of each order, from its acceptance to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from backtest.frames.words import END_WORDS, SIDES, STATES, TIFS, TYPES, VERBS
from engine.vocabulary.commands import NewOrder
from engine.vocabulary.enums import OrderState
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

if TYPE_CHECKING:
    from datetime import date

    from backtest.frames.words import Take
    from engine.vocabulary.commands import Command

_RESTING: Final = OrderState.RESTING
# A life is its row of the table from the start; these are the places of what changes in it.
_RESTED: Final = 13
_TRIGGERED: Final = 14
_AMENDS: Final = 15
_PRICE: Final = 16
_QUANTITY: Final = 17
_FIRST_FILL: Final = 18
_LAST_FILL: Final = 19
_TRADES: Final = 20
_FILLED: Final = 21
_VALUE: Final = 22
_FEE: Final = 23
_PREVENTED: Final = 24
_OPEN: Final = 25
_ENDED: Final = 26
_END: Final = 27


class Lives:
    """Follows all live orders; those that end become rows."""

    def __init__(self, cells: list[Any]) -> None:
        """Write to ``cells``, one row's behind another's."""
        self.cells = cells
        self.live: dict[tuple[str, int], list[Any]] = {}
        self.takes: dict[type, Take] = {
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
        kind = type(c)
        order_type = tif = None
        if kind is NewOrder:
            order_type, tif = TYPES[c.order_type], TIFS[c.tif]  # type: ignore[union-attr]
        account, ref, price, quantity, state = e.account, e.ref, e.price, e.quantity, e.state
        self.live[account, ref] = [
            seq,
            time,
            day,
            e.symbol,
            account,
            ref,
            VERBS[kind],
            SIDES[e.side],
            order_type,
            tif,
            price,
            quantity,
            STATES[state],
            time if state is _RESTING else None,
            None,
            0,
            price,
            quantity,
            None,
            None,
            0,
            0,
            0,
            0,
            0,
            quantity,
            None,
            None,
        ]

    def _resting(self, e: OrderResting, _s: int, time: int, _d: date | None, _c: Command) -> None:
        life = self.live[e.account, e.ref]
        if life[_RESTED] is None:
            life[_RESTED] = time

    def _triggered(
        self, e: OrderTriggered, _s: int, time: int, _d: date | None, _c: Command
    ) -> None:
        self.live[e.account, e.ref][_TRIGGERED] = time

    def _amended(self, e: OrderAmended, _s: int, time: int, _d: date | None, _c: Command) -> None:
        life = self.live[e.account, e.ref]
        life[_AMENDS] += 1
        life[_PRICE], life[_QUANTITY], life[_OPEN] = e.price, e.quantity, e.leaves
        if life[_RESTED] is None and e.state is _RESTING:
            life[_RESTED] = time

    def _reduced(self, e: OrderReduced, _s: int, time: int, _d: date | None, _c: Command) -> None:
        life = self.live[e.account, e.ref]
        life[_PREVENTED] += e.quantity
        life[_OPEN] = e.leaves
        if not e.leaves:
            self._over(e.account, e.ref, time, "self_trade")

    def _cancelled(
        self, e: OrderCancelled, _s: int, time: int, _d: date | None, _c: Command
    ) -> None:
        self.live[e.account, e.ref][_OPEN] = e.quantity
        self._over(e.account, e.ref, time, END_WORDS[e.reason])

    def _trade(self, e: Trade, _s: int, time: int, _d: date | None, _c: Command) -> None:
        tonnes = e.quantity
        value = e.price * tonnes
        self._fill(e.maker, e.maker_ref, e.maker_leaves, e.maker_fee, tonnes, value, time)
        self._fill(e.taker, e.taker_ref, e.taker_leaves, e.taker_fee, tonnes, value, time)

    def _in_call(self, e: AuctionTrade, _s: int, time: int, _d: date | None, _c: Command) -> None:
        tonnes = e.quantity
        value = e.price * tonnes
        self._fill(e.buyer, e.buyer_ref, e.buyer_leaves, e.buyer_fee, tonnes, value, time)
        self._fill(e.seller, e.seller_ref, e.seller_leaves, e.seller_fee, tonnes, value, time)

    def _fill(
        self, account: str, ref: int, leaves: int, fee: int, tonnes: int, value: int, time: int
    ) -> None:
        if not ref:  # consigned units: no order stands behind their sale
            return
        life = self.live[account, ref]
        if life[_FIRST_FILL] is None:
            life[_FIRST_FILL] = time
        life[_LAST_FILL] = time
        life[_TRADES] += 1
        life[_FILLED] += tonnes
        life[_VALUE] += value
        life[_FEE] += fee
        life[_OPEN] = leaves
        if not leaves:
            self._over(account, ref, time, "filled")

    def _over(self, account: str, ref: int, time: int, end: str) -> None:
        life = self.live.pop((account, ref))
        life[_ENDED], life[_END] = time, end
        self.cells += life

    def end(self) -> None:
        """Write the orders that still live."""
        for life in self.live.values():
            self.cells += life
        self.live.clear()
