"""A price off the tick table never prints, whatever the mode, the phase or the amendment."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.rulebook import presets
from engine.rulebook.ladders import PRICE_RULES
from engine.rulebook.model import Mode
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Mechanism, Phase
from tests.oracle.ticks import TickTable
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.rulebook.model import Product, Rulebook
    from engine.venue.venue import Venue

TEXTBOOK = presets.load("textbook")
CALLS = structs.replace(
    TEXTBOOK, name="calls", modes=(Mode(name="calls", limit_up_bp=2_000, limit_down_bp=2_000),)
)
VOLATILE = structs.replace(
    TEXTBOOK, name="volatile", modes=(Mode(name="calls", volatility_bp=200, volatility_seconds=5),)
)
BOOKS = [*map(presets.load, presets.names()), CALLS, VOLATILE]


def table(rng: Random, product: Product) -> tuple[tuple[int, int], ...]:
    """Make a table whose ticks change around the prices that trade."""
    rows = [(0, product.tick * rng.choice((1, 1, 3)))]
    for part in sorted(rng.sample(range(60, 140), rng.randint(1, 2))):
        step = product.tick * rng.choice((1, 2, 5, 50))
        start = product.reference * part // 100 // step * step
        if start > rows[-1][0]:
            rows.append((start, step))
    return tuple(rows)


def with_tables(rules: Rulebook, rng: Random) -> Rulebook:
    """Give products tick tables, and modes with calls a ladder of some exchange."""
    products = []
    for product in rules.products:
        ticks = table(rng, product)
        at = TickTable(structs.replace(product, ticks=ticks))
        products.append(
            structs.replace(
                product,
                ticks=ticks,
                reference=at.rounded(product.reference, 1) if rng.random() < 0.85 else 0,
            )
        )
    ladder = PRICE_RULES[rng.choice(sorted(PRICE_RULES))]
    modes = tuple(structs.replace(mode, ladder=ladder) for mode in rules.modes)
    return structs.replace(rules, products=tuple(products), modes=modes)


def prints(venue: Venue, event: e.Event) -> Iterator[tuple[str, int]]:
    """Yield (line or product, price) of what an event prints or announces."""
    match event:
        case e.Trade() | e.AuctionTrade() | e.BestBid():
            yield event.symbol, event.price
        case e.AuctionIndicated() | e.AuctionUncrossed():
            yield event.symbol, event.price
        case e.DayClosed():
            own = event.trades and venue.line_view(event.symbol).leads  # else the day before's
            for price in (event.high, event.low, event.close if own else 0):
                yield event.symbol, price
        case e.PhaseChanged():
            yield event.symbol, event.low_limit
            yield event.symbol, event.high_limit


@pytest.mark.parametrize("rules", BOOKS, ids=lambda rules: rules.name)
@settings(max_examples=12)
@given(seed=st.integers(0, 2**32))
def test_no_price_off_the_table_prints(rules: Rulebook, seed: int) -> None:
    rng = Random(seed)
    flow = Flow(with_tables(rules, rng), rng)
    venue = flow.venue
    for _ in range(2):
        for command, events in flow.day(12):
            _check(venue, command, events)
            if rng.random() < 0.3:
                for phase in operator(rng, venue):
                    _check(venue, phase, flow.say(phase))
        for product in venue.rulebook.products:
            if rng.random() < 0.5:
                ticks = str([list(row) for row in table(rng, product)])
                flow.say(c.AmendRulebook(f"products[{product.symbol}].ticks", ticks))


def operator(rng: Random, venue: Venue) -> Iterator[c.SetPhase]:
    """Begin a call on a line, or end the one that is on."""
    line = rng.choice(venue.symbols)
    if venue.line_view(line).mechanism is Mechanism.ORDER_BOOK:
        phase = venue.phase(line)
        if phase is Phase.CONTINUOUS:
            yield c.SetPhase(Phase.INTRADAY_CALL, line)
        elif phase is Phase.INTRADAY_CALL:
            yield c.SetPhase(Phase.CONTINUOUS, line)


def _check(venue: Venue, command: c.Command, events: list[e.Event]) -> None:
    for event in events:
        for symbol, price in prints(venue, event):
            product = venue.markets[symbol].product
            valid = not price or TickTable(product).valid(price)
            assert valid, (product.ticks, command, event)
