"""A compliance year end to end under a preset: allocation, trade, surrender, the close, replay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from benchmarks.compliance_year import year
from carbonx.testing.script import ScriptedVenue
from engine.log.journal import Journal
from engine.log.sequencer import Sequencer, replay
from engine.rulebook import presets
from engine.rulebook.amend import all_changed
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary import registry_commands as r
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import Mechanism, Phase, Side
from tests.scenarios.years import YEARS
from tests.support.command_line import typed

if TYPE_CHECKING:
    from pathlib import Path

    from carbonx.testing.script import Scenario
    from engine.rulebook.model import Rulebook

SECOND = 1_000_000_000


class Case(NamedTuple):
    """A preset with the year that is run under it."""

    preset: str
    product: str
    cycle: str
    offset: str
    quota: int  # tonnes that the offset may cover
    asked: int  # of 200,000 verified
    days: tuple[int, int, int]  # trade, surrender, after the deadline
    price: int  # of the close
    penalty: int  # for the 1,000 tonnes short
    make_good: int
    new_offset: bool = True  # the preset does not trade it: the case adds it


CASES = (
    Case("cn-national", "CEA24", "2024", "CCER", 10_000, 200_000,
         (20251215, 20251216, 20260105), 6_000, 30_000_000, 1_000, new_offset=False),
    Case("guangdong", "GDEA", "2023", "PHCER", 20_000, 200_000,
         (20240610, 20240611, 20240624), 6_000, 0, 1_000, new_offset=False),
    Case("eu-auction", "EUA", "2024", "", 0, 200_000,
         (20250910, 20250911, 20251001), 0, 10_000_000, 1_000),
    Case("california", "CCA-CURRENT", "2024", "CCO", 2_400, 60_000,
         (20251020, 20251021, 20251103), 0, 0, 4_000, new_offset=False),
)  # fmt: skip


def rules_of(case: Case) -> Rulebook:
    found = presets.load(case.preset)
    if not case.offset or not case.new_offset:
        return found
    mode, currency = found.modes[0].name, found.products[0].currency
    product = (
        f'{{symbol = "{case.offset}", reference = 5000, instrument = "offset",'
        f' currency = "{currency}", modes = ["{mode}"]}}'
    )
    return all_changed(found, [("products+", product)])


class Year:
    """A log on disk that is written command by command."""

    def __init__(self, rules: Rulebook, path: Path) -> None:
        self.path = path
        self.sequencer = Sequencer(Venue(rules), Journal.create(path, rules, 1))
        self.seen: list[e.Event] = []
        self.refs: dict[str, int] = {}

    @property
    def venue(self) -> Venue:
        return self.sequencer.venue

    def give(self, command: Any) -> list[e.Event]:
        events = self.sequencer.submit(len(self.seen) + 1, 0, command)
        self.seen += events
        assert [event for event in events if isinstance(event, e.Rejected)] == [], command
        self.venue.check()
        return events

    def ref(self, account: str) -> int:
        self.refs[account] = self.refs.get(account, 0) + 1
        return self.refs[account]

    def auction(self, line: str, tonnes: int, reserve: int) -> None:
        """Let the plant buy from the state in an auction."""
        now = self.venue.time + SECOND
        self.give(c.AdvanceTime(now))
        self.give(c.SetPhase(Phase.CONTINUOUS, line))
        self.give(
            c.Announce(
                "state", self.ref("state"), line, Side.SELL, tonnes, reserve, now, now + SECOND
            )
        )
        self.give(c.Bid("plant", self.ref("plant"), line, 1, tonnes, reserve + 100))
        self.give(c.AdvanceTime(now + SECOND))
        self.give(c.ClearAuction(line, 1, 7))
        self.give(c.SetPhase(Phase.CLOSED, line))

    def rush(self, line: str, tonnes: int) -> None:
        """Let the mill list before the deadline, and the plant pick."""
        self.give(c.SetPhase(Phase.CONTINUOUS, line))
        price = self.venue.reference(line)
        for number in range(1, 6):
            part = tonnes // 5
            self.give(c.NewOrder("mill", self.ref("mill"), line, Side.SELL, part, price))
            self.give(c.Pick("plant", self.ref("plant"), line, number, part))
        self.give(c.SetPhase(Phase.CLOSED, line))


def run_year(case: Case, path: Path) -> Year:
    told = Year(rules_of(case), path)
    product, cycle = case.product, case.cycle
    for name in ("state", "plant", "mill"):
        told.give(c.OpenAccount(name, cash=10**13))
        told.give(r.RegisterEntity(name.title(), (name,)))
    told.give(r.SetCap(product, 1_000_000))
    told.give(r.IssueAllowances("state", product, 100_000))
    bought = 30_000
    wanted = case.asked - case.quota - bought - 1_000  # so that a thousand tonnes are missing
    told.give(r.AllocateAllowances("Plant", cycle, product, wanted + 500, 1_000_000))
    told.give(r.AllocateAllowances("Plant", cycle, product, wanted, 1_000_000, final=True))
    told.give(r.AllocateAllowances("Mill", cycle, product, 300_000, 500_000))
    for name, tonnes in (("Plant", 200_000), ("Mill", 20_000)):
        told.give(r.ReportEmissions(name, cycle, tonnes))
        told.give(r.VerifyEmissions(name, cycle, tonnes))
    if case.offset:
        told.give(c.MoveAllowances("plant", case.offset, 50_000))
    told.give(c.BeginDay(case.days[0]))
    book = told.venue.rulebook
    if book.modes_of(told.venue.products[product])[0].mechanism is Mechanism.ONE_WAY:
        told.auction(product, bought, book.auction.reserve or 6_000)
    else:
        told.rush(product, bought)
    told.give(c.BeginDay(case.days[1]))
    told.give(r.SurrenderAllowances("Plant", cycle))
    told.give(r.SurrenderAllowances("Mill", cycle))
    told.give(c.BeginDay(case.days[2]))
    told.give(r.CloseCycle(cycle, case.price))
    return told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.preset)
def test_a_year_from_allocation_to_shortfall(tmp_path: Path, case: Case) -> None:
    told = run_year(case, tmp_path / "v")
    given = [x for x in told.seen if isinstance(x, re.AllowancesSurrendered)]
    plant = [x for x in given if x.entity == "Plant"]
    assert sum(x.quantity for x in plant if x.product == case.offset) == case.quota
    assert plant[-1].due == 1_000
    settled = [x for x in told.seen if isinstance(x, re.ComplianceSettled)]
    assert settled == [
        re.ComplianceSettled(case.cycle, "Plant", 1_000, case.penalty, case.make_good)
    ]
    # Made good from what the state still has; nothing is due any more.
    told.give(r.TransferAllowances("state", "plant", case.product, case.make_good))
    told.give(r.SurrenderAllowances("Plant", case.cycle))
    assert told.venue.registry.entities["Plant"].records[case.cycle].due == 0
    found = told.venue.state_hash()
    told.sequencer.close()
    assert replay(told.path).venue.state_hash() == found
    picture = tmp_path / "year.svg"
    page = json.loads(typed("registry", str(told.path), "--json", "--plot", str(picture)).out)
    assert picture.stat().st_size > 1_000
    assert page["state"] == found
    for row in page["balance"]:
        came = row["issued"] + row["brought"] + row["banked"]
        assert came == row["held"] + row["surrendered"] + row["cancelled"] + row["returned"]
    (row,) = (row for row in page["balance"] if row["product"] == case.product)
    assert row["returned"] == 500
    assert page["frozen"] == []
    dates = [row["date"] for row in page["calendar"]]
    assert dates == sorted(dates)
    assert all(row["date"] >= case.days[2] or row["step"] == "close" for row in page["calendar"])
    owing = {row["entity"]: row for row in page["positions"]}
    assert owing["Plant"]["due"] == owing["Plant"]["short"] == 0
    assert owing["Plant"]["verified"] == 200_000
    assert "Plant" in typed("registry", str(told.path)).out


def test_many_entities_settle_a_year_the_same_way_each_time() -> None:
    first, again = year(60), year(60)
    assert first.state_hash() == again.state_hash()
    records = [record for _, record in first.registry.records("2021")]
    owed, late = sum(each.obligation for each in records), sum(each.due for each in records)
    assert 0 < late < owed
    totals = [first.registry.totals_of(symbol) for symbol in ("A21", "CER")]
    assert owed == sum(each.surrendered for each in totals) + late
    assert all(each.surrendered for each in totals)
    assert first.state_hash() != year(60, seed=2).state_hash()


@pytest.mark.parametrize("scenario", YEARS, ids=lambda scenario: scenario.rules["preset"])
def test_the_log_of_a_year_replays_to_the_same_hash(tmp_path: Path, scenario: Scenario) -> None:
    scripted = ScriptedVenue(**scenario.rules)
    scripted.run(scenario.script)
    rules = scripted.venue.genesis
    sequencer = Sequencer(Venue(rules), Journal.create(tmp_path / "v", rules, 1))
    for time, command in enumerate(scripted.given, 1):
        sequencer.submit(time, 0, command)
    sequencer.close()
    assert replay(tmp_path / "v").venue.state_hash() == scripted.venue.state_hash()
