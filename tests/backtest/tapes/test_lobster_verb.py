"""``carbonx lobster``: what is said of a file, and of one whose book is another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.command_line import typed
from tests.support.lobster import Market

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_and_its_book(tmp_path: Path) -> None:
    messages, book = Market(2, before=0).write(100, tmp_path)
    answer = typed("lobster", str(messages), "--book", str(book))
    assert answer.status == 0, answer.err
    assert "compared with the 5 levels of each of 100 rows" in answer.out
    assert all(len(line) <= 80 for line in answer.out.splitlines())
    found = json.loads(typed("lobster", str(messages), "--book", str(book), "--json").out)
    assert found["all_equal"] == found["messages"] == 100
    assert "compared with nothing" in typed("lobster", str(messages)).out


def test_another_book_is_found(tmp_path: Path) -> None:
    messages, book = Market(2, before=0).write(100, tmp_path)
    rows = book.read_text("ascii").splitlines()
    cells = rows[59].split(",")
    cells[1] = str(int(cells[1]) + 100)
    rows[59] = ",".join(cells)
    book.write_text("\n".join(rows), "ascii")
    answer = typed("lobster", str(messages), "--book", str(book))
    assert answer.status == 1
    assert "the first row that differs: 60" in answer.out


def test_what_is_no_such_file_is_told_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1,2\n", "ascii")
    answer = typed("lobster", str(path))
    assert answer.status == 1
    assert answer.err == (
        f"Error: {path}, row 1: 2 columns; a message has time, type, order id, size, price, "
        "direction\n"
    )
