"""The finished day as one page that opens without a server."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from backtest.report.html import Html, joined, table, tag
from carbonx.demo.shenzhen_day import BARS
from engine.vocabulary.json_codec import decimal_text

if TYPE_CHECKING:
    from pathlib import Path

    from carbonx.demo.day import Result

_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE: Final = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;color:#22303c;background:#fff;
max-width:76rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.2rem;margin-top:2.2rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .8rem;border-bottom:1px solid #e4e4e4;text-align:right;white-space:nowrap}
th:first-child,:is(th,td):nth-child(3):last-child{text-align:left}
thead th{border-bottom:2px solid #767676}
img{width:100%;height:auto}code{font-size:.9em;overflow-wrap:anywhere}
"""
_HEAD: Final = (
    "vintage 年份", "open 开盘", "high 最高", "low 最低", "close 收盘", "real close 真实收盘",
    "tonnes 成交量", "real tonnes 真实成交量", "trades 笔数",
)  # fmt: skip

_BESIDE: Final = ("at 时间", "what 事项", "what it came to 结果")


def write_page(result: Result, picture: Path, path: Path, title: str) -> None:
    """Write the page, with the picture inside it."""
    data = base64.b64encode(picture.read_bytes()).decode()
    said = "Each vintage's trades between its price limits, with its volume; the table has figures."
    rows = []
    for name, line in result.view.lines.items():
        bar, real = line.bar, BARS[name]
        if bar is not None:
            prices = (bar.open, bar.high, bar.low, bar.close, real.close)
            figures = (bar.volume, real.volume, bar.trades)
            rows.append((name, *map(decimal_text, prices), *(f"{each:,}" for each in figures)))
    occasions = [
        (each.clock, f"{each.kind} {each.chinese}", each.said) for each in result.occasions
    ]
    verdict = "the same state" if result.proven else "ANOTHER STATE"
    proof = (
        f"The log's {result.records:,} records, replayed, give {verdict} as the venue had "
        "when the day ended:"
    )
    body = (
        tag("h1", title),
        Html(f'<img alt="{said}" src="data:image/png;base64,{data}">'),
        tag("h2", "The day beside the real one 与真实行情对照"),
        tag("div", table(_HEAD, rows), class_="wide"),
        tag("h2", "Beside the screen 屏幕之外"),
        tag(
            "p",
            "An auction, a block and the surrender after the close: simulated, and not in "
            "the real day's figures. 均为模拟。",
        ),
        tag("div", table(_BESIDE, occasions), class_="wide"),
        tag("h2", "Proof 验证"),
        tag("p", proof),
        tag("p", tag("code", result.replayed_state)),
    )
    head = (
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", title),
        tag("style", Html(_STYLE)),
    )
    whole = tag("html", tag("head", *head), tag("body", *body), lang="en")
    path.write_text("<!doctype html>\n" + joined([whole]), encoding="utf-8")
