"""Which report answers which message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.enums import CancelReason
from gateway.protocol import wire, wire_links, wire_modes

if TYPE_CHECKING:
    from collections.abc import Callable

REPORTS: Final = dict.fromkeys(wire.Report.__args__)

# report -> the reference of the message that it answers, 0 for none
ANSWERS: Final[dict[type, Callable[[Any], int]]] = {
    wire.OrderAccepted: lambda r: int(r.ref),
    wire.Rejected: lambda r: int(r.ref),
    wire.OrderCancelled: lambda r: int(r.request) if r.reason is not CancelReason.MASS else 0,
    wire.OrderAmended: lambda r: int(r.request),
    wire.MassCancelled: lambda r: int(r.ref),
    wire_modes.NumberAssigned: lambda r: int(r.ref),
    wire_modes.Declined: lambda r: int(r.ref),
    wire_links.OrderRouted: lambda r: int(r.ref),
    wire_links.CancelRouted: lambda r: int(r.ref),
    wire_links.BidRouted: lambda r: int(r.ref),
}
