"""Years of compliance: nothing is lost, nobody's draws shift, and the deadline is felt."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from backtest.lab.design import design
from backtest.lab.emitters import Emitter, Hazard
from backtest.lab.facts import Bar, Bars, facts
from backtest.lab.intermediaries import Speculator
from backtest.lab.people import Horizon, interests
from backtest.lab.session import cast, run, window_of
from backtest.lab.years import GUANGDONG, NATIONAL, SHENZHEN, TARGETS, YEARS
from backtest.measures.ladder import total
from backtest.measures.table import GROUPS, measure_all
from engine.vocabulary.commands import MoveAllowances, MoveCash
from engine.vocabulary.events import AllowancesMoved
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from backtest.lab.emitters import Obligation
    from backtest.lab.session import Outcome
    from backtest.lab.year import Year
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

WEEKS = Horizon(first=20210601, last=20210709, seconds=21_600)
DESIGNS = {
    "bidding": design("shenzhen-2022"),
    "listing": design("shenzhen-2022").with_(mode="bidding", mechanism="listing"),
    "batches": design("shenzhen-2022").with_(mode="bidding", batch_seconds=300),
    "T+1": design("shenzhen-2022").with_(mode="bidding", resale_lag=1),
    "wide limits": design("shenzhen-2022").with_(mode="bidding", limit_up_bp=9_000),
    "one-way": design("shenzhen-2022").with_(mode="bidding", mechanism="one_way"),
    "elsewhere": design("textbook"),
}


def small(year: Year, **figures: object) -> Year:
    """Return a few weeks around the deadline with few people."""
    return structs.replace(year, horizon=WEEKS, emitters=60, dealers=3, speculators=3, **figures)


@cache
def weeks(label: str) -> Outcome:
    return run(DESIGNS[label], small(SHENZHEN))


@pytest.mark.parametrize("label", DESIGNS)
def test_tonnes_and_money_are_conserved(label: str) -> None:
    """What people have in the end is what they began with, less what the registry took."""
    outcome = weeks(label)
    venue = outcome.venue
    taken, fined = 0, 0
    for _, command, events in outcome.tape:
        if isinstance(command, MoveAllowances):
            taken += sum(-e.quantity for e in events if isinstance(e, AllowancesMoved))
        elif isinstance(command, MoveCash):
            fined -= command.amount
    began = sum(sum(person.holdings.values()) for person in outcome.people)
    have = sum(
        venue.allowances(person.account, product)[0]
        for person in outcome.people
        for product in venue.products
    )
    assert have == began - taken
    assert taken
    cash = sum(venue.cash(person.account)[0] for person in outcome.people)
    assert cash == sum(person.cash for person in outcome.people) - fined - venue.fees()
    venue.check()
    reserved = [venue.cash(person.account)[1] for person in outcome.people]
    assert not any(reserved)


@pytest.mark.parametrize("label", DESIGNS)
def test_emitters_surrender_what_they_owe_or_pay(label: str) -> None:
    outcome = weeks(label)
    for person in outcome.people:
        agent = person.agent
        if not isinstance(agent, Emitter):
            continue
        had = agent.obligation.allocation
        had += sum(agent.execution.bought.values()) - sum(agent.execution.sold.values())
        left = sum(
            outcome.venue.allowances(person.account, product)[0]
            for product in outcome.venue.products
        )
        missing = max(agent.owed() - had, 0)
        assert left == had - agent.owed() + missing
        paid = person.cash - outcome.venue.cash(person.account)[0]
        assert paid == agent.execution.paid + missing * agent.obligation.penalty


def test_the_same_people_meet_every_design() -> None:
    found = {
        label: [
            person.agent.obligation
            for person in weeks(label).people
            if isinstance(person.agent, Emitter)
        ]
        for label in DESIGNS
        if label != "elsewhere"
    }
    assert len({repr(each) for each in found.values()}) == 1


def test_the_same_year_is_the_same_to_the_byte() -> None:
    again = run(DESIGNS["bidding"], small(SHENZHEN))
    assert again.digest() == weeks("bidding").digest()
    assert again.digest() != run(DESIGNS["bidding"], small(SHENZHEN), 1, 1).digest()


def test_one_more_emitter_shifts_nobody_elses_draws() -> None:
    year = small(SHENZHEN)
    more = structs.replace(year, emitters=61)
    few, many = weeks("bidding"), run(DESIGNS["bidding"], more)
    others = {person.who: person.agent for person in many.people}
    for person in few.people:
        if isinstance(person.agent, Emitter):
            twin = others[person.who]
            assert isinstance(twin, Emitter)
            assert twin.obligation == person.agent.obligation


def test_a_sink_gets_what_the_tape_would() -> None:
    seen: list[tuple[int, Command, list[Event]]] = []
    outcome = run(DESIGNS["bidding"], small(SHENZHEN), sink=lambda *entry: seen.append(entry))
    assert outcome.tape == []
    assert seen == [tuple(entry) for entry in weeks("bidding").tape]


@pytest.mark.parametrize("name", YEARS)
def test_a_named_year_knows_its_deadline_and_its_days(name: str) -> None:
    year, target = YEARS[name], TARGETS[name]
    assert year.name == name
    window = window_of(design(target.preset).rulebook, year.horizon)
    dates = [day.date for day in window.days]
    assert dates[0] < year.verification < year.deadline <= dates[-1]
    assert year.deadline // 100 % 100 == target.month
    assert 220 < len(dates) < 262


def test_most_of_shenzhens_year_trades_before_the_deadline() -> None:
    on = design("shenzhen-2022")
    bars = Bars(on.rulebook)
    outcome = run(on, SHENZHEN, sink=bars)
    found = facts(bars.flush(), bars.days, 6)
    assert bars.digest() in (ROOT / "docs" / "markets.md").read_text(encoding="utf-8")
    assert bars.days == 244
    assert found["month of the deadline"] > 0.4
    assert found["days at the limit"] > 0.7
    assert found["top tenth of days"] > 0.6
    agents = [person.agent for person in outcome.people if isinstance(person.agent, Emitter)]
    assert not any(agent.execution.refused for agent in agents)


@pytest.mark.parametrize("year", [GUANGDONG, NATIONAL])
def test_the_years_of_listing_markets_run(year: Year) -> None:
    on = design(TARGETS[year.name].preset)
    bars = Bars(on.rulebook)
    weeks_before = Horizon(first=year.deadline - 100, last=year.deadline)
    few = structs.replace(year, emitters=40, dealers=5, speculators=5, horizon=weeks_before)
    run(on, few, sink=bars)
    assert facts(bars.flush(), bars.days, 6)["volume, Mt"] > 0


@given(st.floats(0, 0.999999), st.floats(0, 0.999999), st.integers(0, 200))
def test_a_later_draw_begins_later_and_nobody_after_the_deadline(
    one: float, other: float, deadline: int
) -> None:
    hazard = Hazard(0.001, 0.2, 6.0)
    days = [hazard.begins(draw, deadline) for draw in sorted((one, other))]
    assert 0 <= days[0] <= days[1] <= deadline


def test_a_constant_hazard_begins_geometrically() -> None:
    draws = np.random.default_rng(1).random(4_000)
    days = [Hazard(0.05, 0.0, 1.0).begins(draw, 400) for draw in draws]
    assert np.mean(days) == pytest.approx(1 / np.expm1(0.05), rel=0.06)


def test_facts_of_a_market_made_by_hand() -> None:
    bars = [
        Bar(20210601, "A", 10.0, 5, 50.0, listed=True),
        Bar(20210601, "B", 20.0, 5, 100.0, listed=True),
        Bar(20210602, "A", 11.0, 90, 990.0, listed=True, blocks=80),
        Bar(20210705, "A", 11.0, 100, 1_100.0, listed=False, blocks=100),
        Bar(20210706, "A", 9.9, 800, 7_920.0, listed=True),
    ]
    found = facts(bars, 8, 6)
    assert found["volume, Mt"] == 0.001
    assert found["average price"] == 10.16
    assert (found["median daily volume, t"], found["mean daily volume, t"]) == (95, 250)
    assert found["days of at most 10 t"] == 0.25
    assert found["top tenth of days"] == 0.8
    assert found["month of the deadline"] == 0.1
    assert found["blocks"] == 0.18
    assert found["days without a trade"] == 0.5
    assert found["product days without a trade"] == 1 - 5 / 16
    assert found["days at the limit"] == 1.0
    assert found["autocorrelation"] != found["autocorrelation"]  # one pair has none


def test_gains_of_a_year_add_up_and_are_not_above_the_most() -> None:
    """A tonne that is left over is worth the mean price to everybody, one missing the penalty."""
    outcome = weeks("bidding")
    found = measure_all(
        outcome.tape,
        interests(outcome.people),
        ("surplus", GROUPS, "efficiency", "abatement cost", "abatement excess"),
    )
    total, efficiency = found.pop("surplus"), found.pop("efficiency")
    cost, excess = found.pop("abatement cost"), found.pop("abatement excess")
    assert sum(value or 0.0 for value in found.values()) == total
    assert efficiency is not None
    assert 0.05 < efficiency < 1
    alone = sum(each.alone for each in interests(outcome.people).values())
    assert total is not None
    assert cost == alone - total
    assert excess == pytest.approx((alone - total) / (alone - total / efficiency) - 1)


@pytest.mark.parametrize("figures", [{}, {"steps": ((0.02, 0.5), (0.05, 1.5), (0.2, 2.5))}])
def test_emitters_know_what_a_tonne_saves_them(figures: dict[str, object]) -> None:
    """What the schedule says of a firm is what its cuts and its penalty cost it, tonne by tonne."""
    year = small(SHENZHEN, **figures)
    for person in cast(DESIGNS["bidding"], year)[1:60]:
        agent = person.agent
        assert isinstance(agent, Emitter)
        firm = agent.obligation
        assert person.need == max(firm.emissions - firm.allocation, 0)
        spare = person.worth[person.need]  # what everybody gets for what is left over

        def cost(left: int, firm: Obligation = firm, spare: int = spare) -> float:
            """Return the least cost where so many tonnes must be cut, missed or bought back."""
            cheap = min(max(int(firm.costs.abated(spare)), 0), left)
            cut = min(max(int(firm.costs.abated(firm.penalty)), cheap), left)
            dear = firm.costs.cost(cut) - firm.costs.cost(cheap)
            return cheap * spare + dear + (left - cut) * firm.penalty

        for bought in (1, person.need // 3, person.need):
            saved = cost(person.need) - cost(max(person.need - bought, 0))
            assert total(person.worth, min(bought, person.need)) == pytest.approx(saved, rel=0.01)
        assert len(person.costs) == firm.allocation


def test_a_tighter_benchmark_leaves_firms_shorter() -> None:
    """Allocation is output times benchmark; nothing else is drawn anew."""
    plain, tight = (
        [p for p in cast(DESIGNS["bidding"], year) if isinstance(p.agent, Emitter)]
        for year in (small(SHENZHEN), small(SHENZHEN, benchmark=0.99 / 2))
    )
    for one, other in zip(plain, tight, strict=True):
        firm, tightened = one.agent.obligation, other.agent.obligation  # type: ignore[attr-defined]
        assert abs(tightened.allocation - firm.allocation / 2) <= 1
        assert tightened.emissions == firm.emissions


def test_t_plus_1_holds_back_those_who_would_sell_on_the_same_day() -> None:
    """Speculators start with nothing; what they may not sell yet they do not offer."""
    hasty = structs.replace(
        small(SHENZHEN), speculators=6, speculating=8.0, horizon=Horizon(first=20210601, days=12)
    )
    sold = {}
    for label in ("bidding", "T+1"):
        outcome = run(DESIGNS[label], hasty)
        agents = [p.agent for p in outcome.people if isinstance(p.agent, Speculator)]
        assert not any(agent.execution.refused for agent in agents)
        sold[label] = sum(sum(agent.execution.sold.values()) for agent in agents)
    assert 0 < sold["T+1"] < sold["bidding"]


def test_the_study_of_five_designs_over_a_year_at_shenzhen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The documentation's first example, as it is written."""
    monkeypatch.chdir(tmp_path)  # where it writes its files
    page = (ROOT / "docs" / "backtesting.md").read_text(encoding="utf-8")
    told: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], told)  # noqa: S102 - the page's own lines
    study = told["study"]
    table = capsys.readouterr().out
    assert not study.failed
    assert len(study.points) == 5
    for label in study.points:
        assert label in table
        assert 0.2 < study.mean(label, "efficiency").mean < 1
        groups = [name for name in study.names if name.startswith("surplus of ")]
        parts = sum(study.mean(label, name).mean for name in groups)
        assert parts == pytest.approx(study.mean(label, "surplus").mean)
    for label in ("call, 5 min", "listing", "no limits", "T+1"):
        assert study.difference(label, "volume").mean != 0
    assert (tmp_path / "efficiency.png").stat().st_size > 1_000
    assert "surplus of emitters" in (tmp_path / "study.html").read_text(encoding="utf-8")
    assert study.trades.height
