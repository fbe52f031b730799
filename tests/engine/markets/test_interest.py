"""What takes part in a call, by limit: the sums of the orders, and where they cross."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook.presets import load
from engine.venue.venue import Venue
from engine.vocabulary.commands import CancelOrder, NewOrder, OpenAccount, SetPhase
from engine.vocabulary.enums import OrderType, Phase, Side

orders = st.lists(
    st.tuples(
        st.sampled_from(list(Side)), st.integers(4_900, 5_100), st.integers(1, 99), st.booleans()
    ),
    max_size=30,
)


@given(orders, st.lists(st.integers(1, 30), max_size=5))
def test_the_interest_of_a_call_is_the_sum_of_its_orders(
    given_orders: list[tuple[Side, int, int, bool]], cancelled: list[int]
) -> None:
    venue = Venue(load("textbook"))
    venue.apply(OpenAccount("ann", cash=10**12, allowances=(("CO2", 10**6),)))
    assert venue.interest("CO2") == ([], []), "no call is on"
    venue.apply(SetPhase(Phase.OPENING_CALL))
    expected: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for ref, (side, price, quantity, market) in enumerate(given_orders, 1):
        kind = OrderType.MARKET if market else OrderType.LIMIT
        venue.apply(NewOrder("ann", ref, "CO2", side, quantity, 0 if market else price, kind))
    gone = dict.fromkeys(cancelled)
    for ref in gone:
        venue.apply(CancelOrder("ann", 100 + ref, ref))
    live = {each.ref: each for each in venue.open_orders("ann")}
    for ref, (side, price, _, market) in enumerate(given_orders, 1):
        if ref in live:
            limit = 0 if market else price
            sums = expected[side]
            sums[limit] = sums.get(limit, 0) + live[ref].leaves
    found = venue.interest("CO2")
    assert found == (sorted(expected[Side.BUY].items()), sorted(expected[Side.SELL].items()))
    price, volume = venue.indicative("CO2")[:2]
    if volume:
        wanted = sum(q for limit, q in found[0] if not limit or limit >= price)
        assert volume <= min(wanted, sum(q for limit, q in found[1] if limit <= price))
