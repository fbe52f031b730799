"""``Venue.due`` names the next moment at which the passing of time alone does something.

Told any earlier time, the venue has nothing to say but indicative prices (rules 8.8, 9.13, 11.19).
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import pytest
from msgspec import structs

from engine.rulebook import presets
from engine.rulebook.model import Mode
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    AdvanceTime,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.events import AuctionIndicated
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

FAR: Final = 10 * 365 * 86_400 * 1_000_000_000  # ns
LOOKS: Final = 8  # moments of two days that are looked at


def said(rulebook: Rulebook, commands: list[Command], time: int) -> list[Event]:
    """Return what a venue that has been given some commands says when it is told a time."""
    venue = Venue(rulebook)
    for command in commands:
        venue.apply(command)
    return [e for e in venue.apply(AdvanceTime(time)) if not isinstance(e, AuctionIndicated)]


def moments(flow: Flow) -> Iterator[tuple[int, int, int]]:
    """Yield how many commands were given, the venue's time, and what it says is due then."""
    for _ in range(2):
        for _ in flow.day():
            yield len(flow.given), flow.venue.time, flow.venue.due()[1]


@pytest.mark.parametrize("name", presets.names())
def test_nothing_happens_before_what_is_due(name: str) -> None:
    rulebook = presets.load(name)
    flow = Flow(rulebook, Random(name))
    seen = list(moments(flow))
    waiting = [each for each in seen if each[2]]
    rng = Random(name)
    looked = rng.sample(seen, LOOKS) + rng.sample(waiting, min(LOOKS, len(waiting)))
    for count, now, due in looked:
        until = due - 1 if due else now + FAR
        if until > now:
            assert not said(rulebook, flow.given[:count], until)


@pytest.mark.parametrize("name", ["eu-auction", "textbook", "ice-eua"])
def test_something_is_due_now_and_then(name: str) -> None:
    assert any(due for _, _, due in moments(Flow(presets.load(name), Random(name))))


@pytest.mark.parametrize("seconds", [1, 7, 300])
def test_a_volatility_call_ends_when_its_seconds_are_over_and_not_before(seconds: int) -> None:
    mode = Mode(volatility_bp=500, volatility_seconds=seconds)
    venue = Venue(structs.replace(presets.load("textbook"), modes=(mode,)))
    began = 1_700_000_000_123_456_789
    for name in ("ann", "bob"):
        venue.apply(OpenAccount(name))
        venue.apply(MoveCash(name, 10**9))
        venue.apply(MoveAllowances(name, "CO2", 100))
    venue.apply(AdvanceTime(began))
    venue.apply(SetPhase(Phase.CONTINUOUS))
    venue.apply(NewOrder("ann", 1, "CO2", Side.SELL, 5, 6_000))
    venue.apply(NewOrder("bob", 1, "CO2", Side.BUY, 5, 6_000))
    assert venue.phase("CO2") is Phase.INTRADAY_CALL
    end = began + seconds * 1_000_000_000
    assert venue.due() == (True, end)
    venue.apply(AdvanceTime(end - 1))
    assert venue.phase("CO2") is Phase.INTRADAY_CALL
    venue.apply(AdvanceTime(end))
    assert venue.phase("CO2") is Phase.CONTINUOUS


@pytest.mark.parametrize("phase", [Phase.OPENING_CALL, Phase.INTRADAY_CALL, Phase.CLOSING_CALL])
def test_the_time_matters_now_and_then_while_any_call_is_on(phase: Phase) -> None:
    venue = Venue(presets.load("textbook"))
    assert venue.due() == (False, 0)
    venue.apply(SetPhase(Phase.PRE_OPEN if phase is Phase.OPENING_CALL else Phase.CONTINUOUS))
    assert venue.due() == (False, 0)
    venue.apply(SetPhase(phase))
    assert venue.phase("CO2") is phase
    assert venue.due() == (True, 0)
