"""What passes between linked venues, as commands: a part of the vocabulary's union.

Each is an operator's; a federation gives them. A number counts the messages from one venue to
another from 1 on, so that each is taken once.
"""

from typing import TypeAlias

from msgspec import Struct

from engine.vocabulary.enums import LinkKind, RejectReason, Side, TimeInForce
from engine.vocabulary.units import Int


class SetLink(Struct, frozen=True, array_like=True, gc=False, tag=50):
    """Operator: this venue's end of a link with another venue; the use of its quota starts anew."""

    link: str
    kind: LinkKind
    peer: str  # the other venue's name
    symbol: str  # the line here
    peer_symbol: str  # the line there
    fee: Int = 0  # minor units per tonne, for what members from here trade there
    quota: Int = 0  # tonnes that members from here may trade there; 0: no limit
    role: str = ""  # the account class of guests from there


class RouteOrder(Struct, frozen=True, array_like=True, gc=False, tag=51):
    """Enter a member's order and send a part of it over a link, with what that part needs."""

    account: str
    ref: Int  # the member's own
    link: str
    side: Side
    quantity: Int  # tonnes in all; what does not leave is entered here
    price: Int  # the member's limit
    tif: TimeInForce
    away: Int  # tonnes that leave
    away_price: Int  # their limit there
    cash: Int = 0  # minor units that leave with an order to buy; the rest of it comes back


class GuestOrder(Struct, frozen=True, array_like=True, gc=False, tag=52):
    """Enter the order of another venue's member that came over a link, with what it brought."""

    link: str
    number: Int
    account: str  # at its own venue
    ref: Int  # the member's own, and the guest's
    owner: str
    side: Side
    quantity: Int
    price: Int
    tif: TimeInForce
    cash: Int = 0  # minor units that came with an order to buy; tonnes come with one to sell


class CarryHome(Struct, frozen=True, array_like=True, gc=False, tag=53):
    """Send a guest's available cash and tonnes back to its own venue, and what an order did."""

    link: str
    account: str  # at its own venue
    ref: Int = 0  # the order that something happened to; 0: none
    traded: Int = 0  # its tonnes that traded since the venue at home was last sent word of it


class CarryIn(Struct, frozen=True, array_like=True, gc=False, tag=54):
    """Take in what came back to a member over a link."""

    link: str
    number: Int
    account: str
    cash: Int  # minor units
    tonnes: Int
    filled: Int  # tonnes that were traded there, and the link's fee is due for
    unfilled: Int  # tonnes of quota that were not used after all
    ref: Int = 0  # the order that something happened to; 0: none
    traded: Int = 0  # its tonnes that traded since the last such message
    leaves: Int = 0  # its tonnes that are live at the peer still


class RouteCancel(Struct, frozen=True, array_like=True, gc=False, tag=55):
    """Ask over a link for the cancel of a member's order that rests at the peer."""

    account: str
    ref: Int  # the member's own; 0: the venue's, which cancels all orders
    link: str
    target: Int  # the order's reference


class GuestCancel(Struct, frozen=True, array_like=True, gc=False, tag=56):
    """Cancel the guest's order that its member no longer wants."""

    link: str
    number: Int
    account: str  # at its own venue
    ref: Int
    target: Int


class SetRecognition(Struct, frozen=True, array_like=True, gc=False, tag=57):
    """Operator: how many tonnes of an obligation another venue's allowances meet over a link."""

    link: str
    numerator: Int  # tonnes of an obligation here
    denominator: Int  # that so many tonnes from there meet


class SendAllowances(Struct, frozen=True, array_like=True, gc=False, tag=58):
    """Operator: surrender an account's allowances for what an entity owes at the link's peer."""

    link: str
    account: str
    quantity: Int
    entity: str  # at the peer
    cycle: str  # at the peer
    officer: str = ""  # of the entity


class RecogniseAllowances(Struct, frozen=True, array_like=True, gc=False, tag=59):
    """Count another venue's allowances against an entity's obligation, or send them back."""

    link: str
    number: Int
    account: str  # at its own venue
    quantity: Int
    entity: str
    cycle: str
    officer: str = ""


class RouteBid(Struct, frozen=True, array_like=True, gc=False, tag=60):
    """Send a member's bid over a link into an auction there, or tonnes to be sold in it."""

    account: str
    ref: Int  # the member's own
    link: str
    auction: Int  # its number there
    side: Side  # BUY: a bid; SELL: a part of what is sold
    quantity: Int
    price: Int  # the bid's; of a seller, the least reserve that it takes
    cash: Int = 0  # minor units that leave with a bid; the rest of it comes back


class GuestBid(Struct, frozen=True, array_like=True, gc=False, tag=61):
    """Enter the bid, or the supply, of another venue's member that came over a link."""

    link: str
    number: Int
    account: str  # at its own venue
    ref: Int  # the member's own, and the guest's
    owner: str
    auction: Int
    side: Side
    quantity: Int
    price: Int
    cash: Int = 0


class JoinAuction(Struct, frozen=True, array_like=True, gc=False, tag=62):
    """Sell tonnes in an auction that another announced, and share in what it brings."""

    account: str
    ref: Int
    symbol: str
    number: Int
    quantity: Int
    price: Int  # the least reserve that the seller takes


class CarryHomeRefused(Struct, frozen=True, array_like=True, gc=False, tag=63):
    """Do as ``CarryHome`` does where the order, or its cancel, was refused here, and say why."""

    link: str
    account: str  # at its own venue
    ref: Int
    traded: Int
    reason: RejectReason
    rule: str  # what would have been accepted


class CarryInRefused(Struct, frozen=True, array_like=True, gc=False, tag=64):
    """Do as ``CarryIn`` does where what left, or a cancel, was refused there, and say why."""

    link: str
    number: Int
    account: str
    cash: Int  # minor units
    tonnes: Int
    filled: Int
    unfilled: Int
    ref: Int  # the order; 0: none
    traded: Int
    leaves: Int
    reason: RejectReason
    rule: str  # what would have been accepted


# What another venue of the federation sent: numbered from 1 on each direction of a link.
LinkMessage: TypeAlias = (
    GuestOrder | CarryIn | CarryInRefused | GuestCancel | RecogniseAllowances | GuestBid
)
LinkCommand: TypeAlias = (
    SetLink
    | RouteOrder
    | GuestOrder
    | CarryHome
    | CarryIn
    | RouteCancel
    | GuestCancel
    | SetRecognition
    | SendAllowances
    | RecogniseAllowances
    | RouteBid
    | GuestBid
    | JoinAuction
    | CarryHomeRefused
    | CarryInRefused
)
