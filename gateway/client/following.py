"""What a client knows without asking: its orders and balances, and the lines that it follows."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final, cast

from engine.vocabulary.enums import Mechanism
from engine.vocabulary.suggest import did_you_mean
from engine.vocabulary.texts import shown
from gateway.client import arguments
from gateway.client.errors import ClientError
from gateway.client.market_view import print_of
from gateway.client.requests import Requests
from gateway.protocol import wire_account, wire_history

if TYPE_CHECKING:
    from gateway.client.account_view import Balances
    from gateway.client.errors import Answer
    from gateway.client.market_view import Book, Line, Print
    from gateway.client.pictures import Pictures
    from gateway.protocol import wire, wire_market

UNKNOWN: Final = "orders are not known: the account has very many, await status() first"


class Following(Requests):
    """Reads the pictures of account and market that a client keeps, and asks for what they lack."""

    _pictures: Pictures

    @abstractmethod
    def _ask(self, message: wire.FromClient) -> Answer[Any]:
        """Ask the venue something. Raises ``ClientError`` where nothing can be asked."""

    @abstractmethod
    def subscribe(self, symbol: str = "") -> None:
        """Ask for public data."""

    # -- the account ------------------------------------------------------------------------------

    @property
    def orders(self) -> dict[int, wire_account.OrderStatus]:
        """The account's live orders by reference, in a copy."""
        if not self._pictures.account.known:
            raise ClientError(UNKNOWN)
        return dict(self._pictures.account.orders)

    @property
    def balances(self) -> Balances:
        """What the account has of each currency and product: total, reserved and free."""
        return copy.copy(self._pictures.account.balances)

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

    def statement(self, symbol: str) -> wire_market.AuctionStated | None:
        """Return the statement of a line's last auction of the calendar, none where there was none.

        Of a line that is subscribed, and not followed, where it was held since then. Raises
        ``ClientError`` as ``book``.
        """
        return self._line(symbol).stated

    def _line(self, symbol: str) -> Line:
        line = self._pictures.market.lines.get(symbol)
        if line is None or line.update < 0:
            problem = f"nothing is known of {symbol!r}: await follow({symbol!r}) first"
            raise ClientError(problem)
        return line

    async def follow(self, symbol: str) -> Book:
        """Subscribe to a line, and wait until its book and its day's trades are known.

        From then on ``book`` and ``trades`` are current. Raises ``ValueError`` where there is no
        such line.
        """
        self._known(symbol)
        line = self._pictures.market.lines.get(symbol)
        if symbol not in self._pictures.followed or line is None or line.stale:
            answer = self._pictures.await_snapshot(symbol)
            self.subscribe(symbol)
            await answer
            await self._fill(symbol)
        elif self._pictures.mending.get(symbol):
            await self._fill(symbol)
        return self.book(symbol)

    async def day_trades(self, symbol: str, after: int = 0) -> tuple[Print, ...]:
        """Ask for a line's trades of the day, or those behind the one with a number."""
        self._known(symbol)
        after = arguments.whole("after", after, least=0)
        found: list[Print] = []
        while True:
            page = await self._ask_trades(symbol, after)
            found += [print_of(each) for each in page.trades]
            if not page.trades or page.trades[-1].trade >= page.last:
                return tuple(each for each in found if each.trade >= page.first)
            after = page.trades[-1].trade

    async def history(self, symbol: str) -> wire_history.History:
        """Ask for a line's bars, its day until now, what its calls and its last auction came to."""
        self._known(symbol)
        answer = await self._ask(wire_history.AskHistory(symbol))
        return cast("wire_history.History", answer)

    def _known(self, symbol: str) -> None:
        """Check that there is a line, as far as this client has heard."""
        lines = [line.symbol for line in self.lines]
        if symbol in lines or symbol in self._pictures.market.lines:
            return
        problem = f"there is no line {shown(symbol)}{did_you_mean(symbol, lines)}"
        raise ValueError(problem)

    def _ask_trades(self, symbol: str, after: int) -> Answer[wire_history.DayTrades]:
        return self._ask(wire_history.AskTrades(symbol, after))

    async def _fill(self, symbol: str) -> None:
        """Ask for the trades that a line lacks, and for its last auction's statement."""
        line = self._pictures.market.lines[symbol]
        while True:
            page = await self._ask_trades(symbol, line.known_to)
            line.fill(page)
            if not page.trades or page.trades[-1].trade >= page.last:
                break
        if line.info.mechanism is Mechanism.ONE_WAY:
            line.recall(await self.history(symbol))
