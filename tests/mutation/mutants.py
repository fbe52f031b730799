"""What is mutated, and how: cosmic-ray's operators, one more, and a seeded sample of them.

A *place* is a piece of source that an operator can change, often in many ways (a ``<`` in five).
The sample draws places first and then one change of each, so that an operator with many variants
does not crowd out the others. What changes no behaviour is no mutant: annotations, what stands
under ``TYPE_CHECKING``, assertions, and flags that only make a struct faster or read-only.
"""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.mutation.known import Mutant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

MUTATED: Final = ("engine", "gateway/protocol", "gateway/server")
SOCKETS: Final = ("gateway/server/node.py", "gateway/server/admin.py")  # the shells around the core
FLAGS: Final = ("frozen", "gc", "slots")
BYTES: Final = ("array_like", "tag")  # mean nothing to events, which are never written as bytes
EVENTS: Final = "engine/vocabulary/events.py"
ABSTRACT: Final = "abstractmethod"
# `is` and `==` are one on enums and small integers: only their negations are changes
IDENTITY: Final = ("Is", "IsNot")


class Operator(Protocol):
    """What cosmic-ray asks of an operator."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Yield where it can change a node: once for each change."""

    def mutate(self, node: Any, index: int) -> Any:
        """Return the changed node."""


class DropStatement:
    """Puts ``pass`` for a statement that has an effect; cosmic-ray has no such operator."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the place of a call, a raise, a del, or an assignment to more than a name."""
        if node.type == "simple_stmt" and _has_effect(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002 -- there is one change
        """Return the statement as ``pass``."""
        dropped = node.children[0]
        node.children[0] = get_ast(f"{dropped.get_first_leaf().prefix}pass")
        return node


def _has_effect(statement: Any) -> bool:
    if statement.type in {"raise_stmt", "del_stmt"}:
        return True
    if statement.type in {"atom_expr", "power"}:  # a call
        return True
    if statement.type != "expr_stmt" or statement.parent.parent.type == "file_input":
        return False
    target, how = statement.children[0], statement.children[1]
    if how.type == "annassign":
        return False
    return bool(target.type != "name" or how.get_code().strip() != "=")


class Change(NamedTuple):
    """One change that an operator can make at a place."""

    operator: Operator
    occurrence: int


class Place(NamedTuple):
    """A piece of a module's source, and the changes that operators can make to it."""

    module: str
    line: int
    changes: list[Change]


def modules(root: Path) -> list[str]:
    """Return the mutated modules, as paths from the root."""
    found = [
        path.relative_to(root).as_posix()
        for folder in MUTATED
        for path in sorted((root / folder).rglob("*.py"))
    ]
    return [name for name in found if name not in SOCKETS and not name.endswith("__init__.py")]


def operators() -> list[Operator]:
    """Return the operators: cosmic-ray's that take no argument, and ours."""
    found: list[Operator] = [DropStatement()]
    for name in sorted(cosmic_ray.plugins.operator_names()):
        operator = cosmic_ray.plugins.get_operator(name)
        before, after = [*name.split("_")[1:], "", ""][:2]
        identity = (before in IDENTITY) + (after in IDENTITY)
        if not operator.arguments() and identity != 1:
            found.append(operator())
    return found


def places(module: str, source: str) -> list[Place]:
    """Return every place of a module, in the order of the source."""
    found: dict[tuple[Any, Any], list[Change]] = {}
    nodes = list(ast_nodes(get_ast(source)))
    for operator in operators():
        positions = (at for node in nodes for at in operator.mutation_positions(node))
        for occurrence, at in enumerate(positions):
            found.setdefault(at, []).append(Change(operator, occurrence))
    return [Place(module, at[0][0], changes) for at, changes in sorted(found.items())]


def made(place: Place, change: Change, source: str) -> Mutant | None:
    """Return a mutant, None where the change has no meaning."""
    try:
        changed = mutate_code(source, change.operator, change.occurrence)
    except AttributeError:  # cosmic-ray's ExceptionReplacer knows no dotted name among several
        return None
    flags = (*FLAGS, *BYTES) if place.module == EVENTS else FLAGS
    if changed is None or meaning(changed, flags) == meaning(source, flags):
        return None
    lines = list(difflib.ndiff(source.splitlines(), changed.splitlines()))
    was, becomes = (
        "\n".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return Mutant(place.module, place.line, was, becomes, changed, within(place.line, source))


def within(line: int, source: str) -> str:
    """Return the name of the innermost function that a line is in, "" outside of all."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    around = [each for each in functions if each.lineno <= line <= (each.end_lineno or 0)]
    return max(around, key=lambda each: each.lineno).name if around else ""


def sample(root: Path, random: Random, number: int) -> list[Mutant]:
    """Draw a number of mutants, no two of one place."""
    sources = {name: (root / name).read_text("utf-8") for name in modules(root)}
    every = [place for name, source in sources.items() for place in places(name, source)]
    random.shuffle(every)
    found: list[Mutant] = []
    for place in every:
        if len(found) == number:
            break
        mutant = made(place, random.choice(place.changes), sources[place.module])
        if mutant:
            found.append(mutant)
    return found


def at(root: Path, where: str) -> list[Mutant]:
    """Return every mutant of ``path`` or ``path:line``."""
    module, _, line = where.partition(":")
    source = (root / module).read_text("utf-8")
    found = [
        made(place, change, source)
        for place in places(module, source)
        if not line or place.line == int(line)
        for change in place.changes
    ]
    return [mutant for mutant in found if mutant]


class _Meaning(ast.NodeTransformer):
    """Leaves out what has no behaviour."""

    def __init__(self, flags: tuple[str, ...]) -> None:
        self.flags = flags

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.decorator_list = [d for d in node.decorator_list if ast.unparse(d) != ABSTRACT]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.copy_location(ast.Pass(), node)

    def visit_If(self, node: ast.If) -> ast.AST:
        if "TYPE_CHECKING" in ast.unparse(node.test):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.keywords = [each for each in node.keywords if each.arg not in self.flags]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.unparse(node.func) == "dataclass":
            node.keywords = [each for each in node.keywords if each.arg not in self.flags]
        return self.generic_visit(node)


def meaning(source: str, flags: tuple[str, ...]) -> str:
    """Return the source's syntax tree without what has no behaviour; itself if it has no syntax.

    These flags of classes have none.
    """
    try:
        return ast.dump(_Meaning(flags).visit(ast.parse(source)))
    except SyntaxError:
        return source
