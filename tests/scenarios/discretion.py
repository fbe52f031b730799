"""Price triggers and what the authority sells and buys beside the calendar.

The little language is explained in ``carbonx.testing.script``.
"""

from carbonx.testing.script import Scenario
from engine.rulebook.model import Auction, Calendar, Mode
from engine.rulebook.reserves import PriceTrigger
from engine.vocabulary.enums import Mechanism, Side

TWO_MODES = (Mode(moves_close=True), Mode("auction", mechanism=Mechanism.ONE_WAY))


def watched(*triggers: PriceTrigger) -> dict[str, object]:
    """Make the rules of a venue whose trades are watched, and whose authority is dan."""
    auction = Auction(seller="dan", triggers=triggers)
    return {"modes": TWO_MODES, "auction": auction, "calendar": Calendar()}


HIGH = PriceTrigger("high", "OLD", level=100, days=2, modes=("continuous",))
LOW = PriceTrigger("low", "OLD", Side.BUY, level=90, days=1, for_days=2)
CCM = PriceTrigger("CCM", "OLD", multiple_bp=20_000, base_months=24, months=3)

DISCRETION = (
    Scenario(
        "a two-day average above the level proposes a sale, which the operator answers or not",
        """
        day 20210628                      | day 20210628 number 1
        phase continuous
        ann sell 10 @ 103
        bob buy 10 @ 103
        phase closed
        day 20210629                      | day 20210629 number 2
        phase continuous
        ann sell 10 @ 99
        bob buy 10 @ 99
        phase closed
        day 20210630                      | day 20210630 number 3
                                          | OLD high proposes a sell: 101 beyond 100
        phase closed
        day 20210701                      | day 20210701 number 4
        phase continuous
        at OLD@auction
        discretion sell 50 @ 98 from 10:00 until 11:00 for low  |  refused VALUE trigger
        discretion buy 50 @ 98 from 10:00 until 11:00 for high  |  refused VALUE side
        discretion sell 0 @ 98 from 10:00 until 11:00           |  refused QUANTITY_RANGE quantity
        discretion sell 50 @ 0 from 10:00 until 11:00           |  refused PRICE_RANGE price
        discretion sell 50 @ 98 from 10:00 until 10:00          |  refused WINDOW closes_at
        discretion sell 1001 @ 98 from 10:00 until 11:00        |  refused ALLOWANCES quantity
        discretion sell 50 @ 98 from 10:00 until 11:00 for high | dan#1 held 50 @ 98
                                          | dan#1 auction 1: sell 50 @ 98
        discretion sell 50 @ 98 from 10:00 until 11:00 for high |  refused VALUE trigger
        clock 10:00
        bob bid 1 for 40 @ 101
        clock 11:00
        clear 1                           | trade 40 @ 101 dan#1(10) bob#3(0)
                                          | dan#1 cancelled 10 LOST
                                          | auction 1 clears 40 @ 101 unsold 10
        phase closed
        day 20210702                      | day 20210702 number 5
                                          | OLD high proposes a sell: 101 beyond 100
    """,
        watched(HIGH),
        phase=None,
        shows=("12.31", "12.32"),
    ),
    Scenario(
        "two days below the level propose a purchase; the authority buys at the lowest offers",
        """
        day 20210628
        phase continuous
        ann sell 10 @ 89
        bob buy 10 @ 89
        phase closed
        day 20210629                      | day 20210629 number 2
        phase continuous
        ann sell 10 @ 85
        bob buy 10 @ 85
        phase closed
        day 20210630                      | day 20210630 number 3
                                          | OLD low proposes a buy: 85 beyond 90
        phase continuous
        at OLD@auction
        discretion buy 20 @ 90 from 10:00 until 11:00 for low | dan#1 held 20 @ 90
                                          | dan#1 auction 1: buy 20 @ 90
        clock 10:00
        ann bid 1 for 15 @ 86
        cay bid 1 for 15 @ 88
        clock 11:00
        clear 1                           | trade 15 @ 88 dan#1(5) ann#3(0)
                                          | trade 5 @ 88 dan#1(0) cay#1(10)
                                          | cay#1 cancelled 10 LOST
                                          | auction 1 clears 20 @ 88 unsold 0
        phase closed
        at OLD
        day 20210701                      | day 20210701 number 4
                                          | OLD low proposes a buy: 88 beyond 90
        phase continuous
        ann sell 5 @ 90
        bob buy 5 @ 90
        phase closed
        day 20210702                      | day 20210702 number 5
        at OLD@auction
        discretion buy 20 @ 90 from 10:00 until 11:00 |  refused PHASE symbol
    """,
        watched(LOW),
        phase=None,
        shows=("12.31", "12.32"),
    ),
    Scenario(
        "three months in a row above twice the two years before; one below would break the row",
        """
        day 20210104
        phase continuous
        ann sell 10 @ 40
        bob buy 10 @ 40
        phase closed
        day 20230102                      | day 20230102 number 2
        phase continuous
        ann sell 10 @ 81
        bob buy 10 @ 81
        phase closed
        day 20230201                      | day 20230201 number 3
        phase continuous
        ann sell 10 @ 90
        bob buy 10 @ 90
        phase closed
        day 20230301                      | day 20230301 number 4
        phase continuous
        ann sell 10 @ 84
        bob buy 10 @ 84
        phase closed
        day 20230331                      | day 20230331 number 5
        phase closed
        day 20230403                      | day 20230403 number 6
                                          | OLD CCM proposes a sell: 84 beyond 80
        phase closed
        day 20230502                      | day 20230502 number 7
    """,
        watched(CCM),
        phase=None,
        shows=("12.31", "12.27"),
    ),
    Scenario(
        "without a seller in the rulebook there is no discretionary sale",
        """
        discretion sell 5 @ 98 from 1 until 2 |  refused UNKNOWN_ACCOUNT symbol
    """,
        {"mechanism": Mechanism.ONE_WAY},
        shows=("12.32",),
    ),
    Scenario(
        "cn-national: the ministry sells from its reserve by one-way bidding, as it decides",
        """
        rule auction.seller = "dan"
        day 20260105
        clock 13:00
        at CEA24@one_way
        phase continuous CEA24@one_way
        discretion sell 200000 @ 60.00 from 13:00 until 14:00 for reserve
                                          |  refused VALUE trigger
        discretion sell 200000 @ 60.00 from 13:00 until 14:00
                                          | dan#1 held 200000 @ 60.00
                                          | dan#1 auction 1: sell 200000 @ 60.00
    """,
        {"preset": "cn-national"},
        shows=("12.32",),
    ),
    Scenario(
        "beijing: a ten-day average above 150 proposes a sale, as notices of the corridor say",
        """
        rule auction.seller = "dan"
        day 20260105
        reference 151.00
        clock 09:30
        ann sell 10 @ 151.00
        bob pick 1 for 10 @ 151.00
        clock 15:00
        rule auction.triggers[ceiling].days = 1
        day 20260106                      | day 20260106 number 2
                                          | rule auction.triggers[ceiling].days = 1
                                          | BEA ceiling proposes a sell: 151.00 beyond 150.00
        clock 09:30
        at BEA@government
        discretion sell 50000 @ 150.00 from 10:00 until 11:00 for ceiling
                                          | dan#1 held 50000 @ 150.00
                                          | dan#1 auction 1: sell 50000 @ 150.00
    """,
        {"preset": "beijing"},
        shows=("12.31", "12.32"),
    ),
)
