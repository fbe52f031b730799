"""The trades that make a real day's bar: what simulated brokers deal at, and how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.vocabulary.enums import CloseRule

if TYPE_CHECKING:
    from backtest.history.series import Bar


class Print(NamedTuple):
    """One trade to be made: minor units a tonne, tonnes."""

    price: int
    quantity: int


def listed_prints(bar: Bar, rule: CloseRule) -> list[Print]:
    """Return trades whose open, high, low, volume and close are those of the bar.

    One tonne each at the extremes, the rest at two neighbouring prices, so that the average is the
    bar's own. Where the close is the last trade, that comes last. Where it is an average and the
    bar's own value gives another (agreements are in many published totals), the average is the
    bar's close. A day of fewer tonnes than its bar has prices gets what it can.
    """
    averaged = rule in (CloseRule.VWAP, CloseRule.VWAP_ABOVE)
    edges = [bar.high, bar.low] if averaged else [bar.open, bar.high, bar.low]
    first = list(dict.fromkeys(price for price in edges if averaged or price != bar.close))
    if not averaged and first and bar.open == bar.close:
        first.insert(0, bar.open)
    last = [] if averaged else [bar.close]
    if averaged and len(first) > bar.volume:
        first = [bar.close] * bar.volume
    room = max(0, bar.volume - len(last))
    prints = [Print(price, 1) for price in first[:room]]
    rest = bar.volume - len(prints) - len(last)
    if rest > 0:
        target = bar.value
        if averaged and (2 * bar.value + bar.volume) // (2 * bar.volume) != bar.close:
            target = bar.close * bar.volume
        spent = sum(each.price for each in prints) + sum(last)
        prints += _at_average(rest, target - spent, bar)
    return prints + [Print(price, 1) for price in last]


def _at_average(quantity: int, value: int, bar: Bar) -> list[Print]:
    """Share a quantity between two neighbouring prices inside the bar, for a value."""
    low = min(max(value // quantity, bar.low), bar.high)
    dearer = min(max(value - low * quantity, 0), quantity) if low < bar.high else 0
    shares = (Print(low, quantity - dearer), Print(low + 1, dearer))
    return [each for each in shares if each.quantity]
