"""What happens beside the screen: a one-way auction, a block, and surrender after the close.

None of it is in the real day's figures: sizes and prices are drawn from the run's seed. The lines
are others than those of the screen, whose bars stay those of the real day.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from msgspec import structs

from backtest.agents.market import Trader
from carbonx.demo.shenzhen_day import BARS
from engine.rulebook.programme import Cycle, Programme
from engine.vocabulary.commands import Announce, Bid, ClearAuction, Pick, Quote, SetPhase
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.events import Announced, AuctionCleared, Offered, Trade
from engine.vocabulary.json_codec import decimal_text
from engine.vocabulary.registry_commands import (
    RegisterEntity,
    ReportEmissions,
    SurrenderAllowances,
    VerifyEmissions,
)
from engine.vocabulary.registry_events import AllowancesSurrendered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from backtest.agents.market import Market
    from carbonx.live.lock_step import LockStep, SteppedPort
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

OWNER, PLANT, UTILITY = "owner-1", "plant-1", "utility-1"
PARTIES: Final = (OWNER, PLANT, UTILITY)
AUCTIONED: Final = "SZA-2020@one_way"
BLOCK: Final = "SZA-2016@agreement"
CYCLE: Final = Cycle("2020", 2020, deadline=20210630)  # its deadline is the day's next Wednesday
SHENZHEN: Final = timezone(timedelta(hours=8))
_MINUTE: Final = 60_000_000_000  # ns


Act: TypeAlias = "tuple[int, Callable[[], Awaitable[None]]]"  # what is done at a time (ns UTC)


class Occasion(NamedTuple):
    """Something that people would hear of: what it is, when (ns UTC), and a sentence."""

    kind: str
    chinese: str
    time: int
    said: str

    @property
    def clock(self) -> str:
        """The time of day in Shenzhen."""
        return f"{datetime.fromtimestamp(self.time // 10**9, SHENZHEN):%H:%M}"


class Party(Trader):
    """An account that acts only as the day's agenda says; it remembers numbers and trades."""

    def __init__(self, name: str) -> None:
        """Begin with nothing heard."""
        self.name = name
        self.numbers: dict[str, int] = {}  # of the last offer heard of, by line
        self.trades: list[Trade] = []

    def on_event(self, _port: Market, event: Event) -> None:
        """Remember what the agenda asks for."""
        if isinstance(event, Offered | Announced):
            self.numbers[event.symbol] = event.number
        elif isinstance(event, Trade):
            self.trades.append(event)


def with_cycle(rulebook: Rulebook) -> Rulebook:
    """Return the rules with the cycle that is surrendered for in the week of the day."""
    programme = rulebook.programme
    assert isinstance(programme, Programme)
    changed = structs.replace(programme, cycles=(CYCLE, *programme.cycles))
    return structs.replace(rulebook, programme=changed)


class Agenda:
    """An afternoon's occasions, each an act at its time; ``occasions`` says what they came to."""

    def __init__(
        self, seed: int, begin: int, turns: LockStep, operate: Callable[[Command], list[Event]]
    ) -> None:
        """Plan for the session that begins at a time (ns UTC)."""
        self.occasions: list[Occasion] = []
        self._rng = random.Random(f"{seed}:agenda")  # noqa: S311 - repeatable, not secret
        self._begin = begin
        self._turns = turns
        self._operate = operate
        self._ports: dict[str, SteppedPort] = {}
        self._parties: dict[str, Party] = {}

    def joined(self, port: SteppedPort, party: Party) -> None:
        """Take a party with its port."""
        self._ports[party.name], self._parties[party.name] = port, party

    def acts(self) -> list[Act]:
        """Return what is to be done in the session, with its times (ns UTC), in order."""
        minutes = (
            (5, self._announce),
            (20, lambda: self._bid(PLANT)),
            (28, lambda: self._bid(UTILITY)),
            (36, lambda: self._bid(PLANT)),
            (41, self._clear),
            (55, self._offer_block),
            (60, self._take_block),
        )
        return [(self._begin + minute * _MINUTE, act) for minute, act in minutes]

    def _note(self, kind: str, chinese: str, said: str) -> None:
        self.occasions.append(Occasion(kind, chinese, self._turns.now, said))

    # -- the auction ----------------------------------------------------------------------------

    async def _announce(self) -> None:
        self._operate(SetPhase(Phase.CONTINUOUS, AUCTIONED))
        reserve = BARS["SZA-2020"].low
        begins, ends = (self._begin + minute * _MINUTE for minute in (10, 40))
        tonnes = 1_000 * self._rng.randint(15, 25)
        await self._turns.send(
            (
                self._ports[OWNER],
                Announce("", 0, AUCTIONED, Side.SELL, tonnes, reserve, begins, ends),
            )
        )

    async def _bid(self, name: str) -> None:
        bar = BARS["SZA-2020"]
        number = self._parties[OWNER].numbers[AUCTIONED]
        price, tonnes = self._rng.randint(bar.average, bar.high), 1_000 * self._rng.randint(5, 12)
        await self._turns.send((self._ports[name], Bid("", 0, AUCTIONED, number, tonnes, price)))

    async def _clear(self) -> None:
        number = self._parties[OWNER].numbers[AUCTIONED]
        events = self._operate(ClearAuction(AUCTIONED, number))
        await self._turns.settle()
        for e in events:
            if isinstance(e, AuctionCleared):
                sold = f"{e.quantity:,} of {e.quantity + e.unsold:,} t {AUCTIONED}"
                self._note(
                    "auction",
                    "单向竞价",
                    f"{sold} at {decimal_text(e.price)} CNY, {e.bids} bids of {e.bidders} bidders",
                )
        self._operate(SetPhase(Phase.CLOSED, AUCTIONED))

    # -- the block ------------------------------------------------------------------------------

    async def _offer_block(self) -> None:
        bar = BARS["SZA-2016"]
        tonnes = 1_000 * self._rng.randint(10, 15)  # 10,000 is the least
        price = self._rng.randint(bar.average, bar.high)
        quote = Quote("", 0, BLOCK, Side.SELL, tonnes, price, to=(PLANT,))
        await self._turns.send((self._ports[OWNER], quote))

    async def _take_block(self) -> None:
        plant = self._parties[PLANT]
        number = plant.numbers[BLOCK]
        await self._turns.send((self._ports[PLANT], Pick("", 0, BLOCK, number)))
        for e in plant.trades:
            if e.symbol == BLOCK:
                self._note(
                    "block",
                    "大宗",
                    f"{e.quantity:,} t {BLOCK} at {decimal_text(e.price)} CNY, {OWNER} to {PLANT}",
                )

    # -- after the close ------------------------------------------------------------------------

    def surrender(self) -> None:
        """Have the two emitters report, be verified and surrender what they owe."""
        for name in (PLANT, UTILITY):
            tonnes = self._rng.randint(20_000, 60_000)
            self._operate(RegisterEntity(name, (name,)))
            self._operate(ReportEmissions(name, CYCLE.name, tonnes))
            self._operate(VerifyEmissions(name, CYCLE.name, tonnes))
            given = [
                e
                for e in self._operate(SurrenderAllowances(name, CYCLE.name))
                if isinstance(e, AllowancesSurrendered)
            ]
            products = ", ".join(f"{e.quantity:,} t {e.product}" for e in given)
            self._note(
                "surrender",
                "清缴",
                f"{name} gives {products} for {CYCLE.name}: {given[-1].due:,} t due",
            )
