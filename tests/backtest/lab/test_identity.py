"""What a result depends on: no two values that differ may say the same of themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from backtest.lab.identity import canonical, digest, sources
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable


class Maker:
    """A market's part with a method."""

    def __init__(self, size: int) -> None:
        self.size = size

    def make(self) -> int:
        return self.size


def sized(size: int, *, twice: bool = False) -> int:
    return size * (1 + twice)


def keeping(size: int) -> Callable[[], int]:
    return lambda: size


def counting() -> Callable[[int], int]:
    def down(left: int) -> int:
        return down(left - 1) if left else 0

    return down


def defaulting(size: int) -> Callable[[], int]:
    def given(each: int = size) -> int:
        return each

    return given


def choosing() -> Callable[[str], bool]:
    return lambda each: each in {"bid", "ask", "listing", "quote"}


def functions() -> dict[str, Any]:
    """Return functions of which no two do the same."""
    return {
        "by name": sized,
        "a part of it": partial(sized, 3),
        "another part": partial(sized, 8),
        "a part with a word": partial(sized, 3, twice=True),
        "one that keeps": keeping(3),
        "one that keeps another": keeping(8),
        "with a default": defaulting(3),
        "with another": defaulting(8),
        "one": lambda: 1,
        "two": lambda: 2,
        "that calls itself": counting(),
        "that chooses": choosing(),
        "a method": Maker(3).make,
        "of another": Maker(8).make,
    }


def test_functions_that_differ_are_told_apart() -> None:
    said = {name: digest(canonical({"make": each})) for name, each in functions().items()}
    assert len(set(said.values())) == len(said), said
    assert said == {n: digest(canonical({"make": each})) for n, each in functions().items()}


def test_another_process_says_the_same() -> None:
    """The order of a set in a function's code is another there."""
    code = (
        "from tests.backtest.lab.test_identity import functions\n"
        "from backtest.lab.identity import canonical, digest\n"
        "print(digest(canonical(functions())))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert said == [digest(canonical(functions()))] * 2


def test_the_source_of_what_a_part_is_made_of_counts() -> None:
    here = "tests.backtest.lab.test_identity"
    for each in (partial(sized, 3), keeping(3), Maker(3).make, partial(max, Maker(3))):
        assert here in sources([each])
