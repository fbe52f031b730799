"""Who takes part: entities with their accounts, officers and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.markets.limits import set_role
from engine.registry.records import Entity, RefusedError
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.texts import shown
from engine.vocabulary.units import MAX_ACCOUNT_NAME

if TYPE_CHECKING:
    from engine.registry.base import RegistryBase
    from engine.vocabulary import registry_commands as rc
    from engine.vocabulary.events import Event


def _check(registry: RegistryBase, c: rc.RegisterEntity) -> None:
    """Require texts that fit, open accounts of no other entity, and a class that there is."""
    value = RejectReason.VALUE
    for field, text in (
        ("entity", c.entity),
        ("group", c.group),
        *(("officers", name) for name in c.officers),
    ):
        if len(text) > MAX_ACCOUNT_NAME or not (text or field == "group"):
            rule = f"1 to {MAX_ACCOUNT_NAME} characters"
            raise RefusedError(value, field, rule)
    if not c.accounts or len(dict.fromkeys(c.accounts)) < len(c.accounts):
        raise RefusedError(value, "accounts", "one or more, each once")
    for name in c.accounts:
        registry.account(name, "accounts")
        holder = registry.holders.get(name, c.entity)
        if holder != c.entity:
            raise RefusedError(value, "accounts", f"{shown(name)} is an account of {holder}")
    roles = [role.name for role in registry.rulebook.classes]
    if c.role and c.role not in roles:
        rule = not_one_of(c.role, roles or ["no classes at all"])
        raise RefusedError(RejectReason.ROLE, "role", rule)


def register(registry: RegistryBase, c: rc.RegisterEntity) -> list[Event]:
    """Enter an entity with its accounts and officers, or change what is entered."""
    _check(registry, c)
    entity = registry.entities.get(c.entity)
    if entity is None:
        entity = registry.entities[c.entity] = Entity(c.entity)
    elif entity.frozen:
        raise RefusedError(RejectReason.FROZEN, "entity", "a purchase freeze holds")
    for name in entity.accounts:
        del registry.holders[name]
    entity.accounts, entity.officers = c.accounts, c.officers
    entity.group = c.group or c.entity
    for name in c.accounts:
        registry.holders[name] = c.entity
        if c.role:
            set_role(registry.rulebook, registry.participants[name], c.role)
    return [re.EntityRegistered(c.entity, c.accounts, c.officers, entity.group)]
