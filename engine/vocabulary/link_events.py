"""What happened over links between venues: a part of the vocabulary's union of events."""

from typing import TypeAlias

from msgspec import Struct

from engine.vocabulary.enums import LinkKind, Side, TimeInForce


class LinkSet(Struct, frozen=True, array_like=True, gc=False, tag=60):
    """An end of a link here is as it says from now on."""

    link: str
    kind: LinkKind
    peer: str
    symbol: str
    peer_symbol: str
    fee: int
    quota: int
    role: str


class OrderRouted(Struct, frozen=True, array_like=True, gc=False, tag=61):
    """A part of a member's order, and what it needs, left over a link."""

    account: str
    ref: int
    link: str
    number: int  # of the message to the peer
    owner: str
    side: Side
    quantity: int
    price: int
    tif: TimeInForce
    cash: int
    used: int  # tonnes of the link's quota, this part included


class GuestArrived(Struct, frozen=True, array_like=True, gc=False, tag=62):
    """An order came over a link; the guest's account here has what it brought."""

    link: str
    number: int
    account: str  # at its own venue
    guest: str  # here; the order keeps the member's reference


class CarriedHome(Struct, frozen=True, array_like=True, gc=False, tag=63):
    """A guest's available cash and tonnes left for its own venue."""

    link: str
    number: int  # of the message to the peer
    account: str
    cash: int
    tonnes: int
    filled: int
    unfilled: int
    ref: int  # the order that something happened to; 0: none
    traded: int  # its tonnes that traded since the last such message
    leaves: int  # its tonnes that are live here still
    reason: int = 0  # why what came was refused here, a ``RejectReason``; 0: it was not
    rule: str = ""  # what would have been accepted


class CarriedIn(Struct, frozen=True, array_like=True, gc=False, tag=64):
    """What a member has traded or not spent over a link is in its account, less the link's fee."""

    link: str
    number: int
    account: str
    cash: int
    tonnes: int
    fee: int
    used: int  # tonnes of the link's quota
    ref: int  # the order that something happened to at the peer; 0: none
    traded: int  # its tonnes that traded since the last such message
    leaves: int  # its tonnes that are live at the peer still
    reason: int = 0  # why what left, or its cancel, was refused there, a ``RejectReason``; 0: no
    rule: str = ""  # what would have been accepted


class CancelRouted(Struct, frozen=True, array_like=True, gc=False, tag=65):
    """A member's cancel left over a link for the order that rests there."""

    account: str
    ref: int
    link: str
    number: int  # of the message to the peer
    target: int


class RecognitionSet(Struct, frozen=True, array_like=True, gc=False, tag=66):
    """Allowances that come over a link meet an obligation at this ratio from now on."""

    link: str
    numerator: int
    denominator: int


class AllowancesSent(Struct, frozen=True, array_like=True, gc=False, tag=67):
    """Allowances left over a link, to count against an obligation at the peer."""

    account: str
    link: str
    number: int  # of the message to the peer
    product: str
    quantity: int
    entity: str  # at the peer
    cycle: str  # at the peer
    officer: str
    used: int  # tonnes of the link's quota, these included


class AllowancesRecognised(Struct, frozen=True, array_like=True, gc=False, tag=68):
    """Another venue's allowances have met a part of an entity's obligation, for good."""

    link: str
    number: int
    account: str  # at its own venue
    quantity: int  # tonnes that came
    entity: str
    cycle: str
    counted: int  # tonnes of the obligation
    due: int  # what is still to be surrendered
    used: int  # tonnes of the link's quota


class BidRouted(Struct, frozen=True, array_like=True, gc=False, tag=69):
    """A member's bid in an auction there, or tonnes to be sold in it, left over a link."""

    account: str
    ref: int
    link: str
    number: int  # of the message to the peer
    owner: str
    auction: int
    side: Side
    quantity: int
    price: int
    cash: int
    used: int  # tonnes of the link's quota, these included


class SupplyJoined(Struct, frozen=True, array_like=True, gc=False, tag=70):
    """A seller's tonnes have joined what an auction offers."""

    account: str
    ref: int
    symbol: str
    number: int
    quantity: int
    offered: int  # by all sellers


class ProceedsShared(Struct, frozen=True, array_like=True, gc=False, tag=71):
    """An auction with several sellers is over: one seller's part of it."""

    account: str
    symbol: str
    number: int
    brought: int  # tonnes that the seller offered
    sold: int  # of them; the rest is back
    proceeds: int  # minor units, less the seller's fee


LinkEvent: TypeAlias = (
    LinkSet
    | OrderRouted
    | GuestArrived
    | CarriedHome
    | CarriedIn
    | CancelRouted
    | RecognitionSet
    | AllowancesSent
    | AllowancesRecognised
    | BidRouted
    | SupplyJoined
    | ProceedsShared
)
