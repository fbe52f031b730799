"""How much of something is in few hands, or on few days."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backtest.measures.fills import Fill


def gross(fills: Iterable[Fill]) -> dict[str, int]:
    """Return the tonnes that each account bought and sold, together twice the volume."""
    found: dict[str, int] = {}
    for fill in fills:
        for account in (fill.buyer, fill.seller):
            found[account] = found.get(account, 0) + fill.quantity
    return found


def hhi(parts: Iterable[float]) -> float | None:
    """Return the sum of squared shares (Herfindahl-Hirschman), from 1/n to 1; None of nothing."""
    rows = list(parts)
    total = sum(rows)
    return sum(part * part for part in rows) / total**2 if total else None


def gini(parts: Iterable[float]) -> float | None:
    """Return Gini's coefficient: 0 where all are alike, 1 - 1/n where one has all."""
    rows = sorted(parts)
    total = sum(rows)
    if not total:
        return None
    ranks = sum((2 * place - len(rows) - 1) * part for place, part in enumerate(rows, 1))
    return ranks / (len(rows) * total)


def top_share(parts: Iterable[float], top: int) -> float | None:
    """Return the share of the largest ``top``; None of nothing."""
    rows = sorted(parts, reverse=True)
    total = sum(rows)
    return sum(rows[:top]) / total if total else None


def top_tenth(parts: Iterable[float]) -> float | None:
    """Return the share of the largest tenth, rounded up to whole ones; None of nothing."""
    rows = list(parts)
    return top_share(rows, ceil(len(rows) / 10))


def turnover(tonnes: float, base: float) -> float | None:
    """Return tonnes traded over tonnes allocated (or emitted); None where there is no base."""
    return tonnes / base if base else None
