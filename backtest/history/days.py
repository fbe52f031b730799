"""A real market's days, traded again on the venue by simulated brokers.

For each day of a series the brokers make the trades of its bar: they list and pick, or cross in
the book, as the venue's main mode has it; days with blocks alone are negotiated. They also err on
purpose: an order beyond each limit, which the venue must refuse. Everything is a command in order
of time, so the run is a log like any other.

Every morning the venue's reference is set to the real previous close where the two differ (and
that is reported): so each day's limits are those that the rule gives for the real market.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import structs

from backtest.history.audit import Audit, Outside
from backtest.history.prints import Print, Steps, listed_prints
from engine.rulebook.calendar import Step, is_trading_day, steps, utc
from engine.rulebook.model import RulebookError, line_name
from engine.rulebook.ticks import on_tick
from engine.vocabulary.commands import (
    AdvanceTime,
    AmendRulebook,
    BeginDay,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    Pick,
    Quote,
    SetReference,
)
from engine.vocabulary.enums import Mechanism, Phase, RejectReason, Side, TimeInForce
from engine.vocabulary.events import Offered, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backtest.history.series import Bar
    from engine.log.sequencer import Sequencer
    from engine.venue.views import LineView
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

BROKERS: Final = tuple(f"broker-{n}" for n in range(1, 9))
CASH: Final = 10**16  # minor units each
TONNES: Final = 10**9
SOURCE: Final = 1


class Amendment(NamedTuple):
    """A rule that changed during the series."""

    effective: int
    path: str
    value: str


class History:
    """Drives a venue through the days of a series."""

    def __init__(self, sequencer: Sequencer, bars: Iterable[Bar], seed: int,
                 amendments: tuple[Amendment, ...] = ()) -> None:  # fmt: skip
        """Take a venue with nothing in it and the bars of its products, in order of date."""
        self.sequencer = sequencer
        self.venue = sequencer.venue
        self.audit = Audit(self.venue)
        self.days: dict[int, dict[str, Bar]] = {}
        self._rng = Random(seed)  # noqa: S311 - repeatable, not secret
        self._closes: dict[str, int] = {}  # the real ones, last seen
        self._late: dict[tuple[int, str], int] = {}  # of a day's second row
        self._blocks = {  # product -> the line of its blocks
            line.product: line.symbol
            for line in map(self.venue.line_view, self.venue.symbols)
            if line.mechanism is Mechanism.NEGOTIATED
        }
        self._main = {
            product.symbol: line_name(product, mode, self.venue.rulebook.modes_of(product)[0])
            for product in self.venue.rulebook.products
            for mode in self.venue.rulebook.modes_of(product)
            if mode.moves_close or len(self.venue.rulebook.modes_of(product)) == 1
        }
        for bar in bars:
            day = self.days.setdefault(bar.date, {})
            if bar.product in day:
                self.audit.left_out.append((bar.date, bar.product, "a second row of the same day"))
                self._late[bar.date, bar.product] = bar.close
            elif bar.product not in self._main:
                self.audit.left_out.append((bar.date, bar.product, "not in the rulebook"))
            else:
                day[bar.product] = bar
        self._open_accounts(amendments)

    def say(self, command: Command, time: int = 0) -> list[Event]:
        """Give one command; the audit sees what comes of it."""
        events = self.sequencer.submit(time, SOURCE, command)
        self.audit.absorb(events)
        return events

    def _open_accounts(self, amendments: tuple[Amendment, ...]) -> None:
        rulebook = self.venue.rulebook
        for name in BROKERS:
            self.say(OpenAccount(name))
            self.say(MoveCash(name, CASH))
            for product in rulebook.products:
                self.say(MoveAllowances(name, product.symbol, TONNES))
        for each in amendments:
            (taken,) = self.say(AmendRulebook(each.path, each.value, each.effective))
            if isinstance(taken, Rejected):
                message = f"the amendment of {each.path}: {taken.field}: {taken.rule}"
                raise RulebookError(message)

    def run(self, progress: Callable[[], object] = lambda: None) -> Audit:
        """Trade every day of the series; ``progress`` is called after each."""
        for date in sorted(self.days):
            self._day(date, self.days[date])
            progress()
        self.sequencer.commit()
        return self.audit

    def _day(self, date: int, bars: dict[str, Bar]) -> None:
        venue = self.venue
        calendar = venue.rulebook_on(date).calendar
        self.say(BeginDay(date), utc(calendar, date, 0))
        if not is_trading_day(calendar, date):
            self.audit.extra_days.append(date)
        self._references(bars)
        plan = steps(venue.rulebook, date) or self._as_on_weekdays(date)
        trading = 0
        for number, step in enumerate(plan):
            if step.time > venue.time:
                self.say(AdvanceTime(step.time), step.time)
            self.say(step.command, step.time)
            later = plan[number + 1].time if number + 1 < len(plan) else step.time
            if later > step.time:
                self._trade(bars, trading)
                trading += 1
        for product, bar in bars.items():
            self.audit.close(bar, venue.reference(self._main[product]))
            close = self._late.get((date, product), bar.close)
            self._closes[product] = close or self._closes.get(product, 0)

    def _as_on_weekdays(self, date: int) -> list[Step]:
        """Return the steps of a day that trades although the calendar does not say so."""
        rules = self.venue.rulebook
        calendar = structs.replace(rules.calendar, extra_days=(date,))
        return steps(structs.replace(rules, calendar=calendar), date)

    def _references(self, bars: dict[str, Bar]) -> None:
        """Let each product start from its real previous close, from its open on the first day."""
        for product, bar in bars.items():
            wanted = self._closes.get(product) or bar.open or bar.close
            if wanted and wanted != self.venue.reference(self._main[product]):
                self.say(SetReference(product, wanted))

    # -- the brokers ----------------------------------------------------------------------------

    def _trade(self, bars: dict[str, Bar], session: int) -> None:
        """Trade what a session has of each product: listed prints first, blocks where open."""
        rule = self.venue.rulebook.close
        for product, bar in bars.items():
            done = self.audit.day(bar)
            line = self.venue.line_view(self._main[product])
            if line.phase is Phase.CONTINUOUS and bar.high and not done.listed:
                prints = listed_prints(bar, rule, _steps(line))
                half = len(prints) // 2
                part = prints[:half] if session == 0 else prints[done.made :]
                for each in part:
                    self._listed(line, bar, each)
                done.made += len(part)
                done.listed = session > 0
                self._err(line)
            if product in self._blocks and not bar.high and bar.volume:
                block = self.venue.line_view(self._blocks[product])
                if block.phase is not Phase.CONTINUOUS:
                    continue
                if not done.listed:
                    self._block(block, bar)
                done.listed = True

    def _listed(self, line: LineView, bar: Bar, wanted: Print) -> None:
        """Make one trade; beyond the limits, at the limit, which the audit notes."""
        low, high = line.low_limit, line.high_limit
        if wanted.price != on_tick(wanted.price, 1, line.tick, line.ticks):
            why = f"{wanted.price} is off the tick"
            wanted = Print(on_tick(wanted.price, 1, line.tick, line.ticks), wanted.quantity)
            self.audit.left_out.append((bar.date, bar.product, why))
        price = min(max(wanted.price, low), high) if high else wanted.price
        if price != wanted.price:
            if bar.product in self._closes and wanted.price in bar:  # not on its first day
                self.audit.outside(Outside(bar.date, bar.product, line.reference, low, high,
                                           wanted.price, "listed"))  # fmt: skip
            maker, _ = self._pair()
            refused = self.say(self._order(line, maker, Side.SELL, wanted))
            self.audit.expect_refusal(refused, RejectReason.PRICE_LIMIT)
        maker, taker = self._pair()
        side = self._rng.choice((Side.BUY, Side.SELL))
        left = wanted.quantity
        while left:
            size = min(left, line.max_quantity)
            left -= size
            self._deal(line, maker, taker, side, Print(price, size))
        self.audit.made(bar, Print(price, wanted.quantity))

    def _deal(self, line: LineView, maker: str, taker: str, side: Side, each: Print) -> None:
        events = self.say(self._order(line, maker, side, each))
        if line.mechanism is Mechanism.ORDER_BOOK:
            other = Side.SELL if side is Side.BUY else Side.BUY
            self.say(self._order(line, taker, other, each))
            return
        number = next(event.number for event in events if isinstance(event, Offered))
        ref = self.venue.last_ref(taker) + 1
        self.say(
            Pick(
                account=taker,
                ref=ref,
                symbol=line.symbol,
                number=number,
                quantity=each.quantity,
                price=each.price,
            )
        )

    def _order(self, line: LineView, name: str, side: Side, each: Print) -> NewOrder:
        ref = self.venue.last_ref(name) + 1
        return NewOrder(
            account=name,
            ref=ref,
            symbol=line.symbol,
            side=side,
            quantity=each.quantity,
            price=each.price,
            tif=TimeInForce.DAY,
        )

    def _err(self, line: LineView) -> None:
        """Order one tick beyond each limit, which must be refused for that and nothing else."""
        grid = _steps(line)
        low, high = line.low_limit, line.high_limit
        for side, price in ((Side.BUY, grid.above(high)), (Side.SELL, grid.below(low))):
            if high and price > 0:
                each = Print(price, grid.unit)
                events = self.say(self._order(line, self._pair()[0], side, each))
                self.audit.expect_refusal(events, RejectReason.PRICE_LIMIT)

    def _block(self, line: LineView, bar: Bar) -> None:
        """Negotiate a day's block at its average price."""
        price = (2 * bar.value + bar.volume) // (2 * bar.volume)
        maker, taker = self._pair()
        ref = self.venue.last_ref(maker) + 1
        events = self.say(
            Quote(
                account=maker,
                ref=ref,
                symbol=line.symbol,
                side=Side.SELL,
                quantity=bar.volume,
                price=price,
                to=(taker,),
            )
        )
        low, high = line.low_limit, line.high_limit
        refusal = next((event for event in events if isinstance(event, Rejected)), None)
        if refusal is not None and refusal.reason is RejectReason.PRICE_LIMIT:
            reference = line.reference
            self.audit.outside(Outside(bar.date, bar.product, reference, low, high, price, "block"))
            return
        if refusal is not None:
            self.audit.left_out.append((bar.date, bar.product, f"block refused: {refusal.rule}"))
            return
        number = next(event.number for event in events if isinstance(event, Offered))
        self.say(Pick(taker, self.venue.last_ref(taker) + 1, line.symbol, number))
        self.audit.blocks += 1

    def _pair(self) -> tuple[str, str]:
        """Draw two different brokers."""
        one, other = self._rng.sample(BROKERS, 2)
        return one, other


def _steps(line: LineView) -> Steps:
    return Steps(line.lot, line.min_quantity, line.tick, line.ticks)
