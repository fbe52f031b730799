"""Blocks of any length: what is whole is read, what is torn is cut, what has rotted is refused."""

from __future__ import annotations

from io import BytesIO
from random import Random
from typing import TYPE_CHECKING

import pytest

from engine.log.blocks import HEADER, Chain, Kind, Reader
from engine.log.errors import LogError
from engine.log.records import CommandError, check_command
from engine.vocabulary.commands import MoveCash, NewOrder, OpenAccount
from engine.vocabulary.enums import Side
from engine.vocabulary.units import MAX_INT, MIN_INT

if TYPE_CHECKING:
    from collections.abc import Sequence


def chained(bodies: Sequence[bytes], synced: bool = True) -> tuple[bytes, list[int]]:  # noqa: FBT001, FBT002 - a mode
    """Return a chain of blocks and the offset behind each."""
    chain, data, ends = Chain(), b"", []
    for number, body in enumerate(bodies):
        data += chain.add(Kind.RUNS if number else Kind.GENESIS, body) + body
        ends.append(len(data))
        if synced or not number:
            chain.durable = number
    return data, ends


def found_in(data: bytes) -> tuple[list[bytes], Reader]:
    reader = Reader(BytesIO(data))
    return [bytes(block.body) for block in reader.blocks()], reader


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1 << 20, (1 << 24) + 1])
def test_a_body_of_any_length_is_read(size: int) -> None:
    body = b"x" * size
    data, _ = chained([body])
    bodies, reader = found_in(data)
    assert (bodies, reader.end, reader.torn) == ([body], HEADER.size + size, 0)


def test_the_blocks_before_a_torn_one_are_read() -> None:
    random = Random(1)
    bodies = [random.randbytes(random.randint(1, 40)) for _ in range(30)]
    data, ends = chained(bodies)
    for size in range(len(data) + 1):
        whole = sum(end <= size for end in ends)
        found, reader = found_in(data[:size])
        assert found == bodies[:whole]
        assert reader.end == ([0, *ends])[whole]
        assert reader.torn <= size - reader.end
        assert data[reader.end + reader.torn : size].strip(b"\0") == b""


def test_a_damaged_block_is_cut_as_the_last_and_refused_before_a_durable_one() -> None:
    random = Random(2)
    bodies = [random.randbytes(20) for _ in range(4)]
    data, ends = chained(bodies)
    for bit in range(8 * ends[0], 8 * len(data)):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        if bit // 8 >= ends[-2]:
            assert found_in(bytes(broken))[0] == bodies[:-1]
            continue
        place = max(end for end in ends if end <= bit // 8)
        with pytest.raises(LogError, match=r"block \d is damaged, and blocks up to 2 were") as e:
            found_in(bytes(broken))
        assert e.value.offset == place


def test_blocks_that_were_never_durable_are_cut_from_the_first_damage_on() -> None:
    bodies = [bytes([n]) * 9 for n in range(1, 6)]
    data, ends = chained(bodies, synced=False)
    for place in range(ends[0], len(data)):
        broken = data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]
        assert found_in(broken)[0] == bodies[: sum(end <= place for end in ends)]


def test_space_that_was_reserved_is_nothing_torn() -> None:
    data, _ = chained([b"first", b"second"])
    bodies, reader = found_in(data + bytes(5_000_000))
    assert (bodies, reader.end, reader.torn) == ([b"first", b"second"], len(data), 0)
    assert found_in(data + bytes(5_000_000) + b"x")[1].torn == 5_000_001


def test_a_block_of_another_log_does_not_follow() -> None:
    one, ends = chained([b"first", b"second", b"third"])
    two, _ = chained([b"first", b"zweites", b"drittes"])
    three, _ = chained([b"1", b"second", b"third"])
    with pytest.raises(LogError, match="block 2 does not follow on block 1"):
        found_in(one[: ends[1]] + two[ends[1] + 1 :])
    assert found_in(one[: ends[0]] + three[ends[0] - 4 :])[0] == [b"first"]


@pytest.mark.parametrize("seed", range(20))
def test_what_a_client_writes_is_never_taken_for_a_block(seed: int) -> None:
    """A text that looks like a later block does not make a torn commit a rotten one."""
    random = Random(seed)
    data, ends = chained([b"rules and time"])
    other, others = chained([random.randbytes(8), b"a", b"b", b"c"])
    forged = other[others[random.randrange(3)] :]
    bodies = [b"rules and time", random.randbytes(9) + forged]
    data, ends = chained(bodies)
    for place in range(ends[0], ends[0] + HEADER.size + 9):
        broken = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert found_in(broken)[0] == bodies[:1]


@pytest.mark.parametrize("beyond", [MAX_INT + 1, MIN_INT - 1, 1 << 70])
def test_a_command_that_the_log_cannot_hold_names_its_field(beyond: int) -> None:
    with pytest.raises(CommandError, match=r"^MoveCash\.amount: .* 63 bits") as caught:
        check_command(MoveCash("a", beyond))
    assert (caught.value.field, str(beyond) in caught.value.rule) == ("MoveCash.amount", True)
    with pytest.raises(CommandError, match=r"^NewOrder\.price: "):
        check_command(NewOrder("a", 1, "P", Side.BUY, 1, beyond))


def test_a_command_within_the_bounds_is_held() -> None:
    for amount in (MIN_INT, MAX_INT):
        assert check_command(MoveCash("a", amount)) == MoveCash("a", amount)
    with pytest.raises(CommandError, match=r"^OpenAccount.account: .* half of a surrogate pair"):
        check_command(OpenAccount("\ud800"))
