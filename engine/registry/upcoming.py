"""The calendar of a programme, as it lies ahead: which date of which cycle is the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.registry.surrender import missing

if TYPE_CHECKING:
    from engine.registry.base import RegistryBase


class Step(NamedTuple):
    """A date of a cycle that is still to come, or a close that is due."""

    date: int  # the last day for it; of "publication" the first
    cycle: str
    step: str  # reporting, verification, publication, surrender or close
    missing: int  # entities that have not done it yet; of "close" those that are short


def upcoming(registry: RegistryBase, today: int = 0) -> list[Step]:
    """Return the steps from the day that is on, the next first.

    ``today`` counts where no day was begun yet: without it a venue would look ahead to its past.
    The close of a cycle is due with the day after its deadline; what it brings for those that are
    short is a penalty, and a purchase freeze where the programme has one.
    """
    today = registry.date or today
    steps: list[Step] = []
    for cycle in registry.programme.cycles:
        if registry.is_closed(cycle.name):
            continue
        for step, date in (
            ("reporting", cycle.report_by),
            ("verification", cycle.verify_by),
            ("surrender", cycle.deadline),
        ):
            if date and date >= today:
                steps.append(Step(date, cycle.name, step, missing(registry, cycle.name, step)))
        if cycle.publish > today:
            steps.append(Step(cycle.publish, cycle.name, "publication", 0))
        known = any(record.verified >= 0 for _, record in registry.records(cycle.name))
        if known and 0 < cycle.deadline < today:
            short = missing(registry, cycle.name, "surrender")
            steps.append(Step(cycle.deadline, cycle.name, "close", short))
    return sorted(steps)


def frozen(registry: RegistryBase) -> list[str]:
    """Return the entities under a purchase freeze."""
    return [entity.name for entity in registry.entities.values() if entity.frozen]
