# ruff: noqa: E501 - the statement of an auction is one line
"""Auctions of a rulebook's calendar, in the words of their rules.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.rulebook.model import AccountClass, Auction, Calendar, Containment, PlannedAuction
from engine.vocabulary.enums import BidTie, LimitRule, Mechanism, Undersubscribed

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = 20210628, 20210629, 20210630, 20210701
HOUR = 3_600


def planned(date: int, quantity: int, reserve: int = 0) -> PlannedAuction:
    """Plan an auction with a window from 09:00 to 10:00."""
    return PlannedAuction(date, "OLD", "continuous", quantity, 9 * HOUR, 10 * HOUR, reserve)


def rules(*calendar: PlannedAuction, **fields: object) -> dict[str, object]:
    """Make the rules of a venue with a calendar of auctions."""
    auction = Auction(seller="ann", calendar=calendar, **fields)  # type: ignore[arg-type]
    return {"mechanism": Mechanism.ONE_WAY, "auction": auction, "calendar": Calendar()}


CALENDAR = (
    Scenario(
        "the day announces, the tonne is the supply's lot, the statement names no account",
        """
        ann tonnes                | 1000 reserved 0
        day 20210628              | day 20210628 number 1
                                  | ann#1 held 95 @ 90
                                  | ann#1 auction 1: sell 95 @ 90
        ann tonnes                | 1000 reserved 95
        ann cancel 1              | ann#2 refused FROZEN target
        ann disconnects           |
        phase continuous
        bob bid 1 for 50 @ 99     | bob#1 refused WINDOW number
        clock 09:00
        bob bid 1 for 50 @ 99
        bob bid 1 for 5 @ 99      | bob#3 refused QUANTITY_LOT quantity
        dan bid 1 for 60 @ 97
        dan bid 1 for 10 @ 89     | dan#2 refused PRICE_LIMIT price
        clear 1                   |  refused WINDOW number
        clock 10:00
        dan bid 1 for 10 @ 99     | dan#3 refused WINDOW number
        clear 1 seed 7            | trade 50 @ 97 ann#1(45) bob#2(0)
                                  | trade 45 @ 97 ann#1(0) dan#1(15)
                                  | dan#1 cancelled 15 LOST
                                  | auction 1 clears 95 @ 97 unsold 0
                                  | auction 1 of 20210628 sold 95 of 95 @ 97; cover 11579; winners 50, 45; cut not_reached 15
        bob cash                  | 995150 reserved 0
        ann tonnes                | 905 reserved 0
    """,
        rules(planned(MONDAY, 95), lot=10, reserve=90) | {"lot": 10},
        phase=None,
        shows=("12.18", "12.20", "12.22"),
    ),
    Scenario(
        "what is unsold makes the next auctions larger, under a cap, and is offered once more",
        """
        day 20210628
        phase continuous
        clock 09:00
        bob bid 1 for 50 @ 95
        clock 10:00
        clear 1                   | bob#1 cancelled 50 LOST
                                  | ann#1 cancelled 100 LOST
                                  | auction 1 clears 0 @ 0 unsold 100
                                  | auction 1 of 20210628 undersubscribed 0 of 100 @ 0; interim 95; cover 5000; cut cancelled 50; again 20210629 +25, 20210630 +75
        phase closed
        day 20210629              | day 20210629 number 2
                                  | ann#2 held 125 @ 90
                                  | ann#2 auction 2: sell 125 @ 90
        phase continuous
        clock 10:00
        clear 2                   | ann#2 cancelled 125 LOST
                                  | auction 2 clears 0 @ 0 unsold 125
                                  | auction 2 of 20210629 undersubscribed 0 of 125 @ 0; cover 0; again 20210701 +25
        phase closed
        day 20210630              | day 20210630 number 3
                                  | ann#3 held 375 @ 92
                                  | ann#3 auction 3: sell 375 @ 92
    """,
        rules(
            planned(MONDAY, 100),
            planned(TUESDAY, 100),
            planned(WEDNESDAY, 300, 92),
            planned(THURSDAY, 100),
            reserve=90,
            reoffer_over=2,
            reoffer_cap_bp=12_500,
        )
        | {"undersubscribed": Undersubscribed.CANCEL},
        phase=None,
        shows=("12.23",),
    ),
    Scenario(
        "a tier is released at its trigger for as long as the year has some, if the seller has it",
        """
        day 20210628
        phase continuous
        clock 09:00
        bob bid 1 for 100 @ 99
        dan bid 1 for 30 @ 97
        clock 10:00
        clear 1                   | trade 100 @ 96 ann#1(30) bob#1(0)
                                  | trade 30 @ 96 ann#1(0) dan#1(0)
                                  | auction 1 clears 130 @ 96 unsold 0
                                  | auction 1 of 20210628 sold 130 of 100 @ 96; interim 99; cover 13000; winners 100, 30; tiers reserve 30
        phase closed
        day 20210629
        phase continuous
        bob bid 2 for 200 @ 99
        clock 09:00
        bob bid 2 for 200 @ 99
        clock 10:00
        clear 2                   | trade 110 @ 99 ann#2(0) bob#3(90)
                                  | bob#3 cancelled 90 LOST
                                  | auction 2 clears 110 @ 99 unsold 0
                                  | auction 2 of 20210629 sold 110 of 100 @ 99; cover 20000; winners 110; cut not_reached 90; tiers reserve 10
    """,
        rules(
            planned(MONDAY, 100),
            planned(TUESDAY, 100),
            reserve=90,
            containment=(Containment("reserve", 96, 40),),
        ),
        phase=None,
        shows=("12.21",),
    ),
    Scenario(
        "classes bound a bid, and the clearing trims linked accounts to their purchase limit",
        """
        open eve as fund cash 100000
        open eve2 of eve as fund cash 100000
        day 20210628
        phase continuous
        clock 09:00
        eve bid 1 for 4 @ 99      | eve#1 refused ROLE quantity
        eve bid 1 for 20 @ 99
        eve2 bid 1 for 15 @ 95
        bob bid 1 for 50 @ 92
        clock 10:00
        clear 1                   | trade 20 @ 92 ann#1(80) eve#2(0)
                                  | trade 5 @ 92 ann#1(75) eve2#1(10)
                                  | trade 50 @ 92 ann#1(25) bob#1(0)
                                  | eve2#1 cancelled 10 LOST
                                  | ann#1 cancelled 25 LOST
                                  | auction 1 clears 75 @ 92 unsold 25
                                  | auction 1 of 20210628 sold_in_part 75 of 100 @ 92; cover 7500; winners 50, 25; cut purchase 10
    """,
        rules(planned(MONDAY, 100), reserve=90, limit_rule=LimitRule.TRIM)
        | {"classes": (AccountClass("fund", purchase_limit_bp=2_500, bid_minimum=5),)},
        phase=None,
        shows=("12.19",),
    ),
    Scenario(
        "equal bids are drawn by the command's seed; called off there is neither statement nor offer",
        """
        day 20210628
        phase continuous
        clock 09:00
        bob bid 1 for 60 @ 95
        dan bid 1 for 60 @ 95
        clock 10:00
        clear 1 seed 3            | trade 60 @ 95 ann#1(40) dan#1(0)
                                  | trade 40 @ 95 ann#1(0) bob#1(20)
                                  | bob#1 cancelled 20 LOST
                                  | auction 1 clears 100 @ 95 unsold 0
                                  | auction 1 of 20210628 sold 100 of 100 @ 95; cover 12000; winners 60, 40; cut tie 20
        phase closed
        day 20210629
        clear 2 off               | ann#2 cancelled 100 LOST
                                  | auction 2 clears 0 @ 0 unsold 100
        day 20210630              | day 20210630 number 3
                                  | ann#3 held 100 @ 90
                                  | ann#3 auction 3: sell 100 @ 90
    """,
        rules(
            planned(MONDAY, 100),
            planned(TUESDAY, 100),
            planned(WEDNESDAY, 100),
            reserve=90,
            reoffer_over=1,
        )
        | {"bid_tie": BidTie.RANDOM},
        phase=None,
        shows=("12.20", "12.24"),
    ),
    Scenario(
        "an auction that its seller cannot hold is refused, and the day begins all the same",
        """
        day 20210628              | day 20210628 number 1
                                  |  refused ALLOWANCES date
    """,
        rules(planned(MONDAY, 1_001), reserve=90),
        phase=None,
        shows=("12.18",),
    ),
    Scenario(
        "uk-auction: sold in part at the lowest bid above the reserve; the next grows to 125% at most",
        """
        reference 30.00
        rule auction.seller = "ann"
        rule auction.calendar+ = {date = 20260114, product = "UKA", mode = "auction", quantity = 10001, opens = "12:00", closes = "14:00"}
        rule auction.calendar+ = {date = 20260128, product = "UKA", mode = "auction", quantity = 8000, opens = "12:00", closes = "14:00"}
        day 20260114
        clock 12:00
        bob bid 1 for 4000 @ 40.00
        cay bid 1 for 3000 @ 30.00
        dan bid 1 for 5000 @ 21.00   | dan#1 refused PRICE_LIMIT price
        clock 14:00
        clear 1 seed 3            | trade 4000 @ 30.00 ann#1(6001) bob#1(0)
                                  | trade 3000 @ 30.00 ann#1(3001) cay#1(0)
                                  | ann#1 cancelled 3001 LOST
                                  | auction 1 clears 7000 @ 30.00 unsold 3001
                                  | auction 1 of 20260114 sold_in_part 7000 of 10001 @ 30.00; cover 6999; winners 4000, 3000; again 20260128 +2000
    """,
        {"preset": "uk-auction"},
        shows=("12.18", "12.23"),
    ),
)
