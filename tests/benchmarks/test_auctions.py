"""The auctions whose clearing is timed come out as they did, and are what they are said to be."""

from __future__ import annotations

import pytest

from benchmarks.auctions import NAMES, SHORT, auction, check
from engine.matching.sealed_auction import clear_sealed


@pytest.mark.parametrize("name", NAMES)
def test_the_result_has_the_hash_that_is_written(name: str) -> None:
    check(name, SHORT)


def test_the_auction_with_limits_uses_all_that_it_is_about() -> None:
    result = clear_sealed(*auction("limits", SHORT))
    assert result.released
    assert len(result.moved) > SHORT // 10
    assert {cut.reason.name for cut in result.cuts} >= {"HOLDING", "GUARANTEE", "TIE"}
