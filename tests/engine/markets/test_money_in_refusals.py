"""A refusal writes money as people type it: what it says is right can be typed back."""

from __future__ import annotations

import re

import pytest

from engine.rulebook.model import Mode, Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Mechanism, OrderType, Phase, PricingRule, Side
from engine.vocabulary.events import Announced, Rejected
from engine.vocabulary.json_codec import decimal_text, exact_minor
from engine.vocabulary.units import MAX_PRICE, MAX_QUANTITY

REFERENCE, TICK = 1_000_000, 5
FIGURE = re.compile(r"\d+(?:\.\d+)?")


def venue(
    digits: int, mechanism: Mechanism = Mechanism.ORDER_BOOK, *, banded: bool = True
) -> Venue:
    limit = 1_000 if banded else 0
    mode = Mode(mechanism=mechanism, limit_up_bp=limit, limit_down_bp=limit)
    product = Product("A", REFERENCE, tick=TICK, max_quantity=MAX_QUANTITY)
    made = Venue(Rulebook("money", (product,), minor_digits=digits, modes=(mode,)))
    for name in ("ann", "bob"):
        made.apply(c.OpenAccount(name))
        made.apply(c.MoveCash(name, 10 * REFERENCE))
        made.apply(c.MoveAllowances(name, "A", 100))
    made.apply(c.SetPhase(Phase.CONTINUOUS))
    return made


def figures(made: Venue, command: c.Command, digits: int) -> list[int]:
    """Return the money in a refusal, typed back."""
    (event,) = made.apply(command)
    assert isinstance(event, Rejected)
    assert "minor" not in event.rule
    found = FIGURE.findall(event.rule)
    assert all(("." in each) == bool(digits) for each in found), event.rule
    return [exact_minor(each, digits) for each in found]


def order(price: int, quantity: int = 1, ref: int = 1) -> c.NewOrder:
    return c.NewOrder("ann", ref, "A", Side.BUY, quantity, price)


@pytest.mark.parametrize("digits", range(7))
def test_orders(digits: int) -> None:
    low, high = REFERENCE * 9 // 10, REFERENCE * 11 // 10
    made = venue(digits)
    assert figures(made, order(high + TICK), digits) == [low, high]
    assert figures(made, order(REFERENCE + 1, ref=2), digits) == [TICK]
    assert figures(made, order(0, ref=3), digits) == [1, MAX_PRICE]
    assert figures(made, order(high, 10, 4), digits) == [10 * high, 10 * REFERENCE]
    stop = c.NewOrder("ann", 5, "A", Side.BUY, 1, 0, OrderType.STOP, stop_price=7)
    assert figures(made, stop, digits) == [TICK, MAX_PRICE, TICK]
    made.apply(c.NewOrder("bob", 1, "A", Side.SELL, 1, REFERENCE))
    post = c.NewOrder("ann", 6, "A", Side.BUY, 1, REFERENCE, post_only=True)
    (event,) = made.apply(post)
    assert isinstance(event, Rejected)
    assert f"below {decimal_text(REFERENCE, digits)} now" in event.rule


@pytest.mark.parametrize("digits", [0, 2, 6])
def test_offers_and_bids(digits: int) -> None:
    price = decimal_text(REFERENCE, digits)
    made = venue(digits, Mechanism.LISTING)
    for ref, at in ((1, REFERENCE), (2, REFERENCE + TICK)):
        made.apply(c.NewOrder("bob", ref, "A", Side.SELL, 1, at))
    for pick in (c.Pick("ann", 1, "A", 1, 1, 7), c.Pick("ann", 2, "A", 2, 1)):
        (event,) = made.apply(pick)
        assert isinstance(event, Rejected)
        assert event.rule.endswith(price), event.rule
    made = venue(digits, Mechanism.NEGOTIATED)
    made.apply(c.Quote("bob", 1, "A", Side.SELL, 1, REFERENCE, to=("ann",)))
    (event,) = made.apply(c.Pick("ann", 1, "A", 1, 1, 7))
    assert isinstance(event, Rejected)
    assert event.rule.endswith(price), event.rule
    made = venue(digits, Mechanism.ONE_WAY, banded=False)
    announce = c.Announce(
        "bob",
        1,
        "A",
        Side.SELL,
        10,
        REFERENCE,
        made.time,
        made.time + 10,
        pricing=PricingRule.UNIFORM,
    )
    announced = made.apply(announce)
    assert any(isinstance(each, Announced) for each in announced), announced
    (event,) = made.apply(c.Bid("ann", 1, "A", 1, 1, REFERENCE - TICK))
    assert isinstance(event, Rejected)
    assert event.rule.endswith(price), event.rule


@pytest.mark.parametrize("digits", [0, 2, 6])
def test_money_that_moves(digits: int) -> None:
    made = venue(digits)
    assert figures(made, c.MoveCash("ann", -11 * REFERENCE), digits) == [10 * REFERENCE]
    made.apply(c.SetPhase(Phase.CLOSED))
    assert figures(made, c.SetReference("A", 7), digits) == [TICK, MAX_PRICE, TICK]


@pytest.mark.parametrize(
    ("minor", "digits", "text"),
    [
        (4_250, 2, "42.50"),
        (-5, 2, "-0.05"),
        (0, 2, "0.00"),
        (-3, 0, "-3"),
        (7, 6, "0.000007"),
        (10**30 + 1, 2, "1" + "0" * 28 + ".01"),
    ],
)
def test_money_is_written_exactly(minor: int, digits: int, text: str) -> None:
    assert decimal_text(minor, digits) == text
    if minor < 10**18:
        assert exact_minor(text, digits) == minor
