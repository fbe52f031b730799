"""The operator's part of the page: what the venue does, and a halt or a resumption with a reason.

Whoever has the operator's key is the operator. It lies in the venue's folder, readable by its owner
alone, and comes with each message over the WebSocket. Nothing is counted before the key was given.
"""

from __future__ import annotations

import hmac
import os
import secrets
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Final

from engine.log.records import CommandError
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import Rejected
from gateway.server.failure import VenueStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from engine.vocabulary.events import Event
    from gateway.server.node import Node, Tick

FILE_NAME: Final = "operator.key"
KEPT: Final = 10_000  # ticks of which the duration is known
SECOND: Final = 1_000_000_000  # ns
MAX_REASON: Final = 200
PHASES: Final = {"halted": Phase.HALTED, "continuous": Phase.CONTINUOUS}


def operator_key(folder: Path) -> str:
    """Return the key that lies in a venue's folder; make one where there is none."""
    path = folder / FILE_NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(24)
        file.write(f"{key}\n")
    return key


class Operator:
    """Answers what the page says under the word ``operator``."""

    def __init__(self, node: Node, key: str) -> None:
        """Serve whoever has the key."""
        self._node = node
        self._key = key
        self._counting = False
        self._refused: Counter[str] = Counter()
        # of each tick its end (monotonic ns) and how long it took, sync and writing included
        self._ticks: deque[tuple[int, int]] = deque(maxlen=KEPT)
        # of those with commands: ns from the arrival to the answers, and of the sync
        self._waits: deque[tuple[int, int]] = deque(maxlen=KEPT)
        self._other_meter: Callable[[Tick], None] | None = None

    def __call__(self, what: object) -> list[Any]:
        """Do what is asked for; return how the venue is."""
        asked = what if isinstance(what, dict) else {}
        key = asked.get("key")
        if not isinstance(key, str) or not hmac.compare_digest(key.encode(), self._key.encode()):
            return ["operator", {"refused": "this is not the operator's key"}]
        if not self._counting:
            self._counting = True
            self._node.observers.append(self._observe)
            self._other_meter, self._node.meter = self._node.meter, self._measure
        answer = self._set_phase(asked) if "phase" in asked else ""
        return ["operator", {"answer": answer, **self._status()}]

    def _set_phase(self, asked: dict[Any, Any]) -> str:
        """Halt or resume; return what was wrong with it, "" where it was done."""
        phase = PHASES.get(str(asked["phase"]))
        symbol, reason = asked.get("symbol", ""), asked.get("reason", "")
        if phase is None or not isinstance(symbol, str) or not isinstance(reason, str):
            return "phase: halted or continuous, with a symbol and a reason as texts"
        if not reason.strip() or len(reason) > MAX_REASON:
            return f"reason: 1 to {MAX_REASON} characters, as everybody reads it"
        node, answer = self._node, ""
        try:
            events = node.operate(SetPhase(phase, symbol, reason.strip()), timed=True)
        except (CommandError, VenueStoppedError) as error:
            answer = str(error)
        else:
            answer = "; ".join(
                f"{each.field}: {each.rule}" for each in events if isinstance(each, Rejected)
            )
        if node.access is not None:
            done = {name: asked[name] for name in ("phase", "symbol", "reason") if name in asked}
            node.access.note("operator", by={"door": "page"}, done=done, error=answer)
            node.access.commit(node.clock(), node.sequencer.seq)
        return answer

    def _status(self) -> dict[str, Any]:
        node = self._node
        journal = node.sequencer.journal
        since = time.monotonic_ns() - SECOND
        accounts = [name for name in node.core.sessions.by_account if name]
        return {
            "records": node.sequencer.seq,
            "latency_us": _shares(wait for wait, _ in self._waits),
            "sync_us": _shares(sync for _, sync in self._waits),
            "tick_us": _shares(took for _, took in self._ticks),
            "second_us": _shares(took for ended, took in self._ticks if ended >= since),
            "reports": sum(box.seq for box in node.outboxes.boxes.values()),
            "durability": node.durability, "accounts": accounts,
            "connections": len(node.core.sessions.connections),
            "stuck": len(node.core.sessions.stuck), "refused_by": dict(self._refused),
            "log_bytes": journal.total if journal is not None else 0,
        }  # fmt: skip

    def _observe(self, _time: int, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Rejected):
                self._refused[event.reason.name.lower()] += 1

    def _measure(self, tick: Tick) -> None:
        self._ticks.append((tick.ended, tick.ended - tick.began))
        if tick.commands:
            self._waits.append((tick.ended - tick.heard, tick.synced))
        if self._other_meter is not None:
            self._other_meter(tick)


def _shares(times: Iterable[int]) -> list[int]:
    """Return the median and the 99th percentile of times in ns, in microseconds; 0 of none."""
    found = sorted(times)
    return [found[len(found) * part // 100] // 1_000 if found else 0 for part in (50, 99)]
