"""The trades that make a real day's bar: what simulated brokers deal at, and how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.rulebook.ticks import Ticks, ceil_to_tick, floor_to_tick
from engine.vocabulary.enums import CloseRule

if TYPE_CHECKING:
    from backtest.history.series import Bar


_UNITS: Final = 4  # traded on each day of a series without volumes: enough for a bar's prices


class Print(NamedTuple):
    """One trade to be made: minor units a tonne, tonnes."""

    price: int
    quantity: int


class Steps(NamedTuple):
    """What sizes and prices a line takes."""

    lot: int = 1
    least: int = 1  # tonnes in an order
    tick: int = 1
    ticks: Ticks = ()

    @property
    def unit(self) -> int:
        """The smallest size of an order: whole lots, at least the least."""
        return -(-self.least // self.lot) * self.lot

    def above(self, price: int) -> int:
        """Return the next valid price above one."""
        return ceil_to_tick(price + 1, self.tick, self.ticks)

    def below(self, price: int) -> int:
        """Return the next valid price below one, 0 where there is none."""
        return floor_to_tick(price - 1, self.tick, self.ticks)


def listed_prints(bar: Bar, rule: CloseRule, steps: Steps) -> list[Print]:
    """Return trades whose open, high, low, volume and close are those of the bar.

    One unit each at the extremes, the rest at two neighbouring prices, so that the average is the
    bar's own. Where the close is the last trade, that comes last. Where it is an average and the
    bar's own value gives another (agreements are in many published totals), the average is the
    bar's close. A price that the bar does not have is not made. A day of fewer units than its bar
    has prices gets what it can, one of less than a unit gets nothing; tonnes beyond whole lots are
    left out. A day of a series without volumes gets four units.
    """
    unit = steps.unit
    bar = completed(bar, unit)
    volume = bar.volume // steps.lot * steps.lot
    if volume < unit:
        return []
    averaged = rule in (CloseRule.VWAP, CloseRule.VWAP_ABOVE)
    edges = [bar.high, bar.low] if averaged or not bar.open else [bar.open, bar.high, bar.low]
    first = list(dict.fromkeys(price for price in edges if averaged or price != bar.close))
    if not averaged and first and bar.open == bar.close:
        first.insert(0, bar.open)
    last = [] if averaged else [bar.close]
    if averaged and len(first) * unit > volume:
        first = [bar.close] * (volume // unit)
    room = max(0, volume // unit - len(last))
    prints = [Print(price, unit) for price in first[:room]]
    rest = volume - (len(prints) + len(last)) * unit
    if rest >= unit:
        target = bar.value
        if averaged and (2 * bar.value + bar.volume) // (2 * bar.volume) != bar.close:
            target = bar.close * volume
        spent = sum(each.price * unit for each in prints) + sum(last) * unit
        prints += _at_average(rest, target - spent, bar, steps)
    elif rest and prints:
        prints[-1] = Print(prints[-1].price, unit + rest)
    elif rest:
        return [Print(price, unit + rest) for price in last]
    return prints + [Print(price, unit) for price in last]


def completed(bar: Bar, unit: int) -> Bar:
    """Return a bar with what can be told from the rest of it: its close, its volume."""
    if bar.volume < 0:
        volume = _UNITS * unit
        bar = bar._replace(volume=volume, value=(bar.close or bar.high) * volume)
    if not bar.close and bar.volume:
        average = (2 * bar.value + bar.volume) // (2 * bar.volume)
        bar = bar._replace(close=min(max(average, bar.low), bar.high) if bar.high else average)
    return bar


def _at_average(quantity: int, value: int, bar: Bar, steps: Steps) -> list[Print]:
    """Share a quantity between two neighbouring prices inside the bar, for a value."""
    low = min(max(floor_to_tick(value // quantity, steps.tick, steps.ticks), bar.low), bar.high)
    high = min(steps.above(low), bar.high)
    dearer = 0
    if low < high:
        lots = (value - low * quantity) // (high - low) // steps.lot
        dearer = min(max(lots * steps.lot, 0), quantity)
    if dearer < steps.unit:
        dearer = 0
    elif quantity - dearer < steps.unit:
        dearer = quantity
    shares = (Print(low, quantity - dearer), Print(high, dearer))
    return [each for each in shares if each.quantity]
