"""Real days traded again: made-up bars here, the real series where they are at hand."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from backtest.history.days import History
from backtest.history.prints import Steps, listed_prints
from backtest.history.report import facts, report
from backtest.history.series import Bar, read_series
from backtest.history.tradable import Amendment
from engine.log.journal import FILE_NAME, Journal
from engine.log.sequencer import Sequencer, recover
from engine.rulebook import presets
from engine.rulebook.model import Calendar, Mode, Product, Rulebook, RulebookError, Session
from engine.rulebook.ticks import on_tick
from engine.venue.venue import Venue
from engine.vocabulary.enums import CloseRule, Dst, Phase
from engine.vocabulary.tables import TableError
from tests.gateway.cli.test_cli import carbonx
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from backtest.history.audit import Audit

DATA = ROOT.parent / "shared" / "data"
SHENZHEN = DATA / "shenzhen_2020-12_2021-12.csv"
GUANGDONG = DATA / "guangdong_2014_2021.csv"
real = pytest.mark.skipif(not DATA.exists(), reason="the real series are not at hand")
NEW_RULE = (
    Amendment(0, "close", '"vwap"'),
    Amendment(20180731, "close", '"vwap_above"'),
)
MADE_UP = (ROOT / "examples" / "days.csv").read_text()


def run(name: str, bars: list[Bar], amendments: tuple[Amendment, ...] = ()) -> tuple[Audit, Venue]:
    history = History(Sequencer(Venue(presets.load(name))), bars, 1, amendments)
    audit = history.run()
    history.venue.check()
    return audit, history.venue


def test_made_up_days_obey_the_rulebook_and_tell_what_left_the_limits(tmp_path: Path) -> None:
    series = tmp_path / "days.csv"
    series.write_text(MADE_UP)
    audit, venue = run("guangdong", read_series(series).bars, NEW_RULE)
    assert audit.breaches == []
    assert [(o.date, o.price, o.high) for o in audit.outsides] == [(20180803, 5000, 4565)]
    assert [row.close for row in audit.rows[:4]] == [4020, 4020, 4150, 4150]
    assert audit.blocks == 1
    assert venue.date == 20180803
    assert "2018-08-03 GDEA listed" in report(audit, "")
    assert json.loads(json.dumps(facts(audit, "")))["trades"] == audit.trades


def test_a_rulebook_breach_would_be_found(tmp_path: Path) -> None:
    """The audit is not blind: the same events against other rules are breaches."""
    series = tmp_path / "days.csv"
    series.write_text(MADE_UP)
    book = presets.load("guangdong")
    history = History(Sequencer(Venue(book)), read_series(series).bars, 1)
    history.audit.venue = Venue(structs.replace(book, close=CloseRule.LAST))
    assert history.run().breaches, "closes by another rule pass unseen"


@real
def test_a_year_at_shenzhen_obeys_the_rulebook() -> None:
    bars = read_series(SHENZHEN).bars
    audit, venue = run("shenzhen-2013", bars)
    assert audit.breaches == []
    assert len(audit.rows) == len(bars) - len(audit.left_out)
    assert venue.ledger.day == len({bar.date for bar in bars})
    assert audit.extra_days == []
    listed = [row for row in audit.rows if row.bar.high]
    outside = {(o.date, o.product) for o in audit.outsides}
    assert 10 <= len(outside) <= 30
    assert all(
        row.low <= row.bar.low and row.bar.high <= row.high
        for row in listed[8:]
        if (row.bar.date, row.bar.product) not in outside and row.reference != row.bar.open
    )
    assert all(
        (row.bar.date, row.bar.product) in outside or row.close == row.bar.close
        for row in listed
        if row.bar.date > 20201208
    )


@real
def test_eight_years_at_guangdong_obey_the_rulebook_and_replay(tmp_path: Path) -> None:
    book = presets.load("guangdong")
    sequencer = Sequencer(Venue(book), Journal.create(tmp_path, book, 0, "none"))
    history = History(sequencer, read_series(GUANGDONG).bars, 1, NEW_RULE)
    audit = history.run()
    sequencer.close()
    assert audit.breaches == []
    assert len(audit.rows) == 1_600
    assert audit.extra_days == []
    assert [o.date for o in audit.outsides if o.kind == "listed"] == [20150527]
    assert len(audit.other_closes) < 10
    assert (tmp_path / FILE_NAME).stat().st_size > 1_000_000
    again = recover(tmp_path)
    assert again.venue.state_hash() == history.venue.state_hash()
    assert again.venue.date == 20210831
    again.close()


BARS = st.tuples(
    st.integers(100, 9_000),
    st.integers(0, 900),
    st.integers(1, 5_000),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(0, 100),
)


@given(BARS, st.sampled_from(list(CloseRule)[:3]))
def test_prints_make_the_bar(figures: tuple[int, ...], rule: CloseRule) -> None:
    low, span, volume, *places = figures
    opened, close, mean = (low + span * place // 100 for place in places)
    volume += 3
    value = mean * (volume - 4) + opened + close + low + low + span if volume > 4 else 0
    bar = Bar(20210628, "X", opened, low + span, low, close, volume, value)
    prints = listed_prints(bar, rule, Steps())
    assert sum(each.quantity for each in prints) == volume
    prices = [each.price for each in prints]
    assert all(low <= price <= low + span for price in prices)
    if rule is CloseRule.LAST:
        assert prices[-1] == close
    if volume > 4:
        assert (min(prices), max(prices)) == (low, low + span)


TABLES = st.sampled_from(((), ((0, 1), (4_000, 5)), ((0, 1), (3_000, 20), (5_000, 50))))


@given(
    tick=st.sampled_from((1, 2, 10)),
    ticks=TABLES,
    lot=st.sampled_from((1, 7, 100)),
    lots=st.sampled_from((1, 3)),
    rule=st.sampled_from(list(CloseRule)[:3]),
    places=st.lists(st.tuples(*[st.integers(0, 20)] * 4, st.integers(0, 3_000)), max_size=4),
)
def test_brokers_and_their_errors_keep_to_the_ticks_and_lots_of_the_rules(
    tick: int,
    ticks: tuple[tuple[int, int], ...],
    lot: int,
    lots: int,
    rule: CloseRule,
    places: list[tuple[int, ...]],
) -> None:
    ticks = tuple((start, step * tick) for start, step in ticks)
    product = Product(
        "X",
        4_000,
        tick=tick,
        lot=lot,
        min_quantity=lot * lots,
        max_quantity=lot * 10**6,
        ticks=ticks,
    )
    mode = Mode(limit_up_bp=1_000, limit_down_bp=1_000)
    hours = (
        (34_200, Phase.CONTINUOUS),
        (41_400, Phase.HALTED),
        (48_600, Phase.CONTINUOUS),
        (55_800, Phase.CLOSED),
    )
    sessions = tuple(Session(at, phase) for at, phase in hours)
    rules = Rulebook(
        "any",
        (product,),
        modes=(mode,),
        close=rule,
        close_min_volume=500,
        calendar=Calendar(sessions=sessions),
    )
    bars = []
    for day, (*prices, volume) in enumerate(places):
        a, b, c, d = (on_tick(3_700 + 30 * place, 1, tick, ticks) for place in prices)
        low, opened, close, high = sorted((a, b, c, d))
        bars.append(Bar(20210621 + day, "X", opened, high, low, close, volume, close * volume))
    history = History(Sequencer(Venue(rules)), bars, 1)
    audit = history.run()
    assert audit.breaches == []
    assert audit.left_out == []
    traded = sum(bar.volume // lot * lot for bar in bars if bar.volume >= lot * lots)
    assert audit.odd_tonnes == sum(bar.volume for bar in bars) - traded
    assert sum(each.quantity for done in audit.days.values() for each in done.prints) == traded


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("date,product\n", "no column close"),
        (MADE_UP.replace("2018-07-30", "July"), "date"),
        (MADE_UP.replace("41.00,39.00", "many,39.00"), "high"),
    ],
)
def test_a_file_that_is_no_series_is_refused(tmp_path: Path, text: str, told: str) -> None:
    series = tmp_path / "days.csv"
    series.write_text(text)
    with pytest.raises(TableError, match=told):
        read_series(series)


def test_the_command_reports_draws_and_keeps_a_log_that_replays(tmp_path: Path) -> None:
    series = tmp_path / "days.csv"
    series.write_text(MADE_UP)
    amend = [part for each in NEW_RULE for part in ("--amend", *map(str, each))]
    told = carbonx(
        "history",
        str(series),
        "--rulebook",
        "guangdong",
        *amend,
        "--dir",
        str(tmp_path / "log"),
        "--picture",
        str(tmp_path / "days.png"),
        "--json",
    ).stdout
    state = json.loads(told)["state"]
    assert (tmp_path / "days.png").stat().st_size > 10_000
    assert state in carbonx("replay", str(tmp_path / "log")).stdout
    assert "no column" in carbonx("history", __file__, "--rulebook", "guangdong", status=1).stderr


@given(
    year=st.sampled_from((2023, 2024, 2100)),
    month=st.integers(0, 13),
    day=st.integers(0, 32),
    dashes=st.booleans(),
)
def test_a_series_has_only_days_that_there_are(
    year: int, month: int, day: int, *, dashes: bool
) -> None:
    text = f"{year}-{month:02}-{day:02}" if dashes else f"{year}{month:02}{day:02}"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "series.csv"
        file.write_text(f"{MADE_UP.splitlines()[0]}\n{text},GDEA,,,,,40.00,0,0\n")
        try:
            dt.date(year, month, day)
        except ValueError:
            with pytest.raises(TableError, match=r"series.csv: row 2, column date"):
                read_series(file)
        else:
            assert [bar.date for bar in read_series(file).bars] == [
                year * 10_000 + month * 100 + day
            ]


def test_an_amendment_for_a_day_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(RulebookError, match=r"amendment of close: effective: a day that there is"):
        run("guangdong", [], (Amendment(20180732, "close", '"vwap"'),))


def test_a_day_off_the_calendar_keeps_the_hours_of_the_clock_on_the_wall() -> None:
    """The last Saturday of winter: the weekdays after it are an hour nearer to UTC."""
    sessions = (Session(9 * 3_600, Phase.CONTINUOUS), Session(15 * 3_600, Phase.CLOSED))
    rules = Rulebook(
        "new-york",
        (Product("A", 100),),
        modes=(Mode(moves_close=True),),
        calendar=Calendar(utc_offset_minutes=-300, dst=Dst.US, sessions=sessions),
    )
    history = History(
        Sequencer(Venue(rules)), [Bar(20250308, "A", 100, 110, 90, 100, 50, 5_000)], 1
    )
    audit = history.run()
    assert audit.extra_days == [20250308]
    closed = dt.datetime(2025, 3, 8, 15, tzinfo=ZoneInfo("America/New_York"))
    assert history.venue.time == int(closed.timestamp()) * 10**9
