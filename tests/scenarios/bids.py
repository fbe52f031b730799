"""The rules of ``docs/rules.md`` as tables: bids that bind, and what of them may still change.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.rulebook.model import AccountClass
from engine.vocabulary.enums import Mechanism

ONE_WAY = {"mechanism": Mechanism.ONE_WAY}

BINDING = (
    Scenario(
        "after its window a bid leaves by none of the ways in which its bidder could take it out",
        """
        ann announce sell 9 @ 90 from 0 until 10
        bob bid 1 for 5 @ 95
        dan bid 1 for 5 @ 94
        time 9
        dan cancel 1              | dan#1 cancelled 5 REQUESTED
        dan bid 1 for 4 @ 93
        time 10
        bob cancel 1              | bob#2 refused FROZEN target
        bob amend 1 to 4          | bob#3 refused FROZEN target
        bob cancel all            | bob#4 mass cancel of 0
        bob cancel all OLD        | bob#5 mass cancel of 0
        bob disconnects           |
        kill bob                  | bob killed 0
        ann cancel 1              | ann#2 refused FROZEN target
        kill ann                  | ann killed 0
        phase halted OLD          | OLD halted 100
        bob cancel 1              | bob#6 refused FROZEN target
        clear 1                   | trade 5 @ 93 ann#1(4) bob#1(0)
                                  | trade 4 @ 93 ann#1(0) dan#3(0)
                                  | auction 1 clears 9 @ 93 unsold 0
    """,
        ONE_WAY,
        shows=("11.19", "11.20", "11.23", "2.21", "2.25"),
    ),
    Scenario(
        "inside the window it leaves by all of them, also while the line is halted",
        """
        ann announce sell 9 @ 90 from 0 until 10
        bob bid 1 for 1 @ 95
        bob bid 1 for 2 @ 95
        dan bid 1 for 3 @ 95
        cay bid 1 for 4 @ 95
        phase halted OLD
        bob cancel 1              | bob#1 cancelled 1 REQUESTED
        bob amend 2 to 1          | bob#4 refused PHASE symbol
        bob cancel all            | bob#2 cancelled 2 MASS
                                  | bob#5 mass cancel of 1
        dan disconnects           | dan#1 cancelled 3 DISCONNECTED
        kill cay                  | cay#1 cancelled 4 KILLED
                                  | cay killed 1
    """,
        ONE_WAY,
        shows=("11.19",),
    ),
    Scenario(
        "an announcement is withdrawn while nobody bids, and not by the kill switch either",
        """
        ann announce sell 9 @ 90 from 0 until 10
        bob bid 1 for 5 @ 95
        ann cancel 1              | ann#2 refused FROZEN target
        ann cancel all            | ann#3 mass cancel of 0
        ann disconnects           |
        kill ann                  | ann killed 0
        free ann
        bob cancel 1
        ann cancel 1              | ann#1 cancelled 9 REQUESTED
        ann tonnes                | 1000 reserved 0
        ann announce sell 9 @ 90 from 0 until 10
        time 10
        ann cancel 5              | ann#6 refused FROZEN target
        clear 2                   | ann#5 cancelled 9 LOST
                                  | auction 2 clears 0 @ 0 unsold 9
    """,
        ONE_WAY,
        shows=("11.20",),
    ),
    Scenario(
        "an auction that is called off takes its bids along, inside the window or after it",
        """
        ann announce sell 9 @ 90 from 0 until 10
        bob bid 1 for 5 @ 95
        clear 1                   | refused WINDOW number
        clear 1 off               | bob#1 cancelled 5 LOST
                                  | ann#1 cancelled 9 LOST
                                  | auction 1 clears 0 @ 0 unsold 9
        ann announce sell 9 @ 90 from 0 until 10
        bob bid 2 for 5 @ 95
        time 10
        clear 2 seed 3 off        | bob#2 cancelled 5 LOST
                                  | ann#2 cancelled 9 LOST
                                  | auction 2 clears 0 @ 0 unsold 9
        ann tonnes                | 1000 reserved 0
        bob cash                  | 1000000 reserved 0
    """,
        ONE_WAY,
        shows=("11.17", "11.23"),
    ),
    Scenario(
        "the close ends an auction inside its window as a whole, and leaves one that is over",
        """
        bob announce sell 9 @ 90 from 0 until 20
        ann bid 1 for 5 @ 95
        bob announce sell 9 @ 90 from 0 until 10
        ann bid 2 for 5 @ 95
        time 10
        phase closed OLD          | ann#1 cancelled 5 LOST
                                  | bob#1 cancelled 9 DAY_ENDED
                                  | OLD closed 100
                                  | OLD day 0 0 0 100 volume 0 value 0
        phase closed NEW
        rule modes[continuous].taker_fee_ppm = 500 from 20210629
        day 20210629              | refused TRANSITION date
        ann cancel 2              | ann#3 refused FROZEN target
        clear 2                   | trade 5 @ 95 bob#2(4) ann#2(0)
                                  | bob#2 cancelled 4 LOST
                                  | auction 2 clears 5 @ 95 unsold 4
        day 20210629              | day 20210629 number 1
                                  | rule modes[continuous].taker_fee_ppm = 500
    """,
        ONE_WAY,
        shows=("11.23", "10.1"),
    ),
)
CHANGES = (
    Scenario(
        "a bid that wants less at its price keeps its place, any other goes behind all",
        """
        ann announce sell 9 @ 90 from 0 until 10 least 2
        bob bid 1 for 6 @ 95
        cay bid 1 for 6 @ 95
        dan bid 1 for 6 @ 95
        bob amend 1 to 5          | bob#1 amended 5(5) @ 95 held
        cay amend 1 to 7          | cay#1 amended 7(7) @ 95 held
        time 10
        clear 1                   | trade 5 @ 95 ann#1(4) bob#1(0)
                                  | trade 4 @ 95 ann#1(0) dan#1(2)
                                  | dan#1 cancelled 2 LOST
                                  | cay#1 cancelled 7 LOST
                                  | auction 1 clears 9 @ 95 unsold 0
    """,
        ONE_WAY,
        shows=("11.21",),
    ),
    Scenario(
        "an amended bid is checked as a new one beside the others, and reserved for",
        """
        open eve as small
        cash eve 800
        ann announce sell 20 @ 90 from 0 until 10 least 2 most 8
        eve bid 1 for 3 @ 95
        eve bid 1 for 3 @ 95
        eve amend 1 to 1          | eve#3 refused QUANTITY_RANGE quantity
        eve amend 1 to 6          | eve#4 refused ROLE quantity
        eve amend 1 to 5          | eve#1 amended 5(5) @ 95 held
        eve cash                  | 800 reserved 760
        eve amend 2 to 4          | eve#6 refused QUANTITY_RANGE quantity
        eve amend 2 @ 89          | eve#7 refused PRICE_LIMIT price
        eve amend 2 @ 109         | eve#8 refused CASH quantity
        eve amend 2 @ 108         | eve#2 amended 3(3) @ 108 held
        eve amend 2 to 3          | eve#10 refused NOTHING_TO_CHANGE quantity
        eve amend 2 to 2 @ 90     | eve#2 amended 2(2) @ 90 held
        eve cash                  | 800 reserved 655
        ann amend 1 to 19         | ann#2 refused MODE target
    """,
        ONE_WAY | {"classes": (AccountClass("small", bid_limit=5),)},
        shows=("11.21", "11.1"),
    ),
    Scenario(
        "in open bidding the best bid is told whenever it is another, also for the worse",
        """
        ann announce sell 9 @ 90 from 0 until 10 step 2
        bob bid 1 for 5 @ 90      | bob#1 held 5 @ 90
                                  | auction 1 best 5 @ 90
        dan bid 1 for 5 @ 92      | dan#1 held 5 @ 92
                                  | auction 1 best 5 @ 92
        cay bid 1 for 5 @ 94      | cay#1 held 5 @ 94
                                  | auction 1 best 5 @ 94
        bob amend 1 to 4          | bob#1 amended 4(4) @ 90 held
        cay amend 1 to 3          | cay#1 amended 3(3) @ 94 held
                                  | auction 1 best 3 @ 94
        bob amend 1 @ 95          | bob#3 refused OUTBID price
        bob amend 1 to 5          | bob#4 refused OUTBID price
        cay amend 1 @ 95          | cay#1 amended 3(3) @ 95 held
                                  | auction 1 best 3 @ 95
        cay disconnects           | cay#1 cancelled 3 DISCONNECTED
                                  | auction 1 best 5 @ 92
        bob cancel 1              | bob#1 cancelled 4 REQUESTED
        kill dan                  | dan#1 cancelled 5 KILLED
                                  | auction 1 best 0 @ 0
                                  | dan killed 1
        bob bid 1 for 5 @ 90      | bob#6 held 5 @ 90
                                  | auction 1 best 5 @ 90
        clear 1 off               | bob#6 cancelled 5 LOST
                                  | ann#1 cancelled 9 LOST
                                  | auction 1 clears 0 @ 0 unsold 9
    """,
        ONE_WAY,
        shows=("11.12", "11.22"),
    ),
)
