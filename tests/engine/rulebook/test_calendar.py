"""Which days there are: a date that no calendar has is refused wherever one is taken."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rulebook import presets
from engine.rulebook.calendar import (
    day_number,
    is_date,
    is_trading_day,
    local_date,
    midnight,
    steps,
    utc,
    weekday,
)
from engine.rulebook.model import Calendar, Mode, Product, Rulebook, RulebookError, Session
from engine.rulebook.toml_codec import from_toml
from engine.rulebook.validation import validate
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Dst, Phase, RejectReason
from tests.support.toml import to_toml

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


# Zones whose clocks change by each rule. The rule of the US is that of 2007 and later.
ZONES = {
    Dst.NONE: ("Asia/Shanghai", "Asia/Seoul", "Asia/Kolkata", "UTC"),
    Dst.EU: ("Europe/London", "Europe/Berlin", "Europe/Helsinki"),
    Dst.US: ("America/New_York", "America/Denver", "America/Los_Angeles"),
}
PLACES = st.sampled_from([(dst, name) for dst, names in ZONES.items() for name in names])


def calendar_of(dst: Dst, zone: ZoneInfo) -> Calendar:
    standard = dt.datetime(2025, 1, 1, tzinfo=zone).utcoffset()
    assert standard is not None
    return Calendar(utc_offset_minutes=int(standard.total_seconds()) // 60, dst=dst)


def changes(zone: ZoneInfo, year: int) -> list[int]:
    """Return the seconds since 1970 at which a zone's clocks change in a year, to the hour."""
    first = int(dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp())
    hours = [first + 3_600 * n for n in range(366 * 24)]
    local = [dt.datetime.fromtimestamp(seconds, zone).utcoffset() for seconds in hours[::24]]
    days = [n for n in range(1, len(local)) if local[n] != local[n - 1]]
    return [
        next(
            seconds
            for seconds in hours[24 * day - 24 : 24 * day + 1]
            if dt.datetime.fromtimestamp(seconds, zone).utcoffset() == local[day]
        )
        for day in days
    ]


@settings(max_examples=300)
@given(
    place=PLACES,
    year=st.integers(2007, 2090),
    near=st.sampled_from((0, 1)),
    away=st.integers(-3, 3) | st.integers(-9_000, 9_000) | st.integers(-(10**7), 10**7),
)
def test_local_time_is_what_the_time_zone_database_says(
    place: tuple[Dst, str], year: int, near: int, away: int
) -> None:
    zone = ZoneInfo(place[1])
    rules = calendar_of(place[0], zone)
    edges = changes(zone, year) or [int(dt.datetime(year, 6, 1, tzinfo=dt.UTC).timestamp())] * 2
    local = dt.datetime.fromtimestamp(edges[near] + away, zone)
    date = int(f"{local:%Y%m%d}")
    assert local_date(rules, (edges[near] + away) * 10**9) == date
    # a local time that comes twice counts by standard time, the later of the two
    wanted = int(local.replace(fold=1).timestamp())
    within = local.hour * 3_600 + local.minute * 60 + local.second
    assert utc(rules, date, within) == wanted * 10**9


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("california", "America/Los_Angeles"),
        ("rggi", "America/New_York"),
        ("eu-auction", "Europe/Berlin"),
        ("ice-eua", "Europe/Amsterdam"),
        ("uk-auction", "Europe/London"),
        ("krx", "Asia/Seoul"),
        ("cn-national", "Asia/Shanghai"),
    ],
)
def test_sessions_keep_their_local_time_through_the_year(name: str, place: str) -> None:
    rules, zone = presets.load(name), ZoneInfo(place)
    for day in (dt.date(2013, 1, 2) + dt.timedelta(n) for n in range(0, 15 * 365, 5)):
        date = int(f"{day:%Y%m%d}")
        midnight = dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001 - on the wall
        wanted = [
            (midnight + dt.timedelta(seconds=session.at)).replace(tzinfo=zone).timestamp()
            for session in rules.calendar.sessions
        ]
        found = dict.fromkeys(step.time for step in steps(rules, date))
        assert not found or [*found] == [int(at) * 10**9 for at in dict.fromkeys(wanted)]


@given(
    day=st.dates(dt.date(1999, 1, 1), dt.date(2101, 1, 1)),
    weekdays=st.sets(st.integers(1, 7)),
    holiday=st.booleans(),
    extra=st.booleans(),
)
def test_a_day_trades_by_its_weekday_unless_the_calendar_names_it(
    day: dt.date, weekdays: set[int], *, holiday: bool, extra: bool
) -> None:
    number = int(f"{day:%Y%m%d}")
    rules = Calendar(
        weekdays=tuple(sorted(weekdays)), holidays=(number,) * holiday, extra_days=(number,) * extra
    )
    assert weekday(number) == day.isoweekday()
    assert day_number(number) == (day - dt.date(1970, 1, 1)).days
    trades = extra or (day.isoweekday() in weekdays and not holiday)
    assert is_trading_day(rules, number) == trades


@given(
    sessions=st.lists(
        st.builds(
            Session,
            st.integers(0, 86_399),
            st.sampled_from(tuple(Phase)),
            st.sampled_from(((), ("a",), ("b",), ("a", "b"))),
            st.sampled_from((0, 1, 900)),
            st.sampled_from(("", "why")),
        ),
        max_size=5,
    ),
    draw=st.integers(0, 10**6),
)
def test_a_days_steps_are_its_sessions_for_each_line_they_name(
    sessions: list[Session], draw: int
) -> None:
    products = (Product("A", 100, modes=("a",)), Product("B", 100), Product("C", 9, modes=("b",)))
    lines = {"a": ["A", "B"], "b": ["B@b", "C"]}
    sessions.sort(key=lambda session: session.at)
    rules = Rulebook(
        "steps",
        products,
        modes=(Mode("a", moves_close=True), Mode("b")),
        calendar=Calendar(sessions=tuple(sessions)),
    )
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


def test_dates_have_eight_figures() -> None:
    assert [is_date(number) for number in (9991231, 10000101, 99991231, 100000101)] == [
        False,
        True,
        True,
        False,
    ]
