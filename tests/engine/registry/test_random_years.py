"""Random days with a compliance year among the orders: nothing made, lost or used twice."""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary import events as e
from engine.vocabulary import registry_events as re
from tests.support.registry_books import Books
from tests.support.registry_flow import RegistryFlow, run, with_programme

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook

SEEDS = range(int(os.environ.get("CARBONX_DEEP", "0")) or 3)
NAMES = ("textbook", "cn-national", "guangdong", "shenzhen-2022", "krx", "california")
MADE = [with_programme(presets.load(name)) for name in NAMES]
# As they are, from some days before a deadline on.
DEADLINES = {
    "cn-national": 20251226,
    "eu-auction": 20250925,
    "california": 20251029,
    "krx": 20250626,
    "shenzhen-2022": 20250826,
}
WANTED = {re.AllowancesSurrendered, re.AllowancesAllocated, re.AllowancesTransferred,
          re.AllowancesCancelled, re.AllowancesIssued, re.CycleClosed, re.ComplianceSettled,
          re.PurchasesFrozen, re.PenaltyPaid}  # fmt: skip


def lived(flow: RegistryFlow, days: int) -> Counter[type]:
    """Run days with the second books kept, and count what happened."""
    books = Books(flow.venue)
    seen: Counter[type] = Counter()
    for command, events in run(flow, days):
        books.note(command, events)
        seen.update(map(type, events))
    return seen


@pytest.mark.parametrize("book", MADE, ids=lambda book: book.name)
def test_a_year_among_the_orders_keeps_its_books(book: Rulebook) -> None:
    seen: Counter[type] = Counter()
    for seed in SEEDS:
        flow = RegistryFlow(book, Random(f"{book.name}:{seed}"))
        seen += lived(flow, 6)
        again = Venue(book)
        for command in flow.given:
            again.apply(command)
        assert again.state_hash() == flow.venue.state_hash()
    assert not [kind.__name__ for kind in WANTED if not seen[kind]]
    assert seen[e.Trade] + seen[e.AuctionTrade]


@pytest.mark.parametrize("name", DEADLINES)
def test_a_preset_runs_over_its_deadline(name: str) -> None:
    book = presets.load(name)
    flow = RegistryFlow(book, Random(name), DEADLINES[name])
    seen = lived(flow, 6)
    assert seen[re.AllowancesSurrendered]
    assert seen[re.DeadlinePassed]
