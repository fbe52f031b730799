"""Exact arithmetic on prices and money: fees, reservations, price limits, rounding.

Everything is integers. ``fee`` rounds down, so that the fees of an order's fills never exceed
the fee that was reserved for the whole of it.
"""

from typing import Final

from engine.rulebook import BASIS_POINTS, PARTS_PER_MILLION
from engine.types import MAX_PRICE

PPM: Final = PARTS_PER_MILLION


def half_up(numerator: int, denominator: int, tick: int) -> int:
    """Round ``numerator / denominator`` half-up to a multiple of ``tick``."""
    step = denominator * tick
    return (2 * numerator + step) // (2 * step) * tick


def fee(value: int, rate_ppm: int) -> int:
    """Return the fee on a value, both in minor units, rounded down."""
    return value * rate_ppm // PPM


def cost(price: int, quantity: int, rate_ppm: int) -> int:
    """Return what buying may cost at the worst, in minor units, fee included."""
    value = price * quantity
    return value + value * rate_ppm // PPM


def limits(reference: int, band_bp: int, tick: int) -> tuple[int, int]:
    """Return the lowest and highest price of the day: reference x (1 +/- band), half-up.

    Source: Shenzhen interim spot trading rules (2013) 4.1.11; the Guangdong closing
    of 10 February 2020 (27.15 -> 29.87) shows the half. At least one tick.
    """
    low = half_up(reference * (BASIS_POINTS - band_bp), BASIS_POINTS, tick)
    high = half_up(reference * (BASIS_POINTS + band_bp), BASIS_POINTS, tick)
    return max(low, tick), max(high, tick)


def protection(around: int, band_bp: int, tick: int, low: int, high: int, *, buy: bool) -> int:
    """Return the worst price a market order may trade at, on the tick and in [low, high]."""
    factor = BASIS_POINTS + band_bp if buy else BASIS_POINTS - band_bp
    price = half_up(around * factor, BASIS_POINTS, tick)
    price = min(max(price, tick), MAX_PRICE // tick * tick)
    return min(max(price, low), high)
