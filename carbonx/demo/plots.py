"""Pictures of a day: prices, volume and depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from carbonx.demo.shenzhen_day import BARS

if TYPE_CHECKING:
    from pathlib import Path

    from carbonx.demo.day import Result

OFFSET: Final = 8 * 3_600  # seconds that clocks in Shenzhen are ahead of UTC
_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400
BID, ASK, INK = "#1a7f5a", "#c0392b", "#2c3e50"


def draw_day(result: Result, path: Path, title: str) -> None:
    """Write a PNG: each vintage's price against its limits, traded volume, the busiest book."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to import, and an extra

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    lines = result.view.lines
    busiest = max(lines.values(), key=lambda line: line.volume)
    figure, axes = plt.subplots(1, 3, figsize=(15, 5), width_ratios=(2, 1, 1.2))
    _prices(axes[0], result)
    names = list(lines)
    axes[1].barh(names, [lines[n].volume / 1_000 for n in names], color=INK)
    axes[1].invert_yaxis()
    axes[1].set(title="Volume", xlabel="thousand tonnes")
    bids, asks = result.books.get(busiest.info.symbol, ([], []))
    for rows, colour, label in ((bids, BID, "bids"), (asks, ASK, "offers")):
        prices = [price / 100 for price, _ in rows]
        tonnes = [quantity / 1_000 for _, quantity in rows]
        axes[2].barh(prices, tonnes, height=0.008, color=colour, label=label)
    axes[2].set(title=f"Fullest book of {busiest.info.symbol}",
                xlabel="thousand tonnes shown", ylabel="CNY per tonne")  # fmt: skip
    axes[2].legend(frameon=False)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.2)
    figure.suptitle(title)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _prices(axis: Any, result: Result) -> None:
    for name, line in result.view.lines.items():
        hours = [((p.time // _SECOND + OFFSET) % _DAY) / 3_600 for p in line.prints]
        moves = [100 * (p.price / BARS[name].previous - 1) for p in line.prints]
        axis.step(hours, moves, where="post", linewidth=1.1, label=name)
    for limit in (-10, 10):
        axis.axhline(limit, color="grey", linestyle="--", linewidth=0.8)
    axis.set(title="Price against the previous close, daily limits dashed",
             xlabel="hour of the day in Shenzhen", ylabel="%")  # fmt: skip
    axis.legend(fontsize=8, ncols=4, loc="upper center", frameon=False)
    axis.set_ylim(-14, 18)
