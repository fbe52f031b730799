"""Which of the registry's events are reports, which are public, and their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.registry.owners import PRIVATE, PUBLIC
from engine.vocabulary import registry_events as re
from gateway.protocol import wire_notices, wire_registry

if TYPE_CHECKING:
    from collections.abc import Callable

OF_REGISTRY: Final[dict[type, Callable[..., wire_registry.RegistryReport]]] = {
    event: getattr(wire_registry, event.__name__) for event in PRIVATE
}
NOTICES: Final[dict[type, type[wire_notices.RegistryNotice]]] = {
    **{event: getattr(wire_notices, event.__name__) for event in PUBLIC},
    re.AllowancesIssued: wire_notices.IssuanceStated,
}
