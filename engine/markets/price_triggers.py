"""Prices at which the authority may sell or buy: watched over the venue's own trades.

A trigger that is met proposes, and does nothing else: the operator answers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import UnsetType

from engine.matching.reserve_prices import DayTraded, between, half_up, months_before, totals
from engine.vocabulary.auction_events import SaleProposed
from engine.vocabulary.enums import Side
from engine.vocabulary.units import BASIS_POINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.markets.assets import Asset
    from engine.rulebook.model import Rulebook
    from engine.rulebook.reserves import PriceTrigger
    from engine.vocabulary.events import Event

_MONTHS = 13  # kept for reserves: the longest of their averages, and the month that is on


def months_kept(rulebook: Rulebook) -> int:
    """Return how many months of trades a rulebook looks back on, at least."""
    triggers = rulebook.auction.triggers
    if isinstance(triggers, UnsetType):
        return _MONTHS
    return max(_MONTHS, *(each.months + each.base_months + 1 for each in triggers))


def propose(rulebook: Rulebook, assets: Mapping[str, Asset], date: int) -> list[Event]:
    """Look at all triggers on a date; return those that are newly met, and forget those no more."""
    triggers = rulebook.auction.triggers
    before = {name: asset.proposals for name, asset in assets.items()}
    for asset in assets.values():
        asset.proposals = {}
    events: list[Event] = []
    for each in () if isinstance(triggers, UnsetType) else triggers:
        asset = assets[each.product]
        found = met(each, asset.daily.days(date, each.modes), date)
        if found is None:
            continue
        since = before[each.product].get(each.name, 0)
        asset.proposals[each.name] = since or date
        if not since:
            events.append(SaleProposed(each.product, each.name, each.side, date, *found))
    return events


def met(trigger: PriceTrigger, days: list[DayTraded], date: int) -> tuple[int, int] | None:
    """Return the latest average and what it is beyond, both rounded; ``None`` where it is not.

    Averages are compared before they are rounded.
    """
    windows = _windows(trigger, days, date)
    level, parts = trigger.level, 1
    if trigger.multiple_bp:
        begin, _ = months_before(date, trigger.months + trigger.base_months)
        end, _ = months_before(date, trigger.months)
        value, volume = totals(between(days, begin, end))
        level, parts = value * trigger.multiple_bp, volume * BASIS_POINTS
    if not (windows and parts and all(windows)):
        return None
    for window in windows:
        value, volume = totals(window)
        apart = value * parts - level * volume
        if not (apart > 0 if trigger.side is Side.SELL else apart < 0):
            return None
    value, volume = totals(windows[0])
    return half_up(value, volume), half_up(level, parts)


def _windows(trigger: PriceTrigger, days: list[DayTraded], date: int) -> list[list[DayTraded]]:
    """Return the days of each average that a trigger looks at, the latest first."""
    if trigger.months:
        firsts = [months_before(date, back)[0] for back in range(trigger.months + 1)]
        return [between(days, begin, end) for end, begin in pairwise(firsts)]
    dates = list(dict.fromkeys(day.date for day in days))
    windows = []
    for back in range(trigger.for_days):
        last = len(dates) - back
        if last < trigger.days:
            return []
        windows.append(between(days, dates[last - trigger.days], dates[last - 1] + 1))
    return windows
