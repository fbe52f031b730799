"""Prices of an auction that grow from year to year, as the rulebook says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UnsetType, structs

from engine.matching.reserve_prices import grown
from engine.vocabulary.units import MAX_PRICE

if TYPE_CHECKING:
    from engine.rulebook.model import Auction, Containment
    from engine.rulebook.reserves import Growth

_YEAR = 10_000  # a date is the year times this, and month and day


def grown_to(value: int, growth: Growth | UnsetType, date: int, tick: int) -> int:
    """Return what a price has become in the year of a date, at most the highest that there is."""
    if isinstance(growth, UnsetType):
        return value
    inflation = growth.inflation_bp
    for year in range(date // _YEAR - growth.year):
        more = inflation[year] if year < len(inflation) else 0
        value = min(grown(value, [growth.rate_bp + more], tick), MAX_PRICE)
    return value


def reserve_on(auction: Auction, date: int, tick: int) -> int:
    """Return the auction table's reserve in the year of a date."""
    return grown_to(auction.reserve, auction.growth, date, tick)


def containment_on(auction: Auction, date: int, tick: int) -> tuple[Containment, ...]:
    """Return the auction table's containment reserves with their triggers in the year of a date."""
    return tuple(
        structs.replace(tier, trigger=grown_to(tier.trigger, tier.growth, date, tick))
        for tier in auction.containment
    )
