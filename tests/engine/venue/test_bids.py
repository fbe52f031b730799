"""One-way auctions under a random flow: a bid leaves and changes inside its window only.

``tests/support/bid_watch.py`` is an oracle of its own, written from the rules.
"""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rulebook import presets
from engine.rulebook.model import Mode, Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Mechanism, Phase, Undersubscribed
from tests.support.bid_watch import Auction, BidWatch, watched
from tests.support.random_flow import NAMES, SECOND, Flow
from tests.support.trading_days import next_trading_day

if TYPE_CHECKING:
    from engine.vocabulary.commands import Command

DEEP = int(os.environ.get("CARBONX_DEEP", "0"))
BIDDING = Rulebook(
    "bidding",
    (
        Product("OLD", 1_000, tick=2, lot=5, min_quantity=5, modes=("auction",)),
        Product("NEW", 100, modes=("falling",)),
    ),
    modes=(
        Mode("auction", mechanism=Mechanism.ONE_WAY, taker_fee_ppm=5_000, moves_close=True),
        Mode(
            "falling",
            mechanism=Mechanism.ONE_WAY,
            limit_up_bp=900,
            limit_down_bp=900,
            undersubscribed=Undersubscribed.CANCEL,
        ),
    ),
)
PRESETS = [
    book
    for book in map(presets.load, presets.names())
    if any(mode.mechanism is Mechanism.ONE_WAY for mode in book.modes)
]
PHASES = (Phase.HALTED, Phase.HALTED, Phase.PRE_OPEN, Phase.CLOSED, Phase.OPENING_CALL)
AMENDED = (
    ("modes[auction].taker_fee_ppm", "7000"),
    ("modes[auction].taker_fee_ppm", "100"),
    ("modes[falling].lot", "10"),
    ("products[OLD].max_quantity", "900"),
    ("self_trade", '"cancel_both"'),
)


class Bidding(Flow):
    """A flow under watch, with time, phases and days among its commands."""

    def __init__(self, rulebook: Rulebook, rng: Random) -> None:
        self.watch: BidWatch | None = None
        super().__init__(rulebook, rng)
        self.watch = BidWatch(self.venue)

    def say(self, command: Command) -> list[e.Event]:
        if self.watch is None:
            return super().say(command)
        self.given.append(command)
        events = watched(self.watch, command)
        for event in events:
            if isinstance(event, e.Announced):
                self.numbers.setdefault(event.symbol, []).append(event.number)
        self.venue.check()
        return events

    def anything(self) -> list[Command]:
        """Return a broker's command, or what time, operator and gateway may bring."""
        rng = self.rng
        killed = [name for name in NAMES if self.venue.account(name).killed]
        self.date = next_trading_day(self.venue.rulebook.calendar, self.date)
        closed, opened = c.SetPhase(Phase.CLOSED), c.SetPhase(Phase.CONTINUOUS)
        day = c.BeginDay(self.date)
        night = [closed, day, *self.left_to_clear(), *self.left_to_clear(), day, opened]
        later = c.AdvanceTime(self.venue.time + 9 * SECOND)
        clearing = [
            c.ClearAuction(line, each.number, rng.randrange(9))
            for line in self.venue.symbols
            for each in self.venue.standing(line)
            if isinstance(each, e.Announced)
        ]
        choices: tuple[tuple[int, list[Command]], ...] = (
            (60, [self.command()]),
            (24, [self.change()]),
            (8, [c.AdvanceTime(self.venue.time + rng.choice((1, SECOND, 8 * SECOND)))]),
            (4, self.edge()),
            (2, [c.SetPhase(rng.choice(PHASES), rng.choice(self.venue.symbols))]),
            (3, [opened]),
            (1, night),
            (3, [later, *clearing]),
            (4 if killed else 1, [c.SetKillSwitch(rng.choice(killed or NAMES), on=not killed)]),
            (2, [c.AmendRulebook(*rng.choice(AMENDED))]),
        )
        return rng.choices([each for _, each in choices], [weight for weight, _ in choices])[0]

    def edge(self) -> list[Command]:
        """Go to the very end of a window, and change or cancel a bid in it there."""
        ends = [each for each in self.open_auctions() if each.bids]
        if not ends:
            return [self.command()]
        auction = min(ends, key=lambda each: each.terms.closes_at)
        bid = self.rng.choice(auction.bids)
        ref = self.venue.last_ref(bid.account) + 1
        end = auction.terms.closes_at - self.rng.choice((0, 1))
        leave = c.CancelOrder(bid.account, ref, bid.ref)
        change = c.AmendOrder(bid.account, ref, bid.ref, bid.quantity + 5)
        moves = [c.AdvanceTime(end)] if end > self.venue.time else []
        return [*moves, self.rng.choice((leave, change, c.CancelOnDisconnect(bid.account)))]

    def open_auctions(self) -> list[Auction]:
        assert self.watch is not None
        now = self.venue.time
        return [each for each in self.watch.auctions.values() if each.terms.closes_at > now]

    def change(self) -> Command:
        """Amend or cancel a bid that stands, by a little."""
        assert self.watch is not None
        bids = [(each, bid) for each in self.watch.auctions.values() for bid in each.bids]
        if not bids:
            return self.command()
        auction, bid = self.rng.choice(bids)
        ref = self.venue.last_ref(bid.account) + 1
        if self.rng.random() < 0.12:
            return c.CancelOrder(bid.account, ref, bid.ref)
        line = self.venue.line_view(auction.terms.symbol)
        price = bid.price + line.tick * self.rng.choice((-30, -2, -1, 0, 1, 2, 30))
        size = max(0, bid.quantity + line.lot * self.rng.choice((-2, -1, 0, 1, 5)))
        size, price = self.rng.choice(((size, price), (size, 0), (0, price)))
        return c.AmendOrder(bid.account, ref, bid.ref, size, price)


def some_days(rng: Random, steps: int) -> Bidding:
    flow = Bidding(BIDDING, rng)
    flow.say(c.SetPhase(Phase.CONTINUOUS))
    for _ in range(steps):
        for command in flow.anything():
            flow.say(command)
    return flow


@settings(max_examples=DEEP or 60, deadline=None)
@given(seed=st.integers(0, 1 << 32), steps=st.integers(1, 150))
def test_bids_bind_whatever_comes(seed: int, steps: int) -> None:
    some_days(Random(seed), steps)


@pytest.mark.parametrize("seed", range(DEEP or 20))
def test_bids_bind_in_long_days_and_the_same_commands_give_the_same_state(seed: int) -> None:
    flow = some_days(Random(seed), 500)
    again = Venue(BIDDING)
    for command in flow.given:
        again.apply(command)
    assert again.state_hash() == flow.venue.state_hash()
    for command in flow.left_to_clear():
        flow.say(command)
    for name in NAMES:
        flow.say(c.SetKillSwitch(name, on=True))
        assert not any(balance.reserved for balance in flow.venue.account(name).cash)
        assert not flow.venue.open_orders(name)


@pytest.mark.parametrize("book", PRESETS, ids=lambda book: book.name)
def test_bids_bind_under_every_rulebook(book: Rulebook) -> None:
    flow = Bidding(book, Random(book.name))
    for _ in range(3):
        for _ in flow.day(20):
            pass


def test_the_flow_comes_by_every_way_in_which_a_bid_could_leave() -> None:
    seen: dict[str, int] = {}
    for seed in range(30):
        flow = some_days(Random(seed), 500)
        for what, count in (flow.watch or BidWatch(flow.venue)).seen.items():
            seen[what] = seen.get(what, 0) + count
    ways = ("CancelOrder", "MassCancel", "CancelOnDisconnect", "SetKillSwitch")
    wanted = [f"{way} {what}" for way in ways[1:] for what in ("goes", "stays")]
    wanted += ["CancelOrder goes", "CancelOrder FROZEN", "AmendOrder FROZEN", "AmendOrder MODE",
               "AmendOrder OUTBID", "AmendOrder PRICE_LIMIT", "BeginDay TRANSITION"]  # fmt: skip
    assert [what for what in wanted if seen.get(what, 0) < 2] == []
