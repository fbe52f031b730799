"""The compliance year: allocation, transfers, surrender, offsets, shortfall."""

from carbonx.testing.script import Scenario
from engine.rulebook.model import Product
from engine.rulebook.programme import Programme
from engine.vocabulary.enums import Instrument

RULES = {
    "programme": Programme(cap=1_000, deadline=1231, penalty=200, make_good=True),
    "products": (
        Product("OLD", 100, vintage=2020),
        Product("NEW", 100, vintage=2021),
        Product("CER", 50, instrument=Instrument.OFFSET, compliance_bp=500),
        Product("VER", 50, instrument=Instrument.OFFSET, compliance_bp=1_000),
    ),
}
COMPLIANCE = (
    Scenario(
        "a venue without a programme refuses the registry's commands",
        """
        allocate ann 2020 10      | refused RULEBOOK programme
        transfer ann bob 1        | refused RULEBOOK programme
        verify ann 2020 10        | refused RULEBOOK programme
        surrender ann 2020 10     | refused RULEBOOK programme
        retire ann 1              | refused RULEBOOK programme
        settle 2020               | refused RULEBOOK programme
    """,
        shows=("13.1",),
    ),
    Scenario(
        "a final allocation settles the difference, under the cap of the year",
        """
        open plant
        allocate none 2020 5      | refused UNKNOWN_ACCOUNT account
        allocate plant 2020 5 X   | refused UNKNOWN_PRODUCT product
        allocate plant 2020 0     | refused VALUE quantity
        allocate plant 0 5        | refused VALUE year
        allocate plant 2020 1001  | refused QUANTITY_RANGE quantity
        allocate plant 2020 700   | plant allocated 700 for 2020 to 700
        allocate plant 2020 301   | refused QUANTITY_RANGE quantity
        allocate plant 2020 300   | plant allocated 300 for 2020 to 1000
        plant sell 950 @ 105
        allocate plant 2020 -60   | refused ALLOWANCES quantity
        allocate plant 2020 -50   | plant allocated -50 for 2020 to 950
        allocate plant 2021 60 NEW | plant allocated 60 for 2021 to 60
    """,
        RULES,
        shows=("13.2",),
    ),
    Scenario(
        "a transfer moves what is available, and its payment with it",
        """
        open plant cash 500
        open mill tonnes 20
        transfer mill plant 21        | refused ALLOWANCES quantity
        transfer mill plant 0         | refused VALUE quantity
        transfer mill mill 5          | refused COUNTERPARTY to
        transfer mill none 5          | refused COUNTERPARTY to
        transfer mill plant 5 501     | refused CASH amount
        transfer mill plant 5 -1      | refused VALUE amount
        transfer mill plant 5 500     | mill transfers 5 to plant for 500
        mill cash                     | 500 reserved 0
        plant cash                    | 0 reserved 0
        transfer mill plant 15        | mill transfers 15 to plant for 0
        plant tonnes                  | 20 reserved 0
    """,
        RULES,
        shows=("13.3",),
    ),
    Scenario(
        "surrender against verified emissions, with offsets within their quota",
        """
        open plant
        day 20211201
        allocate plant 2020 300
        allocate plant 2021 300 NEW
        tonnes plant 100 CER
        tonnes plant 100 VER
        surrender plant 2020 1        | refused QUANTITY_RANGE quantity
        verify plant 2020 -1          | refused VALUE quantity
        verify plant 2020 250         | plant emitted 250 in 2020 owes 250
        verify plant 2020 219         | plant emitted 219 in 2020 owes 219
        surrender plant 2020 5 NEW    | refused UNKNOWN_PRODUCT product
        surrender plant 2020 11 CER   | refused QUANTITY_RANGE quantity
        surrender plant 2020 10 CER   | plant surrenders 10 CER for 2020 owes 209
        verify plant 2020 300         | refused FROZEN quantity
        surrender plant 2020 12 VER   | refused QUANTITY_RANGE quantity
        surrender plant 2020 11 VER   | plant surrenders 11 VER for 2020 owes 198
        surrender plant 2020 199      | refused QUANTITY_RANGE quantity
        surrender plant 2020 198      | plant surrenders 198 OLD for 2020 owes 0
        surrender plant 2020 1        | refused QUANTITY_RANGE quantity
        plant tonnes                  | 102 reserved 0
        verify plant 2021 50          | plant emitted 50 in 2021 owes 50
        surrender plant 2021 50       | plant surrenders 50 OLD for 2021 owes 0
        retire plant 53               | refused ALLOWANCES quantity
        retire plant 52               | plant retires 52 to 0
    """,
        RULES,
        None,
        shows=("13.4", "13.5", "13.6", "13.7", "13.9"),
    ),
    Scenario(
        "who is short when the year is settled is fined and makes it good",
        """
        open plant
        open mill
        allocate plant 2020 100
        verify plant 2020 120
        verify mill 2020 0
        verify mill 2021 7
        day 20211231
        surrender plant 2020 60       | plant surrenders 60 OLD for 2020 owes 60
        settle 2020                   | refused WINDOW year
        day 20220101
        surrender plant 2020 40       | refused WINDOW year
        settle 2021                   | refused VALUE year
        settle 2020 -1                | refused VALUE price
        settle 2020 1000000000000     | plant short 60 for 2020 fined 12000 CNY
                                      | year 2020 owed 120 surrendered 60 short 60
        settle 2020                   | refused VALUE year
        allocate plant 2020 1         | refused VALUE year
        verify plant 2021 10          | plant emitted 10 in 2021 owes 70
        surrender plant 2021 40       | plant surrenders 40 OLD for 2021 owes 30
    """,
        RULES,
        None,
        shows=("13.8", "13.10", "13.11"),
    ),
    Scenario(
        "shenzhen fines three times the average price, which the settlement states",
        """
        open plant
        verify plant 2013 10
        day 20140701
        settle 2013 40.00             | plant short 10 for 2013 fined 1200.00 CNY
                                      | year 2013 owed 10 surrendered 0 short 10
    """,
        {"preset": "shenzhen-2013"},
        shows=("13.10",),
    ),
    Scenario(
        "a european year: free allocation, an auction for the rest, a shortfall not carried",
        """
        open plant cash 1000000.00
        allocate plant 2025 2000
        allocate ann 2025 5000
        verify plant 2025 4100
        day 20251120
        clock 09:00
        ann announce sell 5000 @ 60.00 from 09:00 until 11:00
        plant bid 1 for 2000 @ 80.00
        dan bid 1 for 3000 @ 79.00
        clock 11:00
        clear 1
        surrender plant 2025 2001      | refused ALLOWANCES quantity
        clock 11:30
        day 20251121
        surrender plant 2025 4000      | plant surrenders 4000 EUA for 2025 owes 100
        settle 2025                    | plant short 100 for 2025 fined 0.00 EUR
                                       | year 2025 owed 4100 surrendered 4000 short 100
        verify plant 2026 1            | plant emitted 1 in 2026 owes 1
    """,
        {"preset": "eu-auction"},
        shows=("13.5", "13.10"),
    ),
    Scenario(
        "a californian year: allocation, a purchase inside its limit, surrender of what was bought",
        """
        open plant as covered cash 10000000.00
        allocate plant 2025 10000
        allocate ann 2025 100000
        verify plant 2025 15500
        day 20251119
        clock 10:00
        ann announce sell 100000 @ 25.87 from 10:00 until 13:00
        plant bid 1 for 5000 @ 30.00
        clock 13:00
        clear 1                        | trade 5000 @ 30.00 ann#1(95000) plant#1(0)
                                       | ann#1 cancelled 95000 LOST
                                       | auction 1 clears 5000 @ 30.00 unsold 95000
        clock 14:00
        day 20251120
        surrender plant 2025 15000     | plant surrenders 15000 CCA-CURRENT for 2025 owes 500
        settle 2025                    | plant short 500 for 2025 fined 0.00 USD
                                       | year 2025 owed 15500 surrendered 15000 short 500
    """,
        {"preset": "california"},
        shows=("13.5", "13.10"),
    ),
)
