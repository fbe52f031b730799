"""Which days there are: a date that no calendar has is refused wherever one is taken."""

from __future__ import annotations

import calendar as months
import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rulebook.calendar import (
    day_number,
    is_date,
    local_date,
    midnight,
    next_trading_day,
    steps,
    utc,
    weekday,
)
from engine.rulebook.model import Calendar, Mode, Product, Rulebook, RulebookError, Session
from engine.rulebook.toml_codec import from_toml, to_toml
from engine.rulebook.validation import validate
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Dst, Phase, RejectReason

if TYPE_CHECKING:
    from typing import Any

# Numbers that look like dates, near the ends of months and years; and any others.
NUMBERS = (
    st.builds(
        lambda year, month, day: year * 10_000 + month * 100 + day,
        st.sampled_from((1999, 2000, 2023, 2024, 2025, 2100)),
        st.integers(0, 13),
        st.sampled_from((0, 1, 15, 28, 29, 30, 31, 32)),
    )
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(0, 99_999_999)
)


def there_is(number: int) -> bool:
    if not 1000_01_01 <= number <= 9999_12_31:
        return False
    try:
        dt.date(number // 10_000, number // 100 % 100, number % 100)
    except ValueError:
        return False
    return True


def book(**calendar: Any) -> Rulebook:
    return Rulebook("dates", (Product("A", 100),), calendar=Calendar(**calendar))


@given(number=NUMBERS)
def test_a_day_begins_only_where_there_is_one(number: int) -> None:
    assert is_date(number) == there_is(number)
    (event,) = Venue(book()).apply(c.BeginDay(number))
    assert isinstance(event, e.DayBegan) == there_is(number)
    if isinstance(event, e.Rejected):
        reason = RejectReason.VALUE if number > 0 else RejectReason.TIME_BACKWARDS
        assert (event.reason, event.field) == (reason, "date")


@given(number=NUMBERS)
def test_an_amendment_waits_only_for_a_day_that_there_is(number: int) -> None:
    (event,) = Venue(book()).apply(c.AmendRulebook("close", '"vwap"', number))
    assert isinstance(event, e.AmendmentTaken) == (there_is(number) or number == 0)
    if isinstance(event, e.Rejected):
        assert (event.reason, event.field) == (RejectReason.VALUE, "effective")


@given(number=NUMBERS, field=st.sampled_from(("holidays", "extra_days")))
def test_a_calendar_has_only_days_that_there_are(number: int, field: str) -> None:
    rules = book(**{field: (20250101, number)})
    if there_is(number):
        validate(rules)
        assert from_toml(to_toml(rules)) == rules
        return
    with pytest.raises(RulebookError, match=f"calendar.{field}: {number} is not a day"):
        validate(rules)
    (event,) = Venue(book()).apply(c.AmendRulebook(f"calendar.{field}+", str(number)))
    assert isinstance(event, e.Rejected)


@given(
    time=st.integers(0, 4 * 10**18),
    offset=st.integers(-720, 840),
    dst=st.sampled_from(tuple(Dst)),
)
def test_a_time_is_on_its_local_day(time: int, offset: int, dst: Dst) -> None:
    calendar = Calendar(utc_offset_minutes=offset, dst=dst)
    start = midnight(calendar, time)
    assert start == utc(calendar, local_date(calendar, time), 0)
    assert start <= time < start + 25 * 3_600 * 10**9


def sunday(year: int, month: int, which: int) -> int:
    """Return the seconds since 1970 at which a month's first, second or last (-1) Sunday begins."""
    days = [week[6] for week in months.monthcalendar(year, month) if week[6]]
    return months.timegm((year, month, days[which], 0, 0, 0))


def summer(dst: Dst, year: int, standard: int) -> tuple[int, int]:
    """Return when a year's summer time begins and ends, in seconds UTC."""
    if dst is Dst.EU:
        return sunday(year, 3, -1) + 3_600, sunday(year, 10, -1) + 3_600
    return sunday(year, 3, 1) + 7_200 - standard, sunday(year, 11, 0) + 3_600 - standard


def offset(dst: Dst, seconds: int, standard: int) -> int:
    """Return how far local clocks are ahead at a time, in seconds UTC."""
    year = dt.datetime.fromtimestamp(seconds, dt.UTC).year
    if dst is Dst.NONE:
        return standard
    start, end = summer(dst, year, standard)
    return standard + (3_600 if start <= seconds < end else 0)


@settings(max_examples=600)
@given(
    dst=st.sampled_from(tuple(Dst)),
    year=st.integers(1980, 2090),
    minutes=st.sampled_from((-720, -300, 0, 60, 330, 480, 840)),
    near=st.sampled_from((0, 1, 2)),
    away=st.integers(-3, 3) | st.integers(-9_000, 9_000) | st.integers(-(10**7), 10**7),
)
def test_summer_time(dst: Dst, year: int, minutes: int, near: int, away: int) -> None:
    standard = minutes * 60
    edge = (*(summer(dst, year, standard) if dst is not Dst.NONE else (0, 0)), 0)[near]
    seconds = (edge or sunday(year, 6, 0)) + away
    rules = Calendar(utc_offset_minutes=minutes, dst=dst)
    local = seconds + offset(dst, seconds, standard)
    date = dt.datetime.fromtimestamp(local, dt.UTC)
    assert local_date(rules, seconds * 10**9) == int(f"{date:%Y%m%d}")
    # a local time that comes twice counts by standard time
    wanted = local - standard if offset(dst, local - standard, standard) == standard else seconds
    within = local % 86_400
    assert utc(rules, int(f"{date:%Y%m%d}"), within) == wanted * 10**9


@given(
    start=st.dates(dt.date(1999, 1, 1), dt.date(2101, 1, 1)),
    weekdays=st.sets(st.integers(1, 7), min_size=1),
    away=st.lists(st.integers(0, 12), max_size=6),
    extra=st.lists(st.integers(0, 12), max_size=2),
)
def test_the_next_trading_day(
    start: dt.date, weekdays: set[int], away: list[int], extra: list[int]
) -> None:
    def number(days: int) -> int:
        return int(f"{start + dt.timedelta(days):%Y%m%d}")

    rules = Calendar(weekdays=tuple(sorted(weekdays)), holidays=tuple(map(number, away)),
                     extra_days=tuple(map(number, extra)))  # fmt: skip
    assert weekday(number(0)) == start.isoweekday()
    assert day_number(number(0)) == (start - dt.date(1970, 1, 1)).days
    days = (n for n in range(1, 40) if n in extra or n not in away)
    wanted = next(
        n for n in days if n in extra or (start + dt.timedelta(n)).isoweekday() in weekdays
    )
    assert next_trading_day(rules, number(0)) == number(wanted)


def test_a_trading_day_is_within_a_year_or_there_is_none() -> None:
    for days, there in ((365, True), (366, True), (367, False)):
        date = int(f"{dt.date(2026, 1, 1) + dt.timedelta(days):%Y%m%d}")
        rules = Calendar(weekdays=(), extra_days=(date,))
        if there:
            assert next_trading_day(rules, 20260101) == date
        else:
            with pytest.raises(ValueError, match="no trading day in the year after 20260101"):
                next_trading_day(rules, 20260101)


@given(
    sessions=st.lists(
        st.builds(
            Session, st.integers(0, 86_399), st.sampled_from(tuple(Phase)),
            st.sampled_from(((), ("a",), ("b",), ("a", "b"))), st.sampled_from((0, 1, 900)),
            st.sampled_from(("", "why")),
        ), max_size=5,
    ),
    draw=st.integers(0, 10**6),
)  # fmt: skip
def test_a_days_steps_are_its_sessions_for_each_line_they_name(
    sessions: list[Session], draw: int
) -> None:
    products = (Product("A", 100, modes=("a",)), Product("B", 100), Product("C", 9, modes=("b",)))
    lines = {"a": ["A", "B"], "b": ["B@b", "C"]}
    sessions.sort(key=lambda session: session.at)
    rules = Rulebook("steps", products, modes=(Mode("a", moves_close=True), Mode("b")),
                     calendar=Calendar(sessions=tuple(sessions)))  # fmt: skip
    monday = dt.datetime(2026, 1, 5, tzinfo=dt.timezone(dt.timedelta(hours=8))).timestamp()
    wanted = []
    for each in sessions:
        time = int(monday) + each.at + draw % (each.random_seconds + 1)
        named = sorted(name for mode in each.modes for name in lines[mode]) if each.modes else [""]
        wanted += [(time * 10**9, each.phase, name, each.reason) for name in named]
    found = steps(rules, 20260105, draw)
    commands = [(s.time, s.command.phase, s.command.symbol, s.command.reason) for s in found]
    assert sorted(commands) == sorted(wanted)
    assert [step.time for step in found] == sorted(step.time for step in found)
    assert steps(rules, 20260104, draw) == []
