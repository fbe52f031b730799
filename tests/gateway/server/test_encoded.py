"""What is encoded once for all reads as if it had been encoded for each."""

from __future__ import annotations

import pytest
from msgspec import structs

from gateway.protocol import wire
from gateway.protocol.session import pack
from gateway.server.encoded import Encoded
from tests.gateway.protocol.test_wire import GOLDEN

PUBLIC = [m for m, _ in GOLDEN if isinstance(m, wire.MarketData.__args__)]
NUMBERS = (0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**62)


@pytest.mark.parametrize("seq", NUMBERS)
def test_each_number_gives_the_bytes_of_its_own_encoding(seq: int) -> None:
    encoded = Encoded([structs.replace(m, seq=0) for m in PUBLIC])
    assert encoded.frames(seq) == b"".join(pack(structs.replace(m, seq=seq)) for m in PUBLIC)
    assert encoded.frames(seq) is encoded.frames(seq)


def test_every_kind_of_public_message_is_among_them() -> None:
    assert {type(m) for m in PUBLIC} == set(wire.MarketData.__args__)
