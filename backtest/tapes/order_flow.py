"""LOBSTER messages traded again on the engine, alone or with agents among them.

New orders rest for one account; an execution is an order of a second account, immediate or cancel,
at the price and of the size of the execution, so that the engine's own priority decides which
resting order it meets. Partial cancels are amendments to a smaller quantity, which keep their
place. Executions of hidden orders and trades in crosses leave no mark on a visible book: they are
counted and left out. Halts close the line until the message that ends them.

Where there is an orderbook file, the book begins with what its first row shows, and the engine's
book is compared with each row, level by level. Orders that were there before the file are one
order a price: what becomes of them is told by price alone. A level that the file did not show
at first, as it lay beyond its last one, is entered when it comes into view, and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backtest.kernel.kernel import Kernel
from backtest.tapes.lobster import Kind, LobsterError
from engine.log.sequencer import Sequencer
from engine.rulebook.amend import changed
from engine.rulebook.presets import find
from engine.venue.venue import Venue
from engine.vocabulary.commands import AmendOrder, BeginDay, OpenAccount, SetPhase
from engine.vocabulary.enums import Phase, Side, TimeInForce
from engine.vocabulary.events import Trade

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backtest.agents.market import Market
    from backtest.kernel.kernel import Entry
    from backtest.tapes.lobster import Levels, Message
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event

SYMBOL: Final = "CO2"
RESTING: Final = "file"  # the account of the orders that the file enters
TAKING: Final = "file, taking"
_CASH: Final = 10**18
_SHARES: Final = 10**12
_DIGITS: Final = 4
_DAY: Final = 20250102


class Report(Struct):
    """What became of the messages, and how the engine's book compares with the file's."""

    messages: int = 0
    hidden: int = 0
    crosses: int = 0
    halts: int = 0
    unknown: int = 0  # messages on orders that were not entered
    executions: int = 0
    in_place: int = 0  # executions that met the order that the file names
    compared: int = 0  # rows of the orderbook file; 0 without one
    levels: int = 0  # that the file has
    best_equal: int = 0  # rows whose best bid and ask, with sizes, are the engine's
    all_equal: int = 0  # rows all of whose levels are
    into_view: int = 0  # levels that lay beyond the file's last one, and were entered
    first_difference: int = 0  # the first row whose levels differ, from 1; 0: none


class _Resting(Struct):
    ref: int
    total: int  # with what was executed
    leaves: int


class FileTrader:
    """Enters what a message file says, one message at each turn."""

    hears_own = True
    hears_public = False

    def __init__(
        self,
        messages: Sequence[Message],
        book: Sequence[Levels] | None,
        venue: Venue,
        symbol: str,
        midnight: int,
    ) -> None:
        """Trade messages from ``midnight`` (ns UTC) on. Raises ``LobsterError``."""
        if book is not None and len(book) != len(messages):
            message = (
                f"the orderbook file has {len(book):,} rows, the message file "
                f"{len(messages):,}: one for each message is needed"
            )
            raise LobsterError(message)
        levels = max((len(side) for row in book or () for side in row), default=0)
        self.report = Report(len(messages), levels=levels)
        self.taker: Market | None = None
        self.operate: Callable[[SetPhase], None] = lambda _command: None
        self._messages, self._book, self._venue = messages, book, venue
        self._symbol, self._midnight = symbol, midnight
        self._next = 0
        self._orders: dict[int, _Resting] = {}  # by the file's number
        self._before: dict[
            tuple[bool, int], _Resting
        ] = {}  # those older than it, by side and price
        self._due: int = 0  # the reference of the order that is executed next
        self._horizon: dict[bool, int] = {}  # the worst price that was in view, by side

    def on_start(self, seat: Market) -> None:
        """Enter the book that was there before the first message; wake for the first."""
        if self._book:
            first, levels = self._messages[0], self._book[0]
            for buys, its in ((True, levels.bids), (False, levels.asks)):
                sizes = dict(its)
                self._horizon[buys] = its[-1][0] if its else 0
                if first.buys is buys and first.kind in {Kind.REDUCE, Kind.DELETE, Kind.EXECUTE}:
                    sizes[first.price] = sizes.get(first.price, 0) + first.size
                if first.buys is buys and first.kind is Kind.NEW and first.price in sizes:
                    sizes[first.price] -= first.size
                for price, size in sizes.items():
                    if size > 0:
                        self._enter_old(seat, price, size, buys=buys)
        seat.wake_at(self._midnight + self._messages[0].time)

    def on_event(self, seat: Market, event: Event) -> None:
        """See which order was executed."""
        del seat
        if isinstance(event, Trade) and event.maker_ref and event.maker_ref == self._due:
            self.report.in_place += 1
            self._due = 0

    def on_wake(self, seat: Market) -> None:
        """Compare the book with the row of the last message; do what the next one says."""
        if self._next:
            self.compare(seat, self._next - 1)
        if self._next == len(self._messages):
            return
        message = self._messages[self._next]
        self._next += 1
        if message.kind is Kind.NEW:
            ref = (seat.buy if message.buys else seat.sell)(
                self._symbol, message.size, message.price
            )
            self._orders[message.order] = _Resting(ref, message.size, message.size)
        elif message.kind in {Kind.REDUCE, Kind.DELETE, Kind.EXECUTE}:
            self._old(seat, message)
        elif message.kind is Kind.HIDDEN:
            self.report.hidden += 1
        elif message.kind is Kind.CROSS:
            self.report.crosses += 1
        else:
            self._halt(message)
        more = self._next < len(self._messages)
        seat.wake_at(self._midnight + self._messages[self._next].time if more else seat.now())

    def _old(self, seat: Market, message: Message) -> None:
        """Reduce, delete or execute an order."""
        place = message.buys, message.price
        order = self._orders.get(message.order) or self._before.get(place)
        if order is None:
            self.report.unknown += 1
            return
        whole = message.kind is Kind.DELETE and message.order in self._orders
        gone = order.leaves if whole else min(message.size, order.leaves)
        order.leaves -= gone
        if message.kind is Kind.EXECUTE and self.taker is not None:
            self.report.executions += 1
            self._due = order.ref
            act = self.taker.sell if message.buys else self.taker.buy
            act(self._symbol, message.size, message.price, TimeInForce.IOC)
        elif order.leaves:
            order.total -= gone
            seat.submit(AmendOrder("", 0, order.ref, order.total))
        else:
            seat.cancel(order.ref)
        if not order.leaves:
            if message.order in self._orders:
                del self._orders[message.order]
            else:
                del self._before[place]

    def _halt(self, message: Message) -> None:
        self.report.halts += 1
        phase = Phase.HALTED if message.price < 1 else Phase.CONTINUOUS
        self.operate(SetPhase(phase, self._symbol, "as in the file"))

    def _enter_old(self, seat: Market, price: int, size: int, *, buys: bool) -> None:
        ref = (seat.buy if buys else seat.sell)(self._symbol, size, price)
        self._before[buys, price] = _Resting(ref, size, size)

    def compare(self, seat: Market, row: int) -> None:
        """Compare the book with a row of the file's; enter what comes into view."""
        if not self._book:
            return
        theirs, report = self._book[row], self.report
        equal = best = True
        for buys, its in ((True, theirs.bids), (False, theirs.asks)):
            side = Side.BUY if buys else Side.SELL
            # One level more than the file has may lie between what is in view.
            ours = dict(self._venue.depth(self._symbol, side, len(its) + 1))
            horizon = self._horizon[buys]
            for price, size in its:
                beyond = price < horizon if buys else price > horizon or not horizon
                missing = size - ours.get(price, 0)
                if beyond and missing > 0:
                    self._enter_old(seat, price, missing, buys=buys)
                    ours[price] = size
                    report.into_view += 1
                if beyond:
                    self._horizon[buys] = price
            mine = sorted(ours.items(), reverse=buys)
            best &= mine[:1] == its[:1]
            # Where the file shows fewer levels than it has room for, there are no others.
            equal &= (mine[: len(its)] if len(its) == report.levels else mine) == its
        report.compared += 1
        report.best_equal += best
        report.all_equal += equal
        if not equal and not report.first_difference:
            report.first_difference = row + 1


def rules() -> Rulebook:
    """Return rules for a file: one line, prices in ten-thousandths, price-time, no limits."""
    found = changed(find("textbook"), "minor_digits", str(_DIGITS))
    return changed(found, f"products[{SYMBOL}].max_quantity", str(_SHARES))


def trade_again(
    messages: Sequence[Message],
    book: Sequence[Levels] | None = None,
    *,
    rulebook: Rulebook | None = None,
    symbol: str = SYMBOL,
    tape: list[Entry] | None = None,
    agents: Callable[[Kernel], None] = lambda _kernel: None,
) -> tuple[Report, Kernel]:
    """Trade a file's messages again; return what became of them, and the kernel.

    ``agents`` may open accounts and let agents join before it begins; then the file's orderbook is
    compared with a market in which they trade too, so leave ``book`` out. Times are ns after
    midnight. Who trades many files closes each kernel's venue when done with it. Raises
    ``LobsterError`` and ``AgentError``.
    """
    venue = Venue(rulebook or rules())
    kernel = Kernel(Sequencer(venue), tape)
    trader = FileTrader(messages, book, venue, symbol, 0)
    product = venue.line_view(symbol).product
    kernel.give(BeginDay(_DAY))
    for account in (RESTING, TAKING):
        kernel.give(OpenAccount(account, cash=_CASH, allowances=((product, _SHARES),)))
    kernel.give(SetPhase(Phase.CONTINUOUS))
    kernel.now = max(messages[0].time - 1, 0)
    trader.operate = lambda command: kernel.at(kernel.now, command)
    trader.taker = kernel.join(_Silent(), TAKING)
    agents(kernel)
    kernel.join(trader, RESTING).start()
    kernel.run(messages[-1].time)
    return trader.report, kernel


class _Silent:
    """Where reports go that nobody reads."""

    hears_own = hears_public = False

    def on_start(self, seat: Market) -> None:
        """Do nothing."""

    def on_wake(self, seat: Market) -> None:
        """Do nothing."""

    def on_event(self, seat: Market, event: Event) -> None:
        """Do nothing."""
