"""Who comes first among bids at one price.

A draw is reproducible: SHA-256 of ``seed:place`` orders the bids, which is uniform over seeds.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from engine.vocabulary.enums import BidTie


class Claims(NamedTuple):
    """Pieces of bids that have the same claim, in the order of time; columns by place."""

    places: Sequence[int]
    wants: Sequence[int]  # tonnes, by place
    bids: Sequence[int]  # by place
    bidders: Sequence[str]  # by bid

    @property
    def total(self) -> int:
        """What they want together."""
        return sum([self.wants[place] for place in self.places])

    def drawn(self, seed: int | str) -> "Claims":
        """Return them in the order of the draw."""
        keys = {place: draw_key(seed, self.bids[place]) for place in self.places}
        return self._replace(places=sorted(self.places, key=keys.__getitem__))


class Shared(NamedTuple):
    """What each tied piece gets, and the order drawn, where it mattered."""

    shares: list[tuple[int, int]]  # place, tonnes; none with 0
    drawn: list[int]  # bids


def draw_key(seed: int | str, number: int) -> bytes:
    """Return the sort key of a bid among equals; the same seed always gives the same."""
    return hashlib.sha256(f"{seed}:{number}".encode()).digest()


def draw_hash(seed: int | str, drawn: Sequence[int]) -> str:
    """Return what identifies a draw: its seed and the order that it gave."""
    text = f"{seed}:{','.join(map(str, drawn))}"
    return hashlib.sha256(text.encode()).hexdigest() if drawn else ""


def share_tied(claims: Claims, left: int, tie: BidTie, seed: int | str, cut_lot: int) -> Shared:
    """Share ``left`` tonnes among pieces that want more.

    Whole bids are filled in the order of time or of the draw, and the last one is cut. PRO_RATA
    gives each bidder its proportion rounded down to ``cut_lot``, and one such lot more to the
    first ones in the draw while there are any.
    """
    left = left // cut_lot * cut_lot
    if tie is BidTie.PRO_RATA:
        return _in_proportion(claims, left, seed, cut_lot)
    if tie is BidTie.TIME:
        return Shared(_down(claims.places, claims.wants, left), [])
    drawn = claims.drawn(seed)
    shares = _down(drawn.places, claims.wants, left)
    return Shared(shares, [claims.bids[place] for place in drawn.places])


def _down(places: Sequence[int], wants: Sequence[int], left: int) -> list[tuple[int, int]]:
    """Fill pieces one after the other until nothing is left."""
    shares = []
    for place in places:
        if not left:
            break
        share = min(wants[place], left)
        shares.append((place, share))
        left -= share
    return shares


def _in_proportion(claims: Claims, left: int, seed: int | str, lot: int) -> Shared:
    """Give each bidder its proportion in whole lots, then a lot each as drawn.

    A bidder is drawn by its first bid here. Its share fills its bids in the order of time; shares
    come in the order drawn.
    """
    pieces: dict[str, list[int]] = {}
    for place in claims.places:
        pieces.setdefault(claims.bidders[claims.bids[place]], []).append(place)
    wants = {name: sum(claims.wants[place] for place in own) for name, own in pieces.items()}
    wanted = sum(wants.values())
    gets = {name: want * left // wanted // lot * lot for name, want in wants.items()}
    firsts = {own[0]: name for name, own in pieces.items()}
    drawn = claims._replace(places=list(firsts)).drawn(seed).places
    over = (left - sum(gets.values())) // lot
    for place in drawn[:over]:
        gets[firsts[place]] += lot
    shares = [
        share
        for place in drawn
        for share in _down(pieces[firsts[place]], claims.wants, gets[firsts[place]])
    ]
    return Shared(shares, [claims.bids[place] for place in drawn] if over else [])
