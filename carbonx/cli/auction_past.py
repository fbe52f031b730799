"""The auctions of a calendar as a log tells of them: statements, and the bids behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.log.blocks import Reader
from engine.log.journal import open_log
from engine.log.records import decode_genesis
from engine.log.sequencer import replay
from engine.matching.yearly_prices import containment_on
from engine.rulebook.amend import amended
from engine.vocabulary.commands import Bid
from engine.vocabulary.events import (
    Announced,
    AuctionStated,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    RulebookAmended,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.log.records import Record
    from engine.rulebook.model import Containment, Rulebook
    from engine.vocabulary.events import Event


class Held(NamedTuple):
    """An auction that was cleared, as it stood just before."""

    statement: AuctionStated
    reserve: int
    bids: list[tuple[int, int]]  # price and tonnes, in no order
    tiers: tuple[Containment, ...]  # those in force on its day


class _Past:
    """What is followed through a log."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.reserves: dict[tuple[str, int], int] = {}
        self.bids: dict[tuple[str, int], dict[tuple[str, int], tuple[int, int]]] = {}
        self.places: dict[tuple[str, int], tuple[str, int]] = {}  # a bid -> its auction
        self.held: list[Held] = []

    def follow(self, record: Record, events: list[Event]) -> None:
        """Take a command and what it did."""
        command = record.command
        for event in events:
            match event:
                case RulebookAmended():
                    self.rulebook = amended(self.rulebook, event.path, event.value)
                case Announced():
                    place = event.symbol, event.number
                    self.reserves[place], self.bids[place] = event.price, {}
                case OrderAccepted() if isinstance(command, Bid):
                    self._put(event, (command.symbol, command.number))
                case OrderAmended() if (event.account, event.ref) in self.places:
                    self._put(event, self.places[event.account, event.ref])
                case AuctionStated():
                    self._keep(event)
        if not any(isinstance(event, AuctionStated) for event in events):
            for event in events:  # what its clearing cancels stood in an auction all the same
                if isinstance(event, OrderCancelled):
                    self._drop((event.account, event.ref))

    def _put(self, event: OrderAccepted | OrderAmended, place: tuple[str, int]) -> None:
        bid = event.account, event.ref
        self.places[bid] = place
        self.bids[place][bid] = event.price, event.quantity

    def _drop(self, bid: tuple[str, int]) -> None:
        place = self.places.pop(bid, None)
        if place is not None:
            del self.bids[place][bid]

    def _keep(self, statement: AuctionStated) -> None:
        place = statement.symbol, statement.number
        bids = self.bids.pop(place)
        for bid in bids:
            del self.places[bid]
        symbol = statement.symbol.partition("@")[0]
        ticks = {product.symbol: product.tick for product in self.rulebook.products}
        tiers = containment_on(self.rulebook.auction, statement.date, ticks[symbol])
        self.held.append(Held(statement, self.reserves.pop(place), list(bids.values()), tiers))


def read_auctions(folder: Path, count: Callable[[], None]) -> tuple[list[Held], int]:
    """Return a log's auctions of a calendar in their order, and its currency's decimals.

    ``count`` is called for each record. Raises ``LogError`` and ``JournalError``.
    """
    with open_log(folder) as file:
        _, rulebook = decode_genesis(next(Reader(file).blocks()).body)
    past = _Past(rulebook)

    def follow(record: Record, events: list[Event]) -> None:
        count()
        past.follow(record, events)

    replay(folder, follow)
    return past.held, rulebook.minor_digits
