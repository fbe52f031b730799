"""Whose accounts an event of the registry concerns: they may see it, and others may not."""

from __future__ import annotations

from typing import Any, Final

from engine.vocabulary import registry_events as re

# Of an entity: each of its accounts sees them.
OF_ENTITY: Final[tuple[type, ...]] = (
    re.AllowancesAllocated, re.EmissionsReported, re.EmissionsVerified, re.AllowancesSurrendered,
    re.AllowancesBanked, re.ComplianceSettled, re.PurchasesFrozen, re.PenaltyPaid,
)  # fmt: skip
OF_ACCOUNT: Final[tuple[type, ...]] = (re.AllowancesIssued, re.AllowancesCancelled)
PRIVATE: Final = (*OF_ENTITY, *OF_ACCOUNT, re.EntityRegistered, re.AllowancesTransferred)

# Everybody sees them; of what is issued everybody sees how much, and not into which account.
PUBLIC: Final[tuple[type, ...]] = (
    re.CompliancePublished,
    re.DeadlinePassed,
    re.CycleClosed,
    re.AveragePriceTaken,
    re.CapSet,
)


class Owners:
    """The accounts of all entities, learned from their registration."""

    __slots__ = ("_accounts",)

    def __init__(self) -> None:
        """Start with no entity."""
        self._accounts: dict[str, tuple[str, ...]] = {}

    def of(self, event: Any) -> tuple[str, ...]:  # noqa: ANN401 - any of the registry's events
        """Return the accounts that an event concerns, none where it is the public's or nobody's."""
        kind = event.__class__
        if kind is re.EntityRegistered:
            self._accounts[event.entity] = event.accounts
            return tuple(event.accounts)
        if kind in OF_ENTITY:
            return self._accounts.get(event.entity, ())
        if kind in OF_ACCOUNT:
            return (event.account,)
        if kind is re.AllowancesTransferred:
            return (event.account, event.to)
        return ()
