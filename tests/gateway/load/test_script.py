"""What ``carbonx load`` sends: the same bytes again, its mix, within an account's means."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.vocabulary.enums import Mechanism, Side, TimeInForce
from gateway.load.script import MIXES, Means, write_script
from gateway.protocol import wire, wire_modes
from gateway.protocol.framing import Unframer
from tests.support.load import PRODUCT


def messages_of(block: bytes | bytearray) -> list[Any]:
    unframer = Unframer(wire.MAX_FRAME)
    return [wire.decode_from_client(payload) for payload in unframer.feed(bytes(block))]


def test_a_seed_gives_the_same_bytes_and_another_seed_gives_others() -> None:
    blocks = [
        bytes(write_script(MIXES["default"], PRODUCT, random.Random(seed), range(1, 501)).block)
        for seed in (7, 7, 8)
    ]
    assert blocks[0] == blocks[1] != blocks[2]


def test_a_script_has_the_mix_that_its_header_names_and_references_one_by_one() -> None:
    script = write_script(MIXES["default"], PRODUCT, random.Random(7), range(41, 20_041))
    messages = messages_of(script.block)
    assert len(script) == len(messages) == 20_000
    assert [m.ref for m in messages] == list(range(41, 20_041))
    kinds = {
        kind: sum(isinstance(m, kind) for m in messages) / 200
        for kind in (wire.NewOrder, wire.CancelOrder, wire.AmendOrder)
    }
    assert kinds[wire.NewOrder] == pytest.approx(48, abs=1.5)  # 45 resting, 3 crossing
    assert kinds[wire.AmendOrder] == pytest.approx(8, abs=1)
    assert kinds[wire.CancelOrder] == pytest.approx(44, abs=1.5)
    for n in (0, 1, 777, 20_000):
        assert messages_of(script.block[: script.ends[n]]) == messages[:n]


def test_prices_stay_within_the_days_limits() -> None:
    narrow = msgspec.structs.replace(PRODUCT, low_limit=4_990, high_limit=5_005)
    script = write_script(MIXES["default"], narrow, random.Random(7), range(1, 2_001))
    prices = {m.price for m in messages_of(script.block) if isinstance(m, wire.NewOrder)}
    assert min(prices) == 4_990
    assert max(prices) == 5_005


def reserved(messages: list[Any]) -> tuple[int, int]:
    """Return the most cash and the most tonnes that live orders ever have reserved."""
    live: dict[int, wire.NewOrder] = {}
    most = [0, 0]
    for m in messages:
        if isinstance(m, wire.NewOrder) and m.tif is not TimeInForce.IOC:
            live[m.ref] = m
        elif isinstance(m, wire.CancelOrder):
            live.pop(m.target, None)
        elif isinstance(m, wire.AmendOrder):
            live[m.target] = msgspec.structs.replace(live[m.target], price=m.price)
        cash = sum(o.quantity * o.price for o in live.values() if o.side is Side.BUY)
        tonnes = sum(o.quantity for o in live.values() if o.side is Side.SELL)
        most = [max(most[0], cash), max(most[1], tonnes)]
    return most[0], most[1]


@given(
    cash=st.integers(0, 10**8), tonnes=st.integers(0, 2_000), lot=st.sampled_from((1, 10)),
    least=st.sampled_from((1, 20)), seed=st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=25)
def test_a_script_needs_no_more_than_its_account_has(
    cash: int, tonnes: int, lot: int, least: int, seed: int
) -> None:
    line = msgspec.structs.replace(PRODUCT, lot=lot, min_quantity=least)
    assume(cash > 3 * least * lot * 5_100 or tonnes >= 2 * max(least, lot))
    mix = msgspec.structs.replace(MIXES["default"], cross=0, place=48)
    messages = messages_of(
        write_script(mix, line, random.Random(seed), range(1, 301), Means(cash, tonnes)).block
    )
    most_cash, most_tonnes = reserved(messages)
    assert most_cash <= cash
    assert most_tonnes <= tonnes
    orders = [m for m in messages if isinstance(m, wire.NewOrder)]
    assert all(m.quantity % lot == 0 and m.quantity >= least for m in orders)


@pytest.mark.parametrize(
    ("mechanism", "kind"),
    [(Mechanism.LISTING, wire.NewOrder), (Mechanism.NEGOTIATED, wire_modes.Quote)],
)
def test_a_script_for_offers_has_no_message_that_they_refuse(
    mechanism: Mechanism, kind: type[Any]
) -> None:
    line = msgspec.structs.replace(PRODUCT, mechanism=mechanism, ticks=((1, 1), (4_000, 5)))
    script = write_script(MIXES["default"], line, random.Random(7), range(1, 501))
    messages = messages_of(script.block)
    assert {type(m) for m in messages} == {kind, wire.CancelOrder}
    assert all(m.price % 5 == 0 for m in messages if isinstance(m, kind))
