"""What the registry's reports say, in the words of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.protocol import wire_registry as w

if TYPE_CHECKING:
    from collections.abc import Callable


def words(money: Callable[[int], str]) -> dict[type, Callable[[Any], str]]:
    """Return what to say of each report; ``money`` writes the venue's own currency."""
    return {
        w.EntityRegistered: lambda m: f"{m.entity} is registered with {', '.join(m.accounts)}",
        w.AllowancesIssued: lambda m: f"{m.quantity} t {m.product} issued, {m.balance} t now",
        w.AllowancesAllocated: _allocated,
        w.AllowancesTransferred: lambda m: (
            f"{m.quantity} t {m.product} went from {m.account} to {m.to}"
        ),
        w.EmissionsReported: lambda m: f"{m.entity} reported {m.quantity} t for {m.cycle}",
        w.EmissionsVerified: lambda m: (
            f"{m.entity}: {m.quantity} t are verified for {m.cycle}, {m.due} t due"
        ),
        w.AllowancesSurrendered: lambda m: (
            f"{m.entity} surrendered {m.quantity} t {m.product} for {m.cycle}, {m.due} t due"
        ),
        w.AllowancesCancelled: lambda m: f"{m.quantity} t {m.product} cancelled, {m.balance} t now",
        w.AllowancesBanked: lambda m: f"{m.quantity} t {m.product} carried over into {m.to}",
        w.ComplianceSettled: lambda m: (
            f"{m.entity} is {m.short} t short for {m.cycle}: penalty {money(m.penalty)}, "
            f"{m.make_good} t to be made good"
        ),
        w.PurchasesFrozen: lambda m: (
            f"{m.entity} may not purchase until it has made good"
            if m.on
            else f"{m.entity} may purchase again"
        ),
        w.PenaltyPaid: lambda m: (
            f"{m.entity} paid {money(m.amount)} of its penalty, {money(m.left)} left"
        ),
    }


def _allocated(m: w.AllowancesAllocated) -> str:
    kind = "finally" if m.final else "provisionally"
    owed = f", {m.owed} t more are due" if m.owed else ""
    return (
        f"{m.entity} is allocated {m.quantity} t {m.product} for {m.cycle} {kind} "
        f"({m.change:+} t now{owed})"
    )
