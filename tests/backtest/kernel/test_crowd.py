"""Array agents: the same orders as agents of their own, in the same total order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backtest.kernel.crowd import Crowd
from backtest.kernel.latency import constant
from engine.vocabulary.commands import CancelOrder, NewOrder, SetReference
from tests.support.kernels import ACCOUNTS, Scripted, kernel_of

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from backtest.kernel.kernel import Entry, Kernel

ROWS = st.lists(
    st.tuples(
        st.integers(1, 9), st.integers(0, 2), st.booleans(), st.integers(90, 110), st.integers(1, 5)
    ),
    min_size=1,
    max_size=40,
)


def singly(rows: list[tuple[int, int, bool, int, int]]) -> tuple[Kernel, list[Entry]]:
    """Give rows by agents of their own, whose messages take a nanosecond."""
    kernel, tape = kernel_of()
    for place, account in enumerate(ACCOUNTS[:3]):
        own = [row for row in rows if row[1] == place]
        queue = sorted(own, key=lambda row: row[0])

        def start(seat: Market, queue: list[tuple[int, int, bool, int, int]] = queue) -> None:
            for row in queue:
                seat.wake_at(row[0] - 1)

        def wake(seat: Market, queue: list[tuple[int, int, bool, int, int]] = queue) -> None:
            _, _, buys, price, tonnes = queue.pop(0)
            (seat.buy if buys else seat.sell)("CO2", tonnes, price)

        kernel.join(Scripted(start, wake), account, to_venue=constant(1)).start()
    return kernel, tape


@given(ROWS, st.booleans(), st.booleans())
def test_a_crowd_is_its_members(
    rows: list[tuple[int, int, bool, int, int]],
    heard: bool,  # noqa: FBT001 - drawn
    other: bool,  # noqa: FBT001
) -> None:
    """Also where somebody hears, so that each order has its reports before the next time."""
    kernel, tape = singly(rows)
    crowded, crowd_tape = kernel_of()
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    crowd = Crowd(
        crowded,
        Scripted(lambda c: c.orders("CO2", *columns)),  # type: ignore[attr-defined]
        list(ACCOUNTS[:3]),
        "crowd",
    )
    for each in (kernel, crowded):
        each.join(
            Scripted(lambda s: s.wake_at(3), lambda s: s.buy("CO2", 1, 100 * other), public=heard),
            "d",
        )
        each.at(5, SetReference("CO2", 4000))
        each.seats["d"].start()
    crowd.start()
    kernel.run(20)
    crowded.run(20)
    assert crowd_tape == tape
    assert crowded.venue.state_hash() == kernel.venue.state_hash()
    assert crowded.commands == kernel.commands


def test_two_crowds_take_turns() -> None:
    kernel, tape = kernel_of()
    for accounts, times in ((["a", "b"], [1, 3, 5]), (["c"], [1, 2, 3, 4])):

        def start(crowd: Market, times: list[int] = times) -> None:
            assert isinstance(crowd, Crowd)
            crowd.orders("CO2", times, 0, 1, 100, 1)

        Crowd(kernel, Scripted(start), accounts, accounts[0]).start()
    kernel.run(10)
    found = [(t, c.account) for t, c, _ in tape if isinstance(c, NewOrder)]
    assert found == [(1, "a"), (1, "c"), (2, "c"), (3, "a"), (3, "c"), (4, "c"), (5, "a")]


def test_a_crowd_numbers_and_cancels() -> None:
    kernel, tape = kernel_of()
    seen: list[list[int]] = []

    def start(crowd: Market) -> None:
        assert isinstance(crowd, Crowd)
        refs = crowd.orders("CO2", [9, 8, 7], [0, 1, 0], [1, 0, 1], [100, 200, 101], 2)
        seen.append(refs.tolist())
        more = crowd.orders("CO2", 20, [0, 1], 1, 0, 0, [refs[2], refs[1]])
        seen.append(more.tolist())

    Crowd(kernel, Scripted(start), ["a", "b"], "crowd").start()
    kernel.run(30)
    assert seen == [[2, 1, 1], [3, 2]]
    cancels = [c for _, c, _ in tape if isinstance(c, CancelOrder)]
    assert cancels == [CancelOrder("a", 3, 1), CancelOrder("b", 2, 1)]
    assert [len(kernel.venue.open_orders(name)) for name in ("a", "b")] == [1, 0]
