"""Emissions, obligations, surrender, and the dates of a cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.registry.eligibility import Eligibility, order_of_surrender
from engine.registry.records import RefusedError
from engine.registry.values import available, whole
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.units import BASIS_POINTS

if TYPE_CHECKING:
    from engine.registry.base import RegistryBase
    from engine.registry.records import Entity, Record
    from engine.rulebook.model import Product
    from engine.rulebook.programme import Cycle
    from engine.vocabulary import registry_commands as rc
    from engine.vocabulary.events import Event


def report(registry: RegistryBase, c: rc.ReportEmissions) -> list[Event]:
    """Note what an entity says that it emitted, until it is verified."""
    entity, cycle = registry.entity(c.entity), registry.cycle(c.cycle)
    whole(c.quantity, low=0)
    require_open(registry, cycle)
    known = entity.records.get(cycle.name)
    if known is not None and known.verified >= 0:
        rule = f"{known.verified} tonnes are verified"
        raise RefusedError(RejectReason.DEADLINE, "cycle", rule)
    entity.record(cycle.name).reported = c.quantity
    return [re.EmissionsReported(entity.name, cycle.name, c.quantity)]


def verify(registry: RegistryBase, c: rc.VerifyEmissions) -> list[Event]:
    """Fix the obligation by what an entity emitted; a correction may not undo a surrender."""
    entity, cycle = registry.entity(c.entity), registry.cycle(c.cycle)
    whole(c.quantity, low=0)
    require_open(registry, cycle)
    known = entity.records.get(cycle.name)
    if known is None or known.reported < 0:
        raise RefusedError(RejectReason.VALUE, "entity", "emissions are reported first")
    begun = known.surrendered or known.recognised
    if begun and c.quantity < known.verified:
        rule = f"at least {known.verified} tonnes: surrender has begun"
        raise RefusedError(RejectReason.VALUE, "quantity", rule)
    base = -(-c.quantity * cycle.share_bp // BASIS_POINTS)
    if known.surrendered and base < known.base:  # the share was amended
        rule = f"{base} tonnes would be asked for, {known.base} are, and surrender has begun"
        raise RefusedError(RejectReason.VALUE, "quantity", rule)
    known.verified, known.base = c.quantity, base
    return [re.EmissionsVerified(entity.name, cycle.name, c.quantity, known.due)]


def require_open(registry: RegistryBase, cycle: Cycle) -> None:
    """Require a cycle that is not closed."""
    if registry.is_closed(cycle.name):
        raise RefusedError(RejectReason.DEADLINE, "cycle", f"{cycle.name} is closed")


def surrender(registry: RegistryBase, c: rc.SurrenderAllowances) -> list[Event]:
    """Take tonnes out of an entity's accounts against what it owes."""
    entity, cycle = registry.entity(c.entity), registry.cycle(c.cycle)
    whole(c.quantity, low=0)
    require_officer(entity, c.officer)
    product = registry.product(c.product) if c.product else None
    record = owed(registry, entity, cycle, c.quantity)
    if product is None:
        plan = _plan(registry, entity, cycle, c.quantity or record.due)
    else:
        plan = [(product, _wanted(registry, entity, cycle, product, c.quantity))]
    found = sum(tonnes for _, tonnes in plan)
    if found < max(c.quantity, 1):
        rule = f"{entity.name} has {found} eligible tonnes available"
        raise RefusedError(RejectReason.ALLOWANCES, "quantity", rule)
    events: list[Event] = []
    for each, tonnes in plan:
        events += _pay(registry, entity, cycle, each, tonnes)
    return events + registry.thaw(entity)


def require_officer(entity: Entity, officer: str) -> None:
    """Require that one of an entity's officers acts, where it has some."""
    if officer not in entity.officers and (entity.officers or officer):
        rule = f"an officer of {entity.name}: {', '.join(entity.officers) or 'it has none'}"
        raise RefusedError(RejectReason.OFFICER, "officer", rule)


def owed(registry: RegistryBase, entity: Entity, cycle: Cycle, quantity: int) -> Record:
    """Return the record of an entity that owes a quantity and may still surrender it."""
    record = entity.records.get(cycle.name)
    if record is None or not record.due:
        raise RefusedError(RejectReason.DUE, "cycle", f"{entity.name} owes nothing")
    late = 0 < cycle.deadline < registry.date
    if late and not registry.is_closed(cycle.name):
        rule = f"until {cycle.deadline}, and again to make good once the cycle is closed"
        raise RefusedError(RejectReason.DEADLINE, "cycle", rule)
    if quantity > record.due:
        raise RefusedError(RejectReason.DUE, "quantity", f"at most the {record.due} tonnes due")
    return record


def _held(registry: RegistryBase, entity: Entity, symbol: str) -> int:
    accounts = registry.ledger.accounts
    return sum(available(accounts[name], symbol) for name in entity.accounts)


def _wanted(
    registry: RegistryBase, entity: Entity, cycle: Cycle, product: Product, quantity: int
) -> int:
    """Return the tonnes of one product to surrender, or refuse what its quota leaves out."""
    eligibility = Eligibility(registry.programme, cycle, registry.products)
    record = entity.records[cycle.name]
    eligibility.require(product)
    room = eligibility.room(product, record)
    if quantity > room or not room:
        rule = f"the quotas leave room for {room} tonnes of {product.symbol}"
        raise RefusedError(RejectReason.QUOTA, "quantity", rule)
    return min(quantity or room, _held(registry, entity, product.symbol))


def _plan(
    registry: RegistryBase, entity: Entity, cycle: Cycle, quantity: int
) -> list[tuple[Product, int]]:
    """Choose what is surrendered where the command leaves it open.

    Quotas that products share are asked with what was chosen before already counted.
    """
    eligibility = Eligibility(registry.programme, cycle, registry.products)
    record = entity.records[cycle.name]
    chosen: list[tuple[Product, int]] = []
    spent = dict(record.surrendered)
    left = quantity
    for product in order_of_surrender(registry.products):
        held = _held(registry, entity, product.symbol)
        if not left or not held or not eligibility.counts(product):
            continue
        part = min(left, held, eligibility.room(product, record, spent))
        if part:
            chosen.append((product, part))
            spent[product.symbol] = spent.get(product.symbol, 0) + part
            left -= part
    return chosen


def _pay(
    registry: RegistryBase, entity: Entity, cycle: Cycle, product: Product, quantity: int
) -> list[Event]:
    """Take tonnes of one product out of the entity's accounts, in their order."""
    events: list[Event] = []
    record, symbol, left = entity.records[cycle.name], product.symbol, quantity
    for name in entity.accounts:
        account = registry.ledger.accounts[name]
        part = min(left, available(account, symbol))
        if part:
            left -= part
            registry.ledger.issue(account, symbol, -part)
            registry.totals_of(symbol).surrendered += part
            record.surrendered[symbol] = record.surrendered.get(symbol, 0) + part
            events.append(
                re.AllowancesSurrendered(entity.name, cycle.name, name, symbol, part, record.due)
            )
    return events


def begin_day(registry: RegistryBase, date: int) -> list[Event]:
    """Let the calendar act: dates that went by, publication, large holders."""
    events: list[Event] = []
    for cycle in registry.programme.cycles:
        for step, day in (
            ("reporting", cycle.report_by),
            ("verification", cycle.verify_by),
            ("surrender", cycle.deadline),
        ):
            mark = f"{cycle.name} {step}"
            if 0 < day < date and mark not in registry.passed:
                registry.passed.append(mark)
                late = missing(registry, cycle.name, step)
                events.append(re.DeadlinePassed(cycle.name, step, day, late))
        if 0 < cycle.publish <= date and cycle.name not in registry.published:
            registry.published.append(cycle.name)
            events += [
                re.CompliancePublished(
                    cycle.name, entity.name, record.verified, sum(record.allocated.values())
                )
                for entity, record in registry.records(cycle.name)
                if record.verified >= 0
            ]
    return events + _large_holders(registry)


def missing(registry: RegistryBase, cycle: str, step: str) -> int:
    """Count the entities that have not done what a date asks for."""
    if step == "reporting":
        known = [entity.records.get(cycle) for entity in registry.entities.values()]
        return sum(record is None or record.reported < 0 for record in known)
    records = [record for _, record in registry.records(cycle)]
    if step == "verification":
        return sum(record.verified < 0 <= record.reported for record in records)
    return sum(record.due > 0 for record in records)


def _large_holders(registry: RegistryBase) -> list[Event]:
    level = registry.programme.large_holder
    if not level:
        return []
    held: dict[str, int] = {}
    for entity in registry.entities.values():
        tonnes = registry.allowances_of(entity)
        held[entity.group] = held.get(entity.group, 0) + tonnes
    return [
        re.LargeHolderReported(group, tonnes, level)
        for group, tonnes in held.items()
        if tonnes > level
    ]
