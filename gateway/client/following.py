"""What a client knows without asking: its orders and balances, and the lines that it follows."""

from __future__ import annotations

import copy
from abc import abstractmethod
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from gateway.client.account_view import AccountView
from gateway.client.errors import Answer, ClientError, resolve
from gateway.client.market_view import Book, Line, MarketView, Print, print_of
from gateway.client.requests import Requests
from gateway.protocol import wire, wire_history, wire_market

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.client.account_view import Balances

UNKNOWN: str = "orders are not known: the account has very many, await status() first"


class Following(Requests):
    """Pictures of the account and of the market, as of all that has arrived.

    They are kept up as messages come in, whether the program takes events or not, so a ``Missed``
    does not concern them. Over a new connection they begin anew from what the venue says.
    """

    def __init__(self) -> None:
        """Start without knowing anything."""
        self._account = AccountView()
        self._market = MarketView((), new_lines=True)
        self._followed: dict[str, None] = {}
        self._mending: dict[str, int] = {}  # by line: how many pages of its trades are asked for
        self._waiting: dict[str, list[Answer[Book]]] = {}  # who waits for a line's snapshot

    # -- what a client supplies -------------------------------------------------------------------

    @abstractmethod
    def _question(
        self, message: wire.FromClient, take: Callable[[Any], None] | None = None
    ) -> Answer[Any]:
        """Ask a question of the present state; ``take`` gets the answer at once."""

    @abstractmethod
    def _check_open(self) -> None:
        """Raise ``ClientError`` where nothing can be asked."""

    @abstractmethod
    def subscribe(self, symbol: str = "") -> None:
        """Ask for public data."""

    # -- the account ------------------------------------------------------------------------------

    @property
    def orders(self) -> dict[int, wire.OrderStatus]:
        """The account's live orders by reference, in a copy."""
        if not self._account.known:
            raise ClientError(UNKNOWN)
        return dict(self._account.orders)

    @property
    def balances(self) -> Balances:
        """What the account has of each currency and product: total, reserved and free."""
        return copy.copy(self._account.balances)

    # -- the market -------------------------------------------------------------------------------

    def book(self, symbol: str) -> Book:
        """Return a line's public book, last trade, phase and limits, as far as it is known.

        Raises ``ClientError`` where the client neither follows nor subscribes to the line.
        """
        return self._line(symbol).book()

    def trades(self, symbol: str) -> tuple[Print, ...]:
        """Return a line's trades of the day, the oldest first: all of a line that is followed.

        Of one that is subscribed to those since then. Raises ``ClientError`` as ``book``.
        """
        return tuple(self._line(symbol).prints)

    def _line(self, symbol: str) -> Line:
        line = self._market.lines.get(symbol)
        if line is None or line.update < 0:
            problem = f"nothing is known of {symbol!r}: await follow({symbol!r}) first"
            raise ClientError(problem)
        return line

    async def follow(self, symbol: str) -> Book:
        """Subscribe to a line, and wait until its book and its day's trades are known.

        From then on ``book`` and ``trades`` are current. Raises ``ValueError`` where there is no
        such line.
        """
        self._check_open()
        self._known(symbol)
        line = self._market.lines.get(symbol)
        if symbol not in self._followed or line is None or line.stale:
            answer: Answer[Book] = Answer()
            self._waiting.setdefault(symbol, []).append(answer)
            self._followed[symbol] = None
            self.subscribe(symbol)
            await answer
            await self._fill(symbol)
        elif self._mending.get(symbol):
            await self._fill(symbol)
        return self.book(symbol)

    async def day_trades(self, symbol: str, after: int = 0) -> tuple[Print, ...]:
        """Ask for a line's trades of the day, or those behind the one with a number."""
        self._known(symbol)
        found: list[Print] = []
        while True:
            page = await self._ask_trades(symbol, after)
            found += [print_of(each) for each in page.trades]
            if not page.trades or page.trades[-1].trade >= page.last:
                return tuple(each for each in found if each.trade >= page.first)
            after = page.trades[-1].trade

    async def history(self, symbol: str) -> wire_history.History:
        """Ask for a line's bars, its day until now, and what its calls came to."""
        self._known(symbol)
        self._check_open()
        answer = await self._question(wire_history.AskHistory(symbol))
        return cast("wire_history.History", answer)

    def _known(self, symbol: str) -> None:
        """Check that there is a line, as far as this client has heard."""
        lines = [line.symbol for line in self.lines]
        if symbol in lines or symbol in self._market.lines:
            return
        problem = f"there is no line {symbol!r}"
        similar = get_close_matches(str(symbol).upper()[:100], lines, n=3)
        if similar:
            problem += f"; did you mean {' or '.join(similar)}?"
        raise ValueError(problem)

    def _ask_trades(self, symbol: str, after: int) -> Answer[wire_history.DayTrades]:
        self._check_open()
        return self._question(wire_history.AskTrades(symbol, after))

    async def _fill(self, symbol: str) -> None:
        """Ask for the trades that a line lacks."""
        line = self._market.lines[symbol]
        while True:
            page = await self._ask_trades(symbol, line.known_to)
            line.fill(page)
            if not page.trades or page.trades[-1].trade >= page.last:
                return

    # -- what arrives -----------------------------------------------------------------------------

    def _begin(self, message: wire.LoggedOn) -> None:
        """Begin a connection."""
        if message.status is not None:
            self._account.adopt(message.status)
        else:
            self._account.forget()
        for line in self._market.lines.values():
            line.stale = True

    def _learn(self, message: wire.MarketData) -> None:
        """Take market data in."""
        self._market.absorb(message)
        if isinstance(message, wire_market.BookSnapshot):
            symbol, line = message.symbol, self._market.lines[message.symbol]
            waiting = self._waiting.pop(symbol, ())
            for answer in waiting:
                resolve(answer, line.book())
            if symbol in self._followed:
                self._mend_trades(line, line.known_to)
            elif line.prints:
                self._mend_trades(line, line.prints[-1].trade)

    def _mend_trades(self, line: Line, after: int) -> None:
        """Have the trades filled in that were missed while the line was not heard."""
        symbol = line.info.symbol

        def fill(page: wire_history.DayTrades) -> None:
            self._mending[symbol] -= 1
            line.fill(page)
            if page.trades and page.trades[-1].trade < page.last:
                self._mend_trades(line, page.trades[-1].trade)

        self._mending[symbol] = self._mending.get(symbol, 0) + 1
        self._question(wire_history.AskTrades(symbol, after), fill)

    def _forget_line(self, symbol: str) -> None:
        """Follow a line, or (``""``) all, no more."""
        error = ClientError("it was unsubscribed from")
        for name in [symbol] if symbol else [*self._followed]:
            self._followed.pop(name, None)
            for answer in self._waiting.pop(name, ()):
                resolve(answer, error)
        for name, line in self._market.lines.items():
            if symbol in ("", name):
                line.stale = True

    def _unheard(self, error: ClientError) -> None:
        """End those who wait for a snapshot."""
        for answers in self._waiting.values():
            for answer in answers:
                if not answer.done():
                    answer.set_exception(copy.copy(error))
                    answer.exception()  # seen
        self._waiting.clear()
