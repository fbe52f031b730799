"""Random pledges: they cover bids and pay for nothing, and who does not pay gets nothing."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook.model import Auction, Mode, PlannedAuction, Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import (
    CancelReason,
    ConsignedRest,
    Delivery,
    GuaranteeRule,
    Mechanism,
    Phase,
    PricingRule,
)

HOUR: Final = 3_600
NAMES: Final = ("bob", "cay", "dan")
CASH, STOCK, OFFERED = 3_000, 1_000, 60

amounts = st.tuples(st.integers(0, CASH), st.integers(0, 5_000), st.integers(0, 2_000))
bids = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(1, 40), st.integers(90, 110)), max_size=8
)
fields = st.fixed_dictionaries(
    {
        "pricing": st.sampled_from([PricingRule.UNIFORM, PricingRule.PAY_AS_BID]),
        "buyer_fee_ppm": st.sampled_from([0, 33_333]),
        "delivery": st.sampled_from([Delivery.AT_ONCE, Delivery.DAY_END]),
    }
)
rules = st.sampled_from((GuaranteeRule.TRIM, GuaranteeRule.RETRY, GuaranteeRule.REFUSE))


def rulebook(rule: GuaranteeRule, terms: dict[str, int]) -> Rulebook:
    mode = Mode(mechanism=Mechanism.ONE_WAY, **terms)  # type: ignore[arg-type]
    planned = (PlannedAuction(20210628, "A", "continuous", OFFERED, 9 * HOUR, 10 * HOUR),)
    auction = Auction(
        reserve=90,
        seller="state",
        calendar=planned,
        guarantees=rule,
        pledges=("letter", "bond"),
        consigned=ConsignedRest.RETURN,
    )
    return Rulebook("pledged", (Product("A", 100),), modes=(mode,), auction=auction)


@given(rules, fields, st.tuples(amounts, amounts, amounts), bids, st.integers(0, 40))
def test_what_is_won_is_paid_in_cash_or_not_settled(
    rule: GuaranteeRule,
    terms: dict[str, int],
    held: tuple[tuple[int, int, int], ...],
    offers: list[tuple[str, int, int]],
    consigned: int,
) -> None:
    venue = Venue(rulebook(rule, terms))
    given: list[c.Command] = []

    def apply(command: c.Command) -> list[e.Event]:
        given.append(command)
        events = venue.apply(command)
        venue.check()
        return events

    apply(c.OpenAccount("state", allowances=(("A", STOCK),)))
    apply(c.OpenAccount("eve", allowances=(("A", STOCK),)))
    apply(c.ConsignUnits("eve", "A", consigned))
    for name, (cash, letter, bond) in zip(NAMES, held, strict=True):
        apply(c.OpenAccount(name, cash=CASH))
        apply(c.PostGuarantee(name, "A", cash))
        apply(c.PledgeGuarantee(name, "A", "letter", letter))
        apply(c.PledgeGuarantee(name, "A", "bond", bond))
    announced = next(x for x in apply(c.BeginDay(20210628)) if isinstance(x, e.Announced))
    apply(c.SetPhase(Phase.CONTINUOUS))
    apply(c.AdvanceTime(announced.opens_at))
    for name, tonnes, price in offers:
        apply(c.Bid(name, venue.last_ref(name) + 1, "A", 1, tonnes, price))
    apply(c.AdvanceTime(announced.closes_at))
    events = apply(c.ClearAuction("A", 1, 3))
    trades = [each for each in events if isinstance(each, e.Trade)]
    (stated,) = [each for each in events if isinstance(each, e.AuctionStated)]
    assert stated.sold == sum(each.quantity for each in trades) == sum(stated.winners)
    assert stated.offered == stated.sold + stated.unsold
    assert stated.consigned_sold == min(stated.consigned, stated.sold)
    unpaid = [
        each
        for each in events
        if isinstance(each, e.OrderCancelled) and each.reason is CancelReason.UNPAID
    ]
    assert bool(unpaid) == bool(dict(stated.cuts).get("unpaid"))
    for name, (cash, letter, bond) in zip(NAMES, held, strict=True):
        spent = CASH - venue.cash(name)[0]
        assert 0 <= spent <= min(CASH, cash + letter + bond)
        assert venue.cash(name)[1] == max(0, cash - spent)
        if not letter + bond:
            assert name not in [each.account for each in unpaid]
    again = Venue(venue.genesis)
    for command in given:
        again.apply(command)
    assert again.state_hash() == venue.state_hash()
    for name in NAMES:
        apply(c.ReturnGuarantee(name, "A"))
        for kind in ("letter", "bond"):
            apply(c.PledgeGuarantee(name, "A", kind, 0))
        assert venue.cash(name)[1] == 0
    total = sum(venue.cash(name)[0] for name in (*NAMES, "state", "eve")) + venue.fees()
    assert total == CASH * len(NAMES)


def test_a_pledge_is_part_of_the_state() -> None:
    venue = Venue(rulebook(GuaranteeRule.TRIM, {}))
    venue.apply(c.OpenAccount("bob"))
    hashes = [venue.state_hash()]
    for amount in (5, 7, 0):
        venue.apply(c.PledgeGuarantee("bob", "A", "bond", amount))
        hashes.append(venue.state_hash())
    assert len(dict.fromkeys(hashes)) == 3
    assert hashes[0] == hashes[-1]
