"""With very many sessions a tick stays short: what is said to all goes out over some ticks."""

from __future__ import annotations

import gc
from random import Random
from typing import Final

import pytest
from msgspec import structs

from engine.vocabulary.enums import Side
from gateway.protocol import wire, wire_market, wire_modes
from gateway.server import silence
from gateway.server.connection import FEW, Connection
from gateway.server.subscriptions import AT_ONCE
from tests.gateway.server.test_core import buy
from tests.gateway.server.test_fairness import taken
from tests.support.quiet_core import QuietVenue

NUMBERED: Final = wire.MarketData.__args__
MANY: Final = tuple(f"member-{number}" for number in range(2 * AT_ONCE + 5))


def settle(quiet: QuietVenue) -> int:
    """Run ticks until nothing is left to do; return how many it took."""
    ticks = 0
    while quiet.core.busy:
        quiet.once()
        ticks += 1
    return ticks


def test_an_answer_does_not_wait_for_what_all_subscribers_hear() -> None:
    quiet = QuietVenue(("ann", *MANY), max_strangers_from=128)
    ann, *others = quiet.logged_on("ann", *MANY)
    for each in others:
        each.say(wire.Subscribe())
    settle(quiet)
    before = [len(each.heard) for each in others]
    ann.say(buy(1))
    quiet.once()
    assert ann.all_of(wire.OrderAccepted)
    hearing = [len(each.heard) > count for each, count in zip(others, before, strict=True)]
    assert sum(hearing) == AT_ONCE
    assert settle(quiet) == 2, "the others, in the next ticks"
    assert all(each.all_of(wire_market.BookUpdate) for each in others)
    assert len({str(each.heard[-1]) for each in others}) == 1, "all hear the same"


@pytest.mark.parametrize("seed", range(10))
def test_every_subscriber_hears_every_update_once_and_in_order(seed: int) -> None:
    rng = Random(seed)
    quiet = QuietVenue(MANY, rulebook="cn-national", max_strangers_from=128)
    ends = quiet.logged_on(*MANY)
    lines = [line for line in quiet.sequencer.venue.symbols if "@" not in line][:2]
    refs = dict.fromkeys(MANY, 0)
    hears: dict[int, set[str]] = {at: set() for at in range(len(ends))}
    for _ in range(60):
        at = rng.randrange(len(ends))
        for _ in range(rng.choice((1, 20))):
            other = rng.randrange(len(ends))
            line = rng.choice(lines)
            if rng.random() < 0.3 and line in hears[other]:
                ends[other].say(wire.Unsubscribe(line))
                hears[other].discard(line)
            else:
                ends[other].say(wire.Subscribe(line))
                hears[other].add(line)
        refs[MANY[at]] += 1
        price = 6_000 + 10 * rng.randint(0, 20)
        ends[at].say(wire.NewOrder(refs[MANY[at]], rng.choice(lines), Side.BUY, 1, price))
        if rng.random() < 0.6:
            quiet.once()
    settle(quiet)
    for at, end in enumerate(ends):
        known: dict[str, int] = {}
        begun: dict[str, int] = {}  # the offers that stand follow a snapshot, under its number
        for message in end.heard:
            if isinstance(message, wire_market.BookSnapshot):
                known[message.symbol] = begun[message.symbol] = message.update
            elif isinstance(message, NUMBERED) and message.update != begun.get(message.symbol):
                assert message.update == known[message.symbol] + 1, "no gap, and none twice"
                known[message.symbol] = message.update
                begun.pop(message.symbol, None)
        for line in hears[at]:
            newest = quiet.core.running.market_data.lines[line].update
            assert known[line] == newest


def test_a_quote_to_many_ends_its_sessions_turn() -> None:
    quiet = QuietVenue(("ann", *MANY[:16]), rulebook="krx", most=1)
    (ann,) = quiet.logged_on("ann")
    quote = wire_modes.Quote(1, "KAU@block", Side.SELL, 1_000, 10_000, MANY[:16])
    ann.say(*(structs.replace(quote, ref=ref) for ref in range(1, 6)))
    counts = []
    for _ in range(5):
        quiet.once()
        counts.append(taken(quiet, "ann"))
    assert counts == [1, 2, 3, 4, 5], "sixteen recipients are worth a turn"


def test_who_sends_much_in_small_pieces_leaves_a_tick_its_size() -> None:
    quiet = QuietVenue(("ann", "bea"), turn=10, most=20, unshared=70)
    ann, bea = quiet.logged_on("ann", "bea")

    def in_a_tick(first: int) -> int:
        bea.say(*(buy(ref) for ref in range(first, first + 100)))
        quiet.once()
        found = taken(quiet, "bea") - (first - 1)
        settle(quiet)
        return found

    assert in_a_tick(1) == 20, "ann may be about to send something"
    for ref in range(1, 2 * FEW + 2):  # all within a millisecond: no person, no slow program
        ann.say(buy(ref))
        quiet.once()
    assert in_a_tick(1_001) == 70


def test_nothing_is_kept_of_connections_that_are_gone() -> None:
    quiet = QuietVenue(("ann", "bea"))
    (ann,) = quiet.logged_on("ann")

    def connections() -> int:
        gc.collect()
        return sum(isinstance(each, Connection) for each in gc.get_objects())

    def come_and_go(first: int) -> None:
        for ref in range(first, first + 20):
            (bea,) = quiet.logged_on("bea", heartbeat_ms=1_000)
            bea.say(wire.Subscribe(), buy(ref, 1, 4_000))
            ann.say(buy(ref))  # is the last who sent little
            quiet.tick()
            bea.cut()
            del quiet.ends[bea.connection]
            ann.say(wire.Heartbeat())
            quiet.tick(50)
            settle(quiet)

    come_and_go(1)
    before = connections()
    come_and_go(21)
    assert connections() == before


def test_everybodys_heartbeat_is_due_in_the_same_round() -> None:
    names = tuple(f"member-{number}" for number in range(2 * silence.AT_ONCE + 10))
    quiet = QuietVenue(names, max_strangers=512, max_strangers_from=512)
    ends = quiet.logged_on(*names, heartbeat_ms=1_000)
    for each in ends:
        each.say(wire.Heartbeat())
    for _ in range(21):
        quiet.tick(50)
        settle(quiet)
    assert [len(each.all_of(wire.VenueHeartbeat)) for each in ends] == [1] * len(ends)
    assert settle(quiet) == 0
    for _ in range(42):
        quiet.tick(50)
        settle(quiet)
    assert all(each.closed() for each in ends), "silent for two intervals"
