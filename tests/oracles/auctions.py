"""1.8: sealed auctions of truthful bidders with unit demand, in both pricings, and containment.

Those without containment are announced, bid in and cleared at a venue.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, NamedTuple

from backtest.lab.design import design
from engine.matching.auction_terms import AuctionTerms, BidBook, SealedBid, Seller, Tier
from engine.matching.sealed_auction import clear_sealed
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    AdvanceTime,
    Announce,
    BeginDay,
    Bid,
    ClearAuction,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Phase, PricingRule, Side, TierKind, Undersubscribed
from engine.vocabulary.events import AuctionCleared, Rejected, Trade

if TYPE_CHECKING:
    from engine.matching.auction_terms import AuctionResult

ONE: Final = 10**9  # the highest value; ties among so many prices do not matter
LOWEST, HIGHEST = PricingRule.UNIFORM, PricingRule.HIGHEST_REJECTED


class Setting(NamedTuple):
    """So many bidders for so many units, at a reserve that is a share of the highest value."""

    bidders: int
    units: int
    reserve: float
    tiers: tuple[Tier, ...] = ()


SMALL: Final = Setting(10, 3, 0.0)
RESERVED: Final = Setting(20, 10, 0.5)
CONTAINED: Final = Setting(20, 10, 0.3, (Tier(TierKind.RELEASE, ONE * 55 // 100, 5),))


def values(setting: Setting, root: int, replication: int) -> list[int]:
    """Draw what the bidders value a unit at; the same for the same numbers."""
    stream = random.Random(f"{root}/{replication}")
    return [stream.randrange(1, ONE + 1) for _ in range(setting.bidders)]


def auction(
    setting: Setting, bids: list[int], pricing: PricingRule, shift: int = 0
) -> AuctionResult:
    """Clear one auction; ``shift`` is added to all prices."""
    reserve = max(1, round(setting.reserve * ONE)) + shift
    tiers = tuple(tier._replace(trigger=tier.trigger + shift) for tier in setting.tiers)
    terms = AuctionTerms(
        reserve,
        1,
        pricing=pricing,
        undersubscribed=Undersubscribed.SELL_AT_RESERVE,
        tiers=tiers,
    )
    sealed = [SealedBid(f"b{n}", f"b{n}", bid + shift, 1) for n, bid in enumerate(bids)]
    return clear_sealed(BidBook(sealed, (Seller("state", setting.units),)), terms)


def at_a_venue(
    setting: Setting, pricing: PricingRule, count: int, root: int
) -> list[tuple[float, float]]:
    """Return revenue and units sold of auctions that a venue holds, one after the other."""
    venue = Venue(design("textbook").with_(mode="continuous", mechanism="one_way").rulebook)
    symbol = venue.symbols[0]
    plenty = count * setting.units
    venue.apply(BeginDay(20250102))
    venue.apply(OpenAccount("state", allowances=((symbol, plenty),)))
    for n in range(setting.bidders):
        venue.apply(OpenAccount(f"b{n}", cash=ONE * count))
    venue.apply(SetPhase(Phase.CONTINUOUS))
    found = []
    for number in range(1, count + 1):
        start = venue.time
        announced = Announce(
            "state",
            number,
            symbol,
            Side.SELL,
            setting.units,
            max(1, round(setting.reserve * ONE)),
            start + 1,
            start + 2,
            pricing=pricing,
            undersubscribed=Undersubscribed.SELL_AT_RESERVE,
        )
        events = [*venue.apply(announced), *venue.apply(AdvanceTime(start + 1))]
        for n, value in enumerate(values(setting, root, number)):
            if value >= announced.price:  # a bid below the reserve is refused
                events += venue.apply(Bid(f"b{n}", number, symbol, number, 1, value))
        events += venue.apply(AdvanceTime(start + 2))
        events += venue.apply(ClearAuction(symbol, number, number))
        refused = [event for event in events if isinstance(event, Rejected)]
        cleared = [event for event in events if isinstance(event, AuctionCleared)]
        if refused or len(cleared) != 1:
            message = f"auction {number}: {refused}, cleared {cleared}"
            raise AssertionError(message)
        trades = [event for event in events if isinstance(event, Trade)]
        revenue = sum(each.price * each.quantity for each in trades)
        found.append((revenue / ONE, float(sum(each.quantity for each in trades))))
    venue.check()
    return found


def auctions(
    setting: Setting, pricing: PricingRule, count: int, root: int
) -> list[tuple[float, float, float, bool]]:
    """Return revenue, units sold, price and whether units were released, auction by auction."""
    found = []
    for replication in range(count):
        result = auction(setting, values(setting, root, replication), pricing)
        price = result.price / ONE
        found.append((result.sold * price, float(result.sold), price, result.released > 0))
    return found
