"""One end of a link between two venues, told in the words of its rules.

The little language is explained in ``carbonx.testing.script``; its words for links are in
``carbonx.testing.link_words``.
"""

from carbonx.testing.script import Scenario
from engine.rulebook.model import Mode
from engine.rulebook.programme import Cycle, Programme
from engine.vocabulary.enums import Mechanism

COMPLIANCE = {"programme": Programme(cycles=(Cycle("2020", 2020, deadline=20210630),))}
AUCTION = {"modes": (Mode("auction", mechanism=Mechanism.ONE_WAY),)}
LINKS = (
    Scenario(
        "a link is set, set anew, and keeps its peer",
        """
        link bay routing gd GDA fee 2 quota 50   | bay is routing to gd fee 2 quota 50
        link bay routing hb HBA                  | refused VALUE peer
        link bay routing gd GDA quota -1         | refused VALUE quota
        link bay routing gd GDA fee -1           | refused VALUE fee
        link bay routing gd GDA as firm          | refused ROLE role
        link bay none gd GDA                     | bay is none to gd fee 0 quota 0
        ann routes buy 5 @ 100 away 5 for 100 by bay with 500   | ann#1 refused MODE link
    """,
        shows=("14.1",),
    ),
    Scenario(
        "a part of an order leaves with what it needs, the rest is entered here",
        """
        link bay routing gd GDA fee 2 quota 50
        ann routes buy 30 @ 110 away 20 for 100 by bay with 2040
                                  | ann#1 leaves by bay 1: 20 @ 100 with 2040 used 20
                                  | ann#1 resting 10 @ 110 depth 10
        ann cash                  | 997960 reserved 1100
        ann routes sell 5 @ 90 away 5 for 92 by bay
                                  | ann#2 leaves by bay 2: 5 @ 92 with 0 used 25
        ann routes buy 30 @ 110 away 26 for 100 by bay with 2652 | ann#3 refused QUANTITY_RANGE away
    """,
        shows=("14.2", "14.3"),
    ),
    Scenario(
        "what an order takes along must cover it, and be there",
        """
        link bay routing gd GDA fee 2
        ann routes buy 5 @ 100 away 5 for 99 by bay with 505   | ann#1 refused VALUE away_price
        ann routes buy 5 @ 100 away 5 for 98 by bay with 499   | ann#2 refused VALUE cash
        ann routes sell 5 @ 100 away 5 for 101 by bay          | ann#3 refused VALUE away_price
        ann routes sell 5 @ 100 away 5 for 102 by bay with 1   | ann#4 refused VALUE cash
        ann routes buy 5 @ 100 away 6 for 98 by bay with 600   | ann#5 refused VALUE away
        ann routes buy 5 @ 100 away 5 for 98 by boy with 500   | ann#6 refused UNKNOWN_SYMBOL link
        ann routes buy 5 @ 100 away 5 for 98 by bay with 999999999  | ann#7 refused CASH cash
        phase closed
        ann routes buy 5 @ 100 away 5 for 98 by bay with 500   | ann#8 refused PHASE symbol
    """,
        shows=("14.2",),
    ),
    Scenario(
        "a guest's order trades, and what it brought and bought goes home",
        """
        link bay routing sz SZA
        bob sell 10 @ 100
        guest bay 1 mei buy 15 @ 102 with 1530
                                  | sz:mei opened
                                  | mei comes by bay 1 as sz:mei
                                  | sz:mei#1 matching 15 @ 102
                                  | trade 10 @ 100 bob#1(0) sz:mei#1(5) depth 0
                                  | sz:mei#1 cancelled 5 IOC_REST
        home bay mei of 1 traded 10
                  | mei goes home by bay 1: 530 and 10 t filled 10 unfilled 5 #1 traded 10 leaves 0
        home bay mei of 1 traded -1 | refused VALUE ref
        home bay mei              | refused NOTHING_TO_CHANGE account
        guest bay 2 mei sell 5 @ 110
                                  | mei comes by bay 2 as sz:mei
                                  | sz:mei#2 matching 5 @ 110
                                  | sz:mei#2 cancelled 5 IOC_REST
    """,
        shows=("14.4", "14.5"),
    ),
    Scenario(
        "a message comes in its turn, once",
        """
        link bay routing sz SZA
        guest bay 2 mei buy 15 @ 102 with 1530   | refused UNKNOWN_NUMBER number
        guest bay 1 mei buy 15 @ 102 with 1530
        guest bay 1 mei buy 15 @ 102 with 1530   | refused UNKNOWN_NUMBER number
        back bay 3 ann cash 10                   | refused UNKNOWN_NUMBER number
        back bay 2 ann cash 10                   | ann has back by bay 2: 10 and 0 t fee 0 used 0
    """,
        shows=("14.4", "14.6"),
    ),
    Scenario(
        "what comes home is the member's, less the link's fee, and frees the quota",
        """
        link bay routing gd GDA fee 2 quota 50
        ann routes buy 20 @ 110 away 20 for 100 by bay with 2040
        back bay 1 ann cash 1040 tonnes 10 filled 10 unfilled 10
                                  | ann has back by bay 1: 1040 and 10 t fee 20 used 10
        ann cash                  | 998980 reserved 0
        back bay 2 ann of 1 traded 3 leaves 7
                        | ann has back by bay 2: 0 and 0 t fee 0 used 10 #1 traded 3 leaves 7
        back bay 3 ann of 1 traded -3 | refused VALUE cash
    """,
        shows=("14.6",),
    ),
    Scenario(
        "in a shared book a guest's order rests; what it saves goes home as it trades",
        """
        link bay hosting sz SZA
        ann routes buy 5 @ 100 away 5 for 100 by bay with 500   | ann#1 refused MODE link
        guest bay 1 mei buy 15 @ 102 with 1530
                                  | sz:mei opened
                                  | mei comes by bay 1 as sz:mei
                                  | sz:mei#1 resting 15 @ 102 depth 15
        bob sell 10 @ 90          | bob#1 matching 10 @ 90
                                  | trade 10 @ 102 sz:mei#1(5) bob#1(0) depth 5
        home bay mei of 1 traded 10
                     | mei goes home by bay 1: 0 and 10 t filled 0 unfilled 0 #1 traded 10 leaves 5
        ends bay 3 mei 1          | refused UNKNOWN_NUMBER number
        ends bay 2 mei 1          | sz:mei#1 cancelled 5 REQUESTED depth 0
        ends bay 3 mei 1          | sz:mei#3 refused UNKNOWN_ORDER target
        ends bay 4 ada 1          | refused UNKNOWN_ACCOUNT account
    """,
        shows=("14.4", "14.5", "14.7"),
    ),
    Scenario(
        "a member's cancel goes after the order",
        """
        link bay shared gd GDA
        ann routes buy 5 @ 100 away 5 for 100 by bay with 500
                                  | ann#1 leaves by bay 1: 5 @ 100 with 500 used 5
        kill ann
        ann recalls 1 by bay      | ann#2 cancels 1 by bay 2
        ann recalls 1 by boy      | ann#3 refused UNKNOWN_SYMBOL link
        ann recalls 1 by bay ref 0 | ann#0 cancels 1 by bay 3
        eve recalls 1 by bay ref 0 | refused UNKNOWN_ACCOUNT account
    """,
        shows=("14.7",),
    ),
    Scenario(
        "allowances leave to count at the peer, within the quota",
        """
        link bay recognition gd GDA quota 50
        send boy ann 20 to plant 2020   | refused UNKNOWN_SYMBOL link
        send bay eve 20 to plant 2020   | refused UNKNOWN_ACCOUNT account
        send bay ann 0 to plant 2020    | refused QUANTITY_RANGE quantity
        send bay ann 51 to plant 2020   | refused QUOTA quantity
        ann sell 990 @ 100
        send bay ann 20 to plant 2020   | refused ALLOWANCES quantity
        ann cancel 1
        send bay ann 20 to plant 2020 by An | ann sends 20 OLD to plant 2020 by bay 1 used 20
        ann tonnes                      | 980 reserved 0
        back bay 1 ann tonnes 20 unfilled 20 | ann has back by bay 1: 0 and 20 t fee 0 used 0
        ann tonnes                      | 1000 reserved 0
        link bay none gd GDA
        send bay ann 20 to plant 2020   | refused MODE link
    """,
        shows=("14.8", "14.9", "14.11"),
    ),
    Scenario(
        "another region's allowances meet an obligation at a ratio, or go back",
        """
        open plant
        register plant by An
        report plant 2020 100
        verify plant 2020 100
        link bay recognising sz SZA quota 50
        ratio boy 1/2             | refused UNKNOWN_SYMBOL link
        ratio bay 0/2             | refused VALUE numerator
        ratio bay 1/2             | bay counts 1 for 2
        recognise bay 2 mei 30 for plant 2020 by An | refused UNKNOWN_NUMBER number
        recognise bay 1 mei 30 for plant 2020 by An
                                  | mei counts by bay 1: 30 t as 15 for plant 2020 due 85 used 30
        recognise bay 1 mei 30 for plant 2020 by An | refused UNKNOWN_NUMBER number
        recognise bay 2 mei 22 for plant 2020 by An | refused QUOTA quantity
                  | mei goes home by bay 1: 0 and 22 t filled 0 unfilled 22 for QUOTA
        recognise bay 3 mei 11 for plant 2020 by An | refused VALUE quantity
                  | mei goes home by bay 2: 0 and 11 t filled 0 unfilled 11 for VALUE
        recognise bay 4 mei 10 for plant 2020 by Bo | refused OFFICER officer
                  | mei goes home by bay 3: 0 and 10 t filled 0 unfilled 10 for OFFICER
        recognise bay 5 mei 10 for mill 2020 | refused UNKNOWN_ENTITY entity
                  | mei goes home by bay 4: 0 and 10 t filled 0 unfilled 10 for UNKNOWN_ENTITY
        ratio bay 9/1             | bay counts 9 for 1
        recognise bay 6 mei 10 for plant 2020 by An | refused DUE quantity
                  | mei goes home by bay 5: 0 and 10 t filled 0 unfilled 10 for DUE
        link bay hosting sz SZA
        ratio bay 1/1             | refused MODE link
        recognise bay 7 mei 10 for plant 2020 by An | refused MODE link
                  | mei goes home by bay 6: 0 and 10 t filled 0 unfilled 10 for MODE
    """,
        COMPLIANCE,
        shows=("14.8", "14.10", "14.11"),
    ),
    Scenario(
        "nothing is recognised without a compliance programme",
        """
        link bay recognising sz SZA
        recognise bay 1 mei 10 for plant 2020 | refused PROGRAMME link
                  | mei goes home by bay 1: 0 and 10 t filled 0 unfilled 10 for PROGRAMME
    """,
        shows=("14.10",),
    ),
    Scenario(
        "a harmonised auction: several sellers share in one clearing, to the unit",
        """
        time 1
        ann announce sell 50 @ 90 from 10 until 20
        bob joins 1 OLD 30 @ 90     | bob joins 1 with 30 of 80
        ann2 joins 2 OLD 30 @ 90    | ann2#1 refused UNKNOWN_NUMBER number
        ann joins 1 OLD 30 @ 90     | ann#2 refused OWN_ORDER number
        dan joins 1 OLD 20 @ 91     | dan#1 refused PRICE_LIMIT price
        dan joins 1 OLD 1001 @ 90   | dan#2 refused ALLOWANCES quantity
        dan joins 1 OLD 20 @ 90     | dan joins 1 with 20 of 100
        ann tonnes                  | 1050 reserved 100
        dan tonnes                  | 980 reserved 0
        time 10
        cay joins 1 OLD 20 @ 90     | cay#1 refused WINDOW number
        bob bid 1 for 51 @ 102      | bob#2 refused OWN_ORDER number
        cay bid 1 for 51 @ 101
        time 20
        clear 1                     | trade 51 @ 101 ann#1(49) cay#2(0)
                                    | ann#1 cancelled 49 LOST
                                    | auction 1 clears 51 @ 101 unsold 49
                                    | ann sold in 1: 26 of 50 for 2626
                                    | bob sold in 1: 15 of 30 for 1515
                                    | dan sold in 1: 10 of 20 for 1010
        ann tonnes                  | 974 reserved 0
        bob tonnes                  | 985 reserved 0
        dan cash                    | 1001010 reserved 0
    """,
        AUCTION,
        shows=("14.12", "14.13"),
    ),
    Scenario(
        "what is not sold goes back to each seller; a seller joins no purchase",
        """
        time 1
        ann announce sell 50 @ 90 from 10 until 20
        bob joins 1 OLD 30 @ 80     | bob joins 1 with 30 of 80
        ann cancel 1                | ann#1 cancelled 80 REQUESTED
                                    | ann sold in 1: 0 of 50 for 0
                                    | bob sold in 1: 0 of 30 for 0
        bob tonnes                  | 1000 reserved 0
        ann announce buy 50 @ 90 from 10 until 20
        bob joins 2 OLD 30 @ 80     | bob#2 refused MODE number
    """,
        AUCTION,
        shows=("14.12", "14.13"),
    ),
    Scenario(
        "a bid, or tonnes, leave for an auction there",
        """
        link bay routing gd GDA
        ann bids 3 buy 20 @ 100 by boy with 2000   | ann#1 refused UNKNOWN_SYMBOL link
        ann bids 3 buy 20 @ 100 by bay with 2000   | ann#2 refused MODE link
        link bay auction gd GDA quota 50
        ann bids 3 buy 0 @ 100 by bay with 2000    | ann#3 refused QUANTITY_RANGE quantity
        ann bids 3 buy 20 @ 0 by bay with 2000     | ann#4 refused PRICE_RANGE price
        ann bids 3 buy 20 @ 100 by bay with 1999   | ann#5 refused VALUE cash
        ann bids 3 sell 20 @ 100 by bay with 1     | ann#6 refused VALUE cash
        ann bids 3 buy 51 @ 100 by bay with 5100   | ann#7 refused QUANTITY_RANGE quantity
        ann bids 3 buy 20 @ 100 by bay with 9999999 | ann#8 refused CASH cash
        ann bids 3 buy 20 @ 100 by bay with 2000
                            | ann#9 bids by bay 1: buy 20 @ 100 in 3 with 2000 used 20
        ann bids 3 sell 30 @ 90 by bay
                            | ann#10 bids by bay 2: sell 30 @ 90 in 3 with 0 used 50
        ann cash                                   | 998000 reserved 0
        ann tonnes                                 | 970 reserved 0
    """,
        shows=("14.14",),
    ),
    Scenario(
        "guests bid and sell in one auction, and what is theirs goes home",
        """
        time 1
        ann announce sell 50 @ 90 from 10 until 20
        link bay auctioneer sz SZA
        bidder bay 1 gov 1 sell 25 @ 90 | sz:gov opened
                                    | gov comes by bay 1 as sz:gov
                                    | sz:gov joins 1 with 25 of 75
        bidder bay 2 mei 1 buy 10 @ 95 with 950
                                    | sz:mei opened
                                    | mei comes by bay 2 as sz:mei
                                    | sz:mei#2 refused WINDOW number
        home bay mei                | mei goes home by bay 1: 950 and 0 t filled 0 unfilled 0
        time 10
        bidder bay 3 mei 1 buy 30 @ 100 with 3000
                                    | mei comes by bay 3 as sz:mei
                                    | sz:mei#3 held 30 @ 100
        bob bid 1 for 30 @ 95
        time 20
        clear 1                     | trade 30 @ 95 ann#1(45) sz:mei#3(0)
                                    | trade 30 @ 95 ann#1(15) bob#1(0)
                                    | ann#1 cancelled 15 LOST
                                    | auction 1 clears 60 @ 95 unsold 15
                                    | ann sold in 1: 40 of 50 for 3800
                                    | sz:gov sold in 1: 20 of 25 for 1900
        home bay mei                | mei goes home by bay 2: 150 and 30 t filled 0 unfilled 0
        home bay gov                | gov goes home by bay 3: 1900 and 5 t filled 0 unfilled 0
        home bay gov                | refused NOTHING_TO_CHANGE account
    """,
        AUCTION,
        shows=("14.13", "14.15"),
    ),
    Scenario(
        "a line without auctions takes no bid, whose money stays the guest's",
        """
        link bay auctioneer sz SZA
        bidder bay 1 mei 1 buy 10 @ 95 with 950
                                    | sz:mei opened
                                    | mei comes by bay 1 as sz:mei
                                    | sz:mei#1 refused MODE link
        home bay mei                | mei goes home by bay 1: 950 and 0 t filled 0 unfilled 0
    """,
        shows=("14.15",),
    ),
)
