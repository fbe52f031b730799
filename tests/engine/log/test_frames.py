"""Frames of any length: what is whole is read, what is torn is not, whatever stands behind."""

from __future__ import annotations

from random import Random

import pytest

from engine.log.records import (
    HEADER,
    MAX_PAYLOAD,
    CommandError,
    LogError,
    Record,
    check_command,
    encode_record,
    frame,
    frames,
)
from engine.vocabulary.commands import AdvanceTime, MoveCash, NewOrder, OpenAccount
from engine.vocabulary.enums import Side
from engine.vocabulary.units import MAX_INT, MIN_INT


@pytest.mark.parametrize("size", [1, 2, 3, MAX_PAYLOAD - 1, MAX_PAYLOAD])
def test_a_payload_of_any_length_is_read(size: int) -> None:
    payload = b"x" * size
    (found,) = frames(frame(payload))
    assert bytes(found.payload) == payload
    assert found.end == HEADER.size + size


@pytest.mark.parametrize("size", [0, MAX_PAYLOAD + 1])
def test_an_empty_payload_and_one_that_is_too_long_are_none(size: int) -> None:
    assert list(frames(frame(b"x" * size))) == []


def test_the_frames_before_a_torn_one_are_read() -> None:
    random = Random(1)
    payloads = [random.randbytes(random.randint(1, 40)) for _ in range(30)]
    data, ends = b"", [0]
    for payload in payloads:
        data += frame(payload)
        ends.append(len(data))
    for size in range(len(data) + 1):
        whole = sum(end <= size for end in ends) - 1
        for start in (0, random.randrange(whole + 1)):
            found = list(frames(data[:size], ends[start]))
            assert [bytes(each.payload) for each in found] == payloads[start:whole]
            assert [each.end for each in found] == ends[start + 1 : whole + 1]


NO_RECORDS = [b"junk", b"\x94\x01\x02\x03\x92\x08\xa1\xff", b"\x94\x01\x02\x03" + b"\x91" * 5_000,
              b"\x94\x01\x02\x03\x93\x06\xa1\xff\xc3"]  # fmt: skip


@pytest.mark.parametrize("payload", NO_RECORDS)
def test_damage_before_what_only_looks_whole_is_a_torn_tail(payload: bytes) -> None:
    first = frame(b"first")
    for torn in (b"\xff", b"\xff" * 9, b"\x05\x00\x00\x00\x00\x00\x00\x00xxxxx"):
        assert [each.end for each in frames(first + torn + frame(payload))] == [len(first)]


def test_damage_before_a_record_is_refused() -> None:
    record = encode_record(Record(1, 2, 3, AdvanceTime(5)))
    for torn in (b"\xff", b"\xff" * 9, b"\x05\x00\x00\x00\x00\x00\x00\x00xxxxx"):
        with pytest.raises(LogError, match="whole records behind") as caught:
            list(frames(frame(b"first") + torn + record))
        assert caught.value.offset == len(frame(b"first"))


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
