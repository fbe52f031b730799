"""The end of a compliance year: who is short, the penalty, what is to be made good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.registry.refusals import refused, year_open
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.registry_events import ShortfallFound, YearSettled
from engine.vocabulary.units import MAX_MONEY, MAX_PRICE

if TYPE_CHECKING:
    from engine.registry.state import RegistryState
    from engine.vocabulary.events import Event
    from engine.vocabulary.registry_commands import SettleYear


def settle(registry: RegistryState, c: SettleYear, date: int) -> list[Event]:
    """Settle a year whose deadline is over, the earliest that is open."""
    terms = registry.programme
    refusal = year_open(registry, "", c.year)
    if refusal or terms is None:
        return refusal
    first = min((year for year in registry.years if year > registry.settled), default=c.year)
    if c.year > first:
        rule = f"{first} first: years are settled in their order"
        return refused("", RejectReason.VALUE, "year", rule)
    last = registry.last_day(c.year)
    if last and date <= last:
        rule = f"after {last}, the last day to surrender for {c.year}"
        return refused("", RejectReason.WINDOW, "year", rule)
    if not 0 <= c.price <= MAX_PRICE:
        return refused("", RejectReason.VALUE, "price", f"0 to {MAX_PRICE} minor units")
    each = terms.penalty + terms.penalty_multiple * c.price
    year = registry.years.get(c.year, {})
    if any(owes.outstanding * each > MAX_MONEY for owes in year.values()):
        rule = f"no penalty above {MAX_MONEY} minor units"
        return refused("", RejectReason.VALUE, "price", rule)
    registry.settled = c.year
    events: list[Event] = []
    for name, owes in year.items():
        short = owes.short = owes.outstanding
        if short:
            events.append(ShortfallFound(name, c.year, short, registry.currency, short * each))
            if terms.make_good:
                registry.obligation(c.year + 1, name).carried += short
    owed = sum(owes.owed for owes in year.values())
    missing = sum(owes.short for owes in year.values())
    events.append(YearSettled(c.year, owed, owed - missing, missing))
    return events
