"""Mistakes planted in a venue's registry: the random years find each of them."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary import registry_commands as r
from engine.vocabulary import registry_events as re
from tests.support.registry_books import Books
from tests.support.registry_flow import RegistryFlow, run, with_programme

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.registry.registry import Registry
    from engine.vocabulary.events import Event

    Handler = Callable[[Any], list[Event]]
    Mistake = Callable[[Registry, Handler, Any], list[Event]]

TEXTBOOK = presets.load("textbook")
BOOK = with_programme(
    structs.replace(
        TEXTBOOK,
        products=tuple(
            structs.replace(TEXTBOOK.products[0], symbol=f"V{year}", vintage=year)
            for year in (2022, 2023, 2024)
        ),
    )
)
SEEDS = 6
DRAW = count(1)  # what a registry may never look at: it goes on from one venue to the next


def under(registry: Registry, handler: Handler, command: Any, **changes: Any) -> list[Event]:
    """Answer a command as if the programme were another one."""
    rulebook = registry.rulebook
    programme = structs.replace(registry.programme, **changes)
    registry.rulebook = structs.replace(rulebook, programme=programme)
    try:
        return handler(command)
    finally:
        registry.rulebook = rulebook


def spent_twice(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    """Leave what is surrendered in its account, and balance the totals."""
    events = handler(command)
    for event in events:
        if isinstance(event, re.AllowancesSurrendered):
            account = registry.ledger.accounts[event.account]
            registry.ledger.issue(account, event.product, event.quantity)
            registry.totals_of(event.product).issued += event.quantity
    return events


def without_quotas(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    return under(registry, handler, command, offset_bp=10_000, local_bp=0)


def borrowed_freely(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    return under(registry, handler, command, borrow_bp=10_000)


def banked_freely(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    return under(registry, handler, command, bank_bp=10_000)


def never_late(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    date, registry.date = registry.date, 0
    try:
        return handler(command)
    finally:
        registry.date = date


def never_frozen(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    return under(registry, handler, command, freeze_class="")


def strangers_tonnes(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    """Take them out of the accounts of all entities."""
    entity = registry.entities.get(command.entity)
    if entity is None:
        return handler(command)
    accounts, entity.accounts = entity.accounts, tuple(registry.holders)
    try:
        return handler(command)
    finally:
        entity.accounts = accounts


def reserved_too(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    """Move what orders need, as if nothing were reserved."""
    holding = registry.ledger.accounts[command.account].holdings.get(command.product)
    if holding is None:
        return handler(command)
    reserved, holding.reserved = holding.reserved, 0
    try:
        return handler(command)
    finally:
        holding.reserved = reserved


def payment_lost(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    events = handler(command)
    for event in events:
        if isinstance(event, re.AllowancesTransferred):
            account = registry.ledger.accounts[event.account]
            registry.ledger.cash(account, event.currency).total -= event.amount
    return events


def paid_twice(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    """Take the money of a penalty a second time, out of the venue's sight."""
    events = handler(command)
    for event in events:
        if isinstance(event, re.PenaltyPaid):
            account, money = registry.ledger.accounts[event.account], registry.rulebook.currency
            registry.ledger.move_cash(account, money, -event.amount)
    return events


def not_counted(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    events = handler(command)
    for event in events:
        if isinstance(event, re.AllowancesCancelled):
            registry.totals_of(event.product).cancelled -= event.quantity
    return events


def too_little_asked(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    """Round an obligation down."""
    events = handler(command)
    for event in events:
        if isinstance(event, re.EmissionsVerified):
            cycle = registry.cycle(event.cycle)
            record = registry.entities[event.entity].records[event.cycle]
            record.base = max(event.quantity * cycle.share_bp // 10_000, 0)
            return [structs.replace(event, due=record.due)]
    return events


def by_chance(registry: Registry, handler: Handler, command: Any) -> list[Event]:
    """Look at something that is in no command."""
    if not next(DRAW) % 7:
        return registry.apply(r.SetCap("NEAR", 10**9 + next(DRAW)))
    return handler(command)


PLANTED: dict[Mistake, type] = {
    spent_twice: r.SurrenderAllowances,
    without_quotas: r.SurrenderAllowances,
    borrowed_freely: r.SurrenderAllowances,
    banked_freely: r.BankAllowances,
    never_late: r.SurrenderAllowances,
    never_frozen: r.CloseCycle,
    strangers_tonnes: r.SurrenderAllowances,
    reserved_too: r.TransferAllowances,
    payment_lost: r.TransferAllowances,
    paid_twice: r.PayPenalty,
    not_counted: r.CancelAllowances,
    too_little_asked: r.VerifyEmissions,
    by_chance: r.ReportEmissions,
}


def plant(venue: Venue, mistake: Mistake) -> None:
    """Let a registry answer one kind of command wrongly."""
    kind, registry = PLANTED.get(mistake, r.ReportEmissions), venue.registry
    handler = registry.handlers[kind]
    registry.handlers[kind] = lambda command: mistake(registry, handler, command)


def found(mistake: Mistake, seed: int) -> bool:
    """Run a random year with a mistake; say whether the books or the replay show it."""
    flow = RegistryFlow(BOOK, Random(f"planted:{seed}"))
    plant(flow.venue, mistake)
    books = Books(flow.venue)
    try:
        for command, events in run(flow, 6):
            books.note(command, events)
    except AssertionError:
        return True
    again = Venue(BOOK)
    plant(again, mistake)
    for command in flow.given:
        again.apply(command)
    return again.state_hash() != flow.venue.state_hash()


@pytest.mark.parametrize("mistake", PLANTED, ids=lambda mistake: mistake.__name__)
def test_the_random_years_find_a_mistake(mistake: Mistake) -> None:
    assert any(found(mistake, seed) for seed in range(SEEDS))


def test_they_find_nothing_where_nothing_is_planted() -> None:
    assert not any(found(right, seed) for seed in range(SEEDS))


def right(_registry: Registry, handler: Handler, command: Any) -> list[Event]:
    return handler(command)
