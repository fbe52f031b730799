"""Rulebooks beyond China, told in the words of their rules.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario

AUCTIONS = (
    Scenario(
        "eu-auction: equal bids in random order, the last one cut; delivered the next day",
        """
        day 20251120
        clock 09:00
        ann announce sell 5000 @ 60.00 from 09:00 until 11:00
        bob bid 1 for 2000 @ 80.00
        dan bid 1 for 2500 @ 79.50
        ann2 bid 1 for 500 @ 79.00   | ann2#1 refused OWN_ORDER number
        bob bid 1 for 600 @ 79.00    | bob#2 refused QUANTITY_LOT quantity
        bob bid 1 for 1500 @ 79.00
        cay bid 1 for 1000 @ 79.00
        clock 11:00
        clear 1 seed 3            | trade 2000 @ 79.00 ann#1(3000) bob#1(0)
                                  | trade 2500 @ 79.00 ann#1(500) dan#1(0)
                                  | trade 500 @ 79.00 ann#1(0) bob#3(1000)
                                  | bob#3 cancelled 1000 LOST
                                  | cay#1 cancelled 1000 LOST
                                  | auction 1 clears 5000 @ 79.00 unsold 0
        dan tonnes                | 10000000 reserved 0
        clock 11:30
        day 20251121              | day 20251121 number 2
                                  | bob delivered 2500 EUA -197500.00 EUR
                                  | ann delivered -5000 EUA 395000.00 EUR
                                  | dan delivered 2500 EUA -197500.00 EUR
        dan tonnes                | 10002500 reserved 0
    """,
        {"preset": "eu-auction"},
        shows=("11.13", "10.7"),
    ),
    Scenario(
        "eu-auction: cancelled where less is bid for than is offered",
        """
        day 20251120
        clock 09:00
        ann announce sell 5000 @ 20.00 from 09:00 until 11:00
        bob bid 1 for 2000 @ 40.00
        dan bid 1 for 1500 @ 30.00
        clock 11:00
        clear 1                   | bob#1 cancelled 2000 LOST
                                  | dan#1 cancelled 1500 LOST
                                  | ann#1 cancelled 5000 LOST
                                  | auction 1 clears 0 @ 0.00 unsold 5000
    """,
        {"preset": "eu-auction"},
        shows=("11.15",),
    ),
    Scenario(
        "uk-auction: bids below the reserve do not count, what is bid for sells at the lowest bid",
        """
        day 20251119
        clock 12:00
        ann announce sell 5000 @ 22.00 from 12:00 until 14:00
        bob bid 1 for 2000 @ 40.00
        dan bid 1 for 1500 @ 30.00
        cay bid 1 for 2500 @ 21.00   | cay#1 refused PRICE_LIMIT price
        clock 14:00
        clear 1                   | trade 2000 @ 30.00 ann#1(3000) bob#1(0)
                                  | trade 1500 @ 30.00 ann#1(1500) dan#1(0)
                                  | ann#1 cancelled 1500 LOST
                                  | auction 1 clears 3500 @ 30.00 unsold 1500
    """,
        {"preset": "uk-auction"},
        shows=("11.11", "11.15"),
    ),
    Scenario(
        "california: one bidder, three prices; more supply, a lower price, lots unsold",
        """
        day 20251119
        clock 10:00
        ann announce sell 60000 @ 10.00 from 10:00 until 13:00
        dan bid 1 for 10000 @ 15.00
        dan bid 1 for 50000 @ 12.00
        dan bid 1 for 40000 @ 10.00
        bob announce sell 120000 @ 10.00 from 10:00 until 13:00 in CCA-ADVANCE
        dan bid 1 for 10000 @ 15.00 in CCA-ADVANCE
        dan bid 1 for 50000 @ 12.00 in CCA-ADVANCE
        dan bid 1 for 40000 @ 10.00 in CCA-ADVANCE
        clock 13:00
        clear 1                   | trade 10000 @ 12.00 ann#1(50000) dan#1(0)
                                  | trade 50000 @ 12.00 ann#1(0) dan#2(0)
                                  | dan#3 cancelled 40000 LOST
                                  | auction 1 clears 60000 @ 12.00 unsold 0
        at CCA-ADVANCE
        clear 1                   | trade 10000 @ 10.00 bob#1(110000) dan#4(0)
                                  | trade 50000 @ 10.00 bob#1(60000) dan#5(0)
                                  | trade 40000 @ 10.00 bob#1(20000) dan#6(0)
                                  | bob#1 cancelled 20000 LOST
                                  | auction 1 clears 100000 @ 10.00 unsold 20000
    """,
        {"preset": "california"},
        shows=("11.14", "11.15"),
    ),
    Scenario(
        "california: covered entities buy at most a quarter, voluntary ones four percent",
        """
        open plant as covered
        open club as voluntary
        cash plant 10000000.00
        cash club 10000000.00
        day 20251119
        clock 10:00
        ann announce sell 100000 @ 25.87 from 10:00 until 13:00
        plant bid 1 for 20000 @ 30.00
        plant bid 1 for 6000 @ 30.00   | plant#2 refused QUANTITY_RANGE quantity
        plant bid 1 for 5000 @ 30.00
        club bid 1 for 5000 @ 30.00    | club#1 refused QUANTITY_RANGE quantity
        club bid 1 for 4000 @ 30.00
        club bid 1 for 1 @ 30.00       | club#3 refused QUANTITY_LOT quantity
    """,
        {"preset": "california"},
        shows=("11.11",),
    ),
    Scenario(
        "rggi: a quarter of the offer at most; the reserve price where supply is not exhausted",
        """
        open power as bidder
        cash power 10000000.00
        day 20251203
        clock 09:00
        ann announce sell 20000 @ 2.62 from 09:00 until 12:00
        power bid 1 for 6000 @ 20.00   | power#1 refused QUANTITY_RANGE quantity
        power bid 1 for 5000 @ 20.00
        dan bid 1 for 4000 @ 18.00
        clock 12:00
        clear 1                   | trade 5000 @ 2.62 ann#1(15000) power#2(0)
                                  | trade 4000 @ 2.62 ann#1(11000) dan#1(0)
                                  | ann#1 cancelled 11000 LOST
                                  | auction 1 clears 9000 @ 2.62 unsold 11000
    """,
        {"preset": "rggi"},
        shows=("11.11", "11.15"),
    ),
)
TRADING = (
    Scenario(
        "ice-eua: no daily limits, blocks from 50 lots, the settlement price is the close",
        """
        day 20251120
        clock 08:00
        is EUA-DEC                | EUA-DEC continuous 0.00 to 0.00
        ann sell 1000 @ 95.00
        dan buy 1500 @ 95.00      | dan#1 refused QUANTITY_LOT quantity
        dan buy 1000 @ 95.00      | dan#2 matching 1000 @ 95.00
                                  | trade 1000 @ 95.00 ann#1(0) dan#2(0) depth 0
        at EUA-DEC@block
        ann quote sell 49000 @ 20.00 to dan   | ann#2 refused QUANTITY_RANGE quantity
        ann quote sell 50000 @ 20.00 to dan
        dan pick 1                | dan#3 matching 50000 @ 20.00
                                  | trade 50000 @ 20.00 ann#3(0) dan#3(0)
        clock 17:15
        reference 94.37 EUA-DEC   | EUA-DEC reference 94.37
        phase closed EUA-DEC      | EUA-DEC closed 70.00
                                  | EUA-DEC day 95.00 95.00 95.00 94.37 volume 1000 value 95000.00
    """,
        {"preset": "ice-eua"},
        shows=("10.3", "2.8"),
    ),
    Scenario(
        "krx: the exchange's own example of a call at the open",
        """
        day 20251120
        clock 09:00
        ann sell 450 @ 7860
        ann sell 750 @ 7850
        ann sell 300 @ 7840
        ann sell 150 @ 7830
        ann sell 200 @ 7830
        ann sell 50 @ 7830
        ann sell 200 @ 7820
        ann sell 150 @ 7810
        dan buy 100 @ 7850
        dan buy 150 @ 7840
        dan buy 200 @ 7830
        dan buy 150 @ 7830
        dan buy 400 @ 7820
        dan buy 500 @ 7810
        dan buy 650 @ 7800
        indicative                | 600 @ 7830 surplus -150
        clock 09:59
        dan cancel 1              | dan#8 refused FROZEN target
        dan amend 2 to 100        | dan#9 refused FROZEN target
        phase continuous KAU      | KAU uncrosses 600 @ 7830 surplus -150
                                  | trade 100 @ 7830 dan#1(0) from ann#8(50)
                                  | trade 50 @ 7830 dan#2(100) from ann#8(0)
                                  | trade 100 @ 7830 dan#2(0) from ann#7(100)
                                  | trade 100 @ 7830 dan#3(100) from ann#7(0)
                                  | trade 100 @ 7830 dan#3(0) from ann#4(50)
                                  | trade 50 @ 7830 dan#4(100) from ann#4(0)
                                  | trade 100 @ 7830 dan#4(0) from ann#5(100)
                                  | KAU continuous 7830 7050 to 8610
                                  | ann#1 rests 450 @ 7860 depth 450
                                  | ann#2 rests 750 @ 7850 depth 750
                                  | ann#3 rests 300 @ 7840 depth 300
                                  | ann#5 rests 100 @ 7830 depth 100
                                  | ann#6 rests 50 @ 7830 depth 150
                                  | dan#5 rests 400 @ 7820 depth 400
                                  | dan#6 rests 500 @ 7810 depth 500
                                  | dan#7 rests 650 @ 7800 depth 650
    """,
        {"preset": "krx"},
        shows=("9.4", "9.7", "9.8", "2.21"),
    ),
    Scenario(
        "krx: limit orders only, blocks within the limits and the hour, netting at the day's end",
        """
        day 20251120
        clock 10:00
        ann sell 100 market       | ann#1 refused ORDER_TYPE order_type
        ann sell 100001 @ 7830    | ann#2 refused QUANTITY_RANGE quantity
        ann sell 100 @ 7835       | ann#3 refused PRICE_TICK price
        ann sell 100 @ 8620       | ann#4 refused PRICE_LIMIT price
        ann sell 100 @ 7830
        dan buy 60 @ 7830
        dan sell 20 @ 7840
        ann buy 20 @ 7840
        clock 11:20
        at KAU@block
        ann quote sell 1000 @ 7900 to dan agreed 10:19   | ann#7 refused EXPIRY agreed_at
        ann quote sell 1000 @ 7900 to dan agreed 10:21
        dan pick 1                | dan#3 matching 1000 @ 7900
                                  | trade 1000 @ 7900 ann#8(0) dan#3(0)
        clock 11:55
        clock 12:00               | KAU indicates 0 @ 0
                                  | KAU freeze 7830 7050 to 8610
                                  | KAU indicates 0 @ 0
                                  | KAU uncrosses 0 @ 0
                                  | KAU closed 7830 7050 to 8610
                                  | KAU day 7830 7840 7830 7840 volume 80 value 626600
                                  | dan delivered 40 KAU -313000 KRW
                                  | ann delivered -40 KAU 313000 KRW
    """,
        {"preset": "krx"},
        shows=("2.12", "11.9", "10.8"),
    ),
    Scenario(
        "krx: the government's auction, price, then time",
        """
        day 20251120
        clock 09:00
        at KAU@auction
        ann announce sell 10000 @ 10000 from 09:00 until 10:00
        bob bid 1 for 1000 @ 11000
        dan bid 1 for 1500 @ 11000
        bob bid 1 for 2500 @ 11000
        dan bid 1 for 1000 @ 10500
        bob bid 1 for 2000 @ 10500
        dan bid 1 for 1000 @ 10300
        bob bid 1 for 1000 @ 10300
        dan bid 1 for 2000 @ 10300
        bob bid 1 for 1000 @ 10000
        dan bid 1 for 2000 @ 10000
        clock 10:00
        clear 1                   | trade 1000 @ 10300 ann#1(9000) bob#1(0)
                                  | trade 1500 @ 10300 ann#1(7500) dan#1(0)
                                  | trade 2500 @ 10300 ann#1(5000) bob#2(0)
                                  | trade 1000 @ 10300 ann#1(4000) dan#2(0)
                                  | trade 2000 @ 10300 ann#1(2000) bob#3(0)
                                  | trade 1000 @ 10300 ann#1(1000) dan#3(0)
                                  | trade 1000 @ 10300 ann#1(0) bob#4(0)
                                  | dan#4 cancelled 2000 LOST
                                  | bob#5 cancelled 1000 LOST
                                  | dan#5 cancelled 2000 LOST
                                  | auction 1 clears 10000 @ 10300 unsold 0
    """,
        {"preset": "krx"},
        shows=("11.13", "11.16"),
    ),
    Scenario(
        "textbook: continuous trading by price and time, nothing else",
        """
        phase continuous
        is                        | CO2 continuous 0.00 to 0.00
        ann sell 5 @ 50.00
        bob sell 5 @ 50.00
        dan buy 7 @ 51.00         | dan#1 matching 7 @ 51.00
                                  | trade 5 @ 50.00 ann#1(0) dan#1(2) depth 5
                                  | trade 2 @ 50.00 bob#1(3) dan#1(0) depth 3
        phase closed              | bob#1 cancelled 3 DAY_ENDED depth 0
                                  | CO2 closed 50.00
                                  | CO2 day 50.00 50.00 50.00 50.00 volume 7 value 350.00
    """,
        {"preset": "textbook"},
        shows=("5.1", "5.2", "8.7"),
    ),
)

CALENDARS = (
    Scenario(
        "a session opens at the same local time before and after the clocks change",
        """
        day 20250328
        clock 1743145199999999999
        is EUA-DEC                | EUA-DEC closed 0.00 to 0.00
        clock 1743145200000000000
        is EUA-DEC                | EUA-DEC continuous 0.00 to 0.00
        clock 18:00
        is EUA-DEC                | EUA-DEC closed 0.00 to 0.00
        day 20250331
        clock 1743400799999999999
        is EUA-DEC                | EUA-DEC closed 0.00 to 0.00
        clock 1743400800000000000
        is EUA-DEC                | EUA-DEC continuous 0.00 to 0.00
    """,
        {"preset": "ice-eua"},
        shows=("10.13",),
    ),
    Scenario(
        "the timetable rests on holidays and at weekends, but not on extra days",
        """
        day 20180614
        clock 09:30
        is GDEA                   | GDEA continuous 35.90 to 43.88
        clock 15:30
        day 20180617
        clock 09:30
        is GDEA                   | GDEA continuous 35.90 to 43.88
        clock 15:30
        day 20180618
        clock 09:30
        is GDEA                   | GDEA continuous 35.90 to 43.88
        clock 15:30
        day 20180924
        clock 09:30
        is GDEA                   | GDEA closed 35.90 to 43.88
        day 20180929
        clock 09:30
        is GDEA                   | GDEA closed 35.90 to 43.88
    """,
        {"preset": "guangdong"},
        shows=("10.12",),
    ),
)
