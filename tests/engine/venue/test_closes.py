"""The close of a random day by every rule, against one that is computed from the day's events."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from engine.rulebook.model import Mode, Product, Rulebook
from engine.venue.state import dump
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import CloseRule, OpenRule, Phase
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 25


def book(close: CloseRule, opens: OpenRule, tick: int) -> Rulebook:
    modes = (Mode(limit_up_bp=1_000, limit_down_bp=1_000),)
    return Rulebook(
        "closes",
        (Product("A", 1_050, tick=tick),),
        close=close,
        open=opens,
        close_min_volume=200,
        modes=modes,
    )


def phases(random: Random) -> Iterator[Phase]:
    """Yield a day's phases; nothing trades on some days, and not all have a closing call."""
    if random.random() < 0.2:
        yield Phase.PRE_OPEN
    else:
        yield from random.choice(
            (
                (Phase.CONTINUOUS,),
                (Phase.CONTINUOUS, Phase.CLOSING_CALL),
                (Phase.OPENING_CALL, Phase.CONTINUOUS, Phase.CLOSING_CALL),
                (Phase.OPENING_CALL, Phase.CONTINUOUS),
            )
        )
    yield Phase.CLOSED


class Told:
    """What the day's events say of its prices."""

    def __init__(self, reference: int) -> None:
        self.reference = reference
        self.fixing = 0
        self.auction = 0
        self.trades: list[tuple[int, int]] = []
        self.phase = Phase.CLOSED

    def hear(self, event: e.Event) -> None:
        if isinstance(event, e.Trade):
            self.trades.append((event.price, event.quantity))
        elif isinstance(event, e.AuctionTrade):
            self.trades.append((event.price, event.quantity))
            if self.phase is Phase.CLOSING_CALL:
                self.auction = event.price
        elif isinstance(event, e.ReferenceSet):
            self.fixing = event.price

    def close(self, rules: Rulebook) -> int:
        rule, volume = rules.close, sum(quantity for _, quantity in self.trades)
        if rule is CloseRule.FIXING and self.fixing:
            return self.fixing
        if not self.trades:
            return self.reference
        if rule is CloseRule.VWAP_ABOVE and volume <= rules.close_min_volume:
            return self.reference if rules.open is OpenRule.PREVIOUS_CLOSE else self.trades[0][0]
        if rule in {CloseRule.VWAP, CloseRule.VWAP_ABOVE}:
            tick, value = rules.products[0].tick, sum(p * q for p, q in self.trades)
            return min(
                range(value // volume // tick * tick, value // volume + 2 * tick, tick),
                key=lambda price: (abs(price * volume - value), -price),
            )
        if rule is CloseRule.AUCTION and self.auction:
            return self.auction
        return self.trades[-1][0]

    def bar(self, rules: Rulebook) -> tuple[Any, ...]:
        prices = [price for price, _ in self.trades]
        opened = self.reference if rules.open is OpenRule.PREVIOUS_CLOSE else [*prices, 0][0]
        return (
            "A",
            opened if prices else 0,
            max(prices, default=0),
            min(prices, default=0),
            self.close(rules),
            sum(q for _, q in self.trades),
            sum(p * q for p, q in self.trades),
            len(prices),
        )


@pytest.mark.parametrize("opens", OpenRule, ids=lambda rule: rule.name)
@pytest.mark.parametrize("close", CloseRule, ids=lambda rule: rule.name)
def test_the_close_of_a_random_day(close: CloseRule, opens: OpenRule) -> None:
    random = Random(f"{close.name}{opens.name}")
    rules = book(close, opens, random.choice((1, 7, 5)))
    flow = Flow(rules, random)
    reference = flow.venue.assets["A"].reference
    for _ in range(DAYS):
        told = Told(reference)
        for phase in phases(random):
            events = flow.say(c.SetPhase(phase))
            for event in events:
                told.hear(event)
            told.phase = phase
            closed = [event for event in events if isinstance(event, e.DayClosed)]
            if phase is Phase.CLOSED:
                (day,) = closed
                assert (day.symbol, day.open, day.high, day.low, day.close, day.volume, day.value,
                        day.trades) == told.bar(rules)  # fmt: skip
                reference = day.close
                continue
            assert not closed
            for _ in range(random.choice((0, 3, 25))):
                for event in flow.say(flow.command()):
                    told.hear(event)
            if random.random() < 0.3:
                for event in flow.say(c.SetReference("A", 7 * 5 * random.randint(24, 33))):
                    told.hear(event)
        assert flow.venue.assets["A"].reference == reference


@pytest.mark.parametrize("close", CloseRule, ids=lambda rule: rule.name)
def test_a_day_without_a_trade_leaves_the_products_figures_as_they_were(close: CloseRule) -> None:
    venue = Venue(book(close, OpenRule.FIRST_TRADE, 1))
    before = dump(venue)
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    venue.apply(c.SetPhase(Phase.CLOSED))
    assert dump(venue) == before
