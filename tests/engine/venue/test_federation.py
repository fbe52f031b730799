"""Linked venues: nothing is lost or made, whoever trades where."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.venue.federation import Federation, FederationError
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import LinkKind, Phase, RejectReason, Side, TimeInForce
from engine.vocabulary.events import Rejected, Trade
from engine.vocabulary.link_commands import CarryHome, CarryIn, GuestOrder, RouteOrder, SetLink
from engine.vocabulary.link_events import CarriedIn, OrderRouted
from tests.support import regions

if TYPE_CHECKING:
    from engine.venue.federation import Happened
    from engine.vocabulary.events import Event


def order(account: str, ref: int, side: Side, quantity: int, price: int) -> c.NewOrder:
    return c.NewOrder(account, ref, f"{account[:2].upper()}A", side, quantity, price)


def trades(happened: list[Happened]) -> list[tuple[str, int, int]]:
    return [
        (each.venue, event.price, event.quantity)
        for each in happened
        for event in each.events
        if isinstance(event, Trade)
    ]


def refusal(events: list[Event]) -> Rejected:
    (event,) = events
    assert isinstance(event, Rejected)
    return event


def test_an_order_goes_where_the_price_with_the_fee_is_better_and_the_rest_stays() -> None:
    found = regions.federation(fee=2, people=3)
    found.submit("gd", order("gd0", 1, Side.SELL, 10, 100))
    found.submit("gd", order("gd0", 2, Side.SELL, 10, 103))
    found.submit("sz", order("sz0", 1, Side.SELL, 10, 104))
    happened = found.submit("sz", order("sz1", 1, Side.BUY, 20, 110))
    # 100 + 2 is better than 104, 103 + 2 is not
    assert trades(happened) == [("sz", 104, 10), ("gd", 100, 10)]
    sz, gd = found.venues["sz"], found.venues["gd"]
    assert sz.allowances("sz1", "SZA") == (1_020, 0)
    assert sz.cash("sz1") == (1_000_000 - 1_040 - 1_000 - 20, 0)
    assert sz.fees() == 20
    assert gd.cash("gd0") == (1_001_000, 0)
    assert gd.cash("sz:sz1") == (0, 0)
    found.check()


def test_a_seller_goes_where_more_is_bid() -> None:
    found = regions.federation(fee=2)
    found.submit("gd", order("gd0", 1, Side.BUY, 10, 105))
    found.submit("sz", order("sz0", 1, Side.BUY, 10, 103))
    happened = found.submit("sz", order("sz1", 1, Side.SELL, 15, 100))
    # 105 less 2 is what is bid here, so what both bid stays first
    assert trades(happened) == [("sz", 103, 10), ("gd", 105, 5)]
    found.check()


def test_what_costs_the_same_stays_at_home() -> None:
    found = regions.federation()
    found.submit("gd", order("gd0", 1, Side.SELL, 10, 100))
    found.submit("sz", order("sz0", 1, Side.SELL, 10, 100))
    assert trades(found.submit("sz", order("sz1", 1, Side.BUY, 10, 100))) == [("sz", 100, 10)]


def test_the_quota_is_kept_and_its_use_reported() -> None:
    found = regions.federation(quota=15)
    found.submit("gd", order("gd0", 1, Side.SELL, 40, 100))
    first = found.submit("sz", order("sz1", 1, Side.BUY, 10, 100))
    assert [e.used for h in first for e in h.events if isinstance(e, OrderRouted)] == [10]
    second = found.submit("sz", order("sz1", 2, Side.BUY, 10, 100))
    assert trades(second) == [("gd", 100, 5)]
    assert [e.used for h in second for e in h.events if isinstance(e, CarriedIn)] == [15]
    assert trades(found.submit("sz", order("sz0", 1, Side.BUY, 10, 100))) == []
    # set anew, its use starts anew
    link = found.venues["sz"].links.ends["sz-gd"].rules
    found.submit("sz", link)
    assert found.venues["sz"].links.ends["sz-gd"].used == 0


def test_a_message_is_taken_once_and_in_turn() -> None:
    venue = regions.federation().venues["gd"]
    again = GuestOrder("sz-gd", 1, "sz1", 1, "sz1", Side.BUY, 1, 100, TimeInForce.IOC, 100)
    assert not isinstance(venue.apply(again)[0], Rejected)
    before = venue.state_hash()
    for number in (1, 3, 0):
        late = GuestOrder("sz-gd", number, "sz1", 2, "sz1", Side.BUY, 1, 100, TimeInForce.IOC, 100)
        event = refusal(venue.apply(late))
        assert (event.reason, event.field) == (RejectReason.UNKNOWN_NUMBER, "number")
        event = refusal(venue.apply(CarryIn("sz-gd", number + 5, "gd0", 1, 0, 0, 0)))
        assert (event.reason, event.field) == (RejectReason.UNKNOWN_NUMBER, "number")
    assert venue.state_hash() == before


def test_an_order_that_the_other_line_refuses_comes_home_whole() -> None:
    found = regions.federation()
    found.submit("gd", c.SetPhase(Phase.CLOSED))
    routed = RouteOrder("sz0", 1, "sz-gd", Side.BUY, 5, 100, TimeInForce.DAY, 5, 100, 500)
    happened = found.submit("sz", routed)
    (why,) = [e for each in happened for e in each.events if isinstance(e, Rejected)]
    (back,) = [e for each in happened for e in each.events if isinstance(e, CarriedIn)]
    assert (back.ref, back.reason, back.rule) == (1, RejectReason.PHASE, why.rule)
    assert why.rule
    assert not found.news["gd"].refused, "it was said"
    assert found.venues["sz"].cash("sz0") == (1_000_000, 0)
    assert found.venues["sz"].links.ends["sz-gd"].used == 0
    found.check()


def test_a_member_cancels_what_rests_in_the_one_book() -> None:
    found = regions.federation(kind=LinkKind.SHARED)
    found.submit("sz", order("sz0", 1, Side.BUY, 10, 100))
    assert found.venues["gd"].depth("GDA", Side.BUY) == [(100, 10)]
    assert found.venues["sz"].cash("sz0") == (999_000, 0)
    found.submit("sz", c.CancelOrder("sz0", 2, 1))
    assert found.venues["gd"].depth("GDA", Side.BUY) == []
    assert found.venues["sz"].cash("sz0") == (1_000_000, 0)
    # an order that is no more is unknown at home
    (happened,) = found.submit("sz", c.CancelOrder("sz0", 3, 1))
    assert refusal(happened.events).reason is RejectReason.UNKNOWN_ORDER


@pytest.mark.parametrize(
    "command",
    [
        c.MassCancel("sz0", 3),
        c.MassCancel("sz0", 3, "SZA"),
        c.SetKillSwitch("sz0", on=True),
        c.CancelOnDisconnect("sz0"),
    ],
)
def test_what_ends_all_orders_of_a_member_ends_those_in_the_one_book(command: c.Command) -> None:
    found = regions.federation(kind=LinkKind.SHARED)
    found.submit("sz", order("sz0", 1, Side.BUY, 10, 100))
    found.submit("sz", order("sz0", 2, Side.SELL, 10, 105))
    found.submit("sz", order("sz1", 1, Side.BUY, 5, 99))
    found.submit("sz", c.MassCancel("sz0", 2))  # refused: the reference was used
    assert found.venues["gd"].depth("GDA", Side.BUY) == [(100, 10), (99, 5)]
    found.submit("sz", command)
    assert found.venues["gd"].depth("GDA", Side.BUY) == [(99, 5)]
    assert found.venues["gd"].depth("GDA", Side.SELL) == []
    assert found.venues["sz"].cash("sz0") == (1_000_000, 0)
    assert found.venues["sz"].allowances("sz0", "SZA") == (1_000, 0)
    assert not regions.left_behind(found)
    found.check()


def test_an_account_with_a_guests_name_is_not_the_guests() -> None:
    found = regions.federation()
    found.submit("gd", c.OpenAccount("sz:sz1", cash=77))
    found.submit("gd", order("gd0", 1, Side.SELL, 10, 100))
    found.submit("sz", order("sz1", 1, Side.BUY, 10, 100))
    assert found.venues["gd"].cash("sz:sz1") == (77, 0)
    assert found.venues["sz"].allowances("sz1", "SZA") == (1_010, 0)


REFUSED = (
    (SetLink("", LinkKind.ROUTING, "gd", "SZA", "GDA"), "link"),
    (SetLink("x", LinkKind.ROUTING, "gd", "SZB", "GDA"), "symbol"),
    (SetLink("x", LinkKind.ROUTING, "gd", "SZA", "GDA", -1), "fee"),
    (SetLink("x", LinkKind.ROUTING, "gd", "SZA", "GDA", 0, -1), "quota"),
    (SetLink("x", LinkKind.ROUTING, "gd", "SZA", "GDA", 0, 0, "none"), "role"),
    (SetLink("sz-gd", LinkKind.ROUTING, "hb", "SZA", "GDA"), "peer"),
    (RouteOrder("no", 1, "sz-gd", Side.BUY, 5, 100, TimeInForce.DAY, 5, 100, 500), "account"),
    (RouteOrder("sz0", 0, "sz-gd", Side.BUY, 5, 100, TimeInForce.DAY, 5, 100, 500), "ref"),
    (RouteOrder("sz0", 1, "no", Side.BUY, 5, 100, TimeInForce.DAY, 5, 100, 500), "link"),
    (RouteOrder("sz0", 1, "sz-gd", Side.BUY, 0, 100, TimeInForce.DAY, 0, 100, 0), "quantity"),
    (RouteOrder("sz0", 1, "sz-gd", Side.BUY, 5, 100, TimeInForce.DAY, 6, 100, 600), "away"),
    (RouteOrder("sz0", 1, "sz-gd", Side.BUY, 5, 100, TimeInForce.DAY, 5, 101, 505), "away_price"),
    (RouteOrder("sz0", 1, "sz-gd", Side.BUY, 5, 100, TimeInForce.DAY, 5, 100, 499), "cash"),
    (RouteOrder("sz0", 1, "sz-gd", Side.SELL, 5, 100, TimeInForce.DAY, 5, 100, 1), "cash"),
    (RouteOrder("sz0", 1, "sz-gd", Side.BUY, 5, 100, TimeInForce.DAY, 5, 100, 10**7), "cash"),
    (RouteOrder("sz0", 1, "sz-gd", Side.SELL, 5000, 100, TimeInForce.DAY, 5000, 100), "away"),
    (RouteOrder("sz0", 1, "sz-gd", Side.BUY, 5, 0, TimeInForce.DAY, 4, 0, 500), "away_price"),
    (GuestOrder("no", 1, "a", 1, "a", Side.BUY, 1, 1, TimeInForce.IOC, 1), "link"),
    (GuestOrder("sz-gd", 1, "a", 1, "a", Side.BUY, 0, 1, TimeInForce.IOC, 1), "quantity"),
    (CarryHome("no", "a"), "link"),
    (CarryHome("sz-gd", "a"), "account"),
    (CarryIn("no", 1, "sz0", 1, 1, 1, 1), "link"),
    (CarryIn("sz-gd", 1, "no", 1, 1, 1, 1), "account"),
    (CarryIn("sz-gd", 1, "sz0", -1, 1, 1, 1), "cash"),
)


@pytest.mark.parametrize(("command", "field"), REFUSED)
def test_a_refusal_names_its_field_and_moves_nothing(command: c.Command, field: str) -> None:
    found = regions.federation()
    before = regions.owned(found)
    event = refusal(found.venues["sz"].apply(command))
    assert event.field == field
    assert event.rule
    assert regions.owned(found) == before
    found.check()


def test_a_rest_that_its_own_line_refuses_keeps_the_part_that_would_leave() -> None:
    found = regions.federation()
    routed = RouteOrder("sz0", 1, "sz-gd", Side.BUY, 5 + 10**12, 100, TimeInForce.DAY, 5, 100, 500)
    event = refusal(found.venues["sz"].apply(routed))
    assert isinstance(event, Rejected)
    poor = RouteOrder("sz0", 2, "sz-gd", Side.BUY, 10_005, 100, TimeInForce.DAY, 5, 100, 500)
    event = refusal(found.venues["sz"].apply(poor))
    assert (event.reason, event.field) == (RejectReason.CASH, "quantity")
    assert found.venues["sz"].cash("sz0") == (1_000_000, 0)
    found.check()


def test_venues_that_do_not_fit_are_not_linked() -> None:
    found = regions.federation()
    for rules, other in (
        (regions.link_of("sz", "sz"), "sz"),
        (regions.link_of("sz", "hb"), "hb"),
        (SetLink("x", LinkKind.ROUTING, "gd", "SZA", "no"), "gd"),
    ):
        with pytest.raises(FederationError):
            found.link("sz", rules, other)
    with pytest.raises(FederationError, match="not hb"):
        found.submit("sz", regions.link_of("sz", "hb"))
    assert list(found.venues["sz"].links.ends) == ["sz-gd"]
    product = structs.replace(regions.rulebook("eu").products[0], currency="EUR")
    euros = Venue(structs.replace(regions.rulebook("eu"), currency="EUR", products=(product,)))
    with pytest.raises(FederationError, match="EUR"):
        Federation({"sz": found.venues["sz"], "eu": euros}).link(
            "sz", regions.link_of("sz", "eu"), "eu"
        )


def run(seed: int, names: tuple[str, ...], **options: Any) -> Federation:
    random = Random(seed)
    found = regions.federation(names, 3, **options)
    outside = regions.Outside()
    outside.cash, outside.tonnes = regions.owned(found)
    for name, command in regions.flow(random, names, 3, 60):
        outside.take_all(found.submit(name, command))
        found.check()
        assert regions.owned(found) == (outside.cash, outside.tonnes)
        assert not regions.left_behind(found)
    return found


@given(
    st.integers(0, 10**9),
    st.sampled_from((("gd", "sz"), ("gd", "sz", "hb"))),
    st.sampled_from((LinkKind.ROUTING, LinkKind.SHARED, LinkKind.NONE)),
    st.integers(0, 3),
    st.sampled_from((0, 60)),
)
@settings(max_examples=40, deadline=None)
def test_nothing_is_lost_or_made(
    seed: int, names: tuple[str, ...], kind: LinkKind, fee: int, quota: int
) -> None:
    found = run(seed, names, kind=kind, fee=fee, quota=quota if kind is LinkKind.ROUTING else 0)
    for venue in found.venues.values():
        for end in venue.links.ends.values():
            assert not end.rules.quota or end.used <= end.rules.quota


@pytest.mark.parametrize("kind", [LinkKind.ROUTING, LinkKind.SHARED])
def test_the_random_flow_does_cross_the_border(kind: LinkKind) -> None:
    found = run(7, ("gd", "sz"), kind=kind, fee=1)
    assert all(venue.links.ends["sz-gd"].sent > 2 for venue in found.venues.values())


def test_an_open_link_of_kind_none_passes_nothing() -> None:
    found = run(7, ("gd", "sz"), kind=LinkKind.NONE)
    assert all(venue.links.ends["sz-gd"].sent == 0 for venue in found.venues.values())


def test_linked_venues_are_the_same_whatever_else_is_new() -> None:
    one, two = run(3, ("gd", "sz")), run(3, ("gd", "sz"))
    hashes = [[venue.state_hash() for venue in each.venues.values()] for each in (one, two)]
    assert hashes[0] == hashes[1]
    assert Venue(regions.rulebook("gd")).state_hash() not in hashes[0]
