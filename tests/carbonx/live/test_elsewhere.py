"""What a live agent knows of its orders at a linked venue."""

from __future__ import annotations

from random import Random

import pytest

from backtest.agents.own_orders import OwnOrder, OwnOrders
from carbonx.live.reports import Reports
from engine.vocabulary import commands as c
from engine.vocabulary import events as ev
from engine.vocabulary import link_events as le
from engine.vocabulary.enums import LinkKind, Side
from gateway.protocol import wire, wire_links
from gateway.protocol.framing import Unframer
from gateway.server.outbox import Outboxes
from tests.support import regions

PEOPLE = 3


@pytest.mark.parametrize("kind", [LinkKind.ROUTING, LinkKind.SHARED])
@pytest.mark.parametrize("seed", range(4))
def test_it_follows_every_order_to_its_end(kind: LinkKind, seed: int) -> None:
    both = regions.federation(people=0, kind=kind)
    boxes = {name: Outboxes() for name in both.venues}
    reports = {f"sz{n}": Reports(f"sz{n}") for n in range(PEOPLE)}
    own = {name: OwnOrders(name) for name in reports}
    flow = [(name, each) for name in both.venues for each in regions.opening(name, PEOPLE)]
    flow += regions.flow(Random(seed), ("gd", "sz"), PEOPLE, 400)
    for name, command in flow:
        if isinstance(command, c.NewOrder) and command.account in reports:
            order = OwnOrder(command.symbol, command.side, command.price, command.quantity)
            reports[command.account].sent(command.ref, command)
            own[command.account].sent(command.ref, order)
        for happened in both.submit(name, command):
            boxes[happened.venue].absorb(0, happened.events)
    filled = dict.fromkeys(reports, 0)
    for name in both.venues:
        for account in both.venues[name].accounts:
            home = account.removeprefix("sz:")
            if home in filled:
                for payload in Unframer(wire.MAX_REPLY).feed(
                    boxes[name].boxes[account].frames(0, 1 << 30)
                ):
                    message = wire.decode_from_venue(payload)
                    if isinstance(message, wire.OrderFilled):
                        filled[home] += message.quantity
    left = 0
    for account, each in reports.items():
        for payload in Unframer(wire.MAX_REPLY).feed(boxes["sz"].boxes[account].frames(0, 1 << 30)):
            message = wire.decode_from_venue(payload)
            for event in (each.trade_elsewhere(message), each.event(message)):
                if event is not None:
                    own[account].absorb(event)
                    left += isinstance(event, le.OrderRouted)
        guest = both.venues["gd"].participants.get(f"sz:{account}")
        away = {ref: o.leaves for ref, o in guest.orders.items()} if guest else {}
        here = {o.ref: o.leaves for o in both.venues["sz"].open_orders(account)}
        assert own[account].filled == filled[account]
        assert {ref: o.leaves for ref, o in own[account].away.items()} == away
        assert {ref: o.leaves for ref, o in own[account].live.items()} == here
        assert not own[account].unanswered
    assert left > 5


def test_a_trade_elsewhere_has_the_line_at_home_and_the_limit_there() -> None:
    reports = Reports("ann")
    reports.sent(7, c.NewOrder("ann", 7, "CO2", Side.BUY, 10, 5_100))
    routed = reports.event(wire_links.OrderRouted(1, 0, 7, "bay", Side.BUY, 10, 5_000, 50_000))
    assert isinstance(routed, le.OrderRouted)
    assert (routed.account, routed.quantity, routed.price) == ("ann", 10, 5_000)
    back = wire_links.CarriedIn(2, 0, 7, "bay", 6, 4, 20, 6, 20)
    trade = reports.trade_elsewhere(back)
    assert trade == ev.Trade("CO2", 0, Side.SELL, 5_000, 6, "", 0, 0, 0, "ann", 7, 4, 0, -1)
    assert reports.event(back) == le.CarriedIn("bay", 0, "ann", 20, 6, 20, 0, 7, 6, 4)


def test_an_order_that_left_before_our_time_is_passed_over() -> None:
    reports = Reports("ann")
    reports.event(wire_links.OrderRouted(1, 0, 7, "bay", Side.BUY, 10, 5_000, 50_000))
    assert reports.trade_elsewhere(wire_links.CarriedIn(2, 0, 7, "bay", 6, 0, 0, 6, 0)) is None


@pytest.mark.parametrize(
    ("report", "event"),
    [
        (
            wire_links.CancelRouted(1, 0, 8, "bay", 7),
            le.CancelRouted("ann", 8, "bay", 0, 7),
        ),
        (
            wire_links.BidRouted(1, 0, 9, "bay", 3, Side.BUY, 5, 50, 250),
            le.BidRouted("ann", 9, "bay", 0, "", 3, Side.BUY, 5, 50, 250, 0),
        ),
        (
            wire_links.AllowancesSent(1, 0, "bay", "CO2", 5, "plant", "2024"),
            le.AllowancesSent("ann", "bay", 0, "CO2", 5, "plant", "2024", "", 0),
        ),
    ],
)
def test_other_reports_of_links_are_the_engines_events(report: object, event: object) -> None:
    assert Reports("ann").event(report) == event
