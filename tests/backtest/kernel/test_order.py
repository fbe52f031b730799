"""The total order of a kernel's events, and what delays do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.agents.market import Trader
from backtest.kernel import latency
from engine.vocabulary.commands import AdvanceTime, CancelOrder, NewOrder, SetReference
from engine.vocabulary.enums import OrderType, Side, TimeInForce
from engine.vocabulary.events import DepthChanged, OrderAccepted, OrderCancelled
from tests.support.kernels import ACCOUNTS, Scripted, kernel_of

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from backtest.kernel.kernel import Entry
    from engine.vocabulary.events import Event


def orders(tape: list[Entry]) -> list[tuple[int, str, int]]:
    """Return the orders on a tape: time, account, price."""
    return [(time, c.account, c.price) for time, c, _ in tape if isinstance(c, NewOrder)]


def buys_at(*times: int) -> Scripted:
    def start(seat: Market) -> None:
        for time in times:
            seat.wake_at(time)

    return Scripted(start, lambda seat: seat.buy("CO2", 1, 100 + seat.now()))


def test_time_then_place_then_the_order_of_asking() -> None:
    kernel, tape = kernel_of()
    kernel.join(buys_at(30, 10), "b").start()
    kernel.join(buys_at(10, 20), "a").start()
    kernel.run(100)
    assert orders(tape) == [(10, "b", 110), (10, "a", 110), (20, "a", 120), (30, "b", 130)]
    assert kernel.now == 100


def test_at_one_instant_the_operator_then_arrivals_then_reports_then_wake_ups() -> None:
    kernel, _ = kernel_of()
    seen: list[str] = []
    kernel.watchers.append(lambda _time, c, _events: seen.append(type(c).__name__))
    late = Scripted(lambda s: s.wake_at(50), lambda _: seen.append("wake"))
    kernel.join(late, "a").start()

    def hear(_seat: Market, event: Event) -> None:
        seen.append(type(event).__name__)

    sender = Scripted(lambda s: s.wake_at(40), lambda s: s.buy("CO2", 1, 100), hear, own=True)
    kernel.join(sender, "b", to_venue=latency.constant(10)).start()
    kernel.at(50, SetReference("CO2", 4000))
    kernel.run(60)
    at_50 = [each for each in seen if each != "AdvanceTime"]
    assert at_50[:2] == ["CashMoved", "AllowancesMoved"], "what the account has comes first"
    assert at_50[2:] == ["SetReference", "NewOrder", "OrderAccepted", "wake"]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(ACCOUNTS), st.integers(0, 3)),
        max_size=30,
    )
)
def test_arrivals_are_sorted_by_time_place_and_asking(
    asked: list[tuple[int, str, int]],
) -> None:
    """Each wakes at its times and sends; a message arrives its delay later, behind earlier ones."""
    kernel, tape = kernel_of()
    delays = {name: 1 + 2 * place for place, name in enumerate(ACCOUNTS)}
    for name in ACCOUNTS:
        seat = kernel.join(
            buys_at(*(t for t, who, _ in asked if who == name)),
            name,
            to_venue=latency.constant(delays[name]),
        )
        seat.start()
    kernel.run(100)
    expected = sorted((time + delays[who], ACCOUNTS.index(who), time) for time, who, _ in asked)
    assert orders(tape) == [(time, ACCOUNTS[who], 100 + at) for time, who, at in expected]


@given(st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=30), st.data())
def test_wake_ups_come_in_order_however_many_an_agent_waits_for(
    asked: list[list[int]], data: st.DataObject
) -> None:
    """At each of its turns an agent asks for some more, at once or later."""
    kernel, _ = kernel_of()
    scripts = {name: [*asked] for name in ACCOUNTS[:3]}
    woken: list[tuple[int, str]] = []

    def wake(seat: Market) -> None:
        woken.append((seat.now(), seat.account))
        script = scripts[seat.account]
        for after in script.pop(0) if script else ():
            seat.wake_in(after)

    waiting: list[tuple[int, int]] = []
    for place, name in enumerate(scripts):
        times = data.draw(st.lists(st.integers(0, 3), max_size=3))
        seat = kernel.join(Scripted(wake=wake), name)
        for time in times:
            seat.wake_at(time)
        waiting += [(time, place) for time in times]
    left = {name: [*asked] for name in scripts}
    expected: list[tuple[int, str]] = []
    while waiting:
        waiting.sort()
        time, place = waiting.pop(0)
        name = ACCOUNTS[place]
        expected.append((time, name))
        waiting += [(time + after, place) for after in (left[name].pop(0) if left[name] else ())]
    kernel.run(1_000)
    assert woken == expected


def test_what_was_sent_at_the_start_comes_behind_the_operator() -> None:
    kernel, tape = kernel_of()
    kernel.at(0, SetReference("CO2", 4000))
    kernel.join(Scripted(lambda s: s.buy("CO2", 1, 100)), "a").start()
    assert tape == []
    kernel.run(10)
    assert [type(c) for _, c, _ in tape] == [SetReference, NewOrder, AdvanceTime]


def test_messages_of_one_agent_do_not_overtake_each_other() -> None:
    kernel, tape = kernel_of()
    delays = iter([100, 1, 50])
    seat = kernel.join(buys_at(0, 5, 10), "a", to_venue=lambda: next(delays))
    seat.start()
    kernel.run(1000)
    assert [time for time, _, _ in orders(tape)] == [100, 100, 100]
    assert [c.ref for _, c, _ in tape if isinstance(c, NewOrder)] == [1, 2, 3]
    assert not [e for _, _, events in tape for e in events if type(e).__name__ == "Rejected"]


def test_reports_come_back_with_a_delay() -> None:
    kernel, _ = kernel_of()
    heard: list[tuple[int, str]] = []
    agent = Scripted(
        lambda s: s.wake_at(10),
        lambda s: s.buy("CO2", 1, 100),
        lambda s, e: heard.append((s.now(), type(e).__name__)),
        own=True,
    )
    kernel.join(agent, "a", to_venue=latency.constant(3), back=latency.constant(4)).start()
    kernel.run(100)
    assert heard == [(0, "CashMoved"), (0, "AllowancesMoved"), (17, "OrderAccepted")]


def test_who_hears_what() -> None:
    kernel, _ = kernel_of()
    heard: dict[str, list[type[Event]]] = {name: [] for name in ACCOUNTS}
    for name, own, public in (("a", True, False), ("b", True, True), ("c", False, False)):
        agent = Scripted(
            event=lambda _s, e, name=name: heard[name].append(type(e)),  # type: ignore[misc]
            own=own,
            public=public,
        )
        kernel.join(agent, name)
    kernel.seats["a"].buy("CO2", 1, 100)
    kernel.seats["c"].sell("CO2", 1, 200)
    kernel.queue_sent()
    kernel.run(10)
    assert heard["a"] == [OrderAccepted]
    assert heard["b"] == [DepthChanged, DepthChanged]
    assert heard["c"] == []


def test_a_busy_agent_is_told_in_the_order_of_arrival() -> None:
    kernel, _ = kernel_of()
    turns: list[tuple[int, str]] = []

    def start(seat: Market) -> None:
        seat.wake_at(10)
        seat.wake_at(12)

    agent = Scripted(
        start,
        lambda s: turns.append((s.now(), "wake")),
        lambda s, e: turns.append((s.now(), type(e).__name__)),
        public=True,
    )
    kernel.join(agent, "a", compute=100).start()
    kernel.join(buys_at(11, 13), "b").start()
    kernel.run(1000)
    assert turns == [(10, "wake"), (110, "DepthChanged"), (210, "wake"), (310, "DepthChanged")]


def test_what_an_agent_computes_is_sent_when_it_is_done() -> None:
    kernel, tape = kernel_of()
    kernel.join(buys_at(10), "a", compute=7, to_venue=latency.constant(5)).start()
    kernel.run(100)
    assert orders(tape) == [(22, "a", 110)]


def test_delays() -> None:
    stream = np.random.Generator(np.random.Philox(key=1))
    assert latency.constant(5)() == 5
    drawn = latency.exponential(1000, 50, stream)
    values = [drawn() for _ in range(500)]
    assert min(values) >= 50
    assert 900 < sum(values) / 500 < 1200
    table = latency.measured([3, 9], stream)
    assert {table() for _ in range(50)} == {3, 9}
    with pytest.raises(ValueError, match="at least one"):
        latency.measured([], stream)


def test_a_shortcut_is_the_command_that_it_stands_for() -> None:
    kernel, tape = kernel_of()

    def wake(seat: Market) -> None:
        own: Any = np.int64(3)
        first = seat.buy("CO2", own, 100)
        seat.cancel(first)
        seat.sell("CO2", 2, 200, TimeInForce.GTC)

    kernel.join(Scripted(lambda s: s.wake_at(1), wake), "a").start()
    kernel.run(1)
    assert [c for _, c, _ in tape if "ref" in c.__struct_fields__] == [
        NewOrder("a", 1, "CO2", Side.BUY, 3, 100),
        CancelOrder("a", 2, 1),
        NewOrder("a", 3, "CO2", Side.SELL, 2, 200, OrderType.LIMIT, TimeInForce.GTC),
    ]
    assert any(isinstance(e, OrderCancelled) for _, _, events in tape for e in events)


def test_busy_agents_keep_what_comes_apart() -> None:
    """What comes while agents compute waits for each of them; where nothing came, nothing waits."""
    kernel, tape = kernel_of()
    idle = kernel.join(buys_at(10), "c")
    for name in ("a", "b"):
        kernel.join(buys_at(10, 11, 12), name, compute=7).start()
    idle.start()
    kernel.run(100)
    taken = [(time, name) for time, name, _ in orders(tape)]
    assert taken == [(10, "c"), (17, "a"), (17, "b"), (24, "a"), (24, "b"), (31, "a"), (31, "b")]
    assert not any(seat.waiting for seat in kernel.seats.values())


def test_an_agent_with_slots_has_no_more_than_those() -> None:
    class Small(Trader):
        __slots__ = ("mine",)

    assert not hasattr(Small(), "__dict__")
