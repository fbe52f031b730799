"""A kernel's log, and what passes when time does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.kernel.crowd import Crowd
from engine.log.journal import Journal
from engine.log.sequencer import OPERATOR, TIMER, recover, replay
from engine.rulebook.amend import changed
from engine.rulebook.presets import find
from engine.vocabulary.commands import AdvanceTime, AmendRulebook, NewOrder
from engine.vocabulary.enums import OrderType, Phase, Side, TimeInForce
from engine.vocabulary.events import AuctionTrade, AuctionUncrossed, OrderCancelled
from tests.support.kernels import Scripted, kernel_of

if TYPE_CHECKING:
    from pathlib import Path

    from backtest.agents.market import Market
    from backtest.kernel.kernel import Kernel
    from engine.log.records import Record

SECOND = 10**9


def trading(seat: Market) -> None:
    if seat.now() < 90:
        (seat.buy if seat.now() % 2 else seat.sell)("CO2", 1 + seat.now() % 3, 100)
        seat.wake_at(seat.now() + 7)


def traded(journal: Journal | None) -> Kernel:
    """Return a kernel in which agents and a crowd have traded."""
    kernel, tape = kernel_of(journal=journal)
    for name in ("a", "b"):
        kernel.join(Scripted(lambda s: s.wake_at(2), trading), name).start()
    Crowd(
        kernel,
        Scripted(lambda c: c.orders("CO2", [5, 6, 50], [0, 1, 0], [1, 0, 1], 100, 2)),  # type: ignore[attr-defined]
        ["c", "d"],
        "crowd",
    ).start()
    kernel.run(100)
    assert sum(len(events) for _, _, events in tape) > 30
    return kernel


def test_a_log_comes_to_the_same_state(tmp_path: Path) -> None:
    kernel = traded(Journal.create(tmp_path, find("textbook"), 0, "none"))
    state = kernel.venue.state_hash()
    assert state == traded(None).venue.state_hash()
    kernel.sequencer.close()
    records: list[Record] = []
    found = replay(tmp_path, lambda record, _events: records.append(record))
    assert found.venue.state_hash() == state
    assert found.records == kernel.sequencer.seq
    again = recover(tmp_path)
    assert again.venue.state_hash() == state
    again.close()
    for record in records:
        client = "ref" in record.command.__struct_fields__
        timed = isinstance(record.command, AdvanceTime)
        assert (record.source > TIMER) == client
        assert (record.source == TIMER) == timed
        assert client or timed or record.source == OPERATOR
    assert len({r.source for r in records if r.source > TIMER}) == 4


def test_an_order_expires_at_its_time() -> None:
    kernel, tape = kernel_of()
    order = NewOrder("", 0, "CO2", Side.BUY, 1, 100, OrderType.LIMIT, TimeInForce.GTD, expire_at=50)
    kernel.join(Scripted(lambda s: s.wake_at(10), lambda s: s.submit(order)), "a").start()
    kernel.run(1000)
    assert [t for t, _, events in tape for e in events if isinstance(e, OrderCancelled)] == [50]


def test_a_batch_ends_at_its_time_without_an_order_then() -> None:
    rules = changed(find("textbook"), "modes[continuous].batch_seconds", "10")
    kernel, tape = kernel_of(rules, phase=Phase.INTRADAY_CALL)
    for name, side in (("a", "buy"), ("b", "sell")):
        kernel.join(Scripted(lambda s: s.wake_at(SECOND),
                             lambda s, side=side: getattr(s, side)("CO2", 1, 100)), name).start()  # type: ignore[misc] # fmt: skip
    kernel.run(35 * SECOND)
    times = [t for t, _, events in tape for e in events if isinstance(e, AuctionUncrossed)]
    assert times == [10 * SECOND, 20 * SECOND, 30 * SECOND]
    assert [t for t, _, events in tape for e in events if isinstance(e, AuctionTrade)] == times[:1]


def test_passing_time_alone_makes_no_commands_where_nothing_is_due() -> None:
    kernel, tape = kernel_of()
    kernel.join(Scripted(lambda s: s.wake_at(1), trading), "a").start()
    kernel.run(100)
    assert [t for t, c, _ in tape if isinstance(c, AdvanceTime)] == [100]


def test_after_an_amendment_each_order_comes_at_the_venues_time() -> None:
    """The amendment may let orders be measured by the clock."""
    kernel, tape = kernel_of()
    kernel.at(2, AmendRulebook("products[CO2].lot", "1", 0))
    kernel.join(Scripted(lambda s: s.wake_at(5), trading), "a").start()
    kernel.run(20)
    times = [t for t, c, _ in tape if isinstance(c, AdvanceTime)]
    assert times == [2, 5, 12, 19, 20]
