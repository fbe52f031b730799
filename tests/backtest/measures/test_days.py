"""Days: limits, what they do to prices, and how trading spreads over days and hands."""

from __future__ import annotations

from math import log

import pytest

from backtest.measures import concentration, days
from backtest.measures.days import Day, Days
from backtest.measures.table import measure_all
from backtest.measures.tape import read
from engine.rulebook.presets import load
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import DayClosed
from tests.support.tapes import Tape, trading


def day(*prices: int, low: int = 90, high: int = 110, average: int = 0) -> Day:
    """Return a day around a reference of 100."""
    if not prices:
        return Day(1, "A", DayClosed("A", 0, 0, 0, 100, 0, 0, 0), 100, low, high, ())
    value = (average or prices[-1]) * len(prices)
    bar = DayClosed(
        "A", prices[0], max(prices), min(prices), prices[-1], len(prices), value, len(prices)
    )
    return Day(1, "A", bar, 100, low, high, prices)


def test_closes_and_trades_at_a_limit() -> None:
    rows = [day(100, 110), day(110, 104), day(95, 90), day(101), day(), day(99, low=0, high=0)]
    assert days.closes_at_limit(rows) == 2 / 4
    assert days.touches(rows) == 3 / 4
    assert days.closes_at_limit([day()]) is None
    assert days.touches([day(99, low=0, high=0)]) is None


def test_a_limit_that_only_delayed_the_price() -> None:
    line = [day(110), day(), day(112, average=114, high=130), day(90), day(95, average=93)]
    assert days.continuation([line]) == pytest.approx((log(114 / 110) - log(93 / 90)) / 2)
    assert days.continuation([[day(100), day(104)]]) is None


def test_a_limit_that_attracts() -> None:
    # Up: from .8 of the way to 1, and from .5 to .6. Down: from .9 to .7.
    rows = [day(108, 110), day(105, 106), day(91, 93), day(110, 109)]
    assert days.magnet(rows) == pytest.approx((0.2 - 0.2) / 2 - 0.1)
    assert days.magnet([day(108, 110)]) is None
    assert days.magnet([day(108, 110, low=0, high=0), day(105, 106)]) is None


def test_volatility_that_a_limit_put_off() -> None:
    line = [day(100), day(101), day(110), day(121, high=200)]
    others = (log(101 / 100) + log(110 / 101)) / 2
    assert days.spill_over([line]) == pytest.approx(log(121 / 110) / others)
    assert days.spill_over([[day(100), day(101)]]) is None


def test_days_of_a_venue_with_limits() -> None:
    """Shenzhen's listed prices may move a tenth: one line closes at its limit, others rest."""
    rulebook = load("shenzhen-2022")
    tape = Tape(rulebook)
    mode = next(mode for mode in rulebook.modes if mode.limit_up_bp == 1_000)
    reference = tape.venue.reference(tape.line)
    tape.phase(Phase.CONTINUOUS)
    high = tape.venue.limits(tape.line)[1]
    assert high == pytest.approx(reference * (1 + mode.limit_up_bp / 10_000), abs=1)
    for price in (reference, high):
        tape.sell("ann", 10, price)
        tape.buy("bob", 10, price)
    tape.phase(Phase.CLOSED)
    reader = Days()
    read(tape.entries, reader)
    (found,) = [row for row in reader.all if row.bar.trades]
    assert (found.symbol, found.reference, found.high) == (tape.line, reference, high)
    assert found.prices == (reference, high)
    names = ("days at limit", "closes at limit")
    assert [measure_all(tape.entries, {}, names)[name] for name in names] == [
        1,
        float(found.bar.close >= high),
    ]


def test_shares_by_hand() -> None:
    assert concentration.hhi([1, 1, 2]) == 6 / 16
    assert concentration.gini([1, 1, 2]) == pytest.approx(1 / 6)
    assert concentration.gini([5, 5, 5, 5]) == 0
    assert concentration.gini([0, 0, 0, 9]) == 3 / 4
    assert concentration.top_share([1, 1, 2, 6], 2) == 0.8
    assert concentration.top_tenth([*range(1, 12)]) == (11 + 10) / 66
    for of in (concentration.hhi, concentration.gini, concentration.top_tenth):
        assert of([]) is None
        assert of([0, 0]) is None
    assert concentration.turnover(5, 20) == 0.25
    assert concentration.turnover(5, 0) is None


def test_shares_of_a_tape() -> None:
    tape = trading()
    for number, (seller, tonnes) in enumerate((("ann", 30), ("cay", 10))):
        if number:
            tape.phase(Phase.CLOSED)
            tape.say(c.BeginDay(20251203))
            tape.phase(Phase.CONTINUOUS)
        tape.sell(seller, tonnes, 5_000)
        tape.buy("bob", tonnes, 5_000)
    tape.phase(Phase.CLOSED)
    tape.say(c.BeginDay(20251204))
    tape.phase(Phase.CONTINUOUS)
    tape.phase(Phase.CLOSED)
    names = ("hhi", "gini", "top accounts", "top tenth of days", "turnover", "daily volume",
             "median daily volume", "days without a trade")  # fmt: skip
    found = measure_all(tape.entries, {}, names)
    assert found == {
        "hhi": (40**2 + 30**2 + 10**2) / 80**2,
        "gini": pytest.approx((40 * 2 - 10 * 2) / (3 * 80)),
        "top accounts": 1,
        "top tenth of days": 30 / 40,
        "turnover": 40 / 4_000,
        "daily volume": pytest.approx(40 / 3),
        "median daily volume": 10,
        "days without a trade": 1 / 3,
    }


def test_amihud_of_a_tape() -> None:
    tape = trading()
    for date, price in ((0, 5_000), (20251203, 5_100)):
        if date:
            tape.phase(Phase.CLOSED)
            tape.say(c.BeginDay(date))
            tape.phase(Phase.CONTINUOUS)
        tape.sell("ann", 100, price)
        tape.buy("bob", 100, price)
    tape.phase(Phase.CLOSED)
    money = 100 * 5_100 / 100  # yuan
    found = measure_all(tape.entries, {}, ["amihud"])["amihud"]
    assert found == pytest.approx(log(5_100 / 5_000) / money * 1e6)


def test_daily_returns_of_a_tape() -> None:
    tape = trading()
    closes = (5_000, 5_100, 5_000, 5_100, 5_000)
    for number, price in enumerate(closes):
        if number:
            tape.phase(Phase.CLOSED)
            tape.say(c.BeginDay(20251202 + number))
            tape.phase(Phase.CONTINUOUS)
        tape.sell("ann", 1, price)
        tape.buy("bob", 1, price)
    tape.phase(Phase.CLOSED)
    reader = Days()
    read(tape.entries, reader)
    assert [row.prices for row in reader.all] == [(price,) for price in closes]
    assert [row.number for row in reader.all] == [1, 2, 3, 4, 5]
    found = measure_all(tape.entries, {}, ["daily volatility", "daily autocorrelation"])
    move = log(5_100 / 5_000)
    assert found["daily volatility"] == pytest.approx(move * (4 / 3) ** 0.5)
    assert found["daily autocorrelation"] == pytest.approx(-3 / 4)
