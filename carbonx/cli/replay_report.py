"""What a log came to under other rules, in tables of 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from engine.vocabulary.json_codec import decimal_text
from engine.vocabulary.texts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

ACCOUNTS: Final = 40  # shown at most; all of them are in the JSON


def told(found: dict[str, Any], digits: int) -> Iterator[RenderableType]:
    """Yield the differences; each figure as it was, then under the other rules."""
    names = found["rulebook"]
    yield f"the log under {names['log']}, then under {names['other']}"
    yield f"prices in {found['currency']}, quantities in tonnes"
    yield _lines(found["lines"], digits)
    if found["same_trades"]:
        yield "the trades are the same"
    else:
        first = found["first_difference"]
        yield f"the trades differ from trade {first['trade']} on:"
        for which in ("log", "other"):
            yield f"  {names[which]}: {_trade(first[which], digits)}"
    yield from _accounts(found["accounts"], digits)
    reasons = dict.fromkeys([*found["refusals"]["log"], *found["refusals"]["other"]])
    for reason in reasons:
        before, after = (found["refusals"][which].get(reason, 0) for which in ("log", "other"))
        yield f"refused, {reason}: {before:,}, then {after:,}"
    whose = "the new rulebook's timetable" if found["phases"] == "timetable" else "the log"
    yield f"phases are those of {whose}; accounts are funded as in the log"
    for what, count in found["left_out"].items():
        yield f"left out: {count:,} {what}"
    for symbol, count in found["missing_lines"].items():
        yield f"{symbol} is no line of {names['other']}: {counted(count, 'command')} refused"
    for rule, count in found["operator_refused"].items():
        yield f"refused to the operator, {count:,} times: {rule}"


def _trade(trade: dict[str, Any] | None, digits: int) -> str:
    if trade is None:
        return "no such trade"
    price = decimal_text(trade["price"], digits)
    return (
        f"{trade['symbol']} {trade['quantity']:,} t at {price}, "
        f"{trade['seller']} to {trade['buyer']}"
    )


def _lines(lines: dict[str, dict[str, Any]], digits: int) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for heading in ("line", "", "trades", "tonnes", "mean", "low", "high", "last"):
        table.add_column(
            heading,
            justify="left" if heading in {"line", ""} else "right",
            no_wrap=heading != "line",
        )
    for symbol in dict.fromkeys([*lines["log"], *lines["other"]]):
        for which in ("log", "other"):
            its = lines[which].get(symbol)
            if its is None:
                table.add_row(symbol if which == "log" else "", which, "0", "0")
                continue
            prices = [
                decimal_text(round(its[name]), digits) for name in ("mean", "low", "high", "last")
            ]
            table.add_row(
                symbol if which == "log" else "",
                which,
                f"{its['trades']:,}",
                f"{its['tonnes']:,}",
                *prices,
            )
    return table


def _accounts(accounts: dict[str, dict[str, Any]], digits: int) -> Iterator[RenderableType]:
    """Yield the accounts with any difference, those first whose fills changed most."""
    none = {"bought": 0, "sold": 0, "refused": 0, "paid": 0}
    changed = []
    for name in dict.fromkeys([*accounts["log"], *accounts["other"]]):
        before = accounts["log"].get(name, none)
        after = accounts["other"].get(name, none)
        if any(before[key] != after[key] for key in none):
            moved = sum(abs(after[key] - before[key]) for key in ("bought", "sold"))
            changed.append((-moved, name, before, after))
    if not changed:
        yield "no account's fills or refusals differ"
        return
    changed.sort(key=lambda each: each[:2])
    table = Table(box=SIMPLE_HEAD)
    for heading in ("account", "", "bought t", "sold t", "paid", "refused"):
        table.add_column(heading, justify="left" if heading in {"account", ""} else "right")
    for _, name, before, after in changed[:ACCOUNTS]:
        for which, its in (("log", before), ("other", after)):
            table.add_row(
                name if which == "log" else "",
                which,
                f"{its['bought']:,}",
                f"{its['sold']:,}",
                decimal_text(its["paid"], digits),
                f"{its['refused']:,}",
            )
    yield table
    if len(changed) > ACCOUNTS:
        yield f"and {len(changed) - ACCOUNTS:,} more accounts, with --json"
