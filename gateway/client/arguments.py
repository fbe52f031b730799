"""What a program gives a request, as the integers and texts of the wire.

Each function returns what is sent, or raises before anything is sent: ``TypeError`` for a kind of
value that is never right, ``ValueError`` for a wrong one. Both name the argument.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from itertools import islice
from operator import index
from typing import Final, SupportsIndex, TypeAlias, TypedDict, TypeVar

from engine.vocabulary.enums import (  # noqa: TC001 - so that hints can be read at run time
    BidTie,
    OrderType,
    PricingRule,
    TimeInForce,
    Undersubscribed,
)
from engine.vocabulary.json_codec import exact_minor
from gateway.protocol.bounds import MAX_INTEGER

Price: TypeAlias = str | Decimal  # in currency; integers have a ``_minor`` name of their own
Whole: TypeAlias = SupportsIndex | float | Decimal  # a whole number, whatever its type
Time: TypeAlias = SupportsIndex | datetime  # ns UTC, or with a time zone

MAX_TEXT: Final = 256  # characters of a symbol or an account
MAX_NAMES: Final = 12_000  # bytes of the accounts of one quote: a message has room for so many
_HEADER: Final = 3  # bytes before a text
_DIGITS: Final = 19  # of the largest integer that can be sent
_LONGEST_WAIT: Final = 31_536_000  # seconds
_SHOWN: Final = 40  # characters of a wrong value that its refusal repeats
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_Name = TypeVar("_Name", bound=IntEnum)


class OrderTerms(TypedDict, total=False):
    """What an order may have beside line, side, tonnes and price."""

    price_minor: int | None
    order_type: OrderType | str
    tif: TimeInForce | str
    stop_price: Price | None
    stop_price_minor: int | None
    display: Whole
    post_only: bool
    expire_at: Time | None


class QuoteTerms(TypedDict, total=False):
    """What a quote may have beside line, side, tonnes, price and addressees."""

    price_minor: int | None
    answers: int
    expire_at: Time | None
    agreed_at: Time | None


class AuctionTerms(TypedDict, total=False):
    """What an announcement may have beside line, side, tonnes, reserve price and window."""

    price_minor: int | None
    min_bid: Whole
    max_bid: Whole
    increment: Price | None
    increment_minor: int | None
    pricing: PricingRule | str
    tie: BidTie | str
    undersubscribed: Undersubscribed | str


def whole(name: str, value: object, least: int = 1) -> int:
    """Return a whole number of at least so many: 10 and 10.0 are 10, 10.5 and True are neither."""
    if isinstance(value, float | Decimal):
        exact = Decimal(value)
        if not exact.is_finite() or exact.adjusted() > _DIGITS or exact != int(exact):
            problem = f"{name} must be a whole number, not {_shown(value)}"
            raise ValueError(problem)
        number = int(exact)
    elif isinstance(value, bool) or not isinstance(value, SupportsIndex):
        problem = f"{name} must be a whole number, not {_shown(value)}"
        raise TypeError(problem)
    else:
        number = index(value)
    if not least <= number <= MAX_INTEGER:
        rule = f"at least {least}" if number < least else f"at most {MAX_INTEGER}"
        problem = f"{name} must be {rule}, not {_shown(number)}"
        raise ValueError(problem)
    return number


def named(name: str, value: object, kind: type[_Name]) -> _Name:
    """Return a member of an enum, given itself or by its name: "buy", "IOC", "stop-limit"."""
    if isinstance(value, kind):
        return value
    known = " or ".join(f'"{each.name.lower()}"' for each in kind)
    problem = f"{name} must be {kind.__name__} or its name, {known}, not {_shown(value)}"
    if not isinstance(value, str):
        raise TypeError(problem)
    words = value[:_SHOWN].strip().upper().replace("-", "_").replace(" ", "_")
    if words not in kind.__members__:
        raise ValueError(problem)
    return kind[words]


def text(name: str, value: object, *, empty: bool = False) -> str:
    """Return a text that can be sent."""
    if not isinstance(value, str):
        problem = f"{name} must be a text, not {_shown(value)}"
        raise TypeError(problem)
    if not value and not empty:
        problem = f"{name} must not be empty"
        raise ValueError(problem)
    if len(value) > MAX_TEXT:
        problem = f"{name} must have at most {MAX_TEXT} characters, not {len(value)}"
        raise ValueError(problem)
    try:
        value.encode()
    except UnicodeEncodeError:
        problem = f"{name} has half a character in it: {value[:_SHOWN]!a}"
        raise ValueError(problem) from None
    return value


def names(name: str, value: object) -> tuple[str, ...]:
    """Return several names; a single text would be taken letter by letter, so it is refused."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        problem = f'{name} must be a list of accounts such as ["bob"], not {_shown(value)}'
        raise TypeError(problem)
    found = tuple(text(name, each) for each in islice(value, MAX_NAMES))
    size = sum(len(each.encode()) + _HEADER for each in found)
    if size > MAX_NAMES:
        problem = f"{name} has {size} bytes; {MAX_NAMES} are the most in one message"
        raise ValueError(problem)
    return found


def flag(name: str, value: object) -> bool:
    """Return a flag: True and False alone are one."""
    if not isinstance(value, bool):
        problem = f"{name} must be True or False, not {_shown(value)}"
        raise TypeError(problem)
    return value


def price(name: str, value: object, minor: object, digits: int | None) -> int:
    """Return a price in minor units: of ``value`` in currency, or ``minor`` as it is; 0 for none.

    ``digits`` are the decimals of the line's currency, None where they are not known.
    """
    if value is None:
        return 0 if minor is None else whole(f"{name}_minor", minor)
    if minor is not None:
        problem = f"{name} and {name}_minor are two prices: give one of them"
        raise TypeError(problem)
    if not isinstance(value, str | Decimal):
        shown = _shown(value)
        problem = f"{name} must be a text or a Decimal in currency, not {shown}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            problem += f': write {name}="{shown}"'
        if isinstance(value, int) and not isinstance(value, bool):
            problem += f", or {name}_minor={shown} where that is in minor units"
        raise TypeError(problem)
    if digits is None:
        problem = f"{name}: the decimals of its currency are not known: give {name}_minor"
        raise ValueError(problem)
    found = exact_minor(value, digits, name)
    if found < 1:
        problem = f"{name} must be above 0, not {_shown(value)}"
        raise ValueError(problem)
    return whole(name, found)


def time(name: str, value: object) -> int:
    """Return a time in ns UTC, 0 for None."""
    if value is None:
        return 0
    if not isinstance(value, datetime):
        if isinstance(value, SupportsIndex):
            return whole(name, value, 0)
        problem = f"{name} must be ns UTC or a datetime with a time zone, not {_shown(value)}"
        raise TypeError(problem)
    if value.utcoffset() is None:
        problem = f"{name} must have a time zone: {value} may be any of 24 times"
        raise ValueError(problem)
    return whole(name, (value - _EPOCH) // timedelta(microseconds=1) * 1_000, 0)


def window(name: str, value: object) -> tuple[int, int]:
    """Return the two ends of a window, the first before the last."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        problem = f"{name} must be (opens at, closes at), not {_shown(value)}"
        raise TypeError(problem)
    ends = tuple(islice(value, 3))
    if len(ends) != 2:  # noqa: PLR2004 - a window has two ends
        problem = f"{name} must be two times: (opens at, closes at)"
        raise ValueError(problem)
    opens_at, closes_at = (time(name, each) for each in ends)
    if opens_at >= closes_at:
        problem = f"{name} must open before it closes"
        raise ValueError(problem)
    return opens_at, closes_at


def seconds(name: str, value: object) -> float:
    """Return how long to wait: a number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        problem = f"{name} must be a number of seconds, not {_shown(value)}"
        raise TypeError(problem)
    if not 0 <= value <= _LONGEST_WAIT:
        problem = f"{name} must be 0 to {_LONGEST_WAIT} seconds, not {_shown(value)}"
        raise ValueError(problem)
    return float(value)


def _shown(value: object) -> str:
    """Return a value as a refusal repeats it: as much of it as fits a line."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_INTEGER:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, str):
        return ascii(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!a}..."
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float | Decimal):
        shown = str(value)
        return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return f"a value of type {type(value).__name__}"
