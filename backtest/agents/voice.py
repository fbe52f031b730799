"""One agent's orders in one line, said in whatever way the line's design takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.agents.market_picture import MarketPicture
from backtest.agents.saying import Wanted, enter
from engine.vocabulary.enums import Mechanism, Side, TimeInForce
from engine.vocabulary.events import Announced, Offered

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from engine.vocabulary.events import Event


class Voice:
    """Orders as they are where there is a book; elsewhere what ``say`` makes of them.

    Give it the events of the agent, which has to hear public ones where there is no book.
    """

    def __init__(self, market: Market, symbol: str, until: int = 0, *, calls: bool = False) -> None:
        """Speak in a line; ``until`` (ns UTC) is when auctions of one's own should be over.

        Where it trades in ``calls`` what would be immediate waits for the next of them.
        """
        self.symbol, self.until, self.calls = symbol, until, calls
        self.line = next(line for line in market.lines() if line.symbol == symbol)
        self.has_book = self.line.mechanism is Mechanism.ORDER_BOOK
        self._picture = MarketPicture([self.line])
        self._own: dict[tuple[str, int], int] = {}  # (line, number) of own offers -> reference

    def absorb(self, event: Event) -> None:
        """Take in an event, public or one's own."""
        if self.has_book:
            return
        self._picture.absorb(event)
        if isinstance(event, Offered | Announced) and event.account and event.ref:
            self._own[event.symbol, event.number] = event.ref

    def enter(
        self,
        market: Market,
        side: Side,
        tonnes: int,
        price: int,
        tif: TimeInForce = TimeInForce.DAY,
    ) -> int:
        """Say an interest; return the last reference, 0 where the line takes nothing of it now.

        What is immediate or cancelled only answers what others offer.
        """
        if self.has_book:
            if self.calls and tif is TimeInForce.IOC:
                tif = TimeInForce.DAY
            send = market.buy if side is Side.BUY else market.sell
            return send(self.symbol, tonnes, price, tif)
        takes = tif is TimeInForce.IOC
        wanted = Wanted(side, tonnes, price, market.now(), self.until, takes)
        return enter(market, self.line, wanted, self._own)
