"""Every error of the product is copied and pickled whole: it may come from another process."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.vocabulary.enums import RejectReason
from gateway.protocol import wire
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE_OF: dict[str, Any] = {  # what an argument of a constructor may be, by its name
    "offset": 5, "number": 5, "ref": 5, "per_second": 5, "time": 5, "why": ValueError("x"),
    "path": Path("venue.log"),
    "reason": wire.LogoutReason(1),
    "report": wire.Rejected(1, 2, 3, RejectReason.VALUE, "price", "a multiple of 5"),
}  # fmt: skip


def errors() -> Iterator[type[Exception]]:
    """Yield every kind of error that the packages define."""
    for package in ("engine", "gateway", "backtest", "carbonx"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if re.search(r"^class \w+Error\b", path.read_text("utf-8"), re.MULTILINE):
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                for each in vars(importlib.import_module(name)).values():
                    own = inspect.isclass(each) and each.__module__ == name
                    if own and issubclass(each, Exception):
                        yield each


@pytest.mark.parametrize("kind", list(errors()), ids=lambda kind: kind.__name__)
def test_an_error_is_copied_and_pickled_whole(kind: type[Exception]) -> None:
    given = [
        MADE_OF.get(each.name, "a text")
        for each in inspect.signature(kind.__init__).parameters.values()
        if each.kind is each.POSITIONAL_OR_KEYWORD
        and each.default is each.empty
        and each.name != "self"
    ]
    error = kind(*given or ["a text"])
    for again in (
        copy.copy(error),
        copy.deepcopy(error),
        pickle.loads(pickle.dumps(error)),  # noqa: S301
    ):
        assert type(again) is kind
        assert str(again) == str(error)
        assert set(vars(again)) == set(vars(error))
