"""Exact arithmetic on prices and money: reservations, price limits, protection.

Everything is integers. A fee is rounded down, so that the fees of an order's fills never exceed
the fee that was reserved for the whole of it.
"""

from typing import Final

from engine.rulebook.ticks import Ticks, ceil_to_tick, floor_to_tick, on_tick
from engine.vocabulary.units import BASIS_POINTS, MAX_PRICE, PARTS_PER_MILLION

PPM: Final = PARTS_PER_MILLION


def cost(price: int, quantity: int, rate_ppm: int) -> int:
    """Return what buying may cost at the worst, in minor units, fee included."""
    value = price * quantity
    return value + value * rate_ppm // PPM


def limits(
    reference: int, down_bp: int, up_bp: int, tick: int, ticks: Ticks = ()
) -> tuple[int, int]:
    """Return the lowest and highest price of the day: reference x (1 - down), x (1 + up), half-up.

    Source: Shenzhen interim spot trading rules (2013) 4.1.11; the Guangdong closing
    of 10 February 2020 (27.15 -> 29.87) shows the half. At least the lowest valid price.
    """
    low = on_tick(reference * (BASIS_POINTS - down_bp), BASIS_POINTS, tick, ticks)
    high = on_tick(reference * (BASIS_POINTS + up_bp), BASIS_POINTS, tick, ticks)
    lowest = ceil_to_tick(1, tick, ticks)
    return max(low, lowest), max(high, lowest)


def protection(
    around: int, band_bp: int, tick: int, low: int, high: int, *, buy: bool, ticks: Ticks = ()
) -> int:
    """Return the worst price a market order may trade at, on the tick and in [low, high]."""
    factor = BASIS_POINTS + band_bp if buy else BASIS_POINTS - band_bp
    price = on_tick(around * factor, BASIS_POINTS, tick, ticks)
    price = min(max(price, ceil_to_tick(1, tick, ticks)), floor_to_tick(MAX_PRICE, tick, ticks))
    return min(max(price, low), high)
