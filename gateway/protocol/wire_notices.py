"""The registry's public notices, as market data of a line.

What concerns a product is on the feed of its first line, what concerns a cycle on that of the
venue's first line.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them. Behind ``time`` come the fields of the event of the same name, in its order.
"""

from typing import TypeAlias

from msgspec import Struct


class CompliancePublished(Struct, frozen=True, array_like=True, gc=False, tag=142):
    """Publication: an entity's verified emissions and free allocation of a cycle are public."""

    seq: int
    symbol: str  # of the line whose feed it is on
    update: int
    time: int
    cycle: str
    entity: str
    verified: int
    allocated: int


class DeadlinePassed(Struct, frozen=True, array_like=True, gc=False, tag=143):
    """A date of a cycle went by: how many entities have not done what it asks for."""

    seq: int
    symbol: str  # of the line whose feed it is on
    update: int
    time: int
    cycle: str
    step: str  # reporting, verification or surrender
    date: int
    missing: int


class CycleClosed(Struct, frozen=True, array_like=True, gc=False, tag=144):
    """A cycle is closed for all."""

    seq: int
    symbol: str  # of the line whose feed it is on
    update: int
    time: int
    cycle: str
    entities: int  # with an obligation
    short: int  # of them


class AveragePriceTaken(Struct, frozen=True, array_like=True, gc=False, tag=145):
    """What the venue's own trades of some months came to, for a cycle's penalties."""

    seq: int
    symbol: str  # of the line whose feed it is on
    update: int
    time: int
    cycle: str
    price: int  # minor units per tonne, half-up; 0 where nothing was traded
    volume: int  # tonnes
    begin: int  # the first day that counts
    end: int  # the day after the last that counts


class CapSet(Struct, frozen=True, array_like=True, gc=False, tag=146):
    """So many tonnes of a product may be issued in all."""

    seq: int
    symbol: str  # of the line whose feed it is on
    update: int
    time: int
    product: str
    quantity: int


class IssuanceStated(Struct, frozen=True, array_like=True, gc=False, tag=147):
    """Tonnes of a product were issued; into whose account is not public."""

    seq: int
    symbol: str  # of the line whose feed it is on
    update: int
    time: int
    product: str
    quantity: int
    issued: int  # of the product in all


RegistryNotice: TypeAlias = (
    CompliancePublished | DeadlinePassed | CycleClosed | AveragePriceTaken | CapSet | IssuanceStated
)
