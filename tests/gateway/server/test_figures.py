"""The figures that clients and operators can count on: a change here is one for the changelog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from gateway.protocol import bounds, framing, session, wire
from gateway.server import admin, core
from gateway.server.limits import Limits

if TYPE_CHECKING:
    from types import ModuleType

SECOND: Final = 1_000_000_000
FIGURES: Final[list[tuple[ModuleType, str, int]]] = [
    (wire, "VERSION", 3),
    (wire, "MAX_FRAME", 16_384),
    (wire, "MAX_REPLY", 16_777_216),
    (wire, "HEADER_SIZE", 4),
    (bounds, "MAX_INTEGER", 9_223_372_036_854_775_807),
    (session, "LOGON_WITHIN", 5 * SECOND),
    (session, "MIN_HEARTBEAT_MS", 100),
    (session, "MAX_HEARTBEAT_MS", 600_000),
    (admin, "MAX_LINE", 65_536),
    (core, "WATCH_EVERY", SECOND // 20),
    (core, "TIME_EVERY", SECOND),
]


@pytest.mark.parametrize(("module", "name", "figure"), FIGURES)
def test_figures(module: ModuleType, name: str, figure: int) -> None:
    assert getattr(module, name) == figure


def test_limits_that_nobody_chose() -> None:
    assert Limits() == Limits(
        max_sessions=1_024,
        reserved=8,
        max_strangers=128,
        max_strangers_from=32,
        throttle=0,
        turn=128,
        shared_turn=16,
        most=64,
        most_while_syncing=1_024,
        max_live=100_000,
        page=250,
        chunk=524_288,
        max_input=65_536,
        max_queued=4_194_304,
        system_in=262_144,
        system_out=524_288,
        high_water=4_096,
        patience=5 * SECOND,
    )


@pytest.mark.parametrize("length", [0, 1, framing.SHORT - 1, framing.SHORT, 70_000])
def test_a_frame_has_its_length_before_it(length: int) -> None:
    data = framing.frame(b"x" * length)
    assert data == length.to_bytes(4, "big") + b"x" * length
    assert framing.length_at(data, 0) == length
