"""LOBSTER files read and traded again; the files are made by a small market of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backtest.lab.people import Trader
from backtest.tapes.lobster import Kind, LobsterError, read_book, read_messages
from backtest.tapes.order_flow import SYMBOL, trade_again
from engine.vocabulary.commands import OpenAccount
from tests.support.lobster import LEVELS, Market

if TYPE_CHECKING:
    from pathlib import Path

    from backtest.agents.market import Market as Venue
    from backtest.kernel.kernel import Entry, Kernel


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_the_engine_builds_the_book_of_the_file(seed: int, tmp_path: Path) -> None:
    messages, book = Market(seed).write(400, tmp_path)
    report, kernel = trade_again(read_messages(messages), read_book(book))
    kernel.venue.check()
    assert report.messages == report.compared >= 400
    assert report.levels == LEVELS
    assert report.best_equal == report.all_equal == report.messages, report
    assert report.executions > 20
    assert report.hidden > 10


def test_executions_meet_the_orders_that_the_file_names(tmp_path: Path) -> None:
    """All of them where no order is older than the file."""
    messages, book = Market(7, before=0).write(400, tmp_path)
    report, _ = trade_again(read_messages(messages), read_book(book))
    assert report.executions == report.in_place > 20


def test_without_an_orderbook_older_orders_are_unknown(tmp_path: Path) -> None:
    messages, _ = Market(3).write(200, tmp_path)
    report, _ = trade_again(read_messages(messages))
    assert report.compared == 0
    assert report.unknown > 0


class Buyer(Trader):
    """Takes what is offered at its price, once."""

    def on_start(self, seat: Venue) -> None:
        seat.wake_at(seat.now() + 1_000_000_000)

    def on_wake(self, seat: Venue) -> None:
        seat.buy(SYMBOL, 300, 1_100_000)


def test_an_agent_trades_among_the_messages(tmp_path: Path) -> None:
    messages, _ = Market(5, before=0).write(4000, tmp_path)

    def agents(kernel: Kernel) -> None:
        kernel.give(OpenAccount("me", cash=10**12))
        kernel.join(Buyer(), "me").start()

    tape: list[Entry] = []
    _, kernel = trade_again(read_messages(messages), tape=tape, agents=agents)
    assert kernel.venue.allowances("me", SYMBOL) == (300, 0)


GOOD = "34200.004241176,1,16113575,18,5853300,1\n"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("34200.1,1,2,18,5853300", "row 2: 5 columns"),
        ("x,1,2,18,5853300,1", "row 2: time: 'x'"),
        ("34200.1,9,2,18,5853300,1", "row 2: type: 9"),
        ("34200.1,1,b,18,5853300,1", "row 2: order id: 'b'"),
        ("34200.1,1,2,0,5853300,1", "row 2: size: 0"),
        ("34200.1,1,2,1.5,5853300,1", "row 2: size: '1.5'"),
        ("34200.1,1,2,18,-5,1", "row 2: price: -5"),
        ("34200.1,1,2,18,5853300,0", "row 2: direction: 0"),
        ("34100.1,1,2,18,5853300,1", "row 2: time: 34100.1 is before"),
        ("99999999.1,1,2,18,5853300,1", "row 2: time"),
        ("34200.1,1,2,18,5853300," + "9" * 30, "row 2: direction"),
        ("Zeit,Ä", "not a text"),
    ],
)
def test_a_message_file_is_refused_in_a_line(row: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "message.csv"
    path.write_text(GOOD + row + "\n", encoding="latin-1")
    with pytest.raises(LobsterError) as found:
        read_messages(path)
    assert str(found.value).startswith(str(path))
    assert words in str(found.value)
    assert "\n" not in str(found.value)


def test_an_orderbook_file_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "orderbook.csv"
    path.write_text("1,2,3\n", encoding="ascii")
    with pytest.raises(LobsterError, match="row 1: 3 columns"):
        read_book(path)
    path.write_text("1,2,3,4\n1,2,x,4\n", encoding="ascii")
    with pytest.raises(LobsterError, match="row 2: bid price 1: 'x'"):
        read_book(path)


def test_the_files_belong_together(tmp_path: Path) -> None:
    messages, book = Market(1).write(20, tmp_path)
    with pytest.raises(LobsterError, match="19 rows, the message file 20"):
        trade_again(read_messages(messages), read_book(book)[1:])


def test_times_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "message.csv"
    path.write_text(GOOD, encoding="ascii")
    (message,) = read_messages(path)
    assert message == (34_200_004_241_176, Kind.NEW, 16113575, 18, 5853300, True)
