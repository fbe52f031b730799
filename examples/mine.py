"""An agent of your own: the same class trades in the laboratory and on a live venue.

On a venue that runs:

    carbonx trade examples.mine:Agent --member M1 --account alice --key secret
"""

from carbonx import lab

SECOND = 1_000_000_000  # ns


class Agent(lab.Trader):
    """Bids for a tonne now and then, a little below the price that the day began with."""

    def __init__(self, symbol: str = "", below: int = 5) -> None:
        """Trade one line, by default the venue's first; ``below`` is in percent."""
        self.symbol, self.below = symbol, below

    def on_start(self, market: lab.Market) -> None:
        """Find the line, and ask to be woken at once."""
        lines = {line.symbol: line for line in market.lines()}
        self.symbol = self.symbol or next(iter(lines))
        if self.symbol not in lines:
            message = f"{self.symbol} is not traded here: {', '.join(lines)} are"
            raise ValueError(message)
        self.line = lines[self.symbol]
        self.random = market.stream("bids")
        self.live: list[int] = []
        market.wake_in(0)

    def on_wake(self, market: lab.Market) -> None:
        """Take the last bid back, enter a new one, look again in about a second."""
        for ref in self.live:
            market.cancel(ref)
        price = self.line.reference * (100 - self.below) // 100
        ticks = int(self.random.integers(10))
        market.buy(self.symbol, 1, self.line.on_tick(price + ticks * self.line.tick))
        market.wake_in(int(self.random.exponential(SECOND)))

    def on_event(self, _market: lab.Market, event: lab.Event) -> None:
        """Keep in mind which orders are live."""
        if isinstance(event, lab.OrderResting | lab.OrderAccepted):
            self.live.append(event.ref)
        elif isinstance(event, lab.OrderCancelled):
            self.live.remove(event.ref)
