# ruff: noqa: E501 - the statement of an auction is one line
"""Whole compliance years: allocation, auctions, the rush before the deadline, surrender, the close.

Each log is replayed as well. The dates are the programmes'; what is traded is the scenario's own.
"""

from carbonx.testing.script import Scenario
from tests.scenarios.primary_auctions import planned

# Where allowances are traded between auctions; the presets of auctions have no such line.
SECONDARY = 'rule modes+ = {name = "secondary", moves_close = true}\n'
SELLER = 'rule auction.seller = "state"\n'

YEARS = (
    Scenario(
        "cn-national: free allocation, listings picked, CCER for 5%, five times November's average",
        """
        open plant cash 100000000.00
        open mill
        open works cash 10000000.00
        register plant
        register mill
        register works
        at CEA24
        cap 1000000 CEA24
        allocate plant 2024 100000 at 880000
        allocate plant 2024 100000 at 900000 final yes | plant issued 2000 CEA24
                                  | plant allocated 90000 by +2000 final
        allocate mill 2024 60000 final yes
        tonnes plant 6000 CCER
        report plant 2024 100000
        verify plant 2024 100000
        report mill 2024 40000
        verify mill 2024 40000
        report works 2024 5000
        verify works 2024 5000
        day 20251118
        clock 09:30
        mill sell 2000 @ 66.00
        mill sell 1000 @ 67.50
        plant pick 1              | plant#1 matching 2000 @ 66.00
                                  | trade 2000 @ 66.00 mill#1(0) plant#1(0) depth 0
        plant pick 2
        clock 15:00
        day 20251226
        clock 09:30
        mill sell 1000 @ 70.00
        mill sell 1000 @ 71.00
        mill sell 2000 @ 73.00
        plant pick 4
        plant pick 3
        works pick 5 for 500
        clock 15:00
        surrender plant 2024 95000 CEA24 | refused ALLOWANCES quantity
        day 20251229
        surrender plant 2024 5001 CCER | refused QUOTA quantity
        surrender plant 2024      | plant surrenders 5000 CCER due 95000
                                  | plant surrenders 95000 CEA24 due 0
        surrender mill 2024       | mill surrenders 40000 CEA24 due 0
        surrender works 2024      | works surrenders 500 CEA24 due 4500
        day 20260105
        close 2024 7000           | refused VALUE price
        close 2024                | works short 4500 penalty 1496250.00 make good 4500
                                  | cycle 2024 closed 1 of 3 short
        pay works 2024 works      | works pays 1496250.00 left 0.00
        transfer mill works 4500 7000
        surrender works 2024      | works surrenders 4500 CEA24 due 0
    """,
        {"preset": "cn-national"},
        shows=("13.4", "13.7", "13.9", "13.12", "13.17", "13.18"),
    ),
    Scenario(
        "guangdong: a government auction of a tenth, the best listing first, local credits alone",
        SELLER
        + planned(20250319, "GDEA@one_way", 10_000, "09:30-11:30")
        + """
        open state
        open plant as covered cash 100000000.00
        open mill as covered cash 100000000.00
        register plant
        register mill
        cap 200000
        issue state 10000
        allocate plant 2024 100000 at 850000 final yes
        allocate mill 2024 50000 final yes
        tonnes plant 20000 PHCER
        report plant 2024 100000
        verify plant 2024 100000
        report mill 2024 40000
        verify mill 2024 40000
        day 20250319
        phase continuous GDEA@one_way
        clock 09:30
        plant bid 1 for 5000 @ 40.00 in GDEA@one_way
        plant bid 1 for 1000 @ 40.00 in GDEA@one_way | plant#2 refused QUANTITY_RANGE quantity
        mill bid 1 for 5000 @ 38.00 in GDEA@one_way
        clock 11:30
        at GDEA@one_way
        clear 1
        phase closed GDEA@one_way
        at GDEA
        clock 15:30
        day 20250618
        clock 09:30
        mill sell 3000 @ 42.00
        mill sell 2000 @ 41.00
        plant pick 1              | plant#3 refused NOT_BEST number
        plant pick 2              | plant#4 matching 2000 @ 41.00
                                  | trade 2000 @ 41.00 mill#3(0) plant#4(0) depth 0
        plant pick 1 for 1000
        clock 15:30
        day 20250619
        surrender plant 2024      | plant surrenders 10000 PHCER due 90000
                                  | plant surrenders 90000 GDEA due 0
        surrender mill 2024 30000
        day 20250623
        close 2024                | mill short 10000 penalty 0.00 make good 10000
                                  | cycle 2024 closed 1 of 2 short
        surrender mill 2024       | mill surrenders 10000 GDEA due 0
    """,
        {"preset": "guangdong"},
        shows=("13.7", "13.9", "13.12"),
    ),
    Scenario(
        "eu: an auction delivered the day after, the order book before the deadline, 100 euros",
        SECONDARY
        + SELLER
        + planned(20250918, "EUA@auction", 5_000, "09:00-11:00")
        + """
        open state
        open plant cash 100000000.00
        open mill cash 100000000.00
        register plant
        register mill
        cap 100000
        issue state 10000
        allocate plant 2024 20000 final yes
        allocate mill 2024 15000 final yes
        report plant 2024 30000
        verify plant 2024 30000
        report mill 2024 12000
        verify mill 2024 12000
        day 20250917
        day 20250918
        clock 09:00
        at EUA
        plant bid 1 for 4000 @ 76.00
        mill bid 1 for 2000 @ 74.00
        clock 11:00
        clear 1 seed 5
        clock 11:30
        day 20250919              | day 20250919 number 3
                                  | plant delivered 4000 EUA -296000.00 EUR
                                  | state delivered -5000 EUA 370000.00 EUR
                                  | mill delivered 1000 EUA -74000.00 EUR
        day 20250929
        clock 09:00
        at EUA@secondary
        mill sell 1000 @ 77.00
        mill sell 1500 @ 77.50
        mill sell 2000 @ 78.00
        plant buy 3000 @ 78.00 ioc | plant#2 matching 3000 @ 78.00
                                  | trade 1000 @ 77.00 mill#2(0) plant#2(2000) depth 0
                                  | trade 1500 @ 77.50 mill#3(0) plant#2(500) depth 0
                                  | trade 500 @ 78.00 mill#4(1500) plant#2(0) depth 1500
        plant buy 2000 @ 76.00
        mill sell 500 @ 76.00
        clock 11:30
        day 20250930
        surrender plant 2024      | plant surrenders 27500 EUA due 2500
        surrender mill 2024       | mill surrenders 12000 EUA due 0
        day 20251001
        surrender plant 2024      | refused DEADLINE cycle
        close 2024                | plant short 2500 penalty 250000.00 make good 2500
                                  | cycle 2024 closed 1 of 2 short
        pay plant 2024 plant 10000000 | plant pays 100000.00 left 150000.00
        pay plant 2024 plant      | plant pays 150000.00 left 0.00
        transfer state plant 5000
        surrender plant 2024      | plant surrenders 2500 EUA due 0
    """,
        {"preset": "eu-auction"},
        shows=("13.12", "13.18"),
    ),
    Scenario(
        "california: a guarantee, three tenths of a year, offsets for 4%, four tonnes for one short",
        SECONDARY
        + SELLER
        + planned(20250820, "CCA-CURRENT@auction", 20_000, "10:00-13:00")
        + """
        open state
        open plant as covered cash 100000000.00
        open mill as covered cash 100000000.00
        register plant
        register mill
        cap 200000
        issue state 60000
        allocate plant 2024 20000 final yes
        allocate mill 2024 30000 final yes
        tonnes plant 5000 CCO
        report plant 2024 100000
        verify plant 2024 100000
        report mill 2024 40000
        verify mill 2024 40000
        guarantee plant 500000.00
        day 20250819
        day 20250820
        clock 10:00
        plant bid 1 for 5000 @ 30.00
        clock 13:00
        clear 1                   | trade 5000 @ 30.00 state#1(15000) plant#1(0)
                                  | state#1 cancelled 15000 LOST
                                  | auction 1 clears 5000 @ 30.00 unsold 15000
                                  | auction 1 of 20250820 sold_in_part 5000 of 20000 @ 30.00; cover 2500; winners 5000
        clock 13:30
        day 20251030
        clock 10:00
        at CCA-CURRENT@secondary
        mill sell 1000 @ 31.00
        mill sell 2000 @ 32.00
        plant buy 2000 @ 32.00 ioc | plant#2 matching 2000 @ 32.00
                                  | trade 1000 @ 31.00 mill#1(0) plant#2(1000) depth 0
                                  | trade 1000 @ 32.00 mill#2(1000) plant#2(0) depth 1000
        clock 13:30
        day 20251031
        surrender plant 2024      | plant surrenders 1200 CCO due 28800
                                  | plant surrenders 27000 CCA-CURRENT due 1800
        surrender mill 2024       | mill surrenders 12000 CCA-CURRENT due 0
        day 20251103
        close 2024                | plant short 1800 penalty 0.00 make good 7200
                                  | cycle 2024 closed 1 of 2 short
        transfer state plant 10000
        surrender plant 2024      | plant surrenders 7200 CCA-CURRENT due 0
    """,
        {"preset": "california"},
        shows=("13.9", "13.12"),
    ),
)
