"""Random consignments: sold before the government's units, for their owners, and none is lost."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook.model import Auction, Mode, PlannedAuction, Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.auction_events import ConsignmentChanged
from engine.vocabulary.enums import (
    BidTie,
    ConsignedRest,
    Delivery,
    GuaranteeRule,
    Mechanism,
    Phase,
    PricingRule,
    Undersubscribed,
)

HOUR: Final = 3_600
DATES: Final = (20210628, 20210629, 20210630)
OWNERS: Final = ("cay", "dan", "eve")
CASH, STOCK, TONNES, OFFERED, RESERVE = 10**6, 1_000, 100, 40, 90

consignments = st.lists(st.tuples(st.sampled_from(OWNERS), st.integers(-60, 120)), max_size=6)
bids = st.lists(
    st.tuples(st.sampled_from(("bob", *OWNERS)), st.integers(1, 60), st.integers(85, 120)),
    max_size=6,
)
days = st.lists(st.tuples(consignments, bids, consignments, st.booleans()), min_size=3, max_size=3)
terms = st.fixed_dictionaries(
    {
        "pricing": st.sampled_from([PricingRule.UNIFORM, PricingRule.PAY_AS_BID]),
        "undersubscribed": st.sampled_from([Undersubscribed.SELL, Undersubscribed.CANCEL]),
        "bid_tie": st.sampled_from([BidTie.TIME, BidTie.PRO_RATA]),
        "seller_fee_ppm": st.sampled_from([0, 20_000]),
        "delivery": st.sampled_from([Delivery.AT_ONCE, Delivery.LATER, Delivery.DAY_END]),
    }
)
Consignment = tuple[str, int]


def rulebook(rest: ConsignedRest, rule: GuaranteeRule, fields: dict[str, int]) -> Rulebook:
    lag = int(fields["delivery"] == Delivery.LATER)
    mode = Mode(mechanism=Mechanism.ONE_WAY, delivery_days=lag, **fields)  # type: ignore[arg-type]
    planned = tuple(
        PlannedAuction(date, "A", "continuous", OFFERED, 9 * HOUR, 10 * HOUR) for date in DATES
    )
    auction = Auction(
        reserve=RESERVE,
        seller="state",
        calendar=planned,
        consigned=rest,
        guarantees=rule,
        reoffer_over=1,
    )
    return Rulebook("consigned", (Product("A", 100),), modes=(mode,), auction=auction)


class Run:
    """A venue that is checked after each step, beside what each owner has consigned."""

    def __init__(self, rules: Rulebook) -> None:
        self.venue = Venue(rules)
        self.given: list[c.Command] = []
        self.waits: dict[str, int] = {}  # in the order of consigning
        self.earned = dict.fromkeys((*OWNERS, "bob", "state"), 0)
        self.apply(c.OpenAccount("state", allowances=(("A", STOCK),)))
        for name in ("bob", *OWNERS):
            self.apply(c.OpenAccount(name, cash=CASH, allowances=(("A", TONNES),)))
            self.apply(c.PostGuarantee(name, "A", CASH // 2))

    def apply(self, command: c.Command) -> list[e.Event]:
        self.given.append(command)
        events = self.venue.apply(command)
        self.venue.check()
        return events

    def consign(self, name: str, tonnes: int, offered: dict[str, int]) -> None:
        total, reserved = self.venue.allowances(name, "A")
        waiting = self.waits.get(name, 0)
        may = 0 < tonnes <= total - reserved or -waiting <= tonnes < 0
        (event,) = self.apply(c.ConsignUnits(name, "A", tonnes))
        assert isinstance(event, ConsignmentChanged) == may
        if isinstance(event, ConsignmentChanged):
            self.wait(name, tonnes)
            assert event.consigned == self.waits.get(name, 0) + offered.get(name, 0)

    def wait(self, name: str, tonnes: int) -> None:
        left = self.waits.pop(name, 0) + tonnes
        if left:
            self.waits[name] = left


def shares(offered: dict[str, int], sold: int) -> dict[str, int]:
    """Split what is sold in proportion, the tonnes over to the largest fractions lost."""
    total = sum(offered.values())
    exact = {name: Fraction(tonnes * sold, total) for name, tonnes in offered.items()}
    parts = {name: int(share) for name, share in exact.items()}
    lost = sorted(offered, key=lambda name: parts[name] - exact[name])
    for name in lost[: sold - sum(parts.values())]:
        parts[name] += 1
    return parts


@given(
    st.sampled_from(ConsignedRest),
    st.sampled_from([GuaranteeRule.NONE, GuaranteeRule.TRIM]),
    terms,
    days,
)
def test_consigned_units(
    rest: ConsignedRest,
    rule: GuaranteeRule,
    fields: dict[str, int],
    plan: list[tuple[list[Consignment], list[tuple[str, int, int]], list[Consignment], bool]],
) -> None:
    run = Run(rulebook(rest, rule, fields))
    extra = 0
    for date, (before, offers, later, called_off) in zip(DATES, plan, strict=True):
        for name, tonnes in before:
            run.consign(name, tonnes, {})
        begun = run.apply(c.BeginDay(date))
        announced = next(each for each in begun if isinstance(each, e.Announced))
        offered, run.waits = run.waits, {}
        own = announced.quantity - sum(offered.values())
        assert own == OFFERED + extra
        run.apply(c.SetPhase(Phase.CONTINUOUS))
        run.apply(c.AdvanceTime(announced.opens_at))
        for name, tonnes, price in offers:
            ref = run.venue.last_ref(name) + 1
            run.apply(c.Bid(name, ref, "A", announced.number, tonnes, price))
        for name, tonnes in later:
            run.consign(name, tonnes, offered)
        run.apply(c.AdvanceTime(announced.closes_at))
        events = run.apply(c.ClearAuction("A", announced.number, 5, call_off=called_off))
        trades = [each for each in events if isinstance(each, e.Trade)]
        sold = dict.fromkeys(offered, 0)
        for trade in trades:
            run.earned[trade.maker] += trade.price * trade.quantity - trade.maker_fee
            if trade.maker != "state":
                assert trade.maker_ref == 0
                sold[trade.maker] += trade.quantity
        total = sum(trade.quantity for trade in trades)
        first = min(total, sum(offered.values()))
        assert sold == (shares(offered, first) if offered else {})
        extra = 0 if called_off else own - (total - first)
        gone_back = [each for each in events if isinstance(each, ConsignmentChanged)]
        for name, tonnes in offered.items():
            if rest is ConsignedRest.WAIT:
                run.wait(name, tonnes - sold[name])
            elif tonnes > sold[name]:
                (back,) = [each for each in gone_back if each.account == name]
                assert back.quantity == sold[name] - tonnes
                assert back.consigned == run.waits.get(name, 0)
        run.apply(c.SetPhase(Phase.CLOSED))
    run.apply(c.BeginDay(20210702))
    for name in OWNERS:
        run.consign(name, -run.waits.get(name, 0) or 0, {})
        run.apply(c.ReturnGuarantee(name, "A"))
        assert run.venue.allowances(name, "A")[1] == 0
        assert run.venue.cash(name)[1] == 0
    run.apply(c.ReturnGuarantee("bob", "A"))
    everybody = ("bob", "state", *OWNERS)
    assert sum(run.venue.allowances(name, "A")[0] for name in everybody) == STOCK + 4 * TONNES
    assert sum(run.venue.cash(name)[0] for name in everybody) + run.venue.fees() == 4 * CASH
    assert run.venue.cash("state")[0] == run.earned["state"]
    again = Venue(run.venue.genesis)
    for command in run.given:
        again.apply(command)
    assert again.state_hash() == run.venue.state_hash()


def test_what_is_consigned_is_part_of_the_state() -> None:
    fields: dict[str, int] = {"delivery": Delivery.AT_ONCE}
    run = Run(rulebook(ConsignedRest.WAIT, GuaranteeRule.NONE, fields))
    hashes = [run.venue.state_hash()]
    for command in (
        c.ConsignUnits("cay", "A", 5),
        c.BeginDay(DATES[0]),
        c.ClearAuction("A", 1, call_off=True),
    ):
        run.apply(command)
        hashes.append(run.venue.state_hash())
    assert len(dict.fromkeys(hashes)) == 4
