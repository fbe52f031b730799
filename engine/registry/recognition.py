"""Another region's allowances against an obligation here: what a link has let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.registry.records import RefusedError
from engine.registry.surrender import owed, require_officer
from engine.vocabulary.enums import RejectReason

if TYPE_CHECKING:
    from engine.registry.base import RegistryBase
    from engine.vocabulary.events import Event


def recognise(
    registry: RegistryBase, name: str, cycle_name: str, officer: str, quantity: int
) -> tuple[int, list[Event]]:
    """Count tonnes that were surrendered elsewhere; return what is still due, and what follows.

    Raises ``RefusedError``, and nothing has changed.
    """
    if not registry.programme.cycles:
        rule = f"the rulebook {registry.rulebook.name} has no compliance programme"
        raise RefusedError(RejectReason.PROGRAMME, "link", rule)
    entity, cycle = registry.entity(name), registry.cycle(cycle_name)
    require_officer(entity, officer)
    record = owed(registry, entity, cycle, quantity)
    record.recognised += quantity
    return record.due, registry.thaw(entity)
