"""Spread what an auction left unsold over the next ones."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.vocabulary.units import BASIS_POINTS


class Planned(NamedTuple):
    """A coming auction's volume."""

    first: int  # as first planned, what a cap is a share of
    now: int  # with what was added since


class Spread(NamedTuple):
    """The volumes after a spread, and what fits into none of the auctions."""

    volumes: tuple[int, ...]
    left: int


def spread(
    plan: Sequence[Planned], unsold: int, over: int, cap_bp: int = 0, lot: int = 1
) -> Spread:
    """Spread ``unsold`` tonnes evenly over the next ``over`` auctions of a plan.

    In whole lots, those over going to the earlier ones; tonnes that make no lot are left. With a
    cap no auction grows beyond that share of its first planned volume; the excess moves on to the
    next auctions that have room, beyond the first ``over`` too.
    """
    lots, left = divmod(unsold, lot)
    count = min(over, len(plan))
    volumes, excess = [], 0
    for place, planned in enumerate(plan):
        even = lots // count + (place < lots % count) if place < count else 0
        wanted = even * lot + excess
        room = wanted
        if cap_bp:
            room = max(0, planned.first * cap_bp // BASIS_POINTS - planned.now) // lot * lot
        volumes.append(planned.now + min(wanted, room))
        excess = wanted - min(wanted, room)
    return Spread(tuple(volumes), left + (excess if count else lots * lot))
