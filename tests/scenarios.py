"""The rules of ``docs/rules.md`` as tables: what is said, and what must happen.

The little language is explained in ``tests/desk.py``. A scenario has a name, a script, and the
rules that differ from a plain rulebook (price-time, no fees, no limits, an order meeting one of
the same owner cancels it).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.types import Matching, Phase, SelfTrade, SelfTradeScope


@dataclass(frozen=True)
class Scenario:
    name: str
    script: str
    rules: dict[str, Any] = field(default_factory=dict)
    phase: Phase | None = Phase.CONTINUOUS


PRO_RATA = {"matching": Matching.PRO_RATA}
CLOSED = None

ORDER_TYPES = (
    Scenario(
        "a limit order rests where nothing meets it",
        """
        ann sell 5 @ 100          | ann#1 booked 5 @ 100 depth 5
        bob sell 2 @ 100          | bob#1 booked 2 @ 100 depth 7
        cay buy 4 @ 99            | cay#1 booked 4 @ 99 depth 4
        book                      | 4@99 / 7@100
    """,
    ),
    Scenario(
        "a limit order takes what is within its limit, best price first, and rests",
        """
        ann sell 5 @ 101
        bob sell 2 @ 100
        cay buy 9 @ 101           | cay#1 taking 9 @ 101
                                  | trade 2 @ 100 bob#1(0) cay#1(7) depth 0
                                  | trade 5 @ 101 ann#1(0) cay#1(2) depth 0
                                  | cay#1 rests 2 @ 101 depth 2
        book                      | 2@101 / -
    """,
    ),
    Scenario(
        "a market order takes to its protection price and never rests",
        """
        ann sell 5 @ 110
        ann sell 5 @ 111
        bob buy 7 market          | bob#1 taking 7 @ 110
                                  | trade 5 @ 110 ann#1(0) bob#1(2) depth 0
                                  | bob#1 cancelled 2 MARKET_REST
        bob sell 1 market         | bob#2 taking 1 @ 99
                                  | bob#2 cancelled 1 MARKET_REST
    """,
    ),
    Scenario(
        "protection is around the last trade, rounded half-up, a tick away at least",
        """
        ann sell 1 @ 104
        bob buy 1 @ 104
        dan buy 1 market          | dan#1 taking 1 @ 106
                                  | dan#1 cancelled 1 MARKET_REST
        dan sell 1 market         | dan#2 taking 1 @ 102
                                  | dan#2 cancelled 1 MARKET_REST
    """,
        {"protection_bp": 50, "product": {"tick": 2}},
    ),
    Scenario(
        "protection is clamped into the daily limits",
        """
        dan buy 1 market          | dan#1 taking 1 @ 110
                                  | dan#1 cancelled 1 MARKET_REST
        dan buy 1 stop 109        | dan#2 stopped 1 @ 110
    """,
        {"protection_bp": 3_000, "price_limit_bp": 1_000},
    ),
    Scenario(
        "a post-only order rests or is refused",
        """
        ann sell 5 @ 100
        bob buy 5 @ 100 post      | bob#1 refused POST_ONLY price
        bob buy 5 @ 99 post       | bob#2 booked 5 @ 99 depth 5
        bob amend 2 @ 100         | bob#3 refused POST_ONLY price
        bob amend 2 to 6          | bob#2 amended 6(6) @ 99 booked depth 6
        ann buy 5 @ 100 post      | ann#2 refused POST_ONLY price
    """,
    ),
    Scenario(
        "an iceberg shows a part and a refill loses its place",
        """
        ann sell 6 @ 100 show 2   | ann#1 booked 6 @ 100 depth 2
        bob sell 3 @ 100          | bob#1 booked 3 @ 100 depth 5
        cay buy 1 @ 100           | cay#1 taking 1 @ 100
                                  | trade 1 @ 100 ann#1(5) cay#1(0) depth 4
        cay buy 8 @ 100           | cay#2 taking 8 @ 100
                                  | trade 1 @ 100 ann#1(4) cay#2(7) depth 5
                                  | trade 3 @ 100 bob#1(0) cay#2(4) depth 2
                                  | trade 2 @ 100 ann#1(2) cay#2(2) depth 2
                                  | trade 2 @ 100 ann#1(0) cay#2(0) depth 0
        book                      | - / -
    """,
    ),
    Scenario(
        "an arriving iceberg takes with all of itself and then shows a part",
        """
        ann sell 3 @ 100
        bob buy 9 @ 100 show 2    | bob#1 taking 9 @ 100
                                  | trade 3 @ 100 ann#1(0) bob#1(6) depth 0
                                  | bob#1 rests 6 @ 100 depth 2
    """,
    ),
)

TIMES_IN_FORCE = (
    Scenario(
        "immediate-or-cancel takes what it can and goes",
        """
        ann sell 5 @ 100
        bob buy 7 @ 100 ioc       | bob#1 taking 7 @ 100
                                  | trade 5 @ 100 ann#1(0) bob#1(2) depth 0
                                  | bob#1 cancelled 2 IOC_REST
        bob buy 7 @ 100 ioc       | bob#2 taking 7 @ 100
                                  | bob#2 cancelled 7 IOC_REST
    """,
    ),
    Scenario(
        "fill-or-kill trades whole or not at all, hidden quantity included",
        """
        ann sell 6 @ 100 show 2
        bob buy 7 @ 100 fok       | bob#1 taking 7 @ 100
                                  | bob#1 cancelled 7 FOK_KILLED
        bob buy 7 market fok      | bob#2 taking 7 @ 110
                                  | bob#2 cancelled 7 FOK_KILLED
        bob buy 6 @ 100 fok
        book                      | - / -
    """,
    ),
    Scenario(
        "day orders go at the close, good-till-cancelled ones stay, also when partly filled",
        """
        ann sell 5 @ 100 gtc
        ann sell 5 @ 101 day
        bob buy 2 @ 100
        phase closed OLD          | ann#2 cancelled 5 DAY_ENDED depth 0
                                  | OLD closed 100
                                  | OLD day 100 100 100 100 volume 2 value 200
        ann orders                | #1 booked 3 @ 100
        phase continuous OLD      | OLD continuous 100
        bob buy 3 @ 100           | bob#2 taking 3 @ 100
                                  | trade 3 @ 100 ann#1(0) bob#2(0) depth 0
    """,
    ),
    Scenario(
        "good-till-date orders expire by command, by time and then by entry",
        """
        ann sell 5 @ 100 gtd 20
        bob sell 5 @ 100 gtd 10
        cay sell 5 stop 90 gtd 20
        ann sell 5 @ 101 gtd 30
        time 9                    |
        time 20                   | bob#1 cancelled 5 EXPIRED depth 5
                                  | ann#1 cancelled 5 EXPIRED depth 0
                                  | cay#1 cancelled 5 EXPIRED
        ann orders                | #2 booked 5 @ 101
        ann buy 5 @ 99 gtd 20     | ann#3 refused EXPIRY expire_at
    """,
    ),
    Scenario(
        "at-the-open orders wait for the open and leave nothing behind",
        """
        ann sell 5 @ 100 open     | ann#1 held 5 @ 100
        bob buy 3 @ 100           | bob#1 held 3 @ 100
        cay buy 4 market open     | cay#1 held 4 @ 110
        phase continuous OLD      | OLD continuous 100
                                  | ann#1 cancelled 5 AUCTION_REST
                                  | bob#1 rests 3 @ 100 depth 3
                                  | cay#1 cancelled 4 MARKET_REST
        dan buy 1 @ 99 open       | dan#1 refused PHASE tif
    """,
        phase=Phase.PRE_OPEN,
    ),
    Scenario(
        "at-the-close orders wait for the close, take, and leave nothing behind",
        """
        ann sell 5 @ 100
        bob buy 7 @ 100 close     | bob#1 held 7 @ 100
        cay buy 1 market close    | cay#1 held 1 @ 110
        phase closed OLD          | trade 5 @ 100 ann#1(0) bob#1(2) depth 0
                                  | bob#1 cancelled 2 AUCTION_REST
                                  | cay#1 cancelled 1 MARKET_REST
                                  | OLD closed 100
                                  | OLD day 100 100 100 100 volume 5 value 500
        bob cash                  | 999500 reserved 0
    """,
    ),
    Scenario(
        "a halt does not wake at-the-close orders; a close from a halt cancels them",
        """
        ann sell 5 @ 100
        bob buy 7 @ 100 close
        phase halted OLD          | OLD halted 100
        phase closed OLD          | ann#1 cancelled 5 DAY_ENDED depth 0
                                  | bob#1 cancelled 7 DAY_ENDED
                                  | OLD closed 100
                                  | OLD day 0 0 0 100 volume 0 value 0
    """,
    ),
)

STOPS = (
    Scenario(
        "a stop waits for a trade at or beyond its price and takes to its protection",
        """
        ann sell 1 @ 104
        ann sell 9 @ 114
        bob buy 5 stop 104        | bob#1 stopped 5 @ 114
        dan buy 1 @ 104           | dan#1 taking 1 @ 104
                                  | trade 1 @ 104 ann#1(0) dan#1(0) depth 0
                                  | bob#1 triggered
                                  | trade 5 @ 114 ann#2(4) bob#1(0) depth 4
    """,
    ),
    Scenario(
        "a triggered stop-limit rests at its limit",
        """
        ann buy 1 @ 96
        bob sell 5 stop 96 @ 95   | bob#1 stopped 5 @ 95
        bob tonnes                | 1000 reserved 5
        dan sell 1 @ 96           | dan#1 taking 1 @ 96
                                  | trade 1 @ 96 ann#1(0) dan#1(0) depth 0
                                  | bob#1 triggered
                                  | bob#1 rests 5 @ 95 depth 5
        bob amend 1 @ 97          | bob#1 amended 5(5) @ 97 booked depth 5 left 0 @ 95
    """,
    ),
    Scenario(
        "stops fire after the order that reached them is dealt with, oldest first, in turn",
        """
        ann sell 2 @ 101
        ann sell 2 @ 103
        ann sell 9 @ 105
        cay buy 1 stop 103 @ 105
        dan buy 1 stop 101 @ 105
        bob buy 1 stop 101 @ 103
        bob buy 3 @ 101           | bob#2 taking 3 @ 101
                                  | trade 2 @ 101 ann#1(0) bob#2(1) depth 0
                                  | bob#2 rests 1 @ 101 depth 1
                                  | dan#1 triggered
                                  | trade 1 @ 103 ann#2(1) dan#1(0) depth 1
                                  | bob#1 triggered
                                  | trade 1 @ 103 ann#2(0) bob#1(0) depth 0
                                  | cay#1 triggered
                                  | trade 1 @ 105 ann#3(8) cay#1(0) depth 8
    """,
    ),
    Scenario(
        "a stop whose price was already reached today enters at once",
        """
        ann sell 2 @ 101
        bob buy 1 @ 101
        dan buy 1 stop 101        | dan#1 stopped 1 @ 111
                                  | dan#1 triggered
                                  | trade 1 @ 101 ann#1(0) dan#1(0) depth 0
        dan buy 1 stop 102        | dan#2 stopped 1 @ 112
    """,
    ),
    Scenario(
        "a stop put in during a halt's pre-open fires when trading resumes",
        """
        ann sell 2 @ 101
        bob buy 1 @ 101
        phase halted OLD
        phase pre_open OLD
        dan buy 1 stop 100        | dan#1 stopped 1 @ 110
        cay buy 1 stop 102 @ 102
        phase continuous OLD      | OLD continuous 100
                                  | dan#1 triggered
                                  | trade 1 @ 101 ann#1(0) dan#1(0) depth 0
        cay orders                | #1 stopped 1 @ 102
    """,
    ),
    Scenario(
        "a stop left from yesterday waits for a trade of today",
        """
        ann sell 2 @ 101 gtc
        bob buy 1 @ 101
        cay buy 1 stop 102 @ 102 gtc
        phase closed OLD
        dan buy 1 @ 100           | dan#1 refused PHASE product
        phase continuous OLD      | OLD continuous 101
        dan buy 1 stop 101 @ 101  | dan#2 stopped 1 @ 101
    """,
    ),
    Scenario(
        "amended stops go behind the others unless they only get smaller",
        """
        ann sell 9 @ 101
        bob buy 3 stop 101 @ 101
        cay buy 3 stop 101 @ 101
        dan buy 3 stop 101 @ 101
        cay amend 1 to 2          | cay#1 amended 2(2) @ 101 stopped
        bob amend 1 to 4          | bob#1 amended 4(4) @ 101 stopped
        dan buy 1 @ 101           | dan#2 taking 1 @ 101
                                  | trade 1 @ 101 ann#1(8) dan#2(0) depth 8
                                  | cay#1 triggered
                                  | trade 2 @ 101 ann#1(6) cay#1(0) depth 6
                                  | dan#1 triggered
                                  | trade 3 @ 101 ann#1(3) dan#1(0) depth 3
                                  | bob#1 triggered
                                  | trade 3 @ 101 ann#1(0) bob#1(1) depth 0
                                  | bob#1 rests 1 @ 101 depth 1
    """,
    ),
    Scenario(
        "a stop without a limit keeps its protection price when its size changes",
        """
        bob buy 3 stop 101        | bob#1 stopped 3 @ 111
        bob amend 1 to 4          | bob#1 amended 4(4) @ 111 stopped
        bob amend 1 @ 120         | bob#3 refused PRICE_UNEXPECTED price
    """,
    ),
)

OWN = """
        ann sell 3 @ 100
        bob sell 3 @ 100
        ann2 buy 5 @ 100
"""
SELF_TRADES = (
    Scenario(
        "cancel resting: the own order goes, the arriving one goes on",
        OWN
        + """
                                  | ann2#1 taking 5 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 3
                                  | trade 3 @ 100 bob#1(0) ann2#1(2) depth 0
                                  | ann2#1 rests 2 @ 100 depth 2
    """,
        {"self_trade": SelfTrade.CANCEL_RESTING},
    ),
    Scenario(
        "cancel arriving: the arriving order's rest goes",
        OWN
        + """
                                  | ann2#1 taking 5 @ 100
                                  | ann2#1 cancelled 5 SELF_TRADE
        book                      | - / 6@100
    """,
        {"self_trade": SelfTrade.CANCEL_ARRIVING},
    ),
    Scenario(
        "cancel both: the resting one first",
        OWN
        + """
                                  | ann2#1 taking 5 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 3
                                  | ann2#1 cancelled 5 SELF_TRADE
    """,
        {"self_trade": SelfTrade.CANCEL_BOTH},
    ),
    Scenario(
        "decrement both: the smaller goes, the larger shrinks and goes on",
        OWN
        + """
                                  | ann2#1 taking 5 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 3
                                  | ann2#1 reduced 3 to 2
                                  | trade 2 @ 100 bob#1(1) ann2#1(0) depth 1
    """,
        {"self_trade": SelfTrade.DECREMENT_BOTH},
    ),
    Scenario(
        "decrement both: a larger resting order keeps its place",
        """
        ann sell 8 @ 100 show 4
        bob sell 3 @ 100
        ann2 buy 5 @ 100          | ann2#1 taking 5 @ 100
                                  | ann#1 reduced 5 to 3 depth 6
                                  | ann2#1 cancelled 5 SELF_TRADE
        dan buy 1 @ 100           | dan#1 taking 1 @ 100
                                  | trade 1 @ 100 ann#1(2) dan#1(0) depth 5
        ann amend 1 to 5          | ann#2 refused DISPLAY display
    """,
        {"self_trade": SelfTrade.DECREMENT_BOTH, "iceberg_max_parts": 1},
    ),
    Scenario(
        "allow: they trade",
        OWN
        + """
                                  | ann2#1 taking 5 @ 100
                                  | trade 3 @ 100 ann#1(0) ann2#1(2) depth 3
                                  | trade 2 @ 100 bob#1(1) ann2#1(0) depth 1
    """,
        {"self_trade": SelfTrade.ALLOW},
    ),
    Scenario(
        "under the owner scope two owners of one group trade",
        """
        bob sell 3 @ 100
        cay buy 3 @ 100           | cay#1 taking 3 @ 100
                                  | trade 3 @ 100 bob#1(0) cay#1(0) depth 0
    """,
    ),
    Scenario(
        "under the group scope they do not",
        """
        bob sell 3 @ 100
        cay buy 3 @ 100           | cay#1 taking 3 @ 100
                                  | bob#1 cancelled 3 SELF_TRADE depth 0
                                  | cay#1 rests 3 @ 100 depth 3
    """,
        {"self_trade_scope": SelfTradeScope.GROUP},
    ),
    Scenario(
        "pro-rata: the own orders at a price go before it is shared",
        """
        bob sell 2 @ 100
        ann sell 3 @ 100
        ann sell 3 @ 100
        ann2 buy 2 @ 100          | ann2#1 taking 2 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 5
                                  | ann#2 cancelled 3 SELF_TRADE depth 2
                                  | trade 2 @ 100 bob#1(0) ann2#1(0) depth 0
    """,
        PRO_RATA,
    ),
    Scenario(
        "pro-rata, decrement both: the own orders in turn, nobody else trades",
        """
        bob sell 2 @ 100
        ann sell 3 @ 100
        ann sell 3 @ 100
        ann2 buy 4 @ 100          | ann2#1 taking 4 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 5
                                  | ann2#1 reduced 3 to 1
                                  | ann#2 reduced 1 to 2 depth 4
                                  | ann2#1 cancelled 1 SELF_TRADE
    """,
        PRO_RATA | {"self_trade": SelfTrade.DECREMENT_BOTH},
    ),
    Scenario(
        "fill-or-kill counts in front of an own order what is shown there",
        """
        bob sell 6 @ 100 show 2
        ann sell 3 @ 100
        ann2 buy 3 @ 100 fok      | ann2#1 taking 3 @ 100
                                  | ann2#1 cancelled 3 FOK_KILLED
        ann2 buy 2 @ 100 fok      | ann2#2 taking 2 @ 100
                                  | trade 2 @ 100 bob#1(4) ann2#2(0) depth 5
    """,
        {"self_trade": SelfTrade.CANCEL_ARRIVING},
    ),
)

PRO_RATA_RULES = (
    Scenario(
        "shares are in proportion, the lots that remain go one each in queue order",
        """
        ann sell 5 @ 100
        bob sell 3 @ 100
        cay sell 2 @ 100
        dan buy 5 @ 100           | dan#1 taking 5 @ 100
                                  | trade 3 @ 100 ann#1(2) dan#1(2) depth 5
                                  | trade 1 @ 100 bob#1(2) dan#1(1) depth 5
                                  | trade 1 @ 100 cay#1(1) dan#1(0) depth 5
    """,
        PRO_RATA,
    ),
    Scenario(
        "an order that gets nothing prints nothing",
        """
        ann sell 90 @ 100
        bob sell 1 @ 100
        cay sell 9 @ 100
        dan buy 10 @ 100          | dan#1 taking 10 @ 100
                                  | trade 10 @ 100 ann#1(80) dan#1(0) depth 90
    """.replace("ann#1(80) dan#1(0) depth 90", "ann#1(80) dan#1(0) depth 90"),
        PRO_RATA,
    ),
    Scenario(
        "shares are whole lots",
        """
        ann sell 30 @ 100
        bob sell 30 @ 100
        dan buy 30 @ 100          | dan#1 taking 30 @ 100
                                  | trade 20 @ 100 ann#1(10) dan#1(10) depth 30
                                  | trade 10 @ 100 bob#1(20) dan#1(0) depth 30
    """,
        PRO_RATA | {"product": {"lot": 10, "min_quantity": 10}},
    ),
    Scenario(
        "icebergs share by what they show and are refilled between sharings",
        """
        ann sell 9 @ 100 show 3
        bob sell 3 @ 100
        dan buy 8 @ 100           | dan#1 taking 8 @ 100
                                  | trade 3 @ 100 ann#1(6) dan#1(5) depth 3
                                  | trade 3 @ 100 bob#1(0) dan#1(2) depth 3
                                  | trade 2 @ 100 ann#1(4) dan#1(0) depth 1
    """,
        PRO_RATA,
    ),
)

AMENDS = (
    Scenario(
        "a smaller quantity keeps the place",
        """
        ann sell 5 @ 100
        bob sell 5 @ 100
        ann amend 1 to 3          | ann#1 amended 3(3) @ 100 booked depth 8
        dan buy 4 @ 100           | dan#1 taking 4 @ 100
                                  | trade 3 @ 100 ann#1(0) dan#1(1) depth 5
                                  | trade 1 @ 100 bob#1(4) dan#1(0) depth 4
    """,
    ),
    Scenario(
        "a larger quantity loses it",
        """
        ann sell 5 @ 100
        bob sell 5 @ 100
        ann amend 1 to 6          | ann#1 amended 6(6) @ 100 booked depth 11
        dan buy 6 @ 100           | dan#1 taking 6 @ 100
                                  | trade 5 @ 100 bob#1(0) dan#1(1) depth 6
                                  | trade 1 @ 100 ann#1(5) dan#1(0) depth 5
    """,
    ),
    Scenario(
        "a new price loses it too, and the total counts what is filled",
        """
        ann sell 5 @ 100
        dan buy 2 @ 100
        ann amend 1 to 4 @ 101    | ann#1 amended 4(2) @ 101 booked depth 2 left 0 @ 100
        ann amend 1 to 2          | ann#3 refused QUANTITY_FILLED quantity
        ann amend 1 to 3          | ann#1 amended 3(1) @ 101 booked depth 1
    """,
    ),
    Scenario(
        "an iceberg shows at most what it has left, and a full part when it enters again",
        """
        ann sell 9 @ 100 show 4
        dan buy 2 @ 100
        ann amend 1 to 3          | ann#2 refused DISPLAY display
        ann amend 1 to 5          | ann#1 amended 5(3) @ 100 booked depth 2
        ann amend 1 @ 101         | ann#1 amended 5(3) @ 101 booked depth 3 left 0 @ 100
    """,
    ),
    Scenario(
        "before the open a held order is amended where it waits",
        """
        ann sell 5 @ 100          | ann#1 held 5 @ 100
        bob sell 5 @ 100
        ann amend 1 to 4          | ann#1 amended 4(4) @ 100 held
        dan buy 4 @ 100
        phase continuous OLD      | OLD continuous 100
                                  | ann#1 rests 4 @ 100 depth 4
                                  | bob#1 rests 5 @ 100 depth 9
                                  | trade 4 @ 100 ann#1(0) dan#1(0) depth 5
    """,
        phase=Phase.PRE_OPEN,
    ),
    Scenario(
        "before the open a resting order that loses its place waits behind the held ones",
        """
        ann sell 5 @ 101
        phase halted OLD
        phase pre_open OLD
        bob sell 1 @ 101
        ann amend 1 to 6          | ann#1 amended 6(6) @ 101 held depth 0
        phase continuous OLD      | OLD continuous 100
                                  | bob#1 rests 1 @ 101 depth 1
                                  | ann#1 rests 6 @ 101 depth 7
    """,
    ),
)

DAY = (
    Scenario(
        "a day from open to close",
        """
        ann buy 5 @ 90            | ann#1 refused PHASE product
        phase pre_open OLD        | OLD pre_open 100 90 to 110
        ann sell 5 @ 91           | ann#2 held 5 @ 91
        bob buy 4 @ 91 ioc        | bob#1 refused PHASE tif
        bob buy 4 @ 95            | bob#2 held 4 @ 95
        book                      | - / -
        phase continuous OLD      | OLD continuous 100 90 to 110
                                  | ann#2 rests 5 @ 91 depth 5
                                  | trade 4 @ 91 ann#2(1) bob#2(0) depth 1
        ann cancel 2              | ann#2 cancelled 1 REQUESTED depth 0
        ann sell 3 @ 95 gtc
        dan buy 2 @ 96
        phase halted OLD          | OLD halted 100 90 to 110
        dan buy 1 @ 95            | dan#2 refused PHASE product
        ann cancel 4              | ann#4 cancelled 1 REQUESTED depth 0
        phase continuous OLD      | OLD continuous 100 90 to 110
        phase closed OLD          | OLD closed 100 90 to 110
                                  | OLD day 91 95 91 95 volume 6 value 554
        phase pre_open OLD        | OLD pre_open 95 86 to 105
    """,
        {"price_limit_bp": 1_000},
        CLOSED,
    ),
    Scenario(
        "a held post-only order that would trade at the open goes",
        """
        ann sell 5 @ 100
        bob buy 5 @ 100 post
        phase continuous OLD      | OLD continuous 100
                                  | ann#1 rests 5 @ 100 depth 5
                                  | bob#1 cancelled 5 POST_ONLY
    """,
        phase=Phase.PRE_OPEN,
    ),
    Scenario(
        "phases that may not follow are refused, each product for itself",
        """
        phase continuous          | refused TRANSITION phase
                                  | refused TRANSITION phase
        phase pre_open            | refused TRANSITION phase
                                  | refused TRANSITION phase
        phase halted OLD          | OLD halted 100
        phase halted              | refused TRANSITION phase
                                  | NEW halted 50
        phase halted NONE         | refused UNKNOWN_PRODUCT product
        phase pre_open
        phase closed
        phase halted OLD          | refused TRANSITION phase
    """,
    ),
    Scenario(
        "cancels are taken in every phase",
        """
        ann sell 1 @ 101 gtc
        ann sell 2 @ 102 gtc
        phase halted
        ann cancel 1              | ann#1 cancelled 1 REQUESTED depth 0
        ann amend 2 to 1          | ann#4 refused PHASE product
        phase closed
        ann cancel 2              | ann#2 cancelled 2 REQUESTED depth 0
    """,
    ),
)

MANY_AT_ONCE = (
    Scenario(
        "a mass cancel takes the orders in the order of entry and says how many",
        """
        ann sell 1 @ 101
        ann sell 2 @ 102
        ann buy 3 @ 99
        ann buy 1 stop 105
        ann amend 1 @ 103
        ann cancel all            | ann#1 cancelled 1 MASS depth 0
                                  | ann#2 cancelled 2 MASS depth 0
                                  | ann#3 cancelled 3 MASS depth 0
                                  | ann#4 cancelled 1 MASS
                                  | ann#6 mass cancel of 4
        ann cancel all NEW        | ann#7 mass cancel of 0
        ann cancel all NONE       | ann#8 refused UNKNOWN_PRODUCT product
    """,
    ),
    Scenario(
        "a mass cancel of one product leaves the others",
        """
        cash ann 1000 EUR         | ann cash 1000 to 1000 EUR
        ann buy 1 @ 50 in NEW
        ann buy 1 @ 99
        ann cancel all NEW        | ann#1 cancelled 1 MASS depth 0
                                  | ann#3 mass cancel of 1
        ann orders                | #2 booked 1 @ 99
    """,
    ),
    Scenario(
        "the kill switch empties an account and refuses entry until it is off",
        """
        ann sell 1 @ 101
        bob sell 2 @ 101
        kill ann                  | ann#1 cancelled 1 KILLED depth 2
                                  | ann killed 1
        kill ann                  | ann killed 0
        ann sell 1 @ 101          | ann#2 refused ACCOUNT_KILLED account
        bob sell 1 @ 101
        free ann                  | ann freed 0
        ann sell 1 @ 101          | ann#3 booked 1 @ 101 depth 4
    """,
    ),
    Scenario(
        "an order that lives when its session goes can be cancelled with it",
        """
        ann sell 1 @ 101 gtc
        ann sell 2 @ 101
        ann disconnects           | ann#1 cancelled 1 DISCONNECTED depth 2
                                  | ann#2 cancelled 2 DISCONNECTED depth 0
    """,
    ),
)

MONEY = (
    Scenario(
        "a buy reserves its price and the higher fee, a sell its tonnes",
        """
        bob buy 100 @ 99          | bob#1 booked 100 @ 99 depth 100
        bob cash                  | 1000000 reserved 9929
        bob sell 7 @ 101
        bob tonnes                | 1000 reserved 7
    """,
        {"maker_fee_ppm": 1_000, "taker_fee_ppm": 3_000},
    ),
    Scenario(
        "a better price gives the difference back at once",
        """
        ann sell 10 @ 90
        bob buy 30 @ 100
        bob cash                  | 999100 reserved 2000
        bob cancel 1
        bob cash                  | 999100 reserved 0
    """,
    ),
    Scenario(
        "fees are rounded down and a seller's come out of the proceeds",
        """
        ann sell 10 @ 99
        bob buy 3 @ 99            | bob#1 taking 3 @ 99
                                  | trade 3 @ 99 ann#1(7) bob#1(0) depth 7 fees 2 0
        ann cash                  | 1000295 reserved 0
        bob cash                  | 999703 reserved 0
        fees                      | 2
    """,
        {"maker_fee_ppm": 9_999, "taker_fee_ppm": 1_000},
    ),
    Scenario(
        "cash that is reserved cannot leave",
        """
        bob buy 10 @ 100
        cash bob -999001          | refused CASH amount
        cash bob -999000          | bob cash -999000 to 1000 CNY
        tonnes bob -1001          | refused ALLOWANCES quantity
        tonnes bob -1000          | bob tonnes -1000 to 0 OLD
    """,
    ),
)
