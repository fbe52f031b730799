"""Allowances come into the world, move, are carried over and leave it: all but surrender."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.markets.limits import role_of, room_under
from engine.registry.records import RefusedError
from engine.registry.values import among, available, whole
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import Instrument, RejectReason
from engine.vocabulary.units import BASIS_POINTS, MAX_PRICE, MAX_QUANTITY, PARTS_PER_MILLION

if TYPE_CHECKING:
    from engine.ledger.accounts import Account
    from engine.registry.base import RegistryBase
    from engine.registry.records import Entity
    from engine.vocabulary import registry_commands as rc
    from engine.vocabulary.events import Event


def set_cap(registry: RegistryBase, c: rc.SetCap) -> list[Event]:
    """Set the tonnes of a product that may be issued in all."""
    registry.product(c.product)
    whole(c.quantity, low=0)
    totals = registry.totals_of(c.product)
    if c.quantity < totals.issued - totals.returned:
        rule = f"at least the {totals.issued - totals.returned} tonnes that are issued"
        raise RefusedError(RejectReason.CAP, "quantity", rule)
    totals.cap = c.quantity
    return [re.CapSet(c.product, c.quantity)]


def _require_cap(registry: RegistryBase, symbol: str, quantity: int, field: str) -> None:
    totals = registry.totals_of(symbol)
    left = totals.cap - totals.issued + totals.returned
    if quantity > left:
        rule = f"{quantity} tonnes: the cap of {totals.cap} leaves {left}"
        raise RefusedError(RejectReason.CAP, field, rule)


def _issue(registry: RegistryBase, account: Account, symbol: str, quantity: int) -> Event:
    balance = registry.ledger.issue(account, symbol, quantity)
    totals = registry.totals_of(symbol)
    totals.issued += quantity
    return re.AllowancesIssued(account.name, symbol, quantity, balance.total, totals.issued)


def issue(registry: RegistryBase, c: rc.IssueAllowances) -> list[Event]:
    """Issue tonnes under the cap into an account."""
    account = registry.account(c.account)
    registry.product(c.product)
    whole(c.quantity)
    _require_cap(registry, c.product, c.quantity, "quantity")
    return [_issue(registry, account, c.product, c.quantity)]


def allocate(registry: RegistryBase, c: rc.AllocateAllowances) -> list[Event]:
    """Allocate for free, and settle the difference to what was allocated before."""
    entity, cycle = registry.entity(c.entity), registry.cycle(c.cycle)
    product = registry.product(c.product)
    if product.instrument is not Instrument.ALLOWANCE:
        rule = f"{c.product} is no allowance"
        raise RefusedError(RejectReason.ELIGIBILITY, "product", rule)
    benchmark = c.benchmark_ppm or registry.programme.benchmark_ppm
    among(c.output, 0, MAX_QUANTITY, "output")
    among(benchmark, 1, MAX_QUANTITY, "benchmark_ppm")
    among(c.share_bp, 0, BASIS_POINTS, "share_bp")
    record = entity.record(cycle.name) if cycle.name in entity.records else None
    if registry.is_closed(cycle.name) or (record and c.product in record.finals):
        rule = "the allocation is final"
        raise RefusedError(RejectReason.DEADLINE, "cycle", rule)
    wanted = c.output * benchmark * c.share_bp // (PARTS_PER_MILLION * BASIS_POINTS)
    more = wanted - (record.allocated.get(c.product, 0) if record else 0)
    _require_cap(registry, c.product, more, "output")
    record = entity.record(cycle.name)
    events: list[Event] = []
    owed = 0
    change = more
    if more > 0:
        account = registry.account(entity.accounts[0])
        events.append(_issue(registry, account, c.product, more))
    elif more < 0:
        change = -_take_back(registry, entity, c.product, -more)
        owed = change - more
        record.owed += owed
    if c.final:
        record.finals[c.product] = True
    record.allocated[c.product] = wanted
    events.append(
        re.AllowancesAllocated(entity.name, cycle.name, c.product, wanted, change, owed, c.final)
    )
    return events


def _take_back(registry: RegistryBase, entity: Entity, symbol: str, quantity: int) -> int:
    """Take back what is available of a quantity; return how much that was."""
    left = quantity
    for name in entity.accounts:
        account = registry.ledger.accounts[name]
        part = min(left, available(account, symbol))
        if part:
            registry.ledger.issue(account, symbol, -part)
            left -= part
    registry.totals_of(symbol).returned += quantity - left
    return quantity - left


def _require_available(account: Account, symbol: str, quantity: int) -> None:
    left = available(account, symbol)
    if quantity > left:
        rule = f"{account.name} has {left} tonnes available"
        raise RefusedError(RejectReason.ALLOWANCES, "quantity", rule)


def transfer(registry: RegistryBase, c: rc.TransferAllowances) -> list[Event]:
    """Move tonnes between accounts, against payment or for nothing."""
    source, target = registry.account(c.account), registry.account(c.to, "to")
    product = registry.product(c.product)
    whole(c.quantity)
    among(c.price, 0, MAX_PRICE, "price")
    if source is target:
        raise RefusedError(RejectReason.VALUE, "to", "another account than the giver's")
    if c.price and registry.is_frozen(c.to):
        raise RefusedError(RejectReason.FROZEN, "to", f"{registry.holders[c.to]} may not purchase")
    participant = registry.participants[c.to]
    role = role_of(registry.rulebook, participant)
    room = room_under(role, participant, c.product) if role is not None else None
    if room is not None and c.quantity > room:
        rule = f"the holding limit of {c.to} leaves room for {max(room, 0)} tonnes"
        raise RefusedError(RejectReason.HOLDING, "quantity", rule)
    _require_available(source, c.product, c.quantity)
    amount = c.quantity * c.price
    cash = registry.ledger.cash(target, product.currency)
    if amount > cash.total - cash.reserved:
        rule = f"{c.to} has {cash.total - cash.reserved} available, {amount} are needed"
        raise RefusedError(RejectReason.CASH, "price", rule)
    cash.total -= amount
    registry.ledger.cash(source, product.currency).total += amount
    registry.ledger.holding(source, c.product).total -= c.quantity
    registry.ledger.holding(target, c.product).total += c.quantity
    return [
        re.AllowancesTransferred(c.account, c.to, c.product, c.quantity, amount, product.currency)
    ]


def cancel(registry: RegistryBase, c: rc.CancelAllowances) -> list[Event]:
    """Cancel tonnes for good."""
    account = registry.account(c.account)
    registry.product(c.product)
    whole(c.quantity)
    _require_available(account, c.product, c.quantity)
    balance = registry.ledger.issue(account, c.product, -c.quantity)
    registry.totals_of(c.product).cancelled += c.quantity
    return [re.AllowancesCancelled(c.account, c.product, c.quantity, balance.total)]


def bank(registry: RegistryBase, c: rc.BankAllowances) -> list[Event]:
    """Carry tonnes over into a later vintage, within the limit."""
    entity, cycle = registry.entity(c.entity), registry.cycle(c.cycle)
    product, target = registry.product(c.product), registry.product(c.to, "to")
    whole(c.quantity)
    allowances = product.instrument is target.instrument is Instrument.ALLOWANCE
    if not (allowances and product.vintage < target.vintage):
        rule = f"{c.to} is no later vintage of {c.product}"
        raise RefusedError(RejectReason.ELIGIBILITY, "to", rule)
    record = entity.record(cycle.name) if cycle.name in entity.records else None
    base, banked = (record.base, record.banked) if record else (0, 0)
    room = base * registry.programme.bank_bp // BASIS_POINTS - banked
    if c.quantity > room:
        rule = f"{entity.name} may carry over {max(room, 0)} more tonnes"
        raise RefusedError(RejectReason.QUOTA, "quantity", rule)
    accounts = [registry.ledger.accounts[name] for name in entity.accounts]
    left = sum(available(account, c.product) for account in accounts)
    if c.quantity > left:
        rule = f"{entity.name} has {left} tonnes available"
        raise RefusedError(RejectReason.ALLOWANCES, "quantity", rule)
    entity.record(cycle.name).banked += c.quantity
    registry.totals_of(c.product).banked_out += c.quantity
    registry.totals_of(c.to).banked_in += c.quantity
    events: list[Event] = []
    left = c.quantity
    for account in accounts:
        part = min(left, available(account, c.product))
        if part:
            left -= part
            registry.ledger.issue(account, c.product, -part)
            registry.ledger.issue(account, c.to, part)
            events.append(
                re.AllowancesBanked(entity.name, cycle.name, account.name, c.product, c.to, part)
            )
    return events
