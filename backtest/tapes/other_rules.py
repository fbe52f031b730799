"""A venue's log under other rules: the same clients' commands, at the same times.

What is done with each kind of command:

- clients' commands are given as they are, and numbers of offers are those that the same offers got
  under the new rules;
- accounts, money, allowances, kill switches, references, days and clearings are given as they are,
  openings without products and account classes that the new rules do not have;
- phases come from the new rulebook's timetable, where it has one and it is not the log's, else from
  the log;
- amendments of the old rulebook are left out: the new one stands as it is;
- the time is told as in the log, and whenever something becomes due under the new rules.

Under the log's own rulebook nothing is changed, so that it comes to the same state.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import structs

from backtest.kernel.clock import clock_needs
from engine.log.sequencer import replay
from engine.rulebook.calendar import local_date, steps
from engine.rulebook.model import line_name
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    AdvanceTime,
    AmendRulebook,
    BeginDay,
    Bid,
    ClearAuction,
    Decline,
    OpenAccount,
    Pick,
    Quote,
    SetPhase,
)
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import Announced, Offered, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engine.log.records import Record
    from engine.rulebook.calendar import Step
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

PHASES: Final = ("auto", "log", "timetable")
_BY_NUMBER: Final = (Pick, Decline, Bid, ClearAuction)


class Run(NamedTuple):
    """A log's commands under some rules, and what came of each."""

    rulebook: Rulebook
    tape: list[tuple[int, Command, list[Event]]]
    accounts: tuple[str, ...]
    state: str  # the hash of what it came to

    @classmethod
    def of(
        cls, rulebook: Rulebook, tape: list[tuple[int, Command, list[Event]]], venue: Venue
    ) -> Run:
        """Take what is left to know of a venue, which is checked, and let go of it.

        Raises ``AssertionError`` where an invariant does not hold.
        """
        venue.check()
        found = cls(rulebook, tape, venue.accounts, venue.state_hash())
        venue.close()
        return found


class Retrial(NamedTuple):
    """A log as it was, and under other rules."""

    log: Run
    other: Run
    timetable: bool  # whether phases came from the new rulebook
    left_out: dict[str, int]  # the operator's commands that were not given: what, how many
    refused: dict[str, int]  # the operator's that the new rules refuse, by the rule
    missing: dict[str, int]  # clients' commands for lines that the new rules do not have


def under(
    directory: Path,
    rulebook: Rulebook,
    phases: str = "auto",
    progress: Callable[[], object] = lambda: None,
) -> Retrial:
    """Replay a directory's log as it was and under another rulebook.

    Raises ``JournalError`` and ``LogError``.
    """
    tape: list[tuple[int, Command, list[Event]]] = []

    def keep(record: Record, events: list[Event]) -> None:
        tape.append((record.time, record.command, events))
        progress()

    replayed = replay(directory, keep)
    log = Run.of(replayed.genesis, tape, replayed.venue)
    trial = _Trial(log, rulebook, phases)
    for time, command, events in tape:
        trial.take(time, command, events)
    return trial.result()


class _Trial:
    """The commands of a log on their way into a venue of other rules."""

    def __init__(self, log: Run, rulebook: Rulebook, phases: str) -> None:
        self.log = log
        self.venue = Venue(rulebook)
        self.rulebook = rulebook
        self.same = rulebook.digest() == log.rulebook.digest()
        own = bool(rulebook.calendar.sessions) and (
            rulebook.calendar.sessions != log.rulebook.calendar.sessions
        )
        self.timetable = phases == "timetable" or (phases == "auto" and own)
        self.tape: list[tuple[int, Command, list[Event]]] = []
        self.left_out: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self._plan: list[Step] = []
        self._exact = clock_needs(rulebook)[1]
        self._batches = {
            line_name(product, mode, modes[0])
            for product in rulebook.products
            for modes in [rulebook.modes_of(product)]
            for mode in modes
            if mode.batch_seconds
        }
        self._made: dict[tuple[str, int], tuple[str, int]] = {}  # line, number there: who, ref
        self._numbers: dict[tuple[str, str, int], int] = {}  # line, who, ref: number here

    def result(self) -> Retrial:
        """Return both runs, once all commands were taken."""
        other = Run.of(self.rulebook, self.tape, self.venue)
        return Retrial(
            self.log,
            other,
            self.timetable,
            dict(self.left_out),
            dict(self.refused),
            dict(self.missing),
        )

    def take(self, time: int, command: Command, events: list[Event]) -> None:
        """Take one record of the log."""
        self._until(time)
        if isinstance(command, SetPhase) and self.timetable:
            self.left_out["phases, which the new timetable has"] += 1
        elif isinstance(command, AmendRulebook) and not self.same:
            self.left_out["amendments of the old rulebook"] += 1
        elif not (isinstance(command, AdvanceTime) and command.time <= self.venue.time):
            for each in self._translated(command):
                self._give(time, each)
        if isinstance(command, BeginDay) and self.timetable:
            day = local_date(self.rulebook.calendar, time)
            for step in steps(self.rulebook, max(day, command.date)):
                self._plan.append(step)
            self._until(time)
        for event in events:
            if isinstance(event, Offered | Announced):
                self._made[event.symbol, event.number] = (event.account, event.ref)

    def _until(self, time: int) -> None:
        """Do what the timetable and the clock have due by a time."""
        if self.same and not self.timetable:
            return
        while True:
            due = self.venue.due()[1]
            step = self._plan[0].time if self._plan else 0
            if 0 < due <= time and not 0 < step <= due:
                self._tell(max(due, self.venue.time + 1))
            elif 0 < step <= time:
                self._tell(step)
                self._give(step, self._plan.pop(0).command)
            else:
                break
        if self._exact:
            self._tell(time)

    def _tell(self, time: int) -> None:
        if time > self.venue.time:
            self._give(time, AdvanceTime(time))

    def _translated(self, command: Command) -> Sequence[Command]:
        """Return what a command is in the words of the new venue."""
        if self.same and not self.timetable:
            return [command]
        if isinstance(command, SetPhase):
            return self._phases(command)
        if isinstance(command, OpenAccount):
            command = self._opening(command)
        elif isinstance(command, _BY_NUMBER):
            command = structs.replace(command, number=self._number(command.symbol, command.number))
        elif isinstance(command, Quote) and command.answers:
            number = self._number(command.symbol, command.answers)
            command = structs.replace(command, answers=number)
        return [command]

    def _opening(self, command: OpenAccount) -> OpenAccount:
        """Return an opening without what the new rules do not know."""
        products = {product.symbol for product in self.rulebook.products}
        kept = tuple(each for each in command.allowances if each[0] in products)
        if len(kept) < len(command.allowances):
            self.left_out["accounts' allowances of products that are not there"] += 1
        role = command.role
        if role and role not in {each.name for each in self.rulebook.classes}:
            self.left_out["accounts' classes that are not there"] += 1
            role = ""
        return structs.replace(command, allowances=kept, role=role)

    def _number(self, symbol: str, number: int) -> int:
        """Return what an offer's number is here; one that nothing has where it was not made."""
        made = self._made.get((symbol, number))
        return self._numbers.get((symbol, *made), 0) if made else number

    def _phases(self, command: SetPhase) -> list[SetPhase]:
        """Let lines that trade in batches have calls where others trade continuously."""
        if command.phase is not Phase.CONTINUOUS or not self._batches:
            return [command]
        lines = [command.symbol] if command.symbol else self.venue.symbols
        return [
            structs.replace(
                command,
                symbol=line,
                phase=Phase.INTRADAY_CALL if line in self._batches else Phase.CONTINUOUS,
            )
            for line in lines
        ]

    def _give(self, time: int, command: Command) -> None:
        events = self.venue.apply(command)
        self.tape.append((time, command, events))
        client = "ref" in command.__struct_fields__
        symbol = getattr(command, "symbol", "")
        if client and symbol and symbol not in self.venue.symbols:
            self.missing[symbol] += 1
        for event in events:
            if isinstance(event, Offered | Announced):
                self._numbers[event.symbol, event.account, event.ref] = event.number
            elif isinstance(event, Rejected) and not client:
                self.refused[f"{type(command).__name__}: {event.rule}"] += 1
