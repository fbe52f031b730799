"""Which of the registry's events are reports, and their messages of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.registry.owners import PRIVATE
from gateway.protocol import wire_registry

if TYPE_CHECKING:
    from collections.abc import Callable

OF_REGISTRY: Final[dict[type, Callable[..., wire_registry.RegistryReport]]] = {
    event: getattr(wire_registry, event.__name__) for event in PRIVATE
}
