"""What agents believe they have, what they may offer, and how they go on after a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backtest.agents.back_off import LONGEST, BackOff
from backtest.agents.guides import RandomWalk
from backtest.agents.market_picture import LinePicture, MarketPicture
from backtest.agents.quoting import MarketMaker
from backtest.agents.taking import Compliance
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    Announce,
    BeginDay,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    Quote,
    SetPhase,
)
from engine.vocabulary.enums import Phase, RejectReason, Side
from tests.support.direct import DirectVenue

if TYPE_CHECKING:
    from engine.vocabulary.commands import Command

SECOND = 1_000_000_000


def venue_of(rulebook: str, *commands: Command, tonnes: int = 10**6) -> DirectVenue:
    """Return a venue that trades, with two accounts, after some commands."""
    venue = Venue(presets.load(rulebook))
    for name in ("ann", "bob"):
        venue.apply(OpenAccount(name))
        venue.apply(MoveCash(name, 10**12))
        for product in venue.products:
            venue.apply(MoveAllowances(name, product, tonnes))
    for command in (BeginDay(20240603), SetPhase(Phase.CONTINUOUS), *commands):
        venue.apply(command)
    return DirectVenue(venue)


def test_refusals_make_pauses_that_double_until_one_is_taken() -> None:
    line = LinePicture("A", 1, 1, 5_000, phase=Phase.CONTINUOUS)
    back_off = BackOff()
    pauses = []
    for _ in range(8):
        back_off.refused(line, Side.BUY, RejectReason.CASH)
        begun = back_off.look
        back_off.look += 1
        while back_off.waits(line, Side.BUY):
            back_off.look += 1
        pauses.append(back_off.look - begun - 1)
        assert not back_off.waits(line, Side.SELL)
    assert pauses == [1, 2, 4, 8, 16, 32, LONGEST, LONGEST]
    back_off.refused(line, Side.BUY, RejectReason.CASH)
    back_off.accepted(line, Side.BUY)
    assert not back_off.waits(line, Side.BUY)


def test_another_phase_ends_a_pause_and_too_much_is_halved() -> None:
    line = LinePicture("A", 1, 1, 5_000, phase=Phase.HALTED)
    back_off = BackOff()
    for _ in range(5):
        back_off.refused(line, Side.BUY, RejectReason.PHASE)
    assert back_off.smaller(line, Side.BUY, 800) == 800
    line.phase = Phase.CONTINUOUS
    assert not back_off.waits(line, Side.BUY)
    back_off.refused(line, Side.BUY, RejectReason.HOLDING)
    back_off.refused(line, Side.BUY, RejectReason.QUANTITY_RANGE)
    assert back_off.smaller(line, Side.BUY, 800) == 200
    assert back_off.smaller(line, Side.SELL, 800) == 800


@pytest.mark.parametrize("side", list(Side))
def test_what_is_free_follows_the_venues_books(side: Side) -> None:
    direct = venue_of(
        "textbook",
        NewOrder("ann", 1, "CO2", Side.BUY, 100, 4_900),
        NewOrder("ann", 2, "CO2", Side.SELL, 300, 5_100),
    )
    market = MarketPicture(direct.lines())
    maker = MarketMaker("ann", 1, market, RandomWalk(1), SECOND)
    taker = Compliance("bob", 1, market, RandomWalk(1), SECOND, side=side)
    direct.join(maker)
    direct.join(taker, subscribed=False)
    line = market.lines["CO2"]
    assert maker.purse.free(line, Side.SELL) == 10**6 - 300
    assert maker.purse.free(line, Side.BUY) == 10**12 - 490_000
    direct.run_until(30 * SECOND)
    assert taker.orders.filled > 0
    for agent in (maker, taker):
        cash, reserved = direct.venue.cash(agent.name)
        assert agent.purse.free(line, Side.BUY) == cash - reserved
        tonnes, reserved = direct.venue.allowances(agent.name, "CO2")
        assert agent.purse.free(line, Side.SELL) == tonnes - reserved


def test_an_agent_that_buys_what_is_locked_learns_that_it_cannot_sell_it() -> None:
    """In the national market what was bought is locked until the next day."""
    direct = venue_of("cn-national", tonnes=0)
    direct.operate(MoveAllowances("bob", "CEA24", 5_000))
    market = MarketPicture(direct.lines())
    seller = Compliance("bob", 1, market, RandomWalk(1), SECOND, side=Side.SELL)
    maker = MarketMaker("ann", 1, market, RandomWalk(1), SECOND)
    direct.join(maker)
    direct.join(seller, subscribed=False)
    direct.run_until(100 * SECOND)
    assert direct.venue.allowances("ann", "CEA24")[0] > 0
    assert 0 < maker.orders.refused < 20, "it believes in half as much each time, and waits longer"
    assert seller.orders.refused == 0
    direct.venue.check()


def test_an_agent_is_told_what_it_has_live_and_under_which_number() -> None:
    direct = venue_of(
        "cn-national",
        NewOrder("ann", 1, "CEA24", Side.SELL, 30, 6_700),
        Quote("ann", 2, "CEA24@block", Side.SELL, 100_000, 6_700),
        Announce("ann", 3, "CEA24@one_way", Side.SELL, 50, 6_700, 1, SECOND),
    )
    market = MarketPicture(direct.lines())
    maker = MarketMaker("ann", 1, market, RandomWalk(1), SECOND)
    direct.join(maker)
    assert sorted(maker.orders.live) == [1, 2, 3]
    assert maker.orders.numbers == {
        ("CEA24", 1): 1,
        ("CEA24@block", 1): 2,
        ("CEA24@one_way", 1): 3,
    }
    line = market.lines["CEA24"]
    assert maker.purse.free(line, Side.SELL) == 10**6 - 100_080
    bob = direct.join(Compliance("bob", 1, market, RandomWalk(1), side=Side.BUY))
    assert maker.take(bob, line, Side.BUY, 10, 6_700) == 0, "its own listing"
