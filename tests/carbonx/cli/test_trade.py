"""``carbonx trade``: an agent's class on a venue that listens on a port."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from backtest.agents.market import Market, Trader
from carbonx.cli.trade import command, trade
from engine.vocabulary.enums import Side
from tests.support.venues import bounded, client_of, until, venue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.vocabulary.events import Event

MODULE = """
from backtest.agents.market import Trader

class Buyer(Trader):
    def __init__(self, tonnes=1):
        self.tonnes = tonnes

    def on_start(self, market):
        market.buy("CO2", self.tonnes, 5_000)
        market.buy("CO2", self.tonnes, 4_999)
        market.buy("CO3", self.tonnes, 4_999)

class Faulty(Trader):
    def on_start(self, market):
        market.wake_in(0)

    def on_wake(self, market):
        return 1 / 0

LOT = 1

class Stranger:
    pass
"""
BROKEN = "import nothing_of_this_name"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "torn.py").write_text("class Agent(\n")
    (tmp_path / "needy.py").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("mine", "torn", "needy"):
        sys.modules.pop(name, None)


@contextlib.contextmanager
def in_the_background(folder: Path) -> Iterator[int]:
    """Run a venue on a port, with a tonne offered at 50.00."""
    ready, over = threading.Event(), threading.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with venue(folder / "v") as node, client_of(node, "bob") as bob:
            await bob.sell("CO2", 3, price_minor=5_000)
            ports.append(node.address[1])
            ready.set()
            await until(over.is_set)

    thread = threading.Thread(target=bounded, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield ports[0]
    finally:
        over.set()
        thread.join()


def typed(port: int, agent: str, *more: str) -> tuple[int, str, str]:
    words = [
        agent,
        "--port",
        str(port),
        "--member",
        "M1",
        "--account",
        "alice",
        "--key",
        "alice-key",
        "--seconds",
        "0.3",
        *more,
    ]
    done = CliRunner().invoke(command, words)
    return done.exit_code, done.stdout, done.stderr


def test_an_agent_trades_and_leaves_no_order(folder: Path) -> None:
    with in_the_background(folder) as port:
        code, out, err = typed(port, "mine:Buyer", "--set", "tonnes=3")
        assert (code, err) == (0, "")
        assert out == "alice: bought 3 t  sold 0 t  sent 3  refused 1\n"
        code, out, err = typed(port, "mine:Faulty")
        assert (code, out) == (1, "")
        assert err.splitlines() == ["Error: Faulty.on_wake: ZeroDivisionError: division by zero"]


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        ("mine", "MODULE:CLASS is needed, such as mine:Agent"),
        ("mien:Buyer", "no module 'mien'"),
        ("mine:Buyr", "did you mean 'Buyer'?"),
        ("mine:Stranger", "mine:Stranger is no agent: a class is needed that begins with"),
        ("mine:LOT", "mine:LOT is no agent"),
        ("torn:Agent", "torn can't be imported: SyntaxError"),
        ("needy:Agent", "needs the module 'nothing_of_this_name'"),
        ("mine:Buyer --set tonnage=3", "it takes tonnes (--set NAME=VALUE)"),
        ("mine:Buyer --set tonnes", "NAME=VALUE is needed"),
    ],
)
def test_a_name_that_leads_to_no_agent_is_refused_before_anything_is_dialled(
    folder: Path, agent: str, says: str
) -> None:
    assert folder.is_dir()
    name, *more = agent.split()
    code, out, err = typed(1, name, *more)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) <= 4  # usage, the hint at --help, and the error


class Seller(Trader):
    """Sells one tonne to whoever bids, as soon as it hears of a bid."""

    hears_own = False

    def __init__(self) -> None:
        self.sold = 0

    def on_event(self, market: Market, event: Event) -> None:
        depth = getattr(event, "depth", 0)
        if not self.sold and depth > 0 and getattr(event, "side", None) is Side.BUY:
            self.sold = market.sell("CO2", 1, 4_000)


def test_an_agent_that_hears_the_public_is_subscribed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node, "bob") as bob:
            trading = asyncio.create_task(trade(client_of(node), Seller(), 1, 1.0))
            await bob.buy("CO2", 2, price_minor=4_500)
            done = await trading
            assert (done.sent, done.bought, done.sold, done.left) == (1, 0, 1, 0)

    bounded(scenario())
