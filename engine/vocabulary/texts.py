"""Texts that people give, read as JSON or TOML: bounded before any work is spent on them.

All bounds are here. ``read_json`` and ``read_toml`` look at a text once, in a time that grows with
its length alone, before a parser sees it: how long it is, how deep it goes, how long its figures
are. Whatever is wrong with it is an ``UnreadableError``.
"""

import json
import re
import reprlib
import tomllib
from collections.abc import Iterator
from typing import Any, Final

MAX_LINE: Final = 65_536  # characters of one command, such as an operator's
MAX_TEXT: Final = 32_768  # of one text in a command: a list of holidays is the longest
MAX_RULEBOOK: Final = 1 << 20  # of a rulebook's file
MAX_ACCOUNTS: Final = 1 << 24  # of a file of accounts
MAX_DEPTH: Final = 32  # lists and tables in each other, and parts of a dotted name
MAX_WORD: Final = 128  # of a figure, or of a name without quotes
MAX_DIGITS: Final = 40  # of a whole number: twice what any field takes
_SHOWN: Final = 60  # of a wrong value that its refusal repeats

# An unfinished text ends where it must: each character is looked at once.
_TOKENS: Final = re.compile(
    r'''
    (?P<text> """ (?: [^\\"] | \\. | "(?!"") )*+ (?: "{3,5} )?
            | \'\'\' (?: [^'] | '(?!'') )*+ (?: '{3,5} )?
            | " (?: [^\\"\n] | \\. )*+ "?
            | ' [^'\n]*+ '? )
    | (?P<comment> \# [^\n]*+ )
    | (?P<opens> [\[{] )
    | (?P<closes> [\]}] )
    | (?P<dot> \. )
    | (?P<word> [^\s"'\#\[\]{}.,:=]++ )
    | (?P<ends> [,=\n] )
    ''',
    re.VERBOSE | re.DOTALL,
)
_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = _SHOWN
_short.maxlevel = 2


class UnreadableError(ValueError):
    """A text that is not read; says what is wrong with it, where, and what would be right."""


def shown(value: object) -> str:
    """Return how a refusal repeats a value: short, whatever it is."""
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
    try:
        return _short.repr(value)
    except ValueError:  # an integer that is too long even to be written
        return "a figure beyond all bounds"


def named(text: object) -> str:
    """Return how a refusal names a place that somebody typed: as it is, where that is short."""
    if isinstance(text, str):
        return text if text.isprintable() and len(text) <= _SHOWN else shown(text)[1:-1]
    return shown(text)


def read_json(data: str | bytes, longest: int = MAX_LINE) -> Any:
    """Read one line of JSON. Raises ``UnreadableError``.

    A whole number of more than ``MAX_DIGITS`` digits is read as one that no field takes.
    """
    text = _text(data, longest)
    _look(text)
    if not text.strip():
        problem = 'the line is empty: one JSON object is needed, such as {"type": "begin_day", ...}'
        raise UnreadableError(problem)
    try:
        value = json.loads(
            text, parse_int=_whole, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        problem = f"not JSON ({error.msg}, line {error.lineno}, column {error.colno})"
        raise UnreadableError(problem) from error
    if "\\u" in text:  # the only way in for half a character
        for place, each in _texts(value):
            _encodable(each, place)
    return value


def read_toml(data: str | bytes, longest: int) -> dict[str, Any]:
    """Read TOML. Raises ``UnreadableError``."""
    text = _text(data, longest)
    _look(text)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError, OverflowError) as error:
        problem = str(error) or type(error).__name__
        raise UnreadableError(problem) from error


def quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def encodable(text: str) -> bool:
    """Say whether a text can be written as UTF-8: none of its characters is half of one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _encodable(text: str, place: str) -> None:
    if not encodable(text):
        problem = f"{place}: {shown(text)} has half of a surrogate pair: write the character itself"
        raise UnreadableError(problem)


def _text(data: str | bytes, longest: int) -> str:
    """Return what may be looked at. Raises ``UnreadableError``."""
    if len(data) > longest:
        unit = "characters" if isinstance(data, str) else "bytes"
        problem = f"longer than {longest} {unit}, the most that is read"
        raise UnreadableError(problem)
    if isinstance(data, str):
        _encodable(data, "the text")
        return data
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 at byte {error.start}: write it as UTF-8"
        raise UnreadableError(problem) from error


def _look(text: str) -> None:
    """Refuse a text that goes too deep, or has a word that is too long."""
    depth = parts = 0
    for token in _TOKENS.finditer(text):
        kind = token.lastgroup
        if kind == "opens":
            depth, parts = depth + 1, 0
        elif kind == "closes":
            depth, parts = max(depth - 1, 0), 0
        elif kind == "dot":
            parts += 1
        elif kind == "ends":
            parts = 0
        elif kind == "word" and token.end() - token.start() > MAX_WORD:
            word = shown(token.group())
            problem = f"line {_line(text, token)}: {word} is longer than {MAX_WORD} characters"
            raise UnreadableError(problem)
        if depth > MAX_DEPTH or parts > MAX_DEPTH:
            problem = f"line {_line(text, token)}: nested more than {MAX_DEPTH} deep"
            raise UnreadableError(problem)


def _line(text: str, token: re.Match[str]) -> int:
    return text.count("\n", 0, token.start()) + 1


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS


def _constant(name: str) -> None:
    problem = f"{name} is no figure"
    raise UnreadableError(problem)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        problem = f"{shown(twice)} stands there twice"
        raise UnreadableError(problem)
    return found


def _texts(value: Any, place: str = "$") -> Iterator[tuple[str, str]]:
    """Yield every text in a value, keys included, and where it stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _texts(each, f"{place}[{number}]")
    elif isinstance(value, dict):
        for key, each in value.items():
            yield f"a key of {place}", key
            yield from _texts(each, f"{place}.{key}")


def counted(number: int, name: str, names: str = "") -> str:
    """Return how many there are of something: 1 row, 2 rows."""
    return f"{number:,} {name if number == 1 else names or f'{name}s'}"
