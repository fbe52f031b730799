"""HTML that cannot be broken by what it shows: a text is escaped unless it is ``Html`` already."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

from backtest.report.style import svg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure


class Html(str):
    """Markup, made by ``tag``."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: str) -> Html:
    """Return an element. ``class_`` stands for ``class``; attributes and texts are escaped."""
    pairs = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{pairs}>{joined(children)}</{name}>")


def joined(children: Iterable[str]) -> Html:
    """Return elements and texts one after the other."""
    return Html("".join(c if isinstance(c, Html) else escape(c) for c in children))


def image(figure: Figure, said: str) -> Html:
    """Return a figure inside the page itself, with a text for those who do not see it."""
    data = base64.b64encode(svg(figure).encode()).decode()
    return Html(f'<img alt="{escape(said)}" src="data:image/svg+xml;base64,{data}">')


def table(head: Iterable[str], rows: Iterable[Iterable[str]], **attributes: str) -> Html:
    """Return a table whose first column names its rows."""
    top = tag("tr", *(tag("th", each, scope="col") for each in head))
    body = []
    for row in rows:
        first, *others = row
        cells = [tag("td", each) for each in others]
        body.append(tag("tr", tag("th", first, scope="row"), *cells))
    return tag("table", tag("thead", top), tag("tbody", *body), **attributes)
