"""Results that are known exactly, in short runs; ``make oracles`` has the long ones."""

from __future__ import annotations

import pytest

from tests.oracles.checks import CHECKS


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_known_comes_out(name: str) -> None:
    for row in CHECKS[name](1):
        assert row.holds, row
