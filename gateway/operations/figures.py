"""A venue's figures for Prometheus: counted once a tick, looked at when somebody asks.

Names are Prometheus' own: base units, ``_total`` for what only grows. A command costs one pass over
its events and nothing else; the histograms are fed once a tick.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from engine.vocabulary.events import Rejected, Trade
from gateway.server.status import status_of

if TYPE_CHECKING:
    from engine.vocabulary.events import Event
    from gateway.server.connection import Connection
    from gateway.server.node import Node, Tick
    from gateway.server.sessions import Note
    from gateway.server.status import Status

_NS: Final = 1e9
_TIMES: Final = tuple(base * 10.0**power for power in range(-5, 1) for base in (1, 2, 5))  # s
_PAUSES: Final = tuple(base * 10.0**power for power in range(-4, 1) for base in (1, 3))
_SIZES: Final = tuple(2**power for power in range(0, 17, 2))
_GAUGES: Final = (
    ("ready", "1 while the venue takes orders"),
    ("connections", "open connections"),
    ("sessions", "connections that have logged on"),
    ("slow_readers", "connections whose readers do not keep up"),
    ("unread_bytes", "bytes that wait for readers, all connections"),
    ("accounts", "open accounts"),
    ("live_orders", "live orders"),
    ("log_records", "records in the log"),
    ("log_bytes", "size of the log"),
    ("outbox_bytes", "reports kept in memory"),
    ("spooled_bytes", "older reports, on the disk"),
    ("storage_short", "1 while new orders are refused for want of space"),
    ("access_log_failing", "1 while access.log cannot be written"),
    ("peak_batch_commands", "commands in the largest tick so far"),
    ("headroom_ratio", "share of the last 10 s that was not spent in ticks"),
)
_TOTALS: Final = (
    ("reports", "reports made for all accounts"),
    ("received_bytes", "bytes that connections have sent"),
    ("sent_bytes", "bytes handed to connections"),
    ("messages", "messages that connections have sent"),
    ("answers", "messages to connections beside reports, market data included"),
    ("questions", "statuses, subscriptions and the like that were asked for"),
    ("access_log_lost_lines", "lines of access.log that found no room"),
)
_HEADROOM_OVER: Final = 10.0  # seconds that the share of idle time is taken over


class Figures:
    """Counts what happens at a node. One for each process: it also times the collector."""

    def __init__(self) -> None:
        """Begin at 0, with no venue yet."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._commands = Counter("carbonx_commands", "commands sequenced", registry=registry)
        self._refused = Counter(
            "carbonx_refused", "commands refused", ["reason"], registry=registry
        )
        self._trades = Counter("carbonx_trades", "trades", ["symbol"], registry=registry)
        self._tonnes = Counter("carbonx_traded_tonnes", "tonnes", ["symbol"], registry=registry)
        self._ends = Counter("carbonx_session_events", "logons, and ends of sessions by reason",
                             ["what"], registry=registry)  # fmt: skip
        self._in_to_out = Histogram(
            "carbonx_in_to_out_seconds",
            "from the first bytes of a tick to the last answer handed to the sockets",
            buckets=_TIMES, registry=registry,
        )  # fmt: skip
        self._tick = Histogram("carbonx_tick_seconds", "work of one tick", buckets=_TIMES,
                               registry=registry)  # fmt: skip
        self._sync = Histogram("carbonx_sync_seconds", "making a tick's commands durable",
                               buckets=_TIMES, registry=registry)  # fmt: skip
        self._batch = Histogram("carbonx_batch_commands", "commands of a tick that had some",
                                buckets=_SIZES, registry=registry)  # fmt: skip
        self._pauses = Histogram("carbonx_collector_pause_seconds", "pauses of the collector",
                                 buckets=_PAUSES, registry=registry)  # fmt: skip
        self._gauges = {
            name: Gauge(f"carbonx_{name}", what, registry=registry) for name, what in _GAUGES
        }
        self._totals = {
            name: Counter(f"carbonx_{name}", what, registry=registry) for name, what in _TOTALS
        }
        self._not_taken = Counter("carbonx_not_taken", "messages that the server did not take",
                                  ["reason"], registry=registry)  # fmt: skip
        self._seen: dict[str, int] = {}  # what each total was at the last look
        self._levels = Gauge("carbonx_book_levels", "prices in a line's book",
                             ["symbol", "side"], registry=registry)  # fmt: skip
        self._phase = Gauge("carbonx_line_phase", "1 for the phase that a line is in",
                            ["symbol", "phase"], registry=registry)  # fmt: skip
        self._shown: dict[str, str] = {}  # the phase that each line's gauge says
        self._worked = 0.0  # seconds in ticks so far
        self._marks = [(time.monotonic(), 0.0)] * 2  # (when, worked until then): the last two
        self._collecting = 0.0
        self._note: Note | None = None  # who heard of sessions before

    def watch(self, node: Node) -> None:
        """Count what happens at a node from now on."""
        node.meter = self._ticked
        node.observers.append(self._happened)
        self._note = node.core.sessions.note
        node.core.sessions.note = self._noted
        commit, sync = node.core.commit, self._sync
        sequencer = node.sequencer

        def timed() -> None:
            if sequencer.journal is None or not sequencer.journal.buffer:
                return commit()
            began = time.perf_counter()
            commit()
            return sync.observe(time.perf_counter() - began)

        node.core.commit = timed
        gc.callbacks.append(self._collected)

    def close(self) -> None:
        """Let the collector go."""
        if self._collected in gc.callbacks:
            gc.callbacks.remove(self._collected)

    # -- what is counted ----------------------------------------------------------------------

    def _ticked(self, tick: Tick) -> None:
        spent = (tick.ended - tick.began) / _NS
        self._worked += spent
        if tick.commands:
            self._commands.inc(tick.commands)
            self._batch.observe(tick.commands)
            self._in_to_out.observe((tick.ended - tick.heard) / _NS)
            self._tick.observe(spent)
        now = tick.ended / _NS
        if now - self._marks[1][0] >= _HEADROOM_OVER:
            self._marks = [self._marks[1], (now, self._worked)]

    def _happened(self, _time: int, events: list[Event]) -> None:
        for event in events:
            if type(event) is Rejected:
                self._refused.labels(event.reason.name.lower()).inc()
            elif type(event) is Trade:
                self._trades.labels(event.symbol).inc()
                self._tonnes.labels(event.symbol).inc(event.quantity)

    def _noted(self, connection: Connection, what: str, why: str) -> None:
        if self._note is not None:
            self._note(connection, what, why)
        self._ends.labels(what).inc()

    def _collected(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.perf_counter()
        else:
            self._pauses.observe(time.perf_counter() - self._collecting)

    # -- what is looked at --------------------------------------------------------------------

    def look(self, node: Node) -> Status:
        """Bring the gauges up to now, in the node's own loop; return what they were taken from."""
        status = status_of(node)
        began, worked = self._marks[0]
        over = time.monotonic() - began
        busy = (self._worked - worked) / over if over > 0 else 0.0
        logged_on = [each for each in status.sessions if each.account]
        for name, value in (
            ("ready", status.ready),
            ("connections", len(status.sessions)),
            ("sessions", len(logged_on)),
            ("slow_readers", sum(each.slow for each in status.sessions)),
            ("unread_bytes", sum(each.unread_bytes for each in status.sessions)),
            ("accounts", status.accounts),
            ("live_orders", status.orders),
            ("log_records", status.records),
            ("log_bytes", status.log_bytes),
            ("outbox_bytes", status.outbox_bytes),
            ("spooled_bytes", status.spooled_bytes),
            ("storage_short", status.storage_short),
            ("access_log_failing", bool(status.access_failure)),
            ("peak_batch_commands", status.peak_batch),
            ("headroom_ratio", max(0.0, 1.0 - busy)),
        ):
            self._gauges[name].set(value)
        self._look_at_totals(status)
        for symbol, sizes in status.levels.items():
            for side, size in zip(("bids", "asks"), sizes, strict=True):
                self._levels.labels(symbol, side).set(size)
        for symbol, phase in status.phases.items():
            before = self._shown.get(symbol)
            if before != phase:
                if before is not None:
                    self._phase.remove(symbol, before)
                self._phase.labels(symbol, phase).set(1)
                self._shown[symbol] = phase
        return status

    def _look_at_totals(self, status: Status) -> None:
        for name, value in (
            ("reports", status.reports),
            ("received_bytes", status.bytes_in),
            ("sent_bytes", status.bytes_out),
            ("messages", status.messages_in),
            ("answers", status.answers),
            ("questions", status.questions),
            ("access_log_lost_lines", status.access_lost),
        ):
            self._totals[name].inc(self._grown(name, value))
        for reason, count in status.not_taken.items():
            self._not_taken.labels(reason).inc(self._grown(f"not taken: {reason}", count))

    def _grown(self, name: str, value: int) -> int:
        """Return how much a total has grown since the last look."""
        before = self._seen.get(name, 0)
        self._seen[name] = value
        return max(value - before, 0)
