"""The same agents with the same seed make the same orders in the laboratory and on a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.kernel.kernel import Kernel
from backtest.kernel.streams import Streams
from backtest.strategies.dealing import Maker, Noise
from backtest.strategies.speculation import Momentum
from carbonx.live.channel import Channel
from carbonx.live.lock_step import LockStep
from carbonx.testing import LocalVenue
from engine.log.sequencer import Sequencer
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary.commands import OpenAccount, SetPhase
from engine.vocabulary.enums import Phase
from tests.support.venues import bounded

if TYPE_CHECKING:
    from backtest.agents.market import Trader

SECOND = 1_000_000_000
NAMES = ("ann", "ben", "maker", "mo")
CASH, TONNES, SEED = 10**12, 10**6, 7
END = 120 * SECOND


def cast() -> dict[str, Trader]:
    return {
        "ann": Noise("CO2", SECOND),
        "ben": Noise("CO2", SECOND),
        "maker": Maker("CO2", SECOND),
        "mo": Momentum("CO2", SECOND, ticks=1),
    }


def in_the_laboratory() -> Venue:
    venue = Venue(presets.load("textbook"))
    kernel = Kernel(Sequencer(venue), streams=Streams(SEED, 0))
    for name in NAMES:
        kernel.give(OpenAccount(name, cash=CASH, allowances=(("CO2", TONNES),)))
    kernel.give(SetPhase(Phase.CONTINUOUS))
    for name, agent in cast().items():
        kernel.join(agent, name).start()
    kernel.run(END)
    return venue


def everything(venue: Venue) -> list[object]:
    """Return the books, and what each account has, has live and has sent."""
    return [
        venue.markets["CO2"].day.trades,
        venue.last_price("CO2"),
        [(venue.cash(name), venue.allowances(name, "CO2"), venue.last_ref(name)) for name in NAMES],
        [(o.ref, o.price, o.leaves) for name in NAMES for o in venue.open_orders(name)],
    ]


def test_the_same_seed_is_the_same_run_in_both() -> None:
    found: list[list[object]] = []

    async def scenario() -> None:
        clock = [0]
        async with LocalVenue(
            accounts=NAMES, cash=CASH, tonnes=TONNES, clock=lambda: clock[0]
        ) as local:

            async def moved() -> None:
                clock[0] = turns.now

            turns = LockStep(0, moved, SEED)
            clients = [local.client(name, heartbeat_ms=10**9) for name in NAMES]
            for client, agent in zip(clients, cast().values(), strict=True):
                await client.__aenter__()
                client.subscribe()
                await turns.join(Channel(client), agent)
            await turns.run_until(END)
            found.append(everything(local.venue))
            for client in clients:
                await client.close()

    bounded(scenario())
    here = everything(in_the_laboratory())
    assert found == [here]
    assert here[0]
