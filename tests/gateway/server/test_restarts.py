"""A venue that is killed at any moment of any day goes on as if it had not been.

Two cores run by the same timetable, clock, operators and clients. One of them is dropped again
and again and made anew from its log: at once, out of a torn last batch, or after ticks that it
missed. Their states are compared after every tick that both have run.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from engine.log.records import encode_genesis
from engine.log.sequencer import Sequencer, replay_bytes
from engine.rulebook.calendar import date_of, day_number, local_date, utc, weekday
from engine.rulebook.model import Calendar, Mode, Product, Rulebook, Session
from engine.rulebook.validation import validate
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import CALL_PHASES, Mechanism, Phase, Side, TimeInForce
from gateway.server.accounts import Credentials, Directory
from gateway.server.core import Core
from gateway.server.limits import Limits
from gateway.server.node import Node, Options
from gateway.server.outbox import Outboxes
from gateway.server.timetable import Past, Timetable
from tests.support.quiet_core import MemoryLog
from tests.support.random_flow import NAMES, Flow

if TYPE_CHECKING:
    from engine.log.records import Record

SEEDS = range(int(os.environ.get("CARBONX_DEEP", "0")) or 40)
SECOND = 1_000_000_000
HOUR = 3_600 * SECOND
CLIENT = 9  # a source of commands that is neither operator nor timer
MONDAY = 20251201
PLAIN_PHASES = (Phase.CLOSED, Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.CONTINUOUS, Phase.HALTED)


def sessions(random: Random) -> tuple[Session, ...]:
    """Draw a day in which some steps name modes, some do not, and some lead nowhere."""
    found = []
    for at in sorted(random.sample(range(360, 1_320), random.randint(3, 9))):
        named = random.choice(((), ("screen",), ("screen",), ("board", "block"), ("sale",)))
        phases = (*PLAIN_PHASES, *CALL_PHASES) if named == ("screen",) else PLAIN_PHASES
        later = random.choice((0, 0, 600))
        found.append(Session(at * 60, random.choice(phases), named, later))
    return tuple(found)


def rulebook(random: Random) -> Rulebook:
    """Draw a rulebook of four designs with a timetable of its own."""
    screen = Mode("screen", moves_close=True, resale_lag=random.choice((0, 1)))
    call = random.choice(
        (
            {"batch_seconds": random.choice((600, 5_000))},
            {"volatility_bp": 200, "volatility_seconds": random.choice((90, 4_000))},
        )
    )
    modes = (
        structs.replace(screen, **call),
        Mode("board", mechanism=Mechanism.LISTING),
        Mode("block", mechanism=Mechanism.NEGOTIATED),
        Mode("sale", mechanism=Mechanism.ONE_WAY),
    )  # fmt: skip
    limited = tuple(
        structs.replace(mode, limit_up_bp=1_000, limit_down_bp=1_000) for mode in modes[:3]
    )
    calendar = Calendar(sessions=sessions(random))
    book = Rulebook("drawn", (Product("A", 1_000),), modes=(*limited, modes[3]), calendar=calendar)
    validate(book)
    return book


class Following:
    """A venue that follows its timetable, its log in memory, its clock the test's."""

    def __init__(self, book: Rulebook, draw: int) -> None:
        self.book = book
        self.draw = draw
        self.log = MemoryLog(encode_genesis(book, 0))
        self.batch = 0  # bytes of the last tick
        self.follows = True
        self._go(Sequencer(Venue(book), self.log), Past(), Outboxes())  # type: ignore[arg-type]

    def _go(self, sequencer: Sequencer, past: Past, outboxes: Outboxes) -> None:
        self.venue = sequencer.venue
        timetable = Timetable(self.venue, lambda below: self.draw % below, past)
        follows = timetable if self.follows else None
        self.core = Core(Directory(()), sequencer, outboxes, Limits(), follows)

    def tick(self, now: int) -> None:
        before = len(self.log.kept)
        self.core.tick(now)
        self.batch = len(self.log.kept) - before
        self.venue.check()

    def say(self, now: int, command: c.Command) -> list[e.Event]:
        """Run a client's command."""
        self.core.running.begin(now)
        return self.core.running.run(CLIENT, command)

    def restart(self, torn: int = 0) -> None:
        """Kill it, cut some bytes off its log's end, and make it anew from what is left."""
        data = bytes(self.log.kept[: len(self.log.kept) - torn])
        past, outboxes = Past(), Outboxes()

        def on_record(record: Record, events: list[e.Event]) -> None:
            outboxes.absorb(record.time, events)
            past.absorb(record, events)

        replayed = replay_bytes(data, on_record)
        self.log = MemoryLog(data)
        self._go(
            Sequencer(replayed.venue, self.log, replayed.records, replayed.time),  # type: ignore[arg-type]
            past,
            outboxes,
        )


def meaning(venue: Venue) -> dict[str, object]:
    """Return what a venue looks like: for a difference that can be read."""
    found: dict[str, object] = {
        line: (venue.phase(line).name, venue.limits(line), venue.last_price(line),
               venue.markets[line].places())
        for line in venue.symbols
    }  # fmt: skip
    return found | {"date": venue.date, "time": venue.time, "day": venue.ledger.day}


class Both:
    """A venue that runs through and one that is killed now and then."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.book = rulebook(random)
        draw = random.randrange(10**6)
        self.plain, self.other = Following(self.book, draw), Following(self.book, draw)
        self.flow = Flow(self.book, random)
        self.flow.venue = self.plain.venue
        self.now = utc(self.book.calendar, MONDAY, random.choice((0, 7, 11, 15)) * 3_600)
        for command in self.flow.given:
            self.say(command)

    def say(self, command: c.Command) -> None:
        events = self.plain.say(self.now, command)
        self.flow.note(events)
        assert self.other.say(self.now, command) == events

    def tick(self) -> None:
        for each in (self.plain, self.other):
            each.tick(self.now)
        self.compare()

    def compare(self) -> None:
        assert meaning(self.other.venue) == meaning(self.plain.venue)
        assert self.other.venue.state_hash() == self.plain.venue.state_hash()

    def operate(self) -> None:
        """Have an operator halt, close early, call, freeze, open, or amend the calendar."""
        random = self.random
        line = random.choice(("", "A", *self.plain.venue.symbols))
        phase = random.choice((*Phase, Phase.CONTINUOUS, Phase.INTRADAY_CALL))
        command: c.Command = c.SetPhase(phase, line, "by hand")
        if random.random() < 0.3:
            tomorrow = date_of(day_number(local_date(self.book.calendar, self.now)) + 1)
            path = random.choice(("calendar.holidays+", "calendar.extra_days+"))
            command = c.AmendRulebook(path, str(tomorrow), tomorrow)
        for each in (self.plain, self.other):
            each.core.operate(command, timed=True)

    def busy(self) -> None:
        """Let clients and the operator act, then tick."""
        for _ in range(self.random.choice((0, 5, 15, 40))):
            self.say(self.flow.command())
        if self.random.random() < 0.25:
            self.operate()
        self.tick()

    def down(self) -> None:
        """Let one venue miss up to 20 hours, in which nobody says anything."""
        for _ in range(self.random.randint(1, 4)):
            self.now += self.random.randint(SECOND, 5 * HOUR)
            self.plain.tick(self.now)
        self.other.restart()
        self.other.tick(self.now)
        self.compare_now()

    def compare_now(self) -> None:
        """Compare where one of them may have had no reason to look at the clock."""
        for each in (self.plain, self.other):
            each.say(self.now, c.AdvanceTime(self.now))
            each.core.running.sequencer.commit()
        self.compare()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_venue_goes_on_where_one_that_was_not_killed_is(seed: int) -> None:
    random = Random(seed)
    both = Both(random)
    both.tick()
    for _ in range(25):
        both.now += random.choice((2, 60, 700, 3_600, 3_600, 7_200)) * SECOND
        what = random.random()
        if what < 0.7:
            both.busy()
        if what < 0.25:
            both.down()
            continue
        if what < 0.7:
            both.other.restart()
        else:
            both.tick()  # nothing but the clock: whatever of it was torn off is done again
            both.other.restart(random.randint(0, both.other.batch))
            both.other.tick(both.now)
            both.compare_now()
        both.compare()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_start_in_the_middle_of_the_day_is_where_one_in_the_morning_leads(seed: int) -> None:
    random = Random(seed)
    book = rulebook(random)
    draw = random.randrange(10**6)
    early, late = Following(book, draw), Following(book, draw)
    now = midnight = utc(book.calendar, MONDAY, 0)
    start = midnight + random.randrange(24 * HOUR)
    while now < start:
        early.tick(now)
        now += random.randint(SECOND, 3 * HOUR)
    early.tick(start)
    late.tick(start)
    assert meaning(late.venue) == meaning(early.venue)
    assert late.venue.state_hash() == early.venue.state_hash()


@pytest.mark.parametrize("seed", SEEDS)
def test_amended_holidays_and_make_up_days_hold_the_next_morning(seed: int) -> None:
    random = Random(seed)
    book = rulebook(random)
    venue = Following(book, 0)
    trades: dict[int, bool] = {}  # what the amendments say of a day, the make-up days winning
    began = []
    for number in range(day_number(MONDAY), day_number(MONDAY) + 12):
        date, ahead = date_of(number), date_of(number + random.randint(1, 3))
        for hour in (0, 9, 20):
            if hour == 20 and random.random() < 0.6:
                extra = random.random() < 0.5
                path = "calendar.extra_days+" if extra else "calendar.holidays+"
                effective = random.choice((0, ahead))
                venue.core.operate(c.AmendRulebook(path, str(ahead), effective), timed=True)
                trades[ahead] = extra or trades.get(ahead, False)
            venue.tick(utc(book.calendar, date, hour * 3_600))
            if random.random() < 0.2:
                venue.restart()
        if venue.venue.date == date:
            began.append(date)
        assert (venue.venue.date == date) == trades.get(date, weekday(date) < 6), date
    assert venue.venue.ledger.day == len(began)


@pytest.mark.parametrize("seed", SEEDS[::2])
def test_what_was_due_while_a_venue_was_down_comes_in_its_order(seed: int) -> None:
    """An auction is cleared before the line closes; a call's orders trade before they expire."""
    random = Random(seed)
    phases = ((9, Phase.CONTINUOUS), (random.randint(11, 14), Phase.CLOSED))
    steps = tuple(Session(hour * 3_600, phase) for hour, phase in phases)
    book = structs.replace(rulebook(random), calendar=Calendar(sessions=steps))
    both = [Following(book, 1), Following(book, 1)]
    start = utc(book.calendar, MONDAY, 10 * 3_600)
    window = start + random.randint(60, 3_000) * SECOND
    expires = start + random.randint(1, 9_000) * SECOND
    for each in both:
        for name in ("ann", "bob"):
            each.say(start, c.OpenAccount(name))
            each.say(start, c.MoveCash(name, 10**9))
            each.say(start, c.MoveAllowances(name, "A", 10**6))
        each.tick(start)
        each.core.operate(c.SetPhase(Phase.INTRADAY_CALL, "A", "news"), timed=True)
        each.tick(start + SECOND)
        for number, name in enumerate(("ann", "bob")):
            side = (Side.SELL, Side.BUY)[number]
            each.say(
                start,
                c.NewOrder(
                    name,
                    1,
                    "A",
                    side,
                    5,
                    1_000,
                    tif=TimeInForce.GTD,
                    expire_at=expires + random.randrange(2),
                ),
            )
        each.say(start, c.Announce("ann", 2, "A@sale", Side.SELL, 50, 900, start, window))
        each.say(start, c.Bid("bob", 2, "A@sale", 1, 50, 950))
        each.tick(start + 2 * SECOND)
    plain, other = both
    for minute in range(1, 400):
        plain.tick(start + minute * 60 * SECOND)
    other.restart()
    other.tick(start + 399 * 60 * SECOND)
    for name in ("ann", "bob"):
        assert other.venue.allowances(name, "A") == plain.venue.allowances(name, "A")
    assert plain.venue.allowances("bob", "A")[0] >= 10**6 + 50


@pytest.mark.parametrize("by_hand", [12, 14])
def test_a_step_older_than_what_an_operator_did_meanwhile_is_passed_over(by_hand: int) -> None:
    """The timetable was not followed from 10:00 to 15:00; its step at 13:00 opens the line."""
    steps = (Session(9 * 3_600, Phase.CONTINUOUS), Session(13 * 3_600, Phase.CONTINUOUS))
    each = Following(Rulebook("r", (Product("A", 1_000),), calendar=Calendar(sessions=steps)), 1)
    start = utc(each.book.calendar, MONDAY, 0)
    each.tick(start + 10 * HOUR)
    each.follows = False
    each.restart()
    each.core.operate(c.SetPhase(Phase.HALTED, "A", "news"), timed=True)
    each.tick(start + by_hand * HOUR)
    each.follows = True
    each.restart()
    each.tick(start + 15 * HOUR)
    assert each.venue.phase("A") is (Phase.CONTINUOUS if by_hand < 13 else Phase.HALTED)


@pytest.mark.parametrize("late", [0, SECOND, 5 * SECOND - 1, 5 * SECOND, 5 * SECOND + 1])
def test_a_step_that_an_operator_came_before_is_taken_if_it_is_not_late(late: int) -> None:
    steps = (Session(9 * 3_600, Phase.CONTINUOUS), Session(13 * 3_600, Phase.CONTINUOUS))
    each = Following(Rulebook("r", (Product("A", 1_000),), calendar=Calendar(sessions=steps)), 1)
    start = utc(each.book.calendar, MONDAY, 0)
    each.tick(start + 10 * HOUR)
    each.core.operate(c.SetPhase(Phase.HALTED, "A", "news"), timed=True)
    each.tick(start + 13 * HOUR + late)
    each.tick(start + 14 * HOUR)
    assert each.venue.phase("A") is (Phase.CONTINUOUS if late < 5 * SECOND else Phase.HALTED)


@pytest.mark.parametrize("seed", SEEDS[::4])
def test_a_volatility_call_lasts_its_time_over_restarts_after_a_quiet_day(seed: int) -> None:
    random = Random(seed)
    seconds = random.choice((5, 90))
    mode = Mode(volatility_bp=200, volatility_seconds=seconds)
    each = Following(Rulebook("quiet", (Product("A", 1_000),), modes=(mode,)), 1)
    now = utc(each.book.calendar, MONDAY, 9 * 3_600)
    for name in ("ann", "bob"):
        each.say(now, c.OpenAccount(name))
        each.say(now, c.MoveCash(name, 10**9))
        each.say(now, c.MoveAllowances(name, "A", 10**6))
    each.core.operate(c.SetPhase(Phase.CONTINUOUS), timed=True)
    for _ in range(3):
        each.tick(now)
        now += random.randint(SECOND, 2 * HOUR)
    each.tick(now)
    each.say(now, c.NewOrder("ann", 1, "A", Side.SELL, 5, 1_050))
    each.say(now, c.NewOrder("bob", 1, "A", Side.BUY, 5, 1_050))
    each.tick(now)
    assert each.venue.phase("A") is Phase.INTRADAY_CALL
    for second in range(1, seconds + 2):
        if random.random() < 0.2:
            each.restart()
        each.tick(now + second * SECOND)
        if second < seconds:
            assert each.venue.phase("A") is Phase.INTRADAY_CALL
    assert each.venue.phase("A") is Phase.CONTINUOUS


# -- without a timetable ---------------------------------------------------------------------------


def open_node(folder: str, book: Rulebook) -> Node:
    stock = {product.symbol: 10**6 for product in book.products}
    accounts = Directory(tuple(Credentials(n, n, cash=10**12, allowances=stock) for n in NAMES))
    return Node.open(Path(folder), book, accounts, Options(durability="none", opens=True))


@pytest.mark.parametrize("seed", SEEDS[::2])
def test_a_restart_opens_nothing_whatever_the_phases_are(seed: int) -> None:
    random = Random(seed)
    book = rulebook(random)
    flow = Flow(book, random)
    with TemporaryDirectory() as folder:
        node = open_node(folder, book)
        assert node.opens
        assert {node.sequencer.venue.phase(line) for line in node.sequencer.venue.symbols} == {
            Phase.CONTINUOUS
        }
        for _ in range(6):
            flow.venue = venue = node.sequencer.venue
            for _ in range(random.randint(0, 6)):
                flow.note(node.operate(flow.command()))
            line = random.choice(("", *venue.symbols))
            node.operate(c.SetPhase(random.choice(tuple(Phase)), line, "by hand"), timed=True)
            state = meaning(venue)
            node.core.running.abandon()  # as if it were killed
            node = open_node(folder, book)
            assert not node.opens
            assert meaning(node.sequencer.venue) | {"time": 0} == state | {"time": 0}
        node.core.running.abandon()
