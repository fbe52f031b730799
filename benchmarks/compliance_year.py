"""How long a compliance year of many entities takes: ``python -m benchmarks.compliance_year``."""

from __future__ import annotations

import sys
import time
from random import Random

from engine.rulebook.model import Product, Rulebook
from engine.rulebook.programme import Cycle, Programme
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import registry_commands as r
from engine.vocabulary.enums import Instrument, Phase, Side

PRODUCTS = (
    Product("A21", 5_000, vintage=2021),
    Product("CER", 3_000, instrument=Instrument.OFFSET, compliance_bp=500),
)
CYCLE = Cycle("2021", 2021, publish=20221101, deadline=20221231)
RULES = Rulebook(
    "year",
    PRODUCTS,
    programme=Programme(cycles=(CYCLE,), offset_bp=500, penalty_bp=30_000, large_holder=10_000),
)


def due(venue: Venue, entity: str) -> int:
    """Return what an entity still owes for the year."""
    return venue.registry.entities[entity].records["2021"].due


def year(entities: int, seed: int = 1) -> Venue:
    """Run a year: allocation, verification, ten orders each, surrender with offsets, the close."""
    rng = Random(seed)
    venue = Venue(RULES)
    names = [f"e{n}" for n in range(entities)]
    venue.apply(r.SetCap("A21", 10_000 * entities))
    for name in names:
        venue.apply(c.OpenAccount(name, cash=10**12, allowances=(("CER", 40),)))
        venue.apply(r.RegisterEntity(name, (name,), group=f"g{len(name)}{name[-1]}"))
        venue.apply(r.AllocateAllowances(name, "2021", "A21", rng.randint(500, 1_500), 800_000))
        venue.apply(r.ReportEmissions(name, "2021", 900))
    venue.apply(c.BeginDay(20221001))
    for name in names:
        output = rng.randint(500, 1_500)
        venue.apply(r.AllocateAllowances(name, "2021", "A21", output, 800_000, final=True))
        venue.apply(r.VerifyEmissions(name, "2021", rng.randint(500, 1_500)))
    for ref, date in enumerate((20221101, 20221110, *range(20221201, 20221209)), 1):
        venue.apply(c.BeginDay(date))
        venue.apply(c.SetPhase(Phase.CONTINUOUS, "A21"))
        for name in rng.sample(names, entities):
            needs = due(venue, name) - venue.allowances(name, "A21")[0]
            side = Side.BUY if needs > 0 else Side.SELL
            size = min(abs(needs), rng.randint(1, 100)) or 1
            venue.apply(c.NewOrder(name, ref, "A21", side, size, 5_000 + rng.randint(-50, 50)))
        venue.apply(c.SetPhase(Phase.CLOSED, "A21"))
    for name in names:
        venue.apply(r.SurrenderAllowances(name, "2021"))
    venue.apply(c.BeginDay(20230103))
    venue.apply(r.CloseCycle("2021", venue.reference("A21")))
    venue.check()
    return venue


def main() -> None:
    """Print the seconds of a year and its state."""
    entities = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    start = time.perf_counter()
    venue = year(entities)
    seconds = time.perf_counter() - start
    totals = venue.registry.totals_of("A21")
    short = sum(record.due for _, record in venue.registry.records("2021"))
    sys.stdout.write(
        f"{entities} entities: {seconds:.2f} s; issued {totals.issued},"
        f" surrendered {totals.surrendered}, short {short}; {venue.state_hash()}\n"
    )


if __name__ == "__main__":
    main()
