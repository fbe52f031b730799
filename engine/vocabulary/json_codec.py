"""Commands and events as people and other programs write them: JSON objects with names.

``{"type": "new_order", "account": "alice", "ref": 1, "symbol": "SZA-2019", "side": "buy",
"quantity": 100, "price": "42.50"}`` - enums by name in lower case, prices as integers in minor
units or as decimal strings, fields with a default left out. The vocabulary is read off the
message types themselves, so this module knows none of them by name.
"""

import re
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from enum import IntEnum
from types import UnionType
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec

from engine.vocabulary.commands import Command
from engine.vocabulary.events import Event
from engine.vocabulary.suggest import did_you_mean, not_one_of
from engine.vocabulary.texts import MAX_DIGITS, MAX_TEXT, encodable, named, read_json, shown
from engine.vocabulary.units import MAX_INT, MIN_INT

# Fields that may be typed as decimals.
_PRICES: Final = ("price", "stop_price", "amount", "increment", "cash", "away_price", "fee")
_PAIR: Final = 2  # what is made of pairs is a table
# Nothing is rounded in silence: what is as long as may be, and scaled, is exact in it.
# ``Decimal`` would take 1_000 and the digits of other scripts, too.
_DECIMAL: Final = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_EXACT: Final = Context(prec=2 * MAX_DIGITS, traps=[InvalidOperation, Inexact])


class TextError(ValueError):
    """Something typed that is not a command; names the field, the value and the rule."""

    def __init__(self, field: str, rule: str) -> None:
        """Keep the field beside the text."""
        super().__init__(field, rule)  # what it is made of, so that it pickles
        self.field = field
        self.rule = rule

    def __str__(self) -> str:
        """Return both in a line."""
        return f"{self.field}: {self.rule}"


def type_name(kind: type) -> str:
    """Return the name of a message type as it is typed: ``NewOrder`` is ``new_order``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _vocabulary(union: UnionType) -> dict[str, type[Any]]:
    return {type_name(kind): kind for kind in get_args(union)}


COMMANDS: Final = _vocabulary(Command)
EVENTS: Final = _vocabulary(Event)


def exact_minor(value: str | Decimal, digits: int, field: str = "price") -> int:
    """Turn a decimal such as ``"42.50"`` into minor units, exactly. Raises ``TextError``."""
    text = str(value)
    scaled = None
    if len(text) <= MAX_DIGITS and _DECIMAL.fullmatch(text):
        try:
            scaled = Decimal(text).scaleb(digits, _EXACT)
        except DecimalException:  # a monstrous exponent
            scaled = None
    if scaled is None or scaled.adjusted() > MAX_DIGITS:
        raise TextError(field, f"{shown(text)} is not a decimal such as 42.50")
    if scaled != scaled.to_integral_value():
        raise TextError(field, f"{shown(text)} has more than {digits} decimals")
    return int(scaled)


def decimal_text(minor: int, digits: int = 2) -> str:
    """Write minor units as a decimal: 4250 is ``42.50``."""
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{rest:0{digits}}" if digits else f"{sign}{whole}"


def to_object(message: Any) -> dict[str, Any]:
    """Return a command or an event as a JSON object, every field included."""
    found: dict[str, Any] = {"type": type_name(type(message))}
    for field in message.__struct_fields__:
        value = getattr(message, field)
        if isinstance(value, tuple):
            pairs = bool(value) and isinstance(value[0], tuple) and len(value[0]) == _PAIR
            value = dict(value) if pairs else list(value)
        found[field] = value.name.lower() if isinstance(value, IntEnum) else value
    return found


def command_from_line(line: str | bytes, digits: int = 2) -> Command:
    """Read a command from a line of JSON. Raises ``TextError`` and ``UnreadableError``."""
    return command_from_object(read_json(line), digits)


def command_from_object(data: Any, digits: int = 2) -> Command:
    """Read a command; ``digits`` are the currency's decimals. Raises ``TextError``."""
    return _from_object(data, COMMANDS, digits)  # type: ignore[no-any-return]


def event_from_object(data: Any) -> Event:
    """Read an event. Raises ``TextError``."""
    return _from_object(data, EVENTS, 0)  # type: ignore[no-any-return]


def _from_object(data: Any, vocabulary: dict[str, type[Any]], digits: int) -> Any:
    if not isinstance(data, dict):
        msg = "type"
        raise TextError(msg, 'a JSON object is needed, such as {"type": "new_order", ...}')
    rest = dict(data)
    name = rest.pop("type", None)
    kind = vocabulary.get(name) if isinstance(name, str) else None
    if kind is None:
        msg = "type"
        raise TextError(msg, not_one_of(name, vocabulary))
    fields = msgspec.structs.fields(kind)
    names = kind.__struct_fields__
    if "symbol" in names and "product" not in names and "symbol" not in rest and "product" in rest:
        rest["symbol"] = rest.pop("product")  # a product's main line has the product's own symbol
    for unknown in rest:
        if unknown not in names:
            perhaps = did_you_mean(unknown, names) or f"; it has {', '.join(names)}"
            raise TextError(named(unknown), f"a {name} has no such field{perhaps}")
    values = []
    for field in fields:
        if field.name in rest:
            values.append(_value(field, rest[field.name], digits))
        elif field.required:
            raise TextError(field.name, f"a {name} needs it")
        else:
            values.append(field.default)
    return kind(*values)


def _value(field: msgspec.structs.FieldInfo, value: Any, digits: int) -> Any:
    kind = get_args(field.type)[0] if get_origin(field.type) is Annotated else field.type
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        names = {member.name.lower(): member for member in kind}
        if isinstance(value, str) and value.lower() in names:
            return names[value.lower()]
        raise TextError(field.name, not_one_of(value, names))
    if kind is int and isinstance(value, str) and field.name in _PRICES:
        value = exact_minor(value, digits, field.name)
    if get_origin(kind) is tuple:
        return _many(field.name, get_args(kind)[0], value)
    if kind is bool or kind is str:
        right = isinstance(value, kind)
    else:
        right = isinstance(value, int) and not isinstance(value, bool)
    if not right:
        wanted = {bool: "true or false", str: "a text", int: "a whole number"}[kind]
        raise TextError(field.name, f"{shown(value)} is not {wanted}")
    if kind is int and not MIN_INT <= value <= MAX_INT:
        raise TextError(field.name, f"a whole number from {MIN_INT} to {MAX_INT} is needed")
    return _text(field.name, value) if kind is str else value


def _text(field: str, value: str) -> str:
    if len(value) > MAX_TEXT:
        raise TextError(field, f"{len(value)} characters: at most {MAX_TEXT} are taken")
    if not encodable(value):
        raise TextError(field, f"{shown(value)} has half of a surrogate pair")
    return value


def _whole(value: Any) -> bool:
    """Say whether a value is a whole number that a log holds."""
    return isinstance(value, int) and not isinstance(value, bool) and MIN_INT <= value <= MAX_INT


def _many(field: str, kind: Any, value: Any) -> tuple[Any, ...]:
    """Read a list of texts or of tonnes, or a table of tonnes by product."""
    if kind is int:
        if isinstance(value, list | tuple) and all(_whole(part) for part in value):
            return tuple(value)
        raise TextError(field, f"{shown(value)} is not a list of whole numbers")
    if kind is str:
        if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
            return tuple(_text(field, part) for part in value)
        raise TextError(field, f"{shown(value)} is not a list of texts")
    pairs = list(value.items()) if isinstance(value, dict) else value if value == [] else None
    if pairs is None:
        raise TextError(field, f'{shown(value)} is not a table such as {{"SZA-2019": 100}}')
    for name, tonnes in pairs:
        _text(field, name)
        if not _whole(tonnes):
            rule = f"{shown(tonnes)} is not a whole number from {MIN_INT} to {MAX_INT}"
            place = f"{field}.{named(name)}"
            raise TextError(place, rule)
    return tuple(pairs)
