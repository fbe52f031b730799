"""The words that stand in the tables' cells for codes, and what takes an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from engine.vocabulary.commands import Command
from engine.vocabulary.enums import (
    CallStep,
    CancelReason,
    OrderState,
    OrderType,
    Phase,
    RejectReason,
    Side,
    TimeInForce,
)
from engine.vocabulary.json_codec import type_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from typing import TypeAlias

    # (event, number of its record, time, trading day, command): each takes one kind of event.
    Take: TypeAlias = Callable[[Any, int, int, date | None, Any], None]

SIDES: Final = {side: side.name.lower() for side in Side}
PHASES: Final = {phase: phase.name.lower() for phase in Phase}
STEPS: Final = {step: step.name.lower() for step in CallStep}
STATES: Final = {state: state.name.lower() for state in OrderState}
TYPES: Final = {kind: kind.name.lower() for kind in OrderType}
TIFS: Final = {tif: tif.name.lower() for tif in TimeInForce}
END_WORDS: Final = {reason: reason.name.lower() for reason in CancelReason}
REFUSAL_WORDS: Final = {reason: reason.name.lower() for reason in RejectReason}
VERBS: Final[dict[type, str]] = {kind: type_name(kind) for kind in get_args(Command)}
