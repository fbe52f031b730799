"""What figures of a command must keep, and what an account has to give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.registry.records import RefusedError
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.units import MAX_QUANTITY

if TYPE_CHECKING:
    from engine.ledger.accounts import Account


def among(value: int, low: int, high: int, field: str) -> None:
    """Require a figure within its bounds."""
    if not low <= value <= high:
        raise RefusedError(RejectReason.VALUE, field, f"{low} to {high}")


def whole(quantity: int, field: str = "quantity", low: int = 1) -> None:
    """Require tonnes that a command may name."""
    among(quantity, low, MAX_QUANTITY, field)


def available(account: Account, symbol: str) -> int:
    """Return the tonnes of a product that no order, lag or delivery needs."""
    found = account.holdings.get(symbol)
    return found.total - found.reserved if found is not None else 0
