"""The trading day after a date."""

import datetime as dt

from engine.rulebook.calendar import is_trading_day
from engine.rulebook.model import Calendar


def next_trading_day(calendar: Calendar, date: int) -> int:
    """Return the first trading day after a date, which must be within a year."""
    day = dt.datetime.strptime(str(date), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    later = (int(f"{day + dt.timedelta(n):%Y%m%d}") for n in range(1, 367))
    return next(number for number in later if is_trading_day(calendar, number))
