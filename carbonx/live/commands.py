"""The engine's commands as the messages that ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from engine.vocabulary import commands
from gateway.protocol import wire, wire_modes

if TYPE_CHECKING:
    from msgspec import Struct

    from engine.vocabulary.commands import ClientCommand

# A message has the fields of its command after ``account``, in the same order.
MESSAGES: Final[dict[type[Struct], type[wire.OrderMessage]]] = {
    commands.NewOrder: wire.NewOrder,
    commands.CancelOrder: wire.CancelOrder,
    commands.AmendOrder: wire.AmendOrder,
    commands.MassCancel: wire.MassCancel,
    commands.Pick: wire_modes.Pick,
    commands.Quote: wire_modes.Quote,
    commands.Decline: wire_modes.Decline,
    commands.Announce: wire_modes.Announce,
    commands.Bid: wire_modes.Bid,
}


def request_of(command: ClientCommand) -> tuple[type[wire.OrderMessage], tuple[Any, ...]]:
    """Return a command's message and the fields of it that follow on the reference."""
    return MESSAGES[type(command)], structs.astuple(command)[2:]
