"""A compliance year end to end under a preset: allocation, trade, surrender, shortfall, replay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.compliance_year import year
from engine.log.journal import Journal
from engine.log.sequencer import Sequencer, replay
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary import registry_commands as r
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.registry_events import ShortfallFound, YearSettled
from tests.support.command_line import typed

if TYPE_CHECKING:
    from pathlib import Path


def trade(venue: Venue, line: str, tonnes: int) -> list[c.Command]:
    """Return commands by which the plant buys from the mill at the line's reference."""
    low = venue.reference(line)
    sell = c.NewOrder("mill", 1, line, Side.SELL, tonnes, low)
    return [sell, c.Pick("plant", 1, line, 1, tonnes)]


@pytest.mark.parametrize(("preset", "line"), [("cn-national", "CEA21"), ("guangdong", "GDEA")])
def test_a_year_from_allocation_to_shortfall(tmp_path: Path, preset: str, line: str) -> None:
    rules = presets.load(preset)
    sequencer = Sequencer(Venue(rules), Journal.create(tmp_path / "v", rules, 1))
    seen: list[e.Event] = []

    def give(command: Any) -> None:
        seen.extend(sequencer.submit(len(seen) + 1, 0, command))
        sequencer.venue.check()

    for name in ("plant", "mill"):
        give(c.OpenAccount(name, cash=10**9))
    give(r.Allocate("plant", 2021, line, 800))
    give(r.Allocate("mill", 2021, line, 1_000))
    give(r.Allocate("mill", 2021, line, -100))
    give(r.VerifyEmissions("plant", 2021, 1_000))
    give(r.VerifyEmissions("mill", 2021, 700))
    give(c.BeginDay(20220615))
    give(c.SetPhase(Phase.CONTINUOUS, line))
    for command in trade(sequencer.venue, line, 150):
        give(command)
    give(c.SetPhase(Phase.CLOSED, line))
    give(c.BeginDay(20220616))
    give(r.Surrender("plant", 2021, line, 950))
    give(r.Surrender("mill", 2021, line, 700))
    give(c.BeginDay(20230104))
    give(r.SettleYear(2021, 5_000))
    assert [event for event in seen if isinstance(event, e.Rejected)] == []
    assert [x.quantity for x in seen if isinstance(x, ShortfallFound)] == [50]
    assert [x for x in seen if isinstance(x, YearSettled)] == [YearSettled(2021, 1_700, 1_650, 50)]
    found = sequencer.venue.state_hash()
    sequencer.close()
    assert replay(tmp_path / "v").venue.state_hash() == found
    told = json.loads(typed("registry", str(tmp_path / "v"), "--json").out)
    (sheet,) = (row for row in told["balance"] if row["product"] == line)
    assert sheet == {"product": line, "issued": 1_700, "brought": 0, "held": 50,
                     "surrendered": 1_650, "cancelled": 0}  # fmt: skip
    assert [row["short"] for row in told["positions"]] == [50, 0]
    assert told["state"] == found
    page = typed("registry", str(tmp_path / "v")).out
    assert "balance" in page
    assert "plant" in page


def test_many_entities_settle_a_year_the_same_way_each_time() -> None:
    first, again = year(60), year(60)
    assert first.state_hash() == again.state_hash()
    registry = first.registry
    owed = sum(owes.owed for owes in registry.years[2021].values())
    short = sum(owes.short for owes in registry.years[2021].values())
    assert 0 < short < owed
    assert owed == registry.surrendered["A21"] + short
    held = sum(first.allowances(name, "A21")[0] for name in first.accounts)
    assert registry.issued["A21"] == held + registry.surrendered["A21"]
