"""The whole venue with many clients and no socket: interleavings, cuts, splits, who hears when."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from engine.log.sequencer import replay_bytes
from engine.vocabulary.commands import MoveCash, SetKillSwitch, SetPhase
from engine.vocabulary.enums import CancelReason, OfferKind, Phase, Side, TimeInForce
from gateway.protocol import wire, wire_market, wire_modes
from gateway.protocol.framing import Unframer
from gateway.protocol.session import pack
from gateway.server.outbox import Outboxes
from tests.support.quiet_core import End, QuietVenue

NAMES = tuple(f"client-{n}" for n in range(12))


def buy(ref: int, quantity: int = 1, price: int = 5_000, **fields: Any) -> wire.NewOrder:
    return wire.NewOrder(ref, "CO2", Side.BUY, quantity, price, **fields)


def sell(ref: int, quantity: int = 1, price: int = 5_000, **fields: Any) -> wire.NewOrder:
    return wire.NewOrder(ref, "CO2", Side.SELL, quantity, price, **fields)


def unbatched(quiet: QuietVenue) -> tuple[dict[str, list[Any]], str]:
    """Run a quiet's log a record at a time; return every account's reports and the state."""
    boxes = Outboxes()
    data = bytes(quiet.log.kept)
    replayed = replay_bytes(data, lambda record, events: boxes.absorb(record.time, events))
    assert not replayed.torn_bytes
    unframed = {
        name: [wire.decode_from_venue(p) for p in Unframer(1 << 20).feed(box.frames(0, box.end))]
        for name, box in boxes.boxes.items()
    }
    return unframed, replayed.venue.state_hash()


# -- many clients ---------------------------------------------------------------------------------


class Trader:
    """A client that comes and goes, and keeps what it heard over all its connections."""

    def __init__(self, quiet: QuietVenue, name: str, rng: Random) -> None:
        self.quiet, self.name, self.rng = quiet, name, rng
        self.ref = 0
        self.ends: list[End] = []
        self.seen: list[int] = []  # by each of them, what it said that it had seen
        self.unsent = b""

    @property
    def end(self) -> End | None:
        return self.ends[-1] if self.ends and not self.ends[-1].closed() else None

    def reports(self) -> list[Any]:
        found: dict[int, Any] = {}
        for end, seen in zip(self.ends, self.seen, strict=True):
            for report in end.reports():
                assert report.seq > seen, "told again what it said it had seen"
                assert found.setdefault(report.seq, report) == report
        assert list(found) == list(range(1, len(found) + 1)), "a gap, or out of turn"
        return list(found.values())

    def come(self, **fields: Any) -> None:
        self.unsent = b""
        seen = len(self.reports())
        self.seen.append(seen)
        self.ends.append(End(self.quiet))
        self.ends[-1].log_on(self.name, last_seen=seen, **fields)

    def go(self) -> None:
        if self.end is not None:
            self.end.cut()

    def message(self) -> Any:
        rng, roll = self.rng, self.rng.random()
        if roll < 0.03:
            return wire.Subscribe()
        if roll < 0.05:
            return wire.AskStatus()
        self.ref += 1
        if roll < 0.65:
            tif = rng.choice((TimeInForce.DAY, TimeInForce.IOC))
            order = rng.choice((buy, sell))
            return order(self.ref, rng.randint(0, 9), rng.randint(4_995, 5_005), tif=tif)
        if roll < 0.9:
            return wire.CancelOrder(self.ref, rng.randint(1, self.ref))
        return wire.MassCancel(self.ref)

    def speak(self) -> None:
        """Send some messages, the last of them perhaps in part; the rest follows or never does."""
        assert self.end is not None
        data = self.unsent + b"".join(pack(self.message()) for _ in range(self.rng.randint(1, 30)))
        cut = self.rng.choice((len(data), self.rng.randint(0, len(data))))
        self.end.send(data[:cut])
        self.unsent = data[cut:]


def act(quiet: QuietVenue, trader: Trader, rng: Random) -> None:
    roll, end = rng.random(), trader.end
    if end is None or roll < 0.03:  # also takes its own account over
        trader.come(cancel_on_disconnect=rng.random() < 0.5)
    elif roll < 0.12:
        trader.go()
    elif roll < 0.15:
        end.say(wire.Logout())
        trader.unsent = b""
    elif roll < 0.2:
        quiet.core.paused(end.connection, quiet.now)
    elif roll < 0.3:
        quiet.core.resumed(end.connection)
    elif roll < 0.33:
        quiet.core.operate(
            rng.choice(
                (
                    MoveCash(trader.name, 7),
                    SetKillSwitch(trader.name, on=False),
                    SetPhase(Phase.CONTINUOUS),
                )
            )
        )
    else:
        trader.speak()


@pytest.mark.parametrize("seed", range(12))
def test_many_clients_hear_what_an_unbatched_run_of_the_log_would_tell_them(seed: int) -> None:
    rng = Random(seed)
    quiet = QuietVenue(
        NAMES,
        chunk=1 << rng.randint(8, 16),
        turn=rng.choice((1, 3, 128)),
        most=rng.choice((20, 300)),
    )
    traders = [Trader(quiet, name, rng) for name in NAMES]
    for _ in range(600):
        act(quiet, rng.choice(traders), rng)
        if rng.random() < 0.3:
            quiet.tick(rng.randint(0, 40))
    for trader in traders:  # all come (back) for the rest
        trader.go()
        trader.come()
    while quiet.core.busy:
        quiet.tick()
    reports, state = unbatched(quiet)
    for trader in traders:
        assert trader.reports() == reports[trader.name]
    assert quiet.sequencer.venue.state_hash() == state
    quiet.sequencer.venue.check()
    assert quiet.core.peak_batch > 15, "the batching was not used"
    every = [report for each in reports.values() for report in each]
    assert sum(isinstance(report, wire.OrderFilled) for report in every) > 100
    assert any(
        isinstance(report, wire.OrderCancelled) and report.reason is CancelReason.DISCONNECTED
        for report in every
    )


def test_the_same_calls_give_the_same_writes() -> None:
    def run() -> list[Any]:
        quiet, rng = QuietVenue(NAMES), Random(99)
        traders = [Trader(quiet, name, rng) for name in NAMES]
        for _ in range(300):
            act(quiet, rng.choice(traders), rng)
            quiet.tick(rng.randint(0, 40))
        return [[end.heard for end in trader.ends] for trader in traders]

    assert run() == run()


def test_subscribers_keep_the_book_whatever_others_do() -> None:
    rng = Random(5)
    quiet = QuietVenue(NAMES)
    (watcher,) = quiet.logged_on(NAMES[0])
    watcher.say(wire.Subscribe("CO2"))
    traders = [Trader(quiet, name, rng) for name in NAMES[1:]]
    for _ in range(400):
        act(quiet, rng.choice(traders), rng)
        if rng.random() < 0.3:
            quiet.tick(rng.randint(0, 40))
    quiet.tick()
    numbers = [m.update for m in watcher.heard if isinstance(m, wire.MarketData.__args__)]
    assert numbers == list(range(len(numbers)))
    book: dict[tuple[Side, int], int] = {}
    for message in watcher.heard:
        if isinstance(message, wire_market.BookSnapshot | wire_market.BookUpdate):
            book |= {(each.side, each.price): each.quantity for each in message.levels}
    for side in Side:
        shown = {price: quantity for (s, price), quantity in book.items() if s is side and quantity}
        assert shown == dict(quiet.sequencer.venue.depth("CO2", side))


# -- bytes ----------------------------------------------------------------------------------------

STORY: list[Any] = [
    buy(1, 5), wire.Subscribe("CO2"), sell(2, 5), wire.CancelOrder(3, 1), buy(3, 2, 4_990),
    wire.CancelOrder(4, 3), wire.AskStatus(), wire.AmendOrder(5, 1, 3), buy(1, 5),
    wire.MassCancel(6), wire.Logout(), buy(7),
]  # fmt: skip


def heard_of(pieces: list[bytes]) -> list[Any]:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann")
    for piece in pieces:
        ann.send(piece)
        quiet.tick(0)
    assert ann.closed()
    return ann.reports()


def test_a_stream_may_be_split_at_any_byte() -> None:
    data = b"".join(pack(message) for message in STORY)
    whole = heard_of([data])
    assert len(whole) > 8
    assert heard_of([data[n : n + 1] for n in range(len(data))]) == whole
    for cut in range(1, len(data)):
        assert heard_of([data[:cut], data[cut:]]) == whole


# -- who hears in which tick ----------------------------------------------------------------------


def test_reports_follow_the_answer_to_a_logon_that_ends_in_its_own_tick() -> None:
    quiet = QuietVenue(("ann",))
    end = End(quiet)
    end.log_on("ann")
    end.say(buy(1), wire.Logout())
    quiet.tick()
    assert [type(each) for each in end.heard[:2]] == [wire.Challenge, wire.LoggedOn]
    assert isinstance(end.heard[-1], wire.LoggedOut)
    assert len(end.reports()) == len(end.heard) - 3


def test_a_lost_connections_orders_go_in_the_next_tick_and_subscribers_hear_it_then() -> None:
    quiet = QuietVenue(("ann", "bob"))
    ann, bob = quiet.logged_on("ann", "bob", cancel_on_disconnect=True)
    bob.say(wire.Subscribe("CO2"))
    ann.say(buy(1, 7))
    quiet.tick()
    ann.cut()
    quiet.tick()
    update = bob.heard[-1]
    assert isinstance(update, wire_market.BookUpdate)
    assert update.levels == (wire_market.BookLevel(Side.BUY, 5_000, 0),)


def test_a_lost_connections_quote_ends_for_its_counterparty_in_the_same_tick() -> None:
    quiet = QuietVenue(("ann", "bob"), rulebook="cn-national")
    ann, bob = quiet.logged_on("ann", "bob", cancel_on_disconnect=True)
    ann.say(wire_modes.Quote(1, "CEA24@block", Side.SELL, 200_000, 6_000, ("bob",)))
    quiet.tick()
    received = bob.heard[-1]
    assert isinstance(received, wire_modes.QuoteReceived)
    assert received.kind is OfferKind.QUOTE
    ann.cut()
    quiet.tick()
    assert isinstance(bob.heard[-1], wire_modes.QuoteEnded)


@pytest.mark.parametrize("silence", [False, True])
def test_a_session_that_the_venue_ends_has_its_orders_cancelled_in_that_tick(
    *, silence: bool
) -> None:
    quiet = QuietVenue(("ann", "bob"))
    (ann,) = quiet.logged_on("ann", cancel_on_disconnect=True, heartbeat_ms=100)
    (bob,) = quiet.logged_on("bob")
    bob.say(wire.Subscribe("CO2"))
    ann.say(buy(1))
    quiet.tick()
    if silence:
        quiet.wait(300)
    else:
        ann.send(b"\0\0\0\0")
        quiet.tick()
    assert ann.closed()
    *_, cancelled, farewell = ann.heard
    assert cancelled == wire.OrderCancelled(
        cancelled.seq, quiet.now, 1, 1, CancelReason.DISCONNECTED, 0
    )
    assert farewell.reason is (wire.LogoutReason.SILENT if silence else wire.LogoutReason.BAD_FRAME)
    assert bob.heard[-1].levels[0].quantity == 0


@pytest.mark.parametrize("how", ["logout", "taken over", "shutdown"])
def test_who_goes_in_order_keeps_its_orders(how: str) -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann", cancel_on_disconnect=True)
    ann.say(buy(1))
    quiet.tick()
    if how == "logout":
        ann.say(wire.Logout())
    elif how == "taken over":
        End(quiet).log_on("ann")
    else:
        quiet.core.farewell()
    quiet.tick()
    assert ann.closed()
    ann.cut()
    quiet.tick()
    assert len(quiet.sequencer.venue.open_orders("ann")) == 1


def test_what_was_said_before_the_cut_still_counts() -> None:
    quiet = QuietVenue(("ann", "bob"))
    ann, bob = quiet.logged_on("ann", "bob")
    bob.say(sell(1))
    ann.say(buy(1))
    ann.cut()
    quiet.tick()
    (fill,) = bob.all_of(wire.OrderFilled)
    assert fill.quantity == 1
    assert not ann.all_of(wire.OrderAccepted)


def test_a_session_cut_while_the_tick_walks_delays_nobody() -> None:
    quiet = QuietVenue(NAMES)
    ends = quiet.logged_on(*NAMES, cancel_on_disconnect=True)
    for end in ends:
        end.say(wire.Subscribe("CO2"))
    quiet.tick()
    cut: list[End] = []

    def cut_one(_time: int, _events: list[Any]) -> None:
        if len(cut) < 4:
            victim = ends[2 + len(cut)]
            cut.append(victim)
            victim.cut()
            End(quiet).log_on(NAMES[11])  # and another comes, and takes an account over

    quiet.core.running.observers.append(cut_one)
    ends[0].say(sell(1), sell(2))
    ends[1].say(buy(1), buy(2))
    quiet.tick()
    assert len(cut) == 4
    for end in ends[:2]:
        assert [fill.quantity for fill in end.all_of(wire.OrderFilled)] == [1, 1]
    for end in (*ends[:2], *ends[6:]):
        assert len(end.all_of(wire_market.Trade)) == 2
        assert end.writes == 3
    quiet.tick()
    assert quiet.sequencer.venue.open_orders(NAMES[2]) == []


def test_each_session_is_written_to_once_in_a_tick_and_one_sync_serves_all() -> None:
    quiet = QuietVenue(NAMES, shared_turn=128)
    ends = quiet.logged_on(*NAMES)
    syncs, writes = quiet.log.syncs, [end.writes for end in ends]
    for end in ends:
        end.say(*(buy(ref, 1, 4_900 + ref) for ref in range(1, 100)), wire.Subscribe())
    quiet.tick()
    assert quiet.log.syncs == syncs + 1
    assert [end.writes for end in ends] == [before + 1 for before in writes]
    assert quiet.core.peak_batch == 99 * len(NAMES)


def test_reports_beyond_a_chunk_follow_in_the_next_ticks() -> None:
    quiet = QuietVenue(("ann",), chunk=2_000, most=300)
    (ann,) = quiet.logged_on("ann")
    ann.say(*(buy(ref) for ref in range(1, 300)))
    quiet.tick()
    assert len(ann.all_of(wire.OrderAccepted)) < 100
    ticks = 0
    while quiet.core.busy:
        quiet.tick(0)
        ticks += 1
    assert ticks > 3
    assert [r.seq for r in ann.reports()] == list(range(1, 302))
