"""What happened in the registry of a compliance programme, a part of ``Event``."""

from typing import TypeAlias

from msgspec import Struct


class AllowancesAllocated(Struct, frozen=True, array_like=True, gc=False, tag=40):
    """Allowances of a compliance year were issued to an account (or taken back, if negative)."""

    account: str
    year: int
    product: str
    quantity: int
    balance: int


class AllowancesTransferred(Struct, frozen=True, array_like=True, gc=False, tag=41):
    """Tonnes went from one account to another in the registry."""

    account: str
    to: str
    product: str
    quantity: int
    currency: str
    amount: int  # paid for them


class EmissionsVerified(Struct, frozen=True, array_like=True, gc=False, tag=42):
    """An account's emissions of a compliance year are verified."""

    account: str
    year: int
    quantity: int
    obligation: int  # with what earlier years left to be made good


class AllowancesSurrendered(Struct, frozen=True, array_like=True, gc=False, tag=43):
    """Tonnes were given up for an obligation, for good."""

    account: str
    year: int
    product: str
    quantity: int
    outstanding: int  # what is still owed


class AllowancesCancelled(Struct, frozen=True, array_like=True, gc=False, tag=44):
    """Tonnes were cancelled, for no obligation."""

    account: str
    product: str
    quantity: int
    balance: int


class ShortfallFound(Struct, frozen=True, array_like=True, gc=False, tag=45):
    """An account has not surrendered all that it owed for a year."""

    account: str
    year: int
    quantity: int
    currency: str
    amount: int  # the penalty


class YearSettled(Struct, frozen=True, array_like=True, gc=False, tag=46):
    """A compliance year is over; sums over all accounts, in tonnes."""

    year: int
    obligation: int
    surrendered: int
    short: int


RegistryEvent: TypeAlias = (
    AllowancesAllocated
    | AllowancesTransferred
    | EmissionsVerified
    | AllowancesSurrendered
    | AllowancesCancelled
    | ShortfallFound
    | YearSettled
)
