"""What an agent may do to a venue, in the engine's words.

The same agent trades wherever somebody implements these three methods: on a venue in this process
(``direct``), or on a live one (``carbonx.live``). What an agent receives are the engine's
events too, less what a client of a real venue could not see (``visibility``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from engine.vocabulary.commands import (
    AmendOrder,
    Announce,
    Bid,
    CancelOrder,
    Decline,
    MassCancel,
    NewOrder,
    Pick,
    Quote,
)

if TYPE_CHECKING:
    from engine.vocabulary.events import Event

ClientCommand: TypeAlias = (
    NewOrder | CancelOrder | AmendOrder | MassCancel | Pick | Quote | Decline | Announce | Bid
)


class Port(Protocol):
    """One account's way to a venue."""

    def now(self) -> int:
        """Return the time in ns UTC."""
        ...  # pragma: no cover

    def submit(self, command: ClientCommand) -> int:
        """Send a command; return its reference.

        The port fills in account and reference, so the command leaves them ``""`` and 0. The
        answer comes later, as an event: never before ``submit`` returns.
        """
        ...  # pragma: no cover

    def wake_at(self, time: int) -> None:
        """Have the agent woken once at a time (ns UTC), or at once where that is over."""
        ...  # pragma: no cover


class Participant(Protocol):
    """What a port needs of an agent."""

    @property
    def name(self) -> str:
        """The account that it trades for."""
        ...  # pragma: no cover

    def on_event(self, port: Port, event: Event) -> None:
        """Receive something that happened to its own orders, or in public.

        Before it is woken for the first time it is told what its account has (``present``).
        """
        ...  # pragma: no cover

    def on_wake(self, port: Port) -> None:
        """Look at the market and act; called once at the start, then as asked by ``wake_at``."""
        ...  # pragma: no cover
