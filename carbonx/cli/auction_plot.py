"""The picture of an auction: demand against supply, with reserve, containment and price."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from backtest.report.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, legend_below, panel, save

if TYPE_CHECKING:
    from pathlib import Path

    from carbonx.cli.auction_past import Held


def demand_line(held: Held) -> list[tuple[int, int]]:
    """Return the corners of demand as (tonnes, price), the best price first."""
    bids = sorted(held.bids, reverse=True)
    ends = list(accumulate(quantity for _, quantity in bids))
    corners: list[tuple[int, int]] = []
    for begin, end, (price, _) in zip([0, *ends], ends, bids, strict=False):
        corners += [(begin, price), (end, price)]
    return [*corners, (ends[-1], 0)] if ends else []


def supply_line(held: Held) -> list[tuple[int, int]]:
    """Return the corners of supply, with tiers as far as they were used, up to above all bids."""
    used = dict(held.statement.tiers)
    tonnes = held.statement.offered - held.statement.withheld
    corners = [(tonnes, held.reserve)]
    for tier in sorted(held.tiers, key=lambda each: (each.trigger, each.name)):
        if used.get(tier.name, 0):
            corners.append((tonnes, tier.trigger))
            tonnes += used[tier.name]
            corners.append((tonnes, tier.trigger))
    best = max([price for price, _ in held.bids] + [corners[-1][1]])
    return [*corners, (tonnes, best + max(1, best // 20))]


def draw(held: Held, path: Path, digits: int) -> None:
    """Write the picture; the ending of ``path`` decides on its kind."""
    s = held.statement
    demand = demand_line(held)
    supply = supply_line(held)
    unit = 10**digits
    with panel(4.6) as (_, axis, _words):
        for corners, label, colour in (
            (demand, "demand: bids as entered", BLUE),
            (supply, "supply", ORANGE),
        ):
            x, y = [tonnes for tonnes, _ in corners], [price / unit for _, price in corners]
            axis.plot(x, y, color=colour, label=label)
        axis.axhline(held.reserve / unit, color=GREY, linestyle=":", label="reserve")
        used = {name for name, tonnes in s.tiers if tonnes}
        for tier in held.tiers:
            if tier.name in used:
                text = f"{tier.name}: {dict(s.tiers)[tier.name]:,} t"
                axis.axhline(tier.trigger / unit, color=PURPLE, linestyle="--", label=text)
        if s.sold:
            text = f"clears {s.sold:,} t at {s.price / unit:,.{digits}f}"
            axis.axhline(s.price / unit, color=GREEN, linewidth=0.8)
            axis.plot([s.sold], [s.price / unit], "o", color=INK, label=text, zorder=5)
        axis.set_xlim(left=0)
        axis.set_ylim(bottom=0)
        axis.set_xlabel("tonnes")
        axis.set_ylabel("price")
        axis.set_title(f"{s.symbol}, auction {s.number} of {s.date}")
        legend_below(axis)
        figure = axis.get_figure(root=True)
        assert figure is not None
    save(figure, path)
