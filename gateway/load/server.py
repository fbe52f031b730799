"""The venue that ``carbonx load`` starts for itself: in another process, on another core."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from engine.rulebook.presets import load as load_rulebook
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase, SelfTrade
from gateway.runtime.event_loop import run
from gateway.runtime.subprocess import ServerStats, attend, pin, stats_now
from gateway.server.accounts import Credentials, Directory
from gateway.server.node import Node, Options

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook

CASH: Final = 10**15  # minor units: more than orders take, and not too much for all together
TONNES: Final = 10**12


class Settings(msgspec.Struct, frozen=True):
    """What the parent asks for."""

    folder: str
    sessions: int
    core: int = -1
    durability: str = "sync"
    rulebook: str = "textbook"


def rulebook(name: str) -> Rulebook:
    """Return a rulebook whose sessions may trade with themselves, so that one alone can fill."""
    return structs.replace(load_rulebook(name), name=f"{name}-load", self_trade=SelfTrade.ALLOW)


def accounts(sessions: int, products: list[str]) -> tuple[Credentials, ...]:
    """Return one well-funded account for each session."""
    return tuple(
        Credentials(
            f"load-{number}", f"key-{number}", cash=CASH, allowances=dict.fromkeys(products, TONNES)
        )
        for number in range(sessions)
    )


async def serve(settings: Settings) -> None:
    """Run the venue until the parent closes its input."""
    rules = rulebook(settings.rulebook)
    directory = Directory(accounts(settings.sessions, [p.symbol for p in rules.products]))
    node = Node.open(
        Path(settings.folder), rules, directory, Options(durability=settings.durability)
    )
    await node.start()
    node.operate(SetPhase(Phase.CONTINUOUS))
    # Nothing that the venue keeps needs the collector; what is alive now, least of all.
    gc.collect()
    gc.freeze()
    venue = node.sequencer.venue
    stopped: list[str] = []

    def count() -> ServerStats:
        journal = node.sequencer.journal
        return structs.replace(
            stats_now(node.address[1]),
            commands=sum(venue.last_ref(name) for name in venue.accounts),  # not the clock's
            syncs=journal.syncs if journal else 0,
            largest_batch=node.peak_batch,
            durability=node.durability,
            collector="frozen at the start, then on",
            state_hash="".join(stopped),
        )

    async def finish() -> None:
        await node.stop()
        stopped.append(venue.state_hash())

    await attend(count, finish)


def main(arguments: list[str]) -> None:
    """Read the settings (JSON) from the command line and serve."""
    settings = msgspec.json.decode(arguments[0], type=Settings)
    pin(settings.core)
    run(serve(settings))


if __name__ == "__main__":
    main(sys.argv[1:])
