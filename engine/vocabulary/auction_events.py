"""What happens around auctions of a rulebook's calendar, beside their bids and clearings."""

from typing import TypeAlias

from msgspec import Struct

from engine.vocabulary.enums import Side


class GuaranteeChanged(Struct, frozen=True, array_like=True, gc=False, tag=33):
    """An account has more for its bids, put up or pledged, or less (a negative amount)."""

    account: str
    symbol: str
    amount: int  # minor units
    guarantee: int  # what it has of the kind now
    kind: str = ""  # of a pledge; "" is cash


class ConsignmentChanged(Struct, frozen=True, array_like=True, gc=False, tag=34):
    """An account consigned units to a line's auctions, or got some back (a negative quantity)."""

    account: str
    symbol: str
    quantity: int
    consigned: int  # tonnes that wait or are offered now


class SaleProposed(Struct, frozen=True, array_like=True, gc=False, tag=35):
    """A price trigger is met: a sale or purchase by the authority is proposed, and nothing else."""

    product: str
    trigger: str
    side: Side  # SELL: the price is high; BUY: it is low
    date: int
    average: int  # minor units per tonne, the latest
    level: int  # that it is beyond


AuctionEvent: TypeAlias = GuaranteeChanged | ConsignmentChanged | SaleProposed
