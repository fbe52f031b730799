"""The table of measures: names, units, what does not apply, and what must not matter."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.kernel.kernel import Kernel
from backtest.measures.fills import fills
from backtest.measures.session import Settings
from backtest.measures.table import (
    DEFAULTS,
    GROUPS,
    MEASURES,
    MeasureError,
    Meter,
    check_names,
    measure_all,
    unit,
)
from backtest.measures.welfare import Valuation, gains
from engine.log.sequencer import Sequencer
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary.commands import BeginDay, NewOrder, OpenAccount, SetPhase
from engine.vocabulary.enums import Phase, Side, TimeInForce
from tests.support.paths import ROOT
from tests.support.random_flow import NAMES as PEOPLE
from tests.support.random_flow import Flow
from tests.support.tapes import NAMES, trading

if TYPE_CHECKING:
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from tests.support.tapes import Tape

GIVEN = {
    name: Valuation("xy"[place % 2], (5_200, 5_100, 5_000), (4_700, 4_800, 5_100))
    for place, name in enumerate(NAMES)
}


def test_a_wrong_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(MeasureError, match=r"measure 'eficiency'.*did you mean 'efficiency'\?"):
        measure_all([], {}, ["price", "eficiency"])
    with pytest.raises(MeasureError, match="effective spread"):
        check_names(["efective spread"])
    assert check_names(DEFAULTS) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("delay_seconds", -1),
        ("grid_seconds", 0),
        ("round_trip_tonnes", 0),
        ("ratio_steps", 1),
        ("top", 0),
    ],
)
def test_a_figure_that_makes_no_sense_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"^{name} {value}: "):
        Settings(**{name: value})


def test_units() -> None:
    assert unit("quoted spread") == "minor units per tonne"
    assert unit("surplus of buyers") == unit(GROUPS) == "minor units"
    with pytest.raises(MeasureError):
        unit("spread")


def test_what_nothing_happened_in_is_not_applicable() -> None:
    found = measure_all([], {}, MEASURES)
    zero = {name for name, value in found.items() if value is not None}
    assert zero == {"trades", "volume", "surplus"}  # there were none: that is a 0


def test_a_meter_in_the_kernel_measures_what_the_tape_holds() -> None:
    tape: list[tuple[int, Command, list[Event]]] = []
    meter = Meter(MEASURES)
    sequencer = Sequencer(Venue(presets.load("textbook")))
    kernel = Kernel(sequencer)
    kernel.watchers += [meter.take, lambda *entry: tape.append(entry)]
    kernel.give(BeginDay(20251202))
    for name in NAMES:
        kernel.give(OpenAccount(name, cash=10**9, allowances=(("CO2", 100),)))
    kernel.give(SetPhase(Phase.CONTINUOUS))
    for ref, (side, price) in enumerate([(Side.BUY, 4_990), (Side.SELL, 5_010)] * 3, 1):
        kernel.at(kernel.now + ref, NewOrder("ann", ref, "CO2", side, 9, price))
        kernel.at(kernel.now + ref, NewOrder("bob", ref, "CO2", side, 9, 10_000 - price))
    kernel.run(kernel.now + 100)
    found = meter.measure(GIVEN)
    assert found["trades"]
    assert found == measure_all(tape, GIVEN, MEASURES)


def test_the_order_asked_for_is_kept() -> None:
    names = ("volume", GROUPS, "price")
    assert list(measure_all([], GIVEN, names)) == [
        "volume",
        "surplus of x",
        "surplus of y",
        "price",
    ]


def test_the_documentation_has_every_measure_with_its_unit() -> None:
    rows = {}
    for line in (ROOT / "docs/measures.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 3 and cells[1].startswith("`"):
            rows[cells[1].strip("`")] = cells[2]
    assert rows == {each.name: each.unit for each in MEASURES.values()}


def test_the_example_of_the_documentation_runs() -> None:
    page = (ROOT / "docs/measures.md").read_text("utf-8")
    names: dict[str, dict[str, float | None]] = {}
    exec(page.split("```python")[1].split("```")[0], names)  # noqa: S102 - our own page
    assert list(names["found"]) == ["efficiency", "effective spread"]
    assert None not in names["found"].values()


moves = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(list(Side)),
    st.integers(1, 20),
    st.integers(-30, 30),
    st.sampled_from((TimeInForce.DAY, TimeInForce.DAY, TimeInForce.IOC)),
    st.integers(0, 40),
)
Moves = list[tuple[str, Side, int, int, TimeInForce, int]]


def played(rows: Moves, middle: int, names: dict[str, str]) -> Tape:
    tape = trading(names=tuple(names.values()))
    for name, side, tonnes, off, tif, later in rows:
        tape.at(tape.now + later)
        tape.order(names[name], side, tonnes, middle + off, tif)
    tape.at(tape.now + 60).phase(Phase.CLOSED)
    return tape


@settings(max_examples=25)
@given(st.lists(moves, max_size=25), st.permutations(NAMES))
def test_names_of_accounts_do_not_matter(rows: Moves, others: list[str]) -> None:
    names = dict(zip(NAMES, others, strict=True))
    as_they_are = played(rows, 5_000, {name: name for name in NAMES})
    renamed = played(rows, 5_000, names)
    interests = {names[name]: interest for name, interest in GIVEN.items()}
    figures = Settings(round_trip_tonnes=5)
    found = measure_all(as_they_are.entries, GIVEN, MEASURES, figures)
    assert found == measure_all(renamed.entries, interests, MEASURES, figures)


@settings(max_examples=25)
@given(st.lists(moves, max_size=25), st.integers(-2_000, 2_000))
def test_a_shift_of_all_prices_shifts_prices_and_nothing_else(rows: Moves, shift: int) -> None:
    names = {name: name for name in NAMES}
    moved = {
        name: Valuation(
            each.group, [w + shift for w in each.worth], [c + shift for c in each.costs]
        )
        for name, each in GIVEN.items()
    }
    before = measure_all(played(rows, 5_000, names).entries, GIVEN, MEASURES)
    after = measure_all(played(rows, 5_000 + shift, names).entries, moved, MEASURES)
    if before["price"] is not None:
        assert after.pop("price") == pytest.approx(before.pop("price") + shift)  # type: ignore[operator]
    beyond = any(  # tonnes beyond a schedule are worth 0 before and after
        abs(tonnes) > 3 for tonnes in _net(played(rows, 5_000, names)).values()
    )
    for name in before:
        relative = name in {"smith's alpha", "relative spread", "round trip", "depth near",
                            "too thin", "volatility", "variance ratio", "amihud"}  # fmt: skip
        welfare = name in {
            "efficiency",
            "surplus",
            "em-inefficiency",
            "v-inefficiency",
            "profit dispersion",
        } or name.startswith("surplus of")
        if not relative and not (welfare and beyond):
            assert after[name] == pytest.approx(before[name]), name


def _net(tape: Tape) -> dict[str, int]:
    return gains(fills(tape.entries), GIVEN).net


@pytest.mark.parametrize(
    "name", ["textbook", "shenzhen-2022", "cn-national", "eu-auction", "krx", "guangdong"]
)
def test_every_measure_of_random_days_of_real_rulebooks(name: str) -> None:
    flow = Flow(presets.load(name), Random(f"table:{name}"))
    tape = [(flow.venue.time, *each) for _ in range(4) for each in flow.day(30)]
    interests = {each: Valuation("all", (10_000,) * 9, (1_000,) * 9) for each in PEOPLE}
    found = measure_all(tape, interests, MEASURES, Settings(round_trip_tonnes=10))
    shares = [each.name for each in MEASURES.values() if each.unit == "share"]
    for share in shares:
        value = found[share]
        if value is not None and "efficiency" not in share:
            assert 0 <= value <= 1, share
    parts = [found[each] for each in ("effective spread", "realised spread", "price impact")]
    effective, realised, impact = parts
    if effective is not None and realised is not None and impact is not None:
        assert effective == pytest.approx(realised + impact, rel=1e-12, abs=1e-9)
    assert found["trades"]
    one_by_one: dict[str, float | None] = {}
    for each in MEASURES:
        one_by_one |= measure_all(tape, interests, [each], Settings(round_trip_tonnes=10))
    assert one_by_one == found


def test_gains_of_somebody_without_an_interest_are_not_known() -> None:
    tape = trading()
    tape.sell("ann", 1, 5_000)
    tape.buy("bob", 1, 5_000)
    names = ("efficiency", "surplus", "v-inefficiency", "profit dispersion", GROUPS)
    found = measure_all(tape.entries, {"ann": GIVEN["ann"]}, names)
    assert list(found)[-1] == "surplus of x"
    assert set(found.values()) == {None}
    assert measure_all(tape.entries, GIVEN, ["surplus"]) == {"surplus": 5_200 - 4_700}
