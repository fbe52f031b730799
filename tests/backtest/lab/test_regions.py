"""Regions in the laboratory: the same people segmented, routed and in one book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backtest.lab.abatement import Abatement
from backtest.lab.compare import compare
from backtest.lab.design import Design, DesignError, design
from backtest.lab.regional import cast, run
from backtest.lab.regions import Regions, link
from backtest.lab.schedules import UniformValues
from backtest.measures.fills import Fill, fills
from engine.vocabulary.enums import LinkKind
from tests.support.designs import in_one_call

if TYPE_CHECKING:
    from collections.abc import Callable

MINOR = 100
MEMBERS = (0, 0, 1, 1, 1)  # cheap abatement here, dear abatement there


def linked(kind: str, on: Design | None = None, **figures: int) -> Regions:
    region = on or design("textbook")
    return link(region, region, kind=kind, members=MEMBERS, **figures)


def traded(found: Design, scale: int = 10, seed: int = 0) -> list[Fill]:
    return fills(run(found, Abatement(scale=scale), 1, seed).tape)


def test_one_call_for_two_regions_reaches_the_least_cost() -> None:
    """The abatement market of five firms in two regions: 25.6% saved, one price."""
    firms = Abatement(scale=50)
    least = firms.least(MINOR)
    one = traded(linked("shared", in_one_call(design("textbook"))), 50)
    assert {abs(fill.price - least.price) <= 1 for fill in one} == {True}
    assert sum(fill.quantity for fill in one) == pytest.approx(least.volume, abs=5)
    assert firms.cost(one, MINOR) / least.alone == pytest.approx(1 - 0.256006, abs=1e-6)
    # and that gate does not pass by itself: without the link there are two prices
    two = traded(linked("none", in_one_call(design("textbook"))), 50)
    assert len({fill.price for fill in two}) == 2
    assert firms.cost(two, MINOR) > 1.1 * least.cost


def test_the_efficiency_of_a_study_is_the_share_of_the_cost_that_is_saved() -> None:
    call, firms = in_one_call(design("textbook")), Abatement(scale=50)
    designs = {"segmented": linked("none", call), "linked": linked("shared", call)}
    study = compare(designs, market=firms, seeds=3, measures=("efficiency", "surplus"))
    least = firms.least(MINOR)
    for label in designs:
        cost = firms.cost(fills(study.outcome(label, 0).tape), MINOR)
        saved = (least.alone - cost) / (least.alone - least.cost)
        assert study.values(label, "efficiency")[0] == pytest.approx(saved, abs=1e-3)
    assert study.mean("linked", "efficiency").mean > 0.999
    assert study.mean("segmented", "efficiency").mean < 0.7


@pytest.mark.parametrize("seed", range(3))
def test_links_save_some_of_what_the_border_costs(seed: int) -> None:
    firms = Abatement()
    cost = {
        kind: firms.cost(traded(linked(kind), seed=seed), MINOR)
        for kind in ("none", "routing", "shared")
    }
    least = firms.least(MINOR).cost
    assert least <= cost["routing"] < cost["none"]
    assert least <= cost["shared"] < cost["none"]


def prices(found: Design, seed: int) -> list[tuple[int, int, str, str]]:
    return [(f.price, f.quantity, f.buyer, f.seller) for f in traded(found, seed=seed)]


@pytest.mark.parametrize("seed", range(3))
def test_controls_differ_by_exactly_nothing(seed: int) -> None:
    # one book for two regions is the book of one region
    assert prices(linked("shared"), seed) == prices(design("textbook"), seed)
    # a link that nothing may pass is none
    none = prices(linked("none"), seed)
    assert prices(linked("routing", fee=10**9), seed) == none
    assert prices(linked("none", fee=7, quota=5), seed) == none
    # where everybody is of one region, links change nothing
    book = design("textbook")
    alone = link(book, book, kind="routing", members=(0,))
    assert prices(alone, seed) == prices(book, seed)


def test_a_quota_lies_between_none_and_all() -> None:
    def crossed(quota: int) -> int:
        several = run(linked("routing", quota=quota), Abatement(), 1, 0).venue.federation  # type: ignore[attr-defined]
        return sum(
            end.used for venue in several.venues.values() for end in venue.links.ends.values()
        )

    assert 0 < crossed(20) <= 40
    assert crossed(20) < crossed(0)


def test_a_study_takes_regions_as_designs_and_a_list_for_segments() -> None:
    book = design("textbook")
    study = compare(
        {"segmented": [book, book], "linked": link(book, book), "shared": linked("shared")},
        market=UniformValues(buyers=10, sellers=10),
        seeds=12,
        measures=("efficiency", "surplus", "surplus by group", "price gap"),
    )
    assert study.failed == []
    assert study.mean("linked", "price gap").mean < study.mean("segmented", "price gap").mean
    parts = [study.mean("linked", f"surplus of {each}").mean for each in ("textbook", "textbook-2")]
    assert sum(parts) == pytest.approx(study.mean("linked", "surplus").mean)
    assert study.outcome("linked", 0).digest() == study.outcome("linked", 0).digest()


def test_one_call_gains_all_there_is_and_two_do_not() -> None:
    call = in_one_call(design("textbook"))
    study = compare(
        {"segmented": [call, call], "shared": link(call, call, kind="shared")},
        market=UniformValues(buyers=10, sellers=10),
        seeds=5,
        measures=("efficiency",),
    )
    assert study.mean("shared", "efficiency").mean == 1
    assert study.difference("shared", "efficiency").mean > 0


def test_everybody_is_the_same_person_in_each_design() -> None:
    book = design("textbook")
    people = [cast(each, UniformValues(), 1, 3) for each in (linked("none"), linked("shared"))]
    worth = [[(p.account, p.group, p.worth, p.costs) for p in each] for each in people]
    assert worth[0] == worth[1]
    alone = [(p.account, p.worth, p.costs) for p in cast(book, UniformValues(), 1, 3) if p.cash]
    assert [(p.account, p.worth, p.costs) for p in people[0] if p.cash] == alone


def test_regions_have_names_and_products_of_their_own() -> None:
    found = link("textbook", "textbook", "guangdong", kind="routing")
    assert [each.name for each in found.regions] == ["textbook", "textbook-2", "guangdong"]
    assert len({each.symbol for each in found.regions}) == 3
    assert [rules.link for _, rules, _ in found.links()] == [
        "textbook-2-textbook",
        "guangdong-textbook",
        "guangdong-textbook-2",
    ]
    assert str(found) == "textbook + textbook-2 + guangdong, routing"
    assert found.kind is LinkKind.ROUTING
    digests = [linked("none").digest, linked("shared").digest, linked("routing", fee=1).digest]
    assert len({*digests}) == 3
    assert hash(linked("none")) == hash(linked("none"))


def test_what_cannot_be_linked_is_refused() -> None:
    wrongs: tuple[Callable[[], object], ...] = (
        lambda: link("textbook"),
        lambda: link("textbook", "textbook", kind="friendly"),
        lambda: link("textbook", "textbook", members=(0, 2)),
        lambda: link("textbook", "textbook", fee=-1),
        lambda: link("textbook", "textbook", kind="shared", fee=1),
        lambda: linked("none").with_(currency="EUR"),
    )
    for wrong in wrongs:
        with pytest.raises(DesignError):
            wrong()
