"""The state's hash sees every figure that can influence a later event, one at a time."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec import structs

from engine.rulebook import presets
from engine.rulebook.model import Mode
from engine.vocabulary.enums import Delivery, Side
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.rulebook.model import Rulebook
    from engine.venue.venue import Venue

DAY: Final = ("first", "high", "low", "last", "auction", "volume", "value", "trades")
BALANCE: Final = ("total", "reserved", "locked", "owed", "pending")
ORDER: Final = ("ref", "price", "quantity", "leaves", "shown", "flags", "display")
GATE: Final = ("phase", "call", "low", "high")
TEXTBOOK: Final = presets.load("textbook")
LATER: Final = Mode(delivery=Delivery.LATER, delivery_days=2, maker_fee_ppm=700, taker_fee_ppm=900)
EVERY: Final = (
    *map(presets.load, presets.names()),
    *(structs.replace(TEXTBOOK, name=f"later-{n}", modes=(LATER,)) for n in range(3)),
    structs.replace(TEXTBOOK, name="lags", modes=(Mode(resale_lag=1, proceeds_lag=2),)),
)


def figures(venue: Venue) -> Iterator[tuple[Any, str]]:
    """Yield objects and the names of their figures."""
    yield venue.clock, "now"
    yield venue, "date"
    yield venue.ledger, "day"
    for asset in venue.assets.values():
        yield from ((asset, name) for name in ("reference", "fixing"))
    for line in venue.markets.values():
        yield line, "trades"
        yield from ((line.day, name) for name in DAY)
        yield from ((line.gate, name) for name in GATE)
        for side in Side:
            yield from ((o, name) for o in line.book.orders(side) for name in ORDER)
    for each in venue.participants.values():
        yield from ((each, name) for name in ("killed", "last_ref"))
        yield each.account, "allocation"
        for table in (each.account.cash, each.account.holdings):
            yield from ((b, name) for b in table.values() if b.total for name in BALANCE)
    yield from ((fees, "total") for fees in venue.ledger.fees.values() if fees.total)


def tuples(venue: Venue) -> Iterator[tuple[list[Any], int]]:
    """Yield lists and the places in them of tuples with what waits for a later day."""
    for table in (venue.ledger.locks, venue.ledger.dues):
        for rows in table.values():
            yield from ((rows, place) for place in range(len(rows)))


def flow_with(book: Rulebook) -> Flow:
    """Return a rulebook's flow in the middle of its second day."""
    flow = Flow(book, Random(book.name))
    list(flow.day())
    for number, _ in enumerate(flow.day(), 1):
        open_orders = sum(len(flow.venue.open_orders(who)) for who in flow.venue.accounts)
        if number > 60 and open_orders > 3:
            break
    return flow


@pytest.mark.parametrize("book", EVERY, ids=lambda book: book.name)
def test_each_figure_is_in_the_hash(book: Rulebook) -> None:
    venue = flow_with(book).venue
    state = venue.state_hash()
    for holder, figure in figures(venue):
        was = getattr(holder, figure)
        setattr(holder, figure, was + 1)
        assert venue.state_hash() != state, (holder, figure)
        setattr(holder, figure, was)
    assert venue.state_hash() == state


def test_each_figure_of_what_waits_for_a_later_day_is_in_the_hash() -> None:
    seen = dict.fromkeys(("Lock", "Due"), 0)
    for book in EVERY:
        venue = flow_with(book).venue
        state = venue.state_hash()
        others = list(venue.ledger.accounts.values())
        for rows, place in tuples(venue):
            row = rows[place]
            seen[type(row).__name__] += 1
            for field in row._fields:
                was = getattr(row, field)
                if field == "balance":  # says again which account's and what
                    continue
                if field in {"account", "buyer", "seller"}:
                    changed = next(each for each in others if each is not was)
                else:
                    changed = was + (1 if isinstance(was, int) else "x")
                rows[place] = row._replace(**{field: changed})
                assert venue.state_hash() != state, (book.name, field)
            rows[place] = row
        assert venue.state_hash() == state
    assert all(seen.values()), seen
