"""``python -m benchmarks.auctions``: how long a sealed auction of 100,000 bids takes to clear.

Three auctions: bids at many prices and a draw; limits of linked accounts, guarantees that are
tried again and a containment reserve; and the worst draw, all bids at one price. Before a time is
printed the result's hash is compared with the one that is written here. The exit code is 1 where
an auction takes a second or more.
"""

from __future__ import annotations

import hashlib
import sys
from functools import partial
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.measure import seconds
from engine.matching.auction_terms import (
    AuctionTerms,
    BidBook,
    GroupLimit,
    SealedBid,
    Seller,
    Tier,
)
from engine.matching.sealed_auction import clear_sealed
from engine.vocabulary.enums import BidTie, GuaranteeRule, TierKind, Undersubscribed

if TYPE_CHECKING:
    from engine.matching.auction_terms import AuctionResult

BIDS: Final = 100_000
WANTED: Final = 1.0  # seconds at most
SHORT: Final = 2_000  # bids of the auctions that tests clear
NAMES: Final = ("draw", "limits", "one price")
HASHES: Final = {
    (BIDS, "draw"): "7c3c4ebc56802824",
    (BIDS, "limits"): "7437d7b692c0cc7d",
    (BIDS, "one price"): "0c3225fa91be485b",
    (SHORT, "draw"): "06dde8b59e76e6f8",
    (SHORT, "limits"): "c33a4fdc8bab9d0e",
    (SHORT, "one price"): "269da7183aff3880",
}


def auction(name: str, count: int) -> tuple[BidBook, AuctionTerms]:
    """Return bids of lots of 1,000 for about half of what they ask, and the terms."""
    rng = Random(f"auction {name} {count}")
    spread = 0 if name == "one price" else 1_500
    bids = []
    for _ in range(count):
        bidder = rng.randrange(count // 20)
        price = 3_000 + rng.randint(-spread, spread)
        bids.append(SealedBid(f"b{bidder}", f"g{bidder // 3}", price, 1_000 * rng.randint(1, 20)))
    supply = count * 5_000 + 670
    sellers = (Seller("state", supply * 9 // 10, 1), Seller("utility", supply // 10))
    if name != "limits":
        return BidBook(bids, sellers), AuctionTerms(2_000, 1_000, seed=1)
    limits = {bid.group: GroupLimit(700_000, 500_000) for bid in bids}
    guarantees = {bid.bidder: rng.randint(400, 600) * 1_000_000 for bid in bids}
    terms = AuctionTerms(
        2_000,
        1_000,
        tie=BidTie.PRO_RATA,
        undersubscribed=Undersubscribed.SELL_AT_RESERVE,
        seed=1,
        guarantee_rule=GuaranteeRule.RETRY,
        tiers=(Tier(TierKind.RELEASE, 2_600, supply // 10),),
    )
    return BidBook(bids, sellers, limits, guarantees), terms


def result_hash(result: AuctionResult) -> str:
    """Return what identifies a result: all awards, cuts and figures."""
    return hashlib.sha256(repr(result).encode()).hexdigest()[:16]


def check(name: str, count: int) -> None:
    """Clear an auction. Raises ``AssertionError`` where its hash is another than is written."""
    made = result_hash(clear_sealed(*auction(name, count)))
    assert made == HASHES[count, name], f"{name}, {count} bids: {made}"


def main(rounds: int) -> int:
    """Measure all of them; return the exit code."""
    late = 0
    for name in NAMES:
        check(name, BIDS)
        book, terms = auction(name, BIDS)
        work = partial(clear_sealed, book, terms)
        taken = median(seconds(work) for _ in range(rounds))
        late += taken >= WANTED
        print(f"{name}: {taken:.2f} s, wanted under {WANTED:g} s")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
