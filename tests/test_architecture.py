"""The house's rules, checked on its own source: arrows point down, floors 0-4 are pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    0: ("types", "commands", "events", "rulebook", "rulebook_check", "rulebook_text"),
    1: ("money", "allocation", "admission", "calendar", "figures", "policy", "text"),
    2: ("book", "triggers", "ledger"),
    3: ("mechanisms",),
    4: (
        "settlement",
        "roles",
        "amendment",
        "accounts",
        "market",
        "calls",
        "offers",
        "listing",
        "negotiated",
        "one_way",
        "lines",
        "phases",
        "trading_day",
        "snapshot",
        "venue",
    ),
    5: ("log", "journal", "sequencer", "rulebooks"),
}
FLOOR_OF = {module: floor for floor, modules in FLOORS.items() for module in modules}
MACHINE = 4  # the highest floor of the state machine: up to here everything is pure
ALLOWED = {
    "engine": {"engine", "sortedcontainers", "msgspec"},
    "gateway": {"engine", "gateway", "sortedcontainers", "msgspec", "uvloop", "click", "rich",
                "matplotlib", "hdrh"},
    "backtest": {"engine", "backtest", "sortedcontainers", "msgspec", "click", "rich",
                 "matplotlib"},
}  # fmt: skip
PURE_STDLIB = {"__future__", "abc", "bisect", "collections", "dataclasses", "enum", "functools",
               "hashlib", "itertools", "operator", "types", "typing"}  # fmt: skip
MAY_IMPORT = {("text", "decimal"), ("text", "re"), ("rulebook_text", "json")}  # where people type
CALLS = {"open", "hash", "float", "input", "print", "id", "set", "frozenset", "eval", "exec",
         "__import__", "globals", "breakpoint"}  # fmt: skip
FILE_CALLS = {"open", "fdopen", "fsync", "fdatasync", "read_bytes", "read_text", "write_bytes",
              "write_text"}  # fmt: skip
OPENS_FILES = ("journal", "rulebooks")
OPENS_NO_FILE = ("Journal.open", "venue.ledger.open")  # the first is the journal's own business
SANS_IO = ("wire", "framing", "session", "outbox", "streams")
NETWORK = {"asyncio", "uvloop", "socket", "selectors", "ssl", "threading", "time", "os"}
FOLDERS = ("engine", "gateway", "backtest", "tests", "benchmarks", "examples")
LONGEST_FILE, LONGEST_FUNCTION = 450, 65  # 400 and 60 are the aim; beyond these a room is missing


def imported(text: str) -> Iterator[str]:
    """Yield the full name of everything that a module imports, wherever it does."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def wrong_imports(package: str, module: str, text: str) -> list[str]:
    """Return the imports of a module that its package, or its floor, does not allow."""
    found = []
    for name in imported(text):
        top, *rest = name.split(".")
        if top not in ALLOWED[package] and top not in sys.stdlib_module_names:
            found.append(f"{module} imports {name}")
        if package != "engine" or module == "__init__":
            continue
        floor = FLOOR_OF[module]
        if top == "engine" and FLOOR_OF[rest[0]] > floor:
            found.append(f"{module} imports {name}, from a floor above it")
        foreign = top not in ALLOWED[package] and top not in PURE_STDLIB
        if floor <= MACHINE and foreign and (module, top) not in MAY_IMPORT:
            found.append(f"{module} imports {name}")
    return found


def impurities(module: str, text: str) -> list[str]:
    """Return what a module of floors 0-4 must not do: floats, hashes, sets, input and output."""
    found = []
    for node in ast.walk(ast.parse(text)):
        what = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            what = f"the float {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            what = "true division"
        elif isinstance(node, ast.Set | ast.SetComp):
            what = "a set"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = node.func.id
            what = f"a call of {called}" if called in CALLS else ""
        elif isinstance(node, ast.Global | ast.Nonlocal | ast.AsyncFunctionDef | ast.Await):
            what = type(node).__name__
        if what:
            found.append(f"{module}:{getattr(node, 'lineno', 0)} has {what}")
    return found


def file_calls(module: str, text: str) -> list[str]:
    """Return the calls that read or write files, by a name or as a method."""
    calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    names = [ast.unparse(called) for called in calls]
    touching = [name for name in names if name.rpartition(".")[2] in FILE_CALLS]
    return [f"{module} calls {name}" for name in touching if name not in OPENS_NO_FILE]


def too_long(text: str) -> list[str]:
    """Return what asks to be split: the file, or functions of it."""
    found = []
    if text.count("\n") > LONGEST_FILE:
        found.append(f"a file of {text.count(chr(10))} lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                found.append(f"{node.name}: {lines} lines")
    return found


def sources(package: str) -> list[tuple[str, str]]:
    """Return (room, text) of every file; the room is the file's or its folder's name."""
    return [
        (path.relative_to(ROOT / package).parts[0].removesuffix(".py"), path.read_text("utf-8"))
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


def test_every_room_of_the_engine_has_its_floor() -> None:
    rooms = {module for module, _ in sources("engine")} - {"__init__"}
    assert rooms == set(FLOOR_OF)


@pytest.mark.parametrize("package", list(ALLOWED))
def test_arrows_point_down(package: str) -> None:
    files = sources(package)
    assert files or package == "backtest", "nothing to look at"
    assert [fault for file in files for fault in wrong_imports(package, *file)] == []


def test_the_floors_of_the_state_machine_are_pure() -> None:
    files = [file for file in sources("engine") if FLOOR_OF.get(file[0], MACHINE) <= MACHINE]
    assert len(files) > 10
    assert [fault for file in files for fault in impurities(*file)] == []


def test_only_the_journal_and_the_packaged_rulebooks_touch_files() -> None:
    files = [file for file in sources("engine") if file[0] not in OPENS_FILES]
    assert [fault for file in files for fault in file_calls(*file)] == []
    assert any(file_calls(*file) for file in sources("engine") if file[0] == "journal")


def test_the_session_and_what_it_needs_know_no_socket_and_no_clock() -> None:
    files = dict(sources("gateway"))
    for module in SANS_IO:
        assert not {name.split(".")[0] for name in imported(files[module])} & NETWORK, module


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_and_functions_stay_readable(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        assert too_long(path.read_text("utf-8")) == [], path.relative_to(ROOT)


@pytest.mark.parametrize("package", ["engine", "gateway"])
def test_a_package_itself_imports_nothing(package: str) -> None:
    text = (ROOT / package / "__init__.py").read_text("utf-8")
    statements = ast.parse(text).body
    assert len(statements) <= 1, "a docstring and nothing else: no work at import"


def test_the_engine_loads_nothing_but_its_two_dependencies() -> None:
    modules = ", ".join(f"engine.{module}" for module in FLOOR_OF)
    code = (
        f"import sys; before = set(sys.modules); import engine, {modules};"
        "print(*sorted({n.split('.')[0] for n in set(sys.modules) - before}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    others = set(done.stdout.split()) - sys.stdlib_module_names - {"engine"}
    # msgspec itself looks for typing_extensions, and does without it
    assert {"sortedcontainers", "msgspec"} <= others
    assert others <= {"sortedcontainers", "msgspec", "typing_extensions"}


# -- the checks above can fail ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "module", "text"),
    [
        ("engine", "book", "import time"),
        ("engine", "book", "def f():\n    from random import random"),
        ("engine", "book", "import os.path"),
        ("engine", "venue", "from datetime import datetime"),
        ("engine", "venue", "import asyncio"),
        ("engine", "log", "import numpy"),
        ("engine", "book", "from engine.venue import Venue"),
        ("engine", "book", "from engine import journal"),
        ("engine", "types", "import engine.commands, engine.money"),
        ("engine", "mechanisms", "if TYPE_CHECKING:\n    from engine.market import Market"),
        ("engine", "book", "from . import venue"),
        ("engine", "sequencer", "import gateway.wire"),
        ("engine", "sequencer", "from backtest import kernel"),
        ("engine", "__init__", "import click"),
        ("gateway", "server", "from backtest.kernel import Kernel"),
        ("gateway", "cli", "import carbonx"),
        ("backtest", "kernel", "import gateway.client"),
    ],
)
def test_a_wrong_import_is_noticed(package: str, module: str, text: str) -> None:
    assert wrong_imports(package, module, text)


@pytest.mark.parametrize(
    "text",
    ["x = 1.5", "x = a / b", "x /= 2", "for x in {1, 2}: pass", "{x for x in y}", "set(y)",
     "hash('a')", "open('f')", "float(1)", "async def f(): pass"],
)  # fmt: skip
def test_an_impurity_is_noticed(text: str) -> None:
    assert impurities("book", text)


@pytest.mark.parametrize("text", ["open('f')", "path.read_text()", "os.open('f', 0)"])
def test_a_touched_file_is_noticed(text: str) -> None:
    assert file_calls("venue", text)


def test_a_long_file_and_a_long_function_are_noticed() -> None:
    assert too_long("x = 1\n" * (LONGEST_FILE + 1))
    assert too_long("def f():\n" + "    x = 1\n" * LONGEST_FUNCTION)
    assert not too_long("x = 1\n" * LONGEST_FILE)


def test_what_is_allowed_is_allowed() -> None:
    text = "from engine.types import Side\nfrom typing import Any\nx = {1: a // b}"
    assert not wrong_imports("engine", "venue", text)
    assert not impurities("venue", text)
