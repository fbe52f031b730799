"""Run a seed: its history, then peace, then what must hold at the end; shrink one that fails."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from engine.log.sequencer import replay
from engine.venue.link_news import LinkNews
from engine.vocabulary.commands import AmendOrder, CancelOrder, MassCancel, NewOrder
from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.server.outbox import Outboxes
from gateway.simulation.machine import Parts, said_of_links
from gateway.simulation.steps import history
from gateway.simulation.violation import ViolationError, require
from gateway.simulation.world import HOP, MILLISECOND, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.log.records import Record
    from engine.vocabulary.events import Event
    from gateway.simulation.steps import Step

PEACE: Final = 60  # rounds within which every client must have all its answers
SOUND: Final = Parts()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a seed came to."""

    seed: int
    commands: int  # that were acknowledged
    starts: int
    reports: int  # that clients heard
    state: str  # the hash of the state at the end
    happened: dict[str, int]  # how often what
    failure: str = ""  # what did not hold, and where

    @property
    def promise(self) -> str:
        """The promise that did not hold, "" where all did."""
        return self.failure.partition(":")[0]


def run(seed: int, steps: Sequence[Step], parts: Parts = SOUND) -> Outcome:
    """Run a history; ``failure`` says what did not hold, at which step."""
    world = World(seed, parts)
    at = "at the start"
    failure = state = ""
    try:
        world.begin()
        for number, step in enumerate(steps, 1):
            at = f"at step {number} ({step})"
            world.do(step)
        at = "in the peace behind the last step"
        make_peace(world)
        at = "at the end"
        state = settle(world)
    except ViolationError as error:
        failure = f"{error}; {at}"
    except Exception as error:  # noqa: BLE001 - whatever is raised is a finding, with its seed
        said = world.machine.named(error)
        failure = f"the venue goes on: {type(error).__name__}: {said}; {at}"
    finally:
        world.close()
    happened = sum((client.happened for client in world.clients), world.happened)
    heard = sum(len(client.reports) for client in world.clients)
    return Outcome(seed, world.commands, world.starts, heard, state, dict(happened), failure)


def simulate(seed: int, parts: Parts = SOUND) -> Outcome:
    """Run the history that a seed draws."""
    return run(seed, history(Random(seed)), parts)


def make_peace(world: World) -> None:
    """Heal everything and bring all clients back: each must have every report and answer."""
    world.disk.trouble = world.disk.free = None
    world.disk.failing = 0
    world.happened["older reports could not be written"] += world.disk.unwritten
    rng = Random(0)
    for client in world.clients:
        world.come(client, rng)
    for _ in range(PEACE):
        for client in world.clients:
            world.carry(client, 1 << 24)
        # A venue asks for space every second.
        world.pass_time(HOP // MILLISECOND if world.core.storage.short else 1, rng)
    short = [world.core.storage.short, *(client.short for client in world.clients)]
    require(not any(short), "it goes on when there is space, and says so", f"{short}")
    boxes = world.core.running.outboxes.boxes
    for client in world.clients:
        seen = f"{client.name} waits for {list(client.unanswered)}"
        require(not client.unanswered, "every client that talks is answered", seen)
        seen = f"{client.name} has {len(client.reports)} of {boxes[client.name].seq} reports"
        complete = len(client.reports) == boxes[client.name].seq
        require(complete, "every client that reads has every report", seen)


def settle(world: World) -> str:
    """Hold clients, log and venue against each other; return the hash of the state."""
    venue = world.sequencer.venue
    venue.check()
    outboxes = Outboxes()
    logged: dict[str, dict[int, None]] = {client.name: {} for client in world.clients}

    links = LinkNews()

    def absorb(record: Record, events: list[Event]) -> None:
        outboxes.absorb(record.time, events)
        links.absorb(record.command, events)
        if isinstance(record.command, NewOrder | CancelOrder | AmendOrder | MassCancel):
            logged[record.command.account][record.command.ref] = None

    replayed = replay(world.machine.folder, absorb)
    state = venue.state_hash()
    require(replayed.venue.state_hash() == state, "the replay comes to the live state", state)
    replayed.venue.close()
    if world.linked:
        same = said_of_links(links) == said_of_links(world.followers.links)
        require(same, "what links pass on is what the log says", f"{len(links.guests)} guests")
        world.happened["a member of a linked venue ordered"] += bool(links.guests)
        world.happened["word of a guest's order went home"] += bool(links.sent)
    for client in world.clients:
        box = outboxes.boxes[client.name]
        told = map(wire.decode_from_venue, Unframer(1 << 24).feed(box.frames(0, box.end)))
        same = list(told) == client.reports
        require(same, "clients heard what the log says", client.name)
        both = [ref for ref in client.refused if ref in logged[client.name]]
        require(not both, "what was not taken is not in the log", f"{client.name}: {both}")
        orders = {order.ref: order.leaves for order in venue.open_orders(client.name)}
        seen = f"{client.name}: {orders} in the venue, {client.orders} by its reports"
        require(orders == client.orders, "reports and live orders agree", seen)
    return state


def shrink(
    seed: int, parts: Parts = SOUND, show: Callable[[int], None] = lambda _left: None
) -> list[Step]:
    """Return the steps of a failing seed without those that breaking the same promise needs not."""
    steps = history(Random(seed))
    promise = run(seed, steps, parts).promise
    size = len(steps) // 2
    while size:
        at, before = 0, len(steps)
        while at < len(steps):
            fewer = steps[:at] + steps[at + size :]
            if run(seed, fewer, parts).promise == promise:
                steps = fewer
            else:
                at += size
            show(len(steps))
        if size > 1 or len(steps) == before:  # one that stayed may be left out without another
            size //= 2
    return steps
