"""Random commands for any rulebook: what brokers and operators might say, right and wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.rulebook.calendar import steps, utc
from engine.rulebook.ticks import floor_to_tick, tick_at
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Mechanism, OrderType, Phase, Side, TimeInForce, Undersubscribed
from engine.vocabulary.events import Announced, Offered
from tests.support.trading_days import next_trading_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from engine.markets.line import Line
    from engine.rulebook.model import Product, Rulebook
    from engine.vocabulary.events import Event

NAMES = ("ann", "bob", "cay", "dan", "eve")
CASH, TONNES = 10**14, 10**8
SECOND = 1_000_000_000
FIRST_DAY = 20251201


class Flow:
    """Drives one venue with seeded rng, day after day."""

    tonnes = TONNES  # of each product, that each account begins with

    def __init__(self, rulebook: Rulebook, rng: Random) -> None:
        self.venue = Venue(rulebook)
        self.rng = rng
        self.given: list[c.Command] = []
        self.numbers: dict[str, list[int]] = {}  # line -> numbers ever given
        self.date = FIRST_DAY
        for index, name in enumerate(NAMES):
            roles = ("", *(role.name for role in rulebook.classes))
            self.say(c.OpenAccount(name, role=roles[index % len(roles)], allocation=10**6))
            self.say(c.MoveCash(name, CASH))
            for product in rulebook.products:
                self.say(c.MoveAllowances(name, product.symbol, self.tonnes))

    def say(self, command: c.Command) -> list[Event]:
        self.given.append(command)
        events = self.venue.apply(command)
        self.note(events)
        return events

    def note(self, events: list[Event]) -> None:
        """Remember what offers there were."""
        for event in events:
            if isinstance(event, Offered | Announced):
                self.numbers.setdefault(event.symbol, []).append(event.number)

    def day(self, commands: int = 30) -> Iterator[tuple[c.Command, list[Event]]]:
        """Yield a trading day's commands, each with what came of it."""
        calendar = self.venue.rulebook.calendar
        self.date = next_trading_day(calendar, self.date)
        yield from map(self._pair, self._morning())
        yield from map(self._pair, self._references())
        plan = steps(self.venue.rulebook, self.date, self.rng.randrange(10**6))
        if not plan:
            start = utc(calendar, self.date, 0)
            opened = c.SetPhase(self.rng.choice((Phase.CONTINUOUS, Phase.PRE_OPEN)))
            yield self._pair(c.AdvanceTime(start))
            yield self._pair(opened)
            for _ in range(commands * 3):
                yield self._pair(self.command())
            yield self._pair(c.SetPhase(Phase.CLOSED))
            return
        if all(mode.mechanism is Mechanism.ONE_WAY for mode in self.venue.rulebook.modes):
            commands *= 4  # an auction takes many bids to one trade
        quiet = [
            line
            for line, market in self.venue.markets.items()
            if not any(step.command.symbol in (line, "") for step in plan)
        ]
        for number, step in enumerate(plan):
            if step.time > self.venue.time:
                yield self._pair(c.AdvanceTime(step.time))
            yield self._pair(step.command)
            if number == 0:
                for line in quiet:
                    yield self._pair(c.SetPhase(Phase.CONTINUOUS, line))
            later = plan[number + 1].time if number + 1 < len(plan) else step.time
            for turn in range(commands if later > step.time else 0):
                yield self._pair(self.command())
                if turn % 3 == 2:
                    room = later - self.venue.time - 1
                    ahead = self.venue.time + self.rng.randint(1, max(2, room // 4))
                    if self.venue.time < ahead < later:
                        yield self._pair(c.AdvanceTime(ahead))
        for line in quiet:
            yield self._pair(c.SetPhase(Phase.CLOSED, line))

    def _references(self) -> list[c.Command]:
        """Let some products start the day far from their last close, where that moves limits."""
        if not any(mode.limit_up_bp for mode in self.venue.rulebook.modes):
            return []
        return [
            c.SetReference(product.symbol, self._near(product, 250))
            for product in self.venue.rulebook.products
            if self.rng.random() < 0.25
        ]

    def _near(self, product: Product, spread: int) -> int:
        """Draw a price on the tick, so many thousandths around the reference at most."""
        reference = self.venue.assets[product.symbol].reference
        near = reference + reference * self.rng.randint(-spread, spread) // 1_000
        tick = tick_at(near, product.tick, product.ticks)
        return max(product.tick, near // tick * tick)

    def _morning(self) -> Iterator[c.Command]:
        for command in self.left_to_clear():
            if self.rng.random() < 0.3:  # refused: an auction is cleared on its own day
                yield c.BeginDay(self.date)
            yield command
        yield c.BeginDay(self.date)

    def left_to_clear(self) -> list[c.Command]:
        """Return what clears the auctions that stand, or calls them off."""
        now, rng = self.venue.time, self.rng
        return [
            c.ClearAuction(
                line, each.number, rng.randrange(100), each.closes_at > now or rng.random() < 0.1
            )
            for line in self.venue.symbols
            for each in self.venue.standing(line)
            if isinstance(each, Announced)
        ]

    def _pair(self, command: c.Command) -> tuple[c.Command, list[Event]]:
        return command, self.say(command)

    # -- one command ----------------------------------------------------------------------------

    def command(self) -> c.Command:
        rng = self.rng
        lines = list(self.venue.markets.values())
        open_lines = [m for m in lines if m.gate.phase not in (Phase.CLOSED, Phase.HALTED)]
        market = rng.choice(open_lines if open_lines and rng.random() < 0.95 else lines)
        name = rng.choice(NAMES)
        ref = self.venue.last_ref(name) + 1
        kind = market.mode.mechanism
        if rng.random() < (0.3 if kind is Mechanism.ONE_WAY else 0.15):
            return self._about_own(name, ref, market)
        if kind is Mechanism.NEGOTIATED:
            return self._negotiate(name, ref, market)
        if kind is Mechanism.ONE_WAY:
            return self._auction(name, ref, market)
        if kind is not Mechanism.ORDER_BOOK and rng.random() < 0.5:
            return c.Pick(name, ref, market.symbol, self._number(market), 0)
        return self._order(name, ref, market)

    def _about_own(self, name: str, ref: int, market: Line) -> c.Command:
        rng = self.rng
        live = [view.ref for view in self.venue.open_orders(name)] or [0]
        target = rng.choice(live)
        draw = rng.random()
        if draw < 0.5:
            return c.CancelOrder(name, ref, target)
        if draw < 0.8:
            size, price = self._size(market), self._price(market)
            prices = [view.price for view in self.venue.open_orders(name) if view.ref == target]
            if prices and rng.random() < 0.5:
                price = max(0, prices[0] + market.product.tick * rng.randint(-9, 9))
            return c.AmendOrder(
                name, ref, target, *rng.choice(((size, price), (size, 0), (0, price)))
            )
        if draw < 0.86:
            return c.MassCancel(name, ref, market.symbol)
        if draw < 0.9:
            return c.CancelOnDisconnect(name)
        if draw < 0.95:
            roles = [role.name for role in self.venue.rulebook.classes]
            return c.SetAccountClass(name, rng.choice(("", *roles)))
        killed = [each for each in NAMES if self.venue.account(each).killed]
        return c.SetKillSwitch(killed[0], on=False) if killed else c.SetKillSwitch(name, on=True)

    def _order(self, name: str, ref: int, market: Line) -> c.NewOrder:
        rng = self.rng
        side = rng.choice((Side.BUY, Side.SELL))
        tif = rng.choices(list(TimeInForce), (8, 3, 1, 2, 1, 1, 1))[0]
        kind = rng.choices(list(OrderType), (12, 2, 1, 1))[0]
        priced = kind in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        stop = self._price(market) if kind in (OrderType.STOP, OrderType.STOP_LIMIT) else 0
        expires = self.venue.time + rng.randint(1, 10**12) if tif is TimeInForce.GTD else 0
        return c.NewOrder(
            name,
            ref,
            market.symbol,
            side,
            self._size(market),
            self._price(market) if priced else 0,
            kind,
            tif,
            stop,
            post_only=rng.random() < 0.05,
            expire_at=expires,
        )

    def _negotiate(self, name: str, ref: int, market: Line) -> c.Command:
        rng = self.rng
        draw = rng.random()
        number = self._number(market)
        if draw < 0.45:
            return c.Pick(name, ref, market.symbol, number)
        if draw < 0.55:
            return c.Decline(name, ref, market.symbol, number)
        to = tuple(rng.sample(NAMES, rng.randint(0, 2)))
        answers = number if rng.random() < 0.2 else 0
        price = 0 if rng.random() < 0.2 else self._price(market)
        hours = rng.choice((2, 30))
        late = self.venue.time - rng.randint(-SECOND, hours * 3600 * SECOND)
        late = late if rng.random() < 0.2 else 0
        lasts = rng.randint(0, 60 * 3600 * SECOND) if rng.random() < 0.4 else 0
        return c.Quote(
            name,
            ref,
            market.symbol,
            rng.choice((Side.BUY, Side.SELL)),
            self._size(market),
            price,
            to,
            answers,
            self.venue.time + lasts if lasts else 0,
            max(0, late),
        )

    def _auction(self, name: str, ref: int, market: Line) -> c.Command:
        rng = self.rng
        now = self.venue.time
        draw = rng.random()
        number = self._number(market)
        bids, clears = ((0.1, 0.15), (0.55, 0.75), (0.8, 0.97), (0.8, 0.97))[
            min(3, len(self.venue.standing(market.symbol)))
        ]
        if draw < bids:
            price = self._bid_price(market, number)
            return c.Bid(name, ref, market.symbol, number, self._size(market), price)
        if draw < clears:
            return c.ClearAuction(market.symbol, number, rng.randrange(100), rng.random() < 0.1)
        step = rng.choice((0, 0, market.product.tick))
        wary = market.mode.undersubscribed is Undersubscribed.CANCEL
        size = self._size(market) * (1 if wary else rng.choice((1, 2, 12)))
        side = Side.BUY if rng.random() < 0.2 else Side.SELL
        return c.Announce(
            name,
            ref,
            market.symbol,
            side,
            size,
            self._price(market),
            now - rng.randint(0, 9),
            now + rng.randint(1, rng.choice((30, 2400)) * SECOND),
            1,
            rng.choice((0, 0, size // 2)),
            step,
        )

    def _bid_price(self, market: Line, number: int) -> int:
        """Draw a price for a bid: mostly one that betters the reserve."""
        for terms in self.venue.standing(market.symbol):
            if terms.number == number and self.rng.random() < 0.8:
                sign = 1 if terms.side is Side.SELL else -1
                return terms.price + sign * market.product.tick * self.rng.randint(0, 40)
        return self._price(market)

    def _number(self, market: Line) -> int:
        live = [each.number for each in self.venue.standing(market.symbol)]
        ever = self.numbers.get(market.symbol, [1])
        return self.rng.choice(live if live and self.rng.random() < 0.7 else ever)

    def _price(self, market: Line) -> int:
        """Draw a price near the reference, now and then outside the limits or off the tick."""
        spread = self.rng.choice((20, 20, 50, 150, 900))
        reference = market.day.last or market.asset.reference
        near = reference + reference * self.rng.randint(-spread, spread) // 1_000
        product = market.product
        price = floor_to_tick(max(near, 1), product.tick, product.ticks)
        return max(product.tick, price) + (self.rng.random() < 0.02)

    def _size(self, market: Line) -> int:
        """Draw a size that the line takes, now and then one that it does not."""
        lot, least = market.product.lot, market.gate.min_quantity
        size = max(least, lot) + lot * self.rng.choice((0, 0, 1, 2, 7, 30))
        return size if self.rng.random() < 0.97 else size - least + (self.rng.random() < 0.5)
