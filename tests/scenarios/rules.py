"""The rules of ``docs/rules.md`` as tables: self-trades, sharing, amendments.

The little language is explained in ``carbonx.testing.script``. The rules of a scenario are those
that differ from a plain rulebook (price-time, no fees, no limits, an order cancels what it meets
of the same owner).
"""

from carbonx.testing.script import Scenario
from engine.vocabulary.enums import Matching, Phase, SelfTrade, SelfTradeScope

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
                                  | ann2#1 matching 5 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 3
                                  | trade 3 @ 100 bob#1(0) ann2#1(2) depth 0
                                  | ann2#1 rests 2 @ 100 depth 2
    """,
        {"self_trade": SelfTrade.CANCEL_RESTING},
        shows=("5.7",),
    ),
    Scenario(
        "cancel arriving: the arriving order's rest goes",
        OWN
        + """
                                  | ann2#1 matching 5 @ 100
                                  | ann2#1 cancelled 5 SELF_TRADE
        book                      | - / 6@100
    """,
        {"self_trade": SelfTrade.CANCEL_ARRIVING},
        shows=("5.7",),
    ),
    Scenario(
        "cancel both: the resting one first",
        OWN
        + """
                                  | ann2#1 matching 5 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 3
                                  | ann2#1 cancelled 5 SELF_TRADE
    """,
        {"self_trade": SelfTrade.CANCEL_BOTH},
        shows=("5.7",),
    ),
    Scenario(
        "decrement both: the smaller goes, the larger shrinks and goes on",
        OWN
        + """
                                  | ann2#1 matching 5 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 3
                                  | ann2#1 reduced 3 to 2
                                  | trade 2 @ 100 bob#1(1) ann2#1(0) depth 1
    """,
        {"self_trade": SelfTrade.DECREMENT_BOTH},
        shows=("5.8",),
    ),
    Scenario(
        "decrement both: a larger resting order keeps its place",
        """
        ann sell 8 @ 100 show 4
        bob sell 3 @ 100
        ann2 buy 5 @ 100          | ann2#1 matching 5 @ 100
                                  | ann#1 reduced 5 to 3 depth 6
                                  | ann2#1 cancelled 5 SELF_TRADE
        dan buy 1 @ 100           | dan#1 matching 1 @ 100
                                  | trade 1 @ 100 ann#1(2) dan#1(0) depth 5
        ann amend 1 to 9          | ann#2 refused DISPLAY display
    """,
        {"self_trade": SelfTrade.DECREMENT_BOTH, "iceberg_max_parts": 2},
        shows=("5.8", "2.22"),
    ),
    Scenario(
        "allow: they trade",
        OWN
        + """
                                  | ann2#1 matching 5 @ 100
                                  | trade 3 @ 100 ann#1(0) ann2#1(2) depth 3
                                  | trade 2 @ 100 bob#1(1) ann2#1(0) depth 1
    """,
        {"self_trade": SelfTrade.ALLOW},
        shows=("5.6",),
    ),
    Scenario(
        "under the owner scope two owners of one group trade",
        """
        bob sell 3 @ 100
        cay buy 3 @ 100           | cay#1 matching 3 @ 100
                                  | trade 3 @ 100 bob#1(0) cay#1(0) depth 0
    """,
        shows=("5.6",),
    ),
    Scenario(
        "under the group scope they do not",
        """
        bob sell 3 @ 100
        cay buy 3 @ 100           | cay#1 matching 3 @ 100
                                  | bob#1 cancelled 3 SELF_TRADE depth 0
                                  | cay#1 rests 3 @ 100 depth 3
    """,
        {"self_trade_scope": SelfTradeScope.GROUP},
        shows=("5.6",),
    ),
    Scenario(
        "pro-rata: the own orders at a price go before it is shared",
        """
        bob sell 2 @ 100
        ann sell 3 @ 100
        ann sell 3 @ 100
        ann2 buy 2 @ 100          | ann2#1 matching 2 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 5
                                  | ann#2 cancelled 3 SELF_TRADE depth 2
                                  | trade 2 @ 100 bob#1(0) ann2#1(0) depth 0
    """,
        PRO_RATA,
        shows=("5.9",),
    ),
    Scenario(
        "pro-rata, decrement both: the own orders in turn, nobody else trades",
        """
        bob sell 2 @ 100
        ann sell 3 @ 100
        ann sell 3 @ 100
        ann2 buy 4 @ 100          | ann2#1 matching 4 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 5
                                  | ann2#1 reduced 3 to 1
                                  | ann#2 reduced 1 to 2 depth 4
                                  | ann2#1 cancelled 1 SELF_TRADE
    """,
        PRO_RATA | {"self_trade": SelfTrade.DECREMENT_BOTH},
        shows=("5.9",),
    ),
    Scenario(
        "fill-or-kill counts in front of an own order what is shown there",
        """
        bob sell 6 @ 100 show 2
        ann sell 3 @ 100
        ann2 buy 3 @ 100 fok      | ann2#1 matching 3 @ 100
                                  | ann2#1 cancelled 3 FOK_KILLED
        ann2 buy 2 @ 100 fok      | ann2#2 matching 2 @ 100
                                  | trade 2 @ 100 bob#1(4) ann2#2(0) depth 5
    """,
        {"self_trade": SelfTrade.CANCEL_ARRIVING},
        shows=("5.13",),
    ),
)

PRO_RATA_RULES = (
    Scenario(
        "shares are in proportion, the lots that remain go one each in queue order",
        """
        ann sell 5 @ 100
        bob sell 3 @ 100
        cay sell 2 @ 100
        dan buy 5 @ 100           | dan#1 matching 5 @ 100
                                  | trade 3 @ 100 ann#1(2) dan#1(2) depth 5
                                  | trade 1 @ 100 bob#1(2) dan#1(1) depth 5
                                  | trade 1 @ 100 cay#1(1) dan#1(0) depth 5
    """,
        PRO_RATA,
        shows=("5.4", "5.5"),
    ),
    Scenario(
        "an order that gets nothing prints nothing",
        """
        ann sell 90 @ 100
        bob sell 1 @ 100
        cay sell 9 @ 100
        dan buy 10 @ 100          | dan#1 matching 10 @ 100
                                  | trade 10 @ 100 ann#1(80) dan#1(0) depth 90
    """.replace("ann#1(80) dan#1(0) depth 90", "ann#1(80) dan#1(0) depth 90"),
        PRO_RATA,
        shows=("5.4",),
    ),
    Scenario(
        "shares are whole lots",
        """
        ann sell 30 @ 100
        bob sell 30 @ 100
        dan buy 30 @ 100          | dan#1 matching 30 @ 100
                                  | trade 20 @ 100 ann#1(10) dan#1(10) depth 30
                                  | trade 10 @ 100 bob#1(20) dan#1(0) depth 30
    """,
        PRO_RATA | {"product": {"lot": 10, "min_quantity": 10}},
        shows=("5.4",),
    ),
    Scenario(
        "icebergs share by what they show and are refilled between sharings",
        """
        ann sell 9 @ 100 show 3
        bob sell 3 @ 100
        dan buy 8 @ 100           | dan#1 matching 8 @ 100
                                  | trade 3 @ 100 ann#1(6) dan#1(5) depth 3
                                  | trade 3 @ 100 bob#1(0) dan#1(2) depth 3
                                  | trade 2 @ 100 ann#1(4) dan#1(0) depth 1
    """,
        PRO_RATA,
        shows=("5.5",),
    ),
)

AMENDS = (
    Scenario(
        "a smaller quantity keeps the place",
        """
        ann sell 5 @ 100
        bob sell 5 @ 100
        ann amend 1 to 3          | ann#1 amended 3(3) @ 100 resting depth 8
        dan buy 4 @ 100           | dan#1 matching 4 @ 100
                                  | trade 3 @ 100 ann#1(0) dan#1(1) depth 5
                                  | trade 1 @ 100 bob#1(4) dan#1(0) depth 4
    """,
        shows=("7.1",),
    ),
    Scenario(
        "a larger quantity loses it",
        """
        ann sell 5 @ 100
        bob sell 5 @ 100
        ann amend 1 to 6          | ann#1 amended 6(6) @ 100 resting depth 11
        dan buy 6 @ 100           | dan#1 matching 6 @ 100
                                  | trade 5 @ 100 bob#1(0) dan#1(1) depth 6
                                  | trade 1 @ 100 ann#1(5) dan#1(0) depth 5
    """,
        shows=("7.2", "7.5"),
    ),
    Scenario(
        "a new price loses it too, and the total counts what is filled",
        """
        ann sell 5 @ 100
        dan buy 2 @ 100
        ann amend 1 to 4 @ 101    | ann#1 amended 4(2) @ 101 resting depth 2 left 0 @ 100
        ann amend 1 to 2          | ann#3 refused QUANTITY_FILLED quantity
        ann amend 1 to 3          | ann#1 amended 3(1) @ 101 resting depth 1
    """,
        shows=("7.2", "7.5", "2.22"),
    ),
    Scenario(
        "an amended order that crosses takes at once",
        """
        ann sell 5 @ 101
        bob buy 8 @ 100
        bob amend 1 to 7 @ 102    | bob#1 amended 7(7) @ 102 matching left 0 @ 100
                                  | trade 5 @ 101 ann#1(0) bob#1(2) depth 0
                                  | bob#1 rests 2 @ 102 depth 2
    """,
        shows=("7.2",),
    ),
    Scenario(
        "an iceberg shows at most what it has left, and a full part when it enters again",
        """
        ann sell 9 @ 100 show 4
        dan buy 2 @ 100
        ann amend 1 to 3          | ann#2 refused DISPLAY display
        ann amend 1 to 5          | ann#1 amended 5(3) @ 100 resting depth 2
        ann amend 1 @ 101         | ann#1 amended 5(3) @ 101 resting depth 3 left 0 @ 100
    """,
        shows=("7.1", "7.2", "2.22"),
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
        shows=("7.4", "8.5"),
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
        shows=("7.3",),
    ),
    Scenario(
        "immediate orders do not wait for the call that they start, whatever their price",
        """
        ann buy 5 @ 96
        ann buy 5 @ 90
        bob sell 8 market ioc     | bob#1 matching 8 @ 90
                                  | trade 5 @ 96 ann#1(0) bob#1(3) depth 0
                                  | OLD intraday_call 100
                                  | bob#1 cancelled 3 IOC_REST
        phase continuous OLD
        bob sell 3 @ 90 ioc       | bob#2 matching 3 @ 90
                                  | OLD intraday_call 100
                                  | bob#2 cancelled 3 IOC_REST
        phase continuous OLD
        bob sell 3 @ 90 fok       | bob#3 matching 3 @ 90
                                  | bob#3 cancelled 3 FOK_KILLED
        bob sell 3 market         | bob#4 matching 3 @ 86
                                  | OLD intraday_call 100
    """,
        {"volatility_bp": 500, "volatility_seconds": 0},
        shows=("9.12",),
    ),
)
