"""What a key is for."""

from enum import StrEnum
from typing import Final

from gateway.protocol import wire, wire_history
from gateway.protocol.wire_copies import AskCopies
from gateway.protocol.wire_operator import Operate


class Permission(StrEnum):
    """One for each key; whoever needs two has two keys."""

    TRADE = "trade"  # everything a member does
    READ = "read"  # the account's reports, status and balances, and market data: no orders
    DROP_COPY = "drop_copy"  # the account's reports and status alone, and copies of others'
    ADMIN = "admin"  # as READ, and what an operator does at the venue's socket


_SESSION: Final = (wire.Logon, wire.Proof, wire.Logout, wire.Heartbeat)
_READING: Final = (wire.AskStatus, wire.Subscribe, wire.Unsubscribe, wire_history.AskTrades,
                   wire_history.AskHistory)  # fmt: skip
# messages that a session may send
MAY_SEND: Final[dict[Permission, dict[type, None]]] = {
    Permission.TRADE: dict.fromkeys(
        each for each in wire.FromClient.__args__ if each is not Operate
    ),
    Permission.READ: dict.fromkeys((*_SESSION, *_READING)),
    Permission.DROP_COPY: dict.fromkeys((*_SESSION, wire.AskStatus, AskCopies)),
    Permission.ADMIN: dict.fromkeys((*_SESSION, *_READING, Operate)),
}


def rule(permission: str) -> str:
    """Return the rule that a message breaks which such a key may not send."""
    return f"the session's key is for it; this one is for {permission} alone"
