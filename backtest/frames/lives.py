"""The whole life of each order, from its acceptance to its end.

Live orders are the columns of one array, a row for each figure. A stretch of the log adds those
that it accepts, writes into them what it did to them, and takes out those that it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute

from backtest.frames.arrow import Text
from backtest.frames.market import in_order, parties
from backtest.frames.stretch import LIVES, NULL, TRADES
from backtest.frames.tables import ORDERS
from backtest.frames.words import (
    END_WORDS,
    SIDE_WORDS,
    STATE_WORDS,
    TIF_WORDS,
    TYPE_WORDS,
    VERB_WORDS,
)
from engine.vocabulary.enums import CancelReason, OrderState
from engine.vocabulary.events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderReduced,
    OrderResting,
    OrderTriggered,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backtest.frames.arrow import Cells
    from backtest.frames.event_columns import Names
    from backtest.frames.happened import Happened
    from backtest.frames.stretch import Ints

_NAMES: Final = [column.name for column in ORDERS.columns]
_ROW: Final = {name: row for row, name in enumerate(_NAMES)}
_ZERO: Final = ("amends", "trades", "filled", "value", "fee", "prevented")
_WORDS: Final[dict[str, Sequence[str | None]]] = {
    "command": VERB_WORDS,
    "side": SIDE_WORDS,
    "order_type": TYPE_WORDS,
    "tif": TIF_WORDS,
    "state": STATE_WORDS,
    "end": END_WORDS,
}
_FILLED: Final = 0  # the end that is no reason of a cancel
_LIVES_ON: Final = -1


class _Changes(NamedTuple):
    """What events left open of orders, and how they ended them."""

    at: Ints  # twice the event's place; one more for the second order of a trade
    order: Ints
    time: Ints
    open: Ints
    end: Ints


class Lives:
    """Follows all live orders."""

    def __init__(self, names: Names) -> None:
        """Know none."""
        self._names = names
        self._live = np.empty((len(_NAMES), 0), np.int64)

    def take(self, happened: Happened) -> dict[str, Cells] | None:
        """Take in what happened; return the orders that it ended, in that order."""
        for found in happened.each(OrderAccepted):
            self._live = np.hstack((self._live, _accepted(happened, found.at, found.of)))
        keys = _keys(self._live[_ROW["account"]], self._live[_ROW["ref"]])
        changes = [*self._trades(happened, keys), *self._others(happened, keys)]
        if not changes:
            return None
        at = np.concatenate([each.at for each in changes])
        sequence = np.argsort(at, kind="stable")
        order, time, left, end = (
            np.concatenate(each)[sequence] for each in list(zip(*changes, strict=True))[1:]
        )
        self["open"][order] = left  # the last stays
        over = end != _LIVES_ON
        ended = order[over]
        self["ended"][ended], self["end"][ended] = time[over], end[over]
        rows = self._live[:, ended]
        self._live = np.delete(self._live, ended, axis=1)
        return self._table(rows)

    def rest(self) -> dict[str, Cells]:
        """Return the orders that still live, as they were accepted."""
        return self._table(self._live)

    def __getitem__(self, name: str) -> Ints:
        """Return a figure of all live orders."""
        figure: Ints = self._live[_ROW[name]]
        return figure

    def _trades(self, happened: Happened, keys: Any) -> Iterator[_Changes]:  # noqa: ANN401
        pieces = []
        for found in happened.each(*TRADES):
            tonnes = found.of["quantity"]
            shared = {"quantity": tonnes, "value": found.of["price"] * tonnes}
            for second, party in enumerate(parties(found)):
                pieces.append((found.at * 2 + second, party | shared))
        if not pieces:
            return
        at, fills = in_order(pieces)
        if not fills["ref"].all():  # consigned units: no order stands behind their sale
            ordered = fills["ref"] != 0
            at, fills = at[ordered], {name: each[ordered] for name, each in fills.items()}
        order = _find(fills["account"], fills["ref"], keys)
        time = happened.time(at // 2)
        self._first(order, "first_fill", time)
        self["last_fill"][order] = time
        np.add.at(self["trades"], order, 1)
        for name, figure in (("filled", "quantity"), ("value", "value"), ("fee", "fee")):
            np.add.at(self[name], order, fills[figure])
        end = np.where(fills["leaves"] == 0, _FILLED, _LIVES_ON)
        yield _Changes(at, order, time, fills["leaves"], end)

    def _others(self, happened: Happened, keys: Any) -> Iterator[_Changes]:  # noqa: ANN401
        rested = []
        for kind in LIVES[1:6]:
            for at, of in happened.each(kind):
                order, time = _find(of["account"], of["ref"], keys), happened.time(at)
                end = np.full(len(at), _LIVES_ON)
                if kind is OrderResting:
                    rested.append((at, {"order": order, "time": time}))
                    continue
                if kind is OrderTriggered:
                    self["triggered"][order] = time
                    continue
                if kind is OrderAmended:
                    np.add.at(self["amends"], order, 1)
                    self["last_price"][order] = of["price"]
                    self["last_quantity"][order] = of["quantity"]
                    rests = of["state"] == OrderState.RESTING
                    rested.append((at[rests], {"order": order[rests], "time": time[rests]}))
                elif kind is OrderReduced:
                    np.add.at(self["prevented"], order, of["quantity"])
                    end[of["leaves"] == 0] = CancelReason.SELF_TRADE
                else:
                    end = of["reason"]
                left = of["quantity" if kind is OrderCancelled else "leaves"]
                yield _Changes(at * 2, order, time, left, end)
        if rested:
            _, those = in_order(rested)
            self._first(those["order"], "rested", those["time"])

    def _first(self, order: Ints, name: str, time: Ints) -> None:
        """Note times where none is yet, of several for an order the first."""
        times = self[name]
        new = times[order] == NULL
        times[order[new][::-1]] = time[new][::-1]

    def _table(self, rows: Ints) -> dict[str, Cells]:
        words = _WORDS | dict.fromkeys(("symbol", "account"), self._names.texts)
        return {
            name: Text(rows[row], words[name]) if name in words else rows[row]
            for name, row in _ROW.items()
        }


def _accepted(happened: Happened, at: Ints, of: dict[str, Ints]) -> Ints:
    """Return the lives that begin."""
    new = np.full((len(_NAMES), len(at)), NULL)
    stretch = happened.stretch
    record = happened.records[at]
    seq, time, day = happened.when(at)
    columns = {
        **dict.fromkeys(_ZERO, 0),
        **of,
        "seq": seq,
        "time": time,
        "day": day,
        "command": stretch.commands[record],
        "order_type": stretch.order_types[record],
        "tif": stretch.tifs[record],
        "rested": np.where(of["state"] == OrderState.RESTING, time, NULL),
        "last_price": of["price"],
        "last_quantity": of["quantity"],
        "open": of["quantity"],
    }
    for name, row in _ROW.items():
        if name in columns:
            new[row] = columns[name]
    return new


def _keys(accounts: Ints, refs: Ints) -> Any:  # noqa: ANN401 - pyarrow ships no types
    """Return what orders are known by, each as 16 bytes."""
    pairs = np.column_stack((accounts, refs))
    return pa.Array.from_buffers(pa.binary(16), len(pairs), [None, pa.py_buffer(pairs)])


def _find(accounts: Ints, refs: Ints, keys: Any) -> Ints:  # noqa: ANN401 - as above
    found = pa.compute.index_in(_keys(accounts, refs), value_set=keys)
    assert not found.null_count, "an event of an order that does not live"
    orders: Ints = found.to_numpy().astype(np.int64)
    return orders
