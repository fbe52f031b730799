"""``carbonx match`` on the files that people have: orders of spreadsheets, and lines of JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook import presets
from engine.rulebook.model import Product, Rulebook
from engine.vocabulary.commands import MoveCash, NewOrder, OpenAccount
from engine.vocabulary.enums import OrderType, Side, TimeInForce
from engine.vocabulary.tables import FALSE, NOTHING, TRUE, TableError
from engine.vocabulary.units import MAX_TOTAL
from gateway.cli.match import command
from gateway.cli.match_file import FileError, as_lines, read_json_lines, read_orders, run
from tests.gateway.cli.test_cli import carbonx
from tests.support.command_line import typed

if TYPE_CHECKING:
    from pathlib import Path

    from engine.vocabulary.commands import Command

RULES = Rulebook("two", (Product("CO2", 5_000), Product("EUA", 7_000, currency="EUR")))
HEADER = "account,symbol,side,quantity,price\n"


def orders(text: str | bytes, rules: Rulebook = RULES) -> list[NewOrder]:
    data = text if isinstance(text, bytes) else text.encode()
    return [each for each in read_orders(data, "o.csv", rules) if isinstance(each, NewOrder)]


def events(commands: list[Command], rules: Rulebook = RULES) -> list[dict[str, Any]]:
    venue, lines = run(rules, commands)
    found = [json.loads(line) for line in lines]
    venue.check()
    return found


@pytest.mark.parametrize("name", ["orders.csv", "ORDERS.CSV", "Orders.Csv"])
def test_a_file_from_excel_in_china_is_matched_whatever_the_case_of_its_name(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(
        "账户;品种;买卖方向;数量;委托价格\r\n张三;CO2;买入;1.000;50,00\r\n"
        "李四;CO2;卖出;1.000;50,00\r\n".encode("gb18030")
    )
    done = CliRunner().invoke(command, [str(path)])
    assert done.exit_code == 0, done.output
    trade = json.loads(done.stdout.splitlines()[-1])
    assert (trade["maker"], trade["taker"], trade["quantity"]) == ("张三", "李四", 1_000)
    assert f"{path} is not UTF-8, and was read as GB18030" in done.stderr


def test_every_event_has_the_number_of_its_command_and_the_time(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text(
        '\ufeff{"type": "open_account", "account": "a"}\n\n# a remark\n'
        '{"type": "advance_time", "time": 5000}\n'
        '{"type": "move_cash", "account": "a", "amount": "1"}\n',
        "utf-8",
    )
    told = [json.loads(line) for line in carbonx("match", str(path)).stdout.splitlines()]
    assert [(e["seq"], e["time"], e["type"]) for e in told] == [
        (1, 0, "account_opened"),
        (3, 5_000, "cash_moved"),
    ]
    out = tmp_path / "events.jsonl"
    carbonx("match", str(path), "--out", str(out))
    assert [json.loads(line) for line in out.read_text("utf-8").splitlines()] == told


@given(st.lists(st.tuples(
    st.sampled_from(("ann", "bob")),
    st.sampled_from((None, *range(1, 9))),
    st.sampled_from((None, True, False)),
), min_size=1, max_size=12), st.data())  # fmt: skip
def test_references_that_are_left_out_count_on_and_a_yes_is_never_a_no(
    rows: list[tuple[str, int | None, bool | None]], data: st.DataObject
) -> None:
    lines = ["account,ref,symbol,side,quantity,price,post_only"]
    for account, ref, flag in rows:
        words = NOTHING if flag is None else TRUE if flag else FALSE
        word = data.draw(st.sampled_from(words))
        number = data.draw(st.sampled_from(NOTHING)) if ref is None else ref
        lines.append(f"{account},{number},CO2,buy,10,49,{word.title()}")
    last: dict[str, int] = {}
    for order, (account, ref, flag) in zip(orders("\n".join(lines)), rows, strict=True):
        assert order.account == account
        assert order.ref == (ref or last.get(account, 0) + 1)
        last[account] = max(order.ref, last.get(account, 0))
        assert order.post_only is (flag or False)


def test_every_field_of_an_order_is_read_in_the_words_that_people_have() -> None:
    (order,) = orders(
        "客户,编号,代码,方向,数量,价格,type,Time in Force,触发价,Display,Post-Only,expires at\n"
        'ann,7,EUA,S,"1,000",70.50,Stop Limit,GTD,71,10.0,否,123456789012345678\n'
    )
    assert order == NewOrder(
        "ann",
        7,
        "EUA",
        Side.SELL,
        1_000,
        7_050,
        OrderType.STOP_LIMIT,
        TimeInForce.GTD,
        7_100,
        10,
        post_only=False,
        expire_at=123456789012345678,
    )


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("ann,CO2,buy,10", "row 2, column price: is not there"),
        (",CO2,buy,10,50", "row 2, column account: it is empty, and an order needs it"),
        ("ann,,buy,10,50", "row 2, column symbol: it is empty"),
        ("ann,CO2,,10,50", "row 2, column side: a new_order needs it"),
        ("ann,CO2,buy,-,50", "row 2, column quantity: a new_order needs it"),
        ("ann,CO2,hold,10,50", "row 2, column side: 'hold' is not one of buy, sell"),
        ("ann,CO2,buy,10.5,50", "row 2, column quantity: '10.5' is not a whole number"),
        ("ann,CO2,buy,ten,50", "row 2, column quantity: 'ten' is not a figure"),
        ("ann,CO2,buy,1e25,50", "row 2, column quantity: a whole number from"),
        ("ann,CO2,buy,10,50.005", "row 2, column price: '50.005' has more than 2 decimals"),
        ("ann,CO2,buy,10,1e25", "row 2, column price: a whole number from"),
        ("ann,CO2,buy,10," + "9" * 4_000, "row 2, column price: '999"),
        ("ann,CO2,buy,10,50\nbob,CO2,buy,10,inf", "row 3, column price: 'inf' is not a figure"),
    ],
)
def test_a_row_that_is_no_order_is_refused_with_file_row_and_column(row: str, told: str) -> None:
    with pytest.raises(TableError) as error:
        orders(HEADER + row + "\n")
    assert f"o.csv: {told}" in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [("post_only", "maybe", "is not true or false"), ("colour", "red", "it is not one of account"),
     ("tif", "forever", "is not one of day"), ("order_type", "5", "is not one of"),
     ("ref", "x", "not a figure"), ("expire_at", "soon", "not a figure")],
)  # fmt: skip
def test_a_column_that_means_nothing_is_refused(column: str, value: str, told: str) -> None:
    text = f"{HEADER.strip()},{column}\nann,CO2,buy,10,50,{{}}\n"
    with pytest.raises(TableError, match=f"row 2, column {column}: .*{told}"):
        orders(text.format(value))
    assert orders(text.format("")), "an empty cell says nothing"


def test_a_missing_column_is_named_and_nothing_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("account,side,quantity\nann,buy,1\n")
    done = carbonx("match", str(path), status=1)
    assert "no column symbol or product" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    path.write_text(HEADER + "ann,CO2,buy,1,5\nann,CO2,bye,1,5\n")
    done = carbonx("match", str(path), status=1)
    assert f"{path}: row 3, column side: " in done.stderr
    assert done.stdout == "", "no order is taken of a file with a wrong one"


def test_orders_in_several_currencies_are_all_paid_for() -> None:
    text = HEADER + "".join(
        f"{who},{what},{side},10,50\n"
        for what in ("CO2", "EUA")
        for who, side in (("ann", "buy"), ("bob", "sell"))
    )
    found = events(read_orders(text.encode(), "o.csv", RULES))
    assert [e["symbol"] for e in found if e["type"] == "trade"] == ["CO2", "EUA"]
    assert not [e for e in found if e["type"] == "rejected"]


@pytest.mark.parametrize("name", ["o.CSV", "o.tsv", "o.txt"])
def test_a_table_is_known_by_its_name(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    data = (HEADER + "ann,CO2,buy,10,50\n").replace(",", "\t")
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):  # the last is Excel's Unicode text
        file.write_bytes(data.encode(encoding))
        assert '"order_accepted"' in typed("match", str(file)).out
    file.with_suffix(".txt").write_text('{"type": "open_account", "account": "ann"}\n', "utf-8")
    assert '"account_opened"' in typed("match", str(file.with_suffix(".txt"))).out
    workbook = tmp_path / "orders.xlsx"
    workbook.write_bytes(b"PK\x03\x04")
    answer = typed("match", str(workbook))
    assert answer.status == 1
    assert "workbook" in answer.err


@pytest.mark.parametrize("accounts", [1, 2, 900, 9_500])
def test_any_number_of_accounts_is_opened_with_what_a_venue_may_hold(accounts: int) -> None:
    text = HEADER + "".join(f"a{n},CO2,buy,10,50\n" for n in range(accounts))
    found = read_orders(text.encode(), "o.csv", RULES)
    opened = [each for each in found if isinstance(each, OpenAccount)]
    assert [each.account for each in opened] == [f"a{n}" for n in range(accounts)]
    others = [each for each in found if isinstance(each, MoveCash)]
    assert {each.currency for each in others} == {"EUR"}
    assert len(found) == 3 * accounts + 1, "a record opens and funds, one has the other currency"
    for cash in ([each.cash for each in opened], [each.amount for each in others]):
        assert len(cash) == accounts
        assert min(cash) > 0
        assert sum(cash) <= MAX_TOTAL
    tonnes = [dict(each.allowances)["EUA"] for each in opened]
    assert min(tonnes) > 0
    assert sum(tonnes) <= MAX_TOTAL


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000, '{"type": ' * 50_000, '{"type": "begin_day", "date": ' + "9" * 100_000 + "}",
        '{"type": "begin_day", "date": 1e400}', '{"type": "begin_day", "date": NaN}',
        '{"type": "move_cash", "account": "a", "amount": "' + "9" * 10_000 + '"}',
        '{"type": "open_account", "account": ' + "[" * 40_000 + "]" * 40_000 + "}", "nonsense",
        "null", '"\ud800"'.encode("utf-16", "surrogatepass").decode("latin-1"),
    ],
)  # fmt: skip
def test_a_line_beyond_sense_is_refused_by_its_number(line: str) -> None:
    lines = ['{"type": "open_account", "account": "a"}', "", line]
    with pytest.raises(FileError, match=r"^line 3: ") as error:
        list(read_json_lines(lines, 2))
    assert len(str(error.value)) < 500
    assert "\n" not in str(error.value)


def test_a_line_that_is_no_utf_8_is_refused_by_its_number() -> None:
    good = b'{"type": "open_account", "account": "a"}\n'
    with pytest.raises(FileError, match="line 2: byte 42 is not UTF-8: save it as UTF-8"):
        list(read_json_lines(as_lines([good, good[:41] + "\xe9".encode("latin-1")]), 2))


def test_a_small_preset_has_no_more_columns_than_orders_have() -> None:
    (order,) = orders(HEADER + "ann,CO2,b,10,\n", presets.load("textbook"))
    assert order == NewOrder("ann", 1, "CO2", Side.BUY, 10)
