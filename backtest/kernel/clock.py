"""What a rulebook needs of the clock: when a venue in the laboratory has to be told the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.vocabulary.enums import Mechanism

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook

INDICATE_EVERY: Final = (
    60_000_000_000  # ns between indicative prices of a call that somebody watches
)
_BY_HAND: Final = (Mechanism.ORDER_BOOK, Mechanism.LISTING)  # nothing there ends by the clock


def clock_needs(rulebook: Rulebook) -> tuple[bool, bool]:
    """Say whether anything becomes due by the clock, and whether orders are measured by it.

    Where neither holds passing time does nothing, but for orders good till a date.
    """
    modes = rulebook.modes
    exact = any(mode.volatility_seconds or mode.mechanism is Mechanism.NEGOTIATED for mode in modes)
    plain = all(mode.mechanism in _BY_HAND and not mode.batch_seconds for mode in modes)
    return exact or not plain, exact
