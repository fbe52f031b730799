"""Which prices there are: the multiples of one tick, or those of a tick table.

A table's row holds from its price on; its price is a multiple of its own tick, so it is valid.
"""

from typing import TypeAlias

Ticks: TypeAlias = tuple[tuple[int, int], ...]  # (from this price on, tick), rising


def half_up(numerator: int, denominator: int, tick: int) -> int:
    """Round ``numerator / denominator`` half-up to a multiple of ``tick``."""
    step = denominator * tick
    return (2 * numerator + step) // (2 * step) * tick


def tick_at(price: int, tick: int, ticks: Ticks) -> int:
    """Return the tick that holds at a price: the product's, or that of its table."""
    for start, step in reversed(ticks):
        if price >= start:
            return step
    return tick


def floor_to_tick(price: int, tick: int, ticks: Ticks = ()) -> int:
    """Return the highest valid price that is not above a price, 0 where there is none."""
    step = tick_at(price, tick, ticks)
    return price // step * step


def ceil_to_tick(price: int, tick: int, ticks: Ticks = ()) -> int:
    """Return the lowest valid price that is not below a price."""
    step = tick_at(price, tick, ticks)
    found = -(-price // step) * step
    for start, _ in ticks:
        if price < start < found:
            return start
    return found


def on_tick(numerator: int, denominator: int, tick: int, ticks: Ticks = ()) -> int:
    """Round to the nearest valid price, half-up; 0 counts as one."""
    if not ticks:
        return half_up(numerator, denominator, tick)
    below = floor_to_tick(numerator // denominator, tick, ticks)
    above = ceil_to_tick(-(-numerator // denominator), tick, ticks)
    return above if 2 * numerator >= denominator * (below + above) else below
