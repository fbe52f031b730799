"""What stands overnight, in every mode: it fits the new day, or it goes, and holds nothing."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from engine.rulebook.model import Mode, Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import CancelReason, Mechanism, OrderType, Phase, Side, TimeInForce

if TYPE_CHECKING:
    from engine.venue.views import LineView, OrderView

SEEDS = range(int(os.environ.get("CARBONX_DEEP", "0")) or 25)
NAMES = ("ann", "bob", "cay")
LASTING = (Mechanism.ORDER_BOOK, Mechanism.LISTING, Mechanism.FIXED_PRICE, Mechanism.NEGOTIATED)
NIGHT = 10**14  # ns


def venue_of(random: Random) -> Venue:
    """Open a venue of all modes in which something may stand overnight, all with daily limits."""
    modes = []
    for place, mechanism in enumerate(LASTING):
        down, up = random.choice(((500, 500), (1_000, 1_000), (3_000, 500)))
        modes.append(
            Mode(
                mechanism.name.lower(),
                mechanism=mechanism,
                moves_close=not place,
                limit_down_bp=down,
                limit_up_bp=up,
                taker_fee_ppm=1_000,
            )
        )
    tick = random.choice((1, 5))
    venue = Venue(Rulebook("nights", (Product("A", 1_000, tick=tick),), modes=tuple(modes)))
    for name in NAMES:
        venue.apply(c.OpenAccount(name))
        venue.apply(c.MoveCash(name, 10**9))
        venue.apply(c.MoveAllowances(name, "A", 10**6))
    return venue


def lasting(random: Random, venue: Venue, line: LineView) -> c.Command:
    """Draw an order, a listing or a quote that is to stand overnight."""
    name = random.choice(NAMES)
    ref = venue.last_ref(name) + 1
    side, quantity = random.choice(tuple(Side)), random.randint(1, 50)
    low, high = line.low_limit // line.tick, line.high_limit // line.tick
    price = random.randint(low, high) * line.tick
    expires = venue.time + random.randint(1, 4) * NIGHT
    if line.mechanism is Mechanism.NEGOTIATED:
        to = tuple(each for each in NAMES if each != name)[: random.randint(0, 2)]
        return c.Quote(name, ref, line.symbol, side, quantity, price, to, 0, expires)
    tif = random.choice((TimeInForce.GTC, TimeInForce.GTD))
    stops = line.mechanism is Mechanism.ORDER_BOOK and random.random() < 0.2
    kind = OrderType.STOP_LIMIT if stops else OrderType.LIMIT
    until = expires if tif is TimeInForce.GTD else 0
    return c.NewOrder(
        name,
        ref,
        line.symbol,
        side,
        quantity,
        price,
        kind,
        tif,
        line.reference if stops else 0,
        expire_at=until,
    )


def live(venue: Venue, symbol: str) -> dict[tuple[str, int], OrderView]:
    return {
        (name, order.ref): order
        for name in venue.accounts
        for order in venue.open_orders(name)
        if order.symbol == symbol
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_what_does_not_fit_the_new_days_limits_goes_in_every_mode(seed: int) -> None:
    random = Random(seed)
    venue = venue_of(random)
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    for _ in range(4):
        for symbol in venue.symbols:
            for _ in range(12):
                venue.apply(lasting(random, venue, venue.line_view(symbol)))
        venue.apply(c.SetPhase(Phase.CLOSED))
        venue.apply(c.AdvanceTime(venue.time + NIGHT))
        tick = venue.line_view("A").tick
        moved = venue.reference("A") * random.randint(85, 115) // 100
        venue.apply(c.SetReference("A", moved // tick * tick))
        for symbol in venue.symbols:
            before = live(venue, symbol)
            events = venue.apply(c.SetPhase(Phase.PRE_OPEN, symbol))
            venue.check()
            low, high = venue.limits(symbol)
            gone = [x for x in events if isinstance(x, e.OrderCancelled)]
            assert {x.reason for x in gone} <= {CancelReason.LIMITS}
            outside = [key for key, order in before.items() if not low <= order.price <= high]
            assert [(x.account, x.ref) for x in gone] == outside
            assert list(live(venue, symbol)) == [key for key in before if key not in outside]
        venue.apply(c.SetPhase(Phase.CONTINUOUS))
    for name in venue.accounts:
        venue.apply(c.MassCancel(name, venue.last_ref(name) + 1))
        assert venue.cash(name)[1] == venue.allowances(name, "A")[1] == 0
