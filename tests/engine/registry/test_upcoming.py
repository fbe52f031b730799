"""The calendar that lies ahead: every date once, in order, with those that have not done it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.registry.upcoming import Step, frozen, upcoming
from engine.rulebook.model import AccountClass, Product, Rulebook
from engine.rulebook.programme import Cycle, Programme
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import registry_commands as r

if TYPE_CHECKING:
    from engine.registry.registry import Registry

RULES = Rulebook(
    "dates",
    (Product("A", 100, vintage=2020),),
    classes=(AccountClass("frozen", no_purchases=True),),
    programme=Programme(
        cycles=(
            Cycle(
                "20",
                2020,
                report_by=20210331,
                verify_by=20210430,
                publish=20210501,
                deadline=20210630,
            ),
            Cycle("21", 2021, deadline=20220630),
        ),
        freeze_class="frozen",
    ),
)


def steps(registry: Registry) -> list[tuple[str, str, int]]:
    return [(step.step, step.cycle, step.missing) for step in upcoming(registry)]


def test_the_calendar_follows_the_year_to_the_freeze() -> None:
    venue = Venue(RULES)
    for name in ("ann", "bob"):
        venue.apply(c.OpenAccount(name))
        venue.apply(r.RegisterEntity(name.title(), (name,)))
    registry = venue.registry
    assert upcoming(registry)[0] == Step(20210331, "20", "reporting", 2)
    venue.apply(r.ReportEmissions("Ann", "20", 5))
    assert steps(registry) == [
        ("reporting", "20", 1),
        ("verification", "20", 1),
        ("publication", "20", 0),
        ("surrender", "20", 0),
        ("surrender", "21", 0),
    ]
    venue.apply(r.VerifyEmissions("Ann", "20", 5))
    venue.apply(c.BeginDay(20210331))
    assert steps(registry)[0] == ("reporting", "20", 1)  # the last day for it is on
    venue.apply(c.BeginDay(20210501))
    assert steps(registry) == [("surrender", "20", 1), ("surrender", "21", 0)]
    venue.apply(c.BeginDay(20210701))
    assert steps(registry) == [("close", "20", 1), ("surrender", "21", 0)]
    assert frozen(registry) == []
    venue.apply(r.CloseCycle("20"))
    assert steps(registry) == [("surrender", "21", 0)]
    assert frozen(registry) == ["Ann"]


def test_a_venue_that_has_begun_no_day_looks_ahead_from_its_clock() -> None:
    registry = Venue(RULES).registry
    assert len(upcoming(registry)) == 5
    assert upcoming(registry, 20210701) == [Step(20220630, "21", "surrender", 0)]
    assert upcoming(registry, 20230101) == []
