"""The house's rules, checked on its own source: arrows point down, floors 0-4 are pure."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {
    0: ("types", "commands", "events", "rulebook"),
    1: ("money", "allocation", "admission", "text"),
    2: ("book", "triggers", "ledger"),
    3: ("mechanisms",),
    4: ("settlement", "market", "amendment", "phases", "snapshot", "venue"),
    5: ("log", "journal", "sequencer", "rulebooks"),
}
FLOOR_OF = {module: floor for floor, modules in FLOORS.items() for module in modules}
ALLOWED = {
    "engine": {"engine", "sortedcontainers", "msgspec"},
    "gateway": {"engine", "gateway", "sortedcontainers", "msgspec", "uvloop", "click", "rich",
                "matplotlib", "hdrh"},
}  # fmt: skip
IMPURE = {"time", "random", "datetime", "os", "io", "socket", "asyncio", "threading", "secrets",
          "uuid", "pathlib", "subprocess", "logging", "math", "decimal"}  # fmt: skip
CALLS = {"open", "hash", "float", "input", "print", "id", "set", "frozenset"}
MAY = {("text", "decimal"), ("rulebook", "set"), ("text", "print")}
LONGEST_FILE, LONGEST_FUNCTION = 450, 65


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def wrong_arrows(package: str, module: str, text: str) -> list[str]:
    """Return the imports of a module that its floor, or its package, does not allow."""
    found = []
    for name in imported(ast.parse(text)):
        top, *rest = name.split(".")
        if top not in ALLOWED[package] and top not in sys.stdlib_module_names:
            found.append(f"{module} imports {name}")
        inside = package == "engine" and top == "engine" and bool(rest)
        if inside and FLOOR_OF[rest[0]] > FLOOR_OF[module]:
            found.append(f"{module} imports {name}, a floor above it")
        if package == "engine" and FLOOR_OF[module] <= 4 and top in IMPURE:
            found.extend([f"{module} imports {name}"] if (module, top) not in MAY else [])
    return found


def impurities(module: str, text: str) -> list[str]:
    """Return what a module of floors 0-4 must not do: floats, hashes, sets, input and output."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(f"{module}:{node.lineno} float {node.value}")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            found.append(f"{module}:{node.lineno} true division")
        elif isinstance(node, ast.Set | ast.SetComp):
            found.append(f"{module}:{node.lineno} a set")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = node.func.id
            if called in CALLS and (module, called) not in MAY:
                found.append(f"{module}:{node.lineno} calls {node.func.id}")
    return found


def sources(package: str) -> list[tuple[str, Path]]:
    return [(path.relative_to(ROOT / package).parts[0].removesuffix(".py"), path)
            for path in sorted((ROOT / package).rglob("*.py"))]  # fmt: skip


@pytest.mark.parametrize("package", ["engine", "gateway"])
def test_arrows_point_down(package: str) -> None:
    for module, path in sources(package):
        if module != "__init__":
            assert wrong_arrows(package, module, path.read_text()) == []


def test_the_lower_floors_are_pure() -> None:
    for module, path in sources("engine"):
        if module != "__init__" and FLOOR_OF[module] <= 4:
            assert impurities(module, path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    ["import time", "from random import random", "import numpy", "from engine.venue import Venue",
     "import gateway.wire", "from engine import journal; import engine.journal"],
)  # fmt: skip
def test_a_wrong_import_is_noticed(text: str) -> None:
    assert wrong_arrows("engine", "book", text)


@pytest.mark.parametrize("text", ["x = 1.5", "x = a / b", "x = {1}", "hash('a')", "open('f')"])
def test_an_impurity_is_noticed(text: str) -> None:
    assert impurities("book", text)


def test_files_and_functions_stay_readable() -> None:
    for folder in ("engine", "gateway", "tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text()
            assert text.count("\n") <= LONGEST_FILE, f"{path.name} asks to be split"
            if folder in ("engine", "gateway"):
                for node in ast.walk(ast.parse(text)):
                    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                        lines = (node.end_lineno or 0) - node.lineno + 1
                        assert lines <= LONGEST_FUNCTION, f"{path.name} {node.name}: {lines} lines"


def test_the_engine_loads_nothing_but_its_two_dependencies() -> None:
    code = (
        "import sys; before = set(sys.modules); import engine.venue, engine.sequencer;"
        "print(*sorted({n.split('.')[0] for n in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          check=True, cwd=ROOT)  # fmt: skip
    others = set(done.stdout.split()) - sys.stdlib_module_names - {"engine"}
    # msgspec itself looks for typing_extensions, and does without it
    assert others <= {"sortedcontainers", "msgspec", "typing_extensions"}
