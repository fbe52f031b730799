"""The rules of ``docs/rules.md`` as tables: one-way auctions and the order of a new day.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.vocabulary.enums import BidTie, Delivery, Mechanism, PricingRule, Undersubscribed

ONE_WAY = {"mechanism": Mechanism.ONE_WAY}

CLEARING = (
    Scenario(
        "winners pay their bid",
        """
        ann announce sell 10 @ 90 from 0 until 10
        bob bid 1 for 6 @ 99
        dan bid 1 for 6 @ 97
        time 10
        clear 1                   | trade 6 @ 99 ann#1(4) bob#1(0)
                                  | trade 4 @ 97 ann#1(0) dan#1(2)
                                  | dan#1 cancelled 2 LOST
                                  | auction 1 clears 10 @ 97 unsold 0
    """,
        ONE_WAY | {"pricing": PricingRule.PAY_AS_BID},
        shows=("11.14", "11.16"),
    ),
    Scenario(
        "the last price is shared in proportion, in whole lots, a lot over as the seed draws it",
        """
        ann announce sell 50 @ 90 from 0 until 10
        cay bid 1 for 20 @ 99
        bob bid 1 for 30 @ 97
        dan bid 1 for 30 @ 97
        time 10
        clear 1 seed 7            | trade 20 @ 97 ann#1(30) cay#1(0)
                                  | trade 20 @ 97 ann#1(10) dan#1(10)
                                  | trade 10 @ 97 ann#1(0) bob#1(20)
                                  | bob#1 cancelled 20 LOST
                                  | dan#1 cancelled 10 LOST
                                  | auction 1 clears 50 @ 97 unsold 0
    """,
        ONE_WAY | {"bid_tie": BidTie.PRO_RATA, "lot": 10},
        shows=("11.13",),
    ),
    Scenario(
        "sold at the reserve where less is bid for than is offered",
        """
        ann announce sell 50 @ 90 from 0 until 10
        bob bid 1 for 30 @ 97
        time 10
        clear 1                   | trade 30 @ 90 ann#1(20) bob#1(0)
                                  | ann#1 cancelled 20 LOST
                                  | auction 1 clears 30 @ 90 unsold 20
    """,
        ONE_WAY | {"undersubscribed": Undersubscribed.SELL_AT_RESERVE},
        shows=("11.15",),
    ),
    Scenario(
        "an announcement freezes what it may deliver, or pay at the reserve",
        """
        ann announce sell 10 @ 90 from 0 until 10
        ann tonnes                | 1000 reserved 10
        bob announce buy 10 @ 95 from 0 until 10
        bob cash                  | 1000000 reserved 950
    """,
        ONE_WAY,
        shows=("11.10",),
    ),
)
MORNING = (
    Scenario(
        "a new day delivers, then releases, then amends",
        """
        phase closed
        day 20210628
        phase continuous OLD
        ann sell 5 @ 100
        bob buy 5 @ 100           | bob#1 matching 5 @ 100
                                  | trade 5 @ 100 ann#1(0) bob#1(0) depth 0
        rule modes[continuous].taker_fee_ppm = 200 from 0
        rule modes[continuous].maker_fee_ppm = 100 from 20210629
        phase closed OLD
        day 20210629              | day 20210629 number 2
                                  | bob delivered 5 OLD -500 CNY
                                  | ann delivered -5 OLD 500 CNY
                                  | rule modes[continuous].taker_fee_ppm = 200
                                  | rule modes[continuous].maker_fee_ppm = 100
    """,
        {"delivery": Delivery.LATER, "delivery_days": 1},
        shows=("10.2", "10.7", "10.9"),
    ),
    Scenario(
        "what was bought today is sold after the next day began",
        """
        open eve
        cash eve 1000
        phase closed
        day 20210628
        phase continuous OLD
        ann sell 5 @ 100
        eve buy 5 @ 100           | eve#1 matching 5 @ 100
                                  | trade 5 @ 100 ann#1(0) eve#1(0) depth 0
        eve sell 5 @ 100          | eve#2 refused ALLOWANCES quantity
        rule modes[continuous].maker_fee_ppm = 100 from 20210629
        phase closed OLD
        day 20210629              | day 20210629 number 2
                                  | eve released 5 OLD
                                  | rule modes[continuous].maker_fee_ppm = 100
    """,
        {"resale_lag": 1},
        shows=("10.2", "10.6"),
    ),
    Scenario(
        "a new day needs every line closed",
        """
        phase closed NEW
        day 20210628              | refused TRANSITION date
        phase closed OLD
        day 20210628
    """,
        shows=("10.1",),
    ),
)
