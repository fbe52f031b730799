"""Which report answers which message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.enums import CancelReason
from gateway.protocol import wire, wire_modes

if TYPE_CHECKING:
    from collections.abc import Callable

REPORTS: Final = frozenset(wire.Report.__args__)

# report -> the reference of the message that it answers, 0 for none
ANSWERS: Final[dict[type, Callable[[Any], int]]] = {
    wire.Accepted: lambda r: int(r.ref),
    wire.Refused: lambda r: int(r.ref),
    wire.Cancelled: lambda r: int(r.request) if r.reason is not CancelReason.MASS else 0,
    wire.Amended: lambda r: int(r.request),
    wire.AllCancelled: lambda r: int(r.ref),
    wire_modes.Offered: lambda r: int(r.ref),
    wire_modes.Declined: lambda r: int(r.ref),
}
