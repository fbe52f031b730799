# ruff: noqa: E501 - the statement of an auction is one line
"""Government auctions under their presets, each by its worked example.

The dates are those of the scenario's own calendar. The little language is explained in
``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario


def planned(date: int, line: str, quantity: int, window: str, more: str = "") -> str:
    """Write a row of the calendar as an amendment; ``window`` is like ``12:00-14:00``."""
    product, _, mode = line.partition("@")
    opens, closes = window.split("-")
    return (
        f'rule auction.calendar+ = {{date = {date}, product = "{product}", mode = "{mode}", '
        f'quantity = {quantity}, opens = "{opens}", closes = "{closes}"{more}}}\n'
    )


SELLER = 'rule auction.seller = "ann"\n'
EU = "EUA@auction"

PRIMARY = (
    Scenario(
        "eu-auction: ties in random order, the last one cut; with too few bids the next four grow",
        SELLER
        + planned(20251120, EU, 5_000, "09:00-11:00")
        + "".join(
            planned(date, EU, 5_000, "09:00-11:00")
            for date in (20251121, 20251124, 20251125, 20251126, 20251127)
        )
        + """
        day 20251120
        clock 09:00
        bob bid 1 for 2000 @ 80.00
        dan bid 1 for 2500 @ 79.50
        bob bid 1 for 1500 @ 79.00
        cay bid 1 for 1000 @ 79.00
        clock 11:00
        clear 1 seed 3                    | trade 2000 @ 79.00 ann#1(3000) bob#1(0)
                                          | trade 2500 @ 79.00 ann#1(500) dan#1(0)
                                          | trade 500 @ 79.00 ann#1(0) bob#2(1000)
                                          | bob#2 cancelled 1000 LOST
                                          | cay#1 cancelled 1000 LOST
                                          | auction 1 clears 5000 @ 79.00 unsold 0
                                          | auction 1 of 20251120 sold 5000 of 5000 @ 79.00; cover 14000; winners 2500, 2500; cut tie 2000
        clock 11:30
        day 20251121
        clock 09:00
        bob bid 2 for 2000 @ 40.00
        dan bid 2 for 1500 @ 30.00
        clock 11:00
        clear 2                           | bob#3 cancelled 2000 LOST
                                          | dan#2 cancelled 1500 LOST
                                          | ann#2 cancelled 5000 LOST
                                          | auction 2 clears 0 @ 0.00 unsold 5000
                                          | auction 2 of 20251121 undersubscribed 0 of 5000 @ 0.00; interim 30.00; cover 7000; cut cancelled 3500; again 20251124 +1250, 20251125 +1250, 20251126 +1250, 20251127 +1250
    """,
        {"preset": "eu-auction"},
        shows=("12.7", "12.9", "12.20", "12.23"),
    ),
    Scenario(
        "krx: price, then time; 15% for one bidder; what is unsold moves to the next",
        SELLER
        + planned(20251120, "KAU@auction", 10_000, "09:00-10:00", ", reserve = 10000")
        + planned(20251121, "KAU@auction", 10_000, "09:00-10:00", ", reserve = 10000")
        + planned(20251124, "KAU@auction", 10_000, "09:00-10:00", ", reserve = 10000")
        + """
        open plant as entity cash 100000000
        day 20251120
        clock 09:00
        at KAU@auction
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
        clear 1                           | trade 1000 @ 10300 ann#1(9000) bob#1(0)
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
                                          | auction 1 of 20251120 sold 10000 of 10000 @ 10300; cover 15000; winners 6500, 3500; cut tie 2000, not_reached 3000
        clock 12:00
        day 20251121
        clock 09:00
        plant bid 2 for 1600 @ 11000      | plant#1 refused QUANTITY_RANGE quantity
        plant bid 2 for 1500 @ 11000
        clock 10:00
        clear 2                           | trade 1500 @ 11000 ann#2(8500) plant#2(0)
                                          | ann#2 cancelled 8500 LOST
                                          | auction 2 clears 1500 @ 11000 unsold 8500
                                          | auction 2 of 20251121 sold_in_part 1500 of 10000 @ 11000; cover 1500; winners 1500; again 20251124 +8500
    """,
        {"preset": "krx"},
        shows=("12.7", "12.20", "12.23"),
    ),
    Scenario(
        "guangdong-2014: less is bid for than is offered, both fill at the lowest bid",
        SELLER
        + planned(20140926, "GDEA@auction", 2_000_000, "09:30-11:30")
        + """
        open fund as institution cash 100000000.00
        open plant as covered cash 100000000.00
        day 20140926
        clock 09:30
        fund bid 1 for 4999 @ 30.00       | fund#1 refused ROLE quantity
        plant bid 1 for 1 @ 24.99         | plant#1 refused PRICE_LIMIT price
        fund bid 1 for 900000 @ 30.00
        plant bid 1 for 600000 @ 26.00
        clock 11:30
        clear 1                           | trade 900000 @ 26.00 ann#1(1100000) fund#2(0)
                                          | trade 600000 @ 26.00 ann#1(500000) plant#2(0)
                                          | ann#1 cancelled 500000 LOST
                                          | auction 1 clears 1500000 @ 26.00 unsold 500000
                                          | auction 1 of 20140926 sold_in_part 1500000 of 2000000 @ 26.00; cover 7500; winners 900000, 600000
    """,
        {"preset": "guangdong-2014"},
        shows=("12.9", "12.19", "12.29"),
    ),
    Scenario(
        "guangdong since 2015: valid from the policy reserve, half of the volume each, ties by time",
        SELLER
        + planned(20151221, "GDEA@one_way", 300_000, "09:30-11:30")
        + """
        open fund as institution cash 100000000.00
        open plant as covered cash 100000000.00
        day 20151221
        at GDEA@one_way
        phase continuous GDEA@one_way
        clock 09:30
        fund bid 1 for 999 @ 15.00        | fund#1 refused QUANTITY_RANGE quantity
        fund bid 1 for 100000 @ 12.79     | fund#2 refused PRICE_LIMIT price
        fund bid 1 for 100000 @ 15.00
        fund bid 1 for 50001 @ 13.00      | fund#4 refused QUANTITY_RANGE quantity
        fund bid 1 for 50000 @ 13.00
        plant bid 1 for 150000 @ 13.00
        dan bid 1 for 10000 @ 13.00
        clock 11:30
        clear 1                           | trade 100000 @ 13.00 ann#1(200000) fund#3(0)
                                          | trade 50000 @ 13.00 ann#1(150000) fund#5(0)
                                          | trade 150000 @ 13.00 ann#1(0) plant#1(0)
                                          | dan#1 cancelled 10000 LOST
                                          | auction 1 clears 300000 @ 13.00 unsold 0
                                          | auction 1 of 20151221 sold 300000 of 300000 @ 13.00; cover 10333; winners 150000, 150000; cut tie 10000
    """,
        {"preset": "guangdong"},
        shows=("12.7", "12.8"),
    ),
    Scenario(
        "shanghai, 30 November 2023: emitters, at 74.29 or more, price, then time",
        SELLER
        + planned(20231130, "SHEA@auction", 3_000_000, "09:30-11:30")
        + """
        open plant as emitter cash 1000000000.00
        open works as emitter cash 1000000000.00
        open fund as institution cash 100000000.00
        day 20231130
        at SHEA@auction
        phase continuous SHEA@auction
        clock 09:30
        fund bid 1 for 1000 @ 80.00       | fund#1 refused ROLE symbol
        plant bid 1 for 2000000 @ 74.28   | plant#1 refused PRICE_LIMIT price
        plant bid 1 for 2000000 @ 76.00
        works bid 1 for 800000 @ 75.00
        plant bid 1 for 500000 @ 75.00
        clock 11:30
        clear 1                           | trade 2000000 @ 75.00 ann#1(1000000) plant#2(0)
                                          | trade 800000 @ 75.00 ann#1(200000) works#1(0)
                                          | trade 200000 @ 75.00 ann#1(0) plant#3(300000)
                                          | plant#3 cancelled 300000 LOST
                                          | auction 1 clears 3000000 @ 75.00 unsold 0
                                          | auction 1 of 20231130 sold 3000000 of 3000000 @ 75.00; cover 11000; winners 2200000, 800000; cut tie 300000
    """,
        {"preset": "shanghai"},
        shows=("12.2", "12.7"),
    ),
    Scenario(
        "california: limits trimmed from the lowest lots, ties in proportion; advance sold apart",
        SELLER
        + planned(20251119, "CCA-CURRENT@auction", 60_000, "10:00-13:00", ", reserve = 1000")
        + planned(20251119, "CCA-ADVANCE@auction", 120_000, "10:00-13:00", ", reserve = 1000")
        + """
        open plant as covered cash 100000000.00
        guarantee dan 1000000.00
        at CCA-ADVANCE
        guarantee dan 1000000.00
        guarantee plant 300000.00
        at CCA-CURRENT
        day 20251119
        clock 10:00
        dan bid 1 for 10000 @ 15.00
        dan bid 1 for 50000 @ 12.00
        dan bid 1 for 40000 @ 10.00
        dan bid 1 for 10000 @ 15.00 in CCA-ADVANCE
        dan bid 1 for 50000 @ 12.00 in CCA-ADVANCE
        dan bid 1 for 40000 @ 10.00 in CCA-ADVANCE
        plant bid 1 for 20000 @ 11.00 in CCA-ADVANCE
        plant bid 1 for 20000 @ 10.00 in CCA-ADVANCE
        clock 13:00
        clear 1                           | trade 10000 @ 12.00 ann#1(50000) dan#1(0)
                                          | trade 50000 @ 12.00 ann#1(0) dan#2(0)
                                          | dan#3 cancelled 40000 LOST
                                          | auction 1 clears 60000 @ 12.00 unsold 0
                                          | auction 1 of 20251119 sold 60000 of 60000 @ 12.00; cover 16667; winners 60000; cut not_reached 40000
        at CCA-ADVANCE
        clear 1                           | trade 10000 @ 10.00 ann#2(110000) dan#4(0)
                                          | trade 50000 @ 10.00 ann#2(60000) dan#5(0)
                                          | trade 20000 @ 10.00 ann#2(40000) plant#1(0)
                                          | trade 8000 @ 10.00 ann#2(32000) plant#2(12000)
                                          | trade 32000 @ 10.00 ann#2(0) dan#6(8000)
                                          | dan#6 cancelled 8000 LOST
                                          | plant#2 cancelled 12000 LOST
                                          | auction 1 clears 120000 @ 10.00 unsold 0
                                          | auction 1 of 20251119 sold 120000 of 120000 @ 10.00; cover 10833; winners 92000, 28000; cut purchase 10000, tie 10000
    """,
        {"preset": "california"},
        shows=("12.3", "12.6", "12.9", "12.19"),
    ),
    Scenario(
        "rggi: the cost reserve is released above 17.03, the other withheld at 7.86 or less",
        SELLER
        + planned(20251203, "RGA@auction", 100_000, "09:00-12:00")
        + planned(20251204, "RGA@auction", 100_000, "09:00-12:00")
        + """
        open power as bidder cash 100000000.00
        day 20251203
        clock 09:00
        dan bid 1 for 75000 @ 20.00
        power bid 1 for 26000 @ 18.00     | power#1 refused QUANTITY_RANGE quantity
        power bid 1 for 25000 @ 18.00
        bob bid 1 for 8000 @ 17.50
        bob bid 1 for 9000 @ 17.00
        clock 12:00
        clear 1                           | trade 75000 @ 17.03 ann#1(33000) dan#1(0)
                                          | trade 25000 @ 17.03 ann#1(8000) power#2(0)
                                          | trade 8000 @ 17.03 ann#1(0) bob#1(0)
                                          | bob#2 cancelled 9000 LOST
                                          | auction 1 clears 108000 @ 17.03 unsold 0
                                          | auction 1 of 20251203 sold 108000 of 100000 @ 17.03; interim 18.00; cover 11700; winners 75000, 25000, 8000; cut not_reached 9000; tiers CCR 8000
        clock 12:30
        day 20251204
        clock 09:00
        dan bid 2 for 95000 @ 9.00
        bob bid 2 for 20000 @ 5.00
        clock 12:00
        clear 2                           | trade 95000 @ 7.86 ann#2(5000) dan#2(0)
                                          | bob#3 cancelled 20000 LOST
                                          | ann#2 cancelled 5000 LOST
                                          | auction 2 clears 95000 @ 7.86 unsold 0
                                          | auction 2 of 20251204 sold 95000 of 100000 @ 7.86; interim 5.00; cover 11500; winners 95000; cut not_reached 20000; tiers ECR 5000
    """,
        {"preset": "rggi"},
        shows=("12.11", "12.12", "12.21", "12.33"),
    ),
)
