"""Draw ``docs/rooms.svg``: the rooms of the house, their imports, and the way of an order.

Rooms and arrows come from the source, so the picture cannot go stale: run
``python -m docs.draw_rooms`` after a change; a test compares. An arrow that follows from others
is left out, as in a family tree. The way of an order is the list ``WAY`` of ``docs/room_graph.py``.
"""

from __future__ import annotations

from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from xml.sax.saxutils import escape

from docs.room_graph import PACKAGES, ROOT, WAY, imports, reduced, rooms

if TYPE_CHECKING:
    from docs.room_graph import Graph

Point: TypeAlias = tuple[float, float]
TINTS: Final = {
    "carbonx": "#f3ecfb",
    "gateway": "#e7f3ec",
    "backtest": "#fdf4dd",
    "engine": "#e8eff9",
}


# -- where things are --------------------------------------------------------------------------

BOX: Final = (136, 44)
ROW: Final = 84
LEFT, WIDE, NARROW, GAP = 24, 620, 620, 24  # wide enough for four rooms side by side
WIDTH: Final = LEFT * 2 + WIDE + GAP + NARROW
HEAD: Final = 46  # of a package, above its first row


class House(NamedTuple):
    """Where packages and rooms are: (x, y, width, height) and the middles of the boxes."""

    frames: dict[str, tuple[float, float, float, float]]
    middles: dict[str, Point]
    height: float


def floors(package: str, graph: Graph) -> list[list[str]]:
    """Return a package's rooms by floor, the top one first; no room is below what it imports."""
    own = [room for room in graph if room.startswith(f"{package}/")]

    def floor(room: str, way: tuple[str, ...]) -> int:
        inside = [other for other in graph[room] if other in own and other not in way]
        return 1 + max((floor(other, (*way, other)) for other in inside), default=-1)

    heights = {room: floor(room, (room,)) for room in own}
    top = max(heights.values())
    return [[room for room in own if heights[room] == n] for n in range(top, -1, -1)]


def place(graph: Graph) -> House:
    """Give every package its frame and every room its place, so that arrows stay short."""
    plan = {package: floors(package, graph) for package in PACKAGES}
    tall = {package: HEAD + ROW * len(rows) for package, rows in plan.items()}
    middle = tall["carbonx"] + GAP * 2
    middle_height = max(tall["gateway"], tall["backtest"])
    bottom = middle + middle_height + GAP
    right = LEFT + WIDE + GAP
    frames: dict[str, tuple[float, float, float, float]] = {
        "carbonx": (LEFT, GAP, WIDE + GAP + NARROW, tall["carbonx"]),
        "gateway": (LEFT, middle, WIDE, middle_height),
        "backtest": (right, middle, NARROW, middle_height),
        "engine": (LEFT, bottom, WIDE, tall["engine"]),
    }
    middles: dict[str, Point] = {}
    for package in reversed(PACKAGES):
        x, y, width, height = frames[package]
        below = y + height
        for row in reversed(plan[package]):
            below -= ROW
            apart = min(width / len(row), 220)
            centre = x + width / 2
            spots = [centre + apart * (n - (len(row) - 1) / 2) for n in range(len(row))]

            best = min(permutations(row), key=partial(length, graph, middles, spots))
            middles |= {
                room: (spot, below + BOX[1] / 2) for spot, room in zip(spots, best, strict=True)
            }
    return House(frames, middles, bottom + tall["engine"] + GAP)


def length(
    graph: Graph, middles: dict[str, Point], spots: list[float], order: tuple[str, ...]
) -> float:
    """Return how far to the side the arrows of a row lead, if its rooms stand in an order."""
    return sum(
        abs(spot - middles[other][0])
        for spot, room in zip(spots, order, strict=True)
        for other in graph[room]
        if other in middles and other.partition("/")[0] == room.partition("/")[0]
    )


# -- the drawing -------------------------------------------------------------------------------


def number(value: float) -> str:
    """Write a coordinate, without decimals where it has none."""
    return f"{value:.1f}".removesuffix(".0")


def rounded(points: list[Point], radius: float = 12) -> str:
    """Return the path along points, its corners rounded."""
    parts = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for (ax, ay), (bx, by), (cx, cy) in zip(points, points[1:], points[2:], strict=False):
        into = max(abs(bx - ax) + abs(by - ay), 1)
        out = max(abs(cx - bx) + abs(cy - by), 1)
        r = min(radius, into / 2, out / 2)
        parts.append(f"L{number(bx - (bx - ax) / into * r)} {number(by - (by - ay) / into * r)}")
        parts.append(
            f"Q{number(bx)} {number(by)} "
            f"{number(bx + (cx - bx) / out * r)} {number(by + (cy - by) / out * r)}"
        )
    parts.append(f"L{number(points[-1][0])} {number(points[-1][1])}")
    return " ".join(parts)


def in_the_way(house: House, x: float, above: float, below: float) -> bool:
    """Say whether a box stands in a column strictly between two heights."""
    return any(
        abs(box_x - x) < BOX[0] / 2 + 6 and above < box_y < below
        for box_x, box_y in house.middles.values()
    )


def arrow(house: House, tail: str, head: str) -> str:
    """Return the line of an import, from the bottom of a box to the top of another.

    Where other boxes stand between, it leaves and arrives at the side.
    """
    (x1, y1), (x2, y2) = house.middles[tail], house.middles[head]
    half_w, half_h = BOX[0] / 2, BOX[1] / 2
    toward = 1 if x2 > x1 else -1
    if y1 == y2:
        return rounded([(x1 + toward * half_w, y1), (x2 - toward * (half_w + 2), y2)])
    same = tail.partition("/")[0] == head.partition("/")[0]
    if same and y2 - y1 > ROW and in_the_way(house, x1, y1, y2):
        if not in_the_way(house, x2, y1 - 1, y2):
            return rounded([(x1 + toward * half_w, y1), (x2, y1), (x2, y2 - half_h - 2)])
        lane = max(x1, x2) + half_w + 22
        return rounded([(x1 + half_w, y1), (lane, y1), (lane, y2), (x2 + half_w + 2, y2)])
    start, end = y1 + half_h, y2 - half_h - 2
    bend = max(18, (end - start) / 2)
    return (
        f"M{number(x1)} {number(start)} C{number(x1)} {number(start + bend)} "
        f"{number(x2)} {number(end - bend)} {number(x2)} {number(end)}"
    )


def aside(house: House, tail: str, head: str, lane: int) -> str:
    """Return the line of an import between packages that goes down beside the engine's frame."""
    (x1, y1), (x2, y2) = house.middles[tail], house.middles[head]
    x, _, width, _ = house.frames["engine"]
    if tail.startswith("gateway/"):
        edge, side = x + 12 + 7 * lane, -BOX[0] / 2
        under = y2 + BOX[1] / 2 + 16 + 5 * lane
        points = [(x1 + side, y1), (edge, y1), (edge, under), (x2 - 12, under)]
        return rounded([*points, (x2 - 12, y2 + BOX[1] / 2 + 2)])
    top = house.frames["gateway" if tail.startswith("carbonx/") else "engine"][1]
    above, into = top - GAP / 2 + 4 * lane, y2 + 6 * lane - 6
    edge = x + width + GAP / 2 if tail.startswith("carbonx/") else x + width - 12 - 7 * lane
    points = [(x1, y1 + BOX[1] / 2), (x1, above), (edge, above), (edge, into)]
    return rounded([*points, (x2 + BOX[0] / 2 + 2, into)])


def way_of_an_order(house: House) -> list[str]:
    """Return the highlighted lines: the order's way down, and the way of its events back."""
    at = house.middles
    half_w, half_h = BOX[0] / 2, BOX[1] / 2
    client, server = at["gateway/client"], at["gateway/server"]
    toward = 1 if server[0] > client[0] else -1
    log = at["engine/log"]
    x, _, width, _ = house.frames["gateway"]
    lane, above = x + width - 34, house.frames["engine"][1] + 16
    lines = [
        rounded(
            [
                (client[0] + toward * half_w, client[1] - 8),
                (server[0] - toward * (half_w + 3), server[1] - 8),
            ]
        ),
        rounded(
            [
                (server[0] + half_w, server[1]),
                (lane, server[1]),
                (lane, above),
                (log[0], above),
                (log[0], log[1] - half_h - 3),
            ]
        ),
    ]
    inside = [step for step in WAY if step.user.startswith("engine/")]
    return lines + [arrow(house, step.user, step.owner) for step in inside[:-1]]


def way_back(house: House) -> list[str]:
    """Return the lines of the events and of the reports made from them."""
    at = house.middles
    half_w, half_h = BOX[0] / 2, BOX[1] / 2
    client, server, venue = at["gateway/client"], at["gateway/server"], at["engine/venue"]
    toward = 1 if server[0] > client[0] else -1
    lane = house.frames["engine"][0] + 104
    under = server[1] + half_h + 20
    points = [
        (venue[0] - half_w, venue[1]),
        (lane, venue[1]),
        (lane, under),
        (server[0] - 24, under),
        (server[0] - 24, server[1] + half_h + 3),
    ]
    reports = [
        (server[0] - toward * half_w, server[1] + 8),
        (client[0] + toward * (half_w + 3), client[1] + 8),
    ]
    return [rounded(points), rounded(reports)]


def packages_and_rooms(house: House, known: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return the frames of the packages and the boxes of the rooms."""
    frames, boxes = [], []
    for package, (x, y, width, height) in house.frames.items():
        frames.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" '
            f'height="{number(height)}" rx="14" fill="{TINTS[package]}"/>'
            f'<text class="package" x="{number(x + 16)}" y="{number(y + 28)}">{package}/</text>'
        )
    for room, (x, y) in house.middles.items():
        name = room.partition("/")[2]
        boxes.append(
            f"<g><title>{escape(known[room])}</title>"
            f'<rect class="room" x="{number(x - BOX[0] / 2)}" y="{number(y - BOX[1] / 2)}" '
            f'width="{BOX[0]}" height="{BOX[1]}" rx="8"/>'
            f'<text class="name" x="{number(x)}" y="{number(y + 5)}">{name}</text></g>'
        )
    return frames, boxes


def legend(house: House) -> list[str]:
    """Return the numbered steps beside the engine, and the numbers at their rooms."""
    x = LEFT + WIDE + GAP + 16
    y = house.frames["engine"][1] + 28
    found = [f'<text class="package" x="{x}" y="{number(y)}">the way of an order</text>']
    for count, step in enumerate(WAY, 1):
        y += 30
        kind = "back" if count > len(WAY) - 2 else "way"
        spots = [(x + 10.0, y - 5)]
        if step.at:
            mx, my = house.middles[step.at]
            spots.append((mx + BOX[0] / 2 - 4, my - BOX[1] / 2 + 2))
        elif step.name == "commit":
            mx, my = house.middles["engine/log"]
            spots.append((mx - BOX[0] / 2 + 4, my - BOX[1] / 2 + 2))
        else:
            mx, my = house.middles["gateway/client"]
            spots.append((mx + BOX[0] / 2 - 4, my + BOX[1] / 2 - 2))
        found += [
            f'<circle class="{kind}-dot" cx="{number(cx)}" cy="{number(cy)}" r="10"/>'
            f'<text class="dot" x="{number(cx)}" y="{number(cy + 4)}">{count}</text>'
            for cx, cy in spots
        ]
        found.append(f'<text class="step" x="{x + 30}" y="{number(y)}">{escape(step.text)}</text>')
    notes = (
        ("arrow", "imports, inside a package"),
        ("light", "imports, between packages"),
        ("way", "a command on its way in"),
        ("back", "events and reports on their way back"),
    )
    y += 22
    for kind, text in notes:
        y += 24
        found.append(
            f'<path class="{kind}" d="M{x} {number(y - 5)} L{x + 40} {number(y - 5)}"/>'
            f'<text class="note" x="{x + 52}" y="{number(y)}">{text}</text>'
        )
    y += 30
    found.append(
        f'<text class="note" x="{x}" y="{number(y)}">An arrow that follows from others is left out.'
        "</text>"
    )
    return found


STYLE: Final = """
text { font-family: "Segoe UI", "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif }
.package { font-size: 17px; font-weight: 600; fill: #33415c }
.name { font-size: 15px; text-anchor: middle; fill: #1d2939 }
.step { font-size: 14px; fill: #1d2939 } .note { font-size: 13px; fill: #475467 }
.dot { font-size: 12px; font-weight: 600; text-anchor: middle; fill: #fff }
.room { fill: #fff; stroke: #98a2b3; stroke-width: 1.2 }
path { fill: none } .arrow { stroke: #667085; stroke-width: 1.4; marker-end: url(#a) }
.light { stroke: #b3bccb; stroke-width: 1.2; marker-end: url(#l) }
.way { stroke: #d1442f; stroke-width: 3; marker-end: url(#w) } .way-dot { fill: #d1442f }
.back { stroke: #2468c8; stroke-width: 2.4; stroke-dasharray: 7 4; marker-end: url(#b) }
.back-dot { fill: #2468c8 }
"""
HEADS: Final = (("a", "#667085", 7), ("l", "#b3bccb", 7), ("w", "#d1442f", 4), ("b", "#2468c8", 4))


def draw() -> str:
    """Return the picture."""
    known = rooms()
    graph = imports(known)
    house = place(graph)
    frames, boxes = packages_and_rooms(house, known)
    inside, between = [], []
    lanes = {"gateway": 0, "other": 0}
    for tail, head in reduced(graph):
        if (tail, head) == ("gateway/server", "engine/log"):
            continue  # the order's own way
        package = tail.partition("/")[0]
        if head.startswith(package):
            inside.append(f'<path class="arrow" d="{arrow(house, tail, head)}"/>')
            continue
        line = arrow(house, tail, head)
        if head.startswith("engine/"):
            group = "gateway" if package == "gateway" else "other"
            line = aside(house, tail, head, lanes[group])
            lanes[group] += 1
        between.append(f'<path class="light" d="{line}"/>')
    heads = [
        f'<marker id="{name}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="{size}" '
        f'markerHeight="{size}" orient="auto"><path d="M0 0 L10 5 L0 10 z" '
        f'style="fill:{colour}"/></marker>'
        for name, colour, size in HEADS
    ]
    height = number(house.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>The rooms of carbonx and the way of an order through them</title>",
        f"<style>{STYLE}</style>",
        f"<defs>{''.join(heads)}</defs>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *frames,
        *between,
        *inside,
        *(f'<path class="way" d="{line}"/>' for line in way_of_an_order(house)),
        *(f'<path class="back" d="{line}"/>' for line in way_back(house)),
        *boxes,
        *legend(house),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "rooms.svg").write_text(draw(), "utf-8")
