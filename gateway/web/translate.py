"""The protocol's messages as JSON, and the table by which a page reads them.

A message is the same array as on the wire, its tag first; JSON takes the place of msgpack. The
table is read off the message types, so a page never knows a field that the protocol does not have.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import inspect

from gateway.protocol import wire

if TYPE_CHECKING:
    from enum import IntEnum

BY_TAG: Final = "*"  # a part that names itself: its array begins with its tag

decode: Final = msgspec.json.Decoder(wire.FromClient).decode


def encode(message: object) -> str:
    """Return a message, or an item of the page's own, as JSON."""
    return msgspec.json.encode(message).decode()


@cache
def table() -> bytes:
    """Return the messages by tag, their parts and the enums' words, as JSON."""
    parts: dict[str, list[list[str]]] = {}
    enums: dict[str, dict[int, str]] = {}
    messages: dict[int, list[Any]] = {}
    for kind in (*wire.FromClient.__args__, *wire.FromVenue.__args__):
        described = inspect.type_info(kind)
        assert isinstance(described, inspect.StructType)
        fields = _fields(described, parts, enums)
        messages[int(str(described.tag))] = [kind.__name__, fields]
    return msgspec.json.encode(
        {"version": wire.VERSION, "messages": messages, "parts": parts, "enums": enums}
    )


def _fields(
    kind: inspect.StructType,
    parts: dict[str, list[list[str]]],
    enums: dict[str, dict[int, str]],
) -> list[list[str]]:
    """Return the fields in their order, each with the name of its part or enum, if it has one."""
    found = []
    for field in kind.fields:
        inner = _inner(field.type)
        if isinstance(inner, inspect.EnumType):
            enum: type[IntEnum] = inner.cls  # type: ignore[assignment] # the protocol's are all so
            enums[enum.__name__] = {each.value: each.name.lower() for each in enum}
            found.append([field.name, enum.__name__])
        elif isinstance(inner, inspect.StructType):
            name = inner.cls.__name__ if inner.tag is None else BY_TAG
            if inner.tag is None and name not in parts:
                parts[name] = []  # before its fields, which may hold it again
                parts[name] = _fields(inner, parts, enums)
            found.append([field.name, name])
        else:
            found.append([field.name])
    return found


def _inner(kind: inspect.Type) -> inspect.Type:
    """Return what an optional or a row is made of."""
    if isinstance(kind, inspect.VarTupleType):
        return _inner(kind.item_type)
    if isinstance(kind, inspect.UnionType):
        return _inner(next(each for each in kind.types if not isinstance(each, inspect.NoneType)))
    return kind
