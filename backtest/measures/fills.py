"""The trades of a session, whatever mechanism made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.vocabulary.enums import Side
from engine.vocabulary.events import AuctionTrade, Trade

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event


class Fill(NamedTuple):
    """A trade. Time in ns UTC, price in minor units per tonne, quantity in tonnes."""

    time: int
    symbol: str
    buyer: str
    seller: str
    price: int
    quantity: int
    aggressor: Side | None  # whose order arrived; none in a call


def fills(tape: Iterable[tuple[int, Command, list[Event]]]) -> list[Fill]:
    """Return all trades, in order."""
    found = []
    for time, _, events in tape:
        for e in events:
            if type(e) is Trade:
                buys = e.side is Side.SELL  # that of the resting order: the one who arrived buys
                buyer, seller = (e.taker, e.maker) if buys else (e.maker, e.taker)
                found.append(
                    Fill(
                        time,
                        e.symbol,
                        buyer,
                        seller,
                        e.price,
                        e.quantity,
                        Side.BUY if buys else Side.SELL,
                    )
                )
            elif type(e) is AuctionTrade:
                found.append(Fill(time, e.symbol, e.buyer, e.seller, e.price, e.quantity, None))
    return found
