"""What an agent may not do, and how it is told."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

from backtest.kernel.crowd import Crowd
from backtest.kernel.kernel import AgentError
from engine.vocabulary.commands import AmendOrder, NewOrder, SetPhase
from engine.vocabulary.enums import Phase, Side
from tests.support.kernels import Scripted, kernel_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.agents.market import Market


def broken(_seat: Market, _event: object = None) -> None:
    message = "out of luck"
    raise RuntimeError(message)


def other(**more: Any) -> NewOrder:
    return NewOrder(
        **{
            "account": "",
            "ref": 0,
            "symbol": "CO2",
            "side": Side.BUY,
            "quantity": 1,
            "price": 100,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (Scripted(broken), "on_start: RuntimeError: out of luck"),
        (Scripted(lambda s: s.wake_at(5), broken), "on_wake: RuntimeError: out of luck"),
        (
            Scripted(lambda s: s.buy("CO2", 1, 100), event=broken, own=True),
            "on_event, CashMoved: RuntimeError: out of luck",
        ),
        (Scripted(lambda s: s.submit(other(account="b"))), "leave them out"),
        (Scripted(lambda s: s.submit(other(ref=3))), "leave them out"),
        (Scripted(lambda s: s.submit(other(price=2**70))), "NewOrder.price"),
        (Scripted(lambda s: s.submit(AmendOrder("", 0, 2**70))), "AmendOrder.target"),
        (Scripted(lambda s: s.submit(SetPhase(Phase.CLOSED))), "submit"),  # type: ignore[arg-type]
        (Scripted(lambda s: s.buy("CO2", 1.5, 100)), "tonnes: 1.5 is a float"),  # type: ignore[arg-type]
        (Scripted(lambda s: s.sell("CO2", 1, "9")), "price: '9' is a str"),  # type: ignore[arg-type]
        (Scripted(lambda s: s.cancel("x")), "cancel: 'x' is a str"),  # type: ignore[arg-type]
        (Scripted(lambda s: s.wake_at(1.5)), "wake_at: 1.5 is a float"),  # type: ignore[arg-type]
        (Scripted(lambda s: s.wake_at(0), lambda s: s.wake_at(0)), "at one instant"),
    ],
)
def test_an_agents_fault_names_agent_and_time(agent: Scripted, words: str) -> None:
    kernel, _ = kernel_of()
    seat = kernel.join(agent, "a", "trader/7")

    def go() -> None:
        seat.start()
        kernel.run(10)

    with pytest.raises(AgentError) as found:
        go()
    assert found.value.agent == "trader/7"
    assert str(found.value).startswith(f"trader/7 at {found.value.time} ns: ")
    assert words in str(found.value)
    again = pickle.loads(pickle.dumps(found.value))  # noqa: S301 - as a worker sends it
    assert str(again) == str(found.value)


def test_answering_ones_own_answers_without_end_is_stopped() -> None:
    kernel, _ = kernel_of()
    agent = Scripted(
        lambda s: s.buy("CO2", 1, 100), event=lambda s, _e: s.buy("CO2", 1, 100), own=True
    )
    kernel.join(agent, "a").start()
    with pytest.raises(AgentError, match="at one instant"):
        kernel.run(10)


def test_hearing_much_at_one_instant_is_no_fault() -> None:
    kernel, _ = kernel_of()
    heard: list[object] = []
    kernel.join(Scripted(event=lambda _s, e: heard.append(e), public=True), "a")
    many = Scripted(lambda s: [s.buy("CO2", 1, 100 + i % 9) for i in range(2000)])
    kernel.join(many, "b").start()
    kernel.run(1)
    assert len(heard) == 2000


@pytest.mark.parametrize("delay", [-1, 0.5])
def test_a_latency_is_whole_and_not_negative(delay: Any) -> None:
    kernel, _ = kernel_of()
    agent = Scripted(lambda s: s.buy("CO2", 1, 100))
    with pytest.raises(AgentError, match="a latency of"):
        kernel.join(agent, "a", to_venue=lambda: delay).start()


def test_an_account_has_one_agent() -> None:
    kernel, _ = kernel_of()
    kernel.join(Scripted(), "a")
    with pytest.raises(ValueError, match="'a' has an agent already"):
        kernel.join(Scripted(), "a")
    with pytest.raises(ValueError, match="'a' has an agent already"):
        Crowd(kernel, Scripted(), ["b", "a"], "crowd")


def test_an_order_that_the_venue_refuses_is_no_fault() -> None:
    kernel, tape = kernel_of()
    kernel.join(Scripted(lambda s: [s.buy("NIX", 1, 5), s.buy("CO2", 0, 5)]), "a").start()
    kernel.run(1)
    refused = [e for _, _, events in tape for e in events]
    assert [type(e).__name__ for e in refused] == ["Rejected", "Rejected"]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda c: c.orders("CO2", [5], [0], [1], [0.5], [1]), "prices are float64"),
        (lambda c: c.orders("CO2", [5, 6], [0, 1, 1], [1], [5], [1]), "orders: "),
        (lambda c: c.orders("CO2", [5], [2], [1], [5], [1]), "agents, row 0: 0 to 1"),
        (lambda c: c.orders("CO2", [-5], [0], [1], [5], [1]), "times, row 0: at 0 or later"),
        (lambda c: c.orders("CO2", [5], [0], [1], [0], [1]), "prices, row 0"),
        (lambda c: c.orders("CO2", [5], [0], [1], [5], [0]), "tonnes, row 0"),
        (lambda c: c.orders("NIX", [5], [0], [1], [5], [1]), "'NIX' is not one of CO2"),
    ],
)
def test_a_crowds_faults(act: Callable[[Crowd], object], words: str) -> None:
    kernel, _ = kernel_of()
    crowd = Crowd(kernel, Scripted(act), ["a", "b"], "crowd")  # type: ignore[arg-type]
    with pytest.raises(AgentError, match=words):
        crowd.start()
