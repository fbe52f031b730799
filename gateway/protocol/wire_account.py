"""What an account has, its balances and live orders, and what an operator did to it.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them.
"""

from msgspec import Struct

from engine.vocabulary.enums import OrderState, Side, TimeInForce


class OrderStatus(Struct, frozen=True, array_like=True, gc=False):
    """A live order as it stands."""

    ref: int
    symbol: str
    side: Side
    price: int
    quantity: int
    leaves: int
    state: OrderState
    tif: TimeInForce


class BalanceStatus(Struct, frozen=True, array_like=True):
    """An amount of a currency (minor units) or of a product (tonnes)."""

    name: str
    total: int
    reserved: int  # what live orders may need, what is locked and what is owed
    locked: int = 0  # bought (or sold for), not yet to be used: its lag runs
    owed: int = 0  # to be delivered on a later day
    pending: int = 0  # to be received on a later day; not in ``total`` yet
    frees: tuple[tuple[int, int], ...] = ()  # of what is locked: in how many trading days, how much

    @property
    def free(self) -> int:
        """What new orders may use."""
        return self.total - self.reserved


class AccountStatus(Struct, frozen=True, array_like=True, tag=68):
    """The answer to ``AskStatus``, as of report ``seq``: a page, in the order of references."""

    seq: int
    last_ref: int
    killed: bool
    cash: tuple[BalanceStatus, ...]
    holdings: tuple[BalanceStatus, ...]
    orders: tuple[OrderStatus, ...]
    more: bool = False  # there are further orders: ask for those after the last of this page


class Balances(Struct, frozen=True, array_like=True, tag=71):
    """What the account has now, after its last reports; for a client that follows it."""

    seq: int
    cash: tuple[BalanceStatus, ...]
    holdings: tuple[BalanceStatus, ...]


class KillSwitchSet(Struct, frozen=True, array_like=True, gc=False, tag=89):
    """The operator turned the account's kill switch."""

    seq: int
    time: int
    on: bool
    count: int


class CashMoved(Struct, frozen=True, array_like=True, gc=False, tag=90):
    """Money came in or went out."""

    seq: int
    time: int
    currency: str
    amount: int
    balance: int


class AllowancesMoved(Struct, frozen=True, array_like=True, gc=False, tag=91):
    """Allowances came in or went out."""

    seq: int
    time: int
    product: str
    quantity: int
    balance: int
