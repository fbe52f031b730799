"""The rulebooks of the smaller Chinese markets, told in the words of their rules.

The little language is explained in ``carbonx.testing.script``; prices are yuan a tonne.
"""

from carbonx.testing.script import Scenario

PILOTS = (
    Scenario(
        "hubei: half a percent from each side; a fixed-price transfer costs its seller 4 percent",
        """
        day 20231018
        clock 09:30
        is                        | HBEA continuous 18.00 to 22.00
        ann sell 100 @ 20.00
        dan buy 100 @ 20.00       | dan#1 matching 100 @ 20.00
                                  | trade 100 @ 20.00 ann#1(0) dan#1(0) depth 0 fees 10.00 10.00
        clock 13:00
        at HBEA@fixed_price
        is                        | HBEA@fixed_price continuous 14.00 to 26.00
        ann sell 100 @ 25.00
        dan pick 1                | dan#2 matching 100 @ 25.00
                                  | trade 100 @ 25.00 ann#2(0) dan#2(0) depth 0 fees 100.00 0.00
        fees                      | 120.00
    """,
        {"preset": "hubei"},
        shows=("4.2", "4.3"),
    ),
    Scenario(
        "hubei: the close is the average of all negotiated-price trades",
        """
        day 20231018
        clock 09:30
        ann sell 3 @ 20.00
        dan buy 3 @ 20.00
        ann sell 1 @ 21.00
        dan buy 1 @ 21.00
        clock 15:00
        is                        | HBEA closed 18.23 to 22.28
    """,
        {"preset": "hubei"},
        shows=("10.3",),
    ),
    Scenario(
        "beijing: 10,000 tonnes are agreed, less is public, within 20 percent",
        """
        open plant as emitter allocation 500000
        open fund as other
        cash plant 1000000000.00
        cash fund 1000000000.00
        day 20250506
        clock 09:30
        is BEA                    | BEA continuous 72.00 to 108.00
        ann sell 10000 @ 100.00   | ann#1 refused QUANTITY_RANGE quantity
        ann sell 9999 @ 100.00
        plant pick 1 for 99       | plant#1 matching 99 @ 100.00
                                  | trade 99 @ 100.00 ann#2(9900) plant#1(0) depth 9900
        at BEA@agreement
        is                        | BEA@agreement continuous 0.00 to 0.00
        ann quote sell 1500000 @ 50.00 to plant,fund
        fund pick 1               | fund#1 refused HOLDING quantity
        plant pick 1              | plant#2 refused HOLDING quantity
        ann quote sell 1499901 @ 50.00 to plant
        plant pick 2              | plant#3 matching 1499901 @ 50.00
                                  | trade 1499901 @ 50.00 ann#4(0) plant#3(0)
        at BEA@public_whole
        bob announce buy 5000 @ 95.00 from 09:30 until 11:30
        ann bid 1 for 4000 @ 90.00   | ann#5 refused QUANTITY_RANGE quantity
        ann bid 1 for 5000 @ 90.00
        dan bid 1 for 5000 @ 89.00
        clock 11:30
        clear 1                   | trade 5000 @ 89.00 bob#1(0) dan#1(0)
                                  | ann#6 cancelled 5000 LOST
                                  | auction 1 clears 5000 @ 89.00 unsold 0
    """,
        {"preset": "beijing"},
        shows=("2.17", "11.5", "11.14"),
    ),
    Scenario(
        "shanghai: listed and matched up to 100,000 tonnes, agreed above; the auction of 2023",
        """
        open needy as borrower
        cash needy 1000000000.00
        day 20231130
        clock 13:00
        is SHEA                   | SHEA continuous 55.72 to 68.10
        ann sell 100000 @ 60.00
        needy buy 100000 @ 60.00  | needy#1 matching 100000 @ 60.00
                                  | trade 100000 @ 60.00 ann#1(0) needy#1(0) depth 0
        ann sell 100001 @ 60.00   | ann#2 refused QUANTITY_RANGE quantity
        ann quote sell 100000 @ 60.00 in SHEA@agreement   | ann#3 refused QUANTITY_RANGE quantity
        ann quote sell 1900001 @ 60.00 in SHEA@agreement
        needy pick 1 in SHEA@agreement   | needy#2 refused HOLDING quantity
        phase continuous SHEA@auction
        at SHEA@auction
        ann announce sell 3000000 @ 74.29 from 13:00 until 14:00
        bob bid 1 for 2000000 @ 75.00
        dan bid 1 for 1500000 @ 74.29
        cay bid 1 for 500000 @ 74.29
        clock 14:00
        clear 1                   | trade 2000000 @ 74.29 ann#5(1000000) bob#1(0)
                                  | trade 1000000 @ 74.29 ann#5(0) dan#1(500000)
                                  | dan#1 cancelled 500000 LOST
                                  | cay#1 cancelled 500000 LOST
                                  | auction 1 clears 3000000 @ 74.29 unsold 0
    """,
        {"preset": "shanghai"},
        shows=("2.7", "2.17", "11.13"),
    ),
    Scenario(
        "tianjin: a line for each vintage, agreements from 200,000 tonnes",
        """
        day 20240603
        clock 13:30
        is TJEA24                 | TJEA24 continuous 31.50 to 38.50
        ann sell 5 @ 35.00 in TJEA23
        dan buy 5 @ 38.50 in TJEA24   | dan#1 resting 5 @ 38.50 depth 5
        ann quote sell 199999 @ 35.00 in TJEA24@agreement
                                  | ann#2 refused QUANTITY_RANGE quantity
        ann quote sell 200000 @ 35.00 in TJEA24@agreement
                                  | ann#3 held 200000 @ 35.00
                                  | ann#3 quote 1: sell 200000 @ 35.00
    """,
        {"preset": "tianjin"},
        shows=("2.7", "11.5"),
    ),
    Scenario(
        "chongqing: a declared price is anybody's, an intention asks for declarations",
        """
        day 20240603
        clock 09:30
        is CQEA                   | CQEA continuous 24.00 to 36.00
        ann sell 100 @ 36.00
        bob sell 100 @ 30.00
        dan pick 1                | dan#1 matching 100 @ 36.00
                                  | trade 100 @ 36.00 ann#1(0) dan#1(0) depth 0
        at CQEA@declared
        dan quote buy 10000       | dan#2 enquiry 1: buy 10000
        bob quote sell 10000 @ 29.00 answers 1
        dan pick 2                | dan#3 matching 10000 @ 29.00
                                  | trade 10000 @ 29.00 bob#2(0) dan#3(0)
    """,
        {"preset": "chongqing"},
        shows=("11.4", "11.6"),
    ),
    Scenario(
        "fujian: one tonne at the exact half-up limit, 9.86 to 8.87",
        """
        day 20201218
        clock 09:30
        is                        | FJEA continuous 8.87 to 10.85
        ann sell 1 @ 8.86         | ann#1 refused PRICE_LIMIT price
        ann sell 1 @ 8.87
        dan pick 1                | dan#1 matching 1 @ 8.87
                                  | trade 1 @ 8.87 ann#2(0) dan#1(0) depth 0
        clock 15:30
        is                        | FJEA closed 7.98 to 9.76
    """,
        {"preset": "fujian"},
        shows=("2.10", "3.1", "3.6"),
    ),
)
