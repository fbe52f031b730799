"""Negative controls: what must change nothing changes nothing."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import pytest
from msgspec import Struct, structs

from backtest.lab.classic import S1, STRATEGIES, Schedules
from backtest.lab.named import MARKETS, market
from backtest.lab.session import run
from backtest.lab.sniping import Sniping, balanced
from backtest.measures.fills import Fill, fills
from carbonx import lab
from tests.oracles.rows import TEXTBOOK
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from backtest.kernel.streams import Streams
    from backtest.lab.people import Person, Population, Window
    from engine.rulebook.model import Rulebook

MARKET = structs.replace(S1, gainless=False)


class Renamed(Struct, frozen=True):
    """A market whose people have other accounts."""

    market: Schedules
    name: str = "renamed"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        found = self.market.people(streams, rulebook, window)
        names = sorted((person.account for person in found), key=lambda name: name[::-1])
        return [
            person._replace(account=f"z{name}") for person, name in zip(found, names, strict=True)
        ]


def deals(market: Population, seed: int) -> list[tuple[str, str, int, int]]:
    """Return buyer, seller, price and time of each trade, by their places in the population."""
    outcome = run(TEXTBOOK, market, 11, seed)
    who = {person.account: person.who for person in outcome.people}

    def told(fill: Fill) -> tuple[str, str, int, int]:
        return who[fill.buyer], who[fill.seller], fill.price, fill.time

    return [told(fill) for fill in fills(outcome.tape)]


def test_other_names_of_accounts_change_nothing() -> None:
    for seed in range(3):
        first = deals(MARKET, seed)
        assert first == deals(Renamed(MARKET), seed)
        assert first


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "sniper"])
def test_a_constant_on_all_values_shifts_prices_and_nothing_else(strategy: str) -> None:
    """ZIP alone feels it, since its margins are shares of a value. Snipers wait for others."""
    by = 1_000
    values = {
        name: tuple(tuple(value + by for value in row) for row in rows)
        for name, rows in (("worth", S1.worth), ("costs", S1.costs))
    }
    plain = structs.replace(MARKET, strategy=strategy, turns=400)
    shifted = structs.replace(plain, **values, top=plain.top + by, bottom=plain.bottom + by)
    found = [deals(plain, seed) for seed in range(3)]
    expected = [[(b, s, price + by, time) for b, s, price, time in each] for each in found]
    assert all(found)
    same = [deals(shifted, seed) for seed in range(3)] == expected
    assert same == (strategy != "zip")


PAGE = (ROOT / "docs" / "markets.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [each for each in MARKETS if not each.endswith("-year")])
def test_a_named_market_comes_to_the_hash_of_its_page(name: str) -> None:
    """The years have tests of their own. Another hash is another market, or other measures."""
    study = lab.compare("textbook", market=name, seeds=1)
    assert market(name).name == name
    assert f"| `{name}` | `{study.digest}` |" in PAGE


def test_the_dealer_quotes_where_quoting_and_sniping_earn_alike() -> None:
    """The half spread is r exp(-h) in mean jumps, with r jumps for each investor."""
    assert Sniping().half == 567
    for ratio in (0.01, 0.5, 1.0, 3.0, 40.0):
        found = balanced(ratio)
        assert found == pytest.approx(ratio * exp(-found), rel=1e-12)
        assert Sniping(jumps=ratio, scale=10**6).half == round(found * 10**6)
    assert Sniping(half_spread=9, investors=0).half == 9
    for figures in ({"investors": 0}, {"jumps": 0}):
        with pytest.raises(lab.MarketError, match="half_spread: needed where no investors"):
            market("sniping", **figures)
