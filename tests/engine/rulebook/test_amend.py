"""An amendment changes one figure of a rulebook, named by its path, or is refused as a whole."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
import pytest

from engine.rulebook.amend import amended, lines_of
from engine.rulebook.model import (
    AccountClass,
    Auction,
    Calendar,
    Containment,
    Mode,
    Product,
    Rulebook,
    RulebookError,
    Session,
)
from engine.rulebook.toml_codec import from_plain, to_plain
from engine.rulebook.validation import validate
from engine.vocabulary.enums import Mechanism, Phase

BOOK: Final = Rulebook(
    "amended",
    (Product("A", 1_000), Product("B", 500, modes=("main",))),
    modes=(Mode("main", moves_close=True), Mode("block", mechanism=Mechanism.NEGOTIATED)),
    classes=(AccountClass("covered", holding_limit=10),),
    calendar=Calendar(holidays=(20260101,), sessions=(Session(36_000, Phase.CONTINUOUS),)),
)
STEPS: Final = (
    "modes[]", "modes", "modes[main]", "products", "products[B]", "modes[gone]", "calendar",
    "sessions", "calendar[main]", "name", "classes[covered]", "classes[]", "[main]", "close",
    "sessions[main]", "auction", "modes[main", "title", "products[A]", "modes[block]", "[", "",
)  # fmt: skip
LASTS: Final = (
    *STEPS,
    "tick",
    "protection_bp",
    "holding_limit",
    "holidays",
    "holidays+",
    "weekdays+",
    "reference",
    "title+",
    "mechanism",
    "currency",
    "close_min_volume",
    "modes+",
    "classes+",
    "minor_digits",
    "modes[main]+",
    "lot",
    "self_trade_scope",
    "per_owner",
)
VALUES: Final[tuple[Any, ...]] = (
    0,
    5,
    20260102,
    "last",
    "x",
    [],
    [20260102],
    {},
    {"protection_bp": 7},
    {"title": "t"},
    True,
    {"name": "extra"},
    "main",
)
PATHS: Final = (*LASTS, *(f"{step}.{last}" for step in STEPS[::2] for last in LASTS))


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {json.dumps(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


def changed_by_hand(path: str, value: Any) -> dict[str, Any] | None:
    """Return the rulebook's plain form as it should become, None where it should not change."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(to_plain(BOOK, brief=False)))
    place: Any = plain
    *way, last = path.split(".")
    for part in (*way, last) if "[" in last else way:
        key, bracket, name = part.partition("[")
        place = place.get(key) if isinstance(place, dict) else None
        if bracket:
            rows = place if isinstance(place, list) else []
            tables = [row for row in rows if isinstance(row, dict) and name.endswith("]")]
            place = next(
                (row for row in tables if name[:-1] in (row.get("name"), row.get("symbol"))), None
            )
    if "[" in last:
        if not isinstance(place, dict) or not isinstance(value, dict):
            return None
        place.update(value)
        return plain
    key = last.removesuffix("+")
    if not isinstance(place, dict) or key not in place:
        return None
    if key != last:
        if not isinstance(place[key], list):
            return None
        value = [*place[key], value]
    place[key] = value
    return plain


@pytest.mark.parametrize("value", VALUES, ids=toml)
def test_an_amendment_changes_what_it_names_or_nothing(value: Any) -> None:
    accepted = 0
    for path in PATHS:
        wanted = changed_by_hand(path, value)
        try:
            new = amended(BOOK, path, toml(value))
        except RulebookError:
            if wanted is not None:
                with pytest.raises(RulebookError):
                    kept(from_plain(wanted))
            continue
        assert wanted is not None, path
        assert new == from_plain(wanted)
        kept(new)
        accepted += 1
    assert accepted


def kept(new: Rulebook) -> None:
    """Raise where something changed that stays while the venue runs."""
    lines = lines_of(new)
    same = all(lines.get(line) == kind for line, kind in lines_of(BOOK).items())
    fixed = ("name", "currency", "minor_digits", "self_trade_scope")
    if not same or any(getattr(new, name) != getattr(BOOK, name) for name in fixed):
        message = "changed"
        raise RulebookError(message)


BEYOND: Final = [
    ("close", "[" * 3_000), ("close", "{a=" * 3_000), ("close", "1" * 30_000),
    ("close", "0x" + "f" * 30_000), ("close", "x" * 40_000), ("close", '"\ud800"'),
    ("close", "1\nother = 2"), ("close", ""), ("close", "1.5.5"), ("", "1"), (".", "1"),
    ("close.", "1"), ("[", "1"), ("products[]", "{}"), ("products[].tick", "1"), ("x" * 300, "1"),
    ("modes[" * 40, "1"), ("sources", '{a = "\\U00110000"}'), ("sources", "{a = {a = 1}}"),
    ("products[A].vintage", str(1 << 63)), ("products[A].vintage", str(-(1 << 63) - 1)),
    ("products[A].title", json.dumps("x" * 32_700)), ("calendar.sessions", "[1979-05-27]"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), BEYOND, ids=lambda text: text[:20])
def test_an_amendment_beyond_all_bounds_is_refused_in_a_short_line(path: str, value: str) -> None:
    if path.endswith("title"):
        assert len(amended(BOOK, path, value).products[0].title) == 32_700
        return
    with pytest.raises(RulebookError) as caught:
        amended(BOOK, path, value)
    assert len(str(caught.value)) < 600


HIGH: Final = Auction(containment=(Containment("c", 1 << 64),))


@pytest.mark.parametrize("text", ["\ud800", "x" * 32_769])
def test_a_rulebook_has_only_what_a_log_can_hold(text: str) -> None:
    for wrong in (
        {"title": text},
        {"sources": {"close": text}},
        {"sources": {text: "there"}},
        {"products": (Product("A", 100, registry=text),)},
    ):
        with pytest.raises(RulebookError, match="characters"):
            validate(msgspec.structs.replace(BOOK, **wrong))
    with pytest.raises(RulebookError, match=r"auction.containment\[0\].trigger: a whole number"):
        validate(msgspec.structs.replace(BOOK, auction=HIGH))
