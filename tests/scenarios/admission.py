"""The rules of ``docs/rules.md`` as tables: who an order is, and what lets it in.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.vocabulary.enums import Matching, Phase, SelfTrade

IDENTITY = (
    Scenario(
        "an order is known by its account and the account's own number",
        """
        ann sell 5 @ 100          | ann#1 resting 5 @ 100 depth 5
        bob sell 5 @ 100          | bob#1 resting 5 @ 100 depth 10
        bob cancel 1              | bob#1 cancelled 5 REQUESTED depth 5
    """,
        shows=("1.2", "2.21"),
    ),
    Scenario(
        "a refused command uses its reference up, a resent one changes nothing",
        """
        ann sell 5 @ 0 ref 7      | ann#7 refused PRICE_RANGE price
        ann sell 5 @ 100 ref 7    | ann#7 refused DUPLICATE_REF ref
        ann sell 5 @ 100 ref 6    | ann#6 refused DUPLICATE_REF ref
        ann sell 5 @ 100 ref 8    | ann#8 resting 5 @ 100 depth 5
        ann sell 5 @ 100 ref 8    | ann#8 refused DUPLICATE_REF ref
        book                      | - / 5@100
    """,
        shows=("1.3", "2.2"),
    ),
)
PHASES = (
    Scenario(
        "a call takes no post-only order, a pre-open does",
        """
        ann sell 5 @ 100 post     | ann#1 held 5 @ 100
        phase opening_call OLD
        ann sell 5 @ 100 post     | ann#2 refused POST_ONLY post_only
    """,
        phase=Phase.PRE_OPEN,
        shows=("2.6", "2.20"),
    ),
    Scenario(
        "a freeze keeps its orders from their owner, not from the kill switch",
        """
        ann sell 5 @ 101
        phase freeze OLD
        ann sell 4 @ 102          | ann#2 held 4 @ 102
        ann cancel 1              | ann#3 refused FROZEN target
        ann amend 1 to 4          | ann#4 refused FROZEN target
        ann cancel all            | ann#5 mass cancel of 0
        ann disconnects           |
        kill ann                  | ann#1 cancelled 5 KILLED
                                  | ann#2 cancelled 4 KILLED
                                  | ann killed 2
    """,
        phase=Phase.OPENING_CALL,
        shows=("2.25", "2.21", "2.22", "2.20", "9.1"),
    ),
    Scenario(
        "the switch reports also when it was there already",
        """
        free ann                  | ann freed 0
        kill ann                  | ann killed 0
        kill ann                  | ann killed 0
    """,
        shows=("2.31",),
    ),
)
SHARING = (
    Scenario(
        "hybrid: the first order, then a share by time, then in proportion, the rest by time",
        """
        ann sell 40 @ 100
        bob sell 30 @ 100
        cay sell 30 @ 100
        dan buy 50 @ 100          | dan#1 matching 50 @ 100
                                  | trade 34 @ 100 ann#1(6) dan#1(16) depth 50
                                  | trade 8 @ 100 bob#1(22) dan#1(8) depth 50
                                  | trade 8 @ 100 cay#1(22) dan#1(0) depth 50
    """,
        {"matching": Matching.HYBRID, "top_order": 10, "fifo_bp": 5_000, "min_share": 5},
        shows=("5.10",),
    ),
    Scenario(
        "hybrid: a share below the least one is none",
        """
        ann sell 80 @ 100
        bob sell 4 @ 100
        cay sell 16 @ 100
        dan buy 50 @ 100          | dan#1 matching 50 @ 100
                                  | trade 42 @ 100 ann#1(38) dan#1(8) depth 50
                                  | trade 8 @ 100 cay#1(8) dan#1(0) depth 50
    """,
        {"matching": Matching.HYBRID, "min_share": 5},
        shows=("5.10",),
    ),
    Scenario(
        "pro-rata, cancel arriving: it goes before any sharing at the price",
        """
        bob sell 2 @ 99
        bob sell 2 @ 100
        ann sell 3 @ 100
        ann2 buy 4 @ 100          | ann2#1 matching 4 @ 100
                                  | trade 2 @ 99 bob#1(0) ann2#1(2) depth 0
                                  | ann2#1 cancelled 2 SELF_TRADE
        book                      | - / 5@100
    """,
        {"matching": Matching.PRO_RATA, "self_trade": SelfTrade.CANCEL_ARRIVING},
        shows=("5.9",),
    ),
    Scenario(
        "pro-rata, cancel both: the first own order at the price and the arriving one",
        """
        bob sell 2 @ 100
        ann sell 3 @ 100
        ann sell 4 @ 100
        ann2 buy 4 @ 100          | ann2#1 matching 4 @ 100
                                  | ann#1 cancelled 3 SELF_TRADE depth 6
                                  | ann2#1 cancelled 4 SELF_TRADE
        book                      | - / 6@100
    """,
        {"matching": Matching.PRO_RATA, "self_trade": SelfTrade.CANCEL_BOTH},
        shows=("5.9",),
    ),
    Scenario(
        "fill-or-kill passes over own orders that would be cancelled",
        """
        ann sell 3 @ 100
        bob sell 3 @ 101
        ann2 buy 4 @ 101 fok      | ann2#1 matching 4 @ 101
                                  | ann2#1 cancelled 4 FOK_KILLED
        ann2 buy 3 @ 101 fok      | ann2#2 matching 3 @ 101
                                  | ann#1 cancelled 3 SELF_TRADE depth 0
                                  | trade 3 @ 101 bob#1(0) ann2#2(0) depth 0
    """,
        shows=("5.13", "5.12"),
    ),
    Scenario(
        "pro-rata: fill-or-kill counts nothing at the price of an own order",
        """
        bob sell 3 @ 100
        bob sell 3 @ 101
        ann sell 3 @ 101
        ann2 buy 4 @ 101 fok      | ann2#1 matching 4 @ 101
                                  | ann2#1 cancelled 4 FOK_KILLED
        ann2 buy 3 @ 101 fok      | ann2#2 matching 3 @ 101
                                  | trade 3 @ 100 bob#1(0) ann2#2(0) depth 0
    """,
        {"matching": Matching.PRO_RATA, "self_trade": SelfTrade.CANCEL_BOTH},
        shows=("5.13",),
    ),
)
