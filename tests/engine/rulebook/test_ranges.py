"""Every figure of a rulebook has a smallest and a largest value: they pass, what is beyond not."""

from __future__ import annotations

from typing import Any, Final

import pytest
from msgspec import structs

from engine.rulebook.model import (
    AccountClass,
    Auction,
    Calendar,
    Mode,
    PriceRule,
    Product,
    Rulebook,
    RulebookError,
    Session,
)
from engine.rulebook.reserves import ReserveFormula, SecondaryMarket
from engine.rulebook.validation import validate
from engine.vocabulary.enums import Delivery, Phase
from engine.vocabulary.units import MAX_PRICE, MAX_QUANTITY

RATE: Final = (0, 9_999)
FEE: Final = (0, 10**6)
SIZE: Final = (0, MAX_QUANTITY)
COUNT: Final = (0, 10**6)
NONE: Final = None  # has no such end
Range = tuple[int | None, int | None]

PRODUCT: Final = Product("A", 1_000, max_quantity=MAX_QUANTITY)
SESSIONS: Final = (Session(0, Phase.PRE_OPEN), Session(86_399, Phase.CLOSED))
PRODUCTS: Final[dict[str, Range]] = {
    "reference": (0, MAX_PRICE), "tick": (1, NONE), "lot": (1, NONE),
    "min_quantity": (1, MAX_QUANTITY), "max_quantity": (1, MAX_QUANTITY),
    "compliance_bp": (0, 10_000),
}  # fmt: skip
MODES: Final[dict[str, Range]] = {
    "protection_bp": RATE,
    "volatility_bp": RATE,
    "fifo_bp": RATE,
    "maker_fee_ppm": FEE,
    "taker_fee_ppm": FEE,
    "buyer_fee_ppm": FEE,
    "seller_fee_ppm": FEE,
    "lot": SIZE,
    "top_order": SIZE,
    "min_share": SIZE,
    "min_quantity": SIZE,
    "max_quantity": SIZE,
    "resale_lag": COUNT,
    "proceeds_lag": COUNT,
    "volatility_seconds": COUNT,
    "batch_seconds": COUNT,
    "pick_levels": COUNT,
    "report_seconds": COUNT,
    "iceberg_max_parts": (1, MAX_QUANTITY),
}
CLASSES: Final[dict[str, Range]] = {
    "holding_limit": SIZE,
    "purchase_limit_bp": (0, 10_000),
    "bid_limit": SIZE,
    "bid_minimum": SIZE,
}
AUCTIONS: Final[dict[str, Range]] = {
    "lot": (1, MAX_QUANTITY),
    "reserve": SIZE,
    "min_bid": SIZE,
    "max_bid": SIZE,
    "reoffer_over": SIZE,
    "reoffer_cap_bp": SIZE,
}


def book(**fields: Any) -> Rulebook:
    return structs.replace(Rulebook("ranges", (PRODUCT,)), **fields)


def of_product(**fields: Any) -> Rulebook:
    return book(products=(structs.replace(PRODUCT, **fields),))


def of_mode(**fields: Any) -> Rulebook:
    return book(modes=(Mode(**fields),))


def of_class(**fields: Any) -> Rulebook:
    return book(classes=(AccountClass("covered", **fields),))


def of_calendar(**fields: Any) -> Rulebook:
    return book(calendar=Calendar(**fields))


def of_session(**fields: Any) -> Rulebook:
    return of_calendar(sessions=(SESSIONS[0], structs.replace(SESSIONS[1], **fields)))


def passes(rules: Rulebook) -> bool:
    try:
        validate(rules)
    except RulebookError:
        return False
    return True


EVERY: Final = [
    *((of_product, name, ends) for name, ends in PRODUCTS.items()),
    *((of_mode, name, ends) for name, ends in MODES.items()),
    *((of_class, name, ends) for name, ends in CLASSES.items()),
    *((lambda **fields: book(auction=Auction(**fields)), *row) for row in AUCTIONS.items()),
    (lambda bp: book(auction=Auction(market=SecondaryMarket(share_bp=bp))), "bp", (0, 10_000)),
    (lambda of: book(auction=Auction(formula=ReserveFormula((of,)))), "of", (1, 12)),
    (lambda of: book(auction=Auction(formula=ReserveFormula((), (of,)))), "of", (1, 250)),
    (lambda bp: book(auction=Auction(formula=ReserveFormula((3,), share_bp=bp))), "bp",
     (1, 100_000)),
    (book, "minor_digits", (0, 6)),
    (book, "close_min_volume", SIZE),
    (of_calendar, "utc_offset_minutes", (-1_440, 1_440)),
    (lambda day: of_calendar(weekdays=(day,)), "day", (1, 7)),
    (of_session, "at", (0, 86_399)),
    (of_session, "random_seconds", (0, 86_400)),
    (lambda bp: of_mode(ladder=PriceRule(pressure_band_bp=bp)), "bp", RATE),
    (lambda bp: of_mode(limit_up_bp=bp, limit_down_bp=bp), "bp", RATE),
    (lambda bp: of_mode(limit_up_bp=bp, limit_down_bp=1), "bp", (1, 9_999)),
    (lambda bp: of_mode(limit_up_bp=1, limit_down_bp=bp), "bp", (1, 9_999)),
    (lambda days: of_mode(delivery=Delivery.LATER, delivery_days=days), "days", (1, 10**6)),
    (lambda days: of_mode(delivery_days=days), "days", (0, 0)),
    (lambda ppm: of_mode(maker_fee_ppm=400_001, seller_fee_ppm=ppm), "ppm", (0, 599_999)),
    (lambda ppm: of_mode(taker_fee_ppm=400_001, buyer_fee_ppm=ppm), "ppm", (0, 599_999)),
    (lambda size: of_product(max_quantity=500, min_quantity=size), "size", (1, 500)),
    (lambda size: of_product(min_quantity=500, max_quantity=size), "size", (500, MAX_QUANTITY)),
    (lambda size: of_mode(max_quantity=500, min_quantity=size), "size", (0, 500)),
    (lambda price: of_product(ticks=((price, 1),)), "price", (0, 0)),
    (lambda price: of_product(ticks=((0, 1), (500, 2), (4 * price, 4))), "price", (126, NONE)),
    (lambda tick: of_product(ticks=((0, tick),), reference=10**6), "tick", (1, NONE)),
    (lambda size: of_product(symbol="S" * size), "size", (1, 32)),
    (lambda size: of_mode(name="m" * size), "size", (1, 32)),
    (lambda number: book(products=(PRODUCT,) * number), "number", (1, 1)),
    (lambda number: book(modes=(Mode(),) * number), "number", (1, 1)),
    (lambda movers: book(modes=tuple(Mode(f"m{place}", moves_close=place < movers)
                                     for place in range(3))), "movers", (1, 1)),
    (lambda number: book(classes=(AccountClass("c"),) * number), "number", (NONE, 1)),
    (lambda size: of_product(currency="C" * size), "size", (1, NONE)),
    (lambda at: of_calendar(sessions=(SESSIONS[0], Session(500, Phase.CONTINUOUS),
                                      Session(at, Phase.CLOSED))), "at", (500, 86_399)),
]  # fmt: skip


@pytest.mark.parametrize(("made", "name", "ends"), EVERY)
def test_the_ends_of_a_range_pass_and_what_is_beyond_does_not(
    made: Any, name: str, ends: Range
) -> None:
    for end, step in zip(ends, (-1, 1), strict=True):
        if end is not None:
            assert passes(made(**{name: end})), end
            assert not passes(made(**{name: end + step})), end + step
