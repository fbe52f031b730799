"""Rows of the registry's tables: an event's fields are the columns of their names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from backtest.frames.tables import TABLES
from engine.vocabulary import registry_events as ev

if TYPE_CHECKING:
    from collections.abc import Callable


class Form(NamedTuple):
    """How a kind of event becomes a row."""

    table: str
    step: str
    column: str = ""  # that has another name than its field
    field: str = ""


def _date(number: int) -> date:
    year, rest = divmod(number, 10_000)
    return date(year, *divmod(rest, 100))


FORMS: Final[dict[type, Form]] = {
    ev.EntityRegistered: Form("entities", "registered"),
    ev.PurchasesFrozen: Form("entities", "purchases_frozen"),
    ev.LargeHolderReported: Form("entities", "large_holder"),
    ev.CapSet: Form("allowances", "cap_set"),
    ev.AllowancesIssued: Form("allowances", "issued"),
    ev.AllowancesAllocated: Form("allowances", "allocated"),
    ev.AllowancesTransferred: Form("allowances", "transferred", "to_account", "to"),
    ev.AllowancesSurrendered: Form("allowances", "surrendered"),
    ev.AllowancesBanked: Form("allowances", "banked", "to_product", "to"),
    ev.AllowancesCancelled: Form("allowances", "cancelled"),
    ev.EmissionsReported: Form("emissions", "reported"),
    ev.EmissionsVerified: Form("emissions", "verified"),
    ev.CompliancePublished: Form("emissions", "published", "quantity", "verified"),
    ev.ComplianceSettled: Form("penalties", "settled", "amount", "penalty"),
    ev.PenaltyPaid: Form("penalties", "paid"),
    ev.DeadlinePassed: Form("cycles", "deadline_passed", "deadline", "step"),
    ev.AveragePriceTaken: Form("cycles", "average_price"),
    ev.CycleClosed: Form("cycles", "closed"),
}
_WRITTEN: Final[dict[str, Callable[[Any], Any]]] = {  # columns that are not their fields as such
    "accounts": ", ".join,
    "officers": ", ".join,
    "group": lambda group: group or None,
    "price": lambda price: price or None,
    **dict.fromkeys(("date", "begin", "end"), _date),
}


def row(event: Any, seq: int, time: int, day: date | None) -> list[Any]:  # noqa: ANN401 - many kinds
    """Return an event's row."""
    table, step, column, field = FORMS[type(event)]
    cells: dict[str, Any] = {"seq": seq, "time": time, "day": day, "step": step}
    for name in event.__struct_fields__:
        called = column if name == field else name
        written = _WRITTEN.get(called)
        cells[called] = getattr(event, name) if written is None else written(getattr(event, name))
    return [cells.get(each.name) for each in TABLES[table].columns]
