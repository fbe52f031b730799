"""Interest in trading, what each market design takes of it, and what became of it.

People know what they want: a product, a side, so many tonnes, at a price or better. Which line
takes it is decided here, how it is said there in ``backtest.agents.saying``. So the same people
face every design.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from backtest.agents.saying import Wanted, at_limit, say
from engine.vocabulary.commands import CancelOrder
from engine.vocabulary.enums import Mechanism, Side
from engine.vocabulary.events import (
    Announced,
    Offered,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderReduced,
    Rejected,
    Trade,
)

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture
    from backtest.lab.screen import Screen
    from engine.vocabulary.events import Event

OTHER: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


class Interest(NamedTuple):
    """What somebody wants: so many tonnes of a product, at a price (minor units) or better."""

    product: str
    side: Side
    tonnes: int
    price: int


class Live(NamedTuple):
    """Something of one's own that waits at the venue."""

    symbol: str
    side: Side
    leaves: int


class Execution:
    """One account's interest: says it in the design's words, and knows what became of it.

    Give it the events of the account. ``bought`` and ``sold`` are tonnes by product so far.
    """

    def __init__(self, screen: Screen) -> None:
        """Look at a screen."""
        self.screen = screen
        self.live: dict[int, Live] = {}  # by reference
        self.bought: dict[str, int] = {}
        self.sold: dict[str, int] = {}
        self.paid = 0  # minor units for what was bought, less what sales brought, without fees
        self.refused = 0
        self._own: dict[tuple[str, int], int] = {}  # (line, number) of own offers -> reference

    # -- what became of it ------------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        """Take in a report of the account's own."""
        if isinstance(event, Trade):
            self._traded(event)
        elif isinstance(event, OrderAccepted):
            self.live[event.ref] = Live(event.symbol, event.side, event.quantity)
        elif isinstance(event, OrderCancelled):
            self.live.pop(event.ref, None)
        elif isinstance(event, Offered | Announced):
            if event.account and event.ref:
                self._own[event.symbol, event.number] = event.ref
        elif isinstance(event, OrderReduced | OrderAmended):
            self._left(event.ref, event.leaves)
        elif isinstance(event, Rejected):
            self.refused += 1

    def _traded(self, e: Trade) -> None:
        if not e.maker and not e.taker:
            return  # the public's report
        makes = bool(e.maker)
        side = e.side if makes else OTHER[e.side]
        product = self.screen.market.lines[e.symbol].product
        table = self.bought if side is Side.BUY else self.sold
        table[product] = table.get(product, 0) + e.quantity
        self.paid += e.price * e.quantity * (1 if side is Side.BUY else -1)
        self._left(
            e.maker_ref if makes else e.taker_ref, e.maker_leaves if makes else e.taker_leaves
        )

    def _left(self, ref: int, leaves: int) -> None:
        live = self.live.pop(ref, None)
        if live is not None and leaves:
            self.live[ref] = live._replace(leaves=leaves)

    def waiting(self, side: Side, product: str = "") -> int:
        """Return the tonnes of one side that wait at the venue, of a product or of all."""
        lines = self.screen.market.lines
        return sum(
            each.leaves
            for each in self.live.values()
            if each.side is side and (not product or lines[each.symbol].product == product)
        )

    def traded(self, side: Side) -> int:
        """Return the tonnes bought or sold so far."""
        return sum((self.bought if side is Side.BUY else self.sold).values())

    def withdraw(self, port: Market) -> None:
        """Take back whatever waits."""
        for ref in list(self.live):
            port.submit(CancelOrder("", 0, ref))

    # -- saying it --------------------------------------------------------------------------------

    def express(self, port: Market, interest: Interest, until: int = 0) -> int:
        """Say an interest to the venue now; return the tonnes for which that could be done.

        What a line cannot take, such as a price beyond the day's limits, is left out: what is
        better for the venue's side of a limit is said at the limit. Nothing is said where no line
        of the product takes anything now: ask again later. ``until`` (ns) is when an auction of
        one's own should be over.
        """
        for line in self.route(interest):
            wanted = Wanted(interest.side, interest.tonnes, interest.price, port.now(), until)
            said = say(line, wanted, self._own)
            for command in said.commands:
                port.submit(command)
            if said.tonnes:
                return said.tonnes
        return 0

    def route(self, interest: Interest) -> list[LinePicture]:
        """Return the lines that may take an interest now, the most fitting first.

        A block goes to a line for blocks, everything else to the main line; then come the others.
        """
        lines = [
            line for line in self.screen.products[interest.product] if line.is_open or line.gathers
        ]
        blocks = [
            line
            for line in lines
            if line.mechanism is Mechanism.NEGOTIATED
            and len(lines) > 1
            and line.min_quantity > 1
            and line.min_quantity <= interest.tonnes
        ]
        return blocks + [line for line in lines if line not in blocks]


__all__ = ["Execution", "Interest", "at_limit"]
