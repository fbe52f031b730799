"""A live order, the level it rests in, the seat it was entered from, and the market it trades in.

These refer to one another, so they stand together; everything else that has to do with orders
imports them from here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from engine.vocabulary.enums import Side, TimeInForce

if TYPE_CHECKING:
    from engine.ledger.accounts import Account, Balance
    from engine.rulebook.model import AccountClass, Mode, Product
    from engine.vocabulary.commands import AmendOrder, NewOrder
    from engine.vocabulary.enums import CancelReason, OrderState
    from engine.vocabulary.events import Event

# ``Order.flags``: the time in force in three bits, 0 for DAY, then what else sets the order apart.
TIF_BITS: Final = 7
TIFS: Final = tuple(TimeInForce)
NO_LIMIT: Final = 8  # a market order, or a stop that becomes one: its price is a protection
POST_ONLY: Final = 16
TAKES: Final = 32  # never rests: what it cannot trade is cancelled
WAITS: Final = 64  # enters outside the book
EXPIRES: Final = 128  # good till date
OFFER: Final = 256  # has a number, or bids for one
OUTSIDE: Final = WAITS | EXPIRES
FLAGS: Final = {
    tif: index | more
    for index, (tif, more) in enumerate(
        {
            TimeInForce.DAY: 0,
            TimeInForce.GTC: 0,
            TimeInForce.GTD: EXPIRES,
            TimeInForce.IOC: TAKES,
            TimeInForce.FOK: TAKES,
            TimeInForce.AT_OPEN: TAKES | WAITS,
            TimeInForce.AT_CLOSE: TAKES | WAITS,
        }.items()
    )
}


class Level:
    """One price on one side: a queue of orders and the sum of what they show."""

    __slots__ = ("before", "head", "price", "quantity", "spare")

    price: int
    quantity: int  # tonnes shown
    head: Order | None
    before: Order | None  # the tail: what an order that comes now has before it
    spare: Level | None  # the next emptied one, while it is empty itself


class Order(Struct, gc=False, eq=False):
    """A live order. Mutable, and never handed out of the engine.

    ``gc=False``: the cyclic collector never walks a deep book. That is sound because every way
    out of a queue clears ``level``, an emptied level clears its tail, and an order that has
    left keeps at most the neighbours that stayed behind it: so no dead order is part of a cycle.
    Its links come first by the alphabet, and so in memory: removing an order from a deep book
    costs the cache lines of its neighbours, and most often theirs are then one each.
    """

    seat: Seat
    ref: int
    side: Side
    price: int
    quantity: int  # tonnes in total
    leaves: int  # tonnes open
    shown: int  # tonnes displayed now
    flags: int = 0  # what it is beside a plain day order, and its time in force
    display: int = 0  # tonnes displayed at a time; 0 shows everything
    level: Level | None = None  # set while it rests in a book
    before: Order | None = None
    after: Order | None = None

    @property
    def tif(self) -> TimeInForce:
        """How long it lives."""
        return TIFS[self.flags & TIF_BITS]


class Participant:
    """What an account does at one venue; what it owns is the ledger's ``Account``."""

    __slots__ = (
        "account",
        "killed",
        "last_ref",
        "limits",
        "name",
        "orders",
        "relatives",
        "role",
        "stp_id",
    )

    def __init__(
        self, account: Account, stp_id: int, role: str, relatives: list[Participant]
    ) -> None:
        """Begin with no order; ``stp_id`` is equal for accounts that must not trade together.

        These are its ``relatives``, a list that they share: it puts itself there.
        """
        self.relatives = relatives
        relatives.append(self)
        self.account = account
        self.name = account.name
        self.stp_id = stp_id
        self.role = role  # the rulebook's account class, by its name
        self.limits: AccountClass | None = None  # what such accounts may do; none: anything
        self.killed = False
        self.last_ref = 0
        self.orders: dict[int, Order] = {}  # by the client's reference, in order of entry


class Seat:
    """One participant in one market: what an order needs at hand to be settled."""

    __slots__ = ("cash", "holding", "market", "name", "orders", "participant", "stp_id")

    def __init__(
        self, participant: Participant, market: Market, cash: Balance, holding: Balance
    ) -> None:
        """Bind a participant's cash and holding to a market."""
        self.participant = participant
        self.name = participant.name
        self.stp_id = participant.stp_id
        self.orders = participant.orders
        self.market = market
        self.cash = cash
        self.holding = holding


class Market(ABC):
    """What an order can ask of the market that it trades in, whatever its design."""

    __slots__ = ("frozen", "mode", "product", "symbol")

    symbol: str  # the line's name
    product: Product
    mode: Mode
    frozen: bool  # some live orders may be neither changed nor cancelled now: ask ``binds``

    @abstractmethod
    def enter(self, order: NewOrder, seat: Seat) -> list[Event]:
        """Admit, reserve and match a new order, or refuse it; return what happened."""

    @abstractmethod
    def amend(self, order: Order, command: AmendOrder) -> list[Event]:
        """Change a live order, or refuse to; return what happened."""

    @abstractmethod
    def end(self, order: Order, why: CancelReason, request: int = 0) -> list[Event]:
        """Take a live order out, with whatever cannot stand without it."""

    @abstractmethod
    def binds(self, order: Order, why: CancelReason) -> str:
        """Say why a live order stays where it would leave for this reason; "" where it may go.

        Asked only while the market is ``frozen``.
        """

    @abstractmethod
    def needs(self, price: int, quantity: int) -> int:
        """Return the cash (minor units) that a buy order of this size has to reserve."""

    @abstractmethod
    def holds(self, order: Order) -> int:
        """Return what a live order has reserved: cash to buy (minor units), tonnes to sell."""

    @abstractmethod
    def state(self, order: Order) -> OrderState:
        """Say where a live order is."""
