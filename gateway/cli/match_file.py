"""A file of commands through a rulebook, without a network: the quickest way to test a rule."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.venue.venue import Venue
from engine.vocabulary.commands import MoveCash, NewOrder, OpenAccount, SetPhase
from engine.vocabulary.enums import Phase, RejectReason
from engine.vocabulary.events import Rejected
from engine.vocabulary.json_codec import (
    TextError,
    command_from_line,
    command_from_object,
    to_object,
)
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.tables import read_table
from engine.vocabulary.units import MAX_TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedReader

    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from engine.vocabulary.tables import Row, Table

FUNDS: Final = 10**15  # minor units of each currency that an account of a CSV file starts with
TONNES: Final = 10**10  # of every product
# Field of ``new_order`` -> the other names of its column.
COLUMNS: Final = {
    "account": ("账户", "账号", "客户", "交易账户", "客户号", "client"),
    "ref": ("reference", "order_id", "编号", "委托编号", "序号"),
    "symbol": ("product", "line", "code", "品种", "交易品种", "产品", "代码", "合约", "标的"),
    "side": ("买卖方向", "方向", "买卖", "交易方向", "buy_sell"),
    "quantity": ("数量", "委托数量", "委托量", "qty", "volume", "tonnes"),
    "price": ("limit", "价格", "委托价格", "委托价", "限价"),
    "order_type": ("type", "类型", "委托类型", "订单类型"),
    "tif": ("time_in_force", "有效期", "时效"),
    "stop_price": ("stop", "触发价", "触发价格", "止损价"),
    "display": ("display_quantity", "显示数量", "披露数量"),
    "post_only": ("只挂单",),
    "expire_at": ("expires_at", "expiry", "到期时间"),
}  # fmt: skip
_SIDES: Final = {"b": "buy", "买": "buy", "买入": "buy", "s": "sell", "卖": "sell", "卖出": "sell"}
_TABLES: Final = (".csv", ".tsv", ".tab", ".xlsx", ".xls", ".xlsm")  # the last three are refused
_WHOLE: Final = ("quantity", "display", "expire_at")
_PRICES: Final = ("price", "stop_price")
_NAMES: Final = ("order_type", "tif")


class FileError(ValueError):
    """A line that is not a command; the text has its number, the field and the rule."""


def read_json_lines(lines: Iterable[str], digits: int) -> Iterator[Command]:
    """Yield the commands of a JSON Lines file; blank lines and ``#`` lines are passed over.

    Raises ``FileError``.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            yield command_from_line(line, digits)
        except ValueError as error:  # a line that is not read, or no command
            message = f"line {number}: {error}"
            raise FileError(message) from error


def is_table(file: BufferedReader) -> bool:
    """Say whether a file is meant as a table: by its name, and a ``.txt`` by how it begins."""
    name = file.name.casefold()
    if not name.endswith(".txt"):
        return name.endswith(_TABLES)
    return not file.peek().removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"#"))


def as_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yield lines of bytes as text, UTF-8 with or without its mark. Raises ``FileError``."""
    for number, line in enumerate(chunks, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            message = f"line {number}: byte {error.start + 1} is not UTF-8: save it as UTF-8"
            raise FileError(message) from None


def read_orders(data: bytes, source: str, rulebook: Rulebook) -> list[Command]:
    """Return the commands of a CSV file of orders: its accounts opened and funded, its orders.

    The header names fields of ``new_order``, by the names that ``COLUMNS`` has; ``account``,
    ``symbol``, ``side`` and ``quantity`` are needed, ``price`` is a decimal, a missing ``ref`` is
    the account's last one and one more. Every market is opened for continuous trading first.
    Raises ``TableError``.
    """
    table = read_table(data, source, COLUMNS)
    table.need(COLUMNS, "account", "symbol", "side", "quantity")
    table.allow_no_others(COLUMNS)
    orders = _orders(table, rulebook.minor_digits)
    accounts = dict.fromkeys(order.account for order in orders)
    commands: list[Command] = []
    share = MAX_TOTAL // max(1, len(accounts))  # what all together may have has an end
    currencies = [product.currency for product in rulebook.products if product.currency]
    cash = min(FUNDS, share)
    allowances = tuple((each.symbol, min(TONNES, share)) for each in rulebook.products)
    others = [each for each in dict.fromkeys(currencies) if each != rulebook.currency]
    for account in accounts:
        commands.append(OpenAccount(account, cash=cash, allowances=allowances))
        commands += [MoveCash(account, cash, each) for each in others]
    return [*commands, SetPhase(Phase.CONTINUOUS), *orders]


def _orders(table: Table, digits: int) -> list[NewOrder]:
    refs: dict[str, int] = {}
    orders = []
    for row in table.rows:
        given = _given(row)
        given.setdefault("ref", refs.get(given["account"], 0) + 1)
        try:
            order = command_from_object({"type": "new_order"} | given, digits)
        except TextError as error:
            raise row.refused(error.field, error.rule) from None
        assert isinstance(order, NewOrder)
        refs[order.account] = max(order.ref, refs.get(order.account, 0))
        orders.append(order)
    return orders


def _given(row: Row) -> dict[str, Any]:
    """Return what a row says of an order, by field."""
    found: dict[str, Any] = {}
    for field in ("account", "symbol"):
        found[field] = row.text(field)
        if not found[field]:
            rule = "it is empty, and an order needs it"
            error = row.refused(field, rule)
            raise error
    for field in _NAMES:
        found[field] = row.word(field).replace(" ", "_").replace("-", "_")
    found["side"] = _SIDES.get(row.word("side"), row.word("side"))
    for field in ("ref", *_WHOLE):
        found[field] = row.whole(field)
    for field in _PRICES:
        figure = row.figure(field)
        found[field] = None if figure is None else str(figure)
    found["post_only"] = row.truth("post_only")
    return {field: value for field, value in found.items() if value not in ("", None)}


def _with_nearest(event: Event, command: Command, venue: Venue) -> Event:
    """Ask for the nearest symbol where there is none; a venue itself spends no time on that."""
    if not isinstance(event, Rejected) or event.reason is not RejectReason.UNKNOWN_SYMBOL:
        return event
    return msgspec.structs.replace(
        event, rule=not_one_of(getattr(command, "symbol", ""), venue.symbols)
    )


def run(rulebook: Rulebook, commands: Iterable[Command]) -> tuple[Venue, Iterator[str]]:
    """Return a new venue and, lazily, its events as JSON lines while the commands are applied.

    ``seq`` is the number that the command would have in a log, ``time`` the venue's behind it.
    """
    venue = Venue(rulebook)

    def lines() -> Iterator[str]:
        for seq, command in enumerate(commands, 1):
            for event in venue.apply(command):
                named = to_object(_with_nearest(event, command, venue))
                stamped = {"seq": seq, "time": venue.time} | named
                yield json.dumps(stamped, ensure_ascii=False)

    return venue, lines()
