"""The average price of penalties beside fractions: months, modes, currencies, and what is kept."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from math import floor
from random import Random

import pytest

from engine.rulebook.model import Mode, Product, Rulebook
from engine.rulebook.programme import Cycle, Programme
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import registry_commands as r
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import Instrument, Mechanism, Phase, Side
from engine.vocabulary.events import Rejected

DEADLINE = 20210915
COUNTED = ("A20", "A21")  # allowances in the venue's currency, on the line that counts


def rules(months: int) -> Rulebook:
    return Rulebook(
        "averages",
        (
            Product("A20", 100, vintage=2020),
            Product("A21", 100, vintage=2021),
            Product("EUA", 100, currency="EUR"),
            Product("CER", 100, instrument=Instrument.OFFSET),
        ),
        modes=(Mode("book", moves_close=True), Mode("listing", mechanism=Mechanism.LISTING)),
        programme=Programme(
            cycles=(Cycle("20", 2020, deadline=DEADLINE),),
            penalty_bp=20_000,
            penalty_months=months,
            penalty_modes=("book",),
        ),
    )


def trade(venue: Venue, line: str, tonnes: int, price: int) -> None:
    for name, side in (("ann", Side.SELL), ("bob", Side.BUY)):
        ref = venue.last_ref(name) + 1
        (*_, last) = venue.apply(c.NewOrder(name, ref, line, side, tonnes, price))
        assert not isinstance(last, Rejected)
    if "@" in line:
        venue.apply(c.Pick("bob", venue.last_ref("bob") + 1, line, 1))


def begin(venue: Venue, day: dt.date) -> list[object]:
    return [*venue.apply(c.BeginDay(int(f"{day:%Y%m%d}")))]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("months", [1, 3, 12])
def test_the_average_is_that_of_the_months_before(months: int, seed: int) -> None:
    rng = Random(f"{months}:{seed}")
    venue = Venue(rules(months))
    for name in ("ann", "bob"):
        venue.apply(c.OpenAccount(name, cash=10**12))
        venue.apply(c.MoveCash(name, 10**12, "EUR"))
        for product in venue.products:
            venue.apply(c.MoveAllowances(name, product, 10**9))
    venue.apply(r.RegisterEntity("Ann", ("ann",)))
    venue.apply(r.ReportEmissions("Ann", "20", 7))
    venue.apply(r.VerifyEmissions("Ann", "20", 7))
    first = dt.date(2021, 9, 1)
    for _ in range(months):
        first = (first - dt.timedelta(days=1)).replace(day=1)
    value, volume = Fraction(0), 0
    day = dt.date(2020, 7, 1)
    while day <= dt.date(2021, 9, 15):
        begin(venue, day)
        venue.apply(c.SetPhase(Phase.CONTINUOUS))
        for _ in range(rng.randint(0, 2)):
            line = rng.choice((*COUNTED, "EUA", "CER"))
            tonnes, price = rng.randint(1, 50), rng.randint(1, 500)
            trade(venue, line, tonnes, price)
            if line in COUNTED and first <= day < dt.date(2021, 9, 1):
                value, volume = value + tonnes * price, volume + tonnes
        venue.apply(c.SetPhase(Phase.CLOSED))
        day += dt.timedelta(days=rng.randint(1, 9))
    # However long the venue sleeps then, the months before the deadline are those that count.
    events = begin(venue, day + dt.timedelta(days=rng.choice((0, 40, 500))))
    (taken,) = (x for x in events if isinstance(x, re.AveragePriceTaken))
    price = floor(value / volume + Fraction(1, 2))
    assert (taken.price, taken.volume) == (price, volume)
    assert (taken.begin, taken.end) == (int(f"{first:%Y%m%d}"), 20210901)
    begin(venue, day + dt.timedelta(days=900))
    settled = venue.apply(r.CloseCycle("20"))[0]
    assert settled == re.ComplianceSettled("20", "Ann", 7, 7 * price * 2, 7)
    venue.check()


def test_what_is_kept_is_bounded() -> None:
    venue = Venue(rules(1))
    for name in ("ann", "bob"):
        venue.apply(c.OpenAccount(name, cash=10**12))
        venue.apply(c.MoveAllowances(name, "A20", 10**6))
    sizes = []
    day = dt.date(2018, 1, 1)
    for _ in range(800):
        begin(venue, day)
        venue.apply(c.SetPhase(Phase.CONTINUOUS))
        trade(venue, "A20", 1, 100)
        venue.apply(c.SetPhase(Phase.CLOSED))
        sizes.append(len(venue.assets["A20"].daily.bars))
        day += dt.timedelta(days=1)
    assert max(sizes) <= 31 * 14
    assert sizes[-1] < max(sizes) + 1
