"""Spreads, depth and impact: small tapes computed by hand, and the identity between them."""

from __future__ import annotations

from random import Random

import pytest

from backtest.measures.books import Quote
from backtest.measures.session import Settings
from backtest.measures.spreads import History, Quotes
from backtest.measures.survival import Span
from backtest.measures.table import MEASURES, measure_all
from backtest.measures.tape import read
from backtest.measures.trading_costs import microprice, paid, recoveries
from engine.rulebook import presets
from engine.vocabulary import commands as c
from engine.vocabulary.enums import OrderType, Phase, Side
from tests.support.random_flow import Flow
from tests.support.tapes import SECOND, Tape, trading

OF_QUOTES = [each.name for each in MEASURES.values() if {"quotes", "samples"} & set(each.needs)]


def measured(tape: Tape, *names: str, **settings: float) -> list[float | None]:
    found = measure_all(tape.entries, {}, names, Settings(**settings))  # type: ignore[arg-type]
    return [found[name] for name in names]


def walk() -> Tape:
    """Bid 4,990 x 10; offers 5,010 x 5 and 5,020 x 5; one buys 8 at t = 10; 5,000 bid at 20."""
    tape = trading()
    bid = tape.buy("ann", 10, 4_990)
    tape.sell("bob", 5, 5_010)
    tape.sell("bob", 5, 5_020)
    tape.at(10).buy("cay", 8, 5_020)
    tape.at(20).buy("ann", 10, 5_000)
    tape.cancel("ann", bid)
    tape.at(100).phase(Phase.CLOSED)
    return tape


def test_a_walk_through_two_levels() -> None:
    tape = walk()
    spread, depth, empty = measured(tape, "quoted spread", "depth", "time without a quote")
    assert spread == (10 * 20 + 10 * 30 + 80 * 20) / 100
    assert depth == (10 * (10 + 5) + 10 * (10 + 2) + 80 * (10 + 2)) / 100 / 2
    assert empty == 0
    # The middle before is 5,000 for both fills, 60 seconds later it is 5,010.
    names = ("effective spread", "realised spread", "price impact")
    effective = 2 * (5 * 10 + 3 * 20) / 8
    assert measured(tape, *names) == [effective, effective - 20, 20]
    assert measured(tape, *names, delay_seconds=5) == [effective, effective - 10, 10]
    relative = 1e4 * (10 * 20 / 5_000 + 10 * 30 / 5_005 + 80 * 20 / 5_010) / 100
    assert measured(tape, "relative spread") == [pytest.approx(relative)]
    imbalance = (10 * 5 / 15 + 10 * 8 / 12 + 80 * 8 / 12) / 100
    assert measured(tape, "imbalance") == [pytest.approx(imbalance)]


def test_a_spread_that_half_recovers() -> None:
    # The order widened the spread from 20 to 30; at t = 20 it is 20 again, 25 would have done.
    assert measured(walk(), "resiliency", "spread back") == [10.0, 1.0]
    assert measured(walk(), "spread back", back_within=0) == [0.0]


def test_half_of_a_widening_is_enough() -> None:
    tape = trading()
    tape.buy("ann", 10, 4_990)
    for price in (5_010, 5_020, 5_030):
        tape.sell("bob", 5, price)
    tape.at(10).buy("cay", 10, 5_020)  # both levels: from 20 to 40
    tape.at(13).buy("ann", 1, 4_999)  # to 31
    tape.at(17).buy("ann", 1, 5_000)  # to 30
    tape.at(99).phase(Phase.CLOSED)
    quotes = Quotes()
    read(tape.entries, quotes)
    assert recoveries(quotes.deals, quotes.histories) == [(Span(7 * SECOND, ended=True), 2)]


def test_a_middle_later_than_the_tape_or_behind_its_phase_is_not_known() -> None:
    history = History()
    quote = Quote(99, 1, 101, 1)
    for time, is_open in ((0, True), (5, False), (7, True)):
        history.note(time, quote, is_open=is_open)
    history.over = 20
    assert history.later(8, 12) == quote
    assert history.later(8, 13) is None
    assert history.later(3, 10) == quote
    assert history.later(5, 10) is None  # the phase ended with what happened then
    assert (history.at(4), history.at(5), history.at(-1)) == (quote, None, None)


def test_looks_at_a_book_that_has_nobody_on_a_side() -> None:
    tape = Tape()
    tape.at(90).phase(Phase.CONTINUOUS)  # looks at 120, 180 and 240 s
    tape.buy("ann", 10, 4_990)
    tape.at(200).sell("bob", 10, 5_010)
    tape.at(250).phase(Phase.CLOSED)
    tape.at(600).phase(Phase.CONTINUOUS)
    tape.phase(Phase.CLOSED)
    found = measured(tape, "too thin", "round trip", "depth near", round_trip_tonnes=10)
    assert found == [pytest.approx(2 / 3), pytest.approx(40), pytest.approx(10 / 3)]


def test_lines_without_a_book_have_no_part_in_quotes() -> None:
    tape = trading("shenzhen-2022")
    tape.buy("ann", 10, tape.venue.reference(tape.line) - 10)
    tape.sell("bob", 10, tape.venue.reference(tape.line) + 10)
    tape.at(100).phase(Phase.CLOSED)
    assert measured(tape, "time without a quote", "depth", "too thin", round_trip_tonnes=10) == [
        0,
        10,
        0,
    ]


def test_one_level_costs_the_quoted_spread() -> None:
    tape = trading()
    tape.buy("ann", 10, 4_990)
    tape.sell("bob", 10, 5_010)
    tape.at(1).sell("cay", 4, 4_990)
    tape.at(2).buy("cay", 4, 5_010)
    tape.at(99).phase(Phase.CLOSED)
    names = ("quoted spread", "effective spread", "realised spread", "price impact")
    assert measured(tape, *names) == [20, 20, 20, 0]


def test_a_time_with_one_side_alone_is_no_quote() -> None:
    tape = trading()
    tape.buy("ann", 10, 4_990)
    tape.at(30).sell("bob", 10, 5_010)
    tape.at(40).phase(Phase.HALTED)
    tape.at(90).phase(Phase.CONTINUOUS)
    tape.at(100).phase(Phase.CLOSED)
    names = ("quoted spread", "time without a quote", "depth", "imbalance")
    # 30 s of a bid alone, 20 s of both, nothing of the halt.
    assert measured(tape, *names) == [20, 0.6, (30 * 10 + 20 * 20) / 50 / 2, 0.6]


def test_the_last_middle_of_a_phase_stands_for_later_ones() -> None:
    tape = trading()
    tape.buy("ann", 10, 4_990)
    tape.sell("bob", 5, 5_010)
    tape.sell("bob", 5, 5_020)
    tape.at(1).buy("cay", 5, 5_010)
    tape.at(2).phase(Phase.HALTED)
    tape.at(3).phase(Phase.CONTINUOUS)
    tape.at(4).buy("ann", 1, 5_015)
    tape.at(99).phase(Phase.CLOSED)
    assert measured(tape, "price impact", delay_seconds=90) == [10]


def test_deals_without_a_middle_are_left_out_of_all_three() -> None:
    tape = trading()
    tape.sell("bob", 10, 5_010)
    tape.at(1).buy("cay", 4, 5_010)  # no bid before
    tape.at(2).buy("ann", 3, 4_990)
    tape.at(3).buy("cay", 2, 5_010)
    tape.at(4).sell("cay", 3, 4_990)  # no bid a minute later
    tape.at(99).phase(Phase.CLOSED)
    quotes = Quotes()
    read(tape.entries, quotes)
    found = paid(quotes.deals, quotes.histories, SECOND // 2)
    assert (found.tonnes, found.left_out) == (2, 7)
    assert (found.effective, found.realised, found.impact) == (2 * 20, 2 * 20, 0)


def test_an_amended_order_and_a_stop_meet_the_quote_before_them() -> None:
    tape = trading()
    bid = tape.buy("ann", 10, 4_990)
    tape.buy("dan", 10, 4_980)
    tape.sell("bob", 5, 5_010)
    tape.sell("bob", 50, 5_020)
    stop = c.NewOrder(
        "dan",
        tape.ref("dan"),
        tape.line,
        Side.BUY,
        7,
        5_020,
        OrderType.STOP_LIMIT,
        stop_price=5_010,
    )
    tape.say(stop)
    tape.at(1).say(c.AmendOrder("ann", tape.ref("ann"), bid, price=5_010))
    quotes = Quotes()
    read(tape.entries, quotes)
    amended, released = quotes.deals
    assert (amended.tonnes, amended.before) == (5, Quote(4_990, 10, 5_010, 5))
    # Once the stop enters, the rest of the other order is the best bid.
    assert (released.tonnes, released.before.ask) == (7, 5_020)


def test_a_market_of_calls_has_no_spread() -> None:
    tape = Tape()
    tape.phase(Phase.OPENING_CALL)
    tape.buy("ann", 10, 5_100)
    tape.sell("bob", 10, 4_900)
    tape.buy("cay", 10, 4_800)
    tape.sell("dan", 10, 5_200)
    tape.at(60).phase(Phase.CLOSED)
    found = measure_all(tape.entries, {}, ["trades", *OF_QUOTES])
    assert found.pop("trades") == 1
    assert set(found.values()) == {None}


def test_a_round_trip_and_the_depth_near_the_middle() -> None:
    tape = trading()
    tape.buy("ann", 10, 4_990)
    tape.buy("ann", 10, 4_980)
    tape.sell("bob", 10, 5_010)
    tape.sell("bob", 30, 5_110)
    tape.at(150).phase(Phase.CLOSED)
    names = ("round trip", "too thin", "depth near")
    trip = (10 * 5_010 + 5 * 5_110) - (10 * 4_990 + 5 * 4_980)
    basis_points = 1e4 * trip / (5_000 * 15)
    found = measured(tape, *names, round_trip_tonnes=15, near_bp=100)
    # Looks at 0, 60 and 120 s, after what comes at the same time.
    assert found == [pytest.approx(basis_points), 0, (10 + 10 + 10) / 2]
    assert measured(tape, *names, round_trip_tonnes=41) == [None, 1, 15]


def test_the_microprice_leans_to_the_thinner_side() -> None:
    assert microprice(Quote(100, 30, 110, 10)) == 107.5
    assert microprice(Quote(100, 30, 0, 0)) is None


def test_kyles_lambda_of_a_line() -> None:
    """Each minute the middle moves 2 for each tonne that is bought or sold."""
    tape = trading()
    middle = 5_000
    rng = Random(5)
    own: list[int] = []
    for minute in range(30):
        tape.at(60 * minute)
        for ref in own:
            tape.cancel("ann", ref)
        own = [tape.buy("ann", 50, middle - 10), tape.sell("ann", 50, middle + 10)]
        tape.at(60 * minute + 20)
        tonnes = rng.randint(1, 9)
        buys = rng.random() < 0.5
        (tape.buy if buys else tape.sell)("bob", tonnes, middle + (10 if buys else -10))
        middle += 2 * tonnes if buys else -2 * tonnes
        tape.at(60 * minute + 40)
        for ref in own:
            tape.cancel("ann", ref)
        own = [tape.buy("ann", 50, middle - 10), tape.sell("ann", 50, middle + 10)]
    tape.at(1_900).phase(Phase.CLOSED)
    assert measured(tape, "kyle's lambda") == [pytest.approx(2)]


def test_a_change_at_the_start_of_an_interval_is_in_it() -> None:
    tape = trading()
    own: list[int] = []

    def quote(middle: int) -> None:
        for ref in own:
            tape.cancel("ann", ref)
        own[:] = [tape.buy("ann", 50, middle - 10), tape.sell("ann", 50, middle + 10)]

    quote(5_000)
    tape.at(10).buy("bob", 1, 5_010)
    tape.at(30)
    quote(5_002)
    tape.at(60)
    quote(5_006)
    tape.at(70).buy("bob", 2, 5_016)
    tape.at(150).phase(Phase.CLOSED)
    assert measured(tape, "kyle's lambda") == [pytest.approx(2)]


@pytest.mark.parametrize("name", ["textbook", "shenzhen-2022", "ice-eua"])
def test_effective_is_realised_and_impact_exactly(name: str) -> None:
    flow = Flow(presets.load(name), Random(f"costs:{name}"))
    tape = [(flow.venue.time, *each) for _ in range(3) for each in flow.day(60)]
    quotes = Quotes()
    read(tape, quotes)
    for delay in (0, SECOND, 600 * SECOND):
        found = paid(quotes.deals, quotes.histories, delay)
        assert found.effective == found.realised + found.impact
        assert found.tonnes + found.left_out == sum(deal.tonnes for deal in quotes.deals)
    assert quotes.deals
    realised = sum(  # from its own formula, without the impact
        deal.sign * deal.tonnes * (2 * deal.price - later.twice_mid)
        for deal in quotes.deals
        if deal.before.whole
        and (later := quotes.histories[deal.symbol].later(deal.time, SECOND)) is not None
        and later.whole
    )
    assert paid(quotes.deals, quotes.histories, SECOND).realised == realised
