"""A state as tables of plain values, and back: the whole graph of objects, nothing left out.

``freeze`` walks everything that can be reached from an object and gives a table for each class,
with a column for each field. A column has plain values, or the numbers of other objects. ``thaw``
makes the same graph again, whatever refers to whatever. What is frozen is what the classes have: a
state that the engine grows later is in it without a line here, and a class that has other fields
than when it was frozen is refused, as is what cannot be made again.

A class whose handlers are bound to itself names them in ``WIRING`` and makes them in ``wire``.
"""

from __future__ import annotations

from array import array
from collections import deque
from enum import Enum
from functools import partial
from importlib import import_module
from itertools import chain, islice, repeat
from operator import attrgetter
from sys import intern
from types import FunctionType, MethodType, NoneType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import UNSET, Struct, msgpack
from sortedcontainers import SortedDict, SortedList

if TYPE_CHECKING:
    from collections.abc import Callable

Column: TypeAlias = list[Any]  # 1 where these are numbers of objects, then the values
Table: TypeAlias = list[Any]  # class, its fields, how many objects, columns
Kinds: TypeAlias = tuple[type, ...]

_MISSING: Final = object()  # in the place of a field that was never set
_CONSTANTS: Final = (None, UNSET, _MISSING, True, False)  # objects 0, 1, 2 ...
_PLAIN: Final = dict.fromkeys((int, str, bytes, bool, NoneType))
_MAPS: Final[Kinds] = (dict, SortedDict)
_LISTS: Final[Kinds] = (list, SortedList, deque)
_MADE: Final[Kinds] = (MethodType, partial)
_STANDARD: Final[dict[str, type]] = {
    kind.__name__: kind
    for kind in (*_MAPS, *_LISTS, *_MADE, tuple, bytearray, array, type, FunctionType)
}
_ALL: Final = "__dict__"  # the one field of an object that has no slots
_HEAP: Final = 1 << 9  # a class that was made by a class statement
_WIDTH: Final = 1 << 63  # integers from here on are kept as text
_WHOLE, _MUTABLE, _IMMUTABLE = range(3)


class GraphError(Exception):
    """Something that cannot be frozen, or tables that are not of these classes."""


# -- what a class's objects consist of ---------------------------------------------------------


def _stage(kind: type) -> int:
    """Say how objects are made: by themselves, empty and filled later, or of other objects."""
    if kind in (bytearray, array, FunctionType) or issubclass(kind, type | Enum):
        return _WHOLE
    if kind in _MAPS or kind in _LISTS:
        return _MUTABLE
    if issubclass(kind, Struct):
        return _IMMUTABLE if kind.__struct_config__.frozen else _MUTABLE
    return _IMMUTABLE if issubclass(kind, tuple) or kind in _MADE else _MUTABLE


def _fields(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a class that has any. Raises ``GraphError``."""
    if kind in _STANDARD.values() or issubclass(kind, type | Enum):
        return ()
    if issubclass(kind, Struct):
        return kind.__struct_fields__
    if issubclass(kind, tuple):
        return tuple(kind._fields)  # type: ignore[attr-defined]
    names: list[str] = []
    for each in kind.__mro__[:-1]:
        slots = each.__dict__.get("__slots__")
        if slots is None:
            if each.__flags__ & _HEAP:
                return (_ALL,)
            problem = f"{kind.__module__}.{kind.__qualname__} cannot be kept"
            raise GraphError(problem)
        names += [slots] if isinstance(slots, str) else slots
    wiring: tuple[str, ...] = getattr(kind, "WIRING", ())
    return tuple(name for name in names if name not in wiring)


_COLUMNS: Final[dict[type, Callable[[list[Any]], list[list[Any]]]]] = {
    **dict.fromkeys(_MAPS, lambda found: [
        list(map(len, found)), list(chain.from_iterable(found)),
        list(chain.from_iterable(each.values() for each in found)),
    ]),
    deque: lambda found: [
        list(map(len, found)), list(chain.from_iterable(found)), [each.maxlen for each in found]
    ],
    **dict.fromkeys((list, SortedList, tuple), lambda found: [
        list(map(len, found)), list(chain.from_iterable(found))
    ]),
    MethodType: lambda found: [[e.__self__ for e in found], [e.__name__ for e in found]],
    partial: lambda found: [
        [each.func for each in found],
        [msgpack.encode([each.args, each.keywords]) for each in found],
    ],
    bytearray: lambda found: [list(map(bytes, found))],
    array: lambda found: [[each.typecode for each in found], [each.tobytes() for each in found]],
    **dict.fromkeys((type, FunctionType), lambda found: [
        [f"{each.__module__}:{each.__qualname__}" for each in found]
    ]),
}  # fmt: skip


def _columns(kind: type, fields: tuple[str, ...], objects: list[Any]) -> list[list[Any]]:
    """Return what the objects of a class consist of, column by column."""
    if kind in _COLUMNS:
        return _COLUMNS[kind](objects)
    if issubclass(kind, Enum):
        return [[each.value for each in objects]]
    found = []
    for name in fields:
        try:
            found.append(list(map(attrgetter(name), objects)))
        except AttributeError:
            found.append([getattr(each, name, _MISSING) for each in objects])
    return found


# -- freezing ----------------------------------------------------------------------------------


def freeze(root: object) -> list[Table]:
    """Return the tables of all that can be reached from an object. Raises ``GraphError``."""
    return _Freezer().tables(root)


class _Freezer:
    """Finds all objects, then numbers them: whole ones, mutable ones, and what is made of both."""

    def __init__(self) -> None:
        self._height = {id(each): 0 for each in _CONSTANTS}
        self._objects: dict[tuple[int, type], list[Any]] = {}
        self._kinds: dict[type, tuple[int, tuple[str, ...], Callable[[Any], Any]]] = {}
        self._waiting: list[Any] = []  # mutable objects, to be looked into
        self._literals: list[Any] = []

    def tables(self, root: object) -> list[Table]:
        self._visit(root)
        height = self._height
        while self._waiting:
            one = self._waiting.pop()
            for part in self._parts(one):
                if id(part) not in height:
                    self._visit(part)
        order = sorted(self._objects, key=lambda key: key[0])  # stable: as they were found
        numbers = {id(each): number for number, each in enumerate(_CONSTANTS)}
        for key in order:
            numbers.update(
                zip(map(id, self._objects[key]), range(len(numbers), 1 << 62), strict=False)
            )
        found: list[Table] = []
        for key in order:
            kind, objects = key[1], self._objects[key]
            fields = self._kinds[kind][1]
            columns = _columns(kind, fields, objects)
            packed = [self._packed(column, numbers) for column in columns]
            found.append([_name(kind), list(fields), len(objects), packed])
        last = self._packed([root], numbers)
        found.append(["", [], len(numbers), [last, [0, self._literals]]])
        return found

    def _visit(self, one: object) -> int:
        """Note an object with what it cannot be made without; return how high it stands."""
        kind = type if isinstance(one, type) else type(one)
        if kind not in self._kinds:
            fields = _fields(kind)
            self._kinds[kind] = (_stage(kind), fields, attrgetter("__class__", *fields))
        stage = height = self._kinds[kind][0]
        if stage == _IMMUTABLE:
            for part in self._parts(one):
                known = self._height.get(id(part))
                height = max(height, (self._visit(part) if known is None else known) + 1)
        self._height[id(one)] = height
        self._objects.setdefault((height, kind), []).append(one)
        if stage == _MUTABLE:
            self._waiting.append(one)
        return height

    def _parts(self, one: Any) -> list[Any]:
        """Return what an object refers to that is no plain value."""
        kind = type(one)
        values: Any
        if kind in _MAPS:
            values = chain(one, one.values())
        elif kind in _LISTS or issubclass(kind, tuple):
            values = one
        elif kind in _MADE:
            values = (one.func if kind is partial else one.__self__,)
        else:
            _, fields, get = self._kinds[kind]
            try:
                values = get(one)[1:]
            except (AttributeError, TypeError):  # a field that is not set, or no field at all
                values = [getattr(one, name, None) for name in fields]
        return [each for each in values if type(each) not in _PLAIN]

    def _packed(self, column: list[Any], numbers: dict[int, int]) -> Column:
        kinds = dict.fromkeys(map(type, column))
        if all(kind in _PLAIN for kind in kinds):
            if int not in kinds or not any(map(_is_wide, column)):
                return [0, column]
        elif not any(kind in _PLAIN and kind is not NoneType for kind in kinds):
            return [1, list(map(numbers.__getitem__, map(id, column)))]
        return [1, [self._number(each, numbers) for each in column]]

    def _number(self, one: object, numbers: dict[int, int]) -> int:
        """Return an object's number; a plain value gets one below 0."""
        if one is None or type(one) not in _PLAIN:
            return numbers[id(one)]
        self._literals.append([str(one)] if _is_wide(one) else one)
        return -len(self._literals)


def _is_wide(value: object) -> bool:
    return type(value) is int and not -_WIDTH <= value < _WIDTH


def _name(kind: type) -> str:
    if _STANDARD.get(kind.__name__) is kind:
        return kind.__name__
    return f"{kind.__module__}:{kind.__qualname__}"


# -- thawing -----------------------------------------------------------------------------------


def thaw(tables: list[Table], packages: tuple[str, ...] = ("engine",)) -> Any:
    """Return what was frozen; its classes are looked up in these packages.

    Raises ``GraphError`` where the classes are not those that were frozen.
    """
    try:
        return _thaw(tables, packages)
    except GraphError:
        raise
    except Exception as error:
        problem = f"not a state of this version ({type(error).__name__}: {error})"
        raise GraphError(problem) from error


def _thaw(tables: list[Table], packages: tuple[str, ...]) -> object:
    *tables, (_, _, total, (root, (_, literals))) = tables
    literals = [int(each[0]) if type(each) is list else each for each in literals]
    objects: list[Any] = [None] * total
    objects[: len(_CONSTANTS)] = _CONSTANTS
    objects += reversed(literals)  # numbers below 0 count from the end
    first, left = len(_CONSTANTS), []
    for name, fields, count, columns in tables:
        kind = _looked_up(name, packages)
        if list(_fields(kind)) != fields:
            problem = f"{name} has other fields than when it was kept"
            raise GraphError(problem)
        if _stage(kind) == _MUTABLE:
            made = _empty(kind, count, columns)
            left.append((kind, fields, made, columns))
        else:
            made = _made(kind, [_unpacked(column, objects) for column in columns], packages)
        objects[first : first + count] = made
        first += count
    left.sort(key=lambda row: _ALL in row[1])  # whose dictionaries are among the others
    for kind, fields, made, columns in left:
        _fill(kind, fields, made, [_unpacked(column, objects) for column in columns])
    for kind, _, made, _ in left:
        if hasattr(kind, "WIRING"):
            for each in made:
                each.wire()
    return _unpacked(root, objects)[0]


def _unpacked(column: Column, objects: list[Any]) -> list[Any]:
    refers, values = column
    if refers:
        return list(map(objects.__getitem__, values))
    return list(map(intern, values)) if values and all(type(v) is str for v in values) else values


def _empty(kind: type, count: int, columns: list[Column]) -> list[Any]:
    """Return objects of a class that are filled later; plain fields have their values already."""
    if issubclass(kind, Struct):
        plain = [repeat(None) if refers else values for refers, values in columns]
        return list(islice(map(kind, *plain), count))
    if kind is deque:
        return [deque(maxlen=most) for most in columns[2][1]]
    if kind in _STANDARD.values():
        return [kind() for _ in range(count)]
    return [kind.__new__(kind) for _ in range(count)]


def _made(kind: type, columns: list[list[Any]], packages: tuple[str, ...]) -> list[Any]:
    """Return the objects of a class that are whole from the start."""
    if kind is tuple:
        lengths, values = columns
        rest = iter(values)
        return [tuple(islice(rest, length)) for length in lengths]
    if kind in (type, FunctionType):
        return [_looked_up(name, packages) for name in columns[0]]
    return [_one(kind, row) for row in zip(*columns, strict=True)]


def _one(kind: type, row: tuple[Any, ...]) -> object:
    if kind is MethodType:
        return getattr(*row)
    if kind is partial:
        args, words = msgpack.decode(row[1])
        return partial(row[0], *args, **words)
    if issubclass(kind, Struct):
        return kind(**dict(zip(kind.__struct_fields__, row, strict=True)))
    return kind(*row)


def _fill(kind: type, fields: list[str], made: list[Any], columns: list[list[Any]]) -> None:
    if kind in _MAPS:
        lengths, keys, values = columns
        pairs = zip(keys, values, strict=True)
        for each, length in zip(made, lengths, strict=True):
            each.update(islice(pairs, length))
    elif kind in _LISTS:
        lengths, values = columns[:2]
        rest = iter(values)
        for each, length in zip(made, lengths, strict=True):
            put_in = each.update if kind is SortedList else each.extend
            put_in(islice(rest, length))
    else:
        for name, values in zip(fields, columns, strict=True):
            put = _put_all if name == _ALL else getattr(kind, name).__set__
            if _MISSING in values:
                for each, value in zip(made, values, strict=True):
                    if value is not _MISSING:
                        put(each, value)
            else:
                deque(map(put, made, values), maxlen=0)


def _put_all(one: Any, values: dict[str, Any]) -> None:
    vars(one).update(values)


def _looked_up(name: str, packages: tuple[str, ...]) -> type:
    """Return a class or a function by its name. Raises ``GraphError``."""
    if name in _STANDARD:
        return _STANDARD[name]
    module, _, path = name.partition(":")
    found: Any = None
    if module.partition(".")[0] in packages:
        found = import_module(module)
        for part in path.split("."):
            found = getattr(found, part, None)
    if found is None:
        problem = f"{name} is not here"
        raise GraphError(problem)
    kind: type = found
    return kind
