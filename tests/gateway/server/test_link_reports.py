"""What an account hears of its orders at another venue: the whole life of each."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from engine.vocabulary import commands as c
from engine.vocabulary.enums import LinkKind, Phase, RejectReason, Side, TimeInForce
from gateway.protocol import wire, wire_links
from gateway.protocol.answers import ANSWERS
from gateway.protocol.framing import Unframer
from gateway.server.outbox import Outboxes
from tests.support import regions

if TYPE_CHECKING:
    from engine.venue.federation import Federation

PEOPLE = 3


class Told:
    """Linked venues, and all that their accounts are sent."""

    def __init__(self, kind: LinkKind, fee: int = 0) -> None:
        self.both: Federation = regions.federation(people=0, kind=kind, fee=fee)
        self.boxes = {name: Outboxes() for name in self.both.venues}
        for name in self.both.venues:
            for command in regions.opening(name, PEOPLE):
                self.submit(name, command)

    def submit(self, name: str, command: c.Command) -> None:
        for each in self.both.submit(name, command):
            self.boxes[each.venue].absorb(0, each.events)

    def order(
        self,
        account: str,
        ref: int,
        side: Side,
        quantity: int,
        price: int,
        tif: TimeInForce = TimeInForce.DAY,
    ) -> None:
        symbol = f"{account[:2].upper()}A"
        new = c.NewOrder(account, ref, symbol, side, quantity, price, tif=tif)
        self.submit(account[:2], new)

    def reports(self, account: str) -> list[Any]:
        box = self.boxes[account[:2]].boxes[account]
        return [*map(wire.decode_from_venue, Unframer(wire.MAX_REPLY).feed(box.frames(0, 1 << 30)))]

    def of_links(self, account: str) -> list[Any]:
        return [each for each in self.reports(account) if isinstance(each, wire_links.LinkReport)]


def figures(report: wire_links.CarriedIn) -> tuple[int, ...]:
    return (report.ref, report.traded, report.leaves, report.cash, report.tonnes, report.fee)


def test_an_order_that_leaves_is_answered_and_what_it_did_comes_back() -> None:
    told = Told(LinkKind.ROUTING, fee=2)
    told.order("gd0", 1, Side.SELL, 10, 100)
    told.order("sz0", 1, Side.BUY, 10, 105)
    routed, back = told.of_links("sz0")
    assert routed == wire_links.OrderRouted(3, 0, 1, "sz-gd", Side.BUY, 10, 100, 1_020)
    assert figures(back) == (1, 10, 0, 20, 10, 20)
    assert told.boxes["sz"].boxes["sz0"].answer_to(1)  # it is what a client is sent again


def test_a_resting_order_is_followed_until_it_is_over() -> None:
    told = Told(LinkKind.SHARED)
    told.order("sz0", 1, Side.BUY, 10, 100)
    told.order("sz0", 2, Side.BUY, 10, 99)
    told.order("gd0", 1, Side.SELL, 4, 100)
    told.order("gd0", 2, Side.SELL, 8, 99)  # the rest of one order, and a part of the other
    told.submit("sz", c.CancelOrder("sz0", 3, 2))
    one, two, first, second, third, cancel, end = told.of_links("sz0")
    assert [type(each) for each in (one, two)] == [wire_links.OrderRouted] * 2
    assert figures(first) == (1, 4, 6, 0, 4, 0)
    assert figures(second) == (1, 6, 0, 0, 8, 0)  # all that is available comes with the first
    assert figures(third) == (2, 2, 8, 0, 0, 0)
    assert (cancel.ref, cancel.target) == (3, 2)
    assert figures(end) == (2, 0, 0, 792, 0, 0)


def test_an_order_that_is_refused_there_is_over() -> None:
    told = Told(LinkKind.SHARED)
    told.submit("gd", c.SetPhase(Phase.CLOSED))
    told.order("sz0", 1, Side.SELL, 10, 100)
    _, back = told.of_links("sz0")
    assert figures(back) == (1, 0, 0, 0, 10, 0)
    assert back.reason == RejectReason.PHASE
    assert "closed" in back.rule


@pytest.mark.parametrize("mass", [False, True])
def test_a_cancel_that_is_refused_there_is_told_with_what_lives_on(*, mass: bool) -> None:
    told = Told(LinkKind.SHARED)
    for phase in (Phase.HALTED, Phase.INTRADAY_CALL):
        told.submit("gd", c.SetPhase(phase))
    told.order("sz0", 1, Side.BUY, 10, 100)
    told.order("sz0", 2, Side.BUY, 5, 99)
    told.submit("gd", c.SetPhase(Phase.FREEZE))
    told.submit("sz", c.MassCancel("sz0", 3) if mass else c.CancelOrder("sz0", 3, 1))
    word = [each for each in told.of_links("sz0") if isinstance(each, wire_links.CarriedIn)]
    assert [figures(each) for each in word] == [
        (1, 0, 10, 0, 0, 0),
        *([(2, 0, 5, 0, 0, 0)] if mass else []),
    ]
    for each in word:
        assert each.reason == RejectReason.FROZEN
        assert each.rule
    told.submit("gd", c.SetPhase(Phase.CONTINUOUS))
    told.submit("sz", c.CancelOrder("sz0", 4, 1))
    end = told.of_links("sz0")[-1]
    assert (figures(end)[:3], end.reason) == ((1, 0, 0), 0), "it was said, and is not said again"


def test_a_mass_cancel_follows_orders_and_answers_once() -> None:
    told = Told(LinkKind.SHARED)
    told.order("sz0", 1, Side.BUY, 10, 100)
    told.submit("sz", c.MassCancel("sz0", 2))
    reports = told.reports("sz0")
    answered = [ANSWERS[type(each)](each) for each in reports if type(each) in ANSWERS]
    assert answered == [1, 2, 0]
    assert figures(reports[-1]) == (1, 0, 0, 1_000, 0, 0)


@pytest.mark.parametrize("kind", [LinkKind.ROUTING, LinkKind.SHARED])
@pytest.mark.parametrize("seed", range(4))
def test_what_left_is_what_traded_and_what_came_back(kind: LinkKind, seed: int) -> None:
    """Follow every order of a random day to its end, from the account's own reports alone."""
    told = Told(kind, fee=1 if kind is LinkKind.ROUTING else 0)
    for name, command in regions.flow(Random(seed), ("gd", "sz"), PEOPLE, 400):
        told.submit(name, command)
    sent = 0
    for account in (f"sz{n}" for n in range(PEOPLE)):
        away: dict[int, int] = {}  # tonnes that are live at the peer, by reference
        traded: dict[int, int] = {}
        for report in told.of_links(account):
            match report:
                case wire_links.OrderRouted():
                    away[report.ref] = report.quantity
                    sent += 1
                case wire_links.CarriedIn() if report.ref:
                    assert report.traded + report.leaves <= away[report.ref]
                    away[report.ref] = report.leaves
                    traded[report.ref] = traded.get(report.ref, 0) + report.traded
        guest = told.both.venues["gd"].participants.get(f"sz:{account}")
        live = {ref: order.leaves for ref, order in guest.orders.items()} if guest else {}
        assert {ref: leaves for ref, leaves in away.items() if leaves} == live
        guests = told.boxes["gd"].boxes.get(f"sz:{account}")
        filled: dict[int, int] = {}
        frames = guests.frames(0, 1 << 30) if guests else b""
        for payload in Unframer(wire.MAX_REPLY).feed(frames):
            there = wire.decode_from_venue(payload)
            if isinstance(there, wire.OrderFilled):
                filled[there.ref] = filled.get(there.ref, 0) + there.quantity
        assert {ref: tonnes for ref, tonnes in traded.items() if tonnes} == filled
    assert sent > 10
