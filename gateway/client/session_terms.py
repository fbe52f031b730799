"""What a session may be given, in a form that type checkers follow through ``**more``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Required, TypedDict

if TYPE_CHECKING:
    import ssl

    from gateway.client.link import Connect


class SessionTerms(TypedDict, total=False):
    """What ``Client`` takes beside the address."""

    account: Required[str]
    key: Required[str]
    member: str
    key_name: str
    last_seen: int
    cancel_on_disconnect: bool
    heartbeat_ms: int
    attempts: int
    wait: float | None
    max_events: int
    connect: Connect | None
    tls: ssl.SSLContext | None
