"""All that a client gives: reports of its own account, public market data, its notes and views.

``ClientEvent`` is what ``next_event`` and ``events`` give; ``isinstance`` or ``match`` tells the
kinds apart, for type checkers too. ``docs/protocol.md`` explains each field.
"""

from typing import TypeAlias

from gateway.client.errors import Missed
from gateway.client.market_view import Book, Level, Print
from gateway.protocol.wire import (
    AccountStatus,
    AllowancesMoved,
    BalanceStatus,
    CashMoved,
    KillSwitchSet,
    LoggedOn,
    LogoutReason,
    MarketData,
    MassCancelled,
    NotTaken,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderFilled,
    OrderReduced,
    OrderResting,
    OrderStatus,
    OrderTriggered,
    Rejected,
    Report,
    Throttled,
)
from gateway.protocol.wire_history import History
from gateway.protocol.wire_market import (
    Announced,
    AuctionCleared,
    AuctionIndicated,
    AuctionStated,
    AuctionTrade,
    AuctionUncrossed,
    BestBid,
    BookLevel,
    BookSnapshot,
    BookUpdate,
    DayClosed,
    LineChanged,
    LineInfo,
    Offered,
    PhaseChanged,
    Trade,
)
from gateway.protocol.wire_modes import (
    Declined,
    Delivered,
    NumberAssigned,
    QuoteEnded,
    QuoteReceived,
    Released,
)

ClientEvent: TypeAlias = Report | MarketData | Throttled | NotTaken | AccountStatus | Missed

__all__ = [
    "AccountStatus",
    "AllowancesMoved",
    "Announced",
    "AuctionCleared",
    "AuctionIndicated",
    "AuctionStated",
    "AuctionTrade",
    "AuctionUncrossed",
    "BalanceStatus",
    "BestBid",
    "Book",
    "BookLevel",
    "BookSnapshot",
    "BookUpdate",
    "CashMoved",
    "ClientEvent",
    "DayClosed",
    "Declined",
    "Delivered",
    "History",
    "KillSwitchSet",
    "Level",
    "LineChanged",
    "LineInfo",
    "LoggedOn",
    "LogoutReason",
    "MarketData",
    "MassCancelled",
    "Missed",
    "NotTaken",
    "NumberAssigned",
    "Offered",
    "OrderAccepted",
    "OrderAmended",
    "OrderCancelled",
    "OrderFilled",
    "OrderReduced",
    "OrderResting",
    "OrderStatus",
    "OrderTriggered",
    "PhaseChanged",
    "Print",
    "QuoteEnded",
    "QuoteReceived",
    "Rejected",
    "Released",
    "Report",
    "Throttled",
    "Trade",
]
