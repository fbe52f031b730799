"""Calls, roles and the days between, told in a few words each.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.rulebook.model import AccountClass
from engine.vocabulary.enums import Delivery, Mechanism, Phase

ROLES = (
    Scenario(
        "a bid above what the bidder's class may bid at a time",
        """
        open eve as small
        cash eve 2000
        ann announce sell 10 @ 90 from 0 until 10
        eve bid 1 for 6 @ 95      | eve#1 refused ROLE quantity
        eve bid 1 for 5 @ 95      | eve#2 held 5 @ 95
        eve bid 1 for 5 @ 94      | eve#3 held 5 @ 94
        time 10
        clear 1                   | trade 5 @ 94 ann#1(5) eve#2(0)
                                  | trade 5 @ 94 ann#1(0) eve#3(0)
                                  | auction 1 clears 10 @ 94 unsold 0
    """,
        {"mechanism": Mechanism.ONE_WAY, "classes": (AccountClass("small", bid_limit=5),)},
        shows=("11.11", "11.13", "2.17"),
    ),
    Scenario(
        "an account's class changes: it holds for what comes, and what is live stays",
        """
        open eve
        cash eve 2000
        eve buy 6 @ 90            | eve#1 resting 6 @ 90 depth 6
        class eve small           | eve is small
        eve buy 1 @ 90            | eve#2 refused HOLDING quantity
        eve amend 1 to 5          | eve#1 amended 5(5) @ 90 resting depth 5
        eve amend 1 to 6          | eve#4 refused HOLDING quantity
        class eve                 | eve is in no class
        eve amend 1 to 6          | eve#1 amended 6(6) @ 90 resting depth 6
    """,
        {"classes": (AccountClass("small", holding_limit=5),)},
        shows=("2.33", "2.17"),
    ),
)
TOGETHER = (
    Scenario(
        "a holding limit that all accounts of an owner share, those of another class too",
        """
        open eve as fund
        open eve2 of eve as fund
        open eve3 of eve
        cash eve 9000
        cash eve2 9000
        cash eve3 9000
        tonnes eve3 10
        eve buy 20 @ 90           | eve#1 resting 20 @ 90 depth 20
        eve2 buy 21 @ 90          | eve2#1 refused HOLDING quantity
        eve2 buy 20 @ 90          | eve2#2 resting 20 @ 90 depth 40
        eve buy 1 @ 90            | eve#2 refused HOLDING quantity
        eve2 amend 2 to 21        | eve2#3 refused HOLDING quantity
        eve3 buy 10 @ 90          | eve3#1 resting 10 @ 90 depth 50
        eve2 cancel 2
        eve buy 11 @ 90           | eve#3 refused HOLDING quantity
        eve buy 10 @ 90           | eve#4 resting 10 @ 90 depth 40
    """,
        {"classes": (AccountClass("fund", holding_limit=50, per_owner=True),)},
        shows=("2.17", "2.32"),
    ),
    Scenario(
        "a holding limit of each account, on top of its allocation; of all on top of all",
        """
        open eve as plant allocation 5
        open eve2 of eve as plant allocation 7
        cash eve 9000
        cash eve2 9000
        eve buy 16 @ 90           | eve#1 refused HOLDING quantity
        eve buy 15 @ 90           | eve#2 resting 15 @ 90 depth 15
        eve2 buy 17 @ 90          | eve2#1 resting 17 @ 90 depth 32
        open fay as firm allocation 5
        open fay2 of fay as firm allocation 7
        cash fay 9000
        cash fay2 9000
        fay buy 22 @ 90           | fay#1 resting 22 @ 90 depth 54
        fay2 buy 1 @ 90           | fay2#1 refused HOLDING quantity
    """,
        {
            "classes": (
                AccountClass("plant", holding_limit=10, over_allocation=True),
                AccountClass("firm", holding_limit=10, over_allocation=True, per_owner=True),
            )
        },
        shows=("2.32",),
    ),
)
LOTS = (
    Scenario(
        "a mode with a lot of its own, a tick table by price",
        """
        ann sell 15 @ 100         | ann#1 refused QUANTITY_LOT quantity
        ann sell 20 @ 99          | ann#2 resting 20 @ 99 depth 20
        ann sell 20 @ 101         | ann#3 refused PRICE_TICK price
        ann sell 20 @ 105         | ann#4 resting 20 @ 105 depth 20
        bob buy 10 @ 105          | bob#1 matching 10 @ 105
                                  | trade 10 @ 99 ann#2(10) bob#1(0) depth 10
    """,
        {"lot": 10, "product": {"ticks": ((0, 1), (100, 5))}},
        shows=("2.8", "2.10"),
    ),
)
OFFERS = (
    Scenario(
        "a line of listings has no call: what crosses waits until it is picked",
        """
        ann sell 5 @ 90
        bob buy 5 @ 110           | bob#1 resting 5 @ 110 depth 5
                                  | bob#1 listing 2: buy 5 @ 110
        phase opening_call OLD    | refused MODE phase
        phase freeze OLD          | refused MODE phase
        phase halted OLD          | OLD halted 100
        phase continuous OLD      | OLD continuous 100
        dan pick 1                | dan#1 matching 5 @ 90
                                  | trade 5 @ 90 ann#1(0) dan#1(0) depth 0
    """,
        {"mechanism": Mechanism.LISTING},
        shows=("11.18", "11.4", "8.1"),
    ),
    Scenario(
        "a quote that expires, one that is cancelled, an enquiry of the day before",
        """
        ann quote sell 5 @ 100 to bob expires 10
        ann quote sell 5 @ 100 expires 0
        ann quote sell 5 @ 100 expires 20
        ann quote buy 5 to dan    | ann#4 enquiry 4: buy 5 to dan
        time 10                   | ann#1 cancelled 5 EXPIRED
        bob pick 1                | bob#1 refused UNKNOWN_NUMBER number
        ann cancel 2              | ann#2 cancelled 5 REQUESTED
        ann quote sell 5 @ 100 expires 10   | ann#6 refused EXPIRY expire_at
        bob pick 3 @ 101          | bob#2 refused PRICE_LIMIT price
        bob pick 3 @ 100          | bob#3 matching 5 @ 100
                                  | trade 5 @ 100 ann#3(0) bob#3(0)
        phase closed OLD
        phase continuous OLD
        dan quote sell 5 @ 100 answers 4    | dan#1 refused UNKNOWN_NUMBER answers
    """,
        {"mechanism": Mechanism.NEGOTIATED},
        shows=("11.5", "11.6", "11.7", "8.8"),
    ),
    Scenario(
        "a deal made elsewhere is entered within the time to report it",
        """
        time 7200000000000
        ann quote sell 5 @ 100 to bob agreed 3599999999999   | ann#1 refused EXPIRY agreed_at
        ann quote sell 5 @ 100 to bob agreed 7200000000001   | ann#2 refused EXPIRY agreed_at
        ann quote sell 5 @ 100 to bob agreed 3600000000000   | ann#3 held 5 @ 100
                                  | ann#3 quote 1: sell 5 @ 100 to bob
    """,
        {"mechanism": Mechanism.NEGOTIATED, "report_seconds": 3600},
        shows=("11.9",),
    ),
    Scenario(
        "without a time to report it, a deal is entered on its day, from local midnight on",
        """
        time 57600000000010
        ann quote sell 5 @ 100 to bob agreed 57599999999999   | ann#1 refused EXPIRY agreed_at
        ann quote sell 5 @ 100 to bob agreed 57600000000011   | ann#2 refused EXPIRY agreed_at
        ann quote sell 5 @ 100 to bob agreed 57600000000000   | ann#3 held 5 @ 100
                                  | ann#3 quote 1: sell 5 @ 100 to bob
    """,
        {"mechanism": Mechanism.NEGOTIATED},
        shows=("11.9",),
    ),
    Scenario(
        "who buys in a one-way auction takes falling bids",
        """
        ann announce buy 10 @ 110 from 0 until 10 step 2
        bob bid 1 for 10 @ 111    | bob#1 refused PRICE_LIMIT price
        bob bid 1 for 10 @ 110    | bob#2 held 10 @ 110
                                  | auction 1 best 10 @ 110
        dan bid 1 for 10 @ 109    | dan#1 refused OUTBID price
        dan bid 1 for 10 @ 108
        dan cancel 2              | dan#2 cancelled 10 REQUESTED
                                  | auction 1 best 10 @ 110
        cay bid 1 for 4 @ 105
        time 10
        clear 1                   | trade 4 @ 110 ann#1(6) cay#1(0)
                                  | trade 6 @ 110 ann#1(0) bob#2(4)
                                  | bob#2 cancelled 4 LOST
                                  | auction 1 clears 10 @ 110 unsold 0
    """,
        {"mechanism": Mechanism.ONE_WAY},
        shows=("11.10", "11.11", "11.12", "11.16"),
    ),
)
CALLS = (
    Scenario(
        "a trade that would leave the band starts a call, which ends by its clock",
        """
        ann sell 5 @ 103
        ann sell 5 @ 107
        bob buy 8 @ 110           | bob#1 matching 8 @ 110
                                  | trade 5 @ 103 ann#1(0) bob#1(3) depth 0
                                  | OLD intraday_call 100
        dan sell 3 @ 106          | dan#1 held 3 @ 106
        time 1000000000           | OLD indicates 3 @ 106
        time 2000000001           | OLD uncrosses 3 @ 106
                                  | trade 3 @ 106 bob#1(0) from dan#1(0)
                                  | OLD continuous 100
    """,
        {"volatility_bp": 500, "volatility_seconds": 2},
        shows=("9.11", "9.13", "9.10"),
    ),
    Scenario(
        "batches: what one leaves takes part in the next, or not",
        """
        phase intraday_call OLD
        ann sell 5 @ 100
        bob buy 3 @ 100
        phase intraday_call OLD   | OLD uncrosses 3 @ 100 surplus -2
                                  | trade 3 @ 100 bob#1(0) from ann#1(2)
                                  | OLD intraday_call 100
        dan buy 2 @ 100
        phase intraday_call OLD   | OLD uncrosses 2 @ 100
                                  | trade 2 @ 100 dan#1(0) from ann#1(0)
                                  | OLD intraday_call 100
    """,
        phase=None,
        shows=("9.9", "9.1"),
    ),
    Scenario(
        "a series of batches keeps its beat by the clock, also where time leaps over some",
        """
        time 500000000
        phase intraday_call OLD
        ann sell 5 @ 100
        bob buy 3 @ 100
        time 1000000000           | OLD indicates 3 @ 100 surplus -2
        time 1500000000           | OLD uncrosses 3 @ 100 surplus -2
                                  | trade 3 @ 100 bob#1(0) from ann#1(2)
                                  | OLD intraday_call 100
        dan buy 1 @ 100
        time 4200000000           | OLD uncrosses 1 @ 100 surplus -1
                                  | trade 1 @ 100 dan#1(0) from ann#1(1)
                                  | OLD intraday_call 100
        time 4400000000           | OLD indicates 0 @ 0 best 0 @ 0 / 1 @ 100
        time 4500000000           | OLD uncrosses 0 @ 0
                                  | OLD intraday_call 100
    """,
        {"batch_seconds": 1},
        None,
        shows=("9.14", "9.10"),
    ),
    Scenario(
        "batches without carry-over: the rest goes",
        """
        phase intraday_call OLD
        ann sell 5 @ 100
        bob buy 3 @ 100
        phase intraday_call OLD   | OLD uncrosses 3 @ 100 surplus -2
                                  | trade 3 @ 100 bob#1(0) from ann#1(2)
                                  | ann#1 cancelled 2 AUCTION_REST
                                  | OLD intraday_call 100
    """,
        {"carry_over": False},
        None,
        shows=("9.9",),
    ),
    Scenario(
        "orders at the open and at the close, and those that rest, in the closing call",
        """
        phase opening_call OLD
        ann sell 5 @ 100 open     | ann#1 held 5 @ 100
        bob buy 3 market open     | bob#1 held 3 @ 110
        dan sell 4 @ 101 close    | dan#1 held 4 @ 101
        phase continuous OLD      | OLD uncrosses 3 @ 100 surplus -2
                                  | trade 3 @ 100 bob#1(0) from ann#1(2)
                                  | ann#1 cancelled 2 AUCTION_REST
                                  | OLD continuous 100
        cay buy 6 @ 102           | cay#1 resting 6 @ 102 depth 6
        phase closing_call OLD    | OLD closing_call 100
        phase freeze OLD          | OLD freeze 100
        phase closed OLD          | OLD uncrosses 4 @ 102 surplus 2
                                  | trade 4 @ 102 cay#1(2) from dan#1(0)
                                  | buy @ 102 depth 2
                                  | cay#1 cancelled 2 DAY_ENDED depth 0
                                  | OLD closed 100
                                  | OLD day 100 102 100 102 volume 7 value 708
    """,
        phase=None,
        shows=("9.2", "9.8", "9.9"),
    ),
)
BETWEEN = (
    Scenario(
        "the rules change with the day: a new band takes an old order's price away",
        """
        ann sell 5 @ 109 gtc
        bob sell 5 @ 104 gtc
        rule modes[continuous].limit_up_bp = 500 from 20210629
                                  | rule modes[continuous].limit_up_bp = 500 waits for 20210629
        rule modes[continuous].limits = 1   | refused RULEBOOK path
        rule name = "other"       | refused RULEBOOK path
        rule close = "vwap" from 20210631   | refused VALUE effective
        rule calendar.holidays+ = 20210631  | refused RULEBOOK path
        reference 90              | refused PHASE product
        phase closed
        day 20210628              | day 20210628 number 1
        day 20210628              | refused TIME_BACKWARDS date
        day 20210631              | refused VALUE date
        phase continuous OLD
        day 20210629              | refused TRANSITION date
        phase closed OLD
        day 20210629              | day 20210629 number 2
                                  | ann#1 cancelled 5 RULES depth 0
                                  | bob#1 cancelled 5 RULES depth 0
                                  | rule modes[continuous].limit_up_bp = 500
        reference 90              | OLD reference 90
        reference 90 NONE         | refused UNKNOWN_PRODUCT product
        reference 0 OLD           | refused PRICE_RANGE price
        phase continuous OLD      | OLD continuous 90 81 to 95
    """,
        {"price_limit_bp": 1_000},
        shows=("10.9", "10.10", "10.11", "10.1", "3.1"),
    ),
    Scenario(
        "the day's limits follow the close and cancel what stands outside them",
        """
        ann sell 5 @ 109 gtc
        bob sell 5 @ 91
        dan buy 5 @ 91
        phase closed OLD
        phase continuous OLD      | OLD continuous 91 82 to 100
                                  | ann#1 cancelled 5 LIMITS depth 0
    """,
        {"price_limit_bp": 1_000},
        shows=("8.4", "3.2"),
    ),
    *(
        Scenario(
            f"{mechanism.name.lower()}: what stands outside the new day's limits goes",
            f"""
            ann {word} sell 5 @ 109 {life}
            ann {word} sell 4 @ 100 {life}
            bob {word} buy 5 @ 91 {life}
            bob {word} buy 3 @ 109 {life}
            phase closed OLD
            reference 90 OLD
            phase continuous OLD      | OLD continuous 90 81 to 99
                                      | ann#1 cancelled 5 LIMITS{gone}
                                      | ann#2 cancelled 4 LIMITS{gone}
                                      | bob#2 cancelled 3 LIMITS{gone}
            ann tonnes                | 1000 reserved 0
            bob cash                  | 1000000 reserved 455
        """,
            {"mechanism": mechanism, "price_limit_bp": 1_000},
            shows=("8.4",),
        )
        for mechanism, word, life, gone in (
            (Mechanism.LISTING, "", "gtc", " depth 0"),
            (Mechanism.FIXED_PRICE, "", "gtd 100", " depth 0"),
            (Mechanism.NEGOTIATED, "quote", "expires 100", ""),
        )
    ),
    Scenario(
        "a stop waits on although its protection price is outside the day's limits",
        """
        dan buy 5 stop 108 gtc    | dan#1 pending_trigger 5 @ 110
        ann sell 5 @ 95
        bob buy 5 @ 95            | bob#1 matching 5 @ 95
                                  | trade 5 @ 95 ann#1(0) bob#1(0) depth 0
        phase closed OLD
        phase continuous OLD      | OLD continuous 95 86 to 105
        ann sell 1 @ 105
    """,
        {"price_limit_bp": 1_000},
        shows=("8.4",),
    ),
    Scenario(
        "delivery two days on: what is owed is reserved, what is to come is not there yet",
        """
        phase closed
        day 20210628
        phase continuous OLD
        ann sell 5 @ 100
        bob buy 5 @ 100
        ann tonnes                | 1000 reserved 5
        bob cash                  | 1000000 reserved 500
        phase closed OLD
        day 20210629              | day 20210629 number 2
        day 20210630              | day 20210630 number 3
                                  | bob delivered 5 OLD -500 CNY
                                  | ann delivered -5 OLD 500 CNY
        ann tonnes                | 995 reserved 0
        bob cash                  | 999500 reserved 0
    """,
        {"delivery": Delivery.LATER, "delivery_days": 2},
        shows=("10.7",),
    ),
    Scenario(
        "sale proceeds that wait a day",
        """
        phase closed
        day 20210628
        phase continuous OLD
        ann sell 5 @ 100
        bob buy 5 @ 100
        ann cash                  | 1000500 reserved 500
        phase closed OLD
        day 20210629              | day 20210629 number 2
                                  | ann released 500 CNY
    """,
        {"proceeds_lag": 1},
        Phase.CONTINUOUS,
        shows=("10.6", "10.2"),
    ),
)
