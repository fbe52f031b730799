"""What differs between two runs of the same clients: trades, prices, fills, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from backtest.measures.fills import fills
from engine.vocabulary.events import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backtest.measures.fills import Fill
    from backtest.tapes.other_rules import Retrial, Run

LINE: Final = ("trades", "tonnes", "value", "mean", "low", "high", "last")
ACCOUNT: Final = ("commands", "refused", "bought", "sold", "paid")


def by_line(trades: Iterable[Fill]) -> dict[str, dict[str, int | float | None]]:
    """Return each line's trades as figures: tonnes, and prices and value in minor units."""
    found: dict[str, list[Fill]] = {}
    for fill in trades:
        found.setdefault(fill.symbol, []).append(fill)
    table: dict[str, dict[str, int | float | None]] = {}
    for symbol, its in found.items():
        tonnes = sum(fill.quantity for fill in its)
        value = sum(fill.quantity * fill.price for fill in its)
        prices = [fill.price for fill in its]
        table[symbol] = {"trades": len(its), "tonnes": tonnes, "value": value,
                         "mean": value / tonnes, "low": min(prices), "high": max(prices),
                         "last": prices[-1]}  # fmt: skip
    return table


def by_account(run: Run, trades: Iterable[Fill]) -> dict[str, dict[str, int]]:
    """Return each account's commands, refusals and fills.

    ``bought`` and ``sold`` are tonnes, ``paid`` minor units less those received, without fees.
    """
    table: dict[str, dict[str, int]] = {name: dict.fromkeys(ACCOUNT, 0) for name in run.accounts}
    for _, command, events in run.tape:
        if "ref" not in command.__struct_fields__:
            continue
        its = table.setdefault(getattr(command, "account", ""), dict.fromkeys(ACCOUNT, 0))
        its["commands"] += 1
        its["refused"] += sum(isinstance(event, Rejected) for event in events)
    for fill in trades:
        value = fill.price * fill.quantity
        table[fill.buyer]["bought"] += fill.quantity
        table[fill.buyer]["paid"] += value
        table[fill.seller]["sold"] += fill.quantity
        table[fill.seller]["paid"] -= value
    return table


def refusals(run: Run) -> dict[str, int]:
    """Return how many of the clients' commands were refused, by the reason."""
    found: dict[str, int] = {}
    for _, command, events in run.tape:
        for event in events:
            if isinstance(event, Rejected) and "ref" in command.__struct_fields__:
                reason = event.reason.name.lower()
                found[reason] = found.get(reason, 0) + 1
    return dict(sorted(found.items()))


def first_difference(ours: list[Fill], theirs: list[Fill]) -> dict[str, Any] | None:
    """Return the first trade that is another: its number, and both; nothing where none is."""
    for place in range(max(len(ours), len(theirs))):
        pair = [each[place]._asdict() if place < len(each) else None for each in (ours, theirs)]
        if pair[0] != pair[1]:
            return {"trade": place + 1, "log": pair[0], "other": pair[1]}
    return None


def facts(retrial: Retrial) -> dict[str, Any]:
    """Return all differences as plain data: ``log`` as it was, ``other`` under the new rules."""
    log, other = fills(retrial.log.tape), fills(retrial.other.tape)
    lines = {"log": by_line(log), "other": by_line(other)}
    accounts = {"log": by_account(retrial.log, log), "other": by_account(retrial.other, other)}
    return {
        "rulebook": {"log": retrial.log.rulebook.name, "other": retrial.other.rulebook.name},
        "currency": retrial.log.rulebook.currency,
        "same_trades": log == other,
        "first_difference": first_difference(log, other),
        "lines": lines,
        "accounts": accounts,
        "refusals": {"log": refusals(retrial.log), "other": refusals(retrial.other)},
        "phases": "timetable" if retrial.timetable else "log",
        "left_out": retrial.left_out,
        "operator_refused": retrial.refused,
        "missing_lines": retrial.missing,
        "state": {"log": retrial.log.state, "other": retrial.other.state},
    }
