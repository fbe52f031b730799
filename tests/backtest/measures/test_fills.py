"""Sums of trades by account, against sums that are kept apart."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from backtest.measures.fills import Totals
from backtest.measures.tape import Pass
from engine.vocabulary.commands import CancelOrder
from engine.vocabulary.enums import Side
from engine.vocabulary.events import Trade
from engine.vocabulary.units import MAX_TOTAL

NAMES = ("ann", "bob", "cat")
ANY = CancelOrder("ann", 1, 1)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Side),
            st.sampled_from(NAMES),
            st.sampled_from(NAMES),
            st.sampled_from((1, 4_900, 10**9)),
            st.sampled_from((1, 7, MAX_TOTAL // 10**11)),
        ),
        max_size=40,
    )
)
def test_sums_by_account_are_those_of_its_trades(
    trades: list[tuple[Side, str, str, int, int]],
) -> None:
    totals = Totals()
    take = Pass(totals).take
    money: Counter[str] = Counter()
    net: Counter[str] = Counter()
    for number, (side, maker, taker, price, tonnes) in enumerate(trades):
        one = Trade("CO2", number, side, price, tonnes, maker, 1, 0, 0, taker, 1, 0, 0, 0)
        take(number, ANY, [one])
        buyer, seller = (taker, maker) if side is Side.SELL else (maker, taker)
        money[seller] += price * tonnes
        money[buyer] -= price * tonnes
        net[buyer] += tonnes
        net[seller] -= tonnes
    assert totals.money == dict(money)
    assert totals.net == dict(net)
    assert totals.trades == len(trades)
    assert totals.tonnes == sum(tonnes for *_, tonnes in trades)
