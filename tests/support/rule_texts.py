"""The texts of rules that a part of the sources can say, read off their syntax trees.

A text is what stands last in a ``Refusal`` or a ``Rejected`` or in a yielded check, and whatever a
variable may be that goes into it: every way is taken, and each figure in it stands as ``FIGURE``.
"""

from __future__ import annotations

import ast
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FIGURE: Final = "7"
_PLACES: Final = {  # where the rule stands
    "Refusal": 2,
    "Rejected": 4,
    "NotTaken": 3,
    "not_taken": 2,
    "end": 2,
}
_LOOKS: Final = 3  # variables in variables

_Known: TypeAlias = dict[str, list[ast.expr]]  # what a name may stand for


class Said(NamedTuple):
    """A text that a function can say."""

    where: str  # file:function
    text: str


def texts(path: Path) -> Iterator[Said]:
    """Yield what the functions of a module can refuse with, and the module itself."""
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    shared = _assigned(tree.body) | {each.name: _returned(each) for each in functions}
    for function in functions:
        known = shared | _assigned(ast.walk(function))
        for value in _rules(ast.walk(function)):
            for text in _ways(value, known, _LOOKS):
                yield Said(f"{path.name}:{function.name}", text)
        if function.name in {"binds", "rule"}:
            for value in _returned(function):
                for text in _ways(value, known, _LOOKS):
                    yield Said(f"{path.name}:{function.name}", text)
    for value in _rules(each for part in tree.body for each in _of_module(part)):
        for text in _ways(value, shared, _LOOKS):
            yield Said(path.name, text)


def _of_module(part: ast.stmt) -> Iterable[ast.AST]:
    return () if isinstance(part, ast.FunctionDef | ast.ClassDef) else ast.walk(part)


def _assigned(nodes: Iterable[ast.AST]) -> _Known:
    found: _Known = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found.setdefault(node.target.id, []).append(node.value)
    return found


def _returned(function: ast.FunctionDef) -> list[ast.expr]:
    returns = (node for node in ast.walk(function) if isinstance(node, ast.Return))
    return [node.value for node in returns if node.value is not None]


def _rules(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield the expressions of the rules among some nodes."""
    for node in nodes:
        if isinstance(node, ast.Call):
            func = node.func
            name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            place = _PLACES.get(name)
            if place is not None and len(node.args) > place:
                yield node.args[place]
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            yield node.value.elts[-1]


def _ways(value: ast.expr, known: _Known, looks: int) -> list[str]:
    """Return what a text can be; none where it is no text of this module's own."""
    if isinstance(value, ast.Constant):
        return [value.value] if isinstance(value.value, str) and value.value else []
    if isinstance(value, ast.IfExp):
        return [*_ways(value.body, known, looks), *_ways(value.orelse, known, looks)]
    if isinstance(value, ast.Call):
        value = value.func
    if isinstance(value, ast.Name) and looks:
        return [way for each in known.get(value.id, []) for way in _ways(each, known, looks - 1)]
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return _joined([value.left, value.right], known, looks)
    if isinstance(value, ast.JoinedStr):
        parts = [p.value if isinstance(p, ast.FormattedValue) else p for p in value.values]
        return _joined(parts, known, looks)
    return []


def _joined(parts: list[ast.expr], known: _Known, looks: int) -> list[str]:
    """Return the ways of a text in parts; a part that is no text of ours is a figure."""
    ways = [_ways(part, known, looks) or [FIGURE] for part in parts]
    return ["".join(way) for way in product(*ways)]
