"""What a result depends on, as text that can be hashed: values, the source of code, versions.

Nothing here calls ``hash()`` or writes an address, so another process says the same.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import inspect
import json
import marshal
import sys
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import resolve_name
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OURS: Final = ("engine", "backtest")
_LIBRARIES: Final = ("numpy", "scipy", "msgspec", "sortedcontainers", "polars", "pyarrow")
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})  # folders of libraries
_PLAIN: Final = (str, int, float, bool, type(None))


def digest(*parts: object) -> str:
    """Return the hash of some values that JSON can say."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def canonical(value: Any) -> Any:
    """Return a value as JSON can say it, with the names of its types: equal values say the same.

    Raises ``TypeError`` where a value has nothing to be told by.
    """
    if isinstance(value, Enum):
        return [_name(type(value)), value.name]
    if type(value) in _PLAIN:
        return value
    if isinstance(value, list | tuple):
        return [canonical(each) for each in value]
    if isinstance(value, dict):
        return [[canonical(key), canonical(each)] for key, each in value.items()]
    if isinstance(value, set | frozenset):
        return sorted((canonical(each) for each in value), key=digest)
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, type):
        return [_name(value)]
    if isinstance(value, FunctionType | MethodType | functools.partial):
        return _of_callable(value)
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return [_name(type(value)), canonical(fields)]
    if hasattr(value, "tobytes"):  # an array of numpy
        said = value.tobytes().hex()
        return [_name(type(value)), str(value.dtype), list(value.shape), digest(said)]
    if hasattr(value, "__dict__"):
        return [_name(type(value)), canonical(vars(value))]
    right = "a market is made of figures, texts, lists and objects of these"
    message = f"{_name(type(value))}: {right}"
    raise TypeError(message)


def _of_callable(value: Any) -> list[Any]:
    """Return a function as JSON can say it: by its name where that tells it from all others.

    A lambda, and a function made within another, may have its name in common with many: it is
    told by what it was compiled to and by what it keeps.
    """
    if isinstance(value, functools.partial):
        return [_name(type(value)), *map(canonical, (value.func, value.args, value.keywords))]
    if isinstance(value, MethodType):
        return ["method", canonical(value.__self__), canonical(value.__func__)]
    if "<" not in value.__qualname__:
        return [_name(value)]
    kept = [_cell(each) for each in value.__closure__ or ()]
    kept = ["itself" if each is value else each for each in kept]
    defaults = [value.__defaults__, value.__kwdefaults__]
    return [_name(value), _of_code(value.__code__), canonical(kept), canonical(defaults)]


def _cell(cell: CellType) -> Any:
    """Return what a function keeps of the one that it was made in; None where it is not set yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _of_code(code: CodeType) -> list[Any]:
    """Return what a function was compiled to; where it stands in its file does not count."""
    consts = list(map(_of_constant, code.co_consts))
    names = [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars]
    return [code.co_code.hex(), consts, *map(list, names)]


def _of_constant(value: Any) -> Any:
    if isinstance(value, CodeType):
        return _of_code(value)
    if isinstance(value, tuple):
        return list(map(_of_constant, value))
    if isinstance(value, frozenset):  # its order is another in each process
        return sorted(map(_of_constant, value), key=digest)
    return [type(value).__name__, repr(value)]


def _name(thing: Any) -> str:
    return f"{thing.__module__}:{thing.__qualname__}"


def sources(values: Iterable[Any]) -> dict[str, str]:
    """Return the modules whose code makes these values, and all that those import: module to hash.

    The project's own code and that of installed libraries are known by ``versions``.
    """
    waiting = [module for value in values for module in _modules(value)]
    found: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        module = sys.modules.get(name)
        if name in found or module is None or not _is_users(module):
            continue
        found[name] = _source(module)
        waiting += _imports(module)
    return dict(sorted(found.items()))


def _modules(value: Any) -> Iterator[str]:
    """Yield the modules of a value's class and of what it is made of, one level down.

    Functions that are made of others count with what they are made of.
    """
    parts = vars(value).values() if hasattr(value, "__dict__") else ()
    if isinstance(value, msgspec.Struct):
        parts = [getattr(value, name) for name in value.__struct_fields__]
    waiting = [value, *parts]
    seen: list[Any] = []
    while waiting:
        each = waiting.pop(0)
        if any(each is other for other in seen):
            continue
        seen.append(each)
        if isinstance(each, functools.partial):
            waiting += [each.func, *each.args, *each.keywords.values()]
        elif isinstance(each, MethodType):
            waiting += [each.__self__, each.__func__]
        elif isinstance(each, FunctionType):
            waiting += map(_cell, each.__closure__ or ())
        kind = each if isinstance(each, type | FunctionType) else type(each)
        for base in getattr(kind, "__mro__", (kind,)):
            yield base.__module__


def _imports(module: ModuleType) -> Iterator[str]:
    """Yield what a module imports, by its source, and where the things it names come from."""
    for each in list(vars(module).values()):
        name = each.__name__ if isinstance(each, ModuleType) else getattr(each, "__module__", None)
        if isinstance(name, str):
            yield name
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            origin = resolve_name(start, module.__package__ or "") if node.level else start
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _is_users(module: ModuleType) -> bool:
    """Say whether a module is neither ours, nor Python's, nor a library's."""
    top = module.__name__.partition(".")[0]
    if top in _OURS or (top in sys.stdlib_module_names and top != "__main__"):
        return False
    place = getattr(module, "__file__", None)
    if place is None:
        return top == "__main__"
    return not _INSTALLED.intersection(Path(place).parts)


def _source(module: ModuleType) -> str:
    try:
        return digest(inspect.getsource(module))
    except (OSError, TypeError):  # typed into a console: what it was compiled to
        return digest(sorted(_code(name, each) for name, each in list(vars(module).items())))


def _code(name: str, value: Any) -> list[str]:
    if isinstance(value, FunctionType):
        return [name, marshal.dumps(value.__code__).hex()]
    if isinstance(value, type) and value.__module__ == "__main__":
        return [name, *(part for key, each in vars(value).items() for part in _code(key, each))]
    return [name]


@functools.cache
def _own_code() -> str:
    """Return the hash of the engine's and the laboratory's source."""
    seen = hashlib.sha256()
    for name in _OURS:
        place = importlib.import_module(name).__file__
        if place is None:
            continue
        folder = Path(place).parent
        for path in sorted(folder.rglob("*.py")):
            seen.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return seen.hexdigest()


@functools.cache
def versions() -> dict[str, str]:
    """Return what runs here: the project's version and source, Python and the libraries."""
    found = {"python": ".".join(map(str, sys.version_info[:3])), "source": _own_code()}
    for name in ("carbonx-exchange", *_LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
