# ruff: noqa: E501 - the statement of an auction is one line
"""Consigned units in auctions of the calendar.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.vocabulary.enums import ConsignedRest
from tests.scenarios.planned_auctions import MONDAY, TUESDAY, WEDNESDAY, planned, rules

CONSIGNED = (
    Scenario(
        "consigned units are sold first, for their owners, and what is unsold waits",
        """
        consign nobody 5                  | refused UNKNOWN_ACCOUNT account
        consign cay 0                     | refused QUANTITY_RANGE quantity
        consign cay 1001                  | refused ALLOWANCES quantity
        consign cay 30                    | cay consigned 30 to 30
        consign dan 25                    | dan consigned 25 to 25
        consign dan -26                   | refused QUANTITY_RANGE quantity
        consign dan -5                    | dan consigned -5 to 20
        cay tonnes                        | 1000 reserved 30
        day 20210628                      | day 20210628 number 1
                                          | ann#1 held 10 @ 90
                                          | ann#1 auction 1: sell 60 @ 90
        consign dan -1                    | refused QUANTITY_RANGE quantity
        consign dan 7                     | dan consigned 7 to 27
        phase continuous
        clock 09:00
        bob bid 1 for 25 @ 95
        clock 10:00
        clear 1                           | trade 15 @ 95 cay#0(0) bob#1(10)
                                          | trade 10 @ 95 dan#0(0) bob#1(0)
                                          | ann#1 cancelled 10 LOST
                                          | auction 1 clears 25 @ 95 unsold 35
                                          | auction 1 of 20210628 sold_in_part 25 of 60 @ 95; cover 4167; winners 25; consigned 25 of 50; again 20210629 +10
        cay cash                          | 1001425 reserved 0
        dan cash                          | 1000950 reserved 0
        cay tonnes                        | 985 reserved 15
        dan tonnes                        | 990 reserved 17
        phase closed
        day 20210629                      | day 20210629 number 2
                                          | ann#2 held 20 @ 90
                                          | ann#2 auction 2: sell 52 @ 90
        phase continuous
        clear 2 off                       | ann#2 cancelled 20 LOST
                                          | auction 2 clears 0 @ 0 unsold 52
        phase closed
        day 20210630                      | day 20210630 number 3
                                          | ann#3 held 10 @ 90
                                          | ann#3 auction 3: sell 42 @ 90
        phase continuous
        clock 09:00
        bob bid 3 for 40 @ 99
        cay bid 3 for 5 @ 98
        clock 10:00
        clear 3                           | trade 15 @ 98 cay#0(0) bob#2(25)
                                          | trade 17 @ 98 dan#0(0) bob#2(8)
                                          | trade 8 @ 98 ann#3(2) bob#2(0)
                                          | trade 2 @ 98 ann#3(0) cay#1(3)
                                          | cay#1 cancelled 3 LOST
                                          | auction 3 clears 42 @ 98 unsold 0
                                          | auction 3 of 20210630 sold 42 of 42 @ 98; cover 10714; winners 40, 2; cut not_reached 3; consigned 32 of 32
    """,
        rules(
            planned(MONDAY, 10),
            planned(TUESDAY, 10),
            planned(WEDNESDAY, 10),
            reserve=90,
            reoffer_over=1,
            consigned=ConsignedRest.WAIT,
        ),
        phase=None,
        shows=("12.30", "12.14"),
    ),
    Scenario(
        "what is unsold goes back where the rulebook says so",
        """
        consign cay 30
        day 20210628
        phase continuous
        clock 09:00
        bob bid 1 for 25 @ 95
        clock 10:00
        clear 1                           | trade 25 @ 95 cay#0(0) bob#1(0)
                                          | ann#1 cancelled 10 LOST
                                          | auction 1 clears 25 @ 95 unsold 15
                                          | cay consigned -5 to 0
                                          | auction 1 of 20210628 sold_in_part 25 of 40 @ 95; cover 6250; winners 25; consigned 25 of 30
        cay tonnes                        | 975 reserved 0
        phase closed
        consign cay 5
        day 20210629
        phase continuous
        clock 09:00
        phase closed                      | ann#2 cancelled 10 DAY_ENDED
                                          | cay consigned -5 to 0
                                          | OLD closed 95
                                          | OLD day 0 0 0 95 volume 0 value 0
                                          | NEW closed 50
                                          | NEW day 0 0 0 50 volume 0 value 0
    """,
        rules(
            planned(MONDAY, 10), planned(TUESDAY, 10), reserve=90, consigned=ConsignedRest.RETURN
        ),
        phase=None,
        shows=("12.30",),
    ),
    Scenario(
        "a rulebook that says nothing of consigned units takes none",
        """
        consign cay 30                    | refused MODE symbol
    """,
        rules(planned(MONDAY, 10), reserve=90),
        phase=None,
        shows=("12.30",),
    ),
)
