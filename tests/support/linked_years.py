"""Linked venues that also have a compliance year: orders, surrender and recognition at random."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.rulebook.programme import Cycle, Programme
from engine.vocabulary import commands as c
from engine.vocabulary import registry_commands as r
from engine.vocabulary.enums import LinkKind
from engine.vocabulary.events import Rejected
from engine.vocabulary.link_commands import SendAllowances, SetLink, SetRecognition
from engine.vocabulary.link_events import (
    AllowancesRecognised,
    AllowancesSent,
    LinkSet,
    RecognitionSet,
)
from engine.vocabulary.registry_events import (
    AllowancesCancelled,
    AllowancesIssued,
    AllowancesSurrendered,
    EmissionsVerified,
)
from tests.support import regions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from engine.rulebook.model import Rulebook
    from engine.venue.federation import Federation, Happened
    from engine.vocabulary.events import Event

CYCLE: Final = "2021"
DEADLINE: Final = 20220630


def rulebook(name: str) -> Rulebook:
    """Return a region's rules with a year of compliance."""
    programme = Programme(cycles=(Cycle(CYCLE, 2021, deadline=DEADLINE),), penalty=50)
    return structs.replace(regions.rulebook(name), programme=programme)


def recognition(one: str, other: str, quota: int) -> SetLink:
    """Return a link over which allowances of one region count in the other."""
    return SetLink(
        f"{one}>{other}",
        LinkKind.RECOGNITION,
        other,
        f"{one.upper()}A",
        f"{other.upper()}A",
        0,
        quota,
    )


def opening(name: str, people: int) -> list[c.Command]:
    """Return what opens a region's market and registers its people, each with emissions."""
    commands = [*regions.opening(name, people), r.SetCap(f"{name.upper()}A", 100_000)]
    for number in range(people):
        account = f"{name}{number}"
        commands += [
            r.RegisterEntity(f"E{account}", (account,)),
            r.ReportEmissions(f"E{account}", CYCLE, 500),
            r.VerifyEmissions(f"E{account}", CYCLE, 500),
        ]
    return commands


def links(names: tuple[str, ...], quota: int) -> Iterator[tuple[str, SetLink, str]]:
    """Yield the links of regions: orders with the first, allowances among all."""
    for one in names[1:]:
        yield one, regions.link_of(one, names[0], fee=1), names[0]
    for one in names:
        for other in names:
            if one != other:
                yield one, recognition(one, other, quota), other


def flow(
    random: Random,
    names: tuple[str, ...],
    people: int,
    steps: int,
    used: dict[str, int] | None = None,
) -> Iterator[tuple[str, c.Command]]:
    """Yield orders, surrenders, sent allowances and what operators do."""
    orders = regions.flow(random, names, people, steps, used)
    for name, command in orders:
        if random.random() < 0.5:
            yield name, command
            continue
        number = random.randrange(people)
        account, product = f"{name}{number}", f"{name.upper()}A"
        kind = random.random()
        if kind < 0.6:
            other = random.choice([each for each in names if each != name])
            entity = f"E{other}{random.randrange(people)}"
            cycle = random.choice((CYCLE,) * 9 + ("none",))
            yield (
                name,
                SendAllowances(f"{name}>{other}", account, random.randint(1, 40), entity, cycle),
            )
        elif kind < 0.75:
            yield name, r.SurrenderAllowances(f"E{account}", CYCLE, product, random.randint(0, 30))
        elif kind < 0.8:
            yield name, r.IssueAllowances(account, product, random.randint(1, 50))
        elif kind < 0.85:
            yield name, r.CancelAllowances(account, product, random.randint(1, 5))
        elif kind < 0.9:
            yield name, r.VerifyEmissions(f"E{account}", CYCLE, random.randint(400, 700))
        else:
            other = random.choice([each for each in names if each != name])
            ratio = random.choice(((1, 1), (1, 2), (3, 4), (5, 3)))
            yield name, SetRecognition(f"{other}>{name}", *ratio)


class Books:
    """What was made, surrendered and recognised, by the events alone: an oracle of few lines."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.outside = regions.Outside()
        self.tonnes = 0  # made by registries, less what they took out
        self.counted: dict[tuple[str, str], Fraction] = {}  # met of an entity's obligation
        self.owes: dict[tuple[str, str], int] = {}
        self.sent: dict[tuple[str, int], int] = {}  # on its way or recognised, by link and number
        self.used: dict[tuple[str, str], int] = {}  # of a quota, by the venue that recognises
        self.quota: dict[tuple[str, str], int] = {}
        self.ratio: dict[tuple[str, str], Fraction] = {}
        self.recognised = 0

    def take(self, name: str, events: Iterable[Event]) -> None:
        """Take in what happened at a venue."""
        events = list(events)
        self.outside.take(events)
        for e in events:
            if isinstance(e, AllowancesIssued):
                self.tonnes += e.quantity
            elif isinstance(e, AllowancesCancelled):
                self.tonnes -= e.quantity
            elif isinstance(e, AllowancesSurrendered):
                self.tonnes -= e.quantity
                self._count(name, e.entity, Fraction(e.quantity))
                assert e.due == self.owes[name, e.entity] - self.counted[name, e.entity]
            elif isinstance(e, EmissionsVerified):
                self.owes[name, e.entity] = e.quantity
            else:
                self._take_link(name, e)

    def _take_link(self, name: str, e: Event) -> None:
        if isinstance(e, LinkSet):
            self.quota[name, e.link], self.used[name, e.link] = e.quota, 0
        elif isinstance(e, RecognitionSet):
            self.ratio[name, e.link] = Fraction(e.numerator, e.denominator)
        elif isinstance(e, AllowancesSent):
            self.sent[e.link, e.number] = e.quantity
        elif isinstance(e, AllowancesRecognised):
            # what was sent under this number, and once: it is not there a second time
            assert self.sent.pop((e.link, e.number)) == e.quantity
            self.tonnes -= e.quantity
            self.recognised += e.quantity
            counted = e.quantity * self.ratio.get((name, e.link), Fraction(1))
            assert counted == e.counted
            self._count(name, e.entity, counted)
            assert e.due == self.owes[name, e.entity] - self.counted[name, e.entity] >= 0
            self.used[name, e.link] += e.quantity
            quota = self.quota[name, e.link]
            assert not quota or self.used[name, e.link] <= quota, "more than the quota"

    def _count(self, name: str, entity: str, tonnes: Fraction) -> None:
        self.counted[name, entity] = self.counted.get((name, entity), Fraction(0)) + tonnes

    def take_all(self, happened: Iterable[Happened]) -> None:
        """Take in what happened in a federation."""
        for each in happened:
            self.take(each.venue, each.events)

    def check(self, found: Federation) -> None:
        """Assert that a federation owns what came in and was not surrendered."""
        wanted = (self.outside.cash, self.outside.tonnes + self.tonnes)
        assert regions.owned(found) == wanted
        for (name, entity), owes in self.owes.items():
            record = found.venues[name].registry.entities[entity].records[CYCLE]
            assert record.due == owes - self.counted.get((name, entity), 0)


def refused(happened: Iterable[Happened]) -> list[str]:
    """Return the names of the reasons for which something was refused."""
    return [e.reason.name for each in happened for e in each.events if isinstance(e, Rejected)]
