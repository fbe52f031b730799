"""What a client knows of its account and of the market, as of all that has arrived.

It is kept up as messages come in, whether the program takes events or not, so a ``Missed`` does
not concern it. Over a new connection it begins anew from what the venue says; what a venue does not
say of very many orders, the reports that were missed do.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from gateway.client.account_view import AccountView
from gateway.client.errors import Answer, ClientError, resolve
from gateway.client.market_view import Book, Line, MarketView
from gateway.client.statuses import Statuses
from gateway.protocol import wire_history, wire_market

if TYPE_CHECKING:
    from gateway.client.statuses import Ask
    from gateway.protocol import wire


class Pictures:
    """An account's orders and balances, and the lines that are heard of."""

    def __init__(self, ask: Ask) -> None:
        """Start without knowing anything; ``ask`` asks the venue, and gives the answer at once."""
        self.account = AccountView()
        self.statuses = Statuses(ask, self.account)
        self.market = MarketView((), new_lines=True)
        self.followed: dict[str, None] = {}
        self.mending: dict[str, int] = {}  # by line: how many pages of its trades are asked for
        self._waiting: dict[str, list[Answer[Book]]] = {}  # who waits for a line's snapshot
        self._ask = ask

    def begin(self, message: wire.LoggedOn) -> None:
        """Begin a connection."""
        if message.status is not None:
            self.account.adopt(message.status)
        elif message.seq < self.account.as_of:
            self.account.forget()  # the venue lost reports; otherwise those that were missed follow
        for line in self.market.lines.values():
            line.stale = True

    def absorb(self, report: wire.Report, asked: wire.OrderMessage | None) -> None:
        """Take a report in; ``asked`` is the message that it answers, where that is known."""
        self.account.absorb(report, asked)
        self.statuses.absorb(report, asked)

    def learn(self, message: wire.MarketData) -> None:
        """Take market data in."""
        self.market.absorb(message)
        if not isinstance(message, wire_market.BookSnapshot):
            return
        symbol, line = message.symbol, self.market.lines.get(message.symbol)
        if line is None:
            return  # a venue that does not describe it
        waiting = self._waiting.pop(symbol, ())
        for answer in waiting:
            resolve(answer, line.book())
        if symbol in self.followed:
            self._mend_trades(line, line.known_to)
        elif line.prints:
            self._mend_trades(line, line.prints[-1].trade)

    def await_snapshot(self, symbol: str) -> Answer[Book]:
        """Follow a line; return its book to come."""
        self.followed[symbol] = None
        answer: Answer[Book] = Answer()
        self._waiting.setdefault(symbol, []).append(answer)
        return answer

    def _mend_trades(self, line: Line, after: int) -> None:
        """Have the trades filled in that were missed while the line was not heard."""
        symbol = line.info.symbol

        def fill(page: wire_history.DayTrades) -> None:
            self.mending[symbol] -= 1
            line.fill(page)
            if page.trades and page.trades[-1].trade < page.last:
                self._mend_trades(line, page.trades[-1].trade)

        self.mending[symbol] = self.mending.get(symbol, 0) + 1
        self._ask(wire_history.AskTrades(symbol, after), fill)

    def forget_line(self, symbol: str) -> None:
        """Follow a line, or (``""``) all, no more."""
        error = ClientError("it was unsubscribed from")
        for name in [symbol] if symbol else [*self.followed]:
            self.followed.pop(name, None)
            for answer in self._waiting.pop(name, ()):
                resolve(answer, copy.copy(error))
        for name, line in self.market.lines.items():
            if symbol in ("", name):
                line.stale = True

    def fail(self, error: ClientError) -> None:
        """End those who wait for a snapshot; what is known stays, and is not current any more."""
        self.statuses.fail(error)
        for line in self.market.lines.values():
            line.stale = True
        for answers in self._waiting.values():
            for answer in answers:
                if not answer.done():
                    answer.set_exception(copy.copy(error))
                    answer.exception()  # seen: only those who await it get it
        self._waiting.clear()
