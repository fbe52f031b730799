"""The bytes of every command and the numbers of every choice, which logs hold: format 6.

A log that was written reads for ever as it was meant. A change here needs a new format number.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin
from zlib import crc32

import msgspec
import pytest

from engine.log.blocks import HEADER, MARKER, Chain, Kind, Reader
from engine.log.errors import FORMAT, LogFormatError
from engine.log.records import MAGIC, Genesis, Record, Run, check_command, encode_run, encode_state
from engine.log.sequencer import replay_bytes
from engine.vocabulary import commands as c
from engine.vocabulary import enums, units
from engine.vocabulary.commands import AdvanceTime
from engine.vocabulary.json_codec import COMMANDS

GOLDEN: Final = Path(__file__).parent / "golden"
RAN: Final = [
    c.OpenAccount("a", "o", "g", cash=1_000_000),
    c.OpenAccount("b", allowances=(("CO2", 10),)),
    c.SetPhase(enums.Phase.CONTINUOUS),
    c.NewOrder("b", 1, "CO2", enums.Side.SELL, 4, 5_000),
    c.NewOrder("a", 1, "CO2", enums.Side.BUY, 6, 5_000),
    c.CancelOrder("a", 2, 1),
    c.AdvanceTime(30),
]
STAMPS: Final = [(1, 10, 0), (2, 10, 0), (3, 10, 0), (4, 20, 2), (5, 20, 3), (6, 20, 3), (7, 30, 1)]

# every field given, and those that must be given alone
BYTES: Final = {
    "new_order": ("9d01a16101a16302040504070809c30b", "9d01a16101a16302040001010000c200"),
    "cancel_order": ("9402a1610102", "9402a1610102"),
    "amend_order": ("9603a16101020304", "9603a16101020000"),
    "mass_cancel": ("9404a16101a163", "9404a16101a0"),
    "pick": ("970fa16101a163030405", "970fa16101a163030000"),
    "quote": ("9b10a16101a16302040592a161a162070809", "9b10a16101a16302040090000000"),
    "decline": ("9511a16101a16303", "9511a16101a16303"),
    "announce": ("9f12a16101a163020405060708090a040303", "9f12a16101a1630204050607010000000000"),
    "bid": ("9713a16101a163030405", "9713a16101a163030405"),
    "cancel_on_disconnect": ("9205a161", "9205a161"),
    "set_cancel_on_disconnect": ("9363a161c3", "9363a161c3"),
    "set_kill_switch": ("9306a161c3", "9306a161c3"),
    "set_phase": ("940708a162a163", "940708a0a0"),
    "advance_time": ("920800", "920800"),
    "open_account": ("9909a161a162a163a164a16505069192a16107", "9909a161a0a0a0a0000090"),
    "move_cash": ("940aa16101a163", "940aa16101a0"),
    "move_allowances": ("940ba161a16202", "940ba161a16202"),
    "begin_day": ("930c0001", "930c0000"),
    "set_reference": ("930da16101", "930da16101"),
    "amend_rulebook": ("940ea161a16202", "940ea161a16200"),
    "clear_auction": ("9514a1610102c3", "9514a1610100c2"),
    "set_account_class": ("9315a161a162", "9315a161a0"),
    "post_guarantee": ("9416a161a16202", "9416a161a16202"),
    "return_guarantee": ("9417a161a16202", "9417a161a16200"),
    "consign_units": ("9418a161a16202", "9418a161a16202"),
    "discretionary_sale": ("9819a1610102030402a167", "9819a1610102030402a0"),
    "pledge_guarantee": ("951aa161a162a16303", "951aa161a162a16303"),
    "register_entity": ("961ea16192a161a16292a161a162a164a165", "961ea16192a161a16290a0a0"),
    "set_cap": ("931fa16101", "931fa16101"),
    "issue_allowances": ("9420a161a16202", "9420a161a16202"),
    "allocate_allowances": ("9821a161a162a163030405c3", "9821a161a162a1630300cd2710c2"),
    "transfer_allowances": ("9622a161a162a1630304", "9622a161a162a1630300"),
    "report_emissions": ("9423a161a16202", "9423a161a16202"),
    "verify_emissions": ("9424a161a16202", "9424a161a16202"),
    "surrender_allowances": ("9625a161a162a16303a165", "9625a161a162a000a0"),
    "cancel_allowances": ("9426a161a16202", "9426a161a16202"),
    "bank_allowances": ("9627a161a162a163a16404", "9627a161a162a163a16404"),
    "close_cycle": ("9328a16101", "9328a16100"),
    "pay_penalty": ("9529a161a162a16303", "9529a161a162a16300"),
    "set_link": ("9932a16107a163a164a1650506a168", "9932a16107a163a164a1650000a0"),
    "route_order": ("9b33a16101a16302040507070809", "9b33a16101a16302040507070800"),
    "guest_order": ("9b34a16101a16303a1650206070709", "9b34a16101a16303a1650206070700"),
    "carry_home": ("9535a161a1620203", "9535a161a1620000"),
    "carry_in": ("9b36a16101a16303040506070809", "9b36a16101a16303040506000000"),
    "route_cancel": ("9537a16101a16303", "9537a16101a16303"),
    "guest_cancel": ("9638a16101a1630304", "9638a16101a1630304"),
    "set_recognition": ("9439a1610102", "9439a1610102"),
    "send_allowances": ("973aa161a16202a164a165a166", "973aa161a16202a164a165a0"),
    "recognise_allowances": ("983ba16101a16303a165a166a167", "983ba16101a16303a165a166a0"),
    "route_bid": ("993ca16101a1630302050607", "993ca16101a1630302050600"),
    "guest_bid": ("9b3da16101a16303a1650502070809", "9b3da16101a16303a1650502070800"),
    "join_auction": ("973ea16101a163030405", "973ea16101a163030405"),
    "carry_home_refused": ("973fa161a162020344a166", "973fa161a162020344a166"),
    "carry_in_refused": (
        "9d40a16101a1630304050607080944a16c",
        "9d40a16101a1630304050607080944a16c",
    ),
}
NUMBERS: Final = {
    "Side": "BUY=1 SELL=2",
    "OrderType": "LIMIT=1 MARKET=2 STOP=3 STOP_LIMIT=4",
    "TimeInForce": "DAY=1 GTC=2 GTD=3 IOC=4 FOK=5 AT_OPEN=6 AT_CLOSE=7",
    "Phase": "CLOSED=1 PRE_OPEN=2 CONTINUOUS=3 HALTED=4 OPENING_CALL=5 CLOSING_CALL=6 "
    "INTRADAY_CALL=7 FREEZE=8",
    "SelfTrade": "ALLOW=0 CANCEL_RESTING=1 CANCEL_ARRIVING=2 CANCEL_BOTH=3 DECREMENT_BOTH=4",
    "SelfTradeScope": "OWNER=1 GROUP=2",
    "Matching": "PRICE_TIME=1 PRO_RATA=2 HYBRID=3",
    "Mechanism": "ORDER_BOOK=1 LISTING=2 FIXED_PRICE=3 NEGOTIATED=4 ONE_WAY=5",
    "PickRule": "BEST_FIRST=1 WITHIN_LEVELS=2 ANY=3",
    "CloseRule": "LAST=1 VWAP=2 VWAP_ABOVE=3 AUCTION=4 FIXING=5",
    "OpenRule": "FIRST_TRADE=1 PREVIOUS_CLOSE=2",
    "Delivery": "AT_ONCE=1 DAY_END=2 LATER=3",
    "Instrument": "ALLOWANCE=1 OFFSET=2 FUTURE=3",
    "Dst": "NONE=1 EU=2 US=3",
    "PricingRule": "RULEBOOK=0 UNIFORM=1 PAY_AS_BID=2 WHOLE=3 HIGHEST_REJECTED=4",
    "BidTie": "RULEBOOK=0 TIME=1 RANDOM=2 PRO_RATA=3",
    "Undersubscribed": "RULEBOOK=0 SELL=1 SELL_AT_RESERVE=2 CANCEL=3",
    "Candidates": "LIMITS=1 TICKS=2 LIMITS_AND_REFERENCE=3 TICKS_AND_BEYOND=4 OVERLAP=5",
    "CallFill": "TIME=1 PRO_RATA=2 LIMITS_FIRST=3 QUANTITY_AT_LIMIT=4",
    "MarketRest": "CANCEL=1 CONVERT=2",
    "LastRung": "REFERENCE=1 MIDDLE=2",
    "LinkKind": "NONE=0 ROUTING=1 SHARED=2 HOSTING=3 RECOGNITION=4 RECOGNISING=5 "
    "AUCTION=6 AUCTIONEER=7",
    "Tie": "HIGHER=1 LOWER=2 REFERENCE=3",
}


BOUNDS: Final = {
    "MIN_INT": -9_223_372_036_854_775_808, "MAX_INT": 9_223_372_036_854_775_807,
    "MAX_PRICE": 1_000_000_000_000, "MAX_QUANTITY": 1_000_000_000_000,
    "MAX_MONEY": 1_000_000_000_000_000_000, "MAX_TOTAL": 9_000_000_000_000_000_000,
    "MAX_REF": 4_611_686_018_427_387_904, "BASIS_POINTS": 10_000, "PARTS_PER_MILLION": 1_000_000,
}  # fmt: skip


def value(kind: Any, place: int) -> Any:
    """Return a value that tells the place of its field."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is tuple:
        return ("a", "b") if get_args(kind)[0] is str else (("a", place),)
    if issubclass(kind, IntEnum):
        return list(kind)[-1]
    return kind is bool or (place if kind is int else "abcdefghijklmn"[place])


def test_every_command_has_its_bytes() -> None:
    assert FORMAT == 6
    assert list(BYTES) == list(COMMANDS)


@pytest.mark.parametrize("name", BYTES)
def test_bytes_of_a_command(name: str) -> None:
    kind = COMMANDS[name]
    fields = list(enumerate(msgspec.structs.fields(kind)))
    full = kind(*(value(field.type, place) for place, field in fields))
    short = kind(*(value(field.type, place) for place, field in fields if field.required))
    found = [msgspec.msgpack.encode(check_command(each)).hex() for each in (full, short)]
    assert tuple(found) == BYTES[name]


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_choices(name: str) -> None:
    kind = getattr(enums, name)
    assert " ".join(f"{member.name}={member.value}" for member in kind) == NUMBERS[name]


def test_the_bounds_of_what_a_log_holds() -> None:
    assert {name: getattr(units, name) for name in BOUNDS} == BOUNDS


def test_bytes_of_a_run() -> None:
    assert encode_run(Run(1, 2, 3, [AdvanceTime(5)])).hex() == "08000000" + "94010203" + "91920805"


def test_bytes_of_a_state() -> None:
    assert encode_state(5, "ab").hex() == "9305a5302e312e30a26162"


def test_bytes_of_a_genesis() -> None:
    found = msgspec.msgpack.encode(Genesis("m", 6, 1, b"r", "d", "v"))
    assert found.hex() == "96a16d0601c40172a164a176"
    assert MAGIC == "carbonx-log"


def test_bytes_of_blocks() -> None:
    chain = Chain()
    first = chain.add(Kind.GENESIS, b"abc")
    assert (HEADER.size, MARKER) == (65, b"carbonx6")
    assert first.hex() == ("636172626f6e78360300000000" + "00" * 16 + "00" * 32 + first[61:].hex())
    assert int.from_bytes(first[61:], "little") == crc32(first[:61] + b"abc")
    chain.durable = 0
    second = chain.add(Kind.RUNS, b"d")
    before = sha256(first + b"abc").hexdigest()
    numbers = "01" + "00" * 7 + "01" + "00" * 7
    assert second.hex() == before[:16] + "0100000001" + numbers + before + second[61:].hex()


def test_the_log_of_format_6_reads_for_ever() -> None:
    data = (GOLDEN / "format6.log").read_bytes()
    found: list[Record] = []
    replayed = replay_bytes(data, lambda record, _events: found.append(record))
    assert [(each.seq, each.time, each.source) for each in found] == STAMPS
    assert [each.command for each in found] == RAN
    assert replayed.venue.cash("a") == (1_000_000 - 4 * 5_000, 0)
    assert replayed.venue.allowances("a", "CO2") == (4, 0)
    assert [block.kind for block in Reader(BytesIO(data)).blocks()] == [0, 1, 1, 1]


def test_the_log_of_format_5_is_refused_with_what_converts_it() -> None:
    with pytest.raises(LogFormatError, match=r"format 5, which .* commit dd69aa1 .* log migrate"):
        replay_bytes((GOLDEN / "format5.log").read_bytes())
