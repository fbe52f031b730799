"""Linked cores: members of each hear of everything, and a crash between them loses nothing."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from engine.vocabulary import commands as c
from engine.vocabulary.enums import LinkKind, RejectReason, Side, TimeInForce
from engine.vocabulary.events import Rejected
from engine.vocabulary.link_commands import SetLink
from gateway.protocol import wire, wire_links
from gateway.protocol.framing import Unframer
from tests.support import regions
from tests.support.quiet_regions import NAMES, PEOPLE, KilledError, QuietRegions

if TYPE_CHECKING:
    from engine.vocabulary.link_commands import LinkCommand
    from tests.support.quiet_core import End

ROUTING = regions.link_of("sz", "gd", LinkKind.ROUTING, 2)
SHARED = regions.link_of("sz", "gd", LinkKind.SHARED)


def both(link: SetLink) -> tuple[QuietRegions, End, End]:
    """Return linked venues, and a member of each that is logged on."""
    found = QuietRegions()
    found.link(link)
    mei, bob = found.venues["sz"].logged_on("sz0"), found.venues["gd"].logged_on("gd0")
    found.tick("sz")
    found.tick("gd")
    return found, mei, bob


def kinds(end: End) -> list[str]:
    return [type(report).__name__ for report in end.reports() if report.seq > 2]


def test_a_routed_order_is_heard_of_at_both_venues() -> None:
    found, mei, bob = both(ROUTING)
    bob.say(wire.NewOrder(1, "GDA", Side.SELL, 10, 100))
    found.tick("gd")
    mei.say(wire.NewOrder(1, "SZA", Side.BUY, 15, 105))
    found.tick("sz")
    assert kinds(mei) == ["OrderRouted", "OrderAccepted", "CarriedIn"]
    (back,) = mei.all_of(wire_links.CarriedIn)
    assert (back.ref, back.traded, back.leaves, back.tonnes, back.fee) == (1, 10, 0, 10, 20)
    assert kinds(bob)[-1] == "OrderFilled"  # in the tick that followed, though bob said nothing
    found.checked()


def test_an_order_in_a_shared_book_trades_and_is_cancelled_from_home() -> None:
    found, mei, bob = both(SHARED)
    mei.say(wire.NewOrder(1, "SZA", Side.BUY, 10, 100))
    found.tick("sz")
    bob.say(wire.NewOrder(1, "GDA", Side.SELL, 4, 100))
    found.tick("gd")
    mei.say(wire.CancelOrder(2, 1))
    found.tick("sz")
    assert kinds(mei) == ["OrderRouted", "CarriedIn", "CancelRouted", "CarriedIn"]
    assert [(r.traded, r.leaves) for r in mei.all_of(wire_links.CarriedIn)] == [(4, 6), (0, 0)]
    found.checked()


def test_a_loss_of_the_session_cancels_at_the_other_venue_too() -> None:
    found, _, _ = both(SHARED)
    mei = found.venues["sz"].logged_on("sz1", cancel_on_disconnect=True)
    mei.say(wire.NewOrder(1, "SZA", Side.BUY, 10, 100))
    found.tick("sz")
    assert found.federation.venues["gd"].depth("GDA", Side.BUY) == [(100, 10)]
    mei.cut()
    found.tick("sz")
    assert found.federation.venues["gd"].depth("GDA", Side.BUY) == []
    found.checked()


def test_an_order_that_no_ledger_could_pay_for_is_refused_at_home() -> None:
    found, mei, _ = both(SHARED)
    mei.say(wire.NewOrder(1, "SZA", Side.BUY, 10**12, 10**12))
    mei.say(wire.NewOrder(2, "SZA", Side.BUY, 2**62, 2**62))
    mei.say(wire.NewOrder(3, "SZA", Side.SELL, -5, 100))
    found.tick("sz")
    assert kinds(mei) == ["Rejected"] * 3
    found.checked()


@pytest.mark.parametrize(
    "rules",
    [
        SetLink("x", LinkKind.SHARED, "nowhere", "SZA", "GDA"),
        SetLink("x", LinkKind.SHARED, "sz", "SZA", "SZA"),
        SetLink("x", LinkKind.SHARED, "gd", "SZA", "CO2"),
        SetLink("x", LinkKind.SHARED, "gd", "SZA", "GDA", role="firm"),
        SetLink("x", LinkKind.SHARED, "gd", "SZA", "GDA", fee=1),
        SetLink("x", LinkKind.HOSTING, "gd", "SZA", "GDA", fee=1),
    ],
)
def test_a_link_that_cannot_be_is_refused_and_no_end_is_set(rules: SetLink) -> None:
    found = QuietRegions()
    (refused,) = found.link(rules)
    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.field) == (RejectReason.VALUE, "peer")
    assert not any(venue.links.ends for venue in found.federation.venues.values())


def on_the_way(found: QuietRegions) -> dict[str, dict[str, dict[int, LinkCommand]]]:
    """Return the messages of each venue that may have to be delivered."""
    return {name: news.sent for name, news in found.federation.news.items()}


def boxes(found: QuietRegions) -> dict[str, list[Any]]:
    """Return all reports of all members."""
    heard = {}
    for name in NAMES:
        for account in (f"{name}{n}" for n in range(PEOPLE)):
            box = found.venues[name].core.running.outboxes.boxes[account]
            payloads = Unframer(wire.MAX_REPLY).feed(box.frames(0, 1 << 30))
            heard[account] = [wire.decode_from_venue(payload) for payload in payloads]
    return heard


def flow(found: QuietRegions, seed: int) -> list[End]:
    """Let members of both venues trade at random; return their ends."""
    random = Random(seed)
    ends = {}
    for name in NAMES:
        for n in range(PEOPLE):
            ends[f"{name}{n}"] = found.venues[name].logged_on(f"{name}{n}")
        found.tick(name)
    for name, command in regions.flow(random, NAMES, PEOPLE, 60):
        end = ends.get(getattr(command, "account", ""))
        match command:
            case c.NewOrder():
                tif = TimeInForce(command.tif)
                assert end is not None
                end.say(
                    wire.NewOrder(
                        command.ref,
                        command.symbol,
                        command.side,
                        command.quantity,
                        command.price,
                        tif=tif,
                    )
                )
            case c.CancelOrder():
                assert end is not None
                end.say(wire.CancelOrder(command.ref, command.target))
        if random.random() < 0.5:
            found.tick(name)
    return list(ends.values())


@pytest.mark.parametrize("link", [ROUTING, SHARED], ids=["routing", "shared"])
@pytest.mark.parametrize("seed", range(3))
def test_all_that_is_reported_is_written(link: SetLink, seed: int) -> None:
    found = QuietRegions()
    found.link(link)
    ends = flow(found, seed)
    for name in NAMES:
        found.tick(name)
    found.checked()
    reports = boxes(found)
    for end in ends:
        assert end.reports() == reports[end.connection.account]
    assert any(end.all_of(wire_links.CarriedIn) for end in ends)


@pytest.mark.parametrize("link", [ROUTING, SHARED], ids=["routing", "shared"])
@pytest.mark.parametrize("seed", range(12))
def test_a_crash_at_any_sync_loses_nothing_that_was_heard(link: SetLink, seed: int) -> None:
    found = QuietRegions()
    found.link(link)
    syncs = 0

    def die() -> None:
        nonlocal syncs
        syncs += 1
        if syncs == 6 + 3 * seed:
            raise KilledError

    for venue in found.venues.values():
        venue.log.before_sync = die
    with pytest.raises(KilledError):
        flow(found, seed)
    ends = [end for venue in found.venues.values() for end in venue.ends.values()]
    assert any(end.reports() for end in ends)
    again = QuietRegions(found.durable())
    again.checked()
    told = boxes(again)
    for end in ends:
        heard = end.reports()
        account = end.connection.account
        assert told.get(account, [])[: len(heard)] == heard
    assert on_the_way(QuietRegions(again.durable())) == on_the_way(again)
