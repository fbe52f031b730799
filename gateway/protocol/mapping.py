"""What a client's order messages ask of the venue: commands of the same name.

A command has its account first, then the message's fields in the message's order.
``NewOrder`` and ``CancelOrder``, nearly all there are, are mapped where they are run, in
``gateway.server.sessions``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.vocabulary import commands
from gateway.protocol import wire, wire_modes

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.vocabulary.commands import ClientCommand

COMMANDS: Final[dict[type, Callable[..., ClientCommand]]] = {
    wire.NewOrder: commands.NewOrder,
    wire.CancelOrder: commands.CancelOrder,
    wire.AmendOrder: commands.AmendOrder,
    wire.MassCancel: commands.MassCancel,
    wire_modes.Pick: commands.Pick,
    wire_modes.Quote: commands.Quote,
    wire_modes.Decline: commands.Decline,
    wire_modes.Announce: commands.Announce,
    wire_modes.Bid: commands.Bid,
}


def to_command(account: str, message: wire.OrderMessage) -> ClientCommand:
    """Return the command that an account's order message stands for."""
    return COMMANDS[message.__class__](account, *structs.astuple(message))
