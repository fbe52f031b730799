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
from typing import TYPE_CHECKING, Final

from msgspec import structs

from backtest.history.audit import Audit, Outside
from backtest.history.prints import Print, Steps, listed_prints
from backtest.history.tradable import Amendment, amend, main_lines, untradable
from engine.rulebook.calendar import Step, is_trading_day, steps, utc
from engine.rulebook.model import RulebookError
from engine.rulebook.ticks import on_tick
from engine.vocabulary.commands import (
    AdvanceTime,
    BeginDay,
    MassCancel,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    Pick,
    Quote,
    SetPhase,
    SetReference,
)
from engine.vocabulary.enums import Mechanism, Phase, RejectReason, Side, TimeInForce
from engine.vocabulary.events import AuctionTrade, Offered, Rejected, Trade
from engine.vocabulary.json_codec import decimal_text

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
_LAST_SECOND: Final = 86_399  # of a day


class History:
    """Drives a venue through the days of a series."""

    def __init__(
        self,
        sequencer: Sequencer,
        bars: Iterable[Bar],
        seed: int,
        amendments: tuple[Amendment, ...] = (),
    ) -> None:
        """Take a venue with nothing in it and the bars of its products.

        Raises ``RulebookError`` on an amendment that is refused.
        """
        self.sequencer = sequencer
        self.venue = sequencer.venue
        self.audit = Audit(self.venue)
        self.days: dict[int, dict[str, Bar]] = {}
        self._rng = Random(seed)  # noqa: S311 - repeatable, not secret
        self._closes: dict[str, int] = {}  # the real ones, last seen
        self._late: dict[tuple[int, str], int] = {}  # of a day's second row
        self._main: dict[str, tuple[str, Mechanism]] = {}
        self._blocks: dict[str, str] = {}  # product -> the line of its blocks
        self._funded: dict[str, None] = {}  # products and currencies
        if not self.venue.rulebook.calendar.sessions:
            note = "the rulebook has no sessions: each day trades from its first to its last second"
            self.audit.notes.append(note)
        for bar in bars:
            day = self.days.setdefault(bar.date, {})
            if bar.product in day:
                self.audit.leave_out(bar, "a second row of the same day")
                self._late[bar.date, bar.product] = bar.close
            else:
                day[bar.product] = bar
        for name in BROKERS:
            self.say(OpenAccount(name))
        self._fund()
        amend(self.say, amendments)

    def say(self, command: Command, time: int = 0) -> list[Event]:
        """Give one command; the audit sees what comes of it."""
        events = self.sequencer.submit(time, SOURCE, command)
        self.audit.absorb(events)
        return events

    def _fund(self) -> None:
        """Give the brokers what there is to trade, each currency and product once."""
        for currency in self.venue.currencies:
            for name in BROKERS if currency not in self._funded else ():
                self.say(MoveCash(name, CASH, currency))
            self._funded[currency] = None
        for product in self.venue.products:
            for name in BROKERS if product not in self._funded else ():
                self.say(MoveAllowances(name, product, TONNES))
            self._funded[product] = None

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
        for event in self.say(BeginDay(date), utc(calendar, date, 0)):
            if isinstance(event, Rejected):  # an amendment that others have overtaken
                message = f"on {date}: {event.field}: {event.rule}"
                raise RulebookError(message)
        if not is_trading_day(calendar, date):
            self.audit.extra_days.append(date)
        bars = self._tradable(bars)
        self._references(bars)
        plan = self._plan(date)
        sessions = self._sessions(plan)
        for number, step in enumerate(plan):
            if step.time > venue.time:
                self.say(AdvanceTime(step.time), step.time)
            self.say(step.command, step.time)
            self._trade(bars, sessions, number)
        if any(venue.phase(line) is not Phase.CLOSED for line in venue.symbols):
            self.say(SetPhase(Phase.CLOSED), venue.time)
        for product, bar in bars.items():
            self._settle(bar)
            self.audit.close(bar, venue.reference(self._main[product][0]))
            close = self._late.get((date, product), bar.close)
            self._closes[product] = close or self._closes.get(product, 0)

    def _tradable(self, bars: dict[str, Bar]) -> dict[str, Bar]:
        """Return the bars that the day's rules can trade; the audit is told of the others."""
        rulebook = self.venue.rulebook
        self._fund()
        self._main = main_lines(rulebook)
        views = map(self.venue.line_view, self.venue.symbols)
        self._blocks = {
            line.product: line.symbol for line in views if line.mechanism is Mechanism.NEGOTIATED
        }
        found = {}
        for product, bar in bars.items():
            why = untradable(rulebook, bar)
            if why:
                self.audit.leave_out(bar, why)
            else:
                found[product] = bar
        return found

    def _plan(self, date: int) -> list[Step]:
        """Return the steps of a day, also of one that the calendar does not have."""
        rulebook = self.venue.rulebook
        calendar = rulebook.calendar
        if not calendar.sessions:
            return [
                Step(utc(calendar, date, 0), SetPhase(Phase.CONTINUOUS)),
                Step(utc(calendar, date, _LAST_SECOND), SetPhase(Phase.CLOSED)),
            ]
        if not is_trading_day(calendar, date):
            calendar = structs.replace(calendar, extra_days=(*calendar.extra_days, date))
            rulebook = structs.replace(rulebook, calendar=calendar)
        return steps(rulebook, date)

    def _sessions(self, plan: list[Step]) -> dict[str, list[int]]:
        """Return for each line the steps that are followed by continuous trading in it."""
        phases = dict.fromkeys(self.venue.symbols, Phase.CLOSED)
        found: dict[str, list[int]] = {line: [] for line in phases}
        for number, (time, command) in enumerate(plan):
            for line in [command.symbol] if command.symbol else phases:
                phases[line] = command.phase
            later = plan[number + 1].time if number + 1 < len(plan) else time
            for line, phase in phases.items() if later > time else ():
                if phase is Phase.CONTINUOUS:
                    found[line].append(number)
        return found

    def _references(self, bars: dict[str, Bar]) -> None:
        """Let each product start from its real previous close, from its open on the first day."""
        for product, bar in bars.items():
            name = self._main[product][0]
            line = self.venue.line_view(name)
            real = self._closes.get(product) or bar.open or bar.close
            wanted = on_tick(real, 1, line.tick, line.ticks)
            if wanted and wanted != self.venue.reference(name):
                self.say(SetReference(product, wanted))

    def _settle(self, bar: Bar) -> None:
        """Tell the audit what of a product's day was not traded."""
        done = self.audit.day(bar)
        if done.missed:
            self.audit.leave_out(bar, f"{done.missed:,} tonnes not traded: {done.why}")
        if done.listed or not (bar.volume > 0 or (bar.high and bar.volume)):
            return
        if bar.high:
            self.audit.leave_out(bar, "its line was not open for continuous trading")
        elif bar.product in self._blocks:
            self.audit.leave_out(bar, "a block, and blocks were not open")
        else:
            self.audit.leave_out(bar, "a block, and the rulebook has no negotiated mode")

    # -- the brokers ----------------------------------------------------------------------------

    def _trade(self, bars: dict[str, Bar], sessions: dict[str, list[int]], number: int) -> None:
        """Trade what a session has of each product: listed prints first, blocks where open."""
        rule = self.venue.rulebook.close
        for product, bar in bars.items():
            done = self.audit.day(bar)
            line = self.venue.line_view(self._main[product][0])
            mine = sessions[line.symbol]
            if number in mine and line.phase is Phase.CONTINUOUS and bar.high and not done.listed:
                prints = listed_prints(bar, rule, _steps(line))
                upto = len(prints) * (mine.index(number) + 1) // len(mine)
                for each in prints[done.made : upto]:
                    self._listed(line, bar, each)
                done.made = upto
                if number == mine[-1]:
                    done.listed = True
                    self.audit.odd_tonnes += max(0, bar.volume - sum(q for _, q in prints))
                self._err(line)
            block = self._blocks.get(product, "")
            if block and number in sessions[block] and not bar.high and bar.volume > 0:
                view = self.venue.line_view(block)
                if view.phase is Phase.CONTINUOUS and not done.listed:
                    self._block(view, bar)
                    done.listed = True

    def _listed(self, line: LineView, bar: Bar, wanted: Print) -> None:
        """Make one trade; beyond the limits, at the limit, which the audit notes."""
        low, high = line.low_limit, line.high_limit
        if wanted.price != on_tick(wanted.price, 1, line.tick, line.ticks):
            digits = self.venue.rulebook.minor_digits
            self.audit.leave_out(bar, f"{decimal_text(wanted.price, digits)} is off the tick")
            wanted = Print(on_tick(wanted.price, 1, line.tick, line.ticks), wanted.quantity)
        price = min(max(wanted.price, low), high) if high else wanted.price
        if price != wanted.price:
            if bar.product in self._closes and wanted.price in bar:  # not on its first day
                self.audit.outside(
                    Outside(
                        bar.date, bar.product, line.reference, low, high, wanted.price, "listed"
                    )
                )
            maker, _ = self._pair()
            if wanted.price:
                refused = self.say(self._order(line, maker, Side.SELL, wanted))
                self.audit.expect_refusal(refused, RejectReason.PRICE_LIMIT)
        maker, taker = self._pair()
        side = self._rng.choice((Side.BUY, Side.SELL))
        unit, most = _steps(line).unit, line.max_quantity // line.lot * line.lot
        left = wanted.quantity
        while left:
            size = min(left, most)
            if 0 < left - size < unit < size:
                size -= unit  # so that the rest is not too small for an order
            left -= size
            events = self._deal(line, maker, taker, side, Print(price, size))
            made = sum(e.quantity for e in events if isinstance(e, Trade | AuctionTrade))
            self.audit.made(bar, Print(price, made))
            if made < size:
                done = self.audit.day(bar)
                done.missed += size - made
                rules = (event.rule for event in events if isinstance(event, Rejected))
                done.why = done.why or next(rules, "the orders did not meet")
                self._withdraw(maker, taker)

    def _deal(self, line: LineView, maker: str, taker: str, side: Side, each: Print) -> list[Event]:
        """Offer and take; return all that came of it."""
        events = self.say(self._order(line, maker, side, each))
        if any(isinstance(event, Rejected) for event in events):
            return events
        if line.mechanism is Mechanism.ORDER_BOOK:
            other = Side.SELL if side is Side.BUY else Side.BUY
            return events + self.say(self._order(line, taker, other, each)) + self._go_on(line)
        number = next(event.number for event in events if isinstance(event, Offered))
        ref = self.venue.last_ref(taker) + 1
        return events + self.say(
            Pick(
                account=taker,
                ref=ref,
                symbol=line.symbol,
                number=number,
                quantity=each.quantity,
                price=each.price,
            )
        )

    def _go_on(self, line: LineView) -> list[Event]:
        """End the call that a trade far from the last price starts, if it did."""
        events: list[Event] = []
        if self.venue.phase(line.symbol) is not Phase.CONTINUOUS:
            _, due = self.venue.due()
            if due:
                events += self.say(AdvanceTime(due), due)
            if self.venue.phase(line.symbol) is not Phase.CONTINUOUS:
                events += self.say(SetPhase(Phase.CONTINUOUS, line.symbol))
        return events

    def _withdraw(self, *names: str) -> None:
        for name in names:
            self.say(MassCancel(name, self.venue.last_ref(name) + 1))

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
            self.audit.leave_out(bar, f"block refused: {refusal.rule}")
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
