"""The smallest and the largest price and size trade, in every design; their neighbours don't."""

from __future__ import annotations

import pytest

from engine.rulebook.model import AccountClass, Mode, Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Mechanism, Phase, RejectReason, Side, TimeInForce
from engine.vocabulary.units import MAX_PRICE, MAX_QUANTITY, MAX_RECIPIENTS, MAX_TOTAL

PRICES = (0, 1, 2, 4, 5, 6, *(MAX_PRICE + step for step in (-5, -1, 0, 1, 5)))
DESIGNS = (Mechanism.ORDER_BOOK, Mechanism.LISTING, Mechanism.NEGOTIATED, Mechanism.ONE_WAY)
PHASES = (Phase.PRE_OPEN, Phase.CONTINUOUS)


def funded(mechanism: Mechanism, phase: Phase, tick: int = 1) -> Venue:
    product = Product("A", 100 * tick, tick=tick, max_quantity=MAX_QUANTITY)
    venue = Venue(Rulebook("edges", (product,), modes=(Mode(mechanism=mechanism),)))
    for name in ("ann", "bob"):
        venue.apply(c.OpenAccount(name))
        for _ in range(4):
            venue.apply(c.MoveCash(name, 10**18))
            venue.apply(c.MoveAllowances(name, "A", 10**12))
    venue.apply(c.SetPhase(phase))
    return venue


def entered(venue: Venue, mechanism: Mechanism, side: Side, price: int) -> c.Command:
    """Return the command that names a price first in a design."""
    if mechanism is Mechanism.NEGOTIATED:
        return c.Quote("ann", 1, "A", side, 1, price)
    if mechanism is Mechanism.ONE_WAY:
        return c.Announce("ann", 1, "A", side, 1, price, venue.time, venue.time + 10)
    return c.NewOrder("ann", 1, "A", side, 1, price)


@pytest.mark.parametrize("tick", [1, 5])
@pytest.mark.parametrize("side", Side, ids=lambda side: side.name)
@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.name)
@pytest.mark.parametrize("mechanism", DESIGNS, ids=lambda mechanism: mechanism.name)
def test_prices(mechanism: Mechanism, phase: Phase, side: Side, tick: int) -> None:
    for price in PRICES:
        venue = funded(mechanism, phase, tick)
        event = venue.apply(entered(venue, mechanism, side, price))[0]
        right = 0 < price <= MAX_PRICE and price % tick == 0
        if mechanism is Mechanism.NEGOTIATED and not price:
            right = True  # an enquiry
        assert isinstance(event, e.Rejected) != right, (price, event)
        if isinstance(event, e.Rejected):
            reasons = (RejectReason.PRICE_RANGE, RejectReason.PRICE_TICK)
            assert event.reason in reasons, event
            assert event.field == "price"
        venue.check()


@pytest.mark.parametrize("phase", [Phase.CLOSED, *PHASES], ids=lambda phase: phase.name)
def test_references(phase: Phase) -> None:
    for tick in (1, 5):
        for price in PRICES:
            venue = funded(Mechanism.ORDER_BOOK, Phase.PRE_OPEN, tick)
            venue.apply(c.SetPhase(Phase.CLOSED if phase is Phase.CLOSED else phase))
            (event,) = venue.apply(c.SetReference("A", price))
            right = 0 < price <= MAX_PRICE and price % tick == 0 and phase is Phase.CLOSED
            assert isinstance(event, e.ReferenceSet) == right, (price, event)
            assert venue.reference("A") == (price if right else 100 * tick)


@pytest.mark.parametrize("price", [1, MAX_PRICE])
@pytest.mark.parametrize("side", Side, ids=lambda side: side.name)
def test_both_ends_trade_in_the_book_and_in_a_call(side: Side, price: int) -> None:
    other = Side.SELL if side is Side.BUY else Side.BUY
    for phase in (Phase.CONTINUOUS, Phase.OPENING_CALL):
        venue = funded(Mechanism.ORDER_BOOK, Phase.PRE_OPEN)
        venue.apply(c.SetPhase(Phase.CLOSED))
        if phase is Phase.OPENING_CALL:
            venue.apply(c.SetPhase(Phase.PRE_OPEN))
        seen = venue.apply(c.SetPhase(phase))
        seen += venue.apply(c.NewOrder("ann", 1, "A", side, 3, price))
        seen += venue.apply(c.NewOrder("bob", 1, "A", other, 3, price))
        seen += venue.apply(c.SetPhase(Phase.CLOSED))
        trades = [x for x in seen if isinstance(x, e.Trade | e.AuctionTrade)]
        assert [(trade.price, trade.quantity) for trade in trades] == [(price, 3)]
        assert venue.reference("A") == price
        venue.check()


@pytest.mark.parametrize("size", [0, 1, 2, 9, 10, 11])
def test_sizes(size: int) -> None:
    product = Product("A", 100, min_quantity=2, max_quantity=10)
    for phase in PHASES:
        for tif in (TimeInForce.DAY, TimeInForce.GTC):
            venue = Venue(Rulebook("sizes", (product,)))
            venue.apply(c.OpenAccount("ann"))
            venue.apply(c.MoveCash("ann", 10**6))
            venue.apply(c.SetPhase(phase))
            event = venue.apply(c.NewOrder("ann", 1, "A", Side.BUY, size, 100, tif=tif))[0]
            assert isinstance(event, e.Rejected) != (2 <= size <= 10)
            if 2 <= size <= 10:
                amended = venue.apply(c.AmendOrder("ann", 2, 1, 11, 0))[0]
                assert isinstance(amended, e.Rejected)
                other = 10 if size == 2 else 2
                (amended, *_) = venue.apply(c.AmendOrder("ann", 3, 1, other, 0))
                assert isinstance(amended, e.OrderAmended), amended


def test_what_a_venue_holds_has_an_end() -> None:
    venue = Venue(Rulebook("sums", (Product("A", 100),)))
    venue.apply(c.OpenAccount("ann"))
    for amount, right in (
        (10**18 + 1, False),
        (-1, False),
        (0, False),
        *[(10**18, True)] * 9,
        (1, False),
        (-(10**18) - 1, False),
        (-(10**18), True),
        (10**18, True),
    ):
        (event,) = venue.apply(c.MoveCash("ann", amount))
        assert isinstance(event, e.CashMoved) == right, amount
        if isinstance(event, e.Rejected):
            assert (event.account, event.ref, event.field) == ("ann", 0, "amount")
    assert venue.cash("ann", "CNY") == (MAX_TOTAL, 0)
    for quantity, right in (
        (MAX_QUANTITY + 1, False),
        (0, False),
        (-1, False),
        (MAX_QUANTITY, True),
        (-MAX_QUANTITY - 1, False),
        (-MAX_QUANTITY, True),
        (-1, False),
    ):
        (event,) = venue.apply(c.MoveAllowances("ann", "A", quantity))
        assert isinstance(event, e.AllowancesMoved) == right, quantity
        if isinstance(event, e.Rejected):
            assert (event.account, event.ref, event.field) == ("ann", 0, "quantity")
    for allocation, right in ((-1, False), (MAX_QUANTITY + 1, False), (MAX_QUANTITY, True)):
        (event,) = venue.apply(c.OpenAccount(f"with {allocation}", allocation=allocation))
        assert isinstance(event, e.AccountOpened) == right


@pytest.mark.parametrize("parts", [1, 3, 4, 100])
@pytest.mark.parametrize("quantity", [20, 25, 60, 500])
def test_a_refused_display_is_told_which_would_be_taken(quantity: int, parts: int) -> None:
    product = Product("A", 100, lot=5, min_quantity=5, max_quantity=1_000)
    venue = Venue(Rulebook("shown", (product,), modes=(Mode(iceberg_max_parts=parts),)))
    venue.apply(c.OpenAccount("ann"))
    venue.apply(c.MoveCash("ann", 10**9))
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    least = -(-quantity // parts)
    for ref, display in enumerate((-5, 1, least - 1, least, quantity, quantity + 5), 1):
        order = c.NewOrder("ann", ref, "A", Side.BUY, quantity, 100, display=display)
        (event, *_) = venue.apply(order)
        right = display == 0 or (least <= display <= quantity and display % 5 == 0)
        assert isinstance(event, e.OrderAccepted) == right, (display, event)
        if isinstance(event, e.Rejected):
            wanted = f"{least} to {quantity} tonnes in lots of 5, or 0 to show all"
            assert (event.field, event.rule) == ("display", wanted)


@pytest.mark.parametrize("side", Side, ids=lambda side: side.name)
@pytest.mark.parametrize("tonnes", [10, 11])
def test_a_holding_limit_is_about_bids_that_buy(side: Side, tonnes: int) -> None:
    rules = Rulebook(
        "held",
        (Product("A", 100),),
        modes=(Mode(mechanism=Mechanism.ONE_WAY),),
        classes=(AccountClass("firm", holding_limit=30),),
    )
    venue = Venue(rules)
    for name, role in (("ann", ""), ("bob", "firm")):
        venue.apply(c.OpenAccount(name, role=role))
        venue.apply(c.MoveCash(name, 10**9))
        venue.apply(c.MoveAllowances(name, "A", 20))
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    venue.apply(c.Announce("ann", 1, "A", side, 15, 100, 0, 10))
    (event, *_) = venue.apply(c.Bid("bob", 1, "A", 1, tonnes, 100))
    if side is Side.SELL and tonnes > 10:
        assert isinstance(event, e.Rejected)
        assert (event.reason, event.field) == (RejectReason.HOLDING, "quantity")
    else:
        assert isinstance(event, e.OrderAccepted)


def test_a_quote_goes_to_few_accounts_or_to_everybody() -> None:
    """Rule 11.5."""
    venue = funded(Mechanism.NEGOTIATED, Phase.CONTINUOUS)
    names = [f"dealer{number}" for number in range(MAX_RECIPIENTS + 1)]
    for name in names:
        venue.apply(c.OpenAccount(name))
    (refused,) = venue.apply(c.Quote("ann", 1, "A", Side.BUY, 1, 100, tuple(names)))
    assert isinstance(refused, e.Rejected)
    assert (refused.reason, refused.field) == (RejectReason.COUNTERPARTY, "to")
    accepted, offered = venue.apply(c.Quote("ann", 2, "A", Side.BUY, 1, 100, tuple(names[1:])))
    assert isinstance(accepted, e.OrderAccepted)
    assert isinstance(offered, e.Offered)
    assert offered.to == tuple(names[1:])
