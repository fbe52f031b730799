"""Traders with an interest: tonnes that are worth something, or cost something, to them.

What they want becomes what the line's design takes: an order in a book, a listing or a pick on a
board, a quote or its confirmation where blocks are negotiated, a bid in an auction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backtest.agents.market import Market, Trader
from backtest.agents.market_picture import MarketPicture
from backtest.agents.saying import Wanted, enter
from engine.vocabulary.enums import Mechanism, Side
from engine.vocabulary.events import OrderCancelled, Rejected, Trade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.vocabulary.events import Event

OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


class InducedValues(NamedTuple):
    """What somebody wants in a line, tonne by tonne.

    ``values`` are the minor units that each tonne bought is worth, falling, or that each tonne sold
    costs, rising. ``top`` and ``bottom`` are the highest and the lowest price that anybody may
    think of.
    """

    symbol: str
    side: Side
    values: Sequence[int]
    top: int
    bottom: int = 1


class Interested(Trader):
    """Trades its tonnes one after the other, with one live order, at prices that ``price`` says.

    It acts whenever its clock says so: ``on_wake`` after exponential pauses with the mean ``pause``
    (ns), or, with 0, when somebody calls on it (see ``turns``).
    """

    hears_own = True
    hears_public = False

    market: Market
    picture: MarketPicture | None

    def __init__(self, interest: InducedValues, pause: int = 0) -> None:
        """Have traded nothing yet."""
        self.interest = interest
        self.symbol, self.side = interest.symbol, interest.side
        self.pause = pause
        self.traded = 0  # tonnes, of its interest
        self.ref = 0  # of the live order; 0: none
        self.picture = None
        self.until = 0  # when an auction of its own should be over, ns UTC; 0: when it likes

    @property
    def left(self) -> int:
        """How many tonnes it still wants to trade."""
        return len(self.interest.values) - self.traded

    @property
    def limit(self) -> int:
        """What the next tonne is worth, or costs."""
        return self.interest.values[self.traded]

    def on_start(self, market: Market) -> None:
        """Look at the line and, where it keeps time itself, ask to be woken."""
        self.market = market
        if self.hears_public:
            self.picture = MarketPicture(market.lines())
        self.prices = market.stream("price")
        if self.pause:
            self.pauses = market.stream("pause")
            self._wait(market)

    def on_wake(self, market: Market) -> None:
        """Act, and wait again."""
        if self.left:
            self.act(market)
        if self.left and self.pause:
            self._wait(market)

    def _wait(self, market: Market) -> None:
        market.wake_in(1 + int(self.pauses.exponential(self.pause)))

    def on_event(self, market: Market, event: Event) -> None:
        """Keep count of what was traded, and of the live order."""
        if self.picture is not None:
            self.picture.absorb(event)
        if type(event) is Trade:
            account = market.account
            if account == event.maker:
                self._filled(event.maker_ref, event.quantity, event.maker_leaves)
            elif account == event.taker:
                self._filled(event.taker_ref, event.quantity, event.taker_leaves)
        elif (
            type(event) in {OrderCancelled, Rejected}
            and event.account == market.account  # type: ignore[union-attr]
            and event.ref == self.ref  # type: ignore[union-attr]
        ):
            self.ref = 0

    def _filled(self, ref: int, quantity: int, leaves: int) -> None:
        self.traded += quantity
        if ref == self.ref and not leaves:
            self.ref = 0

    # -- acting -----------------------------------------------------------------------------------

    def price(self, market: Market) -> int:
        """Return the price of its next order, 0 for none; a fixed interest is told truly."""
        del market
        return self.limit

    def without_loss(self, drawn: float) -> int:
        """Return one of the prices at which it loses nothing, by a number from 0 to 1."""
        limit, low, top = self.limit, self.interest.bottom, self.interest.top
        if self.side is Side.BUY:
            return low + int(drawn * (limit - low + 1))
        return limit + int(drawn * (top - limit + 1))

    def act(self, market: Market) -> None:
        """Replace the live order by one at a new price.

        A bid or an announcement stays until its auction is cleared, so that its window passes.
        """
        picture = self.picture if self.ref else None
        if picture is not None and picture.lines[self.symbol].mechanism is Mechanism.ONE_WAY:
            return
        price = self.price(market)
        if price:
            self.withdraw(market)
            self.enter(market, price)

    def withdraw(self, market: Market) -> None:
        """Take the live order back."""
        if self.ref:
            market.cancel(self.ref)
            self.ref = 0

    def enter(self, market: Market, price: int) -> None:
        """Say in the line's way that it trades a tonne at this price."""
        if self.picture is None:
            send = market.buy if self.side is Side.BUY else market.sell
            self.ref = send(self.symbol, 1, price)
        else:
            wanted = Wanted(self.side, 1, price, market.now(), self.until)
            self.ref = enter(market, self.picture.lines[self.symbol], wanted)


class Truthful(Interested):
    """Offers each tonne at its true value, in one order after the other, and leaves it there."""

    def price(self, market: Market) -> int:
        """Return the true value, unless an order stands already."""
        del market
        return 0 if self.ref else self.limit


class Giveaway(Interested):
    """Enters all its tonnes at their true values at once, at a time of its own."""

    def __init__(self, interest: InducedValues, at: int) -> None:
        """Come once, ``at`` (ns UTC)."""
        super().__init__(interest)
        self.at = at
        self.looks = False  # at the line when it comes, where its design asks for that

    def on_start(self, market: Market) -> None:
        """Wake when its time comes."""
        super().on_start(market)
        market.wake_at(self.at)

    def on_wake(self, market: Market) -> None:
        """Enter an order for each tonne."""
        if self.looks:
            self.picture = MarketPicture(market.lines())
        for value in self.interest.values:
            self.enter(market, value)


class ZeroUnconstrained(Interested):
    """ZI-U: any price there is, whatever the tonne is worth (Gode and Sunder 1993)."""

    def price(self, market: Market) -> int:
        """Draw a price from the bottom to the top."""
        del market
        low, top = self.interest.bottom, self.interest.top
        return low + int(self.prices.random() * (top - low + 1))


class ZeroConstrained(Interested):
    """ZI-C: any price at which it loses nothing (Gode and Sunder 1993)."""

    def price(self, market: Market) -> int:
        """Draw a price from the bottom to the worth of the tonne, or from its cost to the top."""
        del market
        return self.without_loss(self.prices.random())
