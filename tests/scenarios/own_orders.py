"""The rules of ``docs/rules.md`` as tables: orders of one owner beyond the band and in calls.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.vocabulary.enums import Matching, Phase, SelfTrade

PRO_RATA = {"matching": Matching.PRO_RATA}
BAND = {"volatility_bp": 500, "volatility_seconds": 0}
BEYOND_THE_BAND = (
    Scenario(
        "what an order meets of its own owner beyond the band starts no call",
        """
        ann sell 1 @ 110
        ann2 buy 1 @ 110          | ann2#1 matching 1 @ 110
                                  | ann#1 cancelled 1 SELF_TRADE depth 0
                                  | ann2#1 rests 1 @ 110 depth 1
        is                        | OLD continuous 0 to 0
    """,
        BAND,
        shows=("9.11",),
    ),
    Scenario(
        "behind the own order somebody else's does",
        """
        ann sell 1 @ 108
        bob sell 1 @ 108
        ann sell 1 @ 109
        ann2 buy 1 @ 110          | ann2#1 matching 1 @ 110
                                  | ann#1 cancelled 1 SELF_TRADE depth 1
                                  | OLD intraday_call 100
        book                      | - / 1@108 1@109
    """,
        BAND,
        shows=("9.11",),
    ),
    Scenario(
        "the arriving order goes before it would trade: no call",
        """
        ann sell 1 @ 108
        bob sell 1 @ 108
        ann2 buy 1 @ 110          | ann2#1 matching 1 @ 110
                                  | ann2#1 cancelled 1 SELF_TRADE
        bob sell 1 @ 107
        ann2 buy 1 @ 110          | ann2#2 matching 1 @ 110
                                  | OLD intraday_call 100
    """,
        BAND | {"self_trade": SelfTrade.CANCEL_ARRIVING},
        shows=("9.11",),
    ),
    Scenario(
        "both take off each other beyond the band, under sharing all of them at a price",
        """
        bob sell 1 @ 108
        ann sell 1 @ 108
        ann sell 2 @ 108
        ann2 buy 2 @ 110          | ann2#1 matching 2 @ 110
                                  | ann#1 cancelled 1 SELF_TRADE depth 3
                                  | ann2#1 reduced 1 to 1
                                  | ann#2 reduced 1 to 1 depth 2
                                  | ann2#1 cancelled 1 SELF_TRADE
        ann2 buy 2 @ 110          | ann2#2 matching 2 @ 110
                                  | ann#2 cancelled 1 SELF_TRADE depth 1
                                  | ann2#2 reduced 1 to 1
                                  | OLD intraday_call 100
    """,
        PRO_RATA | BAND | {"self_trade": SelfTrade.DECREMENT_BOTH},
        shows=("9.11",),
    ),
    Scenario(
        "where only orders that can rest start a call, the others end at the band",
        """
        ann sell 5 @ 104
        ann sell 5 @ 110
        bob buy 8 @ 110 ioc       | bob#1 matching 8 @ 110
                                  | trade 5 @ 104 ann#1(0) bob#1(3) depth 0
                                  | bob#1 cancelled 3 IOC_REST
        bob buy 8 market          | bob#2 matching 8 @ 114
                                  | bob#2 cancelled 8 MARKET_REST
        bob buy 8 @ 110           | bob#3 matching 8 @ 110
                                  | OLD intraday_call 100
    """,
        BAND | {"volatility_immediate": False},
        shows=("9.12",),
    ),
)

APART = {"call_self_trade": True}
IN_CALLS = (
    Scenario(
        "in a call an owner's orders are kept apart pair by pair, and the price is found anew",
        """
        ann sell 5 @ 99
        bob sell 5 @ 101
        ann2 buy 6 @ 102
        dan buy 2 @ 101
        indicative                | 5 @ 102 surplus 1
        phase continuous OLD      | ann#1 cancelled 5 SELF_TRADE
                                  | OLD uncrosses 5 @ 102 surplus 1
                                  | trade 5 @ 102 ann2#1(1) from bob#1(0)
                                  | OLD continuous 100
                                  | ann2#1 rests 1 @ 102 depth 1
                                  | dan#1 rests 2 @ 101 depth 2
    """,
        APART,
        Phase.OPENING_CALL,
        shows=("9.23", "9.2"),
    ),
    Scenario(
        "what rests counts as resting; both shrink, and the larger keeps its place",
        """
        ann sell 8 @ 100 show 4
        phase intraday_call OLD
        ann2 buy 5 @ 100
        dan buy 2 @ 100
        indicative                | 2 @ 100 surplus -1
        phase continuous OLD      | ann#1 reduced 5 to 3 depth 3
                                  | ann2#1 cancelled 5 SELF_TRADE
                                  | OLD uncrosses 2 @ 100 surplus -1
                                  | trade 2 @ 100 dan#1(0) from ann#1(1)
                                  | sell @ 100 depth 1
                                  | OLD continuous 100
    """,
        APART | {"self_trade": SelfTrade.DECREMENT_BOTH},
        shows=("9.23",),
    ),
    Scenario(
        "the later of the two is the arriving one",
        """
        ann2 buy 5 @ 100
        ann sell 5 @ 100
        phase continuous OLD      | ann#1 cancelled 5 SELF_TRADE
                                  | OLD uncrosses 0 @ 0
                                  | OLD continuous 100
                                  | ann2#1 rests 5 @ 100 depth 5
    """,
        APART | {"self_trade": SelfTrade.CANCEL_ARRIVING},
        Phase.OPENING_CALL,
        shows=("9.23",),
    ),
)
