"""Subscribers who come late, go away or read slowly know what the venue shows, in every mode.

A random day of each rulebook runs through the server's core. What each subscriber's ``MarketView``
adds up to is compared with the venue's own views after every tick, and what the one that was always
there heard is compared, message by message, with what happened.
"""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec import structs

from engine.rulebook import presets
from engine.rulebook.model import Mode, Product, Rulebook
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import MarketRest, Phase, Side
from gateway.client.errors import Missed
from gateway.client.market_view import MarketView
from gateway.protocol import wire, wire_market
from gateway.server.views import line_info
from tests.support.quiet_core import End, QuietVenue
from tests.support.random_flow import NAMES, Flow

if TYPE_CHECKING:
    from engine.venue.venue import Venue

DEEP = int(os.environ.get("CARBONX_DEEP", "0"))
SEEDS = range(DEEP or 5)
DAYS = 3
WATCHERS: Final = ("always", "late", "absent", "slow", "forgetful")
TEXTBOOK = presets.load("textbook")
CALLS = structs.replace(
    TEXTBOOK,
    name="calls",
    products=(
        *TEXTBOOK.products,
        Product("STEP", reference=5_000, tick=1, ticks=((0, 1), (5_000, 10))),
    ),
    modes=(
        Mode(
            name="calls",
            limit_up_bp=1_000,
            limit_down_bp=1_000,
            volatility_bp=300,
            market_rest=MarketRest.CONVERT,
        ),
        Mode(
            name="batches",
            batch_seconds=20,
            moves_close=True,
            market_rest=MarketRest.CONVERT,
            call_self_trade=True,
        ),
    ),
)
PHASES = (*tuple(Phase)[1:], Phase.CONTINUOUS, Phase.CONTINUOUS, Phase.INTRADAY_CALL)
EVERY = [*map(presets.load, presets.names()), CALLS]
# Every happening that everybody hears of as it is, and the message that tells it.
TOLD: Final[dict[type, type]] = {
    getattr(e, name): getattr(wire_market, name)
    for name in ("Trade", "AuctionTrade", "PhaseChanged", "DayClosed", "AuctionIndicated",
                 "AuctionUncrossed", "Announced", "BestBid")
}  # fmt: skip


def told(event: Any, kind: type[Any]) -> tuple[Any, ...]:
    """Return what everybody is to hear of an event; a trade's side is the arriving order's."""
    fields = [getattr(event, name) for name in kind.__struct_fields__[4:]]
    if isinstance(event, e.Trade):
        fields[1] = Side.SELL if event.side is Side.BUY else Side.BUY
    return (kind, *fields)


class Happened:
    """What the events say that the venue has no view of, line by line."""

    def __init__(self) -> None:
        self.told: dict[str, list[tuple[Any, ...]]] = {}
        self.indicated: dict[str, e.AuctionIndicated] = {}
        self.best: dict[tuple[str, int], tuple[int, int]] = {}

    def begin(self, venue: Venue) -> None:
        """Forget what was before the first subscriber."""
        self.told, self.indicated = {}, {}
        self.best = {
            (line, best.number): (best.price, best.quantity)
            for line in venue.symbols
            for best in venue.best_bids(line)
        }

    def take(self, events: list[e.Event]) -> None:
        for event in events:
            kind = TOLD.get(type(event))
            if kind is not None:
                self.told.setdefault(event.symbol, []).append(told(event, kind))  # type: ignore[union-attr]
            if isinstance(event, e.AuctionIndicated):
                self.indicated[event.symbol] = event
            elif isinstance(event, e.PhaseChanged) and event.phase is not Phase.FREEZE:
                self.indicated.pop(event.symbol, None)
            elif isinstance(event, e.BestBid):
                self.best[event.symbol, event.number] = (event.price, event.quantity)


class CoreFlow(Flow):
    """A random day whose commands run inside the core, several to a tick."""

    def __init__(self, quiet: QuietVenue, rulebook: Rulebook, rng: Random) -> None:
        self.quiet = quiet
        self.happened = Happened()
        super().__init__(rulebook, rng)
        self.venue = quiet.sequencer.venue
        self.before = self.venue.symbols
        self.answered: dict[str, int] = {}  # the highest reference that was answered

    @property
    def late(self) -> list[str]:
        """The lines that amendments opened."""
        return [symbol for symbol in self.venue.symbols if symbol not in self.before]

    def say(self, command: c.Command) -> list[e.Event]:
        events = self.quiet.core.running.run(0, command)
        self.happened.take(events)
        for event in events:
            if isinstance(event, e.Offered | e.Announced):
                self.numbers.setdefault(event.symbol, []).append(event.number)
        return events

    def tick(self) -> None:
        """End the tick in which the commands since the last one ran."""
        self.quiet.core.operate(c.SetKillSwitch(WATCHERS[0], on=False))  # a tick with a command
        self.quiet.tick()
        for name, box in self.quiet.core.running.outboxes.boxes.items():
            assert box.last_answered >= self.answered.get(name, 0), "an answer is forgotten"
            self.answered[name] = box.last_answered

    def amend(self) -> None:
        """Have a new line, a tick table or other limits come with the next day."""
        rng, product = self.rng, self.rng.choice(self.venue.rulebook.products)
        mode = rng.choice(self.venue.rulebook.modes).name
        self.say(
            rng.choice(
                (
                    c.AmendRulebook("products+", '{symbol = "LATE", reference = 900}'),
                    c.AmendRulebook(f"products[{product.symbol}].tick", str(product.tick * 2)),
                    c.AmendRulebook(f"products[{product.symbol}].ticks", "[[0, 1], [5000, 10]]"),
                    c.AmendRulebook(f"modes[{mode}].limit_up_bp", str(rng.randint(1, 9) * 500)),
                    c.SetReference(product.symbol, product.tick * rng.randint(20, 900)),
                )
            )
        )


class Watcher:
    """One subscriber; its view outlives its connections, as a client's does."""

    def __init__(self, quiet: QuietVenue, name: str) -> None:
        self.quiet, self.name = quiet, name
        self.end: End | None = None
        self.view: MarketView | None = None
        self.taken = 0
        self.heard: list[Any] = []  # over all connections

    def come(self) -> None:
        self.taken = 0
        self.end = End(self.quiet)
        self.end.log_on(self.name)

    def subscribe(self, symbol: str = "") -> None:
        assert self.end is not None
        self.end.say(wire.Subscribe(symbol))

    @property
    def up(self) -> bool:
        return self.end is not None and not self.end.closed()

    def listen(self, *, lose: int = 0) -> None:
        """Take what came but ``lose`` messages of market data; a loss is told, and mended."""
        if self.end is None:
            return
        if lose and self.up:
            self.subscribe()
            if self.view is not None:
                self.view.absorb(Missed(lose))
        messages = self.end.heard[self.taken :]
        self.taken = len(self.end.heard)
        for message in messages:
            if isinstance(message, wire.LoggedOn) and self.view is None:
                self.view = MarketView(message.lines, new_lines=True)
            if isinstance(message, wire.MarketData.__args__):
                if lose:
                    lose -= 1
                    continue
                self.heard.append(message)
                assert self.view is not None
                self.view.absorb(message)

    def compare(self, happened: Happened) -> int:
        """Hold every line that is heard of against the venue; return how many there are."""
        if not self.up or self.view is None or self.end is None:
            return 0
        connection = self.end.connection
        if connection.stuck_since or connection.ended:
            return 0
        compared = 0
        for symbol in connection.symbols:
            line = self.view.lines.get(symbol)  # none where its first snapshot was lost
            if line is not None and not line.stale:
                agree(line, self.quiet.sequencer.venue, symbol, happened)
                compared += 1
        return compared


def agree(line: Any, venue: Venue, symbol: str, happened: Happened) -> None:
    assert line.bids == dict(venue.depth(symbol, Side.BUY))
    assert line.asks == dict(venue.depth(symbol, Side.SELL))
    assert line.phase is venue.phase(symbol)
    assert line.last_trade == venue.last_price(symbol)
    assert (line.low_limit, line.high_limit) == venue.limits(symbol)
    assert line.info == line_info(venue, symbol)
    there = venue.line_view(symbol)
    assert (line.info.tick, line.info.ticks) == (there.tick, there.ticks)
    standing = {each.number: each for each in venue.standing(symbol)}
    assert {number: (m.side, m.price, m.quantity) for number, m in line.offers.items()} == {
        number: (each.side, each.price, each.quantity) for number, each in standing.items()
    }
    best = {
        n: figures for (s, n), figures in happened.best.items() if s == symbol and n in standing
    }
    assert {n: (m.price, m.quantity) for n, m in line.best_bids.items()} == best
    now = {each.number: (each.price, each.quantity) for each in venue.best_bids(symbol)}
    assert {n: figures for n, figures in best.items() if any(figures)} == now
    event, message = happened.indicated.get(symbol), line.indicated
    assert (event is None) == (message is None)
    if event is not None:
        assert structs.astuple(message)[4:] == structs.astuple(event)[1:]


def act(watchers: dict[str, Watcher], quiet: QuietVenue, rng: Random) -> None:
    """Have one of the subscribers do what it is named for."""
    watcher = watchers[rng.choice(WATCHERS[1:])]
    if not watcher.up:
        if rng.random() < 0.4:
            watcher.come()
            if watcher.name != "late":
                watcher.subscribe()
        return
    assert watcher.end is not None
    connection = watcher.end.connection
    if watcher.name == "late":
        if rng.random() < 0.4 and connection.account:
            watcher.subscribe(rng.choice(quiet.sequencer.venue.symbols))
        elif rng.random() < 0.05:
            watcher.end.say(wire.Unsubscribe())
            watcher.end.cut()
    elif watcher.name == "absent" and rng.random() < 0.3:
        watcher.end.cut()
    elif watcher.name == "slow":
        if not connection.stuck_since:
            quiet.core.paused(connection, quiet.now)
        elif rng.random() < 0.1:
            quiet.core.resumed(connection)
    elif watcher.name == "forgetful" and rng.random() < 0.3:
        watcher.listen(lose=rng.randint(1, 9))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rulebook", EVERY, ids=lambda book: book.name)
def test_every_subscriber_knows_what_the_venue_shows(rulebook: Rulebook, seed: int) -> None:
    rng = Random(f"{rulebook.name} {seed}")
    quiet = QuietVenue(
        WATCHERS, rulebook=rulebook, closed=True, max_queued=rng.choice((5_000, 1 << 22))
    )
    flow = CoreFlow(quiet, rulebook, rng)
    watchers = {name: Watcher(quiet, name) for name in WATCHERS}
    first = rng.choice((0, 0, rng.randint(1, 60)))  # commands before anybody subscribes
    given = compared = 0
    for day in range(DAYS):
        for _ in flow.day(60 if rulebook is CALLS else 20):
            given += 1
            if given > first and watchers["always"].end is None:
                watchers["always"].come()
                watchers["always"].subscribe()
                flow.tick()
                flow.happened.begin(flow.venue)
            if rng.random() < (0.2 if rulebook is CALLS else 0.02):
                line = rng.choice(flow.venue.symbols)
                flow.say(c.SetPhase(rng.choice(PHASES), line, "an operator's"))
            if watchers["always"].end is not None and rng.random() < 0.3:
                act(watchers, quiet, rng)
            if rng.random() < 0.3:
                flow.tick()
                for watcher in watchers.values():
                    lost = watcher.name == "forgetful" and rng.random() < 0.1
                    watcher.listen(lose=rng.randint(0, 3) if lost else 0)
                    compared += watcher.compare(flow.happened)
        flow.say(c.SetPhase(Phase.CLOSED))
        if day < DAYS - 1:
            flow.amend()
            flow.amend()
    flow.tick()
    everything_was_told(watchers, flow)
    assert compared > 40


def everything_was_told(watchers: dict[str, Watcher], flow: CoreFlow) -> None:
    """Check that what happened was heard once and in order, and that nobody's name was."""
    always = watchers["always"]
    always.listen()
    assert always.view is not None
    assert sorted(always.view.lines) == sorted(flow.venue.symbols), "a line that nobody told of"
    heard: dict[str, list[tuple[Any, ...]]] = {}
    at_snapshot: dict[str, int] = {}
    for message in always.heard:
        symbol, kind = message.symbol, type(message)
        if kind is wire_market.BookSnapshot:
            at_snapshot[symbol] = message.update
        elif kind in TOLD.values() and message.update > at_snapshot[symbol]:
            heard.setdefault(symbol, []).append((kind, *structs.astuple(message)[4:]))
    for symbol, happened in flow.happened.told.items():
        known = heard.get(symbol, [])
        # The tick that opened a line gave a snapshot of all that it did.
        before = len(happened) - len(known) if symbol in flow.late else 0
        assert known == happened[before:]
    for watcher in watchers.values():
        watcher.listen()
        for symbol, line in watcher.view.lines.items() if watcher.view is not None else ():
            if watcher.name != "forgetful":
                assert line.gaps == 0, (watcher.name, symbol)
            numbers = [each.trade for each in line.prints]
            assert numbers == sorted(set(numbers)), (watcher.name, symbol)
        for message in watcher.heard:
            words = [word for word in structs.astuple(message) if isinstance(word, str)]
            assert not set(words) & set(NAMES), message
