"""Random days on which the registry's operator and the entities act between the brokers' orders."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import structs

from engine.rulebook.model import AccountClass, Product, Rulebook
from engine.rulebook.programme import Credit, Cycle, Programme
from engine.vocabulary import commands as c
from engine.vocabulary import registry_commands as r
from engine.vocabulary.enums import Instrument
from tests.support.random_flow import FIRST_DAY, NAMES, Flow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from engine.vocabulary.events import Event

ENTITIES = {"Steel": ("ann", "bob"), "Power": ("cay",), "Glass": ("dan",)}  # eve only trades
CHANGES = (
    ("programme.offset_bp", "700"),
    ("programme.local_bp", "6000"),
    ("programme.cycles[two].share_bp", "3000"),
    ("programme.cycles[two].share_bp", "10000"),
    ("programme.cycles[two].deadline", "20251209"),
    ("programme.make_good_bp", "0"),
)
FROZEN = AccountClass("frozen", no_purchases=True)


def with_programme(book: Rulebook) -> Rulebook:
    """Return a rulebook with two cycles that end within days, two offsets and all the quotas."""
    years = sorted({p.vintage for p in book.products if p.vintage}) or [2024]
    middle = len(years) // 2  # so that there are later vintages, which are borrowed
    first, second = years[middle - 1 : middle + 1] if middle else (years[0], years[0] + 1)
    near, far = (
        structs.replace(
            book.products[0],
            symbol=symbol,
            vintage=0,
            instrument=Instrument.OFFSET,
            fungible="",
            compliance_bp=most,
        )
        for symbol, most in (("NEAR", 10_000), ("FAR", 500))
    )
    programme = Programme(
        region="here",
        cycles=(
            Cycle(
                "one",
                first,
                report_by=20251202,
                verify_by=20251203,
                publish=20251204,
                deadline=20251204,
            ),
            Cycle("two", second, deadline=20251208, share_bp=5_000),
        ),
        offset_bp=1_000,
        local_bp=4_000,
        credits=(Credit("NEAR", "here"), Credit("FAR", "there")),
        bank_bp=1_000,
        borrow_bp=1_000,
        penalty=20,
        penalty_bp=30_000,
        make_good_bp=15_000,
        freeze_class="frozen",
        large_holder=20_000,
    )
    return structs.replace(
        book,
        name=f"{book.name}-year",
        products=(*book.products, near, far),
        classes=(*book.classes, FROZEN),
        programme=programme,
    )


class RegistryFlow(Flow):
    """Days of trading with a compliance year among the orders; emissions fit what is held."""

    def __init__(self, rulebook: Rulebook, rng: Random, date: int = FIRST_DAY) -> None:
        least = max(max(p.lot, p.min_quantity) for p in rulebook.products)
        self.tonnes = 100 * least
        super().__init__(rulebook, rng)
        self.date = date
        self.allowances = [p for p in rulebook.products if p.instrument is Instrument.ALLOWANCE]
        for name, accounts in ENTITIES.items():
            self.say(r.RegisterEntity(name, accounts))
        for product in rulebook.products:
            self.say(r.SetCap(product.symbol, self.tonnes * 20))

    def command(self) -> c.Command:
        """Draw a broker's command, or a third of the time one to the registry."""
        return self.to_registry() if self.rng.random() < 0.33 else super().command()

    def _morning(self) -> Iterator[c.Command]:
        yield from super()._morning()
        for name in ENTITIES:  # what the next days need: emissions known, a closed cycle made good
            cycle = self._cycle()
            yield r.ReportEmissions(name, cycle, self._emitted())
            yield r.VerifyEmissions(name, cycle, self._emitted())
        yield r.CloseCycle(self._cycle(), self._rate())
        for name, accounts in ENTITIES.items():
            yield r.PayPenalty(name, self._cycle(), accounts[0], self.rng.choice((0, 1)))
        if self.rng.random() < 0.6:
            yield c.AmendRulebook(*self.rng.choice(CHANGES))

    def to_registry(self) -> c.Command:
        """Draw one of the registry's commands, mostly one that may be taken."""
        rng = self.rng
        draws = (
            (8, self._surrender), (4, self._emissions), (3, self._allocate), (3, self._transfer),
            (2, self._bank), (2, self._issue), (1, self._close), (3, self._rest), (2, self._pay),
        )  # fmt: skip
        return rng.choices([make for _, make in draws], [weight for weight, _ in draws])[0]()

    def _surrender(self) -> c.Command:
        rng = self.rng
        if rng.random() < 0.25:
            return r.SurrenderAllowances(self._entity(), self._cycle(), "", self._some())
        tonnes = rng.choice((0, 1, rng.randint(1, self.tonnes // 4)))
        return r.SurrenderAllowances(self._entity(), self._cycle(), self._product().symbol, tonnes)

    def _emissions(self) -> c.Command:
        kind = self.rng.choice((r.ReportEmissions, r.VerifyEmissions))
        return kind(self._entity(), self._cycle(), self._emitted())

    def _allocate(self) -> c.Command:
        product = self.rng.choice(self.allowances).symbol
        final = self.rng.random() < 0.1
        return r.AllocateAllowances(
            self._entity(),
            self._cycle(),
            product,
            self._emitted(),
            self.rng.choice((1_000_000, 777_777)),
            final=final,
        )

    def _transfer(self) -> c.Command:
        rng, product = self.rng, self._product().symbol
        account, to = rng.sample(NAMES, 2)
        tonnes = rng.choice((1, self._some(), self.venue.allowances(account, product)[0]))
        return r.TransferAllowances(account, to, product, tonnes, rng.choice((0, self._rate())))

    def _bank(self) -> c.Command:
        steps = [*pairwise(sorted(self.allowances, key=lambda p: p.vintage))]
        one, other = self.rng.choice(steps) if steps else (self._product(), self._product())
        return r.BankAllowances(
            self._entity(), self._cycle(), one.symbol, other.symbol, self._some()
        )

    def _issue(self) -> c.Command:
        return r.IssueAllowances(self.rng.choice(NAMES), self._product().symbol, self._some())

    def _close(self) -> c.Command:
        return r.CloseCycle(self._cycle(), self._rate())

    def _pay(self) -> c.Command:
        name = self._entity()
        account = self.rng.choice((*ENTITIES[name], "eve"))
        amount = self.rng.choice((0, 1, self._rate(), 10**12))
        return r.PayPenalty(name, self._cycle(), account, amount)

    def _rest(self) -> c.Command:
        rng = self.rng
        if rng.random() < 0.5:
            part = rng.randint(1, self.tonnes // 2)
            return r.CancelAllowances(rng.choice(NAMES), self._product().symbol, part)
        if rng.random() < 0.5:
            return r.SetCap(self._product().symbol, self.tonnes * rng.randint(0, 40))
        name = self._entity()
        return r.RegisterEntity(name, ENTITIES[name], role=rng.choice(self._roles()))

    def _roles(self) -> list[str]:
        return ["", *(role.name for role in self.venue.rulebook.classes)]

    def _entity(self) -> str:
        return self.rng.choice(list(ENTITIES))

    def _cycle(self) -> str:
        cycles = self.venue.registry.programme.cycles
        near = [x for x in cycles if not x.deadline or x.deadline // 10_000 >= self.date // 10_000]
        return self.rng.choice(near or cycles).name

    def _product(self) -> Product:
        return self.rng.choice(self.venue.rulebook.products)

    def _emitted(self) -> int:
        return self.rng.randint(0, self.tonnes * self.rng.choice((1, 4, 8)))

    def _some(self) -> int:
        """Draw tonnes of what an account may hold, now and then none or far too much."""
        return self.rng.choice((0, 1, self.rng.randint(1, self.tonnes // 2), self.tonnes * 50))

    def _rate(self) -> int:
        return self.rng.randint(1, 9_999)


def run(
    flow: RegistryFlow, days: int, commands: int = 30
) -> Iterator[tuple[c.Command, list[Event]]]:
    """Yield the commands of some days with what came of them."""
    for _ in range(days):
        yield from flow.day(commands)
