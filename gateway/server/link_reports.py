"""Which events of links are reports, and how each is said to its account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary import link_events as le
from gateway.protocol import wire_links

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from gateway.protocol.wire_links import LinkReport

    Make: TypeAlias = Callable[[int, int, Any], LinkReport]  # of number, time and event


def _with_fields_of(report: type[LinkReport]) -> Make:
    """Return what makes a report with the event's fields of the same names."""
    names = report.__struct_fields__[2:]
    return lambda seq, time, event: report(seq, time, *[getattr(event, name) for name in names])


# by event: what makes the report, and whether it answers the client's message
OF_LINKS: Final[dict[type, tuple[Make, bool]]] = {
    le.OrderRouted: (_with_fields_of(wire_links.OrderRouted), True),
    le.CarriedIn: (_with_fields_of(wire_links.CarriedIn), False),
    le.CancelRouted: (_with_fields_of(wire_links.CancelRouted), True),
    le.BidRouted: (_with_fields_of(wire_links.BidRouted), True),
    le.AllowancesSent: (_with_fields_of(wire_links.AllowancesSent), False),
}
