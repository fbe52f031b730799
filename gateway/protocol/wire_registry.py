"""The registry's reports: what an account's owner may see of its entity's compliance year.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them. Behind ``seq`` and ``time`` come the fields of the event of the same name, in its order.
"""

from typing import TypeAlias

from msgspec import Struct


class EntityRegistered(Struct, frozen=True, array_like=True, gc=False, tag=130):
    """The account's entity is entered, or its entry changed."""

    seq: int
    time: int
    entity: str
    accounts: tuple[str, ...]
    officers: tuple[str, ...]
    group: str


class AllowancesIssued(Struct, frozen=True, array_like=True, gc=False, tag=131):
    """Tonnes were issued into the account."""

    seq: int
    time: int
    account: str
    product: str
    quantity: int
    balance: int  # the account's, afterwards
    issued: int  # of the product in all


class AllowancesAllocated(Struct, frozen=True, array_like=True, gc=False, tag=132):
    """The entity's free allocation for a cycle is settled, provisionally or finally."""

    seq: int
    time: int
    entity: str
    cycle: str
    product: str
    quantity: int  # of the whole allocation
    change: int  # what was issued now, or taken back if negative
    owed: int  # what could not be taken back: it adds to the obligation
    final: bool


class AllowancesTransferred(Struct, frozen=True, array_like=True, gc=False, tag=133):
    """Tonnes left the account, or came in, and the payment went the other way."""

    seq: int
    time: int
    account: str
    to: str
    product: str
    quantity: int
    amount: int  # minor units paid
    currency: str


class EmissionsReported(Struct, frozen=True, array_like=True, gc=False, tag=134):
    """The entity's emissions are reported."""

    seq: int
    time: int
    entity: str
    cycle: str
    quantity: int


class EmissionsVerified(Struct, frozen=True, array_like=True, gc=False, tag=135):
    """The entity's emissions are verified."""

    seq: int
    time: int
    entity: str
    cycle: str
    quantity: int
    due: int  # what is still to be surrendered


class AllowancesSurrendered(Struct, frozen=True, array_like=True, gc=False, tag=136):
    """Tonnes of the entity were surrendered."""

    seq: int
    time: int
    entity: str
    cycle: str
    account: str
    product: str
    quantity: int
    due: int  # what is still to be surrendered


class AllowancesCancelled(Struct, frozen=True, array_like=True, gc=False, tag=137):
    """Tonnes of the account were cancelled."""

    seq: int
    time: int
    account: str
    product: str
    quantity: int
    balance: int


class AllowancesBanked(Struct, frozen=True, array_like=True, gc=False, tag=138):
    """Tonnes of the entity were carried over into a later vintage."""

    seq: int
    time: int
    entity: str
    cycle: str
    account: str
    product: str
    to: str
    quantity: int


class ComplianceSettled(Struct, frozen=True, array_like=True, gc=False, tag=139):
    """A cycle closed, and the entity is short of its obligation."""

    seq: int
    time: int
    cycle: str
    entity: str
    short: int  # tonnes
    penalty: int  # minor units of the venue's own currency
    make_good: int  # tonnes that are still to be surrendered


class PurchasesFrozen(Struct, frozen=True, array_like=True, gc=False, tag=140):
    """The entity may not purchase until it has made good, or may again."""

    seq: int
    time: int
    entity: str
    on: bool


class PenaltyPaid(Struct, frozen=True, array_like=True, gc=False, tag=141):
    """The entity paid of its penalty."""

    seq: int
    time: int
    cycle: str
    entity: str
    account: str
    amount: int  # minor units of the venue's own currency
    left: int  # still to be paid


RegistryReport: TypeAlias = (
    EntityRegistered
    | AllowancesIssued
    | AllowancesAllocated
    | AllowancesTransferred
    | EmissionsReported
    | EmissionsVerified
    | AllowancesSurrendered
    | AllowancesCancelled
    | AllowancesBanked
    | ComplianceSettled
    | PurchasesFrozen
    | PenaltyPaid
)
