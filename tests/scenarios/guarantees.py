# ruff: noqa: E501 - the statement of an auction is one line
"""Bid guarantees in auctions of the calendar.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.vocabulary.enums import Delivery, GuaranteeRule
from tests.scenarios.planned_auctions import MONDAY, TUESDAY, planned, rules

GUARANTEED = (
    Scenario(
        "a guarantee covers all bids of an account, and what it does not cover is trimmed",
        """
        guarantee nobody 5                | refused UNKNOWN_ACCOUNT account
        guarantee bob 0                   | refused VALUE amount
        guarantee bob 1000001             | refused CASH amount
        guarantee bob 500                 | bob guarantee 500 to 500
        guarantee bob 400                 | bob guarantee 400 to 900
        guarantee dan 5000                | dan guarantee 5000 to 5000
        unguarantee dan 6000              | refused VALUE amount
        unguarantee dan 1000              | dan guarantee -1000 to 4000
        day 20210628
        phase continuous
        clock 09:00
        guarantee bob 1                   | refused WINDOW symbol
        unguarantee bob                   | refused WINDOW symbol
        bob bid 1 for 10 @ 99
        bob bid 1 for 50 @ 95
        dan bid 1 for 30 @ 97
        cay bid 1 for 20 @ 99
        bob cash                          | 1000000 reserved 900
        bob cancel 1
        bob bid 1 for 6 @ 99
        bob cash                          | 1000000 reserved 900
        clock 10:00
        unguarantee bob                   | refused WINDOW symbol
        clear 1                           | trade 6 @ 97 ann#1(24) bob#4(0) fees 0 5
                                          | trade 24 @ 97 ann#1(0) dan#1(6) fees 0 23
                                          | bob#2 cancelled 50 LOST
                                          | dan#1 cancelled 6 LOST
                                          | cay#1 cancelled 20 LOST
                                          | auction 1 clears 30 @ 97 unsold 0
                                          | auction 1 of 20210628 sold 30 of 30 @ 97; cover 13000; winners 24, 6; cut guarantee 67, not_reached 9
        bob cash                          | 999413 reserved 313
        dan cash                          | 997649 reserved 1649
        unguarantee bob                   | bob guarantee -313 to 0
        unguarantee dan 1                 | dan guarantee -1 to 1648
        unguarantee dan                   | dan guarantee -1648 to 0
        unguarantee dan                   | refused VALUE amount
        dan cash                          | 997649 reserved 0
    """,
        rules(planned(MONDAY, 30), reserve=90, guarantees=GuaranteeRule.TRIM)
        | {"buyer_fee_ppm": 10_000},
        phase=None,
        shows=("12.28", "12.29", "12.4"),
    ),
    Scenario(
        "lots that are not covered come back at the lower prices of others",
        """
        guarantee bob 150                 | bob guarantee 150 to 150
        guarantee dan 1000000             | dan guarantee 1000000 to 1000000
        day 20210628
        phase continuous
        clock 09:00
        bob bid 1 for 14 @ 15
        dan bid 1 for 20 @ 12
        dan bid 1 for 30 @ 10
        clock 10:00
        clear 1                           | trade 10 @ 12 ann#1(21) bob#1(4)
                                          | trade 20 @ 12 ann#1(1) dan#1(0)
                                          | trade 1 @ 12 ann#1(0) bob#1(3)
                                          | bob#1 cancelled 3 LOST
                                          | dan#2 cancelled 30 LOST
                                          | auction 1 clears 31 @ 12 unsold 0
                                          | auction 1 of 20210628 sold 31 of 31 @ 12; cover 20645; winners 20, 11; cut tie 1, not_reached 32
        bob cash                          | 999868 reserved 18
    """,
        rules(planned(MONDAY, 31), reserve=10, guarantees=GuaranteeRule.RETRY),
        phase=None,
        shows=("12.5", "12.29"),
    ),
    Scenario(
        "a bid that is not covered is refused at entry, and so is a larger one",
        """
        guarantee bob 1500                | bob guarantee 1500 to 1500
        day 20210628
        phase continuous
        clock 09:00
        bob bid 1 for 16 @ 95             | bob#1 refused CASH quantity
        bob bid 1 for 10 @ 99
        bob amend 2 to 16 @ 99            | bob#3 refused CASH quantity
        bob bid 1 for 6 @ 91
        bob bid 1 for 6 @ 90              | bob#5 refused CASH quantity
        clock 10:00
        clear 1                           | trade 10 @ 91 ann#1(2) bob#2(0)
                                          | trade 2 @ 91 ann#1(0) bob#4(4)
                                          | bob#4 cancelled 4 LOST
                                          | auction 1 clears 12 @ 91 unsold 0
                                          | auction 1 of 20210628 sold 12 of 12 @ 91; cover 13333; winners 12; cut not_reached 4
        clock 11:00
        phase closed
        bob cash                          | 1000000 reserved 1500
        day 20210629
        bob cash                          | 998908 reserved 408
    """,
        rules(planned(MONDAY, 12), reserve=90, guarantees=GuaranteeRule.REFUSE)
        | {"delivery": Delivery.LATER, "delivery_days": 1},
        phase=None,
        shows=("12.29",),
    ),
    Scenario(
        "a pledge covers a bid and pays for none: what cash does not pay for is not settled",
        """
        pledge nobody bond 5              | refused UNKNOWN_ACCOUNT account
        pledge poor gold 500              | refused UNKNOWN_ACCOUNT account
        open poor cash 1000
        pledge poor gold 500              | refused VALUE kind
        pledge poor bond -1               | refused VALUE amount
        pledge poor bond 9000             | poor guarantee 9000 to 9000 by bond
        pledge poor bond 4000             | poor guarantee -5000 to 4000 by bond
        pledge poor letter 300            | poor guarantee 300 to 300 by letter
        pledge poor letter 0              | poor guarantee -300 to 0 by letter
        guarantee poor 600                | poor guarantee 600 to 600
        pledge dan letter 5000            | dan guarantee 5000 to 5000 by letter
        day 20210628
        phase continuous
        clock 09:00
        pledge poor bond 1                | refused WINDOW symbol
        poor bid 1 for 10 @ 99
        poor bid 1 for 30 @ 98
        poor cash                         | 1000 reserved 600
        dan bid 1 for 40 @ 97
        clock 10:00
        clear 1                           | trade 10 @ 97 ann#1(40) poor#1(0)
                                          | trade 10 @ 97 ann#1(30) dan#1(30)
                                          | poor#2 cancelled 30 UNPAID
                                          | dan#1 cancelled 30 LOST
                                          | ann#1 cancelled 30 LOST
                                          | auction 1 clears 20 @ 97 unsold 30
                                          | auction 1 of 20210628 sold_in_part 20 of 50 @ 97; cover 16000; winners 10, 10; cut not_reached 30, unpaid 30; again 20210629 +30
        poor cash                         | 30 reserved 0
        dan cash                          | 999030 reserved 0
        phase closed
        day 20210629
    """,
        rules(
            planned(MONDAY, 50),
            planned(TUESDAY, 10),
            reserve=90,
            reoffer_over=1,
            guarantees=GuaranteeRule.TRIM,
            pledges=("letter", "bond"),
        ),
        phase=None,
        shows=("12.34",),
    ),
)
