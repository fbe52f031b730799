"""The picture of a day: each vintage on its own, its price between its limits over its volume."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from carbonx.demo.day import rules
from carbonx.demo.shenzhen_day import BARS
from engine.matching.prices import limits as exact_limits

if TYPE_CHECKING:
    from pathlib import Path

    from carbonx.demo.day import Result

OFFSET: Final = 8 * 3_600  # seconds that clocks in Shenzhen are ahead of UTC
_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400
_FROM, _TO = 9.25, 15.75  # hours that are drawn
_BREAK: Final = (11.5, 13.5)  # hours without trading
_SLOTS: Final = 26  # bars of volume, a quarter of an hour each
_COLUMNS: Final = 4
INK, PALE, UP, DOWN = "#22303c", "#8795a1", "#c0392b", "#1a7f5a"  # red is up, as in China
_BAND: Final = "#f2efe6"


def draw_day(result: Result, path: Path, title: str, font: str | None = None) -> str:
    """Write a PNG of small multiples, one for each vintage; return the Chinese font used.

    Without one (``font`` is "", or the system has none) the labels are English alone.
    """
    import matplotlib as mpl  # noqa: PLC0415 - slow to import, and an extra

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    from backtest.report.fonts import chinese_font  # noqa: PLC0415

    font = chinese_font() if font is None else font
    families = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    with mpl.rc_context({"font.family": families, "axes.unicode_minus": False}):
        rows = -(-len(BARS) // _COLUMNS)
        figure = plt.figure(figsize=(16, 4.1 * rows + 1.3), facecolor="white")
        outer = figure.add_gridspec(
            rows,
            _COLUMNS,
            hspace=0.24,
            wspace=0.22,
            left=0.05,
            right=0.985,
            top=0.865,
            bottom=0.125,
        )
        for place, name in enumerate(BARS):
            inner = outer[place // _COLUMNS, place % _COLUMNS].subgridspec(
                2, 1, height_ratios=(3, 1), hspace=0.06
            )
            price = figure.add_subplot(inner[0])
            volume = figure.add_subplot(inner[1], sharex=price)
            _vintage(price, volume, result, name)
        _headings(figure, title, chinese=bool(font))
        _beside(figure, result, chinese=bool(font))
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a character that does not render is an error
            figure.savefig(path, dpi=110)
        plt.close(figure)
    return font


def limits(previous: int) -> tuple[int, int]:
    """Return a day's limits; those in force when it is over are the next day's."""
    rulebook = rules()
    mode = next(mode for mode in rulebook.modes if mode.limit_up_bp)
    return exact_limits(previous, mode.limit_down_bp, mode.limit_up_bp, rulebook.products[0].tick)


def _headings(figure: Any, title: str, *, chinese: bool) -> None:
    both = "深圳碳排放权市场的一天  " if chinese else ""
    figure.text(0.05, 0.955, both + title, fontsize=19, color=INK, weight="bold")
    said = (
        "CNY per tonne, each trade a dot; shaded: within the day's limits; dashed: previous "
        "close; below: tonnes in a quarter of an hour"
    )
    if chinese:
        said += "\n元/吨，每点一笔成交；底色：涨跌幅限制；虚线：昨收；下图：每刻钟成交量（吨）"
    figure.text(0.05, 0.945, said, fontsize=10.5, color=PALE, va="top", linespacing=1.6)
    hours = "hour of the day in Shenzhen" + ("  深圳时间" if chinese else "")
    figure.text(0.5, 0.082, hours, fontsize=11, color=PALE, ha="center")


def _beside(figure: Any, result: Result, *, chinese: bool) -> None:
    said = [
        f"{each.clock}  {each.kind} {each.chinese if chinese else ''}  {each.said}"
        for each in result.occasions
    ]
    half = -(-len(said) // 2)
    for place, part in ((0.05, said[:half]), (0.53, said[half:])):
        figure.text(place, 0.06, "\n".join(part), fontsize=10, color=INK, va="top", linespacing=1.6)


def _vintage(price: Any, volume: Any, result: Result, name: str) -> None:
    line, bar = result.view.lines[name], BARS[name]
    previous = bar.previous / 100
    low, high = (price / 100 for price in limits(bar.previous))
    hours = [((p.time // _SECOND + OFFSET) % _DAY) / 3_600 for p in line.prints]
    prices = [p.price / 100 for p in line.prints]
    colours = [UP if p > previous else DOWN if p < previous else INK for p in prices]
    room = (high - low) * 0.13
    price.axhspan(low, high, color=_BAND, zorder=0, linewidth=0)
    for limit, colour in ((high, UP), (low, DOWN), (previous, PALE)):
        price.annotate(
            f"{limit:.2f}",
            (sum(_BREAK) / 2, limit),
            color=colour,
            fontsize=8.5,
            ha="center",
            va="center",
            zorder=4,
        )
    for limit, colour in ((high, UP), (low, DOWN)):
        price.axhline(limit, color=colour, linewidth=1.0, zorder=1)
    price.axhline(previous, color=PALE, linestyle=(0, (4, 3)), linewidth=0.9, zorder=1)
    sizes = [
        14 + 60 * (p.quantity / max(each.quantity for each in line.prints)) ** 0.5
        for p in line.prints
    ]
    price.scatter(hours, prices, s=sizes, c=colours, alpha=0.45, linewidths=0, zorder=3)
    price.set_ylim(low - room, high + room)
    width = (_TO - _FROM) / _SLOTS
    slots = [0] * _SLOTS
    for hour, each in zip(hours, line.prints, strict=True):
        slots[min(_SLOTS - 1, int((hour - _FROM) / width))] += each.quantity
    middles = [_FROM + (i + 0.5) * width for i in range(_SLOTS)]
    volume.bar(middles, slots, width=width * 0.85, color=INK, linewidth=0)
    volume.set_ylim(0, max(slots) * 1.45 or 1)
    volume.set_xlim(_FROM, _TO)
    _dress(price, volume)
    close = prices[-1] if prices else previous
    change = 100 * (close / previous - 1)
    colour = UP if change > 0 else DOWN if change < 0 else INK
    price.set_title(name, loc="left", fontsize=13, color=INK, weight="bold")
    price.set_title(f"{close:.2f}  {change:+.1f}%", loc="right", fontsize=12, color=colour)
    volume.annotate(
        f"{line.volume:,} t",
        (0.985, 0.93),
        xycoords="axes fraction",
        ha="right",
        va="top",
        fontsize=9,
        color=INK,
    )


def _dress(price: Any, volume: Any) -> None:
    for axis in (price, volume):
        axis.axvspan(*_BREAK, color="white", zorder=2, linewidth=0)
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.spines["bottom"].set_color("#d5dade")
        axis.tick_params(length=0, labelsize=8.5, labelcolor=PALE)
        axis.locator_params(axis="y", nbins=5 if axis is price else 3)
    price.tick_params(labelbottom=False)
    price.spines["bottom"].set_visible(False)
    volume.set_xticks([10, 11, 12, 13, 14, 15])
    volume.yaxis.set_major_formatter(lambda tonnes, _: f"{tonnes:,.0f}")
