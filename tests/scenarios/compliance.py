"""The compliance year: issue, allocation, surrender, offsets, banking, the close, the calendar."""

from carbonx.testing.script import Scenario
from engine.rulebook.model import AccountClass, Product
from engine.rulebook.programme import Credit, Cycle, Programme
from engine.vocabulary.enums import Instrument

PRODUCTS = (
    Product("OLD", 100, vintage=2020),
    Product("NEW", 100, vintage=2021),
    Product("CER", 50, instrument=Instrument.OFFSET, compliance_bp=500),
    Product("VER", 50, instrument=Instrument.OFFSET, compliance_bp=1_000),
    Product("FUT", 50, instrument=Instrument.FUTURE),
)
YEAR = Cycle(
    "2020", 2020, report_by=20210331, verify_by=20210430, publish=20210501, deadline=20210630
)
RULES = {
    "products": PRODUCTS,
    "classes": (AccountClass("frozen", no_purchases=True), AccountClass("small", holding_limit=50)),
    "programme": Programme(
        region="here",
        cycles=(YEAR, Cycle("2021", 2021, share_bp=5_000)),
        offset_bp=1_000,
        local_bp=5_000,
        credits=(Credit("VER", "here", 20190101), Credit("CER", "there", 20190101)),
        bank_bp=1_000,
        penalty=20,
        penalty_bp=30_000,
        freeze_class="frozen",
        large_holder=5_000,
    ),
}
OPENED = """
        open plant cash 10000
        open mill cash 10000
        register plant by An,Bo   | plant registered plant
        register mill             | mill registered mill
        cap 1000                  | cap 1000 OLD
"""
COMPLIANCE = (
    Scenario(
        "a venue without a programme refuses the registry's commands",
        """
        register ann              | refused PROGRAMME type
        cap 10                    | refused PROGRAMME type
        report ann 2020 10        | refused PROGRAMME type
        close 2020                | refused PROGRAMME type
        day 20210701
    """,
        phase=None,
        shows=("13.1",),
    ),
    Scenario(
        "an entity has accounts of its own, officers, a group and a class",
        """
        register plant            | refused UNKNOWN_ACCOUNT accounts
        register plant with ann,ann | refused VALUE accounts
        register plant with ann,bob in steel as fat | refused ROLE role
        register plant with ann,bob in steel as small | plant registered ann bob
        register mill with bob    | refused VALUE accounts
        register plant with ann   | plant registered ann
        register mill with bob    | mill registered bob
        report none 2020 1        | refused UNKNOWN_ENTITY entity
        report mill 2022 1        | refused UNKNOWN_CYCLE cycle
    """,
        RULES,
        shows=("13.2",),
    ),
    Scenario(
        "issued under a cap, allocated provisionally and finally",
        OPENED
        + """
        issue plant 1001          | refused CAP quantity
        issue plant 0             | refused VALUE quantity
        issue plant 300           | plant issued 300 OLD
        cap 299                   | refused CAP quantity
        allocate plant 2020 1000 at 800000 | refused CAP output
        allocate plant 2020 1000 at 700001 | plant issued 700 OLD
                                  | plant allocated 700 by +700 provisional
        allocate plant 2020 999 at 700000 share 9000 | plant allocated 629 by -71 provisional
        transfer plant mill 900   | plant gives mill 900 OLD
        allocate plant 2020 600 final yes | plant allocated 600 by -29 final
        allocate plant 2020 600   | refused DEADLINE cycle
        allocate mill 2020 10 of CER | refused ELIGIBILITY product
        allocate mill 2020 10     | mill issued 10 OLD
                                  | mill allocated 10 by +10 provisional
        retire mill 905           | mill cancels 905 OLD
        allocate mill 2020 2      | mill allocated 2 by -5 provisional owes 3
    """,
        RULES,
        shows=("13.3", "13.4", "13.11"),
    ),
    Scenario(
        "a transfer moves what is available, and its payment the other way",
        OPENED
        + """
        issue mill 200
        transfer mill mill 5      | refused VALUE to
        transfer mill plant 201   | refused ALLOWANCES quantity
        transfer mill plant 101 100 | refused CASH price
        transfer mill plant 100 100 | mill gives plant 100 OLD for 10000
        mill cash                 | 20000 reserved 0
        plant cash                | 0 reserved 0
        class plant small
        transfer mill plant 1     | refused HOLDING quantity
        retire mill 101           | refused ALLOWANCES quantity
    """,
        RULES,
        shows=("13.5", "13.11", "13.16"),
    ),
    Scenario(
        "surrender: officers, what is due, the oldest vintage, offsets within their quotas",
        OPENED
        + """
        cap 1000 NEW
        issue plant 150
        issue plant 100 NEW
        tonnes plant 100 CER
        tonnes plant 100 VER
        tonnes plant 100 FUT
        verify plant 2020 200     | refused VALUE entity
        report plant 2020 190     | plant reports 190
        surrender plant 2020 1 OLD An | refused DUE cycle
        verify plant 2020 200     | plant verified 200 due 200
        report plant 2020 190     | refused DEADLINE cycle
        surrender plant 2020 1 OLD Cy | refused OFFICER officer
        surrender plant 2020 201 OLD An | refused DUE quantity
        surrender plant 2020 151 OLD An | refused ALLOWANCES quantity
        surrender plant 2020 1 NEW An | refused ELIGIBILITY product
        surrender plant 2020 1 FUT An | refused ELIGIBILITY product
        surrender plant 2020 11 CER An | refused QUOTA quantity
        surrender plant 2020 10 CER An | plant surrenders 10 CER due 190
        verify plant 2020 199     | refused VALUE quantity
        surrender plant 2020 11 VER An | refused QUOTA quantity
        surrender plant 2020 0 any Bo | plant surrenders 10 VER due 180
                                  | plant surrenders 150 OLD due 30
    """,
        RULES,
        shows=("13.6", "13.7", "13.8", "13.9"),
    ),
    Scenario(
        "once surrender has begun, no share that was amended lowers what is asked for",
        OPENED
        + """
        issue plant 100
        report plant 2021 200
        verify plant 2021 200     | plant verified 200 due 100
        surrender plant 2021 100 OLD An | plant surrenders 100 OLD due 0
        rule programme.cycles[2021].share_bp = 1000
        day 20210401
        verify plant 2021 300     | refused VALUE quantity
        verify plant 2021 1000    | plant verified 1000 due 0
        verify plant 2021 1001    | plant verified 1001 due 1
    """,
        RULES,
        None,
        shows=("13.6",),
    ),
    Scenario(
        "credits of projects that are too old do not count; a later vintage is borrowed",
        OPENED
        + """
        cap 1000 NEW
        issue mill 100 NEW
        tonnes mill 100 CER
        report mill 2020 100
        verify mill 2020 100
        surrender mill 2020 1 CER | refused ELIGIBILITY product
        surrender mill 2020 11 NEW | refused QUOTA quantity
        surrender mill 2020       | mill surrenders 10 NEW due 90
    """,
        RULES
        | {
            "programme": Programme(
                cycles=(YEAR,), offset_bp=1_000, offset_from=20180101, borrow_bp=1_000
            )
        },
        shows=("13.8", "13.9"),
    ),
    Scenario(
        "the calendar, the close, making good under a purchase freeze, banking",
        OPENED
        + """
        cap 9000 NEW
        issue plant 150
        issue mill 500
        issue mill 4600 NEW
        day 20210401              | day 20210401 number 1
                                  | reporting of 2020 ended 20210331 missing 2
                                  | mill holds 5100 above 5000
        report plant 2020 190
        report mill 2020 200
        verify plant 2020 200
        day 20210503              | day 20210503 number 2
                                  | verification of 2020 ended 20210430 missing 1
                                  | plant published 200 allocated 0
                                  | mill holds 5100 above 5000
        close 2020 10             | refused DEADLINE cycle
        verify mill 2020 200
        surrender plant 2020 0 any An | plant surrenders 150 OLD due 50
        surrender mill 2020       | mill surrenders 200 OLD due 0
        bank mill 2020 21 OLD NEW | refused QUOTA quantity
        bank mill 2020 20 NEW OLD | refused ELIGIBILITY to
        bank mill 2020 20 OLD NEW | mill banks 20 OLD as NEW
        day 20210701              | day 20210701 number 3
                                  | surrender of 2020 ended 20210630 missing 1
        surrender plant 2020 0 any An | refused DEADLINE cycle
        close 2020 10             | plant short 50 penalty 2500 make good 50
                                  | plant frozen
                                  | cycle 2020 closed 1 of 2 short
        close 2020                | refused DEADLINE cycle
        verify plant 2020 250     | refused DEADLINE cycle
        phase continuous OLD
        plant buy 1 @ 100         | plant#1 refused ROLE side
        transfer mill plant 60 1  | refused FROZEN to
        register plant            | refused FROZEN entity
        class plant small         | refused FROZEN account
        transfer mill plant 60    | mill gives plant 60 OLD
        surrender plant 2020 0 any An | plant surrenders 50 OLD due 0
                                  | plant thawed
        plant buy 1 @ 90          | plant#2 resting 1 @ 90 depth 1
        report plant 2021 21
        verify plant 2021 21      | plant verified 21 due 11
    """,
        RULES,
        None,
        shows=("13.6", "13.10", "13.12", "13.13", "13.14", "13.15", "13.16"),
    ),
    Scenario(
        "shenzhen fines three times the average price, which the close states",
        """
        open plant
        register plant
        report plant 2013 10
        verify plant 2013 10
        day 20140701              | day 20140701 number 1
                                  | surrender of 2013 ended 20140630 missing 1
        close 2013 4000           | plant short 10 penalty 1200.00 make good 10
                                  | cycle 2013 closed 1 of 1 short
    """,
        {"preset": "shenzhen-2013"},
        shows=("13.12",),
    ),
    Scenario(
        "the average of the venue's own trades, and a penalty paid in parts",
        """
        open plant cash 10000
        open mill tonnes 300 product OLD
        register plant
        day 20210429
        phase continuous OLD
        mill sell 5 @ 100
        plant buy 5 @ 100
        phase closed
        day 20210531
        phase continuous OLD
        mill sell 10 @ 111
        plant buy 10 @ 111
        mill sell 10 @ 114
        plant buy 10 @ 114
        phase closed
        day 20210601
        phase continuous OLD
        mill sell 1 @ 500
        plant buy 1 @ 500
        phase closed
        report plant 2020 10
        verify plant 2020 10
        day 20210701              | day 20210701 number 4
                                  | 2020 averages 113 over 20
                                  | surrender of 2020 ended 20210630 missing 1
        pay plant 2020 plant      | refused DUE amount
        close 2020 114            | refused VALUE price
        close 2020                | plant short 10 penalty 3390 make good 10
                                  | plant frozen
                                  | cycle 2020 closed 1 of 1 short
        pay plant 2020 mill       | refused UNKNOWN_ACCOUNT account
        pay plant 2020 plant 3391 | refused DUE amount
        pay plant 2020 plant 1390 | plant pays 1390 left 2000
        cash plant -5000
        pay plant 2020 plant      | refused CASH amount
        cash plant 5000
        surrender plant 2020      | plant surrenders 10 OLD due 0
                                  | plant thawed
        pay plant 2020 plant      | plant pays 2000 left 0
        pay plant 2020 plant      | refused DUE amount
    """,
        RULES
        | {
            "programme": Programme(
                cycles=(Cycle("2020", 2020, deadline=20210630),),
                penalty_bp=30_000,
                penalty_months=1,
                freeze_class="frozen",
            )
        },
        None,
        shows=("13.12", "13.17", "13.18"),
    ),
    Scenario(
        "without trades the close states the price; without a deadline the months before it count",
        """
        open plant
        register plant
        report plant 2020 10
        verify plant 2020 10
        day 20210701
        close 2020                | refused VALUE price
        close 2020 114            | plant short 10 penalty 3420 make good 10
                                  | cycle 2020 closed 1 of 1 short
        pay plant 2020 plant      | refused CASH amount
    """,
        RULES
        | {
            "programme": Programme(
                cycles=(Cycle("2020", 2020),), penalty_bp=30_000, penalty_months=1
            )
        },
        None,
        shows=("13.17",),
    ),
    Scenario(
        "a european year: free allocation, an auction for the rest, a hundred euros a tonne short",
        """
        open plant cash 1000000.00
        register plant
        cap 10000
        issue ann 5000
        allocate plant 2024 2000
        report plant 2024 4100
        verify plant 2024 4100
        day 20241120
        clock 09:00
        ann announce sell 5000 @ 60.00 from 09:00 until 11:00
        plant bid 1 for 2000 @ 80.00
        dan bid 1 for 3000 @ 79.00
        clock 11:00
        clear 1
        clock 11:30
        day 20241121
        surrender plant 2024      | plant surrenders 4000 EUA due 100
        day 20251001              | day 20251001 number 3
                                  | surrender of 2024 ended 20250930 missing 1
        close 2024                | plant short 100 penalty 10000.00 make good 100
                                  | cycle 2024 closed 1 of 1 short
    """,
        {"preset": "eu-auction"},
        shows=("13.12", "13.14"),
    ),
)
