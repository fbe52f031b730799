"""Supply that answers to the price: what is released above a trigger and kept back below one.

RGGI's cost containment reserve (CCR) is released where the price would be above its trigger, and
sells at the trigger or above; its emissions containment reserve (ECR) is kept back as far as it
takes to bring the price up to its trigger. A price ceiling is a release without end.
"""

from typing import NamedTuple

from engine.matching.auction_terms import AuctionTerms
from engine.matching.demand import Demand
from engine.vocabulary.enums import PricingRule, TierKind, Undersubscribed


class Supply(NamedTuple):
    """What is for sale after containment, and at what price it sells."""

    quantity: int  # withheld tonnes taken off, released ones added
    price: int
    floor: int  # no bid below it wins
    interim: int  # the price before containment
    withheld: tuple[int, ...]  # by tier


def contain(demand: Demand, base: int, terms: AuctionTerms) -> Supply:
    """Return what is sold of a supply, and what its tiers add to it or take from it.

    Without a supply there is no price for them to answer to.
    """
    interim = uniform_price(demand, base, terms)
    nothing = (0,) * len(terms.tiers)
    plain = Supply(base, interim, terms.reserve, interim, nothing)
    if not base:
        return plain
    released = _release(demand, plain, terms)
    return released if released.quantity > base else _withhold(demand, plain, terms)


def uniform_price(demand: Demand, supply: int, terms: AuctionTerms) -> int:
    """Return the price at which a supply sells; for each his own price, the lowest of them."""
    if terms.pricing is PricingRule.HIGHEST_REJECTED:
        return max(terms.reserve, demand.price_of(supply + 1))
    if 0 < supply <= demand.total:
        return demand.price_of(supply)
    if not demand.total or terms.undersubscribed is Undersubscribed.SELL_AT_RESERVE:
        return terms.reserve
    return demand.price_of(demand.total)


def _release(demand: Demand, supply: Supply, terms: AuctionTerms) -> Supply:
    """Add the tiers whose triggers the price is above, the lowest first.

    While a tier is not used up the price is its trigger; it is never below it.
    """
    tiers = [tier for tier in terms.tiers if tier.kind is TierKind.RELEASE]
    for tier in sorted(tiers, key=lambda each: each.trigger):
        wanted = demand.at_least(tier.trigger)
        if supply.price <= tier.trigger or wanted <= supply.quantity:
            break
        quantity = supply.quantity + tier.quantity
        price = floor = max(tier.trigger, terms.reserve)
        if wanted >= quantity:
            price = max(floor, uniform_price(demand, quantity, terms))
        supply = supply._replace(quantity=quantity, price=price, floor=floor)
    return supply


def _withhold(demand: Demand, supply: Supply, terms: AuctionTerms) -> Supply:
    """Keep back the tiers whose triggers the price is not above, the highest first.

    No more than brings the price up to the trigger, which it then is; it is never above it.
    """
    withheld = list(supply.withheld)
    tiers = [(tier, n) for n, tier in enumerate(terms.tiers) if tier.kind is TierKind.WITHHOLD]
    for tier, n in sorted(tiers, key=lambda each: (-each[0].trigger, each[1])):
        if supply.price > tier.trigger:
            break
        # A highest rejected bid that reaches the trigger takes one tonne more.
        rejected = terms.pricing is PricingRule.HIGHEST_REJECTED and supply.price < tier.trigger
        needed = supply.quantity - demand.at_least(tier.trigger) + rejected
        lots = -(-needed // terms.cut_lot) * terms.cut_lot
        withheld[n] = min(max(0, lots), tier.quantity, supply.quantity)
        if not withheld[n]:
            break
        quantity = supply.quantity - withheld[n]
        price = min(tier.trigger, uniform_price(demand, quantity, terms))
        supply = supply._replace(quantity=quantity, price=price)
    return supply._replace(withheld=tuple(withheld))
