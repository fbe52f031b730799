"""Auctions of several sellers: shared out exactly, whatever region bids and sells come from."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.matching.shares import share_out
from engine.rulebook.model import Mode, Product, Rulebook
from engine.venue.federation import Federation
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import LinkKind, Mechanism, PricingRule, Side
from engine.vocabulary.events import AuctionCleared, Rejected, Trade
from engine.vocabulary.link_commands import JoinAuction, SetLink
from engine.vocabulary.link_events import ProceedsShared
from tests.support import regions

NAMES = ("gd", "sz", "hb")
LINE = "GDA@auction"


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**9), min_size=1, max_size=9))
def test_parts_make_up_the_total_and_are_off_by_less_than_one(
    total: int, weights: list[int]
) -> None:
    parts = share_out(total, weights)
    if not sum(weights):
        assert parts == [0] * len(weights)
        return
    assert sum(parts) == total
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    assert all(abs(part - each) < 1 for part, each in zip(parts, exact, strict=True))
    # who was rounded up lost no smaller a fraction than who was rounded down
    up = [each % 1 for part, each in zip(parts, exact, strict=True) if part > each]
    down = [each % 1 for part, each in zip(parts, exact, strict=True) if part <= each]
    assert not (up and down) or min(up) >= max(down)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (2, [1, 1, 1], [1, 1, 0]),
        (100, [50, 30, 20], [50, 30, 20]),
        (7, [0, 5, 5], [0, 4, 3]),
    ],
)
def test_largest_remainders_by_hand(total: int, weights: list[int], parts: list[int]) -> None:
    assert share_out(total, weights) == parts


def federation(pricing: PricingRule = PricingRule.UNIFORM, fee: int = 0) -> Federation:
    modes = (
        Mode("continuous", moves_close=True),
        Mode("auction", mechanism=Mechanism.ONE_WAY, pricing=pricing, seller_fee_ppm=fee),
    )
    host = Rulebook("gd", products=(Product("GDA", 100),), modes=modes)
    found = Federation(
        {name: Venue(host if name == "gd" else regions.rulebook(name)) for name in NAMES}
    )
    for name in NAMES:
        for command in regions.opening(name, 3):
            found.submit(name, command)
    for name in NAMES[1:]:
        rules = SetLink(f"{name}-gd", LinkKind.AUCTION, "gd", f"{name.upper()}A", LINE)
        found.link(name, rules, "gd")
    return found


def line_of(name: str) -> str:
    return LINE if name == "gd" else f"{name.upper()}A"


def test_three_regions_sell_and_bid_in_one_auction() -> None:
    found = federation()
    found.submit("gd", c.Announce("gd0", 1, LINE, Side.SELL, 50, 90, 10, 20))
    found.submit("sz", JoinAuction("sz0", 1, "SZA", 1, 30, 90))
    found.submit("hb", JoinAuction("hb0", 1, "HBA", 1, 20, 90))
    assert found.venues["sz"].allowances("sz0", "SZA") == (970, 0)
    found.submit("gd", c.AdvanceTime(10))
    found.submit("gd", c.Bid("gd1", 1, LINE, 1, 30, 101))
    found.submit("sz", c.Bid("sz1", 1, "SZA", 1, 30, 99))
    found.submit("hb", c.Bid("hb1", 1, "HBA", 1, 30, 98))
    found.submit("hb", c.Bid("hb2", 1, "HBA", 1, 7, 97))
    found.submit("hb", c.CancelOrder("hb2", 2, 1))
    assert found.venues["hb"].cash("hb2") == (1_000_000, 0)
    found.submit("gd", c.AdvanceTime(20))
    happened = found.submit("gd", c.ClearAuction(LINE, 1))
    shares = [e for each in happened for e in each.events if isinstance(e, ProceedsShared)]
    assert [(e.account, e.sold, e.proceeds) for e in shares] == [
        ("gd0", 45, 4_410),
        ("sz:sz0", 27, 2_646),
        ("hb:hb0", 18, 1_764),
    ]
    gd, sz, hb = (found.venues[name] for name in NAMES)
    assert (gd.allowances("gd0", "GDA"), gd.cash("gd0")) == ((955, 0), (1_004_410, 0))
    assert (sz.allowances("sz0", "SZA"), sz.cash("sz0")) == ((973, 0), (1_002_646, 0))
    assert (hb.allowances("hb0", "HBA"), hb.cash("hb0")) == ((982, 0), (1_001_764, 0))
    assert (sz.allowances("sz1", "SZA"), sz.cash("sz1")) == ((1_030, 0), (997_060, 0))
    assert (hb.allowances("hb1", "HBA"), hb.cash("hb1")) == ((1_030, 0), (997_060, 0))
    found.check()


@given(st.integers(0, 10**9), st.sampled_from((PricingRule.UNIFORM, PricingRule.PAY_AS_BID)),
       st.sampled_from((0, 1_500)), st.integers(0, 1))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_what_is_sold_is_shared_and_nothing_is_lost(
    seed: int, pricing: PricingRule, fee: int, off: int
) -> None:
    random = Random(seed)
    found = federation(pricing, fee)
    before = regions.owned(found)
    found.submit("gd", c.Announce("gd0", 1, LINE, Side.SELL, random.randint(1, 60), 90, 10, 20))
    refs = {"gd0": 1}
    brought: dict[str, int] = {}
    for time in range(1, 13):
        for _ in range(3):
            name = random.choice(NAMES)
            account = f"{name}{random.randrange(3)}"
            ref = refs[account] = refs.get(account, 0) + 1
            quantity, price = random.randint(1, 40), random.randint(85, 110)
            command: c.Command = c.Bid(account, ref, line_of(name), 1, quantity, price)
            if time < 10:
                command = JoinAuction(account, ref, line_of(name), 1, quantity, price)
            elif random.random() < 0.2:
                command = c.CancelOrder(account, ref, random.randint(1, ref))
            happened = found.submit(name, command)
            found.check()
            assert regions.owned(found) == before
            assert not regions.left_behind(found)
            for event in (e for each in happened for e in each.events):
                assert not isinstance(event, Rejected) or event.rule
        found.submit("gd", c.AdvanceTime(time))
    for joint in getattr(found.venues["gd"].markets[LINE], "joint").values():  # noqa: B009
        brought = dict(joint.brought)
    found.submit("gd", c.AdvanceTime(20))
    happened = found.submit("gd", c.ClearAuction(LINE, 1, seed, off == 1))
    found.check()
    assert regions.owned(found) == before
    events = [e for each in happened for e in each.events]
    shares = [e for e in events if isinstance(e, ProceedsShared)]
    assert {e.account: e.brought for e in shares} == brought
    if brought:
        (cleared,) = [e for e in events if isinstance(e, AuctionCleared)]
        paid = sum(e.price * e.quantity - e.maker_fee for e in events if isinstance(e, Trade))
        assert sum(e.sold for e in shares) == cleared.quantity
        assert sum(e.proceeds for e in shares) == paid
        total = sum(brought.values())
        for e in shares:
            assert abs(e.sold - Fraction(cleared.quantity * e.brought, total)) < 1
    # nobody is left with anything at a venue that is not its own
    for account in found.venues["gd"].accounts:
        if ":" in account:
            assert found.venues["gd"].cash(account) == (0, 0)
            assert found.venues["gd"].allowances(account, "GDA") == (0, 0)
