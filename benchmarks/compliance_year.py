"""How long a compliance year of many entities takes: ``python -m benchmarks.compliance_year``."""

from __future__ import annotations

import sys
import time
from random import Random

from engine.rulebook.model import Product, Rulebook
from engine.rulebook.programme import Programme
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import registry_commands as r
from engine.vocabulary.enums import Phase, Side


def year(entities: int, seed: int = 1) -> Venue:
    """Run a year: allocation, verification, ten orders each, surrender of all there is."""
    rng = Random(seed)
    product = Product("A21", 5_000, vintage=2021)
    venue = Venue(Rulebook("year", (product,), programme=Programme(penalty=10_000)))
    names = [f"e{n}" for n in range(entities)]
    for name in names:
        venue.apply(c.OpenAccount(name, cash=10**12))
        venue.apply(r.Allocate(name, 2021, "A21", rng.randint(500, 1_500)))
        venue.apply(r.VerifyEmissions(name, 2021, rng.randint(500, 1_500)))
    venue.apply(c.BeginDay(20221201))
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    for ref in range(1, 11):
        for name in rng.sample(names, entities):
            needs = venue.registry.years[2021][name].owed - venue.allowances(name, "A21")[0]
            side = Side.BUY if needs > 0 else Side.SELL
            size = min(abs(needs), rng.randint(1, 100)) or 1
            price = 5_000 + rng.randint(-50, 50)
            venue.apply(c.NewOrder(name, ref, "A21", side, size, price))
    venue.apply(c.SetPhase(Phase.CLOSED))
    for name in names:
        owes = venue.registry.years[2021][name].owed
        venue.apply(r.Surrender(name, 2021, "A21", min(owes, venue.allowances(name, "A21")[0])))
    venue.apply(r.SettleYear(2021))
    venue.check()
    return venue


def main() -> None:
    """Print the seconds of a year and its state."""
    entities = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    start = time.perf_counter()
    venue = year(entities)
    seconds = time.perf_counter() - start
    registry = venue.registry
    short = sum(owes.short for owes in registry.years[2021].values())
    sys.stdout.write(
        f"{entities} entities: {seconds:.2f} s; issued {registry.issued['A21']},"
        f" surrendered {registry.surrendered['A21']}, short {short}; {venue.state_hash()}\n"
    )


if __name__ == "__main__":
    main()
