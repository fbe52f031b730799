"""What late joiners ask for: a line's trades and phases of the day, its bars, its calls' results.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them. What they list are the market data messages that told it when it happened, with a ``seq`` and
an ``update`` of 0.
"""

from msgspec import Struct

from gateway.protocol.bounds import Int63
from gateway.protocol.wire_market import (
    AuctionCleared,
    AuctionStated,
    AuctionTrade,
    AuctionUncrossed,
    DayClosed,
    PhaseChanged,
    Trade,
)


class AskTrades(Struct, frozen=True, array_like=True, gc=False, tag=16):
    """Ask for a line's trades of the day behind the one with a number."""

    symbol: str
    after: Int63 = 0


class AskHistory(Struct, frozen=True, array_like=True, gc=False, tag=17):
    """Ask for a line's bars, its phases today, and what its calls and auctions came to."""

    symbol: str


class DayTrades(Struct, frozen=True, array_like=True, tag=69):
    """The answer to ``AskTrades``: a page; further ones follow where it does not reach ``last``."""

    seq: int
    symbol: str
    first: int  # number of the day's first trade that is kept; where none is, of the next
    last: int  # number of its last trade; where there is none, one less than ``first``
    trades: tuple[Trade | AuctionTrade, ...]


class History(Struct, frozen=True, array_like=True, tag=70):
    """The answer to ``AskHistory``."""

    seq: int
    symbol: str
    bars: tuple[DayClosed, ...]  # of the last days that are over, the oldest first
    day: DayClosed | None  # the day that is on, until now; none where nothing has traded
    results: tuple[AuctionUncrossed | AuctionCleared, ...]  # of the day
    stated: AuctionStated | None = None  # the line's last auction of the calendar
    phases: tuple[PhaseChanged, ...] = ()  # of the day, the oldest first
