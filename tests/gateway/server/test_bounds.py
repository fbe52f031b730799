"""Every integer field of every client message, at and beyond its bounds."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gateway.protocol import wire
from gateway.protocol.framing import frame
from gateway.protocol.session import pack
from tests.gateway.server.test_core import buy, unbatched
from tests.support.quiet_core import End, QuietVenue


def integer_fields() -> list[tuple[type[Any], str]]:
    found = []
    for kind in wire.FromClient.__args__:
        for field in msgspec.structs.fields(kind):
            inner = msgspec.inspect.type_info(field.type)
            if isinstance(inner, msgspec.inspect.IntType):
                found.append((kind, field.name))
    return found


def plain(kind: type[Any]) -> dict[str, Any]:
    """Return a value for every field of a message."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        inner = msgspec.inspect.type_info(field.type)
        if isinstance(inner, msgspec.inspect.IntType | msgspec.inspect.EnumType):
            values[field.name] = 1
        elif isinstance(inner, msgspec.inspect.StrType):
            values[field.name] = "x"
        else:
            values[field.name] = isinstance(inner, msgspec.inspect.BoolType) or ()
    return values


def test_there_are_integers_to_bound() -> None:
    assert len(integer_fields()) > 35


@pytest.mark.parametrize(("kind", "name"), integer_fields())
@pytest.mark.parametrize("value", [1 << 63, (1 << 64) - 1])
def test_an_integer_beyond_63_bits_is_refused_with_its_field_named(
    kind: type[Any], name: str, value: int
) -> None:
    quiet = QuietVenue(("ann", "bob"))
    (ann,) = quiet.logged_on("ann")
    eve = End(quiet)
    if kind is not wire.Logon:
        eve = quiet.logged_on("bob")[0]
    before = quiet.sequencer.seq
    eve.say(kind(**plain(kind) | {name: value}))
    ann.say(buy(1))
    quiet.tick()
    assert eve.closed()
    assert eve.heard[-1].reason is wire.LogoutReason.BAD_FRAME
    assert eve.heard[-1].text == f"{kind.__name__}.{name}: {value} does not fit in 63 bits"
    assert quiet.sequencer.seq == before + 1
    assert ann.all_of(wire.OrderAccepted)


@pytest.mark.parametrize(("kind", "name"), integer_fields())
@pytest.mark.parametrize("value", [(1 << 63) - 1, -(1 << 63), -1, 0])
def test_any_integer_within_63_bits_gets_an_answer_or_a_farewell(
    kind: type[Any], name: str, value: int
) -> None:
    quiet = QuietVenue(("ann", "bob"))
    ann, eve = quiet.logged_on("ann", "bob")
    if kind is wire.Logon:
        eve = End(quiet)
    heard = len(eve.heard)
    eve.say(kind(**plain(kind) | {name: value}))
    ann.say(buy(1))
    quiet.tick()
    quiet.tick(60)
    assert len(eve.heard) > heard
    assert ann.all_of(wire.OrderAccepted)
    quiet.sequencer.venue.check()
    unbatched(quiet)


def test_an_integer_below_63_bits_cannot_even_be_written() -> None:
    with pytest.raises(OverflowError):
        pack(wire.CancelOrder(1, -(1 << 63) - 1))


def test_other_faults_are_named_too() -> None:
    quiet = QuietVenue(("ann",))
    for raw, text in (
        ((4, 1, b"CO2", 1, 1), "NewOrder.symbol: Expected `str`, got `bytes`"),
        ((4, 1, "CO2", 9, 1), "NewOrder.side: Invalid enum value 9"),
        ((12, 1, "a", 1, 1, 1, ["x", 1]), "Quote.to[1]: Expected `str`, got `int`"),
        ((5, 1), "CancelOrder: Expected `array` of at least length 3, got 2"),
        ((99,), "Invalid value 99 - at `$[0]`"),
    ):
        (ann,) = quiet.logged_on("ann")
        ann.send(frame(msgspec.msgpack.encode(raw)))
        quiet.tick()
        assert ann.heard[-1].text == text
