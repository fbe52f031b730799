"""The reports of links: what of an account's orders left for another venue, and came back.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them. ``docs/regions.md`` says what a link is.
"""

from typing import TypeAlias

from msgspec import Struct

from engine.vocabulary.enums import Side


class OrderRouted(Struct, frozen=True, array_like=True, gc=False, tag=150):
    """The order ``ref``, or a part of it, left over a link with what it needs."""

    seq: int
    time: int
    ref: int
    link: str
    side: Side
    quantity: int  # tonnes that left; the rest of the order is entered here
    price: int  # their limit there
    cash: int  # minor units that left with an order to buy; what it does not spend comes back


class CarriedIn(Struct, frozen=True, array_like=True, gc=False, tag=151):
    """What came back over a link is in the account."""

    seq: int
    time: int
    ref: int  # the order that something happened to at the peer; 0: none
    link: str
    traded: int  # its tonnes that traded since the last such report
    leaves: int  # its tonnes that are live at the peer still; 0: it is over
    cash: int  # minor units that came, the fee among them
    tonnes: int  # that came
    fee: int  # minor units, for the link
    reason: int = 0  # why what left, or its cancel, was refused there, a ``RejectReason``; 0: no
    rule: str = ""  # what would have been accepted


class CancelRouted(Struct, frozen=True, array_like=True, gc=False, tag=152):
    """A cancel left over a link; ``CarriedIn`` of the order says what came of it."""

    seq: int
    time: int
    ref: int  # the client's message; 0: the venue cancels all of the account's orders
    link: str
    target: int  # the order


class BidRouted(Struct, frozen=True, array_like=True, gc=False, tag=153):
    """A bid, or tonnes to be sold, left over a link for an auction there."""

    seq: int
    time: int
    ref: int
    link: str
    auction: int  # its number there
    side: Side
    quantity: int
    price: int
    cash: int  # minor units that left with a bid; what it does not spend comes back


class AllowancesSent(Struct, frozen=True, array_like=True, gc=False, tag=154):
    """Tonnes left over a link, to count against an obligation at the peer."""

    seq: int
    time: int
    link: str
    product: str
    quantity: int
    entity: str  # at the peer
    cycle: str  # at the peer


LinkReport: TypeAlias = OrderRouted | CarriedIn | CancelRouted | BidRouted | AllowancesSent
