"""Who gets how much at one price."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from engine.rulebook.model import Mode
from engine.vocabulary.enums import Matching
from engine.vocabulary.units import BASIS_POINTS

Share: TypeAlias = Callable[[Sequence[int], int], list[int]]


def pro_rata(shown: Sequence[int], quantity: int, lot: int) -> list[int]:
    """Share ``quantity`` tonnes among queued orders that show ``shown`` tonnes each.

    Each gets its proportion rounded down to whole lots; the lots that remain go one each from
    the head of the queue, as far as shown. All figures are multiples of ``lot`` and the shares
    add up to ``min(quantity, sum(shown))``.
    """
    total = sum(shown)
    if quantity >= total:
        return list(shown)
    shares = [each * quantity // total // lot * lot for each in shown]
    rest = quantity - sum(shares)
    for place, each in enumerate(shown):
        if rest == 0:
            break
        if shares[place] < each:
            shares[place] += lot
            rest -= lot
    return shares


def hybrid(
    shown: Sequence[int], quantity: int, lot: int, top: int, fifo_bp: int, min_share: int
) -> list[int]:
    """Share ``quantity`` tonnes by place in the queue first, then in proportion.

    The first in the queue gets up to ``top`` tonnes; of what then remains, ``fifo_bp`` basis
    points (rounded down to lots) go by time; the rest goes in proportion to what is still shown,
    rounded down to lots, shares below ``min_share`` being none; what is over goes by time.
    Futures exchanges trade short-term interest rates by rules of this kind.
    """
    total = sum(shown)
    if quantity >= total:
        return list(shown)
    shares = [0] * len(shown)
    rest = quantity

    def by_time(amount: int) -> int:
        for place, each in enumerate(shown):
            step = min(each - shares[place], amount)
            shares[place] += step
            amount -= step
        return amount

    first = min(shown[0], top // lot * lot, rest)
    shares[0] += first
    rest -= first
    timed = rest * fifo_bp // BASIS_POINTS // lot * lot
    rest -= timed - by_time(timed)
    open_ = [each - share for each, share in zip(shown, shares, strict=True)]
    left = sum(open_)
    for place, each in enumerate(open_):
        share = each * rest // left // lot * lot if left else 0
        if share >= min_share:
            shares[place] += share
    by_time(quantity - sum(shares))
    return shares


def share_of(mode: Mode, lot: int) -> Share:
    """Return how a mode shares a quantity among the orders at one price."""
    if mode.matching is Matching.HYBRID:
        top, fifo, least = mode.top_order, mode.fifo_bp, mode.min_share
        return partial(hybrid, lot=lot, top=top, fifo_bp=fifo, min_share=least)
    return partial(pro_rata, lot=lot)
