"""The clearing of sealed auctions as tables, each row with the rules that it shows.

Bids are written ``A 4@80.00 B 5@79.50``, in the order of their coming; a bidder stands until the
next. Lots are of one tonne unless the terms say otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.matching.auction_terms import GroupLimit, Seller, Tier
from engine.vocabulary.enums import (
    AuctionEnd,
    BelowMarket,
    BidTie,
    GuaranteeRule,
    LimitRule,
    PricingRule,
    TierKind,
    Undersubscribed,
)
from engine.vocabulary.units import MAX_QUANTITY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIME, RANDOM, PRO_RATA = BidTie.TIME, BidTie.RANDOM, BidTie.PRO_RATA
AT_RESERVE, CANCEL = Undersubscribed.SELL_AT_RESERVE, Undersubscribed.CANCEL
SOLD, IN_PART = AuctionEnd.SOLD, AuctionEnd.SOLD_IN_PART
REJECTED: Final = {"pricing": PricingRule.HIGHEST_REJECTED}
BELOW: Final = {"below_market": BelowMarket.CANCEL, "market_floor": 4_000}
REACH: Final = {"below_market": BelowMarket.REACH, "market_floor": 4_500, "market_price": 5_000}


class Clearing(NamedTuple):
    """Bids, what is offered, and what comes of them."""

    name: str
    bids: str
    supply: int
    price: str
    gets: list[int]
    end: AuctionEnd
    shows: tuple[str, ...]
    terms: Mapping[str, Any] = {}
    released: int = 0
    withheld: int = 0
    limits: Mapping[str, GroupLimit] = {}
    guarantees: Mapping[str, int] = {}
    sellers: tuple[Seller, ...] = ()  # instead of one with the supply
    sales: Sequence[int] = ()


WORKED = (
    Clearing("UK: below the reserve rejected, the rest sold in part at the lowest bid",
             "A 4@40 B 3@30 C 5@21", 10, "30", [4, 3, 0], IN_PART, ("12.2", "12.9"),
             {"reserve": 2_200}),
    Clearing("EU: cancelled where less is bid for", "A 4@40 B 3@30", 10, "0", [0, 0],
             AuctionEnd.UNDERSUBSCRIBED, ("12.9", "12.15"), {"undersubscribed": CANCEL}),
    Clearing("EU: as much as is offered is not less", "A 7@40 B 3@30", 10, "30", [7, 3], SOLD,
             ("12.9",), {"undersubscribed": CANCEL}),
    Clearing("Guangdong 2014: both fill at the lowest", "A 900000@30.00 B 600000@26.00", 2_000_000,
             "26", [900_000, 600_000], IN_PART, ("12.9",), {"reserve": 2_500, "tie": TIME}),
    Clearing("California, 60 lots", "A 10@15 50@12 40@10", 60, "12", [10, 50, 0], SOLD,
             ("12.6", "12.8"), {"reserve": 1_000, "tie": PRO_RATA}),
    Clearing("California, 120 lots", "A 10@15 50@12 40@10", 120, "10", [10, 50, 40], IN_PART,
             ("12.9",), {"reserve": 1_000, "tie": PRO_RATA}),
    Clearing("KRX: ties by time",
             "A 1000@110 1500@110 2500@110 B 1000@105 2000@105 C 1000@103 D 1000@103 E 2000@103 "
             "F 1000@100 2000@100", 10_000, "103",
             [1000, 1500, 2500, 1000, 2000, 1000, 1000, 0, 0, 0], SOLD, ("12.7",),
             {"reserve": 10_000, "tie": TIME}),
    Clearing("the last of tied bids is cut", "A 4@40 B 4@40 C 4@40", 10, "40", [4, 4, 2], SOLD,
             ("12.7",), {"tie": TIME}),
    Clearing("RGGI: the reserve where supply is not exhausted", "A 4@18 B 3@16", 10, "2.62",
             [4, 3], IN_PART, ("12.9",), {"reserve": 262, "undersubscribed": AT_RESERVE}),
    Clearing("RGGI: 15,272,670 t to the tonne", "A 9000000@5 B 9000000@4", 15_272_670, "4",
             [9_000_000, 6_272_670], SOLD, ("12.1",), {"lot": 1_000}),
    Clearing("the same in cut lots of 1,000", "A 9000000@5 B 9000000@4", 15_272_670, "4",
             [9_000_000, 6_272_000], IN_PART, ("12.1",), {"lot": 1_000, "cut_lot": 1_000}),
    Clearing("highest rejected: the rest of a cut bid counts", "A 4@40 B 3@30 C 9@20 D 2@10", 10,
             "20", [4, 3, 3, 0], SOLD, ("12.8",), REJECTED),
    Clearing("highest rejected: the next bid", "A 4@40 B 6@30 C 9@20", 10, "20", [4, 6, 0], SOLD,
             ("12.8",), REJECTED),
    Clearing("highest rejected: nothing rejected", "A 4@40 B 6@30", 10, "5", [4, 6], SOLD,
             ("12.8",), REJECTED | {"reserve": 500}),
    Clearing("each pays his own price", "A 4@40 B 9@30", 10, "30", [4, 6], SOLD, ("12.8",),
             {"pricing": PricingRule.PAY_AS_BID}),
    Clearing("one takes all, parts do not count", "A 9@40 B 10@30 C 11@31", 10, "31", [0, 0, 10],
             SOLD, ("12.8",), {"pricing": PricingRule.WHOLE}),
    Clearing("nothing bid", "", 10, "0", [], AuctionEnd.NO_BIDS, ("12.15",)),
    Clearing("EU: well below the secondary market, cancelled", "A 10@39.99", 10, "0", [0],
             AuctionEnd.BELOW_MARKET, ("12.10",), BELOW),
    Clearing("EU: at the secret floor it holds", "A 10@40", 10, "40", [10], SOLD, ("12.10",),
             BELOW),
    Clearing("UK: the bid that reaches the market", "A 2@60 B 3@52 C 5@30", 10, "52", [2, 3, 0],
             IN_PART, ("12.10",), REACH),
    Clearing("UK: no bid reaches the market", "A 2@49 C 8@30", 10, "0", [0, 0],
             AuctionEnd.BELOW_MARKET, ("12.10",), REACH),
)  # fmt: skip

LIMITED = (
    Clearing("the lowest-priced lots go, the holding limit before the purchase limit",
             "A 4@15 4@12 4@11", 100, "12", [4, 1, 0], IN_PART, ("12.3",),
             limits={"A": GroupLimit(purchase=5, holding=7)}),
    Clearing("refused: the bids that come too late, but a smaller one fits", "A 4@15 4@16 1@11",
             100, "11", [4, 0, 1], IN_PART, ("12.3",), {"limit_rule": LimitRule.REFUSE},
             limits={"A": GroupLimit(purchase=5)}),
    Clearing("a guarantee of 150.00 covers 10 at 15 and no more", "A 14@15 B 20@12", 100, "12",
             [10, 20], IN_PART, ("12.4",), {"guarantee_rule": GuaranteeRule.TRIM},
             guarantees={"A": 15_000, "B": 10**9}),
    Clearing("a lower price lets it cover more bids", "A 10@15 10@10", 100, "10", [9, 5], IN_PART,
             ("12.4",), {"guarantee_rule": GuaranteeRule.TRIM}, guarantees={"A": 14_000}),
    Clearing("each his own price: the sum counts", "A 5@15 10@10", 100, "10", [5, 6], IN_PART,
             ("12.4",), {"guarantee_rule": GuaranteeRule.TRIM, "pricing": PricingRule.PAY_AS_BID},
             guarantees={"A": 13_500}),
    Clearing("refused: the bid that it does not cover", "A 10@15 10@10 5@10", 100, "10",
             [10, 0, 5], IN_PART, ("12.4",), {"guarantee_rule": GuaranteeRule.REFUSE},
             guarantees={"A": 15_000}),
    Clearing("no guarantee, no bid", "A 1@15", 100, "0", [0], AuctionEnd.NO_BIDS, ("12.4",),
             {"guarantee_rule": GuaranteeRule.TRIM}),
    Clearing("Quebec: lots come back at the lower prices of others", "A 14@15 B 20@12 30@10", 100,
             "10", [14, 20, 30], IN_PART, ("12.5",), {"guarantee_rule": GuaranteeRule.RETRY},
             guarantees={"A": 15_000, "B": 10**9}),
    Clearing("the earliest lots come back first", "A 4@15 4@14 B 1@10", 100, "10", [3, 0, 1],
             IN_PART, ("12.5",), {"guarantee_rule": GuaranteeRule.RETRY},
             guarantees={"A": 3_000, "B": 10**6}),
    Clearing("the bidder's own bids at a price come before", "A 4@15 4@10", 100, "10", [2, 1],
             IN_PART, ("12.5",), {"guarantee_rule": GuaranteeRule.RETRY}, guarantees={"A": 3_000}),
    Clearing("what came back stands behind others at its price", "A 14@15 B 20@12", 31, "12",
             [11, 20], SOLD, ("12.5",), {"guarantee_rule": GuaranteeRule.RETRY, "tie": TIME},
             guarantees={"A": 15_000, "B": 10**9}),
)  # fmt: skip


def _contained(
    name: str,
    bids: str,
    tiers: tuple[Tier, ...],
    price: str,
    gets: list[int],
    added: int,
    rule: str,
) -> Clearing:
    """Return a row for a supply of 10 with reserve 2; ``added`` is below 0 for what is withheld."""
    unsold = 10 + added - sum(gets)
    return Clearing(
        name,
        bids,
        10,
        price,
        gets,
        IN_PART if unsold else SOLD,
        (rule,),
        {"reserve": 200, "tiers": tiers, "tie": TIME, "undersubscribed": AT_RESERVE},
        max(0, added),
        max(0, -added),
    )


CCR: Final = Tier(TierKind.RELEASE, 600, 5)
SECOND: Final = Tier(TierKind.RELEASE, 800, 4)
ECR: Final = Tier(TierKind.WITHHOLD, 600, 3)
LOWER: Final = Tier(TierKind.WITHHOLD, 550, 5)
CEILING: Final = Tier(TierKind.RELEASE, 9_492, MAX_QUANTITY)
CONTAINED = (
    _contained("CCR: above the trigger", "A 12@7 B 2@6.50 C 9@6 D 5@3", (CCR,), "6",
               [12, 2, 1, 0], 5, "12.11"),
    _contained("CCR: in part, at the trigger exactly", "A 12@7 D 5@3", (CCR,), "6", [12, 0], 2,
               "12.11"),
    _contained("CCR: used up, the price stays above", "A 16@7", (CCR,), "7", [15], 5, "12.11"),
    _contained("CCR: not at the trigger itself", "A 9@7 C 9@6", (CCR,), "6", [9, 1], 0, "12.11"),
    _contained("CCR: not where bids at the trigger use up the supply alone", "A 10@7 D 5@3",
               (CCR,), "7", [10, 0], 0, "12.11"),
    _contained("CCR: not below it", "A 4@7 D 9@3", (CCR,), "3", [4, 6], 0, "12.11"),
    _contained("CCR: not where too little is bid, however high", "A 4@7", (CCR,), "2", [4], 0,
               "12.11"),
    _contained("CCR, two tiers: the second too", "A 20@9", (SECOND, CCR), "9", [19], 9, "12.11"),
    _contained("CCR, two tiers: the first is enough", "A 14@9 B 1@7", (CCR, SECOND), "7", [14, 1],
               5, "12.11"),
    _contained("a ceiling", "A 500@99", (CEILING,), "94.92", [500], 490, "12.11")._replace(
        end=SOLD),
    _contained("ECR: up to the trigger and no further", "A 8@7 D 9@3", (ECR,), "6", [8, 0], -2,
               "12.12"),
    _contained("ECR: all of it", "A 4@7 D 9@3", (ECR,), "3", [4, 3], -3, "12.12"),
    _contained("ECR: not above the trigger", "A 12@7", (ECR,), "7", [10], 0, "12.12"),
    _contained("ECR: at the trigger nothing is needed", "A 12@6", (ECR,), "6", [10], 0, "12.12"),
    _contained("ECR: where too little is bid", "A 4@7", (ECR,), "2", [4], -3, "12.12"),
    _contained("ECR, two tiers", "A 4@7 B 2@5.50 D 9@3", (LOWER, ECR), "5.50", [4, 2, 0], -4,
               "12.12"),
    _contained("ECR, highest rejected: not above the trigger",
               "A 8@7 B 4@6.50 D 9@3", (ECR,), "6.50", [8, 2, 0], 0, "12.12")._replace(
        terms={"reserve": 200, "tiers": (ECR,), "tie": TIME} | REJECTED),
    _contained("ECR, highest rejected: a tonne more, for the price to reach the trigger",
               "A 8@7 D 9@3", (ECR,), "6", [7, 0], -3,
               "12.12")._replace(
        terms={"reserve": 200, "tiers": (ECR,), "tie": TIME} | REJECTED),
    _contained("ECR, highest rejected, trigger at the reserve: what is not bid for", "A 8@7",
               (ECR,), "6", [8], -2, "12.12")._replace(
        terms={"reserve": 600, "tiers": (ECR,), "tie": TIME} | REJECTED),
    _contained("ECR, highest rejected: whole cut lots", "A 8@7 D 8@3",
               (ECR._replace(quantity=4),), "6", [6, 0], -4, "12.12")._replace(
        terms=REJECTED | {"reserve": 200, "tiers": (ECR._replace(quantity=4),), "tie": TIME,
                          "lot": 2, "cut_lot": 2}),
    Clearing("no supply, no price, no release", "A 5@9", 0, "0", [0], IN_PART, ("12.11",),
             {"tiers": (CCR,)}),
    _contained("CCR and ECR: between the triggers neither", "A 12@5.80",
               (CCR, LOWER), "5.80", [10], 0, "12.12"),
)  # fmt: skip

APCR: Final = (Tier(TierKind.FIXED, 5_000, 10), Tier(TierKind.FIXED, 6_000, 100))
SHARED = (
    Clearing("a reserve sale: the cheapest tier first, then what is left at the next",
             "A 14@60 B 6@50", 0, "0", [14, 3], SOLD, ("12.13",),
             {"tiers": APCR, "tie": PRO_RATA}, released=17),
    Clearing("Quebec: what a tier does not hold is shared in whole units", "A 2@50 B 6@50 C 12@50",
             0, "0", [1, 3, 6], SOLD, ("12.13", "12.7"),
             {"tiers": APCR[:1], "tie": PRO_RATA}, released=10),
    Clearing("a tier sells in cut lots too", "A 14@60", 0, "0", [10], SOLD, ("12.1", "12.13"),
             {"tiers": (Tier(TierKind.FIXED, 5_000, 11),), "tie": TIME, "lot": 2, "cut_lot": 2},
             released=10),
    Clearing("consigned units are sold first, and shared exactly", "A 16@10", 130, "10", [16],
             IN_PART, ("12.14", "12.15"), sales=[0, 11, 5],
             sellers=(Seller("state", 100, 1), Seller("one", 20), Seller("other", 10))),
    Clearing("then the others", "A 35@10", 130, "10", [35], IN_PART, ("12.14",), sales=[5, 20, 10],
             sellers=(Seller("state", 100, 1), Seller("one", 20), Seller("other", 10))),
)  # fmt: skip
CLEARINGS: Final = (*WORKED, *LIMITED, *CONTAINED, *SHARED)


class Spreading(NamedTuple):
    """A plan of volumes, what is spread, and the plan afterwards."""

    name: str
    plan: list[int]
    unsold: int
    over: int
    cap_bp: int
    lot: int
    volumes: list[int]
    left: int
    shows: tuple[str, ...] = ("12.16",)


SPREADINGS: Final = (
    Spreading("EU: evenly over the next four", [100] * 5, 20, 4, 0, 5, [105] * 4 + [100], 0),
    Spreading("lots over go to the earlier ones", [100] * 4, 30, 4, 0, 5, [110, 110, 105, 105], 0),
    Spreading("what makes no lot is left", [100] * 2, 23, 2, 0, 10, [110, 110], 3),
    Spreading("UK: no more than 125%, the excess moves on", [100, 40, 100, 100, 100, 100], 120, 4,
              12_500, 1, [125, 50, 125, 125, 125, 110], 0),
    Spreading("what fits nowhere is left", [100, 100], 80, 4, 12_500, 1, [125, 125], 30),
    Spreading("Korea: all of it into the next", [100, 100], 7, 1, 0, 1, [107, 100], 0),
    Spreading("no auction comes", [], 7, 4, 0, 1, [], 7),
)  # fmt: skip


class Growing(NamedTuple):
    """A value that grows by a rate each year, rounded every time."""

    name: str
    value: int
    rate_bp: int
    series: list[int]
    shows: tuple[str, ...] = ("12.17",)


GROWINGS: Final = (
    Growing("RGGI's CCR trigger from 2021", 1_300, 700, [1_391, 1_488, 1_592, 1_703, 1_822]),
    Growing("RGGI's ECR trigger from 2021", 600, 700, [642, 687, 735, 786, 841]),
    Growing("RGGI's CCR trigger from 2017", 1_000, 250, [1_025, 1_051, 1_077]),
    Growing(
        "RGGI's first CCR tier from 2027 to 2037",
        1_950,
        700,
        [2_087, 2_233, 2_389, 2_556, 2_735, 2_926, 3_131, 3_350, 3_585, 3_836],
    ),
    Growing(
        "RGGI's second CCR tier from 2027 to 2037",
        2_925,
        700,
        [3_130, 3_349, 3_583, 3_834, 4_102, 4_389, 4_696, 5_025, 5_377, 5_753],
    ),
    Growing(
        "RGGI's reserve from 2015", 205, 250, [210, 215, 220, 226, 232, 238, 244, 250, 256, 262]
    ),
)
TABLES: Final = (*CLEARINGS, *SPREADINGS, *GROWINGS)
