"""Series as people have them under rulebooks of every kind: traded, or one line says why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from backtest.history.days import History
from backtest.history.report import report
from backtest.history.series import Bar, Series, read_series
from backtest.history.tradable import Amendment, check
from engine.log.sequencer import Sequencer
from engine.rulebook import presets
from engine.rulebook.model import Calendar, Mode, Product, Rulebook, RulebookError, Session
from engine.venue.venue import Venue
from engine.vocabulary.enums import CloseRule, Mechanism, Phase
from engine.vocabulary.tables import TableError
from tests.gateway.cli.test_cli import carbonx
from tests.support.trading_days import next_trading_day

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backtest.history.audit import Audit

HEADER = "date,product,open,high,low,close,volume_t,value_cny\n"
ROW = "2026-01-05,CO2,50,51,49,50.50,1000,50200\n"
HOURS = ((34_200, Phase.CONTINUOUS), (41_400, Phase.HALTED), (48_600, Phase.CONTINUOUS),
         (55_800, Phase.CLOSED))  # fmt: skip
MODE = Mode(limit_up_bp=1_000, limit_down_bp=1_000)
RULES = Rulebook(
    "plain",
    (Product("CO2", 5_000),),
    modes=(MODE,),
    calendar=Calendar(sessions=tuple(Session(*each) for each in HOURS)),
)


@pytest.fixture(name="read")
def _read(tmp_path: Path) -> Callable[[str | bytes], Series]:
    def read(text: str | bytes) -> Series:
        path = tmp_path / "days.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_series(path)

    return read


def trade(rules: Rulebook, *bars: Bar, amendments: tuple[Amendment, ...] = ()) -> Audit:
    """Trade bars; no rule may be broken, and the venue's state must hold together."""
    history = History(Sequencer(Venue(rules)), bars, 1, amendments)
    audit = history.run()
    history.venue.check()
    assert audit.breaches == []
    return audit


def made(audit: Audit, bar: Bar) -> tuple[int, ...]:
    """Return the tonnes that the brokers traded, the highest and lowest price and the last."""
    prints = audit.day(bar).prints
    prices = [each.price for each in prints] or [0]
    return sum(each.quantity for each in prints), max(prices), min(prices), prices[-1]


# -- the file -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ROW,
        (HEADER + ROW).encode("utf-16"),
        "\ufeff" + (HEADER.upper() + ROW).replace("\n", "\r\n"),
        (
            "日期,品种,开盘价,最高价,最低价,收盘价,成交量,成交额,涨跌幅\n2026/1/5,CO2,50,51,49,50.5,"
            '"1,000","50,200.00",1%\n'
        ),
        (
            "交易日期;代码;开盘;最高;最低;收盘;成交量(万吨);成交额(万元)\n"
            "2026年1月5日;CO2;50,00;51;49;50,50;0,1;5,02\n"
        ),
        (
            "Date\tSymbol\tOpen\tHigh\tLow\tClose\tVolume\tTurnover\n"
            "20260105\tCO2\t50.00\t51\t49\t50.5\t1000\t50200\n"
        ),
        (
            "close,date,value,open,volume,high,product,low\n"
            "50.5,2026-01-05 15:00:00,50200,50,1000,51,CO2,49\n"
        ),
        "date,product,open,high,low,close,average,volume\n2026.1.5,CO2,50,51,49,50.5,50.2,1000\n",
    ],
)
def test_one_day_however_it_was_written_is_one_bar(
    read: Callable[[str | bytes], Series], text: str | bytes
) -> None:
    bar = Bar(20260105, "CO2", 5_000, 5_100, 4_900, 5_050, 1_000, 5_020_000)
    assert read(text) == Series([bar], [])
    if isinstance(text, str):
        told = "" if text.isascii() else "it is not UTF-8, and was read as GB18030"
        assert read(text.lstrip("\ufeff").encode("gb18030")) == (
            [bar],
            [told] if any("\u4e00" <= each <= "\u9fff" for each in text) else [],
        )


@pytest.mark.parametrize("nothing", ["", "-", "--", "NaN", "null", "0", "—"])
def test_what_means_nothing_is_nothing(read: Callable[[str], Series], nothing: str) -> None:
    (bar,) = read(f"{HEADER}2026-01-05,CO2,{nothing},51,49,50,1000,{nothing}\n").bars
    assert (bar.open, bar.value) == (0, 5_000_000)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2026-01-05,CO2\n", "row 2, column open: is not there"),
        ("2026-01-05,CO2,50,51,49,-50,5,250\n", "row 2, column close: -50 is below 0"),
        ("2026-01-05,CO2,50,51,49,50,-5,250\n", "row 2, column volume_t: -5 is below 0"),
        ("2026-01-05,CO2,50,inf,49,50,5,250\n", "row 2, column high: 'inf' is not a figure"),
        ("2026-01-05,CO2,50,51,49,50,5,Infinity\n", "row 2, column value_cny: 'Infinity'"),
        ("2026-01-05,CO2,50,51,49,1e999,5,250\n", "row 2, column close: '1e999' is too large"),
        ("2026-01-05,CO2,50,51,49,50,1e13,250\n", "row 2, column volume_t: '1e13' is too large"),
        ("2026-02-30,CO2,50,51,49,50,5,250\n", "row 2, column date: '2026-02-30' is not a day"),
        ("1/5/2026,CO2,50,51,49,50,5,250\n", "row 2, column date: '1/5/2026' is not a day"),
        ("46027,CO2,50,51,49,50,5,250\n", "row 2, column date: '46027' is not a day"),
        (",CO2,50,51,49,50,5,250\n", "row 2, column date: '' is not a day"),
        ("2026-01-05,,50,51,49,50,5,250\n", "row 2, column product: it is empty"),
        ("2026-01-05,CO2,50,51,,50,5,250\n", "row 2, column low: it is empty"),
        ("2026-01-05,CO2,50,,49,50,5,250\n", "row 2, column high: it is empty"),
        ("2026-01-05,CO2,,,,,5,\n2026-01-05,CO2,50,51,49,50,5,250\n", "row 2, column close: it is"),
        ("", "no row under its header"),
    ],
)
def test_a_row_that_is_none_is_refused_with_file_row_and_column(
    tmp_path: Path, row: str, told: str
) -> None:
    path = tmp_path / "days.csv"
    path.write_text(HEADER + row, "utf-8")
    with pytest.raises(TableError) as error:
        read_series(path)
    assert str(error.value).startswith(f"{path}: ")
    assert told in str(error.value)


def test_what_was_read_otherwise_than_it_stands_there_is_noted(
    read: Callable[[str], Series],
) -> None:
    found = read(HEADER + "2026-01-05,CO2,50.005,51,52,50,1000.5,250\n")
    assert found.notes == [
        "figures with more decimals than there are were rounded in row 2",
        "the high is below the low in row 2",
    ]
    assert found.bars[0][2:7] == (5_001, 5_100, 5_200, 5_000, 1_001)


# -- days of every shape ------------------------------------------------------------------------


def test_a_day_without_volume_has_no_trade_and_moves_no_close() -> None:
    bar = Bar(20260105, "CO2", 5_000, 5_000, 5_000, 5_000, 0, 0)
    audit = trade(RULES, bar, bar._replace(date=20260106, volume=10, value=50_000))
    assert audit.trades > 0
    assert made(audit, bar)[0] == 0
    assert audit.left_out == []


def test_a_missing_open_or_close_is_not_traded_at_nothing() -> None:
    for rule in (CloseRule.LAST, CloseRule.VWAP):
        rules = structs.replace(RULES, close=rule)
        bar = Bar(20260105, "CO2", 0, 5_100, 4_900, 5_000, 100, 500_000)
        audit = trade(rules, bar, bar._replace(date=20260106, close=0))
        assert made(audit, bar)[:3] == (100, 5_100, 4_900)
        assert made(audit, bar._replace(date=20260106))[:3] == (100, 5_100, 4_900)
        assert audit.left_out == []
        assert [row.close for row in audit.rows] == [5_000, 5_000]


def test_a_series_of_closes_is_traded_at_them(read: Callable[[str], Series]) -> None:
    found = read("date,product,close,volume\n2026-01-05,CO2,50,100\n2026-01-06,CO2,52,7\n")
    assert found.notes == ["it has no high and no low: each day was traded at its close"]
    audit = trade(RULES, *found.bars)
    assert [made(audit, bar) for bar in found.bars] == [(100, *[5_000] * 3), (7, *[5_200] * 3)]
    assert [row.close for row in audit.rows] == [5_000, 5_200]
    found = read("date,product,close\n2026-01-05,CO2,50\n2026-01-06,CO2,70\n")
    assert found.notes[1] == "it has no volumes: each day was given four of the smallest orders"
    rules = structs.replace(RULES, products=(Product("CO2", 5_000, lot=10, min_quantity=20),))
    audit = trade(rules, *found.bars)
    assert made(audit, found.bars[0]) == (80, *[5_000] * 3)
    assert [(o.price, o.high) for o in audit.outsides] == [(7_000, 5_500)]


@pytest.mark.parametrize("mechanism", [Mechanism.ORDER_BOOK, Mechanism.LISTING])
def test_rules_without_sessions_trade_all_day_and_days_off_the_calendar_too(
    mechanism: Mechanism,
) -> None:
    rules = structs.replace(
        RULES,
        modes=(structs.replace(MODE, mechanism=mechanism),),
        calendar=Calendar(weekdays=()),
    )
    bar = Bar(20260105, "CO2", 5_000, 5_100, 4_900, 5_000, 100, 500_000)
    audit = trade(rules, bar)
    assert made(audit, bar) == (100, 5_100, 4_900, 5_000)
    assert audit.extra_days == [20260105]
    assert "no sessions" in report(audit, "")
    with_hours = structs.replace(RULES, calendar=structs.replace(RULES.calendar, weekdays=()))
    assert made(trade(with_hours, bar), bar) == (100, 5_100, 4_900, 5_000)


@pytest.mark.parametrize("sessions", [1, 2, 3, 5])
def test_a_bar_is_whole_however_many_sessions_a_day_has(sessions: int) -> None:
    hours = [
        Session(3_600 * n, Phase.HALTED if n % 2 else Phase.CONTINUOUS)
        for n in range(2 * sessions - 1)
    ]
    hours.append(Session(80_000, Phase.HALTED))  # nothing closes the day
    rules = structs.replace(RULES, calendar=Calendar(sessions=tuple(hours)))
    bar = Bar(20260105, "CO2", 5_000, 5_100, 4_900, 5_050, 1_000, 5_020_000)
    audit = trade(rules, bar, bar._replace(date=20260106))
    assert made(audit, bar) == (1_000, 5_100, 4_900, 5_050)
    assert made(audit, bar._replace(date=20260106))[0] == 1_000
    assert audit.left_out == []


def test_a_line_that_never_opens_is_left_out_by_its_reason() -> None:
    rules = structs.replace(RULES, calendar=Calendar(sessions=(Session(0, Phase.PRE_OPEN),)))
    bar = Bar(20260105, "CO2", 5_000, 5_100, 4_900, 5_050, 1_000, 5_020_000)
    block = Bar(20260106, "CO2", 0, 0, 0, 5_050, 1_000, 5_020_000)
    assert [why for _, _, why in trade(rules, bar, block).left_out] == [
        "its line was not open for continuous trading",
        "a block, and the rulebook has no negotiated mode",
    ]


def test_a_price_that_starts_a_call_is_traded_in_it_and_the_day_goes_on() -> None:
    for seconds in (60, 0):
        mode = structs.replace(MODE, volatility_bp=100, volatility_seconds=seconds)
        bar = Bar(20260105, "CO2", 5_000, 5_400, 4_600, 5_050, 1_000, 5_020_000)
        audit = trade(structs.replace(RULES, modes=(mode,)), bar)
        assert made(audit, bar) == (1_000, 5_400, 4_600, 5_050)
        assert audit.left_out == []


def test_what_the_venue_refuses_is_left_out_with_the_rule_and_the_run_goes_on() -> None:
    bar = Bar(20260105, "CO2", 5_000, 5_000, 5_000, 5_000, 10**11, 5 * 10**14)
    audit = trade(RULES, bar, bar._replace(date=20260106, volume=5))
    ((date, _, why),) = audit.left_out
    assert date == bar.date
    assert "tonnes not traded: at most" in why
    assert 0 < made(audit, bar)[0] < 10**11
    assert made(audit, bar._replace(date=20260106))[0] == 5


def test_an_odd_rest_of_tonnes_and_a_reference_off_the_tick_are_dealt_with() -> None:
    product = Product("CO2", 5_000, tick=10, lot=7, min_quantity=14, max_quantity=35)
    rules = structs.replace(RULES, products=(product,))
    bar = Bar(20260105, "CO2", 5_000, 5_100, 4_900, 5_055, 1_000, 5_020_000)
    audit = trade(rules, bar, bar._replace(date=20260106))
    assert made(audit, bar)[0] == 994
    assert audit.odd_tonnes == 12
    assert "Tonnes that make no whole order, and were left out: 12" in report(audit, "")
    assert {why for _, _, why in audit.left_out} == {"50.55 is off the tick"}
    assert audit.rows[1].reference == 5_060


BARS = st.builds(
    lambda low, up, places, volume, gone: Bar(
        0,
        "CO2",
        0 if gone & 1 else low + up * places[0] // 9,
        low + up,
        low,
        0 if gone & 2 else low + up * places[1] // 9,
        volume,
        (low + up // 2) * volume,
    ),
    st.integers(1, 9_000),
    st.integers(0, 900),
    st.tuples(*[st.integers(0, 9)] * 2),
    st.integers(0, 5_000),
    st.integers(0, 3),
)


@given(
    st.lists(BARS, min_size=1, max_size=3),
    st.sampled_from(list(CloseRule)),
    st.sampled_from((Mechanism.ORDER_BOOK, Mechanism.LISTING, Mechanism.FIXED_PRICE)),
    st.sampled_from((1, 5, 100)),
    st.sampled_from((1, 5, 50)),
    st.integers(1, 3),
)
def test_any_bar_is_traded_whole_or_said_not_to_be(
    bars: list[Bar], rule: CloseRule, mechanism: Mechanism, lot: int, tick: int, sessions: int
) -> None:
    product = Product("CO2", 5_000, lot=lot, min_quantity=lot, tick=tick, max_quantity=lot * 10**6)
    hours = [
        Session(3_600 * n, Phase.HALTED if n % 2 else Phase.CONTINUOUS)
        for n in range(2 * sessions - 1)
    ]
    rules = structs.replace(
        RULES,
        products=(product,),
        close=rule,
        modes=(structs.replace(MODE, mechanism=mechanism),),
        calendar=Calendar(sessions=(*hours, Session(80_000, Phase.CLOSED))),
    )
    days = [bar._replace(date=20260105 + n) for n, bar in enumerate(bars)]
    audit = trade(rules, *days)
    for bar in days:
        whole = bar.volume // lot * lot
        said = [why for date, _, why in audit.left_out if date == bar.date]
        assert made(audit, bar)[0] == whole or said
    traded = sum(made(audit, bar)[0] for bar in days)
    if not any("not traded" in why for _, _, why in audit.left_out):
        assert traded + audit.odd_tonnes == sum(bar.volume for bar in days)


# -- rulebooks and amendments -------------------------------------------------------------------


@pytest.mark.parametrize("name", presets.names())
def test_every_rulebook_trades_an_ordinary_bar_or_says_why_it_cannot(name: str) -> None:
    rules = presets.load(name)
    date = next_trading_day(rules.calendar, 20260104)
    for product in rules.products:
        price = product.reference or 5_000
        step, volume = product.tick * 5, max(1_000, product.lot * 20, product.min_quantity * 20)
        bars = [
            Bar(
                day,
                product.symbol,
                price,
                price + step,
                price - step,
                price,
                volume,
                price * volume,
            )
            for day in (date, next_trading_day(rules.calendar, date))
        ]
        ways = {mode.mechanism for mode in rules.modes_of(product)}
        if ways <= {Mechanism.ONE_WAY, Mechanism.NEGOTIATED}:
            with pytest.raises(RulebookError, match=f"{product.symbol}: it trades by "):
                check(rules, bars, ())
            blocks = [
                bar._replace(open=0, high=0, low=0, volume=10**5, value=price * 10**5)
                for bar in bars
            ]
            if ways == {Mechanism.NEGOTIATED}:
                check(rules, blocks, ())
                audit = trade(rules, *blocks)
                assert (audit.blocks, audit.left_out, audit.outsides) == (2, [], [])
            continue
        check(rules, bars, ())
        audit = trade(rules, *bars)
        assert audit.left_out == []
        assert audit.outsides == []
        assert [made(audit, bar)[0] for bar in bars] == [volume, volume]
        assert [made(audit, bar)[1:3] for bar in bars] == [(price + step, price - step)] * 2


def test_a_currency_of_each_product_is_there_to_pay_with_and_added_products_too() -> None:
    products = (Product("CO2", 5_000), Product("EUA", 7_000, currency="EUR"))
    bars = [Bar(20260105, name, 5_000, 5_000, 5_000, 5_000, 10, 50_000) for name in ("CO2", "EUA")]
    bars.append(bars[0]._replace(product="NEW"))
    more = Amendment(0, "products+", '{symbol = "NEW", reference = 5000}')
    audit = trade(structs.replace(RULES, products=products), *bars, amendments=(more,))
    assert audit.left_out == []
    assert [made(audit, bar)[0] for bar in bars] == [10, 10, 10]


def test_an_amendment_that_a_later_one_overtakes_is_named_on_its_day() -> None:
    bar = Bar(20260105, "CO2", 5_000, 5_000, 5_000, 5_000, 10, 50_000)
    later = (
        Amendment(20260106, "modes[continuous].max_quantity", "50"),
        Amendment(20260105, "modes[continuous].min_quantity", "60"),
    )
    with pytest.raises(RulebookError, match=r"on 20260106: path: .*max_quantity"):
        trade(RULES, bar, bar._replace(date=20260106), amendments=later)


@pytest.mark.parametrize(
    ("amendment", "told"),
    [
        (Amendment(0, "modes[nosuch].tick", "5"), r"modes\[nosuch\].tick"),
        (Amendment(0, "clsoe", '"vwap"'), "clsoe"),
        (Amendment(0, "close", "vwap"), "close"),
        (Amendment(0, "close", '"vwop"'), "vwop"),
        (Amendment(20260230, "close", '"vwap"'), "effective: a day that there is"),
    ],
)
def test_an_amendment_that_names_nothing_is_refused_by_its_path(
    amendment: Amendment, told: str
) -> None:
    with pytest.raises(RulebookError, match=f"the amendment of .*{told}") as error:
        check(RULES, [], (amendment,))
    assert "\n" not in str(error.value)


def test_rules_that_trade_none_of_a_file_are_refused_with_what_they_trade() -> None:
    bar = Bar(20260105, "CO2", 5_000, 5_000, 5_000, 5_000, 10, 50_000)
    bars = [bar._replace(product=f"P{n}") for n in range(9)]
    told = r"plain \(CO2\) can trade none of the series: P0: not in the rulebook; .*; and 4 more"
    with pytest.raises(RulebookError, match=told):
        check(RULES, bars, ())
    check(RULES, [*bars, bar], ())
    assert len(trade(RULES, *bars, bar).left_out) == 9


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rulebook", "eu-auction"], "CO2: not in the rulebook"),
        (["--rulebook", "textbook", "--picture", "no/such/year.png"], "no/such is no folder"),
    ],
)
def test_what_cannot_be_done_is_one_line_before_anything_is_written(
    tmp_path: Path, words: list[str], told: str
) -> None:
    path = tmp_path / "days.CSV"
    path.write_text(HEADER + ROW)
    log = tmp_path / "log"
    done = carbonx("history", str(path), *words, "--dir", str(log), status=1)
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not log.exists()


def test_a_file_from_excel_in_china_is_traded_and_its_reading_noted(tmp_path: Path) -> None:
    path = tmp_path / "行情.csv"
    lines = (
        "日期,开盘价,最高价,最低价,收盘价,成交量,成交额",
        '2026/1/5,50,51,49,50.5,"1,000","50,200.00"',
    )
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    facts: dict[str, Any] = json.loads(
        carbonx("history", str(path), "--rulebook", "textbook", "--json").stdout
    )
    assert (facts["product_days"], facts["left_out"], facts["breaches"]) == (1, [], [])
    assert any("GB18030" in note for note in facts["notes"]), "the only product needs no column"
    path.write_text("日期,收盘价\n2026/1/5,50\n", "utf-8")
    done = carbonx("history", str(path), "--rulebook", "shenzhen-2022", status=1)
    assert "no column product" in done.stderr
