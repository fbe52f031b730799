"""The laboratory's clock: who acts when, and in which order where times are equal.

Everything that happens is an event of the queue, and the queue has a total order:

1. its time, in ns;
2. its class: what the operator, the calendar and the clock do (``OPERATOR``), then commands that
   reach the venue (``COMMAND``), then reports that reach an agent (``REPORT``), then wake-ups
   (``WAKE``);
3. the agent's place in the population;
4. a counter, so that what was asked for first comes first.

Agents act through a ``Seat``. What they send takes their latency to the venue; what they hear takes
it back. Messages of one agent never overtake each other, as on a connection. While an agent
computes it is busy: what comes for it meanwhile waits, and is handled in the order of its coming.

The venue learns the time with the operator's commands, when something is due by the clock (an
expiry, the end of a batch, the edge of a bidding window), and, where the rules measure from the
time of an order, before each command.
"""

from __future__ import annotations

from collections import deque
from itertools import repeat
from operator import length_hint
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from backtest.agents.visibility import Visibility
from backtest.kernel.clock import INDICATE_EVERY, clock_needs
from backtest.kernel.queue import (
    BELOW_TIME,
    OPERATOR,
    REPORT,
    TIME_BITS,
    WAKE,
    AgentError,
    EventQueue,
    Queued,
    QueuedEvent,
)
from backtest.kernel.seat import Seat
from engine.vocabulary.commands import AdvanceTime, AmendRulebook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backtest.agents.market import Participant
    from backtest.kernel.latency import Delay
    from backtest.kernel.streams import Streams
    from engine.log.sequencer import Sequencer
    from engine.vocabulary.commands import ClientCommand, Command
    from engine.vocabulary.events import Event

    Watcher: TypeAlias = Callable[[int, Command, list[Event]], None]

# A command and what came of it, at a time in ns.
Entry: TypeAlias = "tuple[int, Command, list[Event]]"

MOST_STEPS: Final = 200_000_000  # of a run; the national year, the largest market, takes some 1%
_TIMER: Final = 1  # the log's source of the passing of time
_ON_WAKE: Final = "on_wake"
_FREE: Final = object()  # instead of what happened: the agent has finished computing

__all__ = ["AgentError", "Entry", "Kernel", "Seat"]


class Kernel(EventQueue):
    """Drives one venue and its agents through virtual time."""

    __slots__ = ("_exact", "_hearing", "_most_steps", "_places", "_sink", "_steps_left",
                 "_submit", "_timer", "_venue_apply", "_visibility", "anybody", "commands",
                 "plain", "seats", "sequencer", "tape", "watchers")  # fmt: skip

    def __init__(
        self,
        sequencer: Sequencer,
        tape: list[Entry] | None = None,
        streams: Streams | None = None,
        *,
        sink: Watcher | None = None,
        most: int = MOST_STEPS,
    ) -> None:
        """Start at the venue's time, ns UTC; agents draw from ``streams``.

        A run in which more than ``most`` things happen (wake-ups, commands that take their time to
        the venue, reports, what the clock and the operator do) is taken for endless.

        ``tape`` receives every command and its events. So does ``sink``, which only looks on;
        ``watchers`` may have the operator do something about it.
        """
        super().__init__(sequencer.venue, streams)
        self.sequencer = sequencer
        self._submit = sequencer.submit_checked
        self._venue_apply = sequencer.venue.apply
        self.commands = 0  # of agents, that reached the venue
        self.watchers: list[Watcher] = []
        self.tape = tape
        self._sink = sink
        self._most_steps = self._steps_left = most
        self.seats: dict[str, Seat] = {}  # by account
        self.anybody = False  # whether reports are delivered at all
        self._places = _TIMER + 1  # the next agent's, which is also its source in the log
        self._hearing: list[Seat] = []  # those that receive public data
        self._visibility = Visibility()
        self._timer = 0  # when the clock is looked at next; 0: no time is known
        self.dated, self._exact = clock_needs(sequencer.venue.rulebook)
        self.plain = False  # whether nobody acts on what comes of a command

    def join(
        self,
        agent: Participant,
        account: str,
        who: str = "",
        *,
        to_venue: Delay | None = None,
        back: Delay | None = None,
        compute: int = 0,
    ) -> Seat:
        """Let an agent act for an account. Raises ``ValueError`` where the account has one.

        ``who`` names it in errors and keys. Delays are ns a message, ``compute`` ns a turn.
        """
        place = self.take_places([account])
        seat = Seat(self, agent, place, account, who or account, to_venue, back, compute)
        self.enter(seat, [account])
        return seat

    def take_places(self, accounts: list[str]) -> int:
        """Keep places for accounts; return the first. Raises ``ValueError`` where one has one."""
        for account in accounts:
            if account in self.seats:
                message = f"the account {account!r} has an agent already"
                raise ValueError(message)
        self._places += len(accounts)
        return self._places - len(accounts)

    def enter(self, seat: Seat, accounts: list[str]) -> None:
        """Deliver the reports of accounts to a seat from now on."""
        self.seats.update(dict.fromkeys(accounts, seat))
        if seat.agent.hears_public:
            self._hearing.append(seat)
        self.anybody |= seat.agent.hears_own or seat.agent.hears_public

    def at(self, time: int, command: Command) -> None:
        """Have the operator give a command at a time (ns)."""
        self.push(time, OPERATOR, 0, None, command)

    def give(self, command: Command) -> None:
        """Give the venue an operator's command now."""
        self._operate(command)

    def run(self, until: int) -> None:
        """Go through the queue up to a time (ns), which is the time afterwards.

        Raises ``AgentError``, also where the run seems endless.
        """
        self._look()
        sent, sequencer, apply = self.sent, self.sequencer, self._venue_apply
        tape, sink = self.tape, self._sink
        last = (until << TIME_BITS) | BELOW_TIME
        seat: Any = None
        steps = repeat(None, self._steps_left)
        for _ in steps:  # as cheap as ``while True``; a condition of its own would cost more
            try:
                seat = self.ready[self.head]
            except IndexError:  # cheaper than a look at the length before each event
                if self.first() is None:
                    break
                continue
            key = seat.due
            if key > last:
                break
            self.head += 1
            self.now = time = key >> TIME_BITS
            if type(seat) is not QueuedEvent:
                seat.due = key & BELOW_TIME
                try:  # as ``_wake`` does, without the call
                    seat.agent.on_wake(seat)
                except AgentError:
                    raise
                except Exception as error:
                    raise seat.failed(_ON_WAKE, error) from error
                if len(sent) == 1 and self.plain:  # as ``_apply_sent`` does, without the call
                    command = sent.pop()[1]
                    sequencer.time = time
                    sequencer.seq += 1
                    self.commands += 1
                    events = apply(command)
                    if tape is not None:
                        tape.append((time, command, events))
                    if sink is not None:
                        sink(time, command, events)
                elif sent:
                    self._apply_sent()
            else:
                self._handle(seat, until)
        self._spend(length_hint(steps), seat)
        self.now = max(self.now, until)
        self._advance()

    def _spend(self, left: int, last: Queued | None) -> None:
        """Note how many steps are left. Raises ``AgentError``, naming who came last, at 0."""
        self._steps_left = left
        if left:
            return
        seat = last.seat if type(last) is QueuedEvent else last
        who = seat.who if isinstance(seat, Seat) else "the venue"
        why = f"the session has no end in sight after {self._most_steps} wake-ups and messages"
        raise AgentError(who, self.now, why)

    def _handle(self, entry: QueuedEvent, until: int) -> None:
        """Deal with an event that is no seat's only wake-up."""
        kind, seat, what = entry.kind, entry.seat, entry.what
        if kind >= REPORT:
            if kind == WAKE and not seat.compute:
                self._wake(seat)
            else:
                self._turn(seat, what)
            if self.sent:
                self._apply_sent()
        elif kind == OPERATOR:
            self._operate(what)
        elif type(seat) is Seat:
            self.apply(seat.place, what)
        else:
            what(until)  # a crowd's orders, up to whatever comes before the next of them

    def _wake(self, seat: Seat) -> None:
        """Let an agent act that needs no time for it."""
        try:
            seat.agent.on_wake(seat)
        except AgentError:
            raise
        except Exception as error:
            raise seat.failed(_ON_WAKE, error) from error

    def _look(self) -> None:
        """See whether there is anything to do for a command beside applying it."""
        self.plain = not (self.anybody or self.dated or self.watchers or self.sequencer.journal)

    def tell_time(self) -> None:
        """From now on see to what becomes due by the clock."""
        super().tell_time()
        self._look()

    def _turn(self, seat: Seat, what: Event | None) -> None:
        """Let an agent act; while it is busy, what comes waits."""
        if what is _FREE:
            what = seat.waiting.popleft()
        elif seat.waiting or self.now < seat.busy_until:
            if seat.waiting:
                seat.waiting.append(what)
            else:
                seat.waiting = deque((what,))
                self.push(seat.busy_until, WAKE, seat.place, seat, _FREE)
            return
        seat.busy_until = self.now + seat.compute
        before = self.counter + len(self.sent), seat.due
        try:
            if what is None:
                seat.agent.on_wake(seat)
            else:
                seat.agent.on_event(seat, what)
        except AgentError:
            raise
        except Exception as error:
            where = _ON_WAKE if what is None else f"on_event, {type(what).__name__}"
            raise seat.failed(where, error) from error
        if (self.counter + len(self.sent), seat.due) != before:
            seat.acts()
        if seat.waiting:
            self.push(seat.busy_until, WAKE, seat.place, seat, _FREE)

    def _apply_sent(self) -> None:
        """Give the venue what an agent without delay has just sent.

        Nothing else of this instant comes before it: the operator's commands and those that
        arrived are through, and these are one agent's, in order.
        """
        sent = self.sent
        if self.plain:  # as in ``apply``, where nothing is logged, heard or due; without the calls
            now, apply, tape, sink = self.now, self._venue_apply, self.tape, self._sink
            sequencer = self.sequencer
            sequencer.time = now
            sequencer.seq += len(sent)
            self.commands += len(sent)
            for _, command in sent:
                events = apply(command)
                if tape is not None:
                    tape.append((now, command, events))
                if sink is not None:
                    sink(now, command, events)
        else:
            for sender, command in sent:
                self.apply(sender.place, command)
        sent.clear()

    def apply(self, place: int, command: ClientCommand) -> None:
        """Give the venue an agent's command; deliver what came of it."""
        self.commands += 1
        if self._exact:
            self._advance()
        now = self.now
        events = self._submit(now, place, command)
        self._show(command, events)
        if self.anybody:
            self._report(events)
        if self.dated:
            self._watch_clock()

    def apply_all(self, times: list[int], commands: Sequence[ClientCommand]) -> None:
        """Give the venue agents' commands of several times, while the kernel is ``plain``."""
        self.commands += len(commands)
        happened = self.sequencer.submit_all(times[-1], _TIMER + 1, commands)
        if self.tape is not None:
            self.tape += zip(times, commands, happened, strict=True)
        if self._sink is not None:
            for time, command, events in zip(times, commands, happened, strict=True):
                self._sink(time, command, events)

    def _show(self, command: Command, events: list[Event]) -> None:
        """Show a command and what came of it to whoever looks on."""
        now = self.now
        if self.tape is not None:
            self.tape.append((now, command, events))
        if self._sink is not None:
            self._sink(now, command, events)
        for watcher in self.watchers:
            watcher(now, command, events)

    def _operate(self, command: Command | None) -> None:
        """Give the venue an operator's command, and the time before it; or the time alone."""
        if command is None:
            if self.now != self._timer:
                return  # something became due earlier since this was asked for
            self._timer = 0
            due = self.venue.due()[1]
            if 0 < due <= self.now or (self._hearing and self.venue.indicates()):
                self._advance()
        else:
            self._advance()
            self._say(OPERATOR, command)
            if isinstance(command, AmendRulebook):
                self._exact = True
                self.tell_time()
        self._watch_clock()

    def _watch_clock(self) -> None:
        """See that the venue is told the time when something is due."""
        waits, due = self.venue.due()
        if waits and self._hearing and self.venue.indicates():  # they hear what a call would give
            soon = max(self.now, self.venue.time) + INDICATE_EVERY
            due = min(due, soon) if due else soon
        if due and not 0 < self._timer <= due:
            self._timer = max(due, self.now)
            self.tell_time()
            self.push(self._timer, OPERATOR, 0, None, None)

    def _advance(self) -> None:
        """Tell the venue the time, where it does not know it yet."""
        if self.now > self.venue.time:
            self._say(_TIMER, AdvanceTime(self.now))

    def _say(self, source: int, command: Command) -> None:
        events = self.sequencer.submit(self.now, source, command)
        self._show(command, events)
        if self.anybody:
            self._report(events)

    def _report(self, events: list[Event]) -> None:
        """Send what happened to those whom it concerns."""
        now = self.now
        for account, event in self._visibility.parts(events):
            if account:
                seat = self.seats.get(account)
                hearers = [seat] if seat is not None and seat.agent.hears_own else []
            else:
                hearers = self._hearing
            for seat in hearers:
                seat.heard_at = max(seat.heard_at, seat.delayed(now, seat.back))
                self.push(seat.heard_at, REPORT, seat.place, seat, event)
