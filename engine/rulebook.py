"""A venue's rules as a frozen value.

A rulebook is data: integers, strings and enums, read from TOML, written into the first record
of every log, hashed. Nothing in it is code, so a log and nothing else is enough to replay.
"""

import hashlib
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import msgspec

from engine.types import MAX_PRICE, MAX_QUANTITY, Matching, SelfTrade, SelfTradeScope

BASIS_POINTS = 10_000
PARTS_PER_MILLION = 1_000_000


class RulebookError(ValueError):
    """A rulebook that cannot be used; the text names the path, the value and the rule."""


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tradable line: an allowance of one vintage in one currency."""

    symbol: str
    reference: int  # previous close, minor units per tonne; price limits start from it
    vintage: int = 0  # year; 0 where vintages are fungible on screen
    currency: str = "CNY"
    tick: int = 1  # minor units
    lot: int = 1  # tonnes
    min_quantity: int = 1
    max_quantity: int = 1_000_000_000
    title: str = ""


class Rulebook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All rules of one venue. Rates are exact: basis points (1/10,000) or ppm (1/1,000,000)."""

    name: str
    products: tuple[Product, ...]
    title: str = ""
    currency: str = "CNY"
    minor_digits: int = 2  # decimals of the currency as people write it
    matching: Matching = Matching.PRICE_TIME
    self_trade: SelfTrade = SelfTrade.CANCEL_RESTING
    self_trade_scope: SelfTradeScope = SelfTradeScope.OWNER
    price_limit_bp: int = 0  # daily limit around the reference; 0 means none
    protection_bp: int = 1_000  # a market order's worst price, around the last price
    maker_fee_ppm: int = 0
    taker_fee_ppm: int = 0
    iceberg_max_parts: int = 100  # a display must be at least quantity / this
    sources: Mapping[str, str] = {}  # rule -> document, article, year, or "default to confirm"

    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes, in hex."""
        return hashlib.sha256(canonical(self)).hexdigest()


def canonical(rulebook: Rulebook) -> bytes:
    """Return the rulebook's canonical bytes: msgpack of sorted maps, enums as integers."""
    return msgspec.msgpack.encode(rulebook, order="sorted")


def from_canonical(data: bytes) -> Rulebook:
    """Read canonical bytes. Raises ``RulebookError``."""
    try:
        book = msgspec.msgpack.decode(data, type=Rulebook)
    except msgspec.MsgspecError as error:
        raise RulebookError(str(error)) from error
    validate(book)
    return book


def _named(data: dict[str, Any], key: str, kind: type[IntEnum]) -> None:
    name = data.get(key)
    if name is None:
        return
    choices = [member.name.lower() for member in kind]
    if name not in choices:
        message = f"$.{key}: {name!r} is not one of {', '.join(choices)}"
        raise RulebookError(message)
    data[key] = int(kind[str(name).upper()])


def from_toml(text: str) -> Rulebook:
    """Read a rulebook as people write it. Raises ``RulebookError`` with path and choices."""
    try:
        data = msgspec.toml.decode(text)
        _named(data, "matching", Matching)
        _named(data, "self_trade", SelfTrade)
        _named(data, "self_trade_scope", SelfTradeScope)
        book = msgspec.convert(data, Rulebook)
    except msgspec.MsgspecError as error:
        raise RulebookError(str(error)) from error
    validate(book)
    return book


def _require(path: str, *, holds: bool, rule: str) -> None:
    if not holds:
        message = f"{path}: {rule}"
        raise RulebookError(message)


def validate(book: Rulebook) -> None:
    """Check what types cannot say. Raises ``RulebookError``."""
    _require("$.products", holds=bool(book.products), rule="at least one product is needed")
    symbols = [product.symbol for product in book.products]
    _require("$.products", holds=len(set(symbols)) == len(symbols), rule="symbols must differ")
    for name in ("price_limit_bp", "protection_bp"):
        value = getattr(book, name)
        _require(f"$.{name}", holds=0 <= value < BASIS_POINTS, rule=f"{value} is not in 0-9999")
    for name in ("maker_fee_ppm", "taker_fee_ppm"):
        value = getattr(book, name)
        holds = 0 <= value <= PARTS_PER_MILLION
        _require(f"$.{name}", holds=holds, rule=f"{value} is not in 0-1000000")
    _require("$.iceberg_max_parts", holds=book.iceberg_max_parts > 0, rule="must be positive")
    _require("$.minor_digits", holds=0 <= book.minor_digits <= 6, rule="must be 0-6")  # noqa: PLR2004
    for index, product in enumerate(book.products):
        _validate_product(f"$.products[{index}]", product)


def _validate_product(path: str, product: Product) -> None:
    p = product
    _require(f"{path}.symbol", holds=bool(p.symbol), rule="must not be empty")
    _require(f"{path}.currency", holds=bool(p.currency), rule="must not be empty")
    _require(f"{path}.tick", holds=p.tick > 0, rule=f"{p.tick} is not positive")
    _require(f"{path}.lot", holds=p.lot > 0, rule=f"{p.lot} is not positive")
    holds = 0 < p.reference <= MAX_PRICE and p.reference % p.tick == 0
    _require(
        f"{path}.reference", holds=holds, rule=f"{p.reference} is not a positive tick multiple"
    )
    for name in ("min_quantity", "max_quantity"):
        value = getattr(p, name)
        holds = 0 < value <= MAX_QUANTITY and value % p.lot == 0
        _require(f"{path}.{name}", holds=holds, rule=f"{value} is not a positive lot multiple")
    holds = p.min_quantity <= p.max_quantity
    _require(f"{path}.min_quantity", holds=holds, rule="is above max_quantity")
