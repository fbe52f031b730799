"""The close of a cycle: what a shortfall costs, by which average price, and its payment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.matching.reserve_prices import half_up, months_before
from engine.registry.records import RefusedError
from engine.registry.surrender import require_open
from engine.registry.values import among
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import Instrument, RejectReason
from engine.vocabulary.units import BASIS_POINTS, MAX_MONEY, MAX_PRICE

if TYPE_CHECKING:
    from engine.registry.base import RegistryBase
    from engine.rulebook.programme import Cycle
    from engine.vocabulary import registry_commands as rc
    from engine.vocabulary.events import Event


def take_averages(registry: RegistryBase, date: int) -> list[Event]:
    """Keep the average of each cycle whose deadline is over as a day begins."""
    events: list[Event] = []
    if not registry.programme.penalty_months:
        return events
    for cycle in registry.programme.cycles:
        over = 0 < cycle.deadline < date and not registry.is_closed(cycle.name)
        if over and cycle.name not in registry.averages:
            found = _average(registry, cycle)
            if found.volume:
                registry.averages[cycle.name] = found.price
                events.append(found)
    return events


def _average(registry: RegistryBase, cycle: Cycle) -> re.AveragePriceTaken:
    """Return the average of the calendar months before the deadline's, or without one the day's.

    All allowances count that trade in the venue's own currency.
    """
    programme, money = registry.programme, registry.rulebook.currency
    begin, end = months_before(cycle.deadline or registry.date, programme.penalty_months)
    value = volume = 0
    for symbol, product in registry.products.items():
        if product.instrument is Instrument.ALLOWANCE and product.currency == money:
            daily = registry.assets[symbol].daily
            traded = daily.traded(begin, end, programme.penalty_modes)
            value, volume = value + traded[0], volume + traded[1]
    price = half_up(value, volume) if volume else 0
    return re.AveragePriceTaken(cycle.name, price, volume, begin, end)


def close(registry: RegistryBase, c: rc.CloseCycle) -> list[Event]:
    """Close a cycle: who is short is penalised, and has to make good."""
    cycle = registry.cycle(c.cycle)
    require_open(registry, cycle)
    among(c.price, 0, MAX_PRICE, "price")
    if registry.date <= cycle.deadline:
        rule = f"after the deadline, {cycle.deadline}"
        raise RefusedError(RejectReason.DEADLINE, "cycle", rule)
    known = registry.records(cycle.name)
    price = _price(registry, cycle, c.price)
    for entity, record in known:
        if record.verified < 0 <= record.reported:
            rule = f"emissions of {entity.name} are not verified yet"
            raise RefusedError(RejectReason.DEADLINE, "cycle", rule)
        if _penalty(registry, record.due, price) > MAX_MONEY:
            rule = f"the penalty of {entity.name} is more than {MAX_MONEY}"
            raise RefusedError(RejectReason.VALUE, "price", rule)
    registry.closed.append(cycle.name)
    events: list[Event] = []
    short = 0
    for entity, record in known:
        due = record.due
        if not due:
            continue
        short += 1
        record.penalty = _penalty(registry, due, price)
        record.make_good = due * registry.programme.make_good_bp // BASIS_POINTS - due
        events.append(
            re.ComplianceSettled(cycle.name, entity.name, due, record.penalty, record.due)
        )
        if record.due:
            events += registry.freeze(entity)
    obliged = sum(record.obligation > 0 for _, record in known)
    events.append(re.CycleClosed(cycle.name, obliged, short))
    return events


def _price(registry: RegistryBase, cycle: Cycle, stated: int) -> int:
    """Return the average of the venue's trades, or what the command states where there is none."""
    programme = registry.programme
    if not (programme.penalty_months and programme.penalty_bp):
        return stated
    found = registry.averages.get(cycle.name, 0)
    if not (found or cycle.deadline):
        found = _average(registry, cycle).price
    if found and stated not in (0, found):
        rule = f"0 or {found}, the average of the venue's own trades"
        raise RefusedError(RejectReason.VALUE, "price", rule)
    if not (found or stated):
        rule = "there is no average of the venue's own trades: state one"
        raise RefusedError(RejectReason.VALUE, "price", rule)
    return found or stated


def _penalty(registry: RegistryBase, short: int, price: int) -> int:
    programme = registry.programme
    return short * programme.penalty + short * price * programme.penalty_bp // BASIS_POINTS


def pay(registry: RegistryBase, c: rc.PayPenalty) -> list[Event]:
    """Pay of a penalty from an account of the entity's; the money leaves the venue."""
    entity, cycle = registry.entity(c.entity), registry.cycle(c.cycle)
    among(c.amount, 0, MAX_MONEY, "amount")
    if c.account not in entity.accounts:
        rule = f"one of {', '.join(entity.accounts)}"
        raise RefusedError(RejectReason.UNKNOWN_ACCOUNT, "account", rule)
    record = entity.records.get(cycle.name)
    left = record.penalty - record.paid if record is not None else 0
    if record is None or not 0 < (c.amount or left) <= left:
        rule = f"at most {left}, what is left of the penalty"
        raise RefusedError(RejectReason.DUE, "amount", rule)
    amount = c.amount or left
    account, money = registry.ledger.accounts[c.account], registry.rulebook.currency
    cash = registry.ledger.cash(account, money)
    if amount > cash.total - cash.reserved:
        rule = f"{c.account} has {cash.total - cash.reserved} available"
        raise RefusedError(RejectReason.CASH, "amount", rule)
    registry.ledger.move_cash(account, money, -amount)
    record.paid += amount
    return [re.PenaltyPaid(cycle.name, entity.name, c.account, amount, left - amount)]
