"""Tables as people have them: what was written is read, what cannot be is refused by its place."""

from __future__ import annotations

import codecs
import csv
import io
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.vocabulary.tables import FALSE, NOTHING, TRUE, Table, TableError, read_table

COLUMNS = {
    "name": ("product", "品种"),
    "price": ("close", "收盘价"),
    "size": ("volume", "成交量"),
    "flag": ("是否",),
}
ENCODINGS = {  # how -> (codec, mark before it)
    "UTF-8": ("utf-8", b""),
    "UTF-8 with its mark": ("utf-8", codecs.BOM_UTF8),
    "UTF-16 LE": ("utf-16-le", codecs.BOM_UTF16_LE),
    "UTF-16 BE": ("utf-16-be", codecs.BOM_UTF16_BE),
    "GB18030": ("gb18030", b""),
}


def read(text: str | bytes) -> Table:
    data = text if isinstance(text, bytes) else text.encode()
    return read_table(data, "t.csv", COLUMNS)


def refused(text: str | bytes, field: str = "price") -> str:
    """Return what a table, or its first figure, is refused with."""
    with pytest.raises(TableError) as error:
        read(text).rows[0].figure(field)
    assert "\n" not in str(error.value)
    return str(error.value)


# Chinese names, as GB18030 has them in its common part; ASCII; and what has to be quoted.
NAMES = (
    st.text(
        st.sampled_from("深圳排配额国家价格上海广东abcXYZ09 -_,;\t\"'\n"), min_size=1, max_size=8
    )
    .map(str.strip)
    .filter(lambda name: name not in ("", '"'))
)
FIGURES = st.decimals(-(10**9), 10**9, allow_nan=False, places=2) | st.none()
ROWS = st.lists(
    st.tuples(NAMES, FIGURES, st.integers(0, 10**12) | st.none(), st.booleans() | st.none()),
    min_size=1,
    max_size=6,
)


def grouped(figure: Decimal | int | None, mark: str, decimal: str, nothing: str) -> str:
    """Write a figure with a mark between thousands."""
    if figure is None:
        return nothing
    return f"{figure:,}".translate(str.maketrans(",.", f"{mark or chr(0)}{decimal}")).replace(
        chr(0), ""
    )


@given(
    rows=ROWS,
    how=st.sampled_from(sorted(ENCODINGS)),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(("\n", "\r\n", "\r")),
    places=st.permutations(range(4)),
    names=st.tuples(*(st.sampled_from((f, f.upper(), f.title(), *more))
                      for f, more in COLUMNS.items())),
    mark=st.sampled_from((",", " ", "'", "")),
    nothing=st.sampled_from(NOTHING),
    words=st.tuples(st.sampled_from(FALSE), st.sampled_from(TRUE)),
    quoting=st.sampled_from((csv.QUOTE_ALL, csv.QUOTE_MINIMAL)),
    unit=st.sampled_from(("", "(元/吨)", "（元）")),
)  # fmt: skip
def test_a_table_reads_back_however_it_was_written(
    *,
    rows: list[tuple[str, Decimal | None, int | None, bool | None]],
    how: str,
    delimiter: str,
    end: str,
    places: list[int],
    names: tuple[str, ...],
    mark: str,
    nothing: str,
    words: tuple[str, str],
    quoting: int,
    unit: str,
) -> None:
    header = [names[0], names[1] + unit, *names[2:]]
    table = [header]
    for name, price, size, flag in rows:
        said = nothing if flag is None else words[flag]
        table.append([name, grouped(price, mark, ".", nothing), grouped(size, mark, ".", nothing),
                      said.upper()])  # fmt: skip
    target = io.StringIO(newline="")
    if end == "\r":  # the writer would leave a line feed in a name unquoted
        quoting = csv.QUOTE_ALL
    writer = csv.writer(target, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([[row[place] for place in places] for row in table])
    codec, bom = ENCODINGS[how]
    data = bom + target.getvalue().encode(codec)
    found = read_table(data, "t.csv", COLUMNS)
    assert found.others == []
    # Without a decimal anywhere in it, 1,234 of a table that commas do not part has two readings.
    assume(found.decimal)
    assert [
        (row.text("name"), row.figure("price"), row.whole("size"), row.truth("flag"))
        for row in found.rows
    ] == [(name, *rest) for name, *rest in rows]


@given(ROWS.filter(lambda rows: any(price is not None for _, price, _, _ in rows)))
def test_decimal_commas_are_read_where_the_table_shows_that_they_are(
    rows: list[tuple[str, Decimal | None, int | None, bool | None]],
) -> None:
    lines = ["price;volume"]
    lines += [
        f"{grouped(price, '.', ',', '-')};{grouped(size, '.', ',', '-')}"
        for _, price, size, _ in rows
    ]
    found = read("\n".join(lines))
    assert [
        (row.figure("price"), row.whole("size")) for row in found.rows if row.word("price")
    ] == [(price, size) for _, price, size, _ in rows if price is not None]


@pytest.mark.parametrize(
    ("header", "cell", "value"),
    [
        ("收盘价（元/吨）", "５０．５０", "50.50"), ("成交量(万吨)", "1.5", "15000"),
        ("收盘价", "1.234560E+3", "1234.56"), (" Close ", "50.550000000000004",
                                               "50.550000000000004"),
        ("CLOSE", "\u22125", "-5"), ("close", "+.5", "0.5"), ("close", "5.", "5"),
        ("close", "1\u00a0234.5", "1234.5"), ("close (EUR / t)", "7", "7"),
    ],
)  # fmt: skip
def test_figures_are_read_as_people_write_them(header: str, cell: str, value: str) -> None:
    found = read(f"{header}\n{cell}\n")
    (field,) = found.columns
    assert found.rows[0].figure(field) == Decimal(value)


@pytest.mark.parametrize(
    "cell",
    ["many", "1.2.3", "12,34,567", "inf", "-Infinity", "0x10", "1_000", "50%", "1e5000",
     "9" * 29, "9" * 99, "5 0", "--5", "1e", "५"],
)  # fmt: skip
def test_what_is_no_figure_is_refused_with_row_and_column(cell: str) -> None:
    told = refused(f'close,name\n\n"{cell}",x\n"1,234.5",x')
    assert told.startswith("t.csv: row 3, column close: "), told
    assert repr(cell if len(cell) <= 60 else f"{cell[:60]}...") in told


def test_two_kinds_of_decimals_in_one_table_are_not_both_read() -> None:
    for first, second in (("50,5", "1,234.5"), ("50.5", "1.234,5")):
        rows = read(f"close;name\n{first};x\n{second};x\n").rows
        assert rows[0].figure("price") == Decimal("50.5")
        with pytest.raises(TableError, match="row 3, column close: "):
            rows[1].figure("price")


@pytest.mark.parametrize("cell", ["1.5", "1e-3", "1e60", "x"])
def test_what_is_no_whole_number_is_refused(cell: str) -> None:
    row = read(f"volume\n{cell}\n").rows[0]
    with pytest.raises(TableError, match=r"t.csv: row 2, column volume: .*(whole number|figure)"):
        row.whole("size")
    assert read("volume\n10.0\n").rows[0].whole("size") == 10


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=6))
def test_a_yes_or_no_is_one_or_refused_and_never_silently_no(text: str) -> None:
    quoted = text.replace('"', '""')
    rows = read(f'flag,name\n"{quoted}",x\n').rows
    word = rows[0].word("flag")
    if word in NOTHING:
        assert rows[0].truth("flag") is None
    elif word in (*TRUE, *FALSE):
        assert rows[0].truth("flag") is (word in TRUE)
    else:
        with pytest.raises(TableError, match="row 2, column flag: "):
            rows[0].truth("flag")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("close\nx\n1,2\n", "row 3: the row has 2 cells, the header 1: '2' has no column"),
        ("close,volume,flag\n1\n", "row 2, column volume: is not there: the row has 1 cells"),
        ("close,收盘价\n1,2\n", "columns close and 收盘价 both are the price"),
        ('close\n"1\n', "row 2: unexpected end of data"),
        ('close\n"1"2\n', "row 2: "),
        (b"close\nna\xefve\n", "byte 9 is not UTF-8 or GB18030: save it as UTF-8"),
        ("close\nSociété\n".encode("cp1252"), "is not UTF-8 or GB18030"),
        ("close\nΩμέγα\n".encode("cp1253"), "is not UTF-8 or GB18030"),
        ("close,name\n1,广东碳配额".encode()[:-1], "byte 26 is not UTF-8 or GB18030"),
        (b"\xff\xfea\x00b", "is not UTF-16"),
        (b"\xfe\xff\xd8\x00\x00a", "is not UTF-16"),
        ("close\n1\n".encode("utf-16-le"), "save it as UTF-8"),
        ("close\n1\n".encode("utf-32"), "save it as UTF-8"),
        (b"PK\x03\x04rest", "Excel workbook"),
        ("close(手)\n5\n", "row 2, column close(手): the unit '手' is not known"),
        ("close;volume\n1,234;5\n", "1,234 may be 1234 or 1.234"),
        ("close\n" + "x" * 200_000, "row 2: field larger than"),
    ],
)
def test_a_table_that_cannot_be_read_says_where_and_why(text: str | bytes, told: str) -> None:
    found = refused(text)
    assert found.startswith("t.csv: ")
    assert told in found


def test_a_column_that_is_needed_is_asked_for_by_all_its_names() -> None:
    with pytest.raises(TableError, match="no column name or product; there are close, x"):
        read("close,x\n1,2\n").need(COLUMNS, "price", "name")
    read("close,x\n1,-\n").need(COLUMNS, "price")


COMMON = [
    letter
    for row in range(0xB0, 0xF8)
    for place in range(0xA1, 0xFF)
    if (letter := bytes((row, place)).decode("gb2312", "ignore"))
]


@given(st.lists(st.text(st.sampled_from(COMMON), min_size=1, max_size=4), min_size=1, max_size=4))
def test_chinese_names_are_read_even_where_their_bytes_look_like_letters(names: list[str]) -> None:
    text = "name,close\n" + "".join(f"{name},1\n" for name in names)
    told = _told(text.encode("gb18030"))
    if told:  # more of it is good UTF-8 than not: it may be a damaged file
        assert "save it as UTF-8" in told
    else:
        found = read(text.encode("gb18030"))
        assert [row.text("name") for row in found.rows] == names
        assert found.encoding == "gb18030"


@pytest.mark.parametrize("name", ["平伟", "碳", "联通", "张三", "二氧化碳", "广州碳排放权交易中心"])
def test_a_name_in_gb18030_is_that_name(name: str) -> None:
    assert read(f"name\n{name}\n".encode("gb18030")).rows[0].text("name") == name


@pytest.mark.parametrize("name", ["Société", "Ökostrom", "Źródło", "Ελλάδα", "Россия", "São", "Ås"])
def test_a_name_in_utf_8_is_that_name(name: str) -> None:
    assert read(f"name\n{name}\n").rows[0].text("name") == name


def test_columns_without_a_name_and_a_cell_need_not_be_there() -> None:
    found = read("close,volume,,\n1,2\n3,4,\n5,6,,\n")
    assert [row.whole("size") for row in found.rows] == [2, 4, 6]
    assert "row 2: the row has 3 cells, the header 2: 'x' has no column" in refused(
        "close,volume,,\n1,2,x\n"
    )


def test_a_header_of_any_length_and_of_several_lines_is_told_in_a_short_line() -> None:
    for header in ('"a\nb",' * 500 + "c", "x" * 100_000, '"volume\n(t)",price\n1'):
        with pytest.raises(TableError) as error:
            read(f"{header}\n").need(COLUMNS, "price")
        assert len(str(error.value)) < 500
        assert "\n" not in str(error.value)
    assert read('"Volume\n(t)"\n5\n').rows[0].whole("size") == 5


def test_excels_own_first_line_and_empty_rows_are_passed_over_and_counted() -> None:
    found = read("sep=;\r\n\r\nclose;volume\r\n;\r\n1;2\r\n;;\r\n")
    assert [row.number for row in found.rows] == [5]
    assert found.rows[0].figure("price") == 1


@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_whatever_the_bytes_are_they_are_read_or_refused_in_a_line(data: bytes) -> None:
    for text in (data, b"close,name\n" + data):
        told = _told(text)
        assert not told or (told.startswith("t.csv: ") and "\n" not in told)


def _told(data: bytes) -> str:
    """Return what a table is refused with, "" where it is read."""
    try:
        for row in read_table(data, "t.csv", COLUMNS).rows:
            row.figure("price")
    except TableError as error:
        return str(error)
    return ""
