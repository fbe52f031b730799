"""What a million reports of one account leave in memory."""

from __future__ import annotations

from sys import getsizeof
from typing import TYPE_CHECKING, Final

from engine.vocabulary import events as ev
from engine.vocabulary.enums import OrderState, Side
from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.server.box import WINDOW
from gateway.server.outbox import Outboxes
from gateway.server.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

MANY: Final = 1_000_000
OPENED: Final = ev.AccountOpened("ann", "ann", "", "")


def test_a_million_reports_leave_a_window_in_memory(tmp_path: Path) -> None:
    boxes = Outboxes(Spool(tmp_path))
    boxes.absorb(0, [OPENED])
    make = boxes.project[ev.OrderAccepted]
    for ref in range(1, MANY + 1):
        make(ref, ev.OrderAccepted("ann", ref, "CO2", Side.BUY, 4_000, 5, OrderState.RESTING, 0))
    box = boxes.boxes["ann"]
    assert (box.seq, len(box.stream) <= WINDOW) == (MANY, True)
    parts = [getattr(box, name) for name in box.__slots__]
    rows = [box._old._rows, box._old._pages]
    assert sum(map(getsizeof, [*parts, *rows])) < box.end // 20
    assert getsizeof(box._old._pages) < box.end // 50_000, "what is there for ever"
    assert getsizeof(box._old._rows) < 30_000
    assert box.end > 100 * WINDOW
    first = box.frames(0, 1)
    last = box.frames(box.place(MANY - 1), 1)
    seqs = [wire.decode_from_venue(p).seq for p in Unframer(1 << 24).feed(first + last)]
    assert seqs == [*range(1, 17), MANY]
    boxes.close()
