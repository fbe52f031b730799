"""Commands and events as JSON: what is written is read, and what is wrong is named by its field."""

from __future__ import annotations

import json
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.json_codec import (
    COMMANDS,
    EVENTS,
    TextError,
    command_from_object,
    decimal_text,
    event_from_object,
    exact_minor,
    to_object,
    type_name,
)
from engine.vocabulary.texts import MAX_TEXT
from engine.vocabulary.units import MAX_INT, MIN_INT

TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
KINDS = [*COMMANDS.values(), *EVENTS.values()]
PRICES = ("price", "stop_price", "amount", "increment", "cash", "away_price", "fee")


def plain(field: msgspec.structs.FieldInfo) -> Any:
    """Return a field's type without its bounds."""
    return get_args(field.type)[0] if get_origin(field.type) is Annotated else field.type


def values(field: msgspec.structs.FieldInfo) -> st.SearchStrategy[Any]:
    kind = plain(field)
    if get_origin(kind) is tuple and get_args(kind)[0] is int:
        return st.lists(st.integers(MIN_INT, MAX_INT), max_size=3).map(tuple)
    if get_origin(kind) is tuple and get_args(kind)[0] is not str:
        table = st.dictionaries(TEXTS, st.integers(MIN_INT, MAX_INT), max_size=3)
        return table.map(lambda found: tuple(found.items()))
    if get_origin(kind) is tuple:
        return st.lists(TEXTS, max_size=3).map(tuple)
    if issubclass(kind, IntEnum):
        return st.sampled_from(list(kind))
    if kind is int:
        return st.sampled_from((MIN_INT, -1, 0, 1, MAX_INT)) | st.integers(MIN_INT, MAX_INT)
    return st.booleans() if kind is bool else TEXTS


def read(kind: type, data: Any) -> Any:
    return command_from_object(data) if kind in COMMANDS.values() else event_from_object(data)


@pytest.mark.parametrize("kind", KINDS, ids=type_name)
@given(data=st.data())
def test_what_is_written_is_read_and_what_is_wrong_is_named(
    kind: type, data: st.DataObject
) -> None:
    fields = msgspec.structs.fields(kind)
    message = kind(*(data.draw(values(field)) for field in fields))
    written = json.loads(json.dumps(to_object(message)))
    assert read(kind, written) == message
    for field in fields:
        without = {key: value for key, value in written.items() if key != field.name}
        if field.required:
            with pytest.raises(TextError, match=field.name):
                read(kind, without)
        else:
            assert getattr(read(kind, without), field.name) == field.default
        for wrong in wrongs(plain(field), field.name):
            with pytest.raises(TextError, match=field.name) as caught:
                read(kind, written | {field.name: wrong})
            assert caught.value.field == field.name
    with pytest.raises(TextError, match=r"^colour: "):
        read(kind, written | {"colour": 1})


def wrongs(kind: Any, name: str) -> list[Any]:
    """Return values that a field of this type does not take."""
    if get_origin(kind) is tuple:
        if get_args(kind)[0] is int:
            return ["ann", ["1"], [True], 5, None, [MAX_INT + 1]]
        texts = get_args(kind)[0] is str
        return ["ann", [1], 5, None, ["\ud800"] if texts else ["A", 1]]
    if issubclass(kind, IntEnum):
        return ["none of these", 1, None]
    if kind is int:
        text = [] if name in PRICES else ["5"]
        return [*text, "x", 1.0, True, None, MAX_INT + 1, MIN_INT - 1]
    long = "x" * (MAX_TEXT + 1)
    return ["true", 1, None] if kind is bool else [1, None, True, ["x"], "\udc00", long]


@pytest.mark.parametrize("tonnes", [1.5, True, None, "5", MAX_INT + 1, MIN_INT - 1, {}])
def test_tonnes_of_a_table_are_named_by_their_product(tonnes: Any) -> None:
    opening = {"type": "open_account", "account": "ann", "allowances": {"A": 5, "B": tonnes}}
    with pytest.raises(TextError, match=r"^allowances\.B: ") as caught:
        command_from_object(opening)
    assert caught.value.field == "allowances.B"


@pytest.mark.parametrize("data", [[], None, {}, {"type": "wish"}, {"type": 5}, {"type": ["bid"]}])
def test_what_is_no_message_is_refused(data: Any) -> None:
    for reader in (command_from_object, event_from_object):
        with pytest.raises(TextError, match=r"^type: "):
            reader(data)


def test_a_product_is_its_main_line() -> None:
    cancel = {"type": "mass_cancel", "account": "ann", "ref": 1}
    assert command_from_object(cancel | {"product": "A"}) == command_from_object(
        cancel | {"symbol": "A"}
    )
    with pytest.raises(TextError, match="product"):
        command_from_object(cancel | {"symbol": "A", "product": "A"})


@given(st.integers(-(10**20), 10**20), st.integers(0, 6))
def test_money_as_text_is_exact(minor: int, digits: int) -> None:
    text = decimal_text(minor, digits)
    assert exact_minor(text, digits) == minor
    assert Decimal(text) * 10**digits == minor
    assert ("." in text) == (digits > 0)
    order = {"type": "new_order", "account": "a", "ref": 1, "symbol": "A", "side": "buy",
             "quantity": 1}  # fmt: skip
    if MIN_INT <= minor <= MAX_INT:
        found: Any = command_from_object(order | {"price": text, "stop_price": text}, digits)
        assert (found.price, found.stop_price) == (minor, minor)
    finer = f"{text}{'' if digits else '.'}1"
    with pytest.raises(TextError, match=f"^amount: .* has more than {digits} decimals"):
        exact_minor(finer, digits, "amount")


@pytest.mark.parametrize(
    "text", ["1_000", "\u0663\u0665", "\uff11\uff12.50", " 5", "5 ", "", ".", "+", "inf"]
)
def test_a_figure_is_made_of_ascii_digits_alone(text: str) -> None:
    with pytest.raises(TextError, match=r"^price: .* is not a decimal such as 42\.50"):
        exact_minor(text, 2)


@pytest.mark.parametrize("zeros", [1, 25, 26, 27, 33, 36])
def test_no_figure_is_rounded_in_silence(zeros: int) -> None:
    finer = f"1.{'0' * zeros}1"
    for value in (finer, Decimal(finer), f"-{finer}"):
        with pytest.raises(TextError, match="has more than 0 decimals"):
            exact_minor(value, 0)
    longest = "9" * 38
    assert exact_minor(longest, 2) == int(longest) * 100
    assert exact_minor(f"{longest[:36]}.25", 2) == int(longest[:36]) * 100 + 25


def test_a_decimal_is_as_long_as_may_be_and_no_longer() -> None:
    assert exact_minor("1".zfill(40), 0) == 1
    assert exact_minor("1e40", 0) == 10**40
    assert exact_minor("1e38", 2) == 10**40
    for text, digits in (
        ("1".zfill(41), 0),
        ("1e41", 0),
        ("1e39", 2),
        ("nan", 0),
        ("inf", 0),
        ("1e999999999", 2),
        ("-1e999999999", 0),
        ("1e99999999999999999999", 2),
        ("x", 0),
        ("", 0),
        ("x" * 60, 0),
    ):
        with pytest.raises(TextError, match="is not a decimal") as caught:
            exact_minor(text, digits)
        assert repr(text) in str(caught.value)
    with pytest.raises(TextError, match=r"'x{60}\.\.\.' is not"):
        exact_minor("x" * 61, 0)
