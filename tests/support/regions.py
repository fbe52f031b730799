"""Linked venues for tests: two or three regions, people in each, and what they own in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.rulebook.model import Mode, Product, Rulebook
from engine.venue.federation import Federation
from engine.venue.link_commands import available
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import LinkKind, Phase, Side, TimeInForce
from engine.vocabulary.events import AllowancesMoved, CashMoved
from engine.vocabulary.link_commands import SetLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from engine.venue.federation import Happened

NAMES: Final = ("gd", "sz", "hb")


def rulebook(name: str, **figures: Any) -> Rulebook:
    """Return a region's rules: one order book of its own allowance."""
    symbol = f"{name.upper()}A"
    return Rulebook(name, products=(Product(symbol, 100),), modes=(Mode("continuous", **figures),))


def link_of(
    one: str, other: str, kind: LinkKind = LinkKind.ROUTING, fee: int = 0, quota: int = 0
) -> SetLink:
    """Return a link from one region to another; one book takes no fee."""
    fee = 0 if kind is LinkKind.SHARED else fee
    return SetLink(
        f"{one}-{other}", kind, other, f"{one.upper()}A", f"{other.upper()}A", fee, quota
    )


def opening(name: str, people: int, cash: int = 1_000_000, tonnes: int = 1_000) -> list[c.Command]:
    """Return what opens a region's market with its people."""
    product = f"{name.upper()}A"
    accounts = [
        c.OpenAccount(f"{name}{n}", cash=cash, allowances=((product, tonnes),))
        for n in range(people)
    ]
    return [*accounts, c.SetPhase(Phase.CONTINUOUS)]


def federation(
    names: Iterable[str] = ("gd", "sz"),
    people: int = 2,
    kind: LinkKind = LinkKind.ROUTING,
    fee: int = 0,
    quota: int = 0,
    **figures: Any,
) -> Federation:
    """Return open regions, each linked with the first."""
    first, *others = names
    found = Federation({name: Venue(rulebook(name, **figures)) for name in (first, *others)})
    for name in (first, *others):
        for command in opening(name, people):
            found.submit(name, command)
    for other in others:
        found.link(other, link_of(other, first, kind, fee, quota), first)
    return found


def flow(
    random: Random,
    names: tuple[str, ...],
    people: int,
    steps: int,
    used: dict[str, int] | None = None,
) -> Iterator[tuple[str, c.Command]]:
    """Yield commands of members and operators, each with its venue; ``used`` are references."""
    refs: dict[str, int] = {} if used is None else used
    for _ in range(steps):
        name = random.choice(names)
        account = f"{name}{random.randrange(people)}"
        ref = refs[account] = refs.get(account, 0) + 1
        product = f"{name.upper()}A"
        kind = random.random()
        if kind < 0.75:
            tif = random.choice((TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC))
            side, price = random.choice(list(Side)), random.randint(90, 110)
            yield (
                name,
                c.NewOrder(account, ref, product, side, random.randint(1, 40), price, tif=tif),
            )
        elif kind < 0.85:
            yield name, c.CancelOrder(account, ref, random.randint(1, ref))
        elif kind < 0.9:
            yield name, c.MassCancel(account, ref)
        elif kind < 0.94:
            yield name, c.MoveCash(account, random.randint(-2_000, 5_000))
        elif kind < 0.97:
            yield name, c.MoveAllowances(account, product, random.randint(-20, 50))
        else:
            yield name, c.SetKillSwitch(account, on=random.random() < 0.3)


class Outside:
    """What came in from outside, by the events of openings and movements alone."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.cash = self.tonnes = 0

    def take(self, events: Iterable[object]) -> None:
        """Take events in."""
        for event in events:
            if isinstance(event, CashMoved):
                self.cash += event.amount
            elif isinstance(event, AllowancesMoved):
                self.tonnes += event.quantity

    def take_all(self, happened: Iterable[Happened]) -> None:
        """Take in what happened in a federation."""
        for each in happened:
            self.take(each.events)


def owned(found: Federation) -> tuple[int, int]:
    """Return all cash, fees included, and all tonnes of a federation, on the way included."""
    cash, tonnes = found.on_the_way()
    for venue in found.venues.values():
        cash += sum(fees.total for fees in venue.ledger.fees.values())
        for account in venue.ledger.accounts.values():
            cash += sum(each.total for each in account.cash.values())
            tonnes += sum(each.total for each in account.holdings.values())
    return cash, tonnes


def left_behind(found: Federation) -> list[tuple[str, str]]:
    """Return the guests who have something that nothing keeps them from taking home."""
    return [
        (name, guest.name)
        for name, venue in found.venues.items()
        for end in venue.links.ends.values()
        for guest in end.guests.values()
        if guest.unfilled or any(available(venue, end, guest))
    ]
