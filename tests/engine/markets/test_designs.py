"""A design refuses what it does not have, and a new one touches nothing but the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import Struct, structs

from carbonx.testing.script import ScriptedVenue
from engine.markets.designs import DESIGNS
from engine.markets.order_book import OrderBook
from engine.rulebook.model import (
    Calendar,
    Mode,
    Product,
    Rulebook,
    RulebookError,
    Session,
)
from engine.rulebook.toml_codec import from_toml
from engine.rulebook.validation import validate
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import CALL_PHASES, Mechanism, Phase, RejectReason, Side
from tests.support.toml import to_toml

if TYPE_CHECKING:
    from engine.book.orders import Participant

NO_BOOKS = tuple(mechanism for mechanism in Mechanism if mechanism is not Mechanism.ORDER_BOOK)
PRODUCT = Product("A", 100)


def book_of(*mechanisms: Mechanism) -> Rulebook:
    modes = tuple(
        Mode(name=each.name.lower(), mechanism=each, moves_close=not place)
        for place, each in enumerate(mechanisms)
    )
    return Rulebook("rules", (PRODUCT,), modes=modes)


def funded(rules: Rulebook) -> Venue:
    venue = Venue(rules)
    for name in ("ann", "bob"):
        venue.apply(c.OpenAccount(name))
        venue.apply(c.MoveCash(name, 1_000_000))
        venue.apply(c.MoveAllowances(name, "A", 1_000))
    return venue


@pytest.mark.parametrize("phase", CALL_PHASES, ids=lambda phase: phase.name)
@pytest.mark.parametrize("before", [Phase.CLOSED, Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.HALTED])
@pytest.mark.parametrize("mechanism", NO_BOOKS, ids=lambda mechanism: mechanism.name)
def test_a_line_without_a_book_refuses_calls(
    mechanism: Mechanism, before: Phase, phase: Phase
) -> None:
    venue = funded(book_of(mechanism))
    if before is Phase.HALTED:
        venue.apply(c.SetPhase(Phase.CONTINUOUS, "A"))
    if before is not Phase.CLOSED:
        venue.apply(c.SetPhase(before, "A"))
    state = venue.state_hash()
    (event,) = venue.apply(c.SetPhase(phase, "A"))
    assert isinstance(event, e.Rejected)
    assert (event.reason, event.field) == (RejectReason.MODE, "phase")
    assert mechanism.name.lower() in event.rule
    assert "no calls" in event.rule
    assert venue.state_hash() == state
    venue.check()


def test_crossing_listings_never_match_by_themselves() -> None:
    """Rules 11: nothing matches by itself on a listing line."""
    venue = funded(book_of(Mechanism.LISTING))
    venue.apply(c.SetPhase(Phase.PRE_OPEN))
    venue.apply(c.NewOrder("ann", 1, "A", Side.BUY, 5, 110))
    venue.apply(c.NewOrder("bob", 1, "A", Side.SELL, 5, 90))
    seen = []
    for phase in (*CALL_PHASES, Phase.CONTINUOUS, Phase.CLOSED):
        seen += venue.apply(c.SetPhase(phase, "A"))
        seen += venue.apply(c.AdvanceTime(venue.time + 10**9))
    wrong = (e.Trade, e.AuctionTrade, e.AuctionUncrossed, e.AuctionIndicated)
    assert not any(isinstance(event, wrong) for event in seen)


def test_a_call_on_every_line_is_held_by_the_order_books_alone() -> None:
    venue = funded(book_of(*Mechanism))
    events = venue.apply(c.SetPhase(Phase.OPENING_CALL))
    changed = [event for event in events if isinstance(event, e.PhaseChanged)]
    refused = [event for event in events if isinstance(event, e.Rejected)]
    assert [event.symbol for event in changed] == ["A"]
    assert len(refused) == len(NO_BOOKS)
    assert {event.reason for event in refused} == {RejectReason.MODE}


@pytest.mark.parametrize("phase", CALL_PHASES, ids=lambda phase: phase.name)
@pytest.mark.parametrize("named", [True, False])
def test_a_rulebook_whose_sessions_hold_such_a_call_does_not_pass(
    phase: Phase, *, named: bool
) -> None:
    rules = book_of(Mechanism.ORDER_BOOK, Mechanism.NEGOTIATED)
    session = Session(36_000, phase, ("negotiated",) if named else ())
    wrong = structs.replace(rules, calendar=Calendar(sessions=(session,)))
    with pytest.raises(RulebookError, match=r"sessions\[0\].modes.*negotiated.*no calls"):
        validate(wrong)
    session = structs.replace(session, modes=("order_book",))
    right = structs.replace(rules, calendar=Calendar(sessions=(session,)))
    assert from_toml(to_toml(right)) == right


@pytest.mark.parametrize("field", ["batch_seconds", "volatility_bp"])
def test_a_mode_without_a_book_has_no_figures_of_calls(field: str) -> None:
    rules = book_of(Mechanism.LISTING)
    mode = structs.replace(rules.modes[0], **{field: 60})
    with pytest.raises(RulebookError, match=f"{field}.*no calls"):
        validate(structs.replace(rules, modes=(mode,)))


@pytest.mark.parametrize("mechanism", list(Mechanism), ids=lambda mechanism: mechanism.name)
def test_each_design_takes_its_own_commands_and_refuses_the_others(mechanism: Mechanism) -> None:
    venue = funded(book_of(mechanism))
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    taken = venue.markets["A"].commands
    commands: list[c.Command] = [
        c.Pick("ann", 0, "A", 1),
        c.Quote("ann", 0, "A", Side.SELL, 5, 100),
        c.Decline("ann", 0, "A", 1),
        c.Announce("ann", 0, "A", Side.SELL, 5, 100, 1, 10),
        c.Bid("ann", 0, "A", 1, 5, 100),
    ]
    for ref, command in enumerate(commands, 1):
        (event, *_) = venue.apply(structs.replace(command, ref=ref))
        refused = isinstance(event, e.Rejected) and event.reason is RejectReason.MODE
        assert refused == (type(command) not in taken), command
    (event, *_) = venue.apply(c.ClearAuction("A", 7))
    assert isinstance(event, e.Rejected)
    assert (event.reason is RejectReason.MODE) == (mechanism is not Mechanism.ONE_WAY)


class Wink(Struct, frozen=True, array_like=True, tag=999):
    """A client's command that only the design below knows."""

    account: str
    ref: int
    symbol: str


class Winking(OrderBook):
    """A design made outside the engine."""

    def winked(self, command: Wink, participant: Participant) -> list[e.Event]:
        return [e.MassCancelled(participant.name, command.ref, 0)]


def test_a_new_design_needs_nothing_but_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DESIGNS, Mechanism.ORDER_BOOK, Winking)
    venue = funded(book_of(Mechanism.ORDER_BOOK, Mechanism.LISTING))
    line = venue.markets["A"]
    assert isinstance(line, Winking)
    line.commands = {Wink: line.winked}
    command: c.Command = Wink("ann", 1, "A")  # type: ignore[assignment] # not of the union
    assert venue.apply(command) == [e.MassCancelled("ann", 1, 0)]
    elsewhere: c.Command = Wink("ann", 2, "A@listing")  # type: ignore[assignment] # the same
    (event,) = venue.apply(elsewhere)
    assert isinstance(event, e.Rejected)
    assert event.reason is RejectReason.MODE


def test_a_product_has_one_reference_for_all_its_lines_also_for_later_ones() -> None:
    scripted = ScriptedVenue(
        modes=(Mode(limit_up_bp=1_000, limit_down_bp=1_000, moves_close=True), Mode("block")),
        product={"modes": ("continuous",)},
        phase=None,
    )
    scripted.run("""
        reference 120 OLD
        day 20210628
        rule products[OLD].modes = ["continuous", "block"]
        day 20210629
    """)
    assert scripted.venue.reference("OLD@block") == scripted.venue.reference("OLD") == 120


def test_the_venue_has_one_time() -> None:
    venue = funded(book_of(*Mechanism))
    venue.apply(c.AdvanceTime(77))
    assert venue.time == venue.clock.now == 77
    assert all(line.clock is venue.clock for line in venue.markets.values())


def test_views_are_values() -> None:
    venue = funded(book_of(*Mechanism))
    venue.apply(c.SetPhase(Phase.CONTINUOUS, "A"))
    venue.apply(c.NewOrder("ann", 1, "A", Side.BUY, 5, 100))
    account, line = venue.account("ann"), venue.line_view("A")
    (order,) = venue.open_orders("ann")
    venue.apply(c.CancelOrder("ann", 2, 1))
    assert (account.last_ref, account.cash[0].reserved, order.leaves) == (1, 500, 5)
    assert (venue.account("ann").last_ref, venue.account("ann").cash[0].reserved) == (2, 0)
    assert (line.symbol, line.product, line.phase) == ("A", "A", Phase.CONTINUOUS)
    assert list(venue.accounts) == ["ann", "bob"]
    assert list(venue.symbols)[:2] == ["A", "A@listing"]
