"""The state's hash sees every figure that can influence a later event, one at a time."""

from __future__ import annotations

import gc
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec import msgpack, structs

from engine.markets.dumps import AT_ONCE, rows
from engine.rulebook import presets
from engine.rulebook.model import Mode
from engine.venue.state import dump
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Delivery, OrderType, Phase, Side, TimeInForce
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.rulebook.model import Rulebook

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
        for waiting in table.values():
            yield from ((waiting, place) for place in range(len(waiting)))


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
        for waiting, place in tuples(venue):
            row = waiting[place]
            seen[type(row).__name__] += 1
            for field in row._fields:
                was = getattr(row, field)
                if field == "balance":  # says again which account's and what
                    continue
                if field in {"account", "buyer", "seller"}:
                    changed = next(each for each in others if each is not was)
                else:
                    changed = was + (1 if isinstance(was, int) else "x")
                waiting[place] = row._replace(**{field: changed})
                assert venue.state_hash() != state, (book.name, field)
            waiting[place] = row
        assert venue.state_hash() == state
    assert all(seen.values()), seen


@pytest.mark.parametrize("count", [0, 1, 15, 16, AT_ONCE, AT_ONCE + 1, 1_000, 65_535, 65_536])
def test_rows_are_the_bytes_of_their_list(count: int) -> None:
    each = [(number, "x" * (number % 40)) for number in range(count)]
    assert msgpack.encode([1, rows(iter(each)), 2]) == msgpack.encode([1, each, 2])


@pytest.mark.parametrize("book", EVERY, ids=lambda book: book.name)
def test_a_dump_is_nested_lists_whatever_of_it_was_encoded_first(book: Rulebook) -> None:
    data = msgpack.encode(dump(flow_with(book).venue))
    assert msgpack.encode(msgpack.decode(data)) == data


def crowded(count: int) -> Venue:
    """Return a venue with so many live orders: in the book, held, for a price and until a time."""
    venue = Venue(TEXTBOOK)
    line = TEXTBOOK.products[0].symbol
    for name in ("a", "b", "c"):
        venue.apply(c.OpenAccount(name, cash=10**12, allowances=((line, 10**9),)))
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    ways: list[dict[str, Any]] = [
        {}, {}, {}, {"display": 2}, {"tif": TimeInForce.AT_CLOSE},
        {"tif": TimeInForce.GTD, "expire_at": 10**18},
        {"order_type": OrderType.STOP_LIMIT, "stop_price": 8_000},
    ]  # fmt: skip
    for number in range(count):
        side = Side.BUY if number % 2 else Side.SELL
        price = 5_000 + (-1 if side is Side.BUY else 1) * (1 + number % 61)
        order = c.NewOrder("abc"[number % 3], number + 1, line, side, 4 + number % 9, price)
        venue.apply(structs.replace(order, **ways[number % len(ways)]))
    assert venue.live_orders() == count
    return venue


def test_many_orders_have_the_hash_that_logs_hold() -> None:
    """It was computed when a dump was made whole and encoded then."""
    found = sha256(msgpack.encode(dump(crowded(1_000))[1:])).hexdigest()  # but the rules' digest
    assert found == ("8144bd613240d09c7720dd8c7a6e12b246108857c5e355b338f41045a5d711cd")


def test_hashing_many_orders_is_no_matter_for_the_collector() -> None:
    venue, passes = crowded(5_000), list[int]()

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            passes.append(info["generation"])

    gc.collect()
    gc.callbacks.append(note)
    try:
        venue.state_hash()
    finally:
        gc.callbacks.remove(note)
    assert passes in ([], [0]), "a look at what is new, once, whatever the number of orders"
