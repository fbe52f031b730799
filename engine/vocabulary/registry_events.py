"""What happened in the registry. Tags 40 to 59."""

from typing import TypeAlias

from msgspec import Struct


class EntityRegistered(Struct, frozen=True, array_like=True, gc=False, tag=40):
    """An entity is entered, or its entry changed."""

    entity: str
    accounts: tuple[str, ...]
    officers: tuple[str, ...]
    group: str


class CapSet(Struct, frozen=True, array_like=True, gc=False, tag=41):
    """So many tonnes of a product may be issued in all."""

    product: str
    quantity: int


class AllowancesIssued(Struct, frozen=True, array_like=True, gc=False, tag=42):
    """Tonnes were issued into an account."""

    account: str
    product: str
    quantity: int
    balance: int  # the account's, afterwards
    issued: int  # of the product in all


class AllowancesAllocated(Struct, frozen=True, array_like=True, gc=False, tag=43):
    """An entity's free allocation for a cycle is settled, provisionally or finally."""

    entity: str
    cycle: str
    product: str
    quantity: int  # of the whole allocation
    change: int  # what was issued now, or taken back if negative
    owed: int  # what could not be taken back: it adds to the obligation
    final: bool


class AllowancesTransferred(Struct, frozen=True, array_like=True, gc=False, tag=44):
    """Tonnes went from one account to another, and the payment the other way."""

    account: str
    to: str
    product: str
    quantity: int
    amount: int  # minor units paid
    currency: str


class EmissionsReported(Struct, frozen=True, array_like=True, gc=False, tag=45):
    """An entity reported its emissions."""

    entity: str
    cycle: str
    quantity: int


class EmissionsVerified(Struct, frozen=True, array_like=True, gc=False, tag=46):
    """An entity's emissions are verified; nothing of it is public before the publication date."""

    entity: str
    cycle: str
    quantity: int
    due: int  # what is still to be surrendered


class AllowancesSurrendered(Struct, frozen=True, array_like=True, gc=False, tag=47):
    """Tonnes of one product were surrendered and exist no more."""

    entity: str
    cycle: str
    account: str
    product: str
    quantity: int
    due: int  # what is still to be surrendered


class AllowancesCancelled(Struct, frozen=True, array_like=True, gc=False, tag=48):
    """Tonnes were cancelled for good."""

    account: str
    product: str
    quantity: int
    balance: int


class AllowancesBanked(Struct, frozen=True, array_like=True, gc=False, tag=49):
    """Tonnes were carried over into a later vintage."""

    entity: str
    cycle: str
    account: str
    product: str
    to: str
    quantity: int


class CompliancePublished(Struct, frozen=True, array_like=True, gc=False, tag=50):
    """Publication: an entity's verified emissions and free allocation of a cycle are public."""

    cycle: str
    entity: str
    verified: int
    allocated: int


class ComplianceSettled(Struct, frozen=True, array_like=True, gc=False, tag=51):
    """A cycle closed for one entity that was short of its obligation."""

    cycle: str
    entity: str
    short: int  # tonnes
    penalty: int  # minor units of the venue's own currency
    make_good: int  # tonnes that are still to be surrendered


class CycleClosed(Struct, frozen=True, array_like=True, gc=False, tag=52):
    """A cycle is closed for all."""

    cycle: str
    entities: int  # with an obligation
    short: int  # of them


class PurchasesFrozen(Struct, frozen=True, array_like=True, gc=False, tag=53):
    """An entity may not purchase until it has made good, or may again."""

    entity: str
    on: bool


class LargeHolderReported(Struct, frozen=True, array_like=True, gc=False, tag=54):
    """A group of entities holds allowances above the level that has to be reported."""

    group: str
    quantity: int
    level: int


class DeadlinePassed(Struct, frozen=True, array_like=True, gc=False, tag=55):
    """A date of a cycle went by: how many entities have not done what it asks for."""

    cycle: str
    step: str  # reporting, verification or surrender
    date: int
    missing: int


class AveragePriceTaken(Struct, frozen=True, array_like=True, gc=False, tag=57):
    """What the venue's own trades of some months came to, for a cycle's penalties."""

    cycle: str
    price: int  # minor units per tonne, half-up; 0 where nothing was traded
    volume: int  # tonnes
    begin: int  # the first day that counts
    end: int  # the day after the last that counts


class PenaltyPaid(Struct, frozen=True, array_like=True, gc=False, tag=58):
    """An entity paid of its penalty; the money has left the venue."""

    cycle: str
    entity: str
    account: str
    amount: int  # minor units of the venue's own currency
    left: int  # still to be paid


RegistryEvent: TypeAlias = (
    EntityRegistered
    | CapSet
    | AllowancesIssued
    | AllowancesAllocated
    | AllowancesTransferred
    | EmissionsReported
    | EmissionsVerified
    | AllowancesSurrendered
    | AllowancesCancelled
    | AllowancesBanked
    | CompliancePublished
    | ComplianceSettled
    | CycleClosed
    | PurchasesFrozen
    | LargeHolderReported
    | DeadlinePassed
    | AveragePriceTaken
    | PenaltyPaid
)
