"""Auctions: cover, what is unsold, revenue and shading, on a real auction venue."""

from __future__ import annotations

import pytest

from backtest.measures.auctions import Auctions, truthful_revenue
from backtest.measures.fills import fills
from backtest.measures.spreads import Quotes
from backtest.measures.table import MEASURES, measure_all
from backtest.measures.tape import read
from backtest.measures.welfare import Valuation
from engine.rulebook.presets import load
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Phase, PricingRule, Side, Undersubscribed
from tests.support.tapes import SECOND, Tape

LOT = 500
OF_AUCTIONS = [each.name for each in MEASURES.values() if "auctions" in each.needs]


def auction(offered: int, bids: list[tuple[str, int, int]], withdrawn: int = -1) -> Tape:
    """Sell tonnes from a price of 6,000 on; bids are (account, price, tonnes)."""
    tape = Tape(load("eu-auction"))
    tape.phase(Phase.CONTINUOUS)
    tape.say(
        c.Announce(
            "dan",
            tape.ref("dan"),
            tape.line,
            Side.SELL,
            offered,
            6_000,
            0,
            100 * SECOND,
            pricing=PricingRule.UNIFORM,
            undersubscribed=Undersubscribed.SELL,
        )
    )
    tape.at(10).say(c.AdvanceTime(10 * SECOND))
    for place, (name, price, tonnes) in enumerate(bids):
        ref = tape.ref(name)
        tape.say(c.Bid(name, ref, tape.line, 1, tonnes, price))
        if place == withdrawn:
            tape.cancel(name, ref)
    tape.at(100).say(c.AdvanceTime(100 * SECOND))
    tape.say(c.ClearAuction(tape.line, 1, 7))
    return tape


def test_an_auction_by_hand() -> None:
    bids = [
        ("ann", 7_000, 2 * LOT),
        ("bob", 6_500, LOT),
        ("cay", 6_900, LOT),
        ("bob", 6_200, 2 * LOT),
    ]
    tape = auction(3 * LOT, bids, withdrawn=2)
    reader = Auctions()
    read(tape.entries, reader)
    (found,) = reader.all
    assert (found.price, found.sold, found.unsold) == (6_500, 3 * LOT, 0)
    assert found.won == {"ann": 2 * LOT, "bob": LOT}
    assert {fill.aggressor for fill in fills(tape.entries)} == {None}  # nobody arrived
    quotes = Quotes()
    read(tape.entries, quotes)
    assert not quotes.deals
    assert not list(quotes.stretches())
    interests = {
        "ann": Valuation("x", (7_100,) * LOT + (7_040,) * LOT, ()),
        "bob": Valuation("x", (6_600,) * LOT, ()),  # its second bid is for tonnes of no worth
        "dan": Valuation("y", (), (6_000,) * 3 * LOT),
    }
    measures = measure_all(tape.entries, interests, OF_AUCTIONS)
    assert measures == {
        "auction cover": 5 / 3,
        "auction unsold": 0,
        "auction revenue": 6_500 * 3 * LOT,
        "auction revenue ratio": 6_500 / 6_600,
        "auction shading": (100 + 40 + 100) / 3,
        "auction hhi": pytest.approx((4 + 1) / 9),
    }


def test_an_auction_that_sells_too_little() -> None:
    tape = auction(4 * LOT, [("ann", 6_800, LOT), ("bob", 6_700, LOT)])
    found = measure_all(tape.entries, {}, OF_AUCTIONS)
    assert found["auction cover"] == found["auction unsold"] == 0.5
    assert found["auction shading"] is None
    assert found["auction revenue ratio"] is None
    reader = Auctions()
    read(tape.entries, reader)
    below = Valuation("x", (6_400, 6_100, 5_900), ())
    assert truthful_revenue(reader.all[0], {"ann": below}) == 2 * 6_100  # the reserve is 6,000


def test_without_an_auction_there_is_none_of_it() -> None:
    tape = Tape()
    assert set(measure_all(tape.entries, {}, OF_AUCTIONS).values()) == {None}
