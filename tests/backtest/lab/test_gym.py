"""The environment for agents that learn: its contract, its repeatability, its accounts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from backtest.lab.design import design
from backtest.lab.people import Horizon
from backtest.lab.schedules import UniformValues
from backtest.lab.years import SHENZHEN
from tests.support.designs import in_one_call
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from backtest.lab.design import Design

pytest.importorskip("gymnasium")

import numpy as np
from gymnasium.utils.env_checker import check_env

from backtest.lab.gym import ACCOUNT, BUY, NOTHING, SEEN, SELL, TradingEnv

LEFT = SEEN.index("days left")
PEOPLE = UniformValues(60, 60, scale=10_000)


def env(**more: Any) -> TradingEnv:
    return TradingEnv(design("textbook"), PEOPLE, **{"decisions": 20, **more})


def day(found: TradingEnv, actions: list[tuple[int, int]], **reset: Any) -> list[Any]:
    """Return all that was seen, rewarded and known in a day."""
    seen, info = found.reset(**reset)
    told: list[Any] = [(seen.tolist(), info)]
    for action in actions:
        seen, reward, over, cut, info = found.step(np.array(action))
        assert found.observation_space.contains(seen)
        assert not cut
        told.append((seen.tolist(), reward, info))
    assert over
    return told


def actions(seed: int, count: int = 20, reach: int = 10) -> list[tuple[int, int]]:
    draws = np.random.default_rng(seed)
    return [(int(draws.integers(3)), int(draws.integers(2 * reach + 1))) for _ in range(count)]


@pytest.mark.filterwarnings("ignore::UserWarning")  # of gymnasium, on what it only advises
def test_it_keeps_the_contract_of_gymnasium() -> None:
    check_env(env(), skip_render_check=True)


def test_a_seed_gives_the_same_days() -> None:
    given = actions(1)
    first, second = env(), env()
    days = [day(first, given, seed=7), day(first, given)]
    assert [day(second, given, seed=7), day(second, given)] == days
    assert days[0] != days[1], "the next day is another"
    assert day(second, given, seed=8) != days[0]


def test_rewards_add_up_to_the_change_of_wealth() -> None:
    found = env(reach=500, tonnes=3)
    told = day(found, actions(3, reach=500), seed=2)
    first, last = told[0][1], told[-1][2]
    assert sum(reward for _, reward, _ in told[1:]) == pytest.approx(
        last["wealth"] / first["wealth"] - 1
    )
    assert last["tonnes"] != 100 or last["cash"] != 10**8, "it traded"
    for _, _, info in told[1:]:
        assert info["wealth"] == info["cash"] + info["tonnes"] * info["last"]
    found._begun.kernel.venue.check()  # noqa: SLF001 - the venue behind it


def test_doing_nothing_changes_nothing_of_what_it_has() -> None:
    told = day(env(), [(NOTHING, 0)] * 20, seed=1)
    assert {(info["cash"], info["tonnes"]) for *_, info in told} == {(10**8, 100)}


@pytest.mark.parametrize(("what", "sign"), [(BUY, 1), (SELL, -1)])
def test_an_order_far_through_the_market_trades_on_its_side(what: int, sign: int) -> None:
    place = 4_000 if what == BUY else 0
    told = day(env(reach=2_000), [(what, place)] * 20, seed=1)
    assert sign * (told[-1][2]["tonnes"] - 100) > 0


def test_an_action_replaces_the_order_before() -> None:
    found = env(reach=4_000)
    found.reset(seed=1)
    for _ in range(19):
        found.step(np.array((BUY, 0)))
        venue = found._begun.kernel.venue  # noqa: SLF001 - the venue behind it
        assert len(venue.open_orders(ACCOUNT)) <= 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"decisions": 0}, "decisions 0"),
        ({"tonnes": 0}, "tonnes 0"),
        ({"reach": -1}, "reach -1"),
        ({"symbol": "CO3"}, "'CO3' has no order book or listings: lines with them are CO2"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        env(**more)


def days_of(rules: Design) -> tuple[TradingEnv, list[Any]]:
    """Return an environment of several days, and what was seen with draws of all kinds."""
    spring = Horizon(first=20210426, last=20210430, seconds=21_600)
    year = structs.replace(SHENZHEN, horizon=spring, emitters=60, quiet=0.0)
    found = TradingEnv(rules, year, symbol="SZA-2020", decisions=12, tonnes=5, reach=40)
    return found, day(found, actions(1, 12 * 5, 40), seed=4)


@pytest.mark.parametrize("mechanism", ["order_book", "listing"])
def test_several_days_pass_one_after_the_other_in_whatever_the_line_takes(mechanism: str) -> None:
    rules = design("shenzhen-2022").with_(mode="bidding", mechanism=mechanism)
    found, told = days_of(rules)
    assert days_of(rules)[1] == told
    dates = [datetime.fromtimestamp(each[-1]["time"] / 1e9, UTC).date() for each in told]
    assert len(set(dates)) == 5
    assert [each[0][LEFT] for each in told] == sorted(
        (each[0][LEFT] for each in told), reverse=True
    )
    assert told[-1][0][LEFT] == 0
    assert {each[-1]["tonnes"] for each in told} != {100}, "it traded"
    found._begun.kernel.venue.check()  # noqa: SLF001 - the venue behind it


def test_the_example_of_the_page_runs() -> None:
    page = (ROOT / "docs" / "backtesting.md").read_text("utf-8")
    (block,) = [b for b in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "TradingEnv" in b]
    space: dict[str, Any] = {}
    exec(compile(block, "docs/backtesting.md", "exec"), space)  # noqa: S102 - the page's own
    assert space["over"]


def batches(seconds: int) -> Design:
    """Return a design that trades in calls alone."""
    hour = [{"at": "09:00", "phase": "intraday_call"}, {"at": "10:00", "phase": "closed"}]
    found = design("textbook").with_("continuous", batch_seconds=seconds, carry_over=False)
    return found.changed("calendar.sessions", hour)


def in_calls(seconds: int = 300, **more: Any) -> TradingEnv:
    return TradingEnv(batches(seconds), PEOPLE, by_calls=True, **more)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of gymnasium, on what it only advises
@pytest.mark.parametrize("rules", [batches(300), in_one_call(design("textbook"))])
@pytest.mark.parametrize("by_calls", [True, False])
def test_it_keeps_the_contract_where_there_are_only_calls(rules: Design, by_calls: bool) -> None:  # noqa: FBT001
    found = TradingEnv(rules, PEOPLE, decisions=10, by_calls=by_calls)
    check_env(found, skip_render_check=True)


def test_a_step_lasts_until_the_call_is_over() -> None:
    found, times, over = in_calls(), list[int](), False
    found.reset(seed=3)
    start = found._day.opens  # noqa: SLF001 - when the day opens
    while not over:
        *_, over, _, info = found.step(np.array((NOTHING, 0)))
        times.append((info["time"] - start) // 10**9)
    assert times == [*range(300, 3_601, 300)]


def test_an_order_for_a_call_trades_at_its_uncross() -> None:
    found = in_calls(reach=2_000, tonnes=2)
    found.reset(seed=1)
    traded = 0
    for _ in range(5):
        before = found._owned()  # noqa: SLF001 - cash and tonnes
        *_, info = found.step(np.array((BUY, 4_000)))
        bought = info["tonnes"] - before[1]
        if bought:
            assert before[0] - info["cash"] == bought * info["last"], "at the call's one price"
        traded += bought
    assert traded > 0


def test_it_sees_what_a_call_would_give() -> None:
    found = TradingEnv(batches(1_800), PEOPLE, decisions=20)
    found.reset(seed=1)
    at = {name: SEEN.index(name) for name in SEEN}
    shown = 0
    for _ in range(20):
        seen, _, over, _, info = found.step(np.array((NOTHING, 0)))
        venue = found._begun.kernel.venue  # noqa: SLF001 - the venue behind it
        if over:
            assert not seen[at["phase is a call"]]
            continue
        crossing = venue.indicative("CO2")
        assert seen[at["phase is a call"]] == 1
        assert seen[at["indicative tonnes"]] == crossing.volume
        if crossing.price:
            difference = (crossing.price - info["last"]) / venue.reference("CO2")
            assert seen[at["indicative price"]] == pytest.approx(difference, abs=1e-6)
        shown += crossing.volume > 0
    assert shown > 5


def test_days_in_calls_are_the_same_again() -> None:
    given = actions(5, 12)
    assert day(in_calls(), given, seed=4) == day(in_calls(), given, seed=4)
