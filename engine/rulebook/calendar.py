"""A rulebook's calendar: which days trade, and what happens on them when.

Pure arithmetic on day numbers such as 20210626 and on nanoseconds UTC; nothing here knows what
time it is. Whoever drives a venue asks for a day's steps and gives them as commands.
"""

from typing import Final, NamedTuple

from engine.rulebook.model import Calendar, Rulebook, line_name
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Dst

_DAY: Final = 86_400
_SECOND: Final = 1_000_000_000
_HOUR: Final = 3_600
_FIRST_DATE, _LAST_DATE = 1000_01_01, 9999_12_31  # eight figures each
_MARCH, _OCTOBER, _NOVEMBER = 3, 10, 11


class Step(NamedTuple):
    """What is to be done at a time (ns UTC)."""

    time: int
    command: SetPhase


def day_number(date: int) -> int:
    """Return the days from 1970-01-01 to a date such as 20210626."""
    year, month, day = date // 10_000, date // 100 % 100, date % 100
    year -= month <= 2  # noqa: PLR2004 - the year begins in March here, so leap days come last
    era_year = year % 400
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1  # noqa: PLR2004
    era_day = era_year * 365 + era_year // 4 - era_year // 100 + day_of_year
    return year // 400 * 146_097 + era_day - 719_468


def date_of(number: int) -> int:
    """Return the date of a day number: the way back of ``day_number``."""
    number += 719_468
    era_day = number % 146_097
    era_year = (era_day - era_day // 1_460 + era_day // 36_524 - era_day // 146_096) // 365
    day_of_year = era_day - (365 * era_year + era_year // 4 - era_year // 100)
    month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9  # noqa: PLR2004
    year = era_year + number // 146_097 * 400 + (month <= 2)  # noqa: PLR2004
    return year * 10_000 + month * 100 + day


def is_date(number: int) -> bool:
    """Say whether there is such a day: 20210628 is one, 20210631 and 20210229 are none."""
    return _FIRST_DATE <= number <= _LAST_DATE and date_of(day_number(number)) == number


def weekday(date: int) -> int:
    """Return 1 for Monday to 7 for Sunday."""
    return (day_number(date) + 3) % 7 + 1


def is_trading_day(calendar: Calendar, date: int) -> bool:
    """Say whether a venue trades on a date."""
    if date in calendar.extra_days:
        return True
    return weekday(date) in calendar.weekdays and date not in calendar.holidays


def _sunday(year: int, month: int, nth: int) -> int:
    """Return the day number of the nth Sunday of a month, of the last one for 0."""
    first = day_number(year * 10_000 + month * 100 + 1)
    sunday = first + (3 - first) % 7  # 1970-01-04 was a Sunday
    if nth:
        return sunday + 7 * (nth - 1)
    after = year * 10_000 + (month + 1) * 100 + 1
    return sunday + (day_number(after) - 1 - sunday) // 7 * 7


def offset_seconds(calendar: Calendar, local: int) -> int:
    """Return how far local clocks are ahead of UTC at a local time (seconds since 1970).

    The EU changes at 01:00 UTC, the US at 02:00 local standard (back: summer) time. A local time
    that a change skips or repeats counts by standard time.
    """
    standard = calendar.utc_offset_minutes * 60
    if calendar.dst is Dst.NONE:
        return standard
    year = date_of(local // _DAY) // 10_000
    if calendar.dst is Dst.EU:
        start = _sunday(year, _MARCH, 0) * _DAY + _HOUR + standard
        end = _sunday(year, _OCTOBER, 0) * _DAY + _HOUR + standard + _HOUR
    else:
        start = _sunday(year, _MARCH, 2) * _DAY + 2 * _HOUR
        end = _sunday(year, _NOVEMBER, 1) * _DAY + 2 * _HOUR
    return standard + (_HOUR if start + _HOUR <= local < end - _HOUR else 0)


def utc(calendar: Calendar, date: int, seconds: int) -> int:
    """Return the time (ns UTC) of a local clock time on a date."""
    local = day_number(date) * _DAY + seconds
    return (local - offset_seconds(calendar, local)) * _SECOND


def local_date(calendar: Calendar, time: int) -> int:
    """Return the local date at a time (ns UTC)."""
    return date_of(_local_seconds(calendar, time) // _DAY)


def midnight(calendar: Calendar, time: int) -> int:
    """Return when the local day of a time began; both in ns UTC."""
    return utc(calendar, local_date(calendar, time), 0)


def _local_seconds(calendar: Calendar, time: int) -> int:
    seconds = time // _SECOND
    return seconds + offset_seconds(calendar, seconds + calendar.utc_offset_minutes * 60)


def steps(rulebook: Rulebook, date: int, draw: int = 0) -> list[Step]:
    """Return what happens on a trading day, in order; nothing on other days.

    ``draw`` is any whole number, drawn by the caller: a step with a random end
    comes ``draw`` modulo its range later. What was drawn is on record, as the step's own time.
    """
    calendar = rulebook.calendar
    if not is_trading_day(calendar, date):
        return []
    found: list[Step] = []
    for session in calendar.sessions:
        later = draw % (session.random_seconds + 1)
        time = utc(calendar, date, session.at + later)
        if not session.modes:
            found.append(Step(time, SetPhase(session.phase, "", session.reason)))
            continue
        for product in rulebook.products:
            modes = rulebook.modes_of(product)
            found += [
                Step(
                    time,
                    SetPhase(session.phase, line_name(product, mode, modes[0]), session.reason),
                )
                for mode in modes
                if mode.name in session.modes
            ]
    return sorted(found, key=lambda step: step.time)
