"""Reports of what an operator did to an account.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them.
"""

from msgspec import Struct


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
