"""The core's bounds on sessions, and the commands of the operator and of the clock."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from engine.log.records import CommandError
from engine.vocabulary.commands import MoveCash, SetPhase
from engine.vocabulary.enums import CancelReason, Phase, RejectReason, TimeInForce
from engine.vocabulary.units import MAX_REF
from gateway.protocol import wire, wire_account, wire_history, wire_market
from gateway.server.accounts import Credentials
from gateway.server.door import MAX_FIRST_REF, MAX_JUMP
from tests.gateway.server.test_core import NAMES, buy, sell, unbatched
from tests.support.logons import hello
from tests.support.quiet_core import End, QuietVenue

# -- limits ---------------------------------------------------------------------------------------


def test_a_reader_that_is_stuck_is_written_to_when_it_has_caught_up() -> None:
    quiet = QuietVenue(("ann", "bob"))
    ann, bob = quiet.logged_on("ann", "bob")
    quiet.core.paused(ann.connection, quiet.now)
    ann.say(buy(1))
    bob.say(sell(1))
    quiet.tick()
    assert bob.all_of(wire.OrderFilled)
    assert not ann.all_of(wire.OrderFilled)
    quiet.core.resumed(ann.connection)
    quiet.tick()
    assert ann.all_of(wire.OrderFilled)


@pytest.mark.parametrize("patience", [False, True])
def test_a_reader_that_stays_stuck_is_cut_with_a_reason(*, patience: bool) -> None:
    quiet = QuietVenue(("ann", "bob"), max_queued=2_000, patience=10**9)
    ann, bob = quiet.logged_on("ann", "bob")
    ann.say(wire.Subscribe())
    quiet.tick()
    quiet.core.paused(ann.connection, quiet.now)
    if patience:
        for _ in range(5):
            quiet.tick(250)
    else:
        for turn in range(5):
            bob.say(*(buy(ref + 100 * turn, 1, 4_900 + ref) for ref in range(1, 100)))
            quiet.tick()
    assert ann.closed()
    assert ann.heard[-1].reason is wire.LogoutReason.SLOW_READER
    assert not bob.closed()


def test_a_question_ends_its_sessions_turn() -> None:
    quiet = QuietVenue(("ann",), most=256)
    (ann,) = quiet.logged_on("ann")
    asked = [wire.AskStatus(), wire_history.AskTrades("CO2"), wire_history.AskHistory("CO2")] * 20
    ann.say(*(each for ask in asked for each in (ask, wire.Heartbeat())))
    counts = []
    while quiet.core.busy:
        before = len(ann.heard)
        quiet.once()
        counts.append(len(ann.heard) - before)
    assert counts == [16] + [2] * 22 + [0], "a question counts as a turn, shorter ones at first"
    said = [type(m) for m in ann.heard if isinstance(m, wire.Reply.__args__)]
    assert said == [wire_account.AccountStatus, wire_history.DayTrades, wire_history.History] * 20


def test_answers_asked_for_at_once_are_bounded() -> None:
    quiet = QuietVenue(("ann",), max_queued=20_000, most=256)
    (ann,) = quiet.logged_on("ann")
    ann.say(*(wire.Subscribe() for _ in range(1_000)))
    quiet.tick()
    ticks = 1 + (1_000 - 256 // 16) / 2
    assert len(ann.all_of(wire_market.BookSnapshot)) == ticks, "one for the turns of a tick"
    quiet.core.paused(ann.connection, quiet.now)
    ann.say(*(wire.AskStatus() for _ in range(2_000)))
    quiet.tick()
    assert ann.closed()
    assert ann.heard[-1].reason is wire.LogoutReason.SLOW_READER
    assert ann.connection.queued < 20_000 + 2_000


def test_one_session_too_many_is_sent_away() -> None:
    quiet = QuietVenue(NAMES, max_sessions=2)
    quiet.logged_on(*NAMES[:2])
    (late,) = quiet.logged_on(NAMES[2])
    assert late.closed()
    assert late.heard[-1].reason is wire.LogoutReason.FULL
    assert not late.all_of(wire.LoggedOn)


def test_places_are_kept_for_an_operators_key_and_for_who_takes_over() -> None:
    quiet = QuietVenue(NAMES, max_sessions=2, reserved=3)
    key = Credentials(NAMES[2], "its key", key_name="desk", permission="admin")
    quiet.core.sessions.door.directory.keys = {(NAMES[2], "desk"): key}
    first, _ = quiet.logged_on(*NAMES[:2])
    (again,) = quiet.logged_on(NAMES[0])
    assert again.all_of(wire.LoggedOn)
    assert first.closed()
    member = End(quiet)  # is there, without a logon
    desk = End(quiet)
    logon = wire.Logon(wire.VERSION, "", NAMES[2], "a nonce", heartbeat_ms=600_000, key_name="desk")
    desk.send(hello(logon, "its key"))
    quiet.tick()
    assert desk.all_of(wire.LoggedOn)
    member.log_on(NAMES[2])
    quiet.tick()
    assert member.heard[-1].reason is wire.LogoutReason.FULL
    assert not desk.closed()
    for gone in (first, member):
        gone.cut()
    crowd = [End(quiet) for _ in range(3)]
    quiet.tick()
    assert [end.closed() for end in crowd] == [False, False, True]
    assert crowd[-1].heard[-1].reason is wire.LogoutReason.FULL


def test_who_does_not_log_on_goes_and_who_is_silent_hears_heartbeats_first() -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann", heartbeat_ms=4_000)
    mute = End(quiet)
    quiet.wait(4_500)
    assert ann.all_of(wire.VenueHeartbeat)
    assert not mute.closed()
    quiet.wait(1_050)
    assert mute.closed()
    assert mute.heard[-1].reason is wire.LogoutReason.SILENT


def test_a_pause_of_the_venue_ends_no_session_of_a_client_that_kept_talking() -> None:
    quiet = QuietVenue(("ann", "bob"), patience=10**9)
    ann, bob = quiet.logged_on("ann", "bob", heartbeat_ms=4_000)
    late = End(quiet)
    quiet.core.paused(bob.connection, quiet.now)
    quiet.tick(60_000)  # nothing was read meanwhile, and nothing written
    for end in (ann, bob):
        end.say(wire.Heartbeat())
    late.log_on("bob", again=True)
    quiet.tick()
    quiet.tick(100)
    assert not ann.closed()
    assert bob.closed()
    assert late.all_of(wire.LoggedOn)
    assert not late.closed()


def test_a_pause_of_the_venue_is_not_held_against_a_reader() -> None:
    quiet = QuietVenue(("ann",), patience=10**9)
    (ann,) = quiet.logged_on("ann")
    quiet.core.paused(ann.connection, quiet.now)
    quiet.tick(60_000)
    assert not ann.closed()
    quiet.core.resumed(ann.connection)
    quiet.tick(60_000)
    assert not ann.closed()


# -- the operator and the clock -------------------------------------------------------------------


def test_an_operators_command_is_answered_once_it_is_durable_and_not_before() -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann")
    ann.say(buy(1))
    operation = quiet.core.operate(SetPhase(Phase.HALTED, reason="news"), timed=True)
    states: list[bool] = []
    quiet.log.before_sync = lambda: states.append(operation.durable)
    quiet.tick()
    assert states == [False]
    assert operation.durable
    assert operation.events
    assert quiet.sequencer.venue.time == quiet.now
    (refused,) = ann.all_of(wire.Rejected)
    assert refused.ref == 1, "the operator goes first"


@pytest.mark.parametrize(
    "command",
    [MoveCash("ann", 1 << 64), MoveCash("ann\ud800", 1), SetPhase(Phase.HALTED, "CO2", b"x"),  # type: ignore[arg-type] # on purpose
     SetPhase("halted", "CO2")],  # type: ignore[arg-type] # on purpose
    ids=["too large", "half a character", "bytes for text", "text for a phase"],
)  # fmt: skip
def test_a_command_that_the_log_cannot_hold_is_refused_before_it_has_a_number(command: Any) -> None:
    quiet = QuietVenue(("ann",))
    before = quiet.sequencer.seq
    with pytest.raises(CommandError):
        quiet.core.operate(command)
    quiet.tick()
    assert quiet.sequencer.seq == before
    unbatched(quiet)


def test_an_expiry_is_told_in_the_tick_that_the_clock_makes_due() -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann")
    ann.say(buy(1, tif=TimeInForce.GTD, expire_at=quiet.now + 10**9))
    quiet.tick()
    quiet.tick(900)
    assert not ann.all_of(wire.OrderCancelled)
    quiet.tick(200)
    (expired,) = ann.all_of(wire.OrderCancelled)
    assert expired.reason is CancelReason.EXPIRED


def test_the_calendar_runs_by_the_time_and_the_draws_that_are_handed_in() -> None:
    quiet = QuietVenue(("ann",), draw=lambda below: 17 % below, rulebook="krx")
    phases = []
    for _ in range(24 * 60):
        quiet.tick(60_000)
        phases.append(quiet.sequencer.venue.phase("KAU"))
    assert Phase.CONTINUOUS in phases
    assert Phase.CLOSED in phases[phases.index(Phase.CONTINUOUS) :]
    unbatched(quiet)


def test_a_clock_that_is_set_back_stops_no_session() -> None:
    quiet = QuietVenue(("ann",), throttle=2)
    (ann,) = quiet.logged_on("ann", heartbeat_ms=1_000)
    time = quiet.sequencer.time
    quiet.tick(-3_600_000)
    ann.say(buy(1))
    mute = End(quiet)
    quiet.tick()
    (accepted,) = ann.all_of(wire.OrderAccepted)
    assert accepted.time >= time
    for ref in range(2, 8):
        quiet.wait(1_000)
        ann.say(buy(ref))
    quiet.tick()
    assert len(ann.all_of(wire.OrderAccepted)) == 7, "the throttle refills"
    assert not ann.closed()
    assert mute.closed(), "silence is noticed"
    quiet.wait(1_500)
    assert ann.all_of(wire.VenueHeartbeat)


def test_a_clock_that_is_set_forward_ends_no_session() -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann", heartbeat_ms=4_000)
    quiet.wait(3_000)
    quiet.tick(3_600_000)
    quiet.wait(4_500)
    assert not ann.closed(), "it is silent for less than two intervals"
    quiet.wait(1_000)
    assert ann.closed()


def test_a_subscription_that_ends_in_its_own_tick_brings_nothing() -> None:
    quiet = QuietVenue(("ann", "bob"))
    ann, bob = quiet.logged_on("ann", "bob")
    ann.say(wire.Subscribe(), wire.Unsubscribe("CO2"))
    bob.say(wire.Subscribe(), wire.Logout())
    quiet.tick()
    assert not ann.all_of(wire_market.BookSnapshot)
    assert isinstance(bob.heard[-1], wire.LoggedOut)
    ann.say(buy(1))
    quiet.tick()
    assert not ann.all_of(wire_market.BookUpdate)


@pytest.mark.parametrize("seed", range(5))
def test_a_call_that_is_on_is_given_the_time_once_a_second(seed: int) -> None:
    rng = Random(seed)
    quiet = QuietVenue(("ann",))
    venue = quiet.sequencer.venue
    quiet.core.operate(SetPhase(Phase.INTRADAY_CALL, "CO2"), timed=True)
    quiet.tick()
    begun, told = quiet.now, venue.time
    step = 1
    while quiet.now < begun + 20 * 10**9:
        step = rng.choice((1, 40, 100, 300, 1_000 - (quiet.now - told) // 10**6))
        quiet.tick(max(1, step))
        if venue.time != told:
            assert quiet.now - told >= 10**9, "the time is a record in the log"
            told = venue.time
            assert told == quiet.now
        assert quiet.now - told < 10**9 + 50 * 10**6


def test_an_update_of_the_book_has_the_levels_that_changed_since_the_last() -> None:
    quiet = QuietVenue(("ann", "bob"))
    ann, bob = quiet.logged_on("ann", "bob")
    ann.say(wire.Subscribe())
    quiet.tick()
    for ref, price in enumerate((4_990, 4_991, 4_995, 4_991), 1):
        bob.say(buy(ref, 5, price))
        quiet.tick()
    updates = [message.levels for message in ann.all_of(wire_market.BookUpdate)]
    assert [[(each.price, each.quantity) for each in levels] for levels in updates] == [
        [(4_990, 5)], [(4_991, 5)], [(4_995, 5)], [(4_991, 10)]
    ]  # fmt: skip


def test_an_accounts_live_orders_are_bounded_and_its_cancels_make_room() -> None:
    quiet = QuietVenue(("ann",), max_live=5)
    (ann,) = quiet.logged_on("ann")
    ann.say(*(buy(ref) for ref in range(1, 9)))
    quiet.tick()
    assert [m.ref for m in ann.all_of(wire.OrderAccepted)] == [1, 2, 3, 4, 5]
    refused = ann.all_of(wire.NotTaken)
    assert [(m.ref, m.reason) for m in refused] == [
        (ref, RejectReason.LIVE_ORDERS) for ref in (6, 7, 8)
    ]
    ann.say(wire.CancelOrder(6, 1), wire.AmendOrder(7, 2, 1, 4_900))
    quiet.tick()
    ann.say(buy(8))
    quiet.tick()
    assert [m.ref for m in ann.all_of(wire.OrderAccepted)][-1] == 8, "a reference not taken is free"
    assert ann.all_of(wire.OrderAmended)
    assert len(quiet.sequencer.venue.open_orders("ann")) == 5


@pytest.mark.parametrize("throttle", [0, 1_000])
def test_a_reference_too_far_above_the_last_is_not_taken_and_changes_nothing(
    throttle: int,
) -> None:
    """One slip would leave the account without references; a clock's are taken from the start."""
    quiet = QuietVenue(("ann", "bob"), throttle=throttle)
    ann, bob = quiet.logged_on("ann", "bob")
    clock = 1_800_000_000 * 10**9  # a date in nanoseconds
    for end, ref in ((bob, clock), (bob, clock + 86_400 * 10**9), (ann, 5)):
        end.say(buy(ref))
        quiet.tick()
    ann.say(buy(MAX_REF), buy(5 + MAX_JUMP + 1), buy(6), buy(6 + MAX_JUMP), buy(MAX_REF + 1))
    bob.say(buy(clock + 86_401 * 10**9 + MAX_JUMP))
    quiet.tick()
    assert [m.ref for m in bob.all_of(wire.OrderAccepted)] == [clock, clock + 86_400 * 10**9]
    assert [m.ref for m in ann.all_of(wire.OrderAccepted)] == [5, 6, 6 + MAX_JUMP]
    found = [(m.ref, m.reason, m.rule) for m in ann.all_of(wire.NotTaken)]
    rule = f"at most {MAX_JUMP} above the last, 5"
    reason = RejectReason.REFERENCE_JUMP
    assert found == [(MAX_REF, reason, rule), (5 + MAX_JUMP + 1, reason, rule)]
    assert [m.ref for m in bob.all_of(wire.NotTaken)] == [clock + 86_401 * 10**9 + MAX_JUMP]
    (beyond,) = ann.all_of(wire.Rejected)
    assert (beyond.ref, beyond.reason) == (MAX_REF + 1, RejectReason.DUPLICATE_REF)


def test_an_accounts_first_reference_leaves_as_many_again() -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann")
    ann.say(buy(MAX_FIRST_REF + 1), buy(MAX_FIRST_REF))
    quiet.tick()
    (refused,) = ann.all_of(wire.NotTaken)
    assert (refused.ref, refused.rule) == (MAX_FIRST_REF + 1, f"at most {MAX_FIRST_REF} at first")
    assert [m.ref for m in ann.all_of(wire.OrderAccepted)] == [MAX_FIRST_REF]
