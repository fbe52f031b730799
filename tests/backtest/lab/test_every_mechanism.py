"""Every named market under every mechanism: it ends, and trades where its people can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec import structs

from backtest.agents.market import Trader
from backtest.kernel.kernel import AgentError
from backtest.lab import regional
from backtest.lab.classic import STRATEGIES, THREE_A_SIDE
from backtest.lab.named import MARKETS
from backtest.lab.people import Person
from backtest.measures.fills import fills
from backtest.strategies.dealing import Maker, Noise, Pegger
from backtest.strategies.speculation import Fundamental, Momentum, Value
from carbonx import lab
from engine.vocabulary.enums import Mechanism

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.agents.market import Market
    from backtest.kernel.streams import Streams
    from backtest.lab.people import Window
    from engine.rulebook.model import Rulebook

CALLS: Final = {"batch_seconds": 300, "carry_over": True}
FREE: Final = {"limit_up_bp": 0, "limit_down_bp": 0}
SMALL: Final[dict[str, dict[str, Any]]] = {
    "abatement": {"required": (8, 6, 4, 2, 4)},
    "several-tonnes": {"gainless": False},
    "poisson-arrivals": {"rate": 0.01},
    "steady-arrivals": {"buyers": 20, "sellers": 20, "seconds": 60},
    "poisson-book": {"unit": 600_000_000_000},
    "sniping": {"unit": 140_000_000_000},
}
YEARS: Final = [name for name in MARKETS if name.endswith("-year")]
ONE_DAY: Final = [name for name in MARKETS if name not in YEARS]
# What does not trade: in a call nothing can be taken at once, which snipers and investors try.
IDLE: Final[dict[str, tuple[str, ...]]] = {"calls": ("sniping",)}


def designs(preset: str, mode: str, **figures: object) -> dict[str, lab.Design]:
    start = lab.design(preset)
    if figures:
        start = start.with_(mode=mode, **figures)
    found = {
        each.name.lower(): start.with_(mode=mode, mechanism=each.name.lower()) for each in Mechanism
    }
    return found | {"calls": start.with_(mode=mode, **CALLS)}


TEXTBOOK: Final = designs("textbook", lab.design("textbook").rulebook.modes[0].name)
SHENZHEN: Final = designs("shenzhen-2022", "bidding")
WITHOUT_LIMITS: Final = designs("shenzhen-2022", "bidding", **FREE)


def tonnes(design: lab.Design, market: Any) -> int:
    outcome = lab.run(design, market, most=3_000_000)
    return sum(fill.quantity for fill in fills(outcome.tape))


@pytest.mark.parametrize("mechanism", TEXTBOOK)
@pytest.mark.parametrize("name", ONE_DAY)
def test_each_market_ends_under_each_mechanism_and_trades(name: str, mechanism: str) -> None:
    traded = tonnes(TEXTBOOK[mechanism], lab.market(name, **SMALL.get(name, {})))
    assert bool(traded) is (name not in IDLE.get(mechanism, ()))


@pytest.mark.parametrize("mechanism", SHENZHEN)
def test_a_real_timetable_is_kept_to_and_its_limits_too(mechanism: str) -> None:
    assert tonnes(WITHOUT_LIMITS[mechanism], lab.market("smith"))
    assert not tonnes(SHENZHEN[mechanism], lab.market("smith"))  # all worth less than the limits


# Of people who are all alike: snipers wait for others to quote; shavers better what they see by a
# tick, and before a call there is nothing to see.
IDLE_ALIKE: Final = {
    "sniper": tuple(TEXTBOOK),
    "shaver": ("calls",),
}


@pytest.mark.parametrize("mechanism", TEXTBOOK)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_ends_under_each_mechanism(strategy: str, mechanism: str) -> None:
    market = structs.replace(THREE_A_SIDE, strategy=strategy, best_only=False)
    traded = tonnes(TEXTBOOK[mechanism], market)
    assert bool(traded) is (mechanism not in IDLE_ALIKE.get(strategy, ()))


WATCHING: Final[dict[str, Callable[[str, Streams, int], Trader]]] = {
    "noise": lambda symbol, _streams, _begins: Noise(symbol, 40_000_000_000, takes=0.0),
    "maker": lambda symbol, _streams, _begins: Maker(symbol, 40_000_000_000),
    "momentum": lambda symbol, _streams, _begins: Momentum(symbol, 40_000_000_000, ticks=0),
    "value": lambda symbol, streams, begins: Value(
        symbol,
        40_000_000_000,
        Fundamental(streams.stream("value", "path"), begins, 3_510, 0.1, 60.0, 60_000_000_000),
    ),
    "pegger": lambda symbol, _streams, _begins: Pegger(symbol, 40_000_000_000),
}
# Makers have nothing to quote in a sealed auction; the others act in all designs. A call has no
# best price before it is cleared, so those who take at once do nothing in it.
SILENT: Final = {("maker", "one_way"), ("momentum", "calls"), ("value", "calls")}


class Watchers:
    """One watching agent among traders for no reason."""

    name = "watchers"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        symbol = rulebook.products[0].symbol
        found = [Person("it", "it", "it", WATCHING[self.kind](symbol, streams, window.opens),
                        10**9, {symbol: 10**6})]  # fmt: skip
        for number in range(4):
            who = f"noise/{number}"
            agent = Noise(symbol, 60_000_000_000)
            found.append(Person(who, who, "noise", agent, 10**9, {symbol: 10**6}))
        return found


@pytest.mark.parametrize("mechanism", SHENZHEN)
@pytest.mark.parametrize("kind", WATCHING)
def test_who_watches_a_line_says_what_its_design_takes(kind: str, mechanism: str) -> None:
    outcome = lab.run(SHENZHEN[mechanism], Watchers(kind), most=3_000_000)
    taken = [
        event
        for _, _, events in outcome.tape
        for event in events
        if isinstance(event, lab.OrderAccepted | lab.Trade)
        and "it" in {getattr(event, name, "") for name in ("account", "maker", "taker")}
    ]
    assert bool(taken) is ((kind, mechanism) not in SILENT)


class Restless(Trader):
    """Asks to be woken again, a moment later, for ever."""

    def on_start(self, market: Market) -> None:
        market.wake_in(1)

    def on_wake(self, market: Market) -> None:
        market.wake_in(1)


class Failing(Restless):
    """Raises."""

    def on_wake(self, market: Market) -> None:
        del market
        message = "out of luck"
        raise RuntimeError(message)


class Bad(lab.UniformValues, frozen=True):
    """The uniform market with one more in it, in some replications."""

    agent: str = "restless"
    name: str = "bad"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        found = super().people(streams, rulebook, window)
        if streams.replication == 2:
            agent = Restless() if self.agent == "restless" else Failing()
            found.append(Person("bad/0", "bad/0", "bad", agent, 0, {}))
        return found


@pytest.mark.parametrize(("agent", "why"), [("restless", "no end in sight"), ("f", "out of luck")])
def test_a_bad_agent_is_named_with_time_and_seed(agent: str, why: str) -> None:
    with pytest.raises(AgentError, match=why) as found:
        lab.run(lab.design("textbook"), Bad(agent=agent), 7, 2, most=10_000)
    error = found.value
    assert (error.agent, error.root, error.seed) == ("bad/0", 7, 2)
    assert f"bad/0 at {error.time} ns, seed 2 of root 7: " in str(error)
    linked = lab.link("textbook", lab.design("textbook").with_(name="other"), kind="routing")
    with pytest.raises(AgentError, match="seed 2 of root 7"):
        regional.run(linked, Bad(agent=agent), 7, 2, most=10_000)


def test_the_other_runs_of_a_study_finish() -> None:
    study = lab.compare("textbook", market=Bad(), seeds=4, measures=["trades"], most=10_000)
    (failure,) = study.failed
    assert (failure.agent, failure.seed) == ("bad/0", 2)
    assert "after 10000" in failure.why
    assert sorted(study.values("textbook", "trades")) == [0, 1, 3]
