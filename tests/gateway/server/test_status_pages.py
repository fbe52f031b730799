"""A status lists at most a page of orders, and looks at no more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.venue import views
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Side
from gateway.protocol import wire
from gateway.protocol.wire_account import AccountStatus
from tests.support.quiet_core import QuietVenue

if TYPE_CHECKING:
    from engine.book.orders import Order


@pytest.fixture
def quiet() -> QuietVenue:
    found = QuietVenue(("ann",), page=3)
    for ref in range(1, 8):
        found.core.running.run(0, c.NewOrder("ann", ref, "CO2", Side.BUY, 1, 4_000))
    found.core.running.run(0, c.CancelOrder("ann", 8, 4))
    return found


@pytest.mark.parametrize(
    ("after", "refs", "more"),
    [
        (0, [1, 2, 3], True),
        (1, [2, 3, 5], True),
        (3, [5, 6, 7], False),
        (4, [5, 6, 7], False),  # of an order that is gone since
        (6, [7], False),
        (7, [], False),
        (2**63 - 1, [], False),
        (-1, [1, 2, 3], True),
    ],
)
def test_a_page_begins_behind_the_reference_that_is_named(
    quiet: QuietVenue, after: int, refs: list[int], *, more: bool
) -> None:
    (ann,) = quiet.logged_on("ann")
    ann.say(wire.AskStatus(after))
    quiet.tick()
    (page,) = ann.all_of(AccountStatus)
    assert ([order.ref for order in page.orders], page.more) == (refs, more)
    assert page.cash
    assert page.last_ref == 8


def test_a_page_costs_what_it_lists_not_what_the_account_has(
    quiet: QuietVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Order] = []

    def noted(order: Order) -> views.OrderView:
        seen.append(order)
        return original(order)

    original = views.view_order
    monkeypatch.setattr(views, "view_order", noted)
    (ann,) = quiet.logged_on("ann")
    assert not seen, "a logon of many looks at none"
    ann.say(wire.AskStatus())
    quiet.tick()
    assert len(seen) == 4, "a page, and whether there is another"


def test_who_asks_without_a_reference_as_before_gets_the_first_page(quiet: QuietVenue) -> None:
    (ann,) = quiet.logged_on("ann")
    ann.send(b"\0\0\0\x02\x91\x0a")
    quiet.tick()
    assert [order.ref for order in ann.all_of(AccountStatus)[0].orders] == [1, 2, 3]
