"""Rulebooks, amendments, files of accounts and of orders: read whole, or refused in one line."""

from __future__ import annotations

import json
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.log.blocks import Reader
from engine.log.records import check_command, decode_genesis, encode_genesis
from engine.rulebook import model
from engine.rulebook.amend import amended
from engine.rulebook.model import Rulebook, RulebookError
from engine.rulebook.presets import load
from engine.rulebook.toml_codec import from_toml, to_plain
from engine.venue.venue import Venue
from engine.vocabulary.commands import AmendRulebook, BeginDay, OpenAccount
from engine.vocabulary.events import Rejected
from gateway.server.accounts import AccountsError, Directory
from tests.fuzz.hostile import (
    FIGURES,
    JSON,
    TEXT,
    TOML,
    as_bytes,
    fuzzed,
    json_text,
    toml_text,
)
from tests.support.command_line import typed
from tests.support.toml import to_toml

if TYPE_CHECKING:
    from random import Random

LINE: Final = 2_500  # characters of a refusal, at most
BOOK: Final = load("guangdong")


FOLDER: Final = tempfile.TemporaryDirectory()


def in_a_file(data: bytes, name: str = "typed.toml") -> Path:
    path = Path(FOLDER.name) / name
    path.write_bytes(data)
    return path


def refused(error: Exception, where: str = "") -> None:
    """Check that a refusal is one line that can be printed, and says where."""
    text = str(error)
    assert text
    assert where in text
    assert len(text) < LINE
    assert len(text.splitlines()) == 1, text
    assert text.encode()


def holds(book: Rulebook) -> None:
    """Check that a rulebook that was taken makes a venue, a log and a file."""
    Venue(book).check()
    (genesis,) = Reader(BytesIO(encode_genesis(book, 0))).blocks()
    assert decode_genesis(genesis.body)[1] == book
    assert from_toml(to_toml(book)) == book


# -- rulebooks ----------------------------------------------------------------------------------

TABLES: Final = {
    "products": model.Product, "modes": model.Mode, "classes": model.AccountClass,
    "calendar": model.Calendar, "calendar.sessions": model.Session, "auction": model.Auction,
    "auction.containment": model.Containment, "modes.ladder": model.PriceRule,
}  # fmt: skip
NEEDED: Final = {
    "products": {"symbol": '"A"', "reference": "100"}, "classes": {"name": '"c"'},
    "calendar.sessions": {"at": '"09:30"', "phase": '"continuous"'},
    "auction.containment": {"name": '"r"', "trigger": "5"},
}  # fmt: skip
MANY: Final = ("products", "modes", "classes", "calendar.sessions", "auction.containment")


def table(rng: Random, name: str, value: str) -> str:
    """Return a table with what it needs and, where a value is given, that in one of its keys."""
    fields = dict(NEEDED.get(name, {}))
    if value:
        key = rng.choice(TABLES[name].__struct_fields__)
        fields[toml_text(value) if rng.random() < 0.05 else key] = value
    head = f"[[{name}]]" if name in MANY else f"[{name}]"
    return "\n".join([head, *(f"{key} = {source}" for key, source in fields.items())])


def rulebook(rng: Random, value: str) -> bytes:
    """Return a rulebook with a value in one of its keys, or in the place of all."""
    if rng.random() < 0.05:
        return as_bytes(value)
    top = {"name": '"fuzzed"'}
    name = rng.choice(("", *TABLES))
    if not name:
        top[rng.choice(Rulebook.__struct_fields__)] = value
    parts = [f"{key} = {source}" for key, source in top.items()]
    parts.append(table(rng, "products", value if name == "products" else ""))
    if name not in ("", "products"):
        if "." in name and name.partition(".")[0] in MANY:
            parts.append(table(rng, name.partition(".")[0], ""))
        parts.append(table(rng, name, value))
    return as_bytes("\n".join(parts) + rng.choice(("", "\n", "\r\n", "\x00")))


@fuzzed(TOML)
def test_a_rulebook_is_read_whole_or_refused_in_a_line(values: list[str], rng: Random) -> None:
    for value in values:
        try:
            book = from_toml(rulebook(rng, value))
        except RulebookError as error:
            refused(error)
        else:
            holds(book)


def paths(value: Any, place: str = "") -> list[str]:
    """Return the path of every part of a rulebook."""
    found = []
    for key, part in value.items() if isinstance(value, dict) else ():
        here = f"{place}.{key}" if place else key
        found += [here, f"{here}+", *paths(part, here)]
        for row in part if isinstance(part, list) else ():
            if isinstance(row, dict):
                name = row.get("name", row.get("symbol", ""))
                found += [f"{here}[{name}]", *paths(row, f"{here}[{name}]")]
    return found


PATHS: Final = sorted({*paths(to_plain(BOOK, brief=False))})


def try_amendment(path: str, value: str, day: int) -> None:
    """Try an amendment by itself, then on a venue whose next day begins."""
    try:
        book = amended(BOOK, path, value)
    except RulebookError as error:
        refused(error)
        taken = False
    else:
        holds(book)
        taken = True
    try:
        command = check_command(AmendRulebook(path, value, day))
    except ValueError as error:
        refused(error)
        return
    venue = Venue(BOOK)
    events = venue.apply(command) + venue.apply(BeginDay(20260105))
    assert isinstance(events[0], Rejected) != taken
    assert not isinstance(events[-1], Rejected)
    assert (venue.rulebook != BOOK) <= taken
    msgspec.msgpack.encode(events)
    venue.check()


@fuzzed(TOML)
def test_an_amendment_is_taken_whole_or_refused_in_a_line(values: list[str], rng: Random) -> None:
    for value in values:
        if rng.random() < 0.1:
            try_amendment(value, rng.choice(values), 0)
        else:
            try_amendment(rng.choice(PATHS), value, rng.choice((0, 20260105)))


# -- accounts -----------------------------------------------------------------------------------

FIELDS: Final = {
    "name": '"ann"', "key": '"k"', "member": '"m"', "owner": '"o"', "group": '"g"', "cash": "500",
    "role": '""', "allocation": "5", "allowances": '{ "GDEA" = 5 }',
}  # fmt: skip


def accounts(rng: Random, value: str) -> bytes:
    """Return a file of accounts with a value in one of its fields."""
    rows = []
    for number in range(3):
        row = dict(FIELDS, name=toml_text(f"a{number}"))
        if number == 1:
            key = rng.choice((*FIELDS, "allowances"))
            row[key] = toml_text(value) if rng.random() < 0.3 else value
            if rng.random() < 0.1:
                row[toml_text(value)] = row.pop(key)
        rows.append("[[account]]\n" + "\n".join(f"{key} = {row[key]}" for key in row))
    return as_bytes("\n".join(rows))


def try_accounts(data: bytes) -> None:
    """Read a file of accounts as ``serve`` does, open what it lists, write it and read it again."""
    path = in_a_file(data)
    venue = Venue(BOOK)
    try:
        directory = Directory.read(path)
        commands = directory.openings(venue)
    except AccountsError as error:
        refused(error, str(path))
        return
    for command in commands:
        assert isinstance(command, OpenAccount)
        assert not any(isinstance(event, Rejected) for event in venue.apply(check_command(command)))
    venue.check()
    again = path.with_name("again.toml")
    directory.write(again)
    assert Directory.read(again).accounts == directory.accounts


@fuzzed(TOML)
def test_accounts_are_read_whole_or_refused_in_a_line(values: list[str], rng: Random) -> None:
    for value in values:
        try_accounts(accounts(rng, value))


# -- files of orders ----------------------------------------------------------------------------

ORDER: Final = {
    "type": "new_order", "account": "ann", "ref": 1, "symbol": "CO2", "side": "buy",
    "quantity": 5, "price": "50.00", "order_type": "limit", "tif": "day", "stop_price": 0,
    "display": 0, "post_only": False, "expire_at": 0,
}  # fmt: skip


def matched(path: Path) -> None:
    """Run ``carbonx match`` as a user would: events, or one line; never a traceback."""
    done = typed("match", str(path))
    assert done.status in (0, 1, 2), done.err[-500:]
    if done.status:
        assert "Error: " in done.err
        assert len(done.err) < LINE + len(str(path))
    else:
        # JSON lines end with a line feed; ``splitlines`` also cuts at other characters in names.
        *lines, rest = done.out.split("\n")
        assert not rest
        for line in lines:
            assert "type" in json.loads(line)


@fuzzed(JSON)
def test_a_file_of_commands_is_run_or_refused_in_a_line(values: list[str], rng: Random) -> None:
    for value in values:
        lines = ['{"type": "open_account", "account": "ann", "cash": "100.00"}']
        sources = {name: json.dumps(each) for name, each in ORDER.items()}
        sources[rng.choice((*ORDER, "colour"))] = value
        lines.append("{" + ", ".join(f"{json_text(k)}: {v}" for k, v in sources.items()) + "}")
        if rng.random() < 0.1:
            lines.append(value)
        matched(in_a_file(as_bytes("\n".join(lines)), "typed.jsonl"))


@fuzzed(TEXT | FIGURES)
def test_a_table_of_orders_is_run_or_refused_in_a_line(values: list[str], rng: Random) -> None:
    for value in values:
        mark = rng.choice((",", ",", ";", "\t"))
        cells = {name: str(each) for name, each in ORDER.items() if name != "type"}
        names = list(cells)
        cells[rng.choice(names)] = value
        if rng.random() < 0.1:
            names[rng.randrange(len(names))] = value
        rows = [mark.join(names), mark.join(cells.values())]
        matched(in_a_file(as_bytes("\n".join(rows)), "typed.csv"))
