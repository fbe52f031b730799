"""Which days there are: a date that no calendar has is refused wherever one is taken."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook.calendar import is_date, local_date, midnight, utc
from engine.rulebook.model import Calendar, Product, Rulebook, RulebookError
from engine.rulebook.toml_codec import from_toml, to_toml
from engine.rulebook.validation import validate
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Dst, RejectReason

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
