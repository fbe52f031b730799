"""What late joiners ask for: the day's trades in pages, bars, results; after a restart too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Phase, Side
from gateway.protocol import wire, wire_history, wire_market
from gateway.protocol.wire_account import Balances
from gateway.server import tape
from gateway.server.limits import Limits
from tests.support.quiet_core import End, QuietVenue
from tests.support.venues import bounded, client_of, venue

if TYPE_CHECKING:
    from pathlib import Path


def trades(quiet: QuietVenue, end: End, prices: list[int]) -> None:
    """Have an account trade a tonne with another at each price."""
    run, last_ref = quiet.core.running.run, quiet.sequencer.venue.last_ref
    for price in prices:
        run(0, c.NewOrder("bob", last_ref("bob") + 1, "CO2", Side.SELL, 1, price))
        run(0, c.NewOrder("alice", last_ref("alice") + 1, "CO2", Side.BUY, 1, price))
    assert end.heard
    quiet.tick()


def asked(quiet: QuietVenue, end: End, *messages: object) -> list[object]:
    before = len(end.heard)
    end.say(*messages)
    quiet.tick()
    return end.heard[before:]


@pytest.fixture
def quiet() -> QuietVenue:
    return QuietVenue(("alice", "bob", "carol"))


@pytest.fixture
def carol(quiet: QuietVenue) -> End:
    end = End(quiet)
    end.log_on("carol")
    quiet.tick()
    return end


def test_the_trades_of_a_day_come_in_pages(
    quiet: QuietVenue, carol: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "PAGE", 3)
    trades(quiet, carol, [5_000, 5_001, 5_002, 5_003])
    (first,) = asked(quiet, carol, wire_history.AskTrades("CO2"))
    assert isinstance(first, wire_history.DayTrades)
    assert (first.first, first.last) == (1, 4)
    assert [(m.trade, m.price, m.quantity) for m in first.trades] == [
        (1, 5_000, 1),
        (2, 5_001, 1),
        (3, 5_002, 1),
    ]
    assert all(isinstance(m, wire_market.Trade) and m.side is Side.BUY for m in first.trades)
    (second,) = asked(quiet, carol, wire_history.AskTrades("CO2", 3))
    assert isinstance(second, wire_history.DayTrades)
    assert [m.trade for m in second.trades] == [4]
    for after in (4, 5, 2**63 - 1):
        (none,) = asked(quiet, carol, wire_history.AskTrades("CO2", after))
        assert none == wire_history.DayTrades(carol.connection.seq(), "CO2", 1, 4, ())


def test_a_line_keeps_so_many_trades_and_the_whole_day_in_figures(
    quiet: QuietVenue, carol: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "MOST_TRADES", 4)
    trades(quiet, carol, [5_010, 4_990, *[5_000] * 10])
    page, history = asked(
        quiet, carol, wire_history.AskTrades("CO2"), wire_history.AskHistory("CO2")
    )
    assert isinstance(page, wire_history.DayTrades)
    assert (page.first, page.last, len(page.trades)) == (9, 12, 4)
    assert isinstance(history, wire_history.History)
    day = history.day
    assert day is not None
    assert (day.open, day.high, day.low, day.close) == (5_010, 5_010, 4_990, 5_000)
    assert (day.volume, day.value, day.trades) == (12, 60_000, 12)


def test_a_new_day_begins_without_trades_and_has_the_last_one_as_a_bar(
    quiet: QuietVenue, carol: End
) -> None:
    trades(quiet, carol, [5_000])
    for phase in (Phase.CLOSED, Phase.OPENING_CALL, Phase.CONTINUOUS):
        quiet.core.running.run(0, c.SetPhase(phase))
    page, history = asked(
        quiet, carol, wire_history.AskTrades("CO2"), wire_history.AskHistory("CO2")
    )
    seq = carol.connection.seq()
    assert page == wire_history.DayTrades(seq, "CO2", 2, 1, ())
    assert isinstance(history, wire_history.History)
    assert [(bar.close, bar.volume) for bar in history.bars] == [(5_000, 1)]
    assert history.day is None
    assert [type(each) for each in history.results] == [wire_market.AuctionUncrossed]
    assert [each.phase for each in history.phases] == [Phase.OPENING_CALL, Phase.CONTINUOUS]


def test_a_line_that_there_is_not_has_empty_answers(quiet: QuietVenue, carol: End) -> None:
    seq = carol.connection.seq()
    assert asked(quiet, carol, wire_history.AskTrades("no"), wire_history.AskHistory("no")) == [
        wire_history.DayTrades(seq, "no", 1, 0, ()),
        wire_history.History(seq, "no", (), None, ()),
    ]


def test_balances_come_to_who_follows_them_and_to_nobody_else(quiet: QuietVenue) -> None:
    ends = {name: End(quiet) for name in ("alice", "bob")}
    ends["alice"].log_on("alice", follow_balances=True)
    ends["bob"].log_on("bob")
    quiet.tick()
    quiet.core.paused(ends["alice"].connection, quiet.now)
    trades(quiet, ends["bob"], [5_000])
    trades(quiet, ends["bob"], [5_001])
    quiet.core.resumed(ends["alice"].connection)
    quiet.tick()
    quiet.core.operate(c.SetKillSwitch("alice", on=False))  # changes no balance
    quiet.tick()
    told = [m for m in ends["alice"].heard if isinstance(m, Balances)]
    assert len(told) == 1, "a slow reader gets the latest alone, and none without a change"
    assert told[0].holdings[0].total == quiet.sequencer.venue.account("alice").holdings[0].total
    assert not [m for m in ends["bob"].heard if isinstance(m, Balances)]


def test_a_logon_says_what_the_account_has_unless_that_is_very_long(
    quiet: QuietVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ref, orders in ((1, 1), (2, None)):
        quiet.core.limit(Limits(page=1))
        quiet.core.running.run(0, c.NewOrder("alice", ref, "CO2", Side.BUY, 1, 4_000))
        if orders is None:  # they are not looked at either, however many there are
            monkeypatch.delattr(Venue, "open_orders")
        end = End(quiet)
        end.log_on("alice", follow_balances=True)
        quiet.tick()
        (welcome,) = [m for m in end.heard if isinstance(m, wire.LoggedOn)]
        assert (welcome.status and len(welcome.status.orders)) == orders
        assert len([m for m in end.heard if isinstance(m, Balances)]) == (orders is None)


def test_a_restart_has_the_day_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as alice, client_of(node, "bob") as bob:
            await alice.sell("CO2", 10, price="50.00", tif="gtc")
            await bob.buy("CO2", 4, price="50.00")
            before = await bob.history("CO2"), await bob.day_trades("CO2")
            assert before[0].day is not None
        async with venue(tmp_path) as node, client_of(node, "bob") as bob:
            assert (await bob.history("CO2"), await bob.day_trades("CO2")) == before
            await bob.follow("CO2")
            assert bob.trades("CO2") == before[1]
            assert bob.book("CO2").last == 5_000

    bounded(scenario())
