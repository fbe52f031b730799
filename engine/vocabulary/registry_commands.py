"""The operator's commands to the registry: the compliance year. Tags 30 to 49."""

from typing import TypeAlias

from msgspec import Struct

from engine.vocabulary.units import Int


class RegisterEntity(Struct, frozen=True, array_like=True, gc=False, tag=30):
    """Operator: enter an entity with its accounts and officers, or change what is entered."""

    entity: str
    accounts: tuple[str, ...]  # that are open; what it surrenders leaves them in this order
    officers: tuple[str, ...] = ()  # who may surrender for it; () is anybody
    group: str = ""  # entities under common control; defaults to the entity's own name
    role: str = ""  # the rulebook's account class for all its accounts; "" leaves theirs


class SetCap(Struct, frozen=True, array_like=True, gc=False, tag=31):
    """Operator: the tonnes of a product that may be issued in all."""

    product: str
    quantity: Int


class IssueAllowances(Struct, frozen=True, array_like=True, gc=False, tag=32):
    """Operator: issue tonnes under the cap into an account, such as the one that auctions them."""

    account: str
    product: str
    quantity: Int


class AllocateAllowances(Struct, frozen=True, array_like=True, gc=False, tag=33):
    """Operator: allocate for free, benchmark x output x share; the final one settles the rest.

    The tonnes come under the cap into the entity's first account.
    """

    entity: str
    cycle: str
    product: str
    output: Int  # units of activity, such as MWh
    benchmark_ppm: Int = 0  # tonnes for a million units; 0 takes the programme's
    share_bp: Int = 10_000  # the share that is free
    final: bool = False


class TransferAllowances(Struct, frozen=True, array_like=True, gc=False, tag=34):
    """Operator: move tonnes between accounts, against payment or for nothing."""

    account: str
    to: str
    product: str
    quantity: Int
    price: Int = 0  # minor units per tonne, from the receiver's cash; 0: no payment


class ReportEmissions(Struct, frozen=True, array_like=True, gc=False, tag=35):
    """Operator: what an entity says that it emitted in a cycle."""

    entity: str
    cycle: str
    quantity: Int


class VerifyEmissions(Struct, frozen=True, array_like=True, gc=False, tag=36):
    """Operator: what an entity emitted in a cycle, verified; its obligation follows."""

    entity: str
    cycle: str
    quantity: Int


class SurrenderAllowances(Struct, frozen=True, array_like=True, gc=False, tag=37):
    """Operator: surrender tonnes from an entity's accounts against its obligation."""

    entity: str
    cycle: str
    product: str = ""  # "": what is eligible, offsets first, then the oldest vintage
    quantity: Int = 0  # 0: all that is due, or as much as there is
    officer: str = ""


class CancelAllowances(Struct, frozen=True, array_like=True, gc=False, tag=38):
    """Operator: cancel tonnes of an account for good, against no obligation."""

    account: str
    product: str
    quantity: Int


class BankAllowances(Struct, frozen=True, array_like=True, gc=False, tag=39):
    """Operator: carry an entity's tonnes over into a later vintage, within the cycle's limit."""

    entity: str
    cycle: str
    product: str
    to: str  # the product of the later vintage
    quantity: Int


class CloseCycle(Struct, frozen=True, array_like=True, gc=False, tag=40):
    """Operator: close a cycle after its deadline; penalise who is short."""

    cycle: str
    price: Int = 0  # minor units per tonne: the average that the penalty is a multiple of


class PayPenalty(Struct, frozen=True, array_like=True, gc=False, tag=41):
    """Operator: pay of an entity's penalty from one of its accounts; the money leaves the venue."""

    entity: str
    cycle: str
    account: str
    amount: Int = 0  # minor units of the venue's own currency; 0: all that is left to pay


RegistryCommand: TypeAlias = (
    RegisterEntity
    | SetCap
    | IssueAllowances
    | AllocateAllowances
    | TransferAllowances
    | ReportEmissions
    | VerifyEmissions
    | SurrenderAllowances
    | CancelAllowances
    | BankAllowances
    | CloseCycle
    | PayPenalty
)
