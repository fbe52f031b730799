"""Holidays of markets: dates with a source; a file names them, what is read holds them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.rulebook import holidays, presets
from engine.rulebook.calendar import is_trading_day, weekday
from engine.rulebook.model import RulebookError, canonical
from engine.rulebook.sources import source_of
from engine.rulebook.toml_codec import from_toml
from engine.rulebook.validation import from_canonical
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import RejectReason
from tests.support.paths import ROOT

BOOK = """
name = "own"
[[products]]
symbol = "A"
reference = 100
[calendar]
holidays = {}
"""


def test_the_dates_are_those_of_the_libraries() -> None:
    pytest.importorskip("exchange_calendars")
    pytest.importorskip("chinese_calendar")
    done = subprocess.run(
        [sys.executable, "-m", "docs.holidays", "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("name", holidays.names())
def test_a_market_has_weekdays_of_2013_to_2027_in_order(name: str) -> None:
    market = holidays.load(name)
    assert [*market.years] == [str(year) for year in range(2013, 2028)]
    assert market.dates == sorted({*market.dates})
    assert all(weekday(date) <= 5 for date in market.dates)
    assert all(date // 10_000 == int(year) for year in market.years for date in market.years[year])


def test_every_rulebook_of_a_venue_has_holidays_with_their_source() -> None:
    books = {name: presets.load(name) for name in presets.names()}
    assert [name for name, book in books.items() if not book.calendar.holidays] == ["textbook"]
    for name, book in books.items():
        if name != "textbook":
            source = source_of(book, "calendar.holidays")
            assert source in [holidays.load(market).source for market in holidays.names()]


@pytest.mark.parametrize(
    ("name", "closed", "trading"),
    [
        ("cn-national", 20241001, 20240930),  # National Day
        ("cn-national", 20240212, 20240219),  # the Spring Festival
        ("cn-national", 20240204, 20240205),  # a Sunday that China worked
        ("krx", 20241231, 20241230),  # the year's last day
        ("krx", 20260603, 20260604),  # elections
        ("eu-auction", 20250421, 20250422),  # Easter Monday
        ("uk-auction", 20220919, 20220920),  # the Queen's funeral
        ("rggi", 20251127, 20251128),  # Thanksgiving
    ],
)
def test_days_that_a_venue_trades_on(name: str, closed: int, trading: int) -> None:
    calendar = presets.load(name).calendar
    assert not is_trading_day(calendar, closed)
    assert is_trading_day(calendar, trading)


def test_an_extra_day_counts_before_a_holiday() -> None:
    calendar = presets.load("guangdong").calendar
    assert 20180618 in calendar.holidays
    assert is_trading_day(calendar, 20180618)
    assert not is_trading_day(presets.load("hubei").calendar, 20180618)


def test_what_is_read_holds_dates_and_no_name() -> None:
    named = from_toml(BOOK.format('"korea"'))
    listed = from_toml(BOOK.format(holidays.load("korea").dates))
    assert named.calendar == listed.calendar
    assert named.sources == {"calendar.holidays": holidays.load("korea").source}
    assert from_canonical(canonical(named)) == named
    own = from_toml(BOOK.format('"korea"') + '[sources]\n"calendar.holidays" = "own notice"')
    assert own.sources == {"calendar.holidays": "own notice"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"narnia"', r"\$.calendar.holidays: 'narnia' is not one of amsterdam, china"),
        ('"../beijing"', "is not one of"),
        ('["china"]', r"calendar.holidays"),
        ("5", r"calendar.holidays"),
    ],
)
def test_a_name_that_is_none_is_refused_with_those_there_are(value: str, said: str) -> None:
    with pytest.raises(RulebookError, match=said):
        from_toml(BOOK.format(value))


def test_an_amendment_takes_dates_alone_so_that_replays_agree() -> None:
    venue = Venue(from_toml(BOOK.format("[]")))
    (refused,) = venue.apply(c.AmendRulebook("calendar.holidays", '"china"'))
    assert isinstance(refused, e.Rejected)
    assert (refused.reason, refused.field) == (RejectReason.RULEBOOK, "path")
    (taken,) = venue.apply(c.AmendRulebook("calendar.holidays+", "20300101"))
    assert isinstance(taken, e.AmendmentTaken)
