"""A venue that takes commands as short lines and answers in short lines: for readable tests.

A line of a script is a command, then after ``|`` the events that it must give, one a line::

    ann sell 5 @ 100   | ann#1 resting 5 @ 100 depth 5
    bob buy 3 @ 101    | bob#1 matching 3 @ 101
                       | trade 3 @ 100 ann#1(2) bob#1(0) depth 2

``ann#1`` is ann's order with reference 1 and ``(2)`` what it has left. References count by
themselves, one for each command that carries one. Without a ``|`` the events do not matter.

Orders: ``ann buy 5 @ 100``, then any of ``day gtc ioc fok open close``, ``gtd TIME``,
``market``, ``stop PRICE`` (with ``@`` a stop-limit), ``show TONNES``, ``post``, ``in LINE``,
``ref NUMBER``.
Others: ``ann cancel 1``, ``ann cancel all [LINE]``, ``ann amend 1 to 5 @ 101``,
``ann disconnects``, ``ann cancel-on-disconnect on|off``, ``kill ann``, ``free ann``,
``phase halted [LINE]``, ``time 5``,
``open ann [of OWNER] [as ROLE] [allocation TONNES]``, ``class ann [ROLE]``,
``cash ann -5 [CURRENCY]``, ``tonnes ann 5 [PRODUCT]``.
Modes: ``at LINE`` is where all that follows happens. ``ann pick 1 for 300 @ 90``,
``ann quote sell 5 @ 90 to bob,cay answers 1`` (without ``@`` an enquiry), ``ann decline 1``,
``ann announce sell 5 @ 90 from 09:30 until 11:30 least 1 most 5 step 1 terms uniform,time``,
``bob bid 1 for 5 @ 91``, ``clear 1 seed 7``, ``clear 1 off``.
Days: ``day 20210628``, ``clock 09:30`` (the timetable up to then), ``reference 90 [PRODUCT]``,
``rule PATH = VALUE from DATE``.
Questions: ``book [LINE]``, ``is [LINE]``, ``ann cash``, ``ann tonnes``, ``ann orders``, ``fees``,
``indicative``, ``decided``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carbonx.testing import script_words
from carbonx.testing.event_format import tell
from engine.rulebook import presets
from engine.rulebook.calendar import Step
from engine.rulebook.calendar import steps as day_steps
from engine.rulebook.model import Mode, Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.json_codec import decimal_text, exact_minor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.vocabulary.enums import CancelReason, RejectReason

MODE_RULES = tuple(key for key in Mode.__struct_fields__ if key not in ("name", "title"))
CASH = 1_000_000
TONNES = 1_000
MUCH = 10**13  # minor units, on a venue of a preset
MANY = 10**7
PEOPLE = (
    c.OpenAccount("ann"),
    c.OpenAccount("bob", group="fund"),
    c.OpenAccount("cay", group="fund"),
    c.OpenAccount("dan"),
    c.OpenAccount("ann2", owner="ann"),
)


def rulebook(rules: dict[str, Any]) -> Rulebook:
    """Make a rulebook of one mode, whose rules stand among the venue's own."""
    rules = dict(rules)
    band = rules.pop("price_limit_bp", 0)
    mode = {"limit_up_bp": band, "limit_down_bp": band}
    mode |= {key: rules.pop(key) for key in list(rules) if key in MODE_RULES}
    return Rulebook(**({"modes": (Mode(**mode),)} | rules))


@dataclass(frozen=True)
class Scenario:
    """A script with a name, run on a venue with some rules (``preset=`` names a rulebook).

    ``shows`` cites what it shows, such as the numbers of rules in ``docs/rules.md``.
    """

    name: str
    script: str
    rules: dict[str, Any] = field(default_factory=dict)
    phase: Phase | None = Phase.CONTINUOUS
    shows: tuple[str, ...] = field(default=(), kw_only=True)


class ScriptedVenue:
    """A venue with five accounts, each with cash and allowances, open for trading.

    Under a preset all lines start closed, and prices and money have their decimals.
    """

    def __init__(
        self, phase: Phase | None = Phase.CONTINUOUS, *, preset: str = "", **rules: Any
    ) -> None:
        """Open a venue under a preset, or under ``rules`` that differ from a plain rulebook's."""
        if preset:
            given = presets.load(preset)
            self.digits, cash, tonnes, phase = given.minor_digits, MUCH, MANY, None
        else:
            product: dict[str, Any] = {"symbol": "OLD", "reference": 100}
            product |= rules.pop("product", {})
            products = (Product(**product), Product("NEW", 50, currency="EUR"))
            given = rulebook({"name": "test", "products": products} | rules)
            self.digits, cash, tonnes = 0, CASH, TONNES
        self.venue = Venue(given)
        self.line = self.venue.symbols[0]
        self.plan: list[Step] = []  # of the day that is on
        self.given: list[c.Command] = []
        self.seen: list[e.Event] = []
        symbols = list(self.venue.products) if preset else ["OLD"]
        for opened in PEOPLE:
            self.apply(opened)
            self.apply(c.MoveCash(opened.account, cash))
            for symbol in symbols:
                self.apply(c.MoveAllowances(opened.account, symbol, tonnes))
        if phase is not None:
            self.apply(c.SetPhase(phase))
        self.seen.clear()

    def apply(self, command: c.Command) -> list[e.Event]:
        """Apply a command, check every invariant of the venue and return what happened."""
        self.given.append(command)
        events = self.venue.apply(command)
        self.venue.check()
        self.seen += events
        return events

    def minor(self, text: str) -> int:
        """Read a price or an amount of money in this venue's decimals."""
        return exact_minor(text, self.digits)

    def major(self, value: int) -> str:
        """Write a price or an amount of money in this venue's decimals."""
        return decimal_text(value, self.digits)

    def run(self, script: str) -> None:
        """Give every command of a script and compare every event that it names."""
        for line, expected in steps(script):
            told = self.say(line)
            assert expected is None or told == expected, f"{line}\n" + "\n".join(told)

    def say(self, line: str) -> list[str]:
        """Give one command, or ask one question; return the answer as lines."""
        words = line.split()
        answer = self.ask(words)
        if answer is not None:
            return answer
        events = self.clock(words[1]) if words[0] == "clock" else self.apply(self.parse(words))
        if words[0] == "day":
            self.plan = day_steps(self.venue.rulebook, self.venue.date)
        return [tell(event, self.major) for event in events]

    def ask(self, words: list[str]) -> list[str] | None:
        """Answer a question, ``None`` where it is none."""
        match words:
            case ["at", line]:
                self.line = line
                return []
            case ["book", *more]:
                return [self.book(*more)]
            case ["is", *more]:
                line = more[0] if more else self.line
                low, high = map(self.major, self.venue.limits(line))
                return [f"{line} {self.venue.phase(line).name.lower()} {low} to {high}"]
            case ["fees"]:
                return [self.major(self.venue.fees())]
            case ["indicative"]:
                found = self.venue.indicative(self.line)
                return [f"{found.volume} @ {self.major(found.price)} surplus {found.surplus}"]
            case ["decided"]:
                return [self.venue.indicative(self.line).decided.name.lower()]
            case [name, "cash"]:
                total, reserved = map(self.major, self.venue.cash(name))
                return [f"{total} reserved {reserved}"]
            case [name, "tonnes"]:
                product = self.venue.line_view(self.line).product
                have, held = self.venue.allowances(name, product)
                return [f"{have} reserved {held}"]
            case [name, "orders"]:
                views = self.venue.open_orders(name)
                return [
                    f"#{v.ref} {v.state.name.lower()} {v.leaves} @ {self.major(v.price)}"
                    for v in views
                ]
        return None

    def clock(self, text: str) -> list[e.Event]:
        """Let the day's timetable run up to a local time."""
        until = script_words.clock_time(self, text)
        events: list[e.Event] = []
        while self.plan and self.plan[0].time <= until:
            step = self.plan.pop(0)
            if step.time > self.venue.time:
                events += self.apply(c.AdvanceTime(step.time))
            events += self.apply(step.command)
        if until > self.venue.time:
            events += self.apply(c.AdvanceTime(until))
        return events

    def book(self, line: str = "") -> str:
        """Write the depth of both sides, best price first: ``4@99 / 7@100``."""
        sides = (self.venue.depth(line or self.line, side) for side in Side)
        return " / ".join(" ".join(f"{q}@{self.major(p)}" for p, q in s) or "-" for s in sides)

    def trades(self) -> list[tuple[int, int, str, str]]:
        """Return (price, quantity, maker, taker) of every trade so far."""
        trades = [event for event in self.seen if isinstance(event, e.Trade)]
        return [(t.price, t.quantity, t.maker, t.taker) for t in trades]

    def parse(self, words: list[str]) -> c.Command:
        """Read one command from its words."""
        return script_words.parse(self, words)


def steps(script: str) -> Iterator[tuple[str, list[str] | None]]:
    """Split a script into commands, each with its expected events (``None``: any)."""
    found: list[tuple[str, list[str] | None]] = []
    for line in script.splitlines():
        said, bar, told = (part.strip() for part in line.partition("|"))
        if said:
            found.append((said, [told] if bar else None))
        elif bar:
            said, expected = found[-1]
            found[-1] = (said, [*(expected or []), told])
    for said, expected in found:
        yield said, [] if expected == [""] else expected


def reasons(scripted: ScriptedVenue) -> list[RejectReason]:
    """Return the reasons of every refusal that a scripted venue gave."""
    return [event.reason for event in scripted.seen if isinstance(event, e.Rejected)]


def ways_out(scripted: ScriptedVenue) -> list[CancelReason]:
    """Return the reasons of every cancel that a scripted venue reported."""
    return [event.reason for event in scripted.seen if isinstance(event, e.OrderCancelled)]
