"""The operator's commands to the registry of a compliance programme, a part of ``Command``."""

from typing import TypeAlias

from msgspec import Struct

from engine.vocabulary.units import Int


class Allocate(Struct, frozen=True, array_like=True, gc=False, tag=30):
    """Operator: issue allowances of a compliance year to an account; negative takes them back.

    A final allocation settles the difference from the provisional one.
    """

    account: str
    year: Int
    product: str
    quantity: Int


class Transfer(Struct, frozen=True, array_like=True, gc=False, tag=31):
    """Operator: tonnes go from one account to another in the registry."""

    account: str
    to: str
    product: str
    quantity: Int
    amount: Int = 0  # minor units that the other pays; 0: without payment


class VerifyEmissions(Struct, frozen=True, array_like=True, gc=False, tag=32):
    """Operator: an account's verified emissions of a compliance year, its obligation."""

    account: str
    year: Int
    quantity: Int


class Surrender(Struct, frozen=True, array_like=True, gc=False, tag=33):
    """Operator: an account gives allowances or offsets up for its obligation of a year."""

    account: str
    year: Int
    product: str
    quantity: Int


class CancelAllowances(Struct, frozen=True, array_like=True, gc=False, tag=34):
    """Operator: an account's allowances are cancelled, for no obligation."""

    account: str
    product: str
    quantity: Int


class SettleYear(Struct, frozen=True, array_like=True, gc=False, tag=35):
    """Operator: a compliance year ends; who is short is found and fined."""

    year: Int
    price: Int = 0  # minor units per tonne, where the penalty is a multiple of a price


RegistryCommand: TypeAlias = (
    Allocate | Transfer | VerifyEmissions | Surrender | CancelAllowances | SettleYear
)
