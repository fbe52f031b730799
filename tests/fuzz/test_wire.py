"""Whatever a client's message holds, others trade on and a replay of the log agrees."""

from __future__ import annotations

import time
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec
from hypothesis import strategies as st

from gateway.protocol import wire
from gateway.protocol.framing import frame
from tests.fuzz.hostile import DEPTHS, LENGTHS, SOAKING, TEXT, WHOLE, fuzzed
from tests.gateway.server.test_core import buy, unbatched
from tests.support.quiet_core import QuietVenue

if TYPE_CHECKING:
    from random import Random

KINDS: Final = wire.FromClient.__args__
EXTENSION: Final = msgspec.msgpack.Ext(5, b"x")
pack: Final = msgspec.msgpack.encode


def text(value: str) -> bytes:
    """Return a text as msgpack, half a character as bytes that are no UTF-8."""
    data = value.encode("utf-8", "surrogatepass")
    return b"\xdb" + len(data).to_bytes(4, "big") + data


VALUES: Final = st.one_of(
    TEXT.map(text),
    WHOLE.filter(lambda n: -(2**63) <= n < 2**64).map(pack),
    st.floats().map(pack),
    st.binary(max_size=20).map(pack),
    st.binary(min_size=1, max_size=20),
    st.sampled_from((None, True, False, [], {}, {"a": 1}, [1, "a"], EXTENSION)).map(pack),
    st.sampled_from(DEPTHS).map(lambda depth: b"\x91" * depth + b"\x01"),
    st.sampled_from(DEPTHS).map(lambda depth: b"\x81\xa1a" * depth + b"\x01"),
    st.sampled_from(LENGTHS).map(lambda size: b"\xdd" + size.to_bytes(4, "big") + b"\x01" * size),
)


def right(field: msgspec.structs.FieldInfo, ref: int) -> Any:
    """Return what a field may hold."""
    if field.name == "ref":
        return ref
    if isinstance(field.type, type) and issubclass(field.type, IntEnum):
        return next(iter(field.type))
    if not field.required:
        return field.default
    return {"symbol": "CO2", "version": wire.VERSION, "account": "ann", "nonce": "n",
            "proof": "0" * 64, "member": ""}.get(field.name, 5)  # fmt: skip


def message(rng: Random, value: bytes, ref: int) -> bytes:
    """Return a message with a value in one of its fields, or in the place of all."""
    if rng.random() < 0.1:
        return value
    kind = rng.choice(KINDS)
    parts = [pack(kind.__struct_config__.tag)]
    parts += [pack(right(field, ref)) for field in msgspec.structs.fields(kind)]
    if rng.random() < 0.1:
        parts.append(value)
    else:
        first = int(len(parts) > 1 and rng.random() < 0.9)  # seldom the tag itself
        parts[rng.randrange(first, len(parts))] = value
    return bytes([0xDC, 0, len(parts)]) + b"".join(parts)


@fuzzed(VALUES)
def test_a_client_ends_its_own_session_at_most(values: list[bytes], rng: Random) -> None:
    quiet = QuietVenue(("ann", "bob"))
    (bob,) = quiet.logged_on("bob")
    (ann,) = quiet.logged_on("ann")
    for number, value in enumerate(values, 1):
        if ann.closed():
            (ann,) = quiet.logged_on("ann")
        ann.send(frame(message(rng, value, number)))
        quiet.tick()
        heard = len(bob.reports())
        started = time.thread_time()
        bob.say(buy(number, price=number))
        quiet.tick()
        assert not SOAKING or time.thread_time() - started < 0.1
        assert len(bob.reports()) > heard
    quiet.sequencer.venue.check()
    reports, state = unbatched(quiet)
    assert state == quiet.sequencer.venue.state_hash()
    assert reports["bob"] == bob.reports()
