"""The rules of ``docs/rules.md`` as tables: what happens to orders.

The little language is explained in ``tests/desk.py``. The rules of a scenario are those that
differ from a plain rulebook (price-time, no fees, no limits, an order cancels what it meets of
the same owner).
"""

from engine.types import Matching, Phase, SelfTrade, SelfTradeScope
from tests.desk import Scenario

PRO_RATA = {"matching": Matching.PRO_RATA}

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
        ann amend 1 to 9          | ann#2 refused DISPLAY display
    """,
        {"self_trade": SelfTrade.DECREMENT_BOTH, "iceberg_max_parts": 2},
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
        "an amended order that crosses takes at once",
        """
        ann sell 5 @ 101
        bob buy 8 @ 100
        bob amend 1 to 7 @ 102    | bob#1 amended 7(7) @ 102 taking left 0 @ 100
                                  | trade 5 @ 101 ann#1(0) bob#1(2) depth 0
                                  | bob#1 rests 2 @ 102 depth 2
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
        None,
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
