"""What agents see, held against the venue that they see it of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.agents.own_orders import OwnOrder
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from backtest.agents.market_picture import MarketPicture
    from backtest.agents.own_orders import OwnOrders
    from engine.venue.venue import Venue


def sees_the_books(picture: MarketPicture, venue: Venue) -> bool:
    return all(
        [line.depth(side) for side in Side] == [venue.depth(symbol, side) for side in Side]
        for symbol, line in picture.lines.items()
    )


def sees_its_orders(orders: OwnOrders, venue: Venue) -> bool:
    return orders.live == {
        order.ref: OwnOrder(order.symbol, order.side, order.price, order.leaves)
        for order in venue.open_orders(orders.account)
    }
