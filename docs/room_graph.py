"""The rooms of the house and their imports, read from the source, and the way of an order."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGES: Final = ("carbonx", "gateway", "backtest", "engine")


class Step(NamedTuple):
    """One step of an order: what ``user`` uses of what ``owner`` defines."""

    user: str
    owner: str
    name: str
    at: str  # the room where the step's number stands
    text: str


WAY: Final = (
    Step("gateway/client", "gateway/protocol", "NewOrder", "gateway/client",
         "a client sends NewOrder"),
    Step("gateway/server", "gateway/protocol", "wire", "gateway/server",
         "the server decodes it"),
    Step("gateway/server", "engine/log", "submit_all", "engine/log",
         "the sequencer numbers and logs it"),
    Step("engine/log", "engine/venue", "apply", "engine/venue",
         "the venue applies it"),
    Step("engine/venue", "engine/markets", "enter", "engine/markets",
         "the gate of its market admits it"),
    Step("engine/markets", "engine/ledger", "reserved", "engine/ledger",
         "the ledger reserves what it may cost"),
    Step("engine/markets", "engine/matching", "can_fill", "engine/matching",
         "it meets the other side, best price first"),
    Step("engine/matching", "engine/book", "remove", "engine/book",
         "filled orders leave the book, its rest stays"),
    Step("engine/markets", "engine/vocabulary", "OrderAccepted", "engine/vocabulary",
         "all that happened is said in events"),
    Step("gateway/server", "engine/log", "commit", "",
         "the log is synced, once for the whole tick"),
    Step("gateway/server", "gateway/protocol", "OrderAccepted", "",
         "reports leave, numbered for each account"),
)  # fmt: skip

Graph: TypeAlias = dict[str, dict[str, None]]  # room -> the rooms that it imports


def rooms() -> dict[str, str]:
    """Return the rooms, ``package/room``, with the sentence that says what lives there."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).iterdir()):
            source = path / "__init__.py" if path.is_dir() else path
            if source.suffix == ".py" and source.exists() and not path.name.startswith("__"):
                doc = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or ""
                found[f"{package}/{path.stem}"] = doc.partition("\n")[0]
    return found


class Names(NamedTuple):
    """What a room's source names."""

    imported: dict[str, None]  # dotted
    defined: dict[str, None]  # functions, classes, methods, fields and variables
    used: dict[str, None]  # variables, and attributes of something


@cache
def names(room: str) -> Names:
    """Return what a room's modules name; they are read once."""
    found = Names({}, {}, {})
    folder = ROOT / room
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found.imported.update((alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.imported.update((f"{node.module}.{each.name}", None) for each in node.names)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.defined[node.name] = None
            elif isinstance(node, ast.Attribute | ast.Name):
                name = node.attr if isinstance(node, ast.Attribute) else node.id
                found.used[name] = None
                if isinstance(node.ctx, ast.Store):
                    found.defined[name] = None
    return found


def imports(known: dict[str, str]) -> Graph:
    """Return what each room imports of the others, imports for types included."""
    graph: Graph = {}
    for room in known:
        others = ("/".join(name.split(".")[:2]) for name in names(room).imported)
        graph[room] = dict.fromkeys(sorted(each for each in others if each in known))
        graph[room].pop(room, None)
    return graph


def defines(room: str, name: str) -> bool:
    """Say whether a room defines a function, class, method, field or module of a name."""
    return (ROOT / room / f"{name}.py").exists() or name in names(room).defined


def uses(room: str, name: str) -> bool:
    """Say whether a room uses a name, as a variable or as an attribute of something."""
    return name in names(room).used


def reduced(graph: Graph) -> list[tuple[str, str]]:
    """Return the arrows that do not follow from longer ways; a circle keeps all of its own."""
    seen: dict[str, dict[str, None]] = {}

    def below(room: str, way: tuple[str, ...] = ()) -> dict[str, None]:
        if room not in seen:
            found: dict[str, None] = {}
            for other in graph[room]:
                if other not in way:
                    found |= {other: None} | below(other, (*way, room))
            if not way:
                seen[room] = found
            return found
        return seen[room]

    arrows = []
    for room, others in graph.items():
        for other in others:
            longer = (third for third in others if third != other and room not in below(third))
            if not any(other in below(third) for third in longer):
                arrows.append((room, other))
    return arrows
