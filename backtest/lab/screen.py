"""What everybody sees of a venue, kept once for a whole population."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.agents.market_picture import LinePicture, MarketPicture
from backtest.lab.people import Person, Trader
from engine.rulebook.model import line_name

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event


class Screen(Trader):
    """Hears public data for all agents that look at it; each line under its product."""

    hears_own = False
    hears_public = True

    def __init__(self, rulebook: Rulebook) -> None:
        """Show the lines of a rulebook, all closed and empty."""
        self.products: dict[str, list[LinePicture]] = {}  # a product's lines, its main one first
        found: list[LinePicture] = []
        for product in rulebook.products:
            modes = rulebook.modes_of(product)
            main = next((mode for mode in modes if mode.moves_close), modes[0])
            lines = [
                LinePicture(
                    line_name(product, mode, modes[0]),
                    product.tick,
                    mode.lot or product.lot,
                    product.reference,
                    mechanism=mode.mechanism,
                    ticks=product.ticks,
                    product=product.symbol,
                    currency=product.currency,
                    min_quantity=mode.min_quantity or product.min_quantity,
                    max_quantity=mode.max_quantity or product.max_quantity,
                )
                for mode in sorted(modes, key=lambda mode: mode is not main)
            ]
            self.products[product.symbol] = lines
            found += lines
        self.market = MarketPicture(found)

    def on_event(self, _seat: Market, event: Event) -> None:
        """Take a public event in."""
        self.market.absorb(event)

    def person(self) -> Person:
        """Return the member of a population that keeps the screen; it never trades."""
        return Person("screen", "screen", "screen", self, cash=0, holdings={})
