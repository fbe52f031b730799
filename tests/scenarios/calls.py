"""The rules of ``docs/rules.md`` as tables: the one price of a call, and who trades at it.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.rulebook.ladders import PRICE_RULES
from engine.rulebook.model import PriceRule
from engine.vocabulary.enums import CallFill, Candidates, LastRung, MarketRest, Phase, Tie

OPENING = Phase.OPENING_CALL

PRICE = (
    Scenario(
        "most volume, then least surplus",
        """
        ann sell 5 @ 98
        ann sell 5 @ 100
        dan buy 6 @ 101
        dan buy 5 @ 99
        indicative                | 6 @ 100 surplus -4
        dan buy 4 @ 100
        indicative                | 10 @ 100 surplus 0
    """,
        phase=OPENING,
        shows=("9.4",),
    ),
    Scenario(
        "a surplus of bids takes the highest price, one of asks the lowest",
        """
        ann sell 5 @ 98
        dan buy 6 @ 102
        indicative                | 5 @ 102 surplus 1
        dan cancel 1              | dan#1 cancelled 6 REQUESTED
        dan buy 4 @ 102
        indicative                | 4 @ 98 surplus -1
    """,
        phase=OPENING,
        shows=("9.5",),
    ),
    Scenario(
        "without pressure, the nearest to the reference",
        """
        ann sell 5 @ 98
        dan buy 5 @ 99
        indicative                | 5 @ 99 surplus 0
        ann cancel 1              | ann#1 cancelled 5 REQUESTED
        dan cancel 1              | dan#1 cancelled 5 REQUESTED
        ann sell 5 @ 101
        dan buy 5 @ 104
        indicative                | 5 @ 101 surplus 0
    """,
        phase=OPENING,
        shows=("9.6",),
    ),
    Scenario(
        "the middle of the range, half-up to the tick",
        """
        ann sell 5 @ 98
        dan buy 5 @ 101
        indicative                | 5 @ 100 surplus 0
    """,
        {"ladder": PriceRule(candidates=Candidates.TICKS, last=LastRung.MIDDLE)},
        OPENING,
        shows=("9.6",),
    ),
    Scenario(
        "two prices as near as each other go to the tie",
        """
        ann sell 5 @ 98
        dan buy 5 @ 102
        indicative                | 5 @ 98 surplus 0
    """,
        {"ladder": PriceRule(tie=Tie.LOWER)},
        OPENING,
        shows=("9.6",),
    ),
    Scenario(
        "only market orders: the reference",
        """
        ann sell 5 market
        dan buy 3 market
        indicative                | 3 @ 100 surplus -2
        decided                   | no_limits
        phase continuous OLD      | OLD uncrosses 3 @ 100 surplus -2
                                  | trade 3 @ 100 dan#1(0) from ann#1(2)
                                  | ann#1 cancelled 2 MARKET_REST
                                  | OLD continuous 100 90 to 110
    """,
        {"price_limit_bp": 1_000},
        OPENING,
        shows=("9.4", "9.3", "3.5", "9.9", "9.16"),
    ),
    Scenario(
        "a product without a reference yet has no limits, and market orders need a price",
        """
        dan buy 5 market          | dan#1 refused ORDER_TYPE order_type
        ann sell 5 @ 900
        bob buy 5 @ 900
        phase continuous OLD      | OLD uncrosses 5 @ 900
                                  | trade 5 @ 900 bob#1(0) from ann#1(0)
                                  | OLD continuous 0
        ann sell 5 @ 910
        dan buy 3 market          | dan#2 matching 3 @ 990
                                  | trade 3 @ 910 ann#2(2) dan#2(0) depth 2
        ann cancel 2
        phase closed
        phase continuous OLD      | OLD continuous 910 819 to 1001
    """,
        {"product": {"reference": 0}, "price_limit_bp": 1_000},
        OPENING,
        shows=("3.7",),
    ),
    Scenario(
        "where limits stand apart the price is the limit nearest to the reference",
        """
        ann sell 5 market
        dan buy 5 market
        bob sell 5 @ 103
        cay buy 5 @ 99
        indicative                | 5 @ 99 surplus 5
        decided                   | reference
    """,
        phase=OPENING,
        shows=("9.5", "9.6", "9.16"),
    ),
    Scenario(
        "nothing between two valid prices, where the table has none",
        """
        ann sell 5 @ 100
        dan buy 5 @ 105
        indicative                | 5 @ 105 surplus 0
        decided                   | middle
    """,
        {
            "product": {"ticks": ((0, 1), (100, 5))},
            "ladder": PriceRule(candidates=Candidates.TICKS, last=LastRung.MIDDLE),
        },
        OPENING,
        shows=("9.5", "3.6"),
    ),
    Scenario(
        "better limits must trade in full, or nothing does",
        """
        ann sell 5 @ 99
        dan buy 9 @ 102
        indicative                | 5 @ 102 surplus 4
        decided                   | better
        bob buy 9 market
        indicative                | 0 @ 0 surplus 0
    """,
        {"ladder": PRICE_RULES["tse"]},
        OPENING,
        shows=("9.5",),
    ),
    Scenario(
        "one tick beyond the highest limit, where a market order presses",
        """
        ann sell 5 @ 102
        dan buy 9 market
        indicative                | 5 @ 103 surplus 4
        decided                   | pressure
    """,
        {"ladder": PRICE_RULES["jpx"]},
        OPENING,
        shows=("9.4", "9.18"),
    ),
    Scenario(
        "limits that do not meet give no price in Hong Kong: the reference does",
        """
        ann sell 5 @ 99
        ann sell 5 market
        dan buy 7 market
        indicative                | 7 @ 100 surplus -3
        decided                   | no_limits
    """,
        {"ladder": PRICE_RULES["hkex"]},
        OPENING,
        shows=("9.4", "9.18"),
    ),
    Scenario(
        "a close halfway between two prices is the price in India",
        """
        ann sell 5 @ 98
        dan buy 5 @ 102
        indicative                | 5 @ 100 surplus 0
        decided                   | tie
    """,
        {"ladder": PRICE_RULES["nse"]},
        OPENING,
        shows=("9.6", "9.16", "9.18"),
    ),
    Scenario(
        "pressure, but only so far from the reference",
        """
        ann sell 5 @ 90
        dan buy 9 @ 120
        indicative                | 5 @ 105 surplus 4
    """,
        {"ladder": PRICE_RULES["bnb"]},
        OPENING,
        shows=("9.5", "9.18"),
    ),
    Scenario(
        "a reference off an amended tick is rounded to it",
        """
        day 20260105
        phase continuous OLD
        ann sell 1 @ 103
        dan buy 1 @ 103
        phase closed OLD
        phase closed NEW
        rule products[OLD].tick = 10 from 20260106
        day 20260106
        phase opening_call OLD
        ann sell 5 market
        dan buy 5 market
        phase continuous OLD      | OLD uncrosses 5 @ 100
                                  | trade 5 @ 100 dan#2(0) from ann#2(0)
                                  | OLD continuous 103 90 to 110
    """,
        {"price_limit_bp": 1_000},
        phase=None,
        shows=("9.15", "9.3"),
    ),
)
WHO = (
    Scenario(
        "an indicative price comes first at once, then at most once a second",
        """
        phase opening_call OLD
        ann sell 5 @ 100
        dan buy 3 @ 101
        time 1                    | OLD indicates 3 @ 100 surplus -2
        dan buy 2 @ 101
        time 1000000000           |
        time 1000000001           | OLD indicates 5 @ 100
        phase freeze OLD
        time 1500000000           |
        time 2000000001           | OLD indicates 5 @ 100
    """,
        phase=None,
        shows=("9.10",),
    ),
    Scenario(
        "in a call under daily limits a market order is reserved at the limit and comes first",
        """
        ann sell 5 @ 101
        dan buy 3 @ 110
        bob buy 3 market
        bob cash                  | 1000000 reserved 330
        phase continuous OLD      | OLD uncrosses 5 @ 110 surplus 1
                                  | trade 3 @ 110 bob#1(0) from ann#1(2)
                                  | trade 2 @ 110 dan#1(1) from ann#1(0)
                                  | OLD continuous 100 90 to 110
                                  | dan#1 rests 1 @ 110 depth 1
    """,
        {"price_limit_bp": 1_000},
        OPENING,
        shows=("3.5", "9.3", "9.7"),
    ),
    Scenario(
        "without limits a market bid goes as far as it is paid for, which is no candidate",
        """
        ann sell 5 @ 111
        bob buy 5 market
        bob cash                  | 1000000 reserved 550
        indicative                | 0 @ 0 surplus 0
        ann sell 3 @ 105
        indicative                | 3 @ 105 surplus 2
        dan buy 5 @ 112
        phase continuous OLD      | OLD uncrosses 5 @ 111 surplus -3
                                  | trade 3 @ 111 dan#1(2) from ann#2(0)
                                  | trade 2 @ 111 dan#1(0) from ann#1(3)
                                  | bob#1 cancelled 5 MARKET_REST
                                  | OLD continuous 100
                                  | ann#1 rests 3 @ 111 depth 3
    """,
        phase=OPENING,
        shows=("9.3",),
    ),
    Scenario(
        "while nothing would trade the best limits are told",
        """
        phase opening_call OLD
        ann sell 5 @ 103
        ann sell 6 @ 102 show 3
        dan buy 3 @ 99
        dan buy 4 market
        time 1                    | OLD indicates 4 @ 102 surplus -2
        dan cancel 2
        time 1000000001           | OLD indicates 0 @ 0 best 3 @ 99 / 3 @ 102
    """,
        phase=None,
        shows=("9.17", "9.10"),
    ),
    Scenario(
        "hidden tonnes and own orders take part, at-the-close orders do not yet",
        """
        ann sell 6 @ 100 show 2
        phase halted OLD
        phase intraday_call OLD
        ann2 buy 4 @ 100
        dan buy 1 @ 100 close
        phase continuous OLD      | OLD uncrosses 4 @ 100 surplus -2
                                  | trade 4 @ 100 ann2#1(0) from ann#1(2)
                                  | sell @ 100 depth 2
                                  | OLD continuous 100
    """,
        shows=("9.2", "9.8"),
    ),
    Scenario(
        "a halt leaves a call's orders waiting; both sides pay the taker's rate",
        """
        ann sell 50 @ 100
        dan buy 50 @ 100
        phase halted OLD
        phase opening_call OLD
        phase continuous OLD      | OLD uncrosses 50 @ 100
                                  | trade 50 @ 100 dan#1(0) from ann#1(0) fees 15 15
                                  | OLD continuous 100
    """,
        {"maker_fee_ppm": 1_000, "taker_fee_ppm": 3_000},
        OPENING,
        shows=("9.1", "9.7"),
    ),
    Scenario(
        "an order that loses its place in a call waits behind the others",
        """
        ann sell 5 @ 100
        phase intraday_call OLD
        bob sell 5 @ 100
        ann amend 1 to 6          | ann#1 amended 6(6) @ 100 held depth 0
        dan buy 5 @ 100
        phase continuous OLD      | OLD uncrosses 5 @ 100 surplus -6
                                  | trade 5 @ 100 dan#1(0) from bob#1(0)
                                  | OLD continuous 100
                                  | ann#1 rests 6 @ 100 depth 6
    """,
        shows=("7.3",),
    ),
    Scenario(
        "pro rata, those at the price share what is left of it",
        """
        ann sell 9 @ 100
        bob buy 3 @ 101
        dan buy 2 @ 100
        cay buy 8 @ 100
        phase continuous OLD      | OLD uncrosses 9 @ 100 surplus 4
                                  | trade 3 @ 100 bob#1(0) from ann#1(6)
                                  | trade 2 @ 100 dan#1(0) from ann#1(4)
                                  | trade 4 @ 100 cay#1(4) from ann#1(0)
                                  | OLD continuous 100
                                  | cay#1 rests 4 @ 100 depth 4
    """,
        {"call_fill": CallFill.PRO_RATA},
        OPENING,
        shows=("9.19",),
    ),
    Scenario(
        "limits come before market orders where the mode says so",
        """
        ann sell 6 @ 100
        dan buy 4 market
        cay buy 5 @ 100
        phase continuous OLD      | OLD uncrosses 6 @ 100 surplus 3
                                  | trade 5 @ 100 cay#1(0) from ann#1(1)
                                  | trade 1 @ 100 dan#1(3) from ann#1(0)
                                  | dan#1 cancelled 3 MARKET_REST
                                  | OLD continuous 100
    """,
        {"call_fill": CallFill.LIMITS_FIRST},
        OPENING,
        shows=("9.20",),
    ),
    Scenario(
        "at the day's limit tonnes go round by quantity, the largest order first",
        """
        ann sell 700 @ 100
        dan buy 300 @ 110
        bob buy 50 market
        cay buy 600 @ 110
        phase continuous OLD      | OLD uncrosses 700 @ 110 surplus 250
                                  | trade 550 @ 110 cay#1(50) from ann#1(150)
                                  | trade 100 @ 110 dan#1(200) from ann#1(50)
                                  | trade 50 @ 110 bob#1(0) from ann#1(0)
                                  | OLD continuous 100 90 to 110
                                  | dan#1 rests 200 @ 110 depth 200
                                  | cay#1 rests 50 @ 110 depth 250
    """,
        {"call_fill": CallFill.QUANTITY_AT_LIMIT, "limit_up_bp": 1_000, "limit_down_bp": 1_000},
        OPENING,
        shows=("9.21",),
    ),
    Scenario(
        "what is left of a market order may become a limit at the auction's price",
        """
        ann sell 5 @ 100
        dan buy 8 market
        phase continuous OLD      | OLD uncrosses 5 @ 100 surplus 3
                                  | trade 5 @ 100 dan#1(3) from ann#1(0)
                                  | dan#1 amended 8(3) @ 100 held
                                  | OLD continuous 100
                                  | dan#1 rests 3 @ 100 depth 3
    """,
        {"market_rest": MarketRest.CONVERT},
        OPENING,
        shows=("9.22",),
    ),
)
