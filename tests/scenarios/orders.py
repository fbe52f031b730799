"""The rules of ``docs/rules.md`` as tables: what an order may be.

The little language is explained in ``carbonx.testing.script``. The rules of a scenario are those
that differ from a plain rulebook (price-time, no fees, no limits, an order cancels what it meets
of the same owner).
"""

from carbonx.testing.script import Scenario
from engine.vocabulary.enums import Phase

ORDER_TYPES = (
    Scenario(
        "a limit order rests where nothing meets it",
        """
        ann sell 5 @ 100          | ann#1 resting 5 @ 100 depth 5
        bob sell 2 @ 100          | bob#1 resting 2 @ 100 depth 7
        cay buy 4 @ 99            | cay#1 resting 4 @ 99 depth 4
        book                      | 4@99 / 7@100
    """,
        shows=("2.20", "5.14"),
    ),
    Scenario(
        "a limit order takes what is within its limit, best price first, and rests",
        """
        ann sell 5 @ 101
        bob sell 2 @ 100
        cay buy 9 @ 101           | cay#1 matching 9 @ 101
                                  | trade 2 @ 100 bob#1(0) cay#1(7) depth 0
                                  | trade 5 @ 101 ann#1(0) cay#1(2) depth 0
                                  | cay#1 rests 2 @ 101 depth 2
        book                      | 2@101 / -
    """,
        shows=("5.1", "5.11"),
    ),
    Scenario(
        "a market order takes to its protection price and never rests",
        """
        ann sell 5 @ 110
        ann sell 5 @ 111
        bob buy 7 market          | bob#1 matching 7 @ 110
                                  | trade 5 @ 110 ann#1(0) bob#1(2) depth 0
                                  | bob#1 cancelled 2 MARKET_REST
        bob sell 1 market         | bob#2 matching 1 @ 99
                                  | bob#2 cancelled 1 MARKET_REST
    """,
        shows=("3.3", "5.11"),
    ),
    Scenario(
        "protection is around the last trade, else the reference, rounded half-up to the tick",
        """
        dan buy 1 market          | dan#1 matching 1 @ 102
                                  | dan#1 cancelled 1 MARKET_REST
        dan sell 1 market         | dan#2 matching 1 @ 100
                                  | dan#2 cancelled 1 MARKET_REST
        ann sell 1 @ 104
        bob buy 1 @ 104
        dan buy 1 stop 120        | dan#3 pending_trigger 1 @ 122
        dan buy 1 market          | dan#4 matching 1 @ 106
                                  | dan#4 cancelled 1 MARKET_REST
    """,
        {"protection_bp": 100, "product": {"tick": 2}},
        shows=("3.3", "3.4", "3.6"),
    ),
    Scenario(
        "protection is clamped into the daily limits",
        """
        dan buy 1 market          | dan#1 matching 1 @ 110
                                  | dan#1 cancelled 1 MARKET_REST
        dan buy 1 stop 109        | dan#2 pending_trigger 1 @ 110
    """,
        {"protection_bp": 3_000, "price_limit_bp": 1_000},
        shows=("3.2", "3.3"),
    ),
    Scenario(
        "a post-only order rests or is refused",
        """
        ann sell 5 @ 100
        bob buy 5 @ 100 post      | bob#1 refused POST_ONLY price
        bob buy 5 @ 99 post       | bob#2 resting 5 @ 99 depth 5
        bob amend 2 @ 100         | bob#3 refused POST_ONLY price
        bob amend 2 to 6          | bob#2 amended 6(6) @ 99 resting depth 6
        ann buy 5 @ 100 post      | ann#2 refused POST_ONLY price
    """,
        shows=("2.18", "2.22"),
    ),
    Scenario(
        "an iceberg shows a part and a refill loses its place",
        """
        ann sell 6 @ 100 show 2   | ann#1 resting 6 @ 100 depth 2
        bob sell 3 @ 100          | bob#1 resting 3 @ 100 depth 5
        cay buy 1 @ 100           | cay#1 matching 1 @ 100
                                  | trade 1 @ 100 ann#1(5) cay#1(0) depth 4
        cay buy 8 @ 100           | cay#2 matching 8 @ 100
                                  | trade 1 @ 100 ann#1(4) cay#2(7) depth 5
                                  | trade 3 @ 100 bob#1(0) cay#2(4) depth 2
                                  | trade 2 @ 100 ann#1(2) cay#2(2) depth 2
                                  | trade 2 @ 100 ann#1(0) cay#2(0) depth 0
        book                      | - / -
    """,
        shows=("5.2", "5.3"),
    ),
    Scenario(
        "an arriving iceberg takes with all of itself and then shows a part",
        """
        ann sell 3 @ 100
        bob buy 9 @ 100 show 2    | bob#1 matching 9 @ 100
                                  | trade 3 @ 100 ann#1(0) bob#1(6) depth 0
                                  | bob#1 rests 6 @ 100 depth 2
    """,
        shows=("5.3", "5.11"),
    ),
)

TIMES_IN_FORCE = (
    Scenario(
        "immediate-or-cancel takes what it can and goes",
        """
        ann sell 5 @ 100
        bob buy 7 @ 100 ioc       | bob#1 matching 7 @ 100
                                  | trade 5 @ 100 ann#1(0) bob#1(2) depth 0
                                  | bob#1 cancelled 2 IOC_REST
        bob buy 7 @ 100 ioc       | bob#2 matching 7 @ 100
                                  | bob#2 cancelled 7 IOC_REST
    """,
        shows=("5.11", "5.14"),
    ),
    Scenario(
        "fill-or-kill trades whole or not at all, hidden quantity included",
        """
        ann sell 6 @ 100 show 2
        bob buy 7 @ 100 fok       | bob#1 matching 7 @ 100
                                  | bob#1 cancelled 7 FOK_KILLED
        bob buy 7 market fok      | bob#2 matching 7 @ 110
                                  | bob#2 cancelled 7 FOK_KILLED
        bob buy 6 @ 100 fok
        book                      | - / -
    """,
        shows=("5.12",),
    ),
    Scenario(
        "day orders go at the close, good-till-cancelled ones stay, also when partly filled",
        """
        ann sell 5 @ 100 gtc
        ann sell 5 @ 101 day
        bob buy 2 @ 100
        phase closed OLD          | ann#2 cancelled 5 DAY_ENDED depth 0
                                  | OLD closed 100
                                  | OLD day 100 100 100 100 volume 2 value 200
        ann orders                | #1 resting 3 @ 100
        phase continuous OLD      | OLD continuous 100
        bob buy 3 @ 100           | bob#2 matching 3 @ 100
                                  | trade 3 @ 100 ann#1(0) bob#2(0) depth 0
    """,
        shows=("8.7", "5.2"),
    ),
    Scenario(
        "good-till-date orders expire by command, by time and then by entry",
        """
        ann sell 5 @ 100 gtd 20
        bob sell 5 @ 100 gtd 10
        cay sell 5 stop 90 gtd 20
        ann sell 5 @ 101 gtd 30
        time 9                    |
        time 20                   | bob#1 cancelled 5 EXPIRED depth 5
                                  | ann#1 cancelled 5 EXPIRED depth 0
                                  | cay#1 cancelled 5 EXPIRED
        ann orders                | #2 resting 5 @ 101
        ann buy 5 @ 99 gtd 20     | ann#3 refused EXPIRY expire_at
    """,
        shows=("8.8", "2.16"),
    ),
    Scenario(
        "at-the-open orders wait for the open and leave nothing behind",
        """
        ann sell 5 @ 100 open     | ann#1 held 5 @ 100
        bob buy 3 @ 100           | bob#1 held 3 @ 100
        cay buy 4 market open     | cay#1 held 4 @ 110
        phase continuous OLD      | OLD continuous 100
                                  | ann#1 cancelled 5 AUCTION_REST
                                  | bob#1 rests 3 @ 100 depth 3
                                  | cay#1 cancelled 4 MARKET_REST
        dan buy 1 @ 99 open       | dan#1 refused PHASE tif
    """,
        phase=Phase.PRE_OPEN,
        shows=("2.20", "8.5", "5.11"),
    ),
    Scenario(
        "at-the-close orders wait for the close, take, and leave nothing behind",
        """
        ann sell 5 @ 100
        bob buy 7 @ 100 close     | bob#1 held 7 @ 100
        cay buy 1 market close    | cay#1 held 1 @ 110
        phase closed OLD          | trade 5 @ 100 ann#1(0) bob#1(2) depth 0
                                  | bob#1 cancelled 2 AUCTION_REST
                                  | cay#1 cancelled 1 MARKET_REST
                                  | OLD closed 100
                                  | OLD day 100 100 100 100 volume 5 value 500
        bob cash                  | 999500 reserved 0
    """,
        shows=("8.6", "5.11"),
    ),
    Scenario(
        "a halt does not wake at-the-close orders; a close from a halt cancels them",
        """
        ann sell 5 @ 100
        bob buy 7 @ 100 close
        phase halted OLD          | OLD halted 100
        phase closed OLD          | ann#1 cancelled 5 DAY_ENDED depth 0
                                  | bob#1 cancelled 7 DAY_ENDED
                                  | OLD closed 100
                                  | OLD day 0 0 0 100 volume 0 value 0
    """,
        shows=("8.7", "2.20"),
    ),
)

STOPS = (
    Scenario(
        "a stop waits for a trade at or beyond its price and takes to its protection",
        """
        ann sell 1 @ 104
        ann sell 9 @ 114
        bob buy 5 stop 104        | bob#1 pending_trigger 5 @ 114
        dan buy 1 @ 104           | dan#1 matching 1 @ 104
                                  | trade 1 @ 104 ann#1(0) dan#1(0) depth 0
                                  | bob#1 triggered
                                  | trade 5 @ 114 ann#2(4) bob#1(0) depth 4
    """,
        shows=("6.1", "3.4"),
    ),
    Scenario(
        "a triggered stop-limit rests at its limit",
        """
        ann buy 1 @ 96
        bob sell 5 stop 96 @ 95   | bob#1 pending_trigger 5 @ 95
        bob tonnes                | 1000 reserved 5
        dan sell 1 @ 96           | dan#1 matching 1 @ 96
                                  | trade 1 @ 96 ann#1(0) dan#1(0) depth 0
                                  | bob#1 triggered
                                  | bob#1 rests 5 @ 95 depth 5
        bob amend 1 @ 97          | bob#1 amended 5(5) @ 97 resting depth 5 left 0 @ 95
    """,
        shows=("6.1", "4.1", "2.23"),
    ),
    Scenario(
        "stops fire after the order that reached them is dealt with, oldest first, in turn",
        """
        ann sell 2 @ 101
        ann sell 2 @ 103
        ann sell 9 @ 105
        cay buy 1 stop 103 @ 105
        dan buy 1 stop 101 @ 105
        bob buy 1 stop 101 @ 103
        bob buy 3 @ 101           | bob#2 matching 3 @ 101
                                  | trade 2 @ 101 ann#1(0) bob#2(1) depth 0
                                  | bob#2 rests 1 @ 101 depth 1
                                  | dan#1 triggered
                                  | trade 1 @ 103 ann#2(1) dan#1(0) depth 1
                                  | bob#1 triggered
                                  | trade 1 @ 103 ann#2(0) bob#1(0) depth 0
                                  | cay#1 triggered
                                  | trade 1 @ 105 ann#3(8) cay#1(0) depth 8
    """,
        shows=("6.2",),
    ),
    Scenario(
        "a stop whose price was already reached today enters at once",
        """
        ann sell 2 @ 101
        bob buy 1 @ 101
        dan buy 1 stop 101        | dan#1 pending_trigger 1 @ 111
                                  | dan#1 triggered
                                  | trade 1 @ 101 ann#1(0) dan#1(0) depth 0
        dan buy 1 stop 102        | dan#2 pending_trigger 1 @ 112
    """,
        shows=("6.3",),
    ),
    Scenario(
        "a stop put in during a halt's pre-open fires when trading resumes",
        """
        ann sell 2 @ 101
        bob buy 1 @ 101
        phase halted OLD
        phase pre_open OLD
        dan buy 1 stop 100        | dan#1 pending_trigger 1 @ 110
        cay buy 1 stop 102 @ 102
        phase continuous OLD      | OLD continuous 100
                                  | dan#1 triggered
                                  | trade 1 @ 101 ann#1(0) dan#1(0) depth 0
        cay orders                | #1 pending_trigger 1 @ 102
    """,
        shows=("6.4",),
    ),
    Scenario(
        "a stop left from yesterday waits for a trade of today",
        """
        ann sell 2 @ 101 gtc
        bob buy 1 @ 101
        cay buy 1 stop 102 @ 102 gtc
        phase closed OLD
        dan buy 1 @ 100           | dan#1 refused PHASE symbol
        phase continuous OLD      | OLD continuous 101
        dan buy 1 stop 101 @ 101  | dan#2 pending_trigger 1 @ 101
    """,
        shows=("6.3", "6.4", "8.3"),
    ),
    Scenario(
        "amended stops go behind the others unless they only get smaller",
        """
        ann sell 9 @ 101
        bob buy 3 stop 101 @ 101
        cay buy 3 stop 101 @ 101
        dan buy 3 stop 101 @ 101
        cay amend 1 to 2          | cay#1 amended 2(2) @ 101 pending_trigger
        bob amend 1 to 4          | bob#1 amended 4(4) @ 101 pending_trigger
        dan buy 1 @ 101           | dan#2 matching 1 @ 101
                                  | trade 1 @ 101 ann#1(8) dan#2(0) depth 8
                                  | cay#1 triggered
                                  | trade 2 @ 101 ann#1(6) cay#1(0) depth 6
                                  | dan#1 triggered
                                  | trade 3 @ 101 ann#1(3) dan#1(0) depth 3
                                  | bob#1 triggered
                                  | trade 3 @ 101 ann#1(0) bob#1(1) depth 0
                                  | bob#1 rests 1 @ 101 depth 1
    """,
        shows=("7.4",),
    ),
    Scenario(
        "a stop without a limit keeps its protection price when its size changes",
        """
        bob buy 3 stop 101        | bob#1 pending_trigger 3 @ 111
        bob amend 1 to 4          | bob#1 amended 4(4) @ 111 pending_trigger
        bob amend 1 @ 120         | bob#3 refused PRICE_UNEXPECTED price
    """,
        shows=("7.4", "2.22"),
    ),
)
