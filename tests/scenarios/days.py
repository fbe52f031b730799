"""The rules of ``docs/rules.md`` as tables: phases, cancels of many orders, money.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.vocabulary.enums import Phase

DAY = (
    Scenario(
        "a day from open to close",
        """
        ann buy 5 @ 90            | ann#1 refused PHASE symbol
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
        dan buy 1 @ 95            | dan#2 refused PHASE symbol
        ann cancel 4              | ann#4 cancelled 1 REQUESTED depth 0
        phase continuous OLD      | OLD continuous 100 90 to 110
        phase closed OLD          | OLD closed 100 90 to 110
                                  | OLD day 91 95 91 95 volume 6 value 554
        phase pre_open OLD        | OLD pre_open 95 86 to 105
    """,
        {"price_limit_bp": 1_000},
        None,
        shows=("8.1", "8.7", "3.1", "3.2", "2.20"),
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
        shows=("8.5",),
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
        phase halted NONE         | refused UNKNOWN_SYMBOL symbol
        phase pre_open
        phase closed
        phase halted OLD          | refused TRANSITION phase
    """,
        shows=("8.1", "8.2", "2.26"),
    ),
    Scenario(
        "cancels are taken in every phase",
        """
        ann sell 1 @ 101 gtc
        ann sell 2 @ 102 gtc
        phase halted
        ann cancel 1              | ann#1 cancelled 1 REQUESTED depth 0
        ann amend 2 to 1          | ann#4 refused PHASE symbol
        phase closed
        ann cancel 2              | ann#2 cancelled 2 REQUESTED depth 0
    """,
        shows=("2.21", "2.22"),
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
        ann cancel all NONE       | ann#8 refused UNKNOWN_SYMBOL symbol
    """,
        shows=("2.24", "8.9"),
    ),
    Scenario(
        "a mass cancel of one product leaves the others",
        """
        cash ann 1000 EUR         | ann cash 1000 to 1000 EUR
        ann buy 1 @ 50 in NEW
        ann buy 1 @ 99
        ann cancel all NEW        | ann#1 cancelled 1 MASS depth 0
                                  | ann#3 mass cancel of 1
        ann orders                | #2 resting 1 @ 99
    """,
        shows=("2.24",),
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
        ann sell 1 @ 101          | ann#3 resting 1 @ 101 depth 4
    """,
        shows=("2.31", "2.4", "8.9"),
    ),
    Scenario(
        "an order that lives when its session goes can be cancelled with it",
        """
        ann sell 1 @ 101 gtc
        ann sell 2 @ 101
        ann disconnects           | ann#1 cancelled 1 DISCONNECTED depth 2
                                  | ann#2 cancelled 2 DISCONNECTED depth 0
    """,
        shows=("8.9", "2.31"),
    ),
)

MONEY = (
    Scenario(
        "a buy reserves its price and the higher fee, a sell its tonnes",
        """
        bob buy 100 @ 99          | bob#1 resting 100 @ 99 depth 100
        bob cash                  | 1000000 reserved 9929
        bob sell 7 @ 101
        bob tonnes                | 1000 reserved 7
    """,
        {"maker_fee_ppm": 1_000, "taker_fee_ppm": 3_000},
        shows=("4.1", "4.2"),
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
        shows=("4.4", "4.3"),
    ),
    Scenario(
        "fees are rounded down and a seller's come out of the proceeds",
        """
        ann sell 10 @ 99
        bob buy 3 @ 99            | bob#1 matching 3 @ 99
                                  | trade 3 @ 99 ann#1(7) bob#1(0) depth 7 fees 2 0
        ann cash                  | 1000295 reserved 0
        bob cash                  | 999703 reserved 0
        fees                      | 2
    """,
        {"maker_fee_ppm": 9_999, "taker_fee_ppm": 1_000},
        shows=("4.2", "4.3"),
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
        shows=("2.28", "2.29"),
    ),
)
