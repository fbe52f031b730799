"""carbonx: an exchange for carbon allowances to run, trade on, test rules with and experiment on.

What stands here is the public face; ``docs/sdk.md`` lists it. ``carbonx.testing`` is for people
who test programs against a venue.
"""

from backtest.frames.log_frames import Frames, frames
from engine.rulebook.model import Rulebook, RulebookError
from engine.rulebook.presets import find as load_rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands, enums, events
from gateway.client import messages
from gateway.client.blocking import BlockingClient
from gateway.client.client import Client
from gateway.client.errors import (
    ClientError,
    LiveOrdersError,
    Missed,
    NotTakenError,
    Pending,
    PermissionDeniedError,
    ReferenceJumpError,
    RejectedError,
    SessionEndedError,
    StorageError,
    ThrottledError,
    minor_units,
)
from gateway.runtime.tls import TlsError, client_context

__all__ = [
    "BlockingClient",
    "Client",
    "ClientError",
    "Frames",
    "LiveOrdersError",
    "Missed",
    "NotTakenError",
    "Pending",
    "PermissionDeniedError",
    "ReferenceJumpError",
    "RejectedError",
    "Rulebook",
    "RulebookError",
    "SessionEndedError",
    "StorageError",
    "ThrottledError",
    "TlsError",
    "Venue",
    "client_context",
    "commands",
    "enums",
    "events",
    "frames",
    "load_rulebook",
    "messages",
    "minor_units",
]
