"""The book that measures see is the venue's own."""

from __future__ import annotations

from random import Random

import pytest

from backtest.measures.books import Books, Quote, cost
from backtest.measures.tape import read
from engine.rulebook import presets
from engine.vocabulary.enums import Phase, Side
from tests.support.random_flow import Flow

PRESETS = ("textbook", "shenzhen-2022", "cn-national", "krx", "ice-eua", "shanghai")


@pytest.mark.parametrize("name", PRESETS)
def test_the_book_from_events_is_the_venues_own(name: str) -> None:
    flow = Flow(presets.load(name), Random(name))
    books = Books()
    shown = 0
    for _ in range(3):
        for command, events in flow.day(25):
            read([(flow.venue.time, command, events)], books)
            for symbol in flow.venue.symbols:
                book = books.book(symbol)
                bids, asks = (flow.venue.depth(symbol, side) for side in Side)
                assert (book.depth(Side.BUY), book.depth(Side.SELL)) == (bids, asks)
                best = (*(bids[0] if bids else (0, 0)), *(asks[0] if asks else (0, 0)))
                assert book.quote() == Quote(*best)
                assert book.open == (flow.venue.phase(symbol) is Phase.CONTINUOUS)
                shown += len(bids) + len(asks)
    assert shown


def test_the_cost_of_levels() -> None:
    book = Books().book("A")
    for price, tonnes in ((99, 5), (98, 7), (90, 100)):
        book.set(Side.BUY, price, tonnes)
    for price, tonnes in ((101, 4), (104, 6)):
        book.set(Side.SELL, price, tonnes)
    assert book.depth(Side.SELL) == [(101, 4), (104, 6)]
    assert cost(book.depth(Side.SELL), 7) == 4 * 101 + 3 * 104
    assert cost(book.depth(Side.SELL), 11) is None
    assert cost(book.depth(Side.BUY), 12) == 5 * 99 + 7 * 98
