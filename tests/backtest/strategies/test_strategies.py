"""Each strategy does what its name says, on the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import Struct, structs

from backtest.agents.market import Trader
from backtest.lab.classic import S1, STRATEGIES
from backtest.lab.design import design
from backtest.lab.people import Person, Population, Window
from backtest.lab.session import Outcome, run
from backtest.measures.fills import fills
from backtest.strategies.blocks import BlockBuyer, BlockSeller
from backtest.strategies.dealing import Maker, Noise, Pegger
from backtest.strategies.interest import InducedValues
from backtest.strategies.opportunist import Sniper
from backtest.strategies.speculation import Arbitrageur, Fundamental, Momentum, Value
from engine.vocabulary.enums import Side
from engine.vocabulary.events import PhaseChanged
from tests.oracles.rows import TEXTBOOK
from tests.support.designs import measures

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook

SECOND = 1_000_000_000
LIMITED = design("shenzhen-2022")


class Cast(Struct, frozen=True):
    """Agents by name, made anew for each session."""

    make: Callable[[Streams, Window], dict[str, Trader]]
    name: str = "cast"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        stock = {product.symbol: 1_000_000 for product in rulebook.products}
        return [
            Person(who, who, who, agent, 10**12, stock)
            for who, agent in self.make(streams, window).items()
        ]


def efficiency(market: Population, sessions: int = 3) -> float:
    found = [measures(run(TEXTBOOK, market, 5, seed))["efficiency"] for seed in range(sessions)]
    return sum(each or 0.0 for each in found) / sessions


def test_every_strategy_of_a_schedule_trades() -> None:
    for name in set(STRATEGIES) - {"sniper"}:  # snipers among themselves wait for ever
        market = structs.replace(S1, strategy=name, turns=400, gainless=False)
        assert measures(run(TEXTBOOK, market, 1, 0))["volume"], name


def test_intelligence_pays() -> None:
    """ZI-C finds nearly all there is, ZI-U far less (Gode and Sunder 1993: the order only)."""
    constrained = structs.replace(S1, gainless=False)
    free = structs.replace(constrained, strategy="zi-u", turns=200)
    learning = structs.replace(constrained, strategy="gd", turns=200)
    assert efficiency(constrained, 10) > 0.9
    assert efficiency(free) < 0.8
    assert efficiency(learning) > 0.8


def test_only_the_unconstrained_lose() -> None:
    for name in ("zi-c", "zip", "gd", "shaver", "sniper", "truthful"):
        market = structs.replace(S1, strategy=name, turns=300, gainless=False)
        outcome = run(TEXTBOOK, market, 2, 0)
        worth = {p.account: p.worth[0] for p in outcome.people if p.worth}
        costs = {p.account: p.costs[0] for p in outcome.people if p.costs}
        for fill in fills(outcome.tape):
            assert costs[fill.seller] <= fill.price <= worth[fill.buyer], name


@pytest.mark.parametrize("mechanism", ["order_book", "listing"])
def test_an_interest_is_told_in_the_way_of_the_design(mechanism: str) -> None:
    design_of = TEXTBOOK.with_(mode="continuous", mechanism=mechanism)
    outcome = run(design_of, structs.replace(S1, gainless=False, turns=3_000), 1, 0)
    found = measures(outcome)
    assert found["efficiency"] is not None
    assert found["efficiency"] > 0.85


def crowd(**more: Callable[[Streams, Window], Trader]) -> Cast:
    """Return noise traders and a maker, and others."""

    def make(streams: Streams, window: Window) -> dict[str, Trader]:
        found: dict[str, Trader] = {f"noise/{n}": Noise("CO2", 20 * SECOND) for n in range(4)}
        found["maker"] = Maker("CO2", 10 * SECOND)
        found.update({name: each(streams, window) for name, each in more.items()})
        return found

    return Cast(make)


def agent_of(outcome: Outcome, who: str) -> Trader:
    (found,) = (person.agent for person in outcome.people if person.who == who)
    assert isinstance(found, Trader)
    return found


def test_noise_and_a_maker_make_a_market() -> None:
    outcome = run(TEXTBOOK, crowd(), 1, 0)
    outcome.venue.check()
    maker = agent_of(outcome, "maker")
    assert isinstance(maker, Maker)
    assert len(fills(outcome.tape)) > 100
    assert maker.presence >= 0.7
    holds = outcome.venue.allowances("maker", "CO2")[0]
    assert maker.position == holds - 1_000_000


def test_a_maker_leans_against_what_it_holds() -> None:
    leaning = run(TEXTBOOK, crowd(), 1, 0)
    careless = Cast(lambda s, w: crowd().make(s, w) | {"maker": Maker("CO2", 10 * SECOND, skew=0)})
    held = [
        agent_of(outcome, "maker").position  # type: ignore[attr-defined]
        for outcome in (leaning, run(TEXTBOOK, careless, 1, 0))
    ]
    assert abs(held[0]) < abs(held[1])


def test_value_traders_bring_the_price_to_its_value() -> None:
    def fundamental(streams: Streams, window: Window) -> Fundamental:
        draws = streams.stream("everybody", "fundamental")
        return Fundamental(draws, window.opens, 5_200, 0.05, 2.0, 10 * SECOND)

    def value(streams: Streams, window: Window) -> Trader:
        return Value("CO2", 5 * SECOND, fundamental(streams, window), most=10**6)

    distances = []
    for market in (crowd(), crowd(value=value)):
        outcome = run(TEXTBOOK, market, 4, 0)
        last = fills(outcome.tape)[-100:]
        distances.append(abs(sum(fill.price for fill in last) / len(last) - 5_200))
    assert distances[1] < 40 < distances[0]


def test_a_fundamental_is_the_same_whoever_looks_first() -> None:
    from backtest.kernel.streams import Streams as Drawn  # noqa: PLC0415

    def made() -> Fundamental:
        return Fundamental(Drawn(1, 0).stream("all", "value"), 0, 100, 0.5, 3.0, 10)

    one, other = made(), made()
    late = one.at(500)
    assert [other.at(time) for time in (5, 100, 500)][-1] == late
    assert one.at(100) == other.at(100)


def test_a_sniper_takes_bargains_and_hurries_in_the_end() -> None:
    def sniping(_streams: Streams, window: Window) -> Trader:
        interest = InducedValues("CO2", Side.BUY, (5_050,) * 20, 10_000)
        return Sniper(interest, SECOND, share=0.2, hurry=window.closes - 600 * SECOND)

    outcome = run(TEXTBOOK, crowd(sniper=sniping), 1, 0)
    deals = [fill for fill in fills(outcome.tape) if fill.buyer == "sniper"]
    end = outcome.tape[-1][0]
    assert deals
    assert all(fill.price <= 5_050 for fill in deals)
    assert all(fill.price <= 4_040 or fill.time >= end - 600 * SECOND for fill in deals)


def test_momentum_follows() -> None:
    def pushing(_streams: Streams, window: Window) -> Trader:
        rising = Fundamental(_streams.stream("x", "y"), window.opens, 6_000, 1.0, 0.0, SECOND)
        return Value("CO2", 5 * SECOND, rising, most=10**6)

    market = crowd(value=pushing, momentum=lambda _s, _w: Momentum("CO2", 5 * SECOND, ticks=1))
    outcome = run(TEXTBOOK, market, 1, 0)
    bought = [fill.time for fill in fills(outcome.tape) if fill.buyer == "momentum"]
    assert bought
    assert agent_of(outcome, "momentum").position <= 55  # type: ignore[attr-defined]


def test_a_pegger_trades_at_the_limits_only() -> None:
    symbol = LIMITED.rulebook.products[0].symbol
    outcome = run(
        LIMITED,
        Cast(
            lambda _s, _w: {
                "one": Pegger(symbol, 60 * SECOND),
                "two": Pegger(symbol, 60 * SECOND),
            }
        ),
        1,
        0,
    )
    began = (
        event
        for _, _, events in outcome.tape
        for event in events
        if isinstance(event, PhaseChanged) and event.symbol == symbol
    )
    first = next(began)
    low, high = first.low_limit, first.high_limit
    prices = {fill.price for fill in fills(outcome.tape)}
    assert prices
    assert prices <= {low, high}
    assert all(fill.quantity == 1 for fill in fills(outcome.tape))


def test_an_arbitrageur_closes_the_gap_between_two_lines() -> None:
    book = TEXTBOOK.rulebook
    twin = structs.replace(book.modes[0], name="twin")
    first = structs.replace(book.modes[0], moves_close=True)
    linked = design(structs.replace(book, modes=(first, twin)))

    class Quoter(Trader):
        def __init__(self, symbol: str, side: Side, price: int) -> None:
            self.symbol, self.side, self.price = symbol, side, price

        def on_start(self, market: object) -> None:
            send = market.buy if self.side is Side.BUY else market.sell  # type: ignore[attr-defined]
            send(self.symbol, 7, self.price)

    outcome = run(
        linked,
        Cast(
            lambda _s, _w: {
                "bid": Quoter("CO2@twin", Side.BUY, 5_100),
                "ask": Quoter("CO2", Side.SELL, 5_000),
                "arb": Arbitrageur("CO2", "CO2@twin", SECOND, cost=50),
            }
        ),
        1,
        0,
    )
    deals = [(f.symbol, f.buyer, f.seller, f.price, f.quantity) for f in fills(outcome.tape)]
    assert deals == [("CO2", "arb", "ask", 5_000, 7), ("CO2@twin", "bid", "arb", 5_100, 7)]


def test_a_block_pair_deals_and_declines_what_was_not_agreed() -> None:
    block = TEXTBOOK.with_(mode="continuous", mechanism="negotiated")
    later = 60 * SECOND

    def make(_streams: Streams, window: Window) -> dict[str, Trader]:
        return {
            "seller": BlockSeller("CO2", "buyer", 500, 5_000, window.opens + later),
            "stranger": BlockSeller("CO2", "buyer", 400, 5_000, window.opens + later),
            "buyer": BlockBuyer("CO2", "seller", 500, 5_000),
        }

    outcome = run(block, Cast(make), 1, 0)
    (deal,) = fills(outcome.tape)
    assert (deal.buyer, deal.seller, deal.quantity, deal.price) == ("buyer", "seller", 500, 5_000)
    assert outcome.venue.open_orders("stranger") == []
