"""An account's owner hears of its own compliance year over the wire, and another one does not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.rulebook.presets import load as load_rulebook
from engine.vocabulary import registry_commands as r
from engine.vocabulary.commands import BeginDay
from gateway.client import messages as m
from gateway.server.accounts import Directory
from gateway.server.node import Node, Options
from tests.support.registry_flow import with_programme
from tests.support.venues import ACCOUNTS, client_of

if TYPE_CHECKING:
    from pathlib import Path

YEAR = (
    r.RegisterEntity("Plant", ("alice",)),
    r.SetCap("CO2", 1_000),
    r.AllocateAllowances("Plant", "one", "CO2", 70, 1_000_000, final=True),
    r.ReportEmissions("Plant", "one", 90),
    r.VerifyEmissions("Plant", "one", 100),
    r.TransferAllowances("alice", "bob", "CO2", 10, 5_000),
    r.SurrenderAllowances("Plant", "one", "CO2", 60),
)


async def heard(folder: Path) -> dict[str, list[object]]:
    """Run the commands; return what each client heard of the registry, until it was transferred."""
    node = Node.open(
        folder, with_programme(load_rulebook("textbook")), Directory(ACCOUNTS), Options()
    )
    await node.start()
    found: dict[str, list[object]] = {"alice": [], "bob": []}
    try:
        async with client_of(node) as alice, client_of(node, "bob") as bob:
            for command in YEAR:
                node.operate(command)
            for client, name, last in (
                (alice, "alice", m.AllowancesSurrendered),
                (bob, "bob", m.AllowancesTransferred),
            ):
                async with asyncio.timeout(20):
                    while not found[name] or not isinstance(found[name][-1], last):
                        event = await client.next_event()
                        if type(event).__module__.endswith("wire_registry"):
                            found[name].append(event)
    finally:
        await node.stop()
    return found


def test_the_owner_is_told_of_its_own_year_alone(tmp_path: Path) -> None:
    found = asyncio.run(heard(tmp_path / "v"))
    kinds = [type(report) for report in found["alice"]]
    assert kinds == [m.EntityRegistered, m.AllowancesIssued, m.AllowancesAllocated,
                     m.EmissionsReported, m.EmissionsVerified, m.AllowancesTransferred,
                     m.AllowancesSurrendered]  # fmt: skip
    verified, surrendered = found["alice"][4], found["alice"][-1]
    assert isinstance(verified, m.EmissionsVerified)
    assert verified.due == 100
    assert isinstance(surrendered, m.AllowancesSurrendered)
    assert (surrendered.quantity, surrendered.due) == (60, 40)
    (transferred,) = found["bob"]
    assert isinstance(transferred, m.AllowancesTransferred)
    assert (transferred.account, transferred.quantity, transferred.amount) == ("alice", 10, 50_000)


async def published(folder: Path) -> list[object]:
    """Return what a subscriber hears of a year, up to the close."""
    node = Node.open(
        folder, with_programme(load_rulebook("textbook")), Directory(ACCOUNTS), Options()
    )
    await node.start()
    found: list[object] = []
    try:
        async with client_of(node, "bob") as bob:
            first = node.sequencer.venue.symbols[0]
            await bob.follow(first)
            for command in (*YEAR, BeginDay(20251205), r.CloseCycle("one", 5_000)):
                node.operate(command)
            async with asyncio.timeout(20):
                while not found or not isinstance(found[-1], m.CycleClosed):
                    event = await bob.next_event()
                    if type(event).__module__.endswith("wire_notices"):
                        found.append(event)
            assert not bob.book(first).stale, "each was counted"
    finally:
        await node.stop()
    return found


def test_all_hear_what_is_public_and_no_account(tmp_path: Path) -> None:
    found = asyncio.run(published(tmp_path / "v"))
    kinds = [type(notice) for notice in found]
    assert kinds == [m.CapSet, m.IssuanceStated, *[m.DeadlinePassed] * 3, m.CompliancePublished,
                     m.CycleClosed]  # fmt: skip
    assert "alice" not in str(found)
    issued, published_, closed = found[1], found[-2], found[-1]
    assert isinstance(issued, m.IssuanceStated)
    assert (issued.product, issued.quantity, issued.issued) == ("CO2", 70, 70)
    assert isinstance(published_, m.CompliancePublished)
    assert (published_.entity, published_.verified, published_.allocated) == ("Plant", 100, 70)
    assert isinstance(closed, m.CycleClosed)
    assert closed.short == 1
