"""Spread what an auction left unsold over the next ones."""

from collections.abc import Sequence
from typing import NamedTuple


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

    In whole lots, those over going to the earlier ones. With a cap no auction grows beyond that
    share of its first planned volume; the excess moves on to the next auctions that have room.
    """
    raise NotImplementedError
