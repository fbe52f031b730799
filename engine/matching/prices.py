"""Exact arithmetic on prices and money: fees, reservations, price limits, rounding.

Everything is integers. ``fee`` rounds down, so that the fees of an order's fills never exceed
the fee that was reserved for the whole of it.
"""

from typing import Final, TypeAlias

from engine.vocabulary.units import BASIS_POINTS, MAX_PRICE, PARTS_PER_MILLION

PPM: Final = PARTS_PER_MILLION
Ticks: TypeAlias = tuple[tuple[int, int], ...]  # (from this price on, tick), rising


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


def tick_at(price: int, tick: int, ticks: Ticks) -> int:
    """Return the tick that holds at a price: the product's, or that of its table."""
    for start, step in reversed(ticks):
        if price >= start:
            return step
    return tick


def on_tick(numerator: int, denominator: int, tick: int, ticks: Ticks) -> int:
    """Round half-up to the tick that holds there."""
    price = half_up(numerator, denominator, tick)
    return half_up(numerator, denominator, tick_at(price, tick, ticks)) if ticks else price


def limits(
    reference: int, down_bp: int, up_bp: int, tick: int, ticks: Ticks = ()
) -> tuple[int, int]:
    """Return the lowest and highest price of the day: reference x (1 - down), x (1 + up), half-up.

    Source: Shenzhen interim spot trading rules (2013) 4.1.11; the Guangdong closing
    of 10 February 2020 (27.15 -> 29.87) shows the half. At least one tick.
    """
    low = on_tick(reference * (BASIS_POINTS - down_bp), BASIS_POINTS, tick, ticks)
    high = on_tick(reference * (BASIS_POINTS + up_bp), BASIS_POINTS, tick, ticks)
    return max(low, tick), max(high, tick)


def protection(around: int, band_bp: int, tick: int, low: int, high: int, *, buy: bool) -> int:
    """Return the worst price a market order may trade at, on the tick and in [low, high]."""
    factor = BASIS_POINTS + band_bp if buy else BASIS_POINTS - band_bp
    price = half_up(around * factor, BASIS_POINTS, tick)
    price = min(max(price, tick), MAX_PRICE // tick * tick)
    return min(max(price, low), high)
