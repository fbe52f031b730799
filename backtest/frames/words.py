"""The words that stand in the tables' cells for codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

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
    from enum import IntEnum


def _by_number(kind: type[IntEnum]) -> list[str | None]:
    words: list[str | None] = [None] * (max(kind) + 1)
    for each in kind:
        words[each] = each.name.lower()
    return words


PHASES: Final = {phase: phase.name.lower() for phase in Phase}
STEPS: Final = {step: step.name.lower() for step in CallStep}
SIDES: Final = {side: side.name.lower() for side in Side}
REFUSAL_WORDS: Final = {reason: reason.name.lower() for reason in RejectReason}
VERBS: Final[dict[type, str]] = {kind: type_name(kind) for kind in get_args(Command)}
# Words by the number of what they stand for.
SIDE_WORDS: Final = _by_number(Side)
STATE_WORDS: Final = _by_number(OrderState)
TYPE_WORDS: Final = [None, *_by_number(OrderType)[1:]]
TIF_WORDS: Final = [None, *_by_number(TimeInForce)[1:]]
END_WORDS: Final = ["filled", *_by_number(CancelReason)[1:]]
VERB_WORDS: Final = list(VERBS.values())
