"""What compiling the hot rooms from the same source needs, held on their text.

The arrows and circles between modules are ``tests/test_architecture.py``'s business.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, get_args

import msgspec
import pytest

from engine.log.errors import LogError
from engine.log.records import CommandError, Run, check_command, decode_run
from engine.log.sequencer import Sequencer
from engine.rulebook.presets import load
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.json_codec import TextError, command_from_object, to_object
from engine.vocabulary.units import MAX_INT, MIN_INT, Int
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HOT = ("book", "matching", "markets", "ledger", "venue")
COLD = ("state.py",)  # dumps and their hash: nothing of an order's path
PATH = (
    "gateway/protocol/session.py", "gateway/protocol/mapping.py", "gateway/server/connection.py",
    "gateway/server/sessions.py", "gateway/server/running_venue.py", "engine/log/sequencer.py",
)  # fmt: skip
FILES = [path for room in HOT for path in sorted((ROOT / "engine" / room).glob("*.py"))]
WIDE = [-(1 << 64), MIN_INT - 1, MAX_INT + 1, (1 << 64) - 1, 1 << 64, 10**40]
FIELDS = [
    (kind, field.name)
    for kind in get_args(c.Command)
    for field in msgspec.structs.fields(kind)
    if field.type == Int
]


@cache
def defined(text: str) -> set[str]:
    """Return the names that a module defines at its top level."""
    found: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        targets: list[ast.expr] = []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Assign):
            targets = node.targets
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            found |= {name.id for name in names if isinstance(name, ast.Name)}
    return found


def borrowed(text: str) -> list[str]:
    """Return what a module imports from another place than where it is defined."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("engine."):
            path = ROOT / ((node.module or "").replace(".", "/") + ".py")
            names = defined(path.read_text("utf-8")) if path.exists() else set()
            found += [f"{node.module}.{a.name}" for a in node.names if a.name not in names]
    return found


def untyped(text: str) -> list[str]:
    """Return where a module switches types off."""
    marks = [line for line in text.splitlines() if "type: ignore" in line]
    names = [node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)]
    return [*marks, *(name for name in names if name == "Any")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_hot_rooms_are_laid_out_for_a_compiler(path: Path) -> None:
    text = path.read_text("utf-8")
    assert borrowed(text) == [], "import a name from the module that defines it"
    if path.name not in COLD:
        assert untyped(text) == [], "types on an order's path are true"


@pytest.mark.parametrize("name", PATH)
def test_types_are_true_from_the_wire_to_the_book(name: str) -> None:
    assert untyped((ROOT / name).read_text("utf-8")) == []


def test_order_level_and_what_they_refer_to_share_one_module() -> None:
    text = (ROOT / "engine" / "book" / "orders.py").read_text("utf-8")
    classes = [n.name for n in ast.parse(text).body if isinstance(n, ast.ClassDef)]
    assert classes == ["Level", "Order", "Participant", "Seat", "Market"]


def test_no_test_patches_a_class_of_the_hot_rooms() -> None:
    classes = {
        node.name
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "setattr" in text else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setattr"):
                assert ast.unparse(node.args[0]) not in classes, path


def test_the_checks_above_can_fail() -> None:
    assert borrowed("from engine.book.levels import Order") == ["engine.book.levels.Order"]
    assert not borrowed("from engine.book.orders import Order")
    assert untyped("x: Any = 1") == ["Any"]
    assert untyped("x = 1  # type: ignore[misc]")


def test_every_integer_of_a_command_is_bounded_by_its_type() -> None:
    for kind in get_args(c.Command):
        plain = [f.name for f in msgspec.structs.fields(kind) if f.type is int]
        assert plain == [], kind
    assert len(FIELDS) > 40


def sample(kind: type[c.Command]) -> c.Command:
    """Make a command of a kind, whatever it says."""
    made = []
    for field in msgspec.structs.fields(kind):
        if not field.required:
            made.append(field.default)
        elif field.type is str:
            made.append("a")
        else:
            made.append(
                True if field.type is bool else 1 if field.type == Int else next(iter(field.type))
            )
    return kind(*made)


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=lambda x: getattr(x, "__name__", x))
def test_a_figure_beyond_63_bits_is_refused_with_its_field(
    kind: type[c.Command], name: str
) -> None:
    right = sample(kind)
    check_command(right)
    for value in WIDE:
        wrong = msgspec.structs.replace(right, **{name: value})
        with pytest.raises(CommandError, match=f"{kind.__name__}.{name}"):
            check_command(wrong)
        if -(1 << 63) <= value < 1 << 64:  # msgpack has nothing wider
            payload = msgspec.msgpack.encode(Run(1, 0, 0, [wrong]))
            with pytest.raises(LogError, match=f"{kind.__name__}.{name}"):
                decode_run(payload, 1, 0)
        with pytest.raises(TextError, match=f"^{name}:"):
            command_from_object(to_object(right) | {name: value})
    for value in (MIN_INT, MAX_INT):
        edge = msgspec.structs.replace(right, **{name: value})
        assert decode_run(msgspec.msgpack.encode(Run(1, 0, 0, [edge])), 1, 0).commands == [edge]


def test_the_refused_command_has_no_number_and_changes_nothing() -> None:
    sequencer = Sequencer(Venue(load("textbook")))
    sequencer.submit(1, 0, c.OpenAccount("a"))
    state = sequencer.venue.state_hash()
    for wrong in (c.MoveCash("a", 10**30), c.MoveCash("a", 1 << 63), c.OpenAccount("\ud800")):
        with pytest.raises(CommandError):
            sequencer.submit(2, 0, wrong)
    assert (sequencer.seq, sequencer.time) == (1, 1)
    assert sequencer.venue.state_hash() == state
