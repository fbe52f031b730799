"""Rulebooks as people write them: TOML, with enums by name and times as ``"09:30"``.

``to_plain`` and ``from_plain`` turn a rulebook into nested dicts and lists of names and figures
and back; TOML, comparisons and amendments all go through them. Unknown keys and names are refused
with their path and the choices there are.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, get_args, get_origin

import msgspec

from engine.rulebook.holidays import filled
from engine.rulebook.ladders import PRICE_RULES
from engine.rulebook.model import PriceRule, Rulebook, RulebookError
from engine.rulebook.validation import validate
from engine.vocabulary.suggest import did_you_mean, not_one_of
from engine.vocabulary.texts import MAX_RULEBOOK, UnreadableError, named, read_toml, shown

_CLOCKS = ("at",)  # fields that are seconds after midnight and written as a clock
_PARTS = (2, 3)  # of "09:30" and of "09:30:15"


def from_toml(text: str | bytes) -> Rulebook:
    """Read a rulebook as people write it, bytes as UTF-8; holidays may go by a market's name.

    Raises ``RulebookError`` with path and choices.
    """
    try:
        data = read_toml(text, MAX_RULEBOOK)
    except UnreadableError as error:
        raise RulebookError(str(error)) from error
    return from_plain(filled(data))


def from_plain(data: Any) -> Rulebook:
    """Turn nested dicts and lists into a valid rulebook. Raises ``RulebookError``."""
    try:
        book = msgspec.convert(_typed(Rulebook, data, "$"), Rulebook)
    except msgspec.MsgspecError as error:
        raise RulebookError(str(error)) from error
    validate(book)
    return book


def to_plain(value: Any, *, brief: bool = True) -> Any:
    """Turn a rulebook, or a part of it, into nested dicts and lists.

    ``brief`` leaves out what stands at its default.
    """
    if isinstance(value, msgspec.Struct):
        found = {}
        for field in msgspec.structs.fields(value):
            part = getattr(value, field.name)
            if part is msgspec.UNSET or (brief and not field.required and part == field.default):
                continue
            is_clock = field.name in _CLOCKS
            found[field.name] = _clock(part) if is_clock else to_plain(part, brief=brief)
        return found
    if value is msgspec.UNSET:  # a part that the rulebook lacks
        return {}
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [to_plain(part, brief=brief) for part in value]
    return dict(value) if isinstance(value, Mapping) else value


def _clock(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{second:02}" if second else text


def _seconds(text: Any, path: str) -> int:
    """Read a clock such as ``09:30``."""
    parts = str(text).split(":")
    right = len(parts) in _PARTS and all(
        len(part) == len("09") and part.isascii() and part.isdecimal() for part in parts
    )
    if not isinstance(text, str) or not right:
        message = f'{path}: {shown(text)} is not a time such as "09:30"'
        raise RulebookError(message)
    hours, minutes, seconds = (*(int(part) for part in parts), 0)[:3]
    return hours * 3600 + minutes * 60 + seconds


def _typed(kind: Any, data: Any, path: str) -> Any:
    """Replace names by enum members and clocks by seconds, wherever the types ask for them."""
    if msgspec.UnsetType in get_args(kind):
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        choices = [member.name.lower() for member in kind]
        if data not in choices:
            message = f"{path}: {not_one_of(data, choices)}"
            raise RulebookError(message)
        return int(kind[str(data).upper()])
    if kind is PriceRule and (isinstance(data, str) or (isinstance(data, dict) and "like" in data)):
        data = _named(data, path)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(data, dict):
        fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
        for key in data:
            if key not in fields:
                keys = [*fields, "like"] if kind is PriceRule else fields
                perhaps = did_you_mean(key, keys) or f"; there are {', '.join(keys)}"
                message = f"{path}.{named(key)}: there is no such key{perhaps}"
                raise RulebookError(message)
        return {
            key: _seconds(value, f"{path}.{key}")
            if key in _CLOCKS
            else _typed(fields[key], value, f"{path}.{key}")
            for key, value in data.items()
        }
    if get_origin(kind) is tuple and isinstance(data, list):
        return [_typed(get_args(kind)[0], part, f"{path}[{n}]") for n, part in enumerate(data)]
    return data


def _named(data: str | dict[str, Any], path: str) -> dict[str, Any]:
    """Return the ladder that a name stands for, with what is said about it otherwise."""
    name = data if isinstance(data, str) else data["like"]
    if name not in list(PRICE_RULES):
        at = path if isinstance(data, str) else f"{path}.like"
        message = f"{at}: {not_one_of(name, PRICE_RULES)}"
        raise RulebookError(message)
    otherwise = {} if isinstance(data, str) else data
    plain = {**to_plain(PRICE_RULES[name], brief=False), **otherwise}
    return {key: value for key, value in plain.items() if key != "like"}
