"""A rulebook's file is changed in place: its comments stay, and what is wrong leaves it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.rulebook import holidays, presets
from engine.rulebook.amend import amended
from engine.rulebook.model import RulebookError
from engine.rulebook.toml_codec import from_toml
from gateway.cli.rulebook_file import changed
from tests.gateway.cli.test_cli import carbonx

if TYPE_CHECKING:
    from pathlib import Path

MINE = """\
# A market of my own.
name = "mine"   # a name

[[modes]]
name = "screen"
limit_up_bp = 1000  # ten per cent
limit_down_bp = 1000

[[products]]
symbol = "A"
reference = 100

[calendar]
holidays = [20250101]  # New Year
"""


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("modes[screen].limit_up_bp", "2000", "limit_up_bp = 2000  # ten per cent"),
        ("calendar.holidays+", "20260101", "holidays = [20250101, 20260101]  # New Year"),
        ("products+", '{ symbol = "B", reference = 5 }', 'symbol = "B"'),
        ("products[A]", "{ tick = 5 }", "tick = 5"),
        ("auction.lot", "5", "lot = 5"),
        ("close", '"vwap"', 'close = "vwap"'),
    ],
)
def test_a_change_is_an_amendment_and_all_else_stays(path: str, value: str, line: str) -> None:
    text, book = changed(MINE, path, value)
    assert book == from_toml(text) == amended(from_toml(MINE), path, value)
    assert line in text.splitlines()
    kept = [each for each in MINE.splitlines() if each and each not in text.splitlines()]
    assert len(kept) <= 1, "the line that changed"
    assert text.startswith("# A market of my own.\n")


def test_a_market_is_named_in_the_file() -> None:
    text, book = changed(MINE, "calendar.holidays", '"korea"')
    assert 'holidays = "korea"  # New Year' in text
    assert list(book.calendar.holidays) == holidays.load("korea").dates
    with pytest.raises(RulebookError, match="only lists take one more"):
        changed(text, "calendar.holidays+", "20300101")


@pytest.mark.parametrize("name", presets.names())
def test_every_packaged_rulebook_takes_a_change_of_one_line(name: str) -> None:
    before = presets.text(name)
    text, book = changed(before, "title", '"Another"')
    assert book.title == "Another"
    pairs = zip(before.splitlines(), text.splitlines(), strict=name != "textbook")
    assert sum(old != new for old, new in pairs) == 1


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("close", "vwap", "close: 'vwap' is not a TOML value: a text needs quotation marks"),
        ("close", '"late"', "'late' is not one of last, vwap"),
        ("clsoe", '"vwap"', "clsoe: there is no such key"),
        ("modes[block].lot", "5", "the file has no modes[block]"),
        ("name.first", "5", "the file has no name"),
        ("products[A]", "5", "a table such as {tick = 5} is needed"),
        ("modes[screen].limit_up_bp", "0", "both limits or neither"),
        ("name+", '"b"', "only lists take one more"),
        ("", "5", "there is no such key"),
    ],
)
def test_what_would_be_wrong_is_refused_and_the_file_left_alone(
    tmp_path: Path, path: str, value: str, said: str
) -> None:
    with pytest.raises(RulebookError) as refused:
        changed(MINE, path, value)
    assert said in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_the_command_changes_a_file_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(MINE.replace("\n", "\r\n").encode("utf-8-sig"))
    done = carbonx("rulebooks", "amend", str(file), "modes[screen].limit_up_bp", "500")
    assert "modes[screen].limit_up_bp is 500; digest" in done.stdout
    assert b"limit_up_bp = 500  # ten per cent\r\n" in file.read_bytes()
    before = file.read_bytes()
    refused = carbonx("rulebooks", "amend", str(file), "close", '"late"', status=1)
    assert "'late' is not one of" in refused.stderr
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["mine.toml"]


def test_long_lists_are_compared_by_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(presets.text("krx"), encoding="utf-8")
    carbonx("rulebooks", "amend", str(file), "calendar.holidays", '"china"')
    told = carbonx("rulebooks", "diff", "krx", str(file)).stdout
    (line,) = [each for each in told.splitlines() if each.startswith("calendar.holidays: ")]
    assert "without [20130301, " in line, "a day that Korea alone is closed"
    assert "with [20130102, " in line
    assert "20130101" not in line
