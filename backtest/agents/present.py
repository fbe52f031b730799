"""What an account has when its agent begins, told in the events that an agent knows.

Cash and allowances are told as if they came in now, as much as may be used: what the account's own
live orders have reserved counts, what is locked or owed does not. Then each live order is told as
if it came to rest now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from backtest.agents.market_picture import LinePicture
from engine.vocabulary.enums import Side
from engine.vocabulary.events import AllowancesMoved, CashMoved, Event, OrderResting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.venue.venue import Venue


class Balance(NamedTuple):
    """An amount of a currency or of a product."""

    name: str
    total: int
    reserved: int


class Present(NamedTuple):
    """An account as it stands."""

    account: str
    cash: Sequence[Balance]
    holdings: Sequence[Balance]
    orders: Sequence[OrderResting]

    def events(self, lines: Mapping[str, tuple[str, str]]) -> Iterator[Event]:
        """Yield the events; ``lines`` gives each line's product and currency."""
        held: dict[str, int] = {}  # what the live orders have reserved, fees aside
        for order in self.orders:
            product, currency = lines.get(order.symbol, ("", ""))
            if order.side is Side.BUY:
                held[currency] = held.get(currency, 0) + order.price * order.leaves
            else:
                held[product] = held.get(product, 0) + order.leaves
        cash = {balance.name: _usable(balance, held) for balance in self.cash}
        tonnes = {balance.name: _usable(balance, held) for balance in self.holdings}
        for product, currency in lines.values():  # nothing is worth telling too
            cash.setdefault(currency, 0)
            tonnes.setdefault(product, 0)
        for name, free in cash.items():
            yield CashMoved(self.account, name, free, free)
        for name, free in tonnes.items():
            yield AllowancesMoved(self.account, name, free, free)
        yield from self.orders


def _usable(balance: Balance, held: Mapping[str, int]) -> int:
    """Return what may be used, or is reserved by live orders: all but what is locked or owed."""
    return balance.total - max(0, balance.reserved - held.get(balance.name, 0))


def lines_of(venue: Venue) -> list[LinePicture]:
    """Return a venue's lines as anybody may see them now."""
    found = []
    for symbol in venue.symbols:
        view = venue.line_view(symbol)
        line = LinePicture(
            symbol,
            view.tick,
            view.lot,
            view.reference,
            view.low_limit,
            view.high_limit,
            view.phase,
            view.mechanism,
            last_trade=venue.last_price(symbol),
            ticks=view.ticks,
            product=view.product,
            currency=view.currency,
            min_quantity=view.min_quantity,
            max_quantity=view.max_quantity,
        )
        for offer in venue.standing(symbol):
            line.stands(structs.replace(offer, account="", ref=0))
        line.best_bids.update((best.number, best.price) for best in venue.best_bids(symbol))
        line.bids.update(venue.depth(symbol, Side.BUY))
        line.asks.update(venue.depth(symbol, Side.SELL))
        found.append(line)
    return found


def present_of(venue: Venue, account: str) -> Iterator[Event]:
    """Yield what an account of a venue has now."""
    found = venue.account(account)
    orders = [
        OrderResting(account, o.ref, o.symbol, o.side, o.price, o.leaves, -1)
        for o in venue.open_orders(account)
    ]
    lines = {
        line.symbol: (line.product, line.currency) for line in map(venue.line_view, venue.symbols)
    }
    yield from Present(
        account,
        [Balance(each.name, each.total, each.reserved) for each in found.cash],
        [Balance(each.name, each.total, each.reserved) for each in found.holdings],
        orders,
    ).events(lines)
    for symbol in venue.symbols:
        yield from (offer for offer in venue.standing(symbol) if offer.account == account)
