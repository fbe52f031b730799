"""The Chinese rulebooks, told in the words of their rules. Prices are yuan a tonne.

The little language is explained in ``carbonx.testing.script``; the source of each figure is in the
rulebook and in ``docs/rulebooks.md``.
"""

from carbonx.testing.script import Scenario

NATIONAL = (
    Scenario(
        "cn-national: a taker picks any counterparty within the best five prices",
        """
        day 20251120
        clock 09:30
        is CEA24                  | CEA24 continuous 60.17 to 73.55
        at CEA24
        ann sell 500 @ 70.00      | ann#1 resting 500 @ 70.00 depth 500
                                  | ann#1 listing 1: sell 500 @ 70.00
        bob sell 300 @ 70.00
        ann sell 1000 @ 70.50
        bob sell 1 @ 71.00
        bob sell 1 @ 71.50
        bob sell 1 @ 72.00
        dan pick 2 for 300        | dan#1 matching 300 @ 70.00
                                  | trade 300 @ 70.00 bob#1(0) dan#1(0) depth 500
        dan pick 6 for 1          | dan#2 matching 1 @ 72.00
                                  | trade 1 @ 72.00 bob#4(0) dan#2(0) depth 0
        bob sell 1 @ 72.00
        bob sell 1 @ 72.50
        dan pick 8 for 1          | dan#3 refused NOT_BEST number
        dan pick 1 for 501        | dan#4 refused QUANTITY_RANGE quantity
        ann pick 1                | ann#3 refused OWN_ORDER number
        dan pick 2                | dan#5 refused UNKNOWN_NUMBER number
        dan pick 1 @ 69.00        | dan#6 refused PRICE_LIMIT price
        ann amend 1 to 400        | ann#4 refused MODE target
    """,
        {"preset": "cn-national"},
        shows=("11.2", "11.3", "11.4", "11.1"),
    ),
    Scenario(
        "cn-national: 99,999 tonnes list, 100,000 are a block; the block moves no close",
        """
        day 20251120
        clock 13:00
        at CEA24
        ann sell 100000 @ 70.00   | ann#1 refused QUANTITY_RANGE quantity
        ann sell 99999 @ 73.56    | ann#2 refused PRICE_LIMIT price
        ann sell 99999 @ 73.55
        dan pick 1 for 300
        ann sell 100 @ 73.00
        dan pick 2
        at CEA24@block
        is                        | CEA24@block continuous 46.80 to 86.92
        ann quote sell 99999 @ 50.00 to dan    | ann#5 refused QUANTITY_RANGE quantity
        ann quote sell 100000 @ 46.79 to dan   | ann#6 refused PRICE_LIMIT price
        ann quote sell 100000 @ 46.80 to dan
                                  | ann#7 held 100000 @ 46.80
                                  | ann#7 quote 1: sell 100000 @ 46.80 to dan
        bob pick 1                | bob#1 refused COUNTERPARTY number
        dan pick 1                | dan#3 matching 100000 @ 46.80
                                  | trade 100000 @ 46.80 ann#7(0) dan#3(0)
        clock 15:00
        is CEA24                  | CEA24 closed 66.07 to 80.75
        is CEA24@block            | CEA24@block closed 51.39 to 95.43
    """,
        {"preset": "cn-national"},
        shows=("2.7", "2.10", "11.7", "10.4"),
    ),
    Scenario(
        "cn-national: the close is the average of all listing trades, a day without one keeps it",
        """
        day 20251120
        clock 09:30
        at CEA24
        ann sell 3 @ 70.00
        ann sell 1 @ 71.00
        dan pick 1
        dan pick 2
        clock 11:30               | CEA25 halted 66.86 60.17 to 73.55
                                  | CEA24 halted 66.86 60.17 to 73.55
                                  | CEA23 halted 66.86 60.17 to 73.55
                                  | CEA22 halted 66.86 60.17 to 73.55
                                  | CEA21 halted 66.86 60.17 to 73.55
                                  | CEA19-20 halted 66.86 60.17 to 73.55
                                  | CCER halted 80.00 72.00 to 88.00
        ann sell 3 @ 70.00        | ann#3 refused PHASE symbol
        clock 15:00
        is CEA24                  | CEA24 closed 63.23 to 77.28
        is CEA23                  | CEA23 closed 60.17 to 73.55
        day 20251121
        clock 15:00
        is CEA24                  | CEA24 closed 63.23 to 77.28
    """,
        {"preset": "cn-national"},
        shows=("10.3", "10.4"),
    ),
    Scenario(
        "cn-national: bought today is sold tomorrow at the earliest; proceeds are spent at once",
        """
        open eve
        cash eve 10000.00
        day 20251120
        clock 09:30
        at CEA24
        dan sell 100 @ 70.00
        eve pick 1                | eve#1 matching 100 @ 70.00
                                  | trade 100 @ 70.00 dan#1(0) eve#1(0) depth 0
        eve tonnes                | 100 reserved 100
        eve sell 100 @ 70.00      | eve#2 refused ALLOWANCES quantity
        clock 15:00
        day 20251121              | day 20251121 number 2
                                  | eve released 100 CEA24
        clock 09:30
        dan buy 100 @ 71.00
        eve pick 2                | eve#3 matching 100 @ 71.00
                                  | trade 100 @ 71.00 dan#2(0) eve#3(0) depth 0
        eve cash                  | 10100.00 reserved 0.00
        dan sell 10 @ 72.00
        eve pick 3 for 10         | eve#4 matching 10 @ 72.00
                                  | trade 10 @ 72.00 dan#3(0) eve#4(0) depth 0
    """,
        {"preset": "cn-national"},
        shows=("10.6",),
    ),
    Scenario(
        "cn-national: enquiry, quote in answer, quote declined, group quote",
        """
        day 20251120
        clock 13:00
        at CEA24@block
        ann quote buy 200000 to bob,dan
                                  | ann#1 enquiry 1: buy 200000 to bob,dan
        cay quote sell 200000 @ 60.00 answers 1   | cay#1 refused COUNTERPARTY answers
        bob quote sell 200000 @ 60.00 answers 1
                                  | bob#1 held 200000 @ 60.00
                                  | bob#1 quote 2: sell 200000 @ 60.00 to ann
        dan quote sell 200000 @ 59.00 answers 1
        ann decline 2             | ann#2 declines 2 of bob
                                  | bob#1 cancelled 200000 DECLINED
        ann pick 3                | ann#3 matching 200000 @ 59.00
                                  | trade 200000 @ 59.00 dan#1(0) ann#3(0)
        dan quote sell 100000 @ 58.00 to ann,bob
        ann decline 4             | ann#4 declines 4 of dan
        ann pick 4                | ann#5 refused COUNTERPARTY number
        dan quote sell 100000 @ 58.00   | dan#3 held 100000 @ 58.00
                                  | dan#3 quote 5: sell 100000 @ 58.00
        bob decline 5             | bob#2 refused COUNTERPARTY number
        bob pick 5 for 1          | bob#3 refused QUANTITY_RANGE quantity
        dan quote sell 100000 @ 58.00 to dan    | dan#4 refused COUNTERPARTY to
        dan quote sell 100000 @ 58.00 answers 9   | dan#5 refused UNKNOWN_NUMBER answers
        clock 15:00
        dan orders                |
    """,
        {"preset": "cn-national"},
        shows=("11.5", "11.6", "11.7", "11.8"),
    ),
    Scenario(
        "cn-ccer: the modes of the national market on certified reductions",
        """
        day 20251120
        clock 09:30
        is                        | CCER continuous 72.00 to 88.00
        ann sell 99999 @ 80.00
        dan pick 1 for 10         | dan#1 matching 10 @ 80.00
                                  | trade 10 @ 80.00 ann#1(99989) dan#1(0) depth 99989
        dan cancel 1              | dan#2 refused UNKNOWN_ORDER target
        ann cancel 1              | ann#1 cancelled 99989 REQUESTED depth 0
    """,
        {"preset": "cn-ccer"},
        shows=("11.3", "2.21"),
    ),
)
SHENZHEN = (
    Scenario(
        "shenzhen-2013: bidding by price and time, one mode at a time, blocks at the day's end",
        """
        day 20210628
        at SZA-2019
        clock 09:30
        is                        | SZA-2019 continuous 31.59 to 38.61
        ann sell 5 @ 36.00
        dan buy 3 @ 38.61         | dan#1 matching 3 @ 38.61
                                  | trade 3 @ 36.00 ann#1(2) dan#1(0) depth 2
        dan buy 1 @ 38.62         | dan#2 refused PRICE_LIMIT price
        clock 14:59
        ann quote sell 10000 @ 30.00 to dan in SZA-2019@block   | ann#2 refused PHASE symbol
        clock 15:00
        at SZA-2019@block
        is                        | SZA-2019@block continuous 25.20 to 46.80
        ann quote sell 9999 @ 30.00 to dan      | ann#3 refused QUANTITY_RANGE quantity
        ann quote sell 10000 @ 25.20 to dan
        dan pick 1                | dan#3 matching 10000 @ 25.20
                                  | trade 10000 @ 25.20 ann#4(0) dan#3(0)
        clock 15:30
        is SZA-2019               | SZA-2019 closed 32.40 to 39.60
    """,
        {"preset": "shenzhen-2013"},
        shows=("5.1", "3.1", "11.7"),
    ),
    Scenario(
        "shenzhen-2013: a fixed-price listing is anybody's, best price or not",
        """
        day 20210628
        phase continuous SZA-2013@fixed_price
        at SZA-2013@fixed_price
        ann sell 5 @ 13.00
        ann sell 5 @ 12.00
        dan pick 1 for 2          | dan#1 matching 2 @ 13.00
                                  | trade 2 @ 13.00 ann#1(3) dan#1(0) depth 3
    """,
        {"preset": "shenzhen-2013"},
        shows=("11.3", "11.4"),
    ),
    Scenario(
        "shenzhen-2013: four real limits, half-up to the fen",
        """
        reference 4.46 SZA-2014
        reference 6.89 SZA-2015
        reference 4.93 SZA-2016
        reference 8.69 SZA-2017
        is SZA-2014@block         | SZA-2014@block closed 3.12 to 5.80
        is SZA-2015@block         | SZA-2015@block closed 4.82 to 8.96
        is SZA-2016@block         | SZA-2016@block closed 3.45 to 6.41
        is SZA-2017@block         | SZA-2017@block closed 6.08 to 11.30
    """,
        {"preset": "shenzhen-2013"},
        shows=("1.1", "3.1", "3.6"),
    ),
    Scenario(
        "shenzhen-2022: an agreement prints beside the book; one-way bidding by announcement",
        """
        day 20220704
        at SZA-2020@agreement
        clock 13:30
        ann quote sell 20000 @ 10.00 to dan
        dan pick 1                | dan#1 matching 20000 @ 10.00
                                  | trade 20000 @ 10.00 ann#1(0) dan#1(0)
        at SZA-2020@one_way
        phase continuous SZA-2020@one_way
        ann announce sell 1000 @ 11.00 from 13:30 until 14:00 step 0.10
                                  | ann#2 held 1000 @ 11.00
                                  | ann#2 auction 1: sell 1000 @ 11.00
        bob bid 1 for 1000 @ 10.99   | bob#1 refused PRICE_LIMIT price
        bob bid 1 for 1000 @ 11.00   | bob#2 held 1000 @ 11.00
                                  | auction 1 best 1000 @ 11.00
        dan bid 1 for 1000 @ 11.05   | dan#2 refused OUTBID price
        dan bid 1 for 1000 @ 11.10
        clear 1                   | refused WINDOW number
        clock 14:00
        bob bid 1 for 1000 @ 12.00   | bob#3 refused WINDOW number
        clear 1                   | trade 1000 @ 11.10 ann#2(0) dan#3(0)
                                  | bob#2 cancelled 1000 LOST
                                  | auction 1 clears 1000 @ 11.10 unsold 0
        is SZA-2020               | SZA-2020 continuous 10.66 to 13.02
    """,
        {"preset": "shenzhen-2022"},
        shows=("11.10", "11.12", "11.13", "11.16"),
    ),
)
GUANGDONG = (
    Scenario(
        "guangdong: only the best price is picked, and the earliest at it",
        """
        day 20210901
        clock 09:30
        is GDEA                   | GDEA continuous 35.90 to 43.88
        ann sell 500 @ 40.00
        bob sell 300 @ 40.00
        ann sell 1000 @ 40.50
        dan pick 3                | dan#1 refused NOT_BEST number
        dan pick 2                | dan#2 refused NOT_BEST number
        dan pick 1 for 200        | dan#3 matching 200 @ 40.00
                                  | trade 200 @ 40.00 ann#1(300) dan#3(0) depth 600
        dan pick 1                | dan#4 matching 300 @ 40.00
                                  | trade 300 @ 40.00 ann#1(0) dan#4(0) depth 300
        dan pick 2                | dan#5 matching 300 @ 40.00
                                  | trade 300 @ 40.00 bob#1(0) dan#5(0) depth 0
    """,
        {"preset": "guangdong"},
        shows=("11.3",),
    ),
    Scenario(
        "guangdong: limits of 10 percent, half-up: 27.15 to 29.87 and 26.67 to 29.34",
        """
        reference 27.15 GDEA
        is GDEA                   | GDEA closed 24.44 to 29.87
        reference 26.67 GDEA
        is GDEA                   | GDEA closed 24.00 to 29.34
    """,
        {"preset": "guangdong"},
        shows=("3.1", "3.6"),
    ),
    Scenario(
        "guangdong: up to 100 tonnes the open is the close, above it the average",
        """
        reference 13.88 GDEA
        day 20180801
        clock 09:30
        ann sell 8 @ 14.66
        dan pick 1
        clock 15:29
        phase closed GDEA         | GDEA closed 13.88 12.49 to 15.27
                                  | GDEA day 13.88 14.66 14.66 13.88 volume 8 value 117.28
    """,
        {"preset": "guangdong"},
        shows=("10.3", "10.5"),
    ),
    Scenario(
        "guangdong: institutions hold up to three million tonnes",
        """
        open fund as institution
        cash fund 1000000000.00
        day 20210901
        clock 09:30
        ann sell 3000001 @ 40.00
        fund pick 1               | fund#1 refused HOLDING quantity
        fund pick 1 for 2000000   | fund#2 matching 2000000 @ 40.00
                                  | trade 2000000 @ 40.00 ann#1(1000001) fund#2(0) depth 1000001
        fund buy 1000000 @ 39.00
        fund buy 1 @ 39.00        | fund#4 refused HOLDING quantity
    """,
        {"preset": "guangdong"},
        shows=("2.17",),
    ),
    Scenario(
        "guangdong: the auction of September 2014, all bids fill at the lowest of them",
        """
        day 20140926
        clock 09:30
        phase continuous GDEA@one_way
        at GDEA@one_way
        ann announce sell 2000000 @ 25.00 from 09:30 until 15:30 least 5000
        bob bid 1 for 900000 @ 30.00
        dan bid 1 for 600000 @ 26.00
        dan bid 1 for 4999 @ 26.00   | dan#2 refused QUANTITY_RANGE quantity
        dan bid 1 for 5000 @ 24.99   | dan#3 refused PRICE_LIMIT price
        clock 15:30
        clear 1                   | trade 900000 @ 26.00 ann#1(1100000) bob#1(0)
                                  | trade 600000 @ 26.00 ann#1(500000) dan#1(0)
                                  | ann#1 cancelled 500000 LOST
                                  | auction 1 clears 1500000 @ 26.00 unsold 500000
    """,
        {"preset": "guangdong"},
        shows=("11.13", "11.15"),
    ),
)
