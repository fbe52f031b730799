"""What a venue is doing now, as a value: for ``carbonx status``, for the metrics, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from engine.registry.upcoming import frozen, upcoming
from engine.rulebook.calendar import local_date

if TYPE_CHECKING:
    from gateway.server.connection import Connection
    from gateway.server.node import Node


class SessionStatus(Struct, frozen=True):
    """One session."""

    number: int  # the source of its commands in the log
    account: str  # "" before its logon
    key_name: str
    permission: str  # what its key is for, "" before its logon
    host: str  # where it comes from
    since: int  # ns UTC
    messages_in: int  # that it has sent
    messages_out: int  # that it has been sent
    lines: int  # subscribed to
    unread_bytes: int  # of reports and answers that its reader has not taken
    slow: bool  # whether the venue waits for its reader
    cancel_on_disconnect: bool


class ComplianceDate(Struct, frozen=True):
    """A date of a cycle that lies ahead, or a close that is due."""

    date: int  # such as 20251231
    cycle: str
    step: str  # reporting, verification, publication, surrender or close
    missing: int  # entities that have not done it yet


class Status(Struct, frozen=True, kw_only=True):
    """A venue."""

    ready: bool
    why: str  # it is not ready
    rulebook: str
    time: int  # ns UTC, of the venue
    records: int
    durability: str
    accounts: int
    orders: int  # live, of all accounts
    reports: int  # made so far, for all accounts
    log_bytes: int
    outbox_bytes: int  # of reports kept in memory
    spooled_bytes: int  # of older reports, on the disk
    peak_batch: int  # commands in the largest tick so far
    phases: dict[str, str]
    sessions: tuple[SessionStatus, ...]
    calendar: tuple[ComplianceDate, ...]  # of the compliance years, the next date first
    frozen: tuple[str, ...]  # entities that may not purchase until they have made good
    levels: dict[str, tuple[int, int]]  # prices in each line's book: of bids, of asks
    bytes_in: int  # since the start, and so below
    bytes_out: int
    messages_in: int
    answers: int  # messages out beside reports
    questions: int
    not_taken: dict[str, int]  # messages that the server did not take, by reason
    storage_short: bool  # new orders are refused for want of space
    access_failure: str  # why access.log cannot be written, "" where it can
    access_lost: int  # its lines that found no room since


def status_of(node: Node) -> Status:
    """Look at a venue; in its own event loop, between two ticks."""
    venue, core = node.sequencer.venue, node.core
    journal, traffic = node.sequencer.journal, core.sessions.traffic
    boxes = node.outboxes.boxes.values()
    in_memory = sum(len(box.stream) for box in boxes)
    why = not_ready(node)
    today = local_date(venue.rulebook.calendar, venue.time)
    return Status(
        ready=not why,
        why=why,
        rulebook=venue.rulebook.name,
        time=venue.time,
        records=node.sequencer.seq,
        durability=node.durability,
        accounts=len(venue.accounts),
        orders=venue.live_orders(),
        reports=sum(box.seq for box in boxes),
        log_bytes=journal.total if journal is not None else 0,
        outbox_bytes=in_memory,
        spooled_bytes=sum(box.end for box in boxes) - in_memory,
        peak_batch=core.peak_batch,
        phases={symbol: venue.phase(symbol).name.lower() for symbol in venue.symbols},
        sessions=sessions_of(node),
        calendar=tuple(ComplianceDate(*step) for step in upcoming(venue.registry, today)),
        frozen=tuple(frozen(venue.registry)),
        levels=venue.levels(),
        bytes_in=traffic.bytes_in,
        bytes_out=traffic.bytes_out,
        messages_in=traffic.messages_in,
        answers=traffic.said,
        questions=traffic.questions,
        not_taken=dict(traffic.not_taken),
        storage_short=core.storage.short,
        access_failure=node.access.failure if node.access is not None else "",
        access_lost=node.access.lost if node.access is not None else 0,
    )


def sessions_of(node: Node) -> tuple[SessionStatus, ...]:
    """Return the connections there are, the oldest first."""
    sessions = node.core.sessions
    page = sessions.by_account.get("")  # it sees public data alone, and is no client
    return tuple(
        _session(each) for each in sessions.connections if each is not page and not each.ended
    )


def not_ready(node: Node) -> str:
    """Say why a venue takes no orders now, "" where it does."""
    failed = node.failed
    if failed is None:
        return "it has not been started"
    if failed.done():
        return f"it has stopped: {failed.exception()}"
    if node.core.storage.short:
        return "the log has no space: new orders are refused"
    return "it is being stopped" if node.stopping else ""


def _session(connection: Connection) -> SessionStatus:
    box, logon = connection.box, connection.logon
    on = bool(connection.account)
    unread = connection.queued + (box.end - connection.sent if box is not None else 0)
    return SessionStatus(
        number=connection.number,
        account=connection.account,
        key_name=logon.key_name if on and logon is not None else "",
        permission=connection.permission.value if on else "",
        host=connection.host,
        since=connection.since,
        messages_in=connection.taken,
        messages_out=_sent(connection),
        lines=len(connection.symbols),
        unread_bytes=unread,
        slow=bool(connection.stuck_since),
        cancel_on_disconnect=connection.cancel_on_disconnect,
    )


def _sent(connection: Connection) -> int:
    """Return how many messages a session was sent, those that wait for its reader included."""
    sent, box, logon = connection.said, connection.box, connection.logon
    if box is not None and logon is not None:
        sent += box.number_at(connection.sent) - logon.last_seen
    if connection.copies is not None:
        sent += connection.copies.taken
    return sent
