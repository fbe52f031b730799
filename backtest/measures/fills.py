"""The trades of a session, whatever mechanism made them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from backtest.measures.tape import Reader, read
from engine.vocabulary.commands import ClearAuction
from engine.vocabulary.enums import Side
from engine.vocabulary.events import AuctionTrade, Trade

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backtest.measures.tape import Tape
    from engine.vocabulary.commands import Command

_SELL: Final = Side.SELL
_SHIFT: Final = 90  # what an account was paid in net is within all cash of a venue, 63 bits
_MASK: Final = (1 << _SHIFT) - 1
_HALF: Final = 1 << (_SHIFT - 1)


class Fill(NamedTuple):
    """A trade. Time in ns UTC, price in minor units per tonne, quantity in tonnes."""

    time: int
    symbol: str
    buyer: str
    seller: str
    price: int
    quantity: int
    aggressor: Side | None  # whose order arrived; none in a call or an auction


class Fills(Reader):
    """Collects all trades, in order."""

    def __init__(self) -> None:
        """Start with none."""
        self.found: list[Fill] = []
        self.takes = {Trade: self._trade, AuctionTrade: self._in_call}

    def _trade(self, time: int, command: Command, e: Trade) -> None:
        buys = e.side is Side.SELL  # that of the resting order: the one who arrived buys
        buyer, seller = (e.taker, e.maker) if buys else (e.maker, e.taker)
        arrived = Side.BUY if buys else Side.SELL
        aggressor = None if type(command) is ClearAuction else arrived
        self.found.append(Fill(time, e.symbol, buyer, seller, e.price, e.quantity, aggressor))

    def _in_call(self, time: int, _: Command, e: AuctionTrade) -> None:
        self.found.append(Fill(time, e.symbol, e.buyer, e.seller, e.price, e.quantity, None))


class Totals(Reader):
    """Adds up all trades, without a row for each: what most studies need, and the cheapest."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.trades = self.tonnes = self.value = 0  # value in minor units
        # By account: tonnes bought less sold, shifted, and below them money received less paid.
        # One integer for both: trades of one account lie far apart, and by then each of its
        # objects has left the cache.
        self._of: dict[str, int] = {}
        self.takes = {Trade: self._trade, AuctionTrade: self._in_call}

    @property
    def money(self) -> dict[str, int]:
        """Minor units received less paid, by account."""
        return {account: ((sums + _HALF) & _MASK) - _HALF for account, sums in self._of.items()}

    @property
    def net(self) -> dict[str, int]:
        """Tonnes bought less sold, by account."""
        return {account: (sums + _HALF) >> _SHIFT for account, sums in self._of.items()}

    def _trade(self, _time: int, _: Command, e: Trade) -> None:
        tonnes = e.quantity
        paid = e.price * tonnes
        if e.side is _SELL:  # that of the resting order
            self._add(e.taker, e.maker, tonnes, paid)
        else:
            self._add(e.maker, e.taker, tonnes, paid)

    def _in_call(self, _time: int, _: Command, e: AuctionTrade) -> None:
        self._add(e.buyer, e.seller, e.quantity, e.price * e.quantity)

    def _add(self, buyer: str, seller: str, tonnes: int, paid: int) -> None:
        self.trades += 1
        self.tonnes += tonnes
        self.value += paid
        both = (tonnes << _SHIFT) - paid
        known = self._of
        try:
            known[buyer] += both
        except KeyError:
            known[buyer] = both
        try:
            known[seller] -= both
        except KeyError:
            known[seller] = -both


def fills(tape: Tape) -> list[Fill]:
    """Return all trades, in order."""
    reader = Fills()
    read(tape, reader)
    return reader.found


def prints(trades: Iterable[Fill]) -> list[tuple[int, str, int, int]]:
    """Return the prices that trading made: time, line, price, tonnes.

    The trades of one call, or of one auction at one price, made one price together and count once.
    """
    found = []
    for _, group in groupby(trades, lambda f: (f.time, f.symbol, f.price, f.aggressor)):
        same = list(group)
        if same[0].aggressor is None:
            first, tonnes = same[0], sum(each.quantity for each in same)
            found.append((first.time, first.symbol, first.price, tonnes))
        else:
            found += [(each.time, each.symbol, each.price, each.quantity) for each in same]
    return found
