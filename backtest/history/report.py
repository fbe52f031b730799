"""What a run over real days came to: in words, as JSON, as a picture."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from engine.vocabulary.json_codec import decimal_text

if TYPE_CHECKING:
    from pathlib import Path

    from backtest.history.audit import Audit, Row

INK, BAND, ALARM = "#2c3e50", "#1a7f5a", "#c0392b"
_CENTS = 2


def facts(audit: Audit, state: str) -> dict[str, Any]:
    """Return the run as plain data; prices in minor units."""
    return {
        "product_days": len(audit.rows),
        "trades": audit.trades,
        "blocks": audit.blocks,
        "refused": audit.refusals,
        "bars": audit.bars,
        "breaches": audit.breaches,
        "outside": [each._asdict() for each in audit.outsides],
        "other_closes": [list(each) for each in audit.other_closes],
        "left_out": [list(each) for each in audit.left_out],
        "days_off_the_calendar": audit.extra_days,
        "odd_tonnes": audit.odd_tonnes,
        "notes": audit.notes,
        "state": state,
    }


def report(audit: Audit, state: str, digits: int = _CENTS) -> str:
    """Tell the run in words, prices with the currency's decimals."""
    done = (
        f"{len(audit.rows):,} product-days, {audit.trades:,} trades, {audit.blocks} blocks, "
        f"{audit.refusals:,} orders refused on purpose or for their price"
    )
    held = (
        f"{audit.bars:,} bars and their limits held against the rulebook: "
        f"{len(audit.breaches)} breaches"
    )
    left = (
        f"Real prices outside the limits that follow from the real previous close: "
        f"{len(audit.outsides)}"
    )
    lines = [done, held, *audit.breaches[:20], "", left]
    for o in audit.outsides:
        figures = (o.reference, o.low, o.high, o.price)
        prices = " ".join(decimal_text(price, digits) for price in figures)
        lines.append(
            f"  {day(o.date)} {o.product} {o.kind}: previous, lowest, highest, real {prices}"
        )
    lines += ["", f"Days whose real close is not what the rule gives: {len(audit.other_closes)}"]
    for date, product, real, ours in audit.other_closes:
        lines.append(
            f"  {day(date)} {product}: real {decimal_text(real, digits)}, "
            f"by the rule {decimal_text(ours, digits)}"
        )
    for date, product, why in audit.left_out:
        lines.append(f"Left out: {day(date)} {product}: {why}")
    if audit.extra_days:
        named = ", ".join(day(date) for date in audit.extra_days)
        lines.append(f"Traded on days that the calendar does not have: {named}")
    if audit.odd_tonnes:
        lines.append(f"Tonnes that make no whole order, and were left out: {audit.odd_tonnes:,}")
    lines += [f"Note: {note}" for note in audit.notes]
    lines.append(f"state {state}")
    return "\n".join(lines)


def day(date: int) -> str:
    """Write a date such as 2021-06-28."""
    return _date(date).isoformat()


def _date(number: int) -> dt.date:
    return dt.datetime.strptime(str(number), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone


def draw(audit: Audit, path: Path, title: str) -> None:
    """Write a PNG: each product's real close inside the venue's limits, what left them marked.

    Raises ``OSError``.
    """
    import matplotlib as mpl  # noqa: PLC0415 - slow to import, and an extra

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    products: dict[str, list[Row]] = {}
    for row in audit.rows:
        products.setdefault(row.bar.product, []).append(row)
    across = 2 if len(products) > 1 else 1
    down = -(-len(products) // across)
    size = (7 * across, 2.4 * down) if across > 1 else (12, 4.5)
    figure, axes = plt.subplots(down, across, figsize=size, squeeze=False)
    for axis, (product, rows) in zip(axes.flat, products.items(), strict=False):
        _panel(axis, product, rows, audit)
    for axis in list(axes.flat)[len(products) :]:
        axis.set_visible(False)
    figure.suptitle(title)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _panel(axis: Any, product: str, rows: list[Row], audit: Audit) -> None:
    book = audit.venue.rulebook
    one = 10**book.minor_digits
    days = [_date(row.bar.date) for row in rows]
    axis.fill_between(
        days,
        [row.low / one for row in rows],
        [row.high / one for row in rows],
        color=BAND,
        alpha=0.25,
        step="mid",
        linewidth=0,
        label="daily limits",
    )
    closes = [
        (at, row.bar.close / one) for at, row in zip(days, rows, strict=True) if row.bar.close
    ]
    axis.plot(
        [at for at, _ in closes],
        [close for _, close in closes],
        color=INK,
        linewidth=0.9,
        label="real close",
    )
    top = max(row.high for row in rows)
    marks = [o for o in audit.outsides if o.product == product]
    axis.scatter(
        [_date(o.date) for o in marks],
        [min(o.price, top) / one for o in marks],
        color=ALARM,
        s=16,
        zorder=3,
        label="outside the limits",
    )
    axis.set_title(product, fontsize=9)
    axis.set_ylabel(f"{book.currency} per tonne", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(alpha=0.2)
    axis.legend(fontsize=7, frameon=False)
