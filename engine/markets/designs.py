"""The registry of market designs: a new one is a module beside these and a row here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.markets.joint_auctions import JointAuctions
from engine.markets.listing import Listing
from engine.markets.negotiated import Negotiated
from engine.markets.order_book import OrderBook
from engine.vocabulary.enums import Mechanism

if TYPE_CHECKING:
    from engine.markets.assets import Asset
    from engine.markets.line import Line
    from engine.markets.settlement import Shared
    from engine.rulebook.model import Mode, Product, Rulebook

DESIGNS: Final[dict[Mechanism, type[Line]]] = {
    Mechanism.ORDER_BOOK: OrderBook,
    Mechanism.LISTING: Listing,
    Mechanism.FIXED_PRICE: Listing,
    Mechanism.NEGOTIATED: Negotiated,
    Mechanism.ONE_WAY: JointAuctions,
}


def open_line(
    rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
) -> Line:
    """Make the line of a product in a mode, empty and closed."""
    return DESIGNS[mode.mechanism](rulebook, product, mode, asset, shared)
