"""Random guarantees and bids: money is kept, and every win is paid from what was put up."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook.model import (
    Auction,
    Containment,
    Mode,
    PlannedAuction,
    Product,
    Rulebook,
)
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.auction_events import GuaranteeChanged
from engine.vocabulary.enums import (
    Delivery,
    GuaranteeRule,
    Mechanism,
    Phase,
    PricingRule,
    Undersubscribed,
)

HOUR: Final = 3_600
DATES: Final = (20210628, 20210629)
NAMES: Final = ("bob", "cay", "dan")
CASH, STOCK, OFFERED = 20_000, 1_000, 60
RULES: Final = (GuaranteeRule.TRIM, GuaranteeRule.RETRY, GuaranteeRule.REFUSE)

money = st.integers(0, 6_000)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("bid"), st.sampled_from(NAMES), st.integers(1, 50), st.integers(85, 120)),
        st.tuples(
            st.just("amend"), st.sampled_from(NAMES), st.integers(1, 50), st.integers(85, 120)
        ),
        st.tuples(st.just("cancel"), st.sampled_from(NAMES), st.just(0), st.just(0)),
        st.tuples(st.just("kill"), st.sampled_from(NAMES), st.just(0), st.just(0)),
        st.tuples(st.just("draw"), st.sampled_from(NAMES), st.integers(1, CASH), st.just(0)),
    ),
    max_size=14,
)
fields = st.fixed_dictionaries(
    {
        "pricing": st.sampled_from(
            [PricingRule.UNIFORM, PricingRule.PAY_AS_BID, PricingRule.HIGHEST_REJECTED]
        ),
        "undersubscribed": st.sampled_from([Undersubscribed.SELL, Undersubscribed.CANCEL]),
        "buyer_fee_ppm": st.sampled_from([0, 1_000, 33_333]),
        "delivery": st.sampled_from([Delivery.AT_ONCE, Delivery.LATER, Delivery.DAY_END]),
    }
)


def rulebook(rule: GuaranteeRule, terms: dict[str, int]) -> Rulebook:
    days = int(terms["delivery"] == Delivery.LATER)
    mode = Mode(mechanism=Mechanism.ONE_WAY, delivery_days=days, **terms)  # type: ignore[arg-type]
    planned = tuple(
        PlannedAuction(date, "A", "continuous", OFFERED, 9 * HOUR, 10 * HOUR) for date in DATES
    )
    auction = Auction(
        reserve=90,
        seller="state",
        calendar=planned,
        guarantees=rule,
        containment=(Containment("more", 110, 20),),
    )
    return Rulebook("guaranteed", (Product("A", 100),), modes=(mode,), auction=auction)


class Run:
    """A venue that is checked after each step, beside what each account has put up."""

    def __init__(self, rules: Rulebook) -> None:
        self.venue = Venue(rules)
        self.given: list[c.Command] = []
        self.put_up: dict[str, int] = {}
        self.apply(c.OpenAccount("state", allowances=(("A", STOCK),)))
        for name in NAMES:
            self.apply(c.OpenAccount(name, cash=CASH))

    def apply(self, command: c.Command) -> list[e.Event]:
        self.given.append(command)
        events = self.venue.apply(command)
        self.venue.check()
        for event in events:
            match event:
                case GuaranteeChanged():
                    total = self.put_up.get(event.account, 0) + event.amount
                    assert event.guarantee == total
                    self.put_up[event.account] = total
                case e.Trade():
                    self.put_up[event.taker] -= event.price * event.quantity + event.taker_fee
                    assert self.put_up[event.taker] >= 0
        return events

    def step(self, kind: str, name: str, size: int, price: int) -> None:
        ref = self.venue.last_ref(name) + 1
        mine = [order.ref for order in self.venue.open_orders(name)]
        number = self.venue.standing("A")[0].number
        if kind == "bid":
            self.apply(c.Bid(name, ref, "A", number, size, price))
        elif kind == "amend" and mine:
            self.apply(c.AmendOrder(name, ref, mine[-1], size, price))
        elif kind == "cancel" and mine:
            self.apply(c.CancelOrder(name, ref, mine[0]))
        elif kind == "kill":
            self.apply(c.SetKillSwitch(name, on=True))
            self.apply(c.SetKillSwitch(name, on=False))
        elif kind == "draw":
            before = self.venue.cash(name)
            events = self.apply(c.MoveCash(name, -size))
            fits = size <= before[0] - before[1]
            assert isinstance(events[0], e.CashMoved) == fits, "what is put up stays"
            if fits:
                self.apply(c.MoveCash(name, size))


auction_days = st.lists(st.tuples(st.tuples(money, money, money), steps), min_size=2, max_size=2)


@given(st.sampled_from(RULES), fields, auction_days, st.integers(0, 99))
def test_guarantees_cover_what_is_won_and_nothing_is_lost(
    rule: GuaranteeRule,
    terms: dict[str, int],
    days: list[tuple[tuple[int, int, int], list[tuple[str, str, int, int]]]],
    seed: int,
) -> None:
    run = Run(rulebook(rule, terms))
    for date, (amounts, done) in zip(DATES, days, strict=True):
        for name, amount in zip(NAMES, amounts, strict=True):
            run.apply(c.PostGuarantee(name, "A", amount))
        announced = next(x for x in run.apply(c.BeginDay(date)) if isinstance(x, e.Announced))
        run.apply(c.SetPhase(Phase.CONTINUOUS))
        run.apply(c.AdvanceTime(announced.opens_at))
        for step in done:
            run.step(*step)
        held = {name: run.venue.cash(name)[1] for name in NAMES}
        assert all(held[name] >= run.put_up.get(name, 0) for name in NAMES)
        run.apply(c.AdvanceTime(announced.closes_at))
        run.apply(c.ClearAuction("A", announced.number, seed))
        run.apply(c.SetPhase(Phase.CLOSED))
    run.apply(c.BeginDay(20210701))
    for name in NAMES:
        run.apply(c.ReturnGuarantee(name, "A"))
        assert run.put_up.get(name, 0) == 0
        assert run.venue.cash(name)[1] == 0, "nothing stays reserved"
    total = sum(run.venue.cash(name)[0] for name in (*NAMES, "state")) + run.venue.fees()
    assert total == CASH * len(NAMES)
    assert sum(run.venue.allowances(name, "A")[0] for name in (*NAMES, "state")) == STOCK
    again = Venue(rulebook(rule, terms))
    for command in run.given:
        again.apply(command)
    assert again.state_hash() == run.venue.state_hash()


def test_what_is_put_up_is_part_of_the_state() -> None:
    run = Run(rulebook(GuaranteeRule.TRIM, {"delivery": Delivery.AT_ONCE}))
    before = run.venue.state_hash()
    run.apply(c.PostGuarantee("bob", "A", 10))
    between = run.venue.state_hash()
    run.apply(c.ReturnGuarantee("bob", "A", 4))
    after = run.venue.state_hash()
    run.apply(c.ReturnGuarantee("bob", "A"))
    assert len({before, between, after}) == 3
    assert run.venue.state_hash() == before
