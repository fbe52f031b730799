"""What happens around auctions of a rulebook's calendar, beside their bids and clearings."""

from typing import TypeAlias

from msgspec import Struct


class GuaranteeChanged(Struct, frozen=True, array_like=True, gc=False, tag=33):
    """An account put cash up for its bids, or got some back (a negative amount)."""

    account: str
    symbol: str
    amount: int  # minor units
    guarantee: int  # what it has put up now


class ConsignmentChanged(Struct, frozen=True, array_like=True, gc=False, tag=34):
    """An account consigned units to a line's auctions, or got some back (a negative quantity)."""

    account: str
    symbol: str
    quantity: int
    consigned: int  # tonnes that wait or are offered now


AuctionEvent: TypeAlias = GuaranteeChanged | ConsignmentChanged
