"""Array agents in the laboratory's markets, beside people with agents of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import Struct

from backtest.kernel.latency import constant
from backtest.lab.people import interests
from backtest.measures.welfare import Valuation
from carbonx import lab
from examples.crowd import Market
from tests.backtest.lab.test_regions import linked
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMALL = Market(members=60)
MEASURES = ("trades", "efficiency", "surplus")


def test_a_crowd_against_itself_differs_by_nothing_whoever_makes_the_runs(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"market": SMALL, "seeds": 4, "measures": MEASURES}
    study = lab.compare({"A": "textbook", "again": "textbook"}, folder=tmp_path, **asked)
    assert not study.failed
    for measure in study.names:
        found = study.difference("again", measure)
        assert (found.mean, found.low, found.high) == (0, 0, 0), measure
    two = lab.compare({"A": "textbook", "again": "textbook"}, jobs=2, **asked)
    assert two.digest == study.digest
    assert lab.again(tmp_path).same


def test_welfare_knows_what_tonnes_are_worth_to_members(tmp_path: Path) -> None:
    study = lab.compare("textbook", market=SMALL, seeds=3)
    groups = {"surplus of buyers", "surplus of sellers"}
    groups |= {"surplus of zero buyers", "surplus of zero sellers"}
    assert groups <= set(study.names)
    outcome = study.outcome("textbook", 0, log=tmp_path / "log")
    assert outcome.commands == 80  # an order of each: the crowd's as those of everybody else
    known = interests(outcome.people)
    zero = next(each for each in outcome.people if each.who == "zero/0")
    assert known["zero/0"] == Valuation("zero buyers", zero.worth, ())
    gained = dict.fromkeys(("zero buyers", "zero sellers"), 0)
    traded = study.trades.filter(seed=0)
    for price, buyer, seller in traded.select("price", "buyer", "seller").iter_rows():
        if buyer.startswith("zero"):
            gained["zero buyers"] += known[buyer].worth[0] - price
        if seller.startswith("zero"):
            gained["zero sellers"] += price - known[seller].costs[0]
    for group, sum_of_gains in gained.items():
        assert sum_of_gains > 0
        assert study.values("textbook", f"surplus of {group}")[0] == sum_of_gains


class Misshapen(Struct, frozen=True):
    """A market whose crowd is none."""

    spoil: Any
    name: str = "misshapen"

    def people(self, *asked: Any) -> list[lab.Person]:
        found: list[lab.Person] = SMALL.people(*asked)
        self.spoil(found)
        return found


def torn(people: list[lab.Person]) -> None:
    people.append(people.pop(0))
    people.append(people[-1]._replace(crowd="zeros", account="late", who="late"))


def other_agent(people: list[lab.Person]) -> None:
    people[-1] = people[-1]._replace(agent=lab.Trader())


def late(people: list[lab.Person]) -> None:
    people[-1] = people[-1]._replace(to_venue=constant(1))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (torn, "follow each other"),
        (other_agent, "one object acts for all"),
        (late, "put it into the orders' times"),
    ],
)
def test_what_is_no_crowd_is_refused(spoil: Callable[[list[lab.Person]], None], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        lab.run(lab.design("textbook"), Misshapen(spoil))


def test_linked_regions_take_no_crowd() -> None:
    with pytest.raises(lab.StudyError, match="several regions"):
        lab.compare(linked("routing"), market=SMALL, seeds=1)


def test_the_pages_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "backtesting.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (code,) = [each for each in blocks if "examples.crowd" in each]
    exec(compile(code, "docs/backtesting.md", "exec"), {})  # noqa: S102 - the page's own
    assert len(capsys.readouterr().out.splitlines()) == 1
