# ruff: noqa: E501 - the statement of an auction is one line
"""What an auction's price is held against: the secondary market, and reserves from trades.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from tests.scenarios.primary_auctions import EU, SELLER, planned

UK = "UKA@auction"
SHANGHAI = "SHEA@auction"

AGAINST_THE_MARKET = (
    Scenario(
        "eu-auction: well below the secondary market it is cancelled, and offered again",
        SELLER
        + planned(20251120, EU, 5_000, "09:00-11:00")
        + planned(20251121, EU, 5_000, "09:00-11:00")
        + planned(20251124, EU, 5_000, "09:00-11:00")
        + """
        day 20251120
        clock 09:00
        bob bid 1 for 3000 @ 70.00
        dan bid 1 for 2000 @ 62.50
        clock 11:00
        clear 1                           | bob#1 cancelled 3000 LOST
                                          | dan#1 cancelled 2000 LOST
                                          | ann#1 cancelled 5000 LOST
                                          | auction 1 clears 0 @ 0.00 unsold 5000
                                          | auction 1 of 20251120 below_market 0 of 5000 @ 0.00; interim 62.50; cover 10000; cut cancelled 5000; again 20251121 +2500, 20251124 +2500
        clock 11:30
        day 20251121
        clock 09:00
        bob bid 2 for 3000 @ 70.00
        dan bid 2 for 4500 @ 63.00
        clock 11:00
        clear 2                           | trade 3000 @ 63.00 ann#2(4500) bob#2(0)
                                          | trade 4500 @ 63.00 ann#2(0) dan#2(0)
                                          | auction 2 clears 7500 @ 63.00 unsold 0
                                          | auction 2 of 20251121 sold 7500 of 7500 @ 63.00; cover 10000; winners 4500, 3000
    """,
        {"preset": "eu-auction"},
        shows=("12.10", "12.25"),
    ),
    Scenario(
        "uk-auction: the price of the bid that reaches the secondary market, and no lower bid wins",
        SELLER
        + planned(20260114, UK, 10_000, "12:00-14:00")
        + planned(20260128, UK, 10_000, "12:00-14:00")
        + """
        day 20260114
        clock 12:00
        bob bid 1 for 2000 @ 60.00
        cay bid 1 for 3000 @ 52.00
        dan bid 1 for 5000 @ 30.00
        clock 14:00
        clear 1                           | trade 2000 @ 52.00 ann#1(8000) bob#1(0)
                                          | trade 3000 @ 52.00 ann#1(5000) cay#1(0)
                                          | dan#1 cancelled 5000 LOST
                                          | ann#1 cancelled 5000 LOST
                                          | auction 1 clears 5000 @ 52.00 unsold 5000
                                          | auction 1 of 20260114 sold_in_part 5000 of 10000 @ 52.00; interim 30.00; cover 10000; winners 3000, 2000; cut not_reached 5000; again 20260128 +2500
    """,
        {"preset": "uk-auction"},
        shows=("12.10", "12.25"),
    ),
)

FROM_TRADES = (
    Scenario(
        "guangdong: the average of the listing trades of three calendar months, else the table's",
        SELLER
        + planned(20161201, "GDEA@one_way", 1_000, "09:30-11:30")
        + planned(20170327, "GDEA@one_way", 1_000, "09:30-11:30")
        + """
        day 20161130
        clock 09:30
        ann sell 100 @ 40.00
        bob pick 1 for 100 @ 40.00
        clock 15:30
        day 20161201                      | day 20161201 number 2
                                          | bob released 100 GDEA
                                          | ann#2 held 1000 @ 40.00
                                          | ann#2 auction 1: sell 1000 @ 40.00
        clock 09:30
        ann sell 300 @ 39.00
        bob pick 2 for 300 @ 39.00
        clock 13:30
        at GDEA@agreement
        ann quote sell 100000 @ 36.00 to bob
        bob pick 1
        at GDEA@one_way
        clear 1 off                       | ann#2 cancelled 1000 LOST
                                          | auction 1 clears 0 @ 0.00 unsold 1000
        clock 15:30
        day 20170228
        clock 09:30
        at GDEA
        ann sell 100 @ 38.01
        bob pick 3 for 100 @ 38.01
        clock 15:30
        day 20170301
        clock 09:30
        ann sell 900 @ 38.50
        bob pick 4 for 900 @ 38.50
        clock 15:30
        day 20170327                      | day 20170327 number 5
                                          | bob released 900 GDEA
                                          | ann#7 held 1000 @ 38.75
                                          | ann#7 auction 2: sell 1000 @ 38.75
    """,
        {"preset": "guangdong"},
        shows=("12.17", "12.26", "12.27"),
    ),
    Scenario(
        "shanghai: 1.2 times the average of all trades from January to October",
        SELLER
        + "rule auction.reserve = 5000\n"
        + "rule auction.formula = {months = [10], share_bp = 12000}\n"
        + planned(20231130, SHANGHAI, 1_000, "09:30-11:30")
        + """
        day 20231030
        clock 09:30
        ann sell 300 @ 61.91
        bob buy 300 @ 61.91
        clock 15:00
        day 20231130                      | day 20231130 number 2
                                          | bob released 300 SHEA
                                          | ann#2 held 1000 @ 74.29
                                          | ann#2 auction 1: sell 1000 @ 74.29
    """,
        {"preset": "shanghai"},
        shows=("12.26",),
    ),
    Scenario(
        "krx: the mean of the averages of three months, one month and three days",
        SELLER
        + planned(20251208, "KAU@auction", 1_000, "09:00-10:00")
        + """
        day 20250901
        clock 10:00
        ann sell 100 @ 7830
        bob buy 100 @ 7830
        clock 12:00
        day 20251103
        clock 10:00
        ann sell 100 @ 8000
        bob buy 100 @ 8000
        clock 12:00
        day 20251204
        clock 10:00
        ann sell 100 @ 8200
        bob buy 100 @ 8200
        clock 12:00
        day 20251208                      | day 20251208 number 4
                                          | ann#4 held 1000 @ 7980
                                          | ann#4 auction 1: sell 1000 @ 7980
    """,
        {"preset": "krx"},
        shows=("12.26",),
    ),
)
