"""Who comes first among bids at one price.

A draw is reproducible: SHA-256 of ``seed:place`` orders the bids, which is uniform over seeds.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from engine.vocabulary.enums import BidTie


class Tied(NamedTuple):
    """What a bid, or a piece of one, still wants at the price that is tied."""

    place: int  # of the piece, by which its share is known
    bid: int
    bidder: str
    quantity: int


class Shared(NamedTuple):
    """What each tied bid gets, and the order drawn, where it mattered."""

    shares: list[tuple[int, int]]  # place, tonnes; none with 0
    drawn: list[int]  # bids


def draw_key(seed: int | str, number: int) -> bytes:
    """Return the sort key of a bid among equals; the same seed always gives the same."""
    return hashlib.sha256(f"{seed}:{number}".encode()).digest()


def draw_hash(seed: int | str, drawn: Sequence[int]) -> str:
    """Return what identifies a draw: its seed and the order that it gave."""
    text = f"{seed}:{','.join(map(str, drawn))}"
    return hashlib.sha256(text.encode()).hexdigest() if drawn else ""


def share_tied(
    tied: Sequence[Tied], left: int, tie: BidTie, seed: int | str, cut_lot: int
) -> Shared:
    """Share ``left`` tonnes among bids at one price that want more; they come in order of time.

    Whole bids are filled in the order of time or of the draw, and the last one is cut. PRO_RATA
    gives each bidder its proportion rounded down to ``cut_lot``, and one such lot more to the
    first ones in the draw while there are any.
    """
    left = left // cut_lot * cut_lot
    if tie is BidTie.PRO_RATA:
        return _in_proportion(tied, left, seed, cut_lot)
    drawn: list[int] = []
    if tie is BidTie.RANDOM:
        tied = sorted(tied, key=lambda each: draw_key(seed, each.bid))
        drawn = [each.bid for each in tied]
    return Shared(_down(tied, left), drawn)


def _down(tied: Sequence[Tied], left: int) -> list[tuple[int, int]]:
    """Fill bids one after the other until nothing is left."""
    shares = []
    for each in tied:
        if not left:
            break
        share = min(each.quantity, left)
        shares.append((each.place, share))
        left -= share
    return shares


def _in_proportion(tied: Sequence[Tied], left: int, seed: int | str, lot: int) -> Shared:
    """Give each bidder its proportion in whole lots, then a lot each as drawn.

    A bidder is drawn by its first bid here. Its share fills its bids in the order of time; shares
    come in the order drawn.
    """
    bidders: dict[str, list[Tied]] = {}
    for each in tied:
        bidders.setdefault(each.bidder, []).append(each)
    wants = {name: sum(each.quantity for each in bids) for name, bids in bidders.items()}
    wanted = sum(wants.values())
    gets = {name: want * left // wanted // lot * lot for name, want in wants.items()}
    order = sorted(bidders, key=lambda name: draw_key(seed, bidders[name][0].bid))
    over = (left - sum(gets.values())) // lot
    for name in order[:over]:
        gets[name] += lot
    shares = [share for name in order for share in _down(bidders[name], gets[name])]
    return Shared(shares, [bidders[name][0].bid for name in order] if over else [])
