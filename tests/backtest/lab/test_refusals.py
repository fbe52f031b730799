"""What a study is asked for wrongly is refused before its first run, with the nearest right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from carbonx import lab

if TYPE_CHECKING:
    from collections.abc import Callable


def study(**options: Any) -> lab.Study:
    return lab.compare("textbook", **{"market": "uniform", "seeds": 2, **options})


def test_a_market_may_be_given_by_its_name() -> None:
    assert study().digest == study(market=lab.market("uniform")).digest
    swept = lab.sweep("textbook", {"market.buyers": [3, 10]}, market="uniform", seeds=2)
    assert swept.digest != study().digest
    assert len(swept.points) == 2


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: study(market="unifrom"), "did you mean 'uniform'"),
        (lambda: lab.market("uniform", buyers=-3), "buyers -3: 0 or more is needed"),
        (lambda: study(market=lab.market("smith", strategy="zipp")), "did you mean 'zip'"),
        (lambda: study(jobs="two"), "jobs='two': a number of processes, an executor or a Dask"),
        (lambda: study(jobs=0), "jobs=0: 1 is this process"),
        (lambda: study(measures=["eficiency"]), "did you mean 'efficiency'"),
        (lambda: study(precision={"eficiency": 0.1}), "did you mean 'efficiency'"),
        (lambda: lab.compare("textbok", market="uniform"), "did you mean 'textbook'"),
        (lambda: lab.design("textbook").changed("closse", "last"), "did you mean 'close'"),
    ],
)
def test_what_is_wrong_is_refused(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ask()


def test_a_session_of_a_design_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError, match="did you mean 'textbook'"):
        study().outcome("textbok", 0)
