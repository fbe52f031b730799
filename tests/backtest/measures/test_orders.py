"""What became of orders, and how long it took where some were cancelled before."""

from __future__ import annotations

import pytest
from numpy.random import Generator, Philox

from backtest.measures.orders import Orders
from backtest.measures.survival import Span, kaplan_meier
from backtest.measures.table import measure_all
from backtest.measures.tape import read
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Phase, Side, TimeInForce
from tests.support.tapes import SECOND, Tape, trading


def test_kaplan_and_meier_by_hand() -> None:
    """Five spans: 2 ends (4/5), 3 lost, 4 ends twice of three (4/15), 9 lost."""
    spans = [Span(2, True), Span(3, False), Span(4, True), Span(4, True), Span(9, False)]
    curve = kaplan_meier(spans)
    assert curve is not None
    assert [(step.time, step.at_risk) for step in curve.steps] == [(2, 5), (4, 3)]
    assert [step.share for step in curve.steps] == pytest.approx([4 / 5, 4 / 15])
    greenwood = 1 / (5 * 4) + 2 / (3 * 1)
    assert curve.steps[1].error == pytest.approx(4 / 15 * greenwood**0.5)
    assert [curve.share(time) for time in (1, 2, 3, 100)] == pytest.approx([1, 0.8, 0.8, 4 / 15])
    assert (curve.median, curve.quantile(0.2), curve.quantile(0.9)) == (4, 2, None)
    assert curve.mean() == pytest.approx(2 + 2 * 0.8 + 5 * 4 / 15)
    assert curve.mean(3) == pytest.approx(2 + 0.8)
    assert kaplan_meier([]) is None


def test_without_censoring_it_is_the_plain_mean() -> None:
    curve = kaplan_meier(Span(length, ended=True) for length in (1, 2, 2, 7))
    assert curve is not None
    assert curve.mean() == pytest.approx(3)
    assert curve.median == 2


def test_cancellations_do_not_bias_the_mean_wait() -> None:
    """Waits are exponential with mean 1; half are lost from sight at exponential times."""
    rng = Generator(Philox(key=3))
    waits, cuts = (rng.exponential(1e6, 20_000).astype(int) for _ in range(2))
    spans = [Span(int(min(w, x)), bool(w <= x)) for w, x in zip(waits, cuts, strict=True)]
    seen = [span.length for span in spans if span.ended]
    assert sum(seen) / len(seen) < 0.6e6  # the mean of those filled is half
    curve = kaplan_meier(spans)
    assert curve is not None
    assert curve.median == pytest.approx(0.693147e6, rel=0.04)


def day() -> Tape:
    """Four orders of ann and bob: one filled in two parts, one cancelled, one left, one at once."""
    tape = trading()
    tape.buy("ann", 10, 5_000)
    lost = tape.buy("ann", 20, 4_990)
    tape.sell("bob", 30, 5_100)
    tape.at(5).sell("cay", 4, 5_000)
    tape.at(8).sell("cay", 6, 5_000)
    tape.at(9).cancel("ann", lost)
    tape.at(20).phase(Phase.HALTED)
    return tape


def test_waits_of_a_small_day() -> None:
    orders = Orders()
    read(day().entries, orders)
    lengths = [(span.length // SECOND, span.ended) for span in orders.waits()]
    assert lengths == [(8, True), (9, False), (20, False)]
    firsts = [(span.length // SECOND, span.ended) for span in orders.waits(whole=False)]
    assert firsts == [(5, True), (9, False), (20, False)]
    assert [span.length // SECOND for span in orders.waits(side=Side.SELL)] == [20]


def test_counts_of_a_small_day() -> None:
    names = ("fill rate", "time to fill", "order-to-trade", "tonnes ordered", "refused")
    found = measure_all(day().entries, {}, names)
    assert found == {
        "fill rate": 20 / 70,
        "time to fill": None,  # two of three were never seen filled
        "order-to-trade": (5 + 1) / 2,
        "tonnes ordered": 70 / 10,
        "refused": 0,
    }


def test_amends_refusals_and_what_never_rests() -> None:
    tape = trading()
    ref = tape.buy("ann", 10, 5_000)
    tape.say(c.AmendOrder("ann", tape.ref("ann"), ref, quantity=25))
    tape.order("bob", Side.SELL, 40, 4_900, TimeInForce.IOC)
    late = c.NewOrder("bob", tape.ref("bob"), "none", Side.BUY, 1, 1)
    tape.entries.append((0, late, tape.venue.apply(late)))
    orders = Orders()
    read(tape.entries, orders)
    assert orders.fill_rate == (25 + 25) / (25 + 40)
    assert len(orders.waits()) == 1
    assert orders.per_trade == 3  # the venue cancelled what was left, its owner did not
    assert orders.refused == 1 / 4


def test_fills_in_a_call_count() -> None:
    tape = Tape()
    tape.phase(Phase.OPENING_CALL)
    tape.buy("ann", 10, 5_100)
    tape.sell("bob", 4, 4_900)
    tape.at(30).phase(Phase.CONTINUOUS)
    tape.at(90).phase(Phase.CLOSED)
    found = measure_all(tape.entries, {}, ["fill rate", "time to fill", "order-to-trade"])
    assert found == {"fill rate": 8 / 14, "time to fill": 30, "order-to-trade": 2}


def test_nothing_is_not_applicable() -> None:
    names = ("fill rate", "time to fill", "order-to-trade", "tonnes ordered", "refused")
    assert set(measure_all([], {}, names).values()) == {None}
