"""The defects that matching engines are known for, each as one small test.

Scripts are explained in ``carbonx.testing.script``: a command, then after ``|`` what must happen.
"""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from carbonx.testing.script import ScriptedVenue
from engine.rulebook.model import AccountClass, Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Matching, OrderType, Phase, RejectReason, Side, TimeInForce
from engine.vocabulary.units import MAX_MONEY, MAX_PRICE, MAX_QUANTITY, MAX_REF, MAX_TOTAL

BOTH = pytest.mark.parametrize("matching", list(Matching), ids=lambda m: m.name.lower())


@BOTH
def test_a_trade_is_at_the_resting_orders_price_not_at_the_arriving_ones(
    matching: Matching,
) -> None:
    ScriptedVenue(matching=matching).run("""
        ann sell 5 @ 100
        bob buy 5 @ 105      | bob#1 matching 5 @ 105
                             | trade 5 @ 100 ann#1(0) bob#1(0) depth 0
        ann buy 5 @ 98
        bob sell 5 @ 90      | bob#2 matching 5 @ 90
                             | trade 5 @ 98 ann#2(0) bob#2(0) depth 0
    """)


def test_a_partial_fill_keeps_its_place() -> None:
    ScriptedVenue().run("""
        ann sell 5 @ 100
        bob sell 5 @ 100
        dan buy 2 @ 100      | dan#1 matching 2 @ 100
                             | trade 2 @ 100 ann#1(3) dan#1(0) depth 8
        dan buy 4 @ 100      | dan#2 matching 4 @ 100
                             | trade 3 @ 100 ann#1(0) dan#2(1) depth 5
                             | trade 1 @ 100 bob#1(4) dan#2(0) depth 4
    """)


@pytest.mark.parametrize(("gone", "left"), [(1, [2, 3]), (2, [1, 3]), (3, [1, 2])])
def test_cancelling_the_head_middle_or_tail_leaves_the_others_in_order(
    gone: int, left: list[int]
) -> None:
    scripted = ScriptedVenue()
    scripted.run(f"""
        ann sell 1 @ 100
        ann sell 1 @ 100
        ann sell 1 @ 100
        ann cancel {gone}    | ann#{gone} cancelled 1 REQUESTED depth 2
        book                 | - / 2@100
        bob buy 9 @ 100
        book                 | 7@100 / -
    """)
    trades = [event for event in scripted.seen if isinstance(event, e.Trade)]
    assert [trade.maker_ref for trade in trades] == left


def test_every_order_of_cancelling_a_queue_leaves_it_whole() -> None:
    for seed in range(20):
        scripted, left = ScriptedVenue(), list(range(1, 9))
        for _ in left:
            scripted.say("ann buy 1 @ 100")
        for target in Random(seed).sample(left, 8):
            left.remove(target)
            scripted.say(f"ann cancel {target}")
            assert [view.ref for view in scripted.venue.open_orders("ann")] == left
            assert scripted.venue.depth("OLD", Side.BUY) == ([(100, len(left))] if left else [])


@BOTH
def test_a_filled_order_cannot_be_cancelled_or_amended(matching: Matching) -> None:
    ScriptedVenue(matching=matching).run("""
        ann sell 5 @ 100
        bob buy 5 @ 100
        ann cancel 1         | ann#2 refused UNKNOWN_ORDER target
        bob cancel 1         | bob#2 refused UNKNOWN_ORDER target
        ann amend 1 to 6     | ann#3 refused UNKNOWN_ORDER target
        book                 | - / -
    """)


@pytest.mark.parametrize(
    "empty", ["ann cancel 1", "dan buy 5 @ 100", "ann amend 1 @ 109", "ann cancel all", "kill ann"]
)
def test_no_phantom_best_price_is_left_when_a_level_empties(empty: str) -> None:
    scripted = ScriptedVenue()
    scripted.run("""
        ann sell 5 @ 100
        bob sell 5 @ 104
    """)
    scripted.say(empty)
    scripted.run("""
        dan buy 1 @ 103 fok
        cay buy 3 @ 103
        cay buy 3 @ 104
    """)
    at_104 = [trade for trade in scripted.trades() if trade[3] == "cay"]
    assert at_104 == [(104, 3, "bob", "cay")]
    assert scripted.venue.depth("OLD", Side.BUY) == [(103, 3)]
    assert scripted.venue.depth("OLD", Side.SELL)[0] == (104, 2)


@pytest.mark.parametrize("far", [10, 4_000, 5_000, 40_000, 3_000_000])
def test_the_next_best_price_is_found_however_far_away_it_is(far: int) -> None:
    scripted = ScriptedVenue(product={"reference": 4_096})
    scripted.run(f"""
        cash bob 999999999999
        ann sell 1 @ 4095
        ann sell 1 @ {4_096 + far}
        bob buy 2 @ {4_096 + far}
        book                 | - / -
    """)
    assert scripted.trades() == [(4_095, 1, "ann", "bob"), (4_096 + far, 1, "ann", "bob")]


@BOTH
def test_an_amend_that_crosses_trades_and_does_not_rest_crossed(matching: Matching) -> None:
    ScriptedVenue(matching=matching).run("""
        ann sell 5 @ 102
        bob buy 8 @ 100
        bob amend 1 @ 102    | bob#1 amended 8(8) @ 102 matching left 0 @ 100
                             | trade 5 @ 102 ann#1(0) bob#1(3) depth 0
                             | bob#1 rests 3 @ 102 depth 3
        book                 | 3@102 / -
    """)


def test_an_amend_before_the_open_waits_for_it_and_does_not_rest_crossed() -> None:
    ScriptedVenue().run("""
        ann sell 5 @ 102
        bob buy 8 @ 100
        phase halted
        phase pre_open
        bob amend 1 @ 102    | bob#1 amended 8(8) @ 102 held left 0 @ 100
        book                 | - / 5@102
        phase continuous     | OLD continuous 100
                             | trade 5 @ 102 ann#1(0) bob#1(3) depth 0
                             | bob#1 rests 3 @ 102 depth 3
                             | NEW continuous 50
    """)


def test_an_amend_settles_what_was_reserved() -> None:
    ScriptedVenue().run("""
        bob buy 8 @ 100
        bob cash             | 1000000 reserved 800
        bob amend 1 to 5
        bob cash             | 1000000 reserved 500
        bob amend 1 @ 120
        bob cash             | 1000000 reserved 600
        bob cancel 1
        bob cash             | 1000000 reserved 0
    """)


@BOTH
def test_fill_or_kill_looks_at_all_orders_together_not_at_one_after_another(
    matching: Matching,
) -> None:
    ScriptedVenue(matching=matching).run("""
        ann sell 3 @ 100
        bob sell 3 @ 101
        cay sell 9 @ 101 show 1
        dan buy 15 @ 101 fok
        book                 | - / -
        dan tonnes           | 1015 reserved 0
    """)


@BOTH
def test_fill_or_kill_that_lacks_one_tonne_trades_nothing(matching: Matching) -> None:
    ScriptedVenue(matching=matching).run("""
        ann sell 3 @ 100
        bob sell 3 @ 101
        cay sell 9 @ 101 show 1
        dan buy 16 @ 101 fok | dan#1 matching 16 @ 101
                             | dan#1 cancelled 16 FOK_KILLED
        book                 | - / 3@100 4@101
        dan cash             | 1000000 reserved 0
    """)


@BOTH
def test_fill_or_kill_does_not_count_what_is_beyond_its_limit_or_its_own(
    matching: Matching,
) -> None:
    ScriptedVenue(matching=matching).run("""
        ann sell 3 @ 100
        ann2 sell 3 @ 101
        bob sell 3 @ 102
        ann buy 4 @ 102 fok  | ann#2 matching 4 @ 102
                             | ann#2 cancelled 4 FOK_KILLED
        dan buy 7 @ 101 fok  | dan#1 matching 7 @ 101
                             | dan#1 cancelled 7 FOK_KILLED
        book                 | - / 3@100 3@101 3@102
    """)


@BOTH
@pytest.mark.parametrize("tif", ["", "ioc"])
def test_a_sweep_stops_at_its_limit(matching: Matching, tif: str) -> None:
    scripted = ScriptedVenue(matching=matching)
    scripted.run(f"""
        ann sell 2 @ 100
        ann sell 2 @ 101
        ann sell 2 @ 102
        bob buy 9 @ 101 {tif}
    """)
    assert [trade[0] for trade in scripted.trades()] == [100, 101]
    assert scripted.book() == ("- / 2@102" if tif else "5@101 / 2@102")


def test_a_market_order_stops_at_its_protection_price() -> None:
    ScriptedVenue(protection_bp=200).run("""
        ann sell 2 @ 102
        ann sell 2 @ 103
        bob buy 4 market     | bob#1 matching 4 @ 102
                             | trade 2 @ 102 ann#1(0) bob#1(2) depth 0
                             | bob#1 cancelled 2 MARKET_REST
        bob cash             | 999796 reserved 0
    """)


@pytest.mark.parametrize("end", ["ann cancel 1", "bob buy 5 @ 100"])
def test_an_identity_is_not_used_again_after_cancel_or_fill(end: str) -> None:
    scripted = ScriptedVenue()
    scripted.run(f"""
        ann sell 5 @ 100
        {end}
    """)
    before = scripted.venue.state_hash()
    scripted.run("""
        ann sell 5 @ 100 ref 1  | ann#1 refused DUPLICATE_REF ref
        ann buy 5 @ 99 ref 0    | refused DUPLICATE_REF ref
        book                    | - / -
    """)
    assert scripted.venue.state_hash() == before


def test_a_resent_message_changes_nothing_even_while_its_order_lives() -> None:
    scripted = ScriptedVenue()
    scripted.run("ann sell 5 @ 100")
    before = scripted.venue.state_hash()
    scripted.run("ann sell 5 @ 100 ref 1 | ann#1 refused DUPLICATE_REF ref")
    assert scripted.venue.state_hash() == before


def test_a_refused_command_uses_its_reference_up() -> None:
    ScriptedVenue(product={"tick": 5}).run("""
        ann sell 5 @ 101         | ann#1 refused PRICE_TICK price
        ann sell 5 @ 100 ref 1   | ann#1 refused DUPLICATE_REF ref
        ann cancel 1 ref 2       | ann#2 refused UNKNOWN_ORDER target
    """)


@BOTH
def test_a_sweep_of_five_thousand_orders_at_one_price(matching: Matching) -> None:
    count = 5_000
    venue = ScriptedVenue(matching=matching).venue
    venue.apply(c.MoveAllowances("ann", "OLD", count))
    for ref in range(1, count + 1):
        venue.apply(c.NewOrder("ann", ref, "OLD", Side.SELL, 1, 100))
    events = venue.apply(c.NewOrder("bob", 1, "OLD", Side.BUY, count, 100))
    trades = [event for event in events if isinstance(event, e.Trade)]
    assert len(events) == count + 1
    assert [trade.maker_ref for trade in trades] == list(range(1, count + 1))
    assert {trade.taker_leaves for trade in trades} == set(range(count))
    venue.check()
    assert venue.depth("OLD", Side.SELL) == []
    assert venue.cash("ann") == (1_000_000 + 100 * count, 0)


def test_a_chain_of_a_thousand_stops_needs_no_deep_stack() -> None:
    count = 1_000
    scripted = ScriptedVenue(protection_bp=0)
    venue = scripted.venue
    venue.apply(c.MoveAllowances("ann", "OLD", count))
    venue.apply(c.MoveCash("bob", 10**9))
    for i in range(count):
        venue.apply(c.NewOrder("ann", i + 1, "OLD", Side.SELL, 1, 101 + i))
    for i in range(count - 1):
        venue.apply(
            c.NewOrder(
                "bob",
                i + 1,
                "OLD",
                Side.BUY,
                1,
                102 + i,
                OrderType.STOP_LIMIT,
                TimeInForce.GTC,
                stop_price=101 + i,
            )
        )
    events = venue.apply(c.NewOrder("dan", 1, "OLD", Side.BUY, 1, 101))
    prices = [event.price for event in events if isinstance(event, e.Trade)]
    assert prices == list(range(101, 101 + count))
    venue.check()


def test_a_maker_is_paid_exactly_once() -> None:
    ScriptedVenue(maker_fee_ppm=1_000, taker_fee_ppm=3_000).run("""
        ann sell 10 @ 100
        bob buy 10 @ 100     | bob#1 matching 10 @ 100
                             | trade 10 @ 100 ann#1(0) bob#1(0) depth 0 fees 1 3
        ann cash             | 1000999 reserved 0
        bob cash             | 998997 reserved 0
        ann tonnes           | 990 reserved 0
        bob tonnes           | 1010 reserved 0
        fees                 | 4
    """)


def test_sums_stay_within_what_a_message_can_carry() -> None:
    scripted = ScriptedVenue()
    venue = scripted.venue
    turns = ["bob", "ann"] * (MAX_TOTAL // MAX_MONEY)
    answers = [venue.apply(c.MoveCash(name, MAX_MONEY))[0] for name in turns]
    refused = [answer for answer in answers if isinstance(answer, e.Rejected)]
    assert {answer.reason for answer in refused} == {RejectReason.VALUE}
    assert len(answers) - len(refused) == MAX_TOTAL // MAX_MONEY - 1  # all have a little already
    venue.apply(c.MoveAllowances("ann", "OLD", MAX_QUANTITY))
    price, quantity = 7_000_000_000, 500_000_000
    for turn in range(3):  # 3.5e18 a turn: more in a day than 63 bits hold
        seller, buyer = ("ann", "bob") if turn % 2 == 0 else ("bob", "ann")
        scripted.say(f"{seller} sell {quantity} @ {price}")
        scripted.say(f"{buyer} buy {quantity} @ {price}")
    assert len(scripted.trades()) == 3
    assert len(venue.state_hash()) == 64
    events = venue.apply(c.SetPhase(Phase.CLOSED, "OLD"))
    assert isinstance(events[-1], e.DayClosed)
    assert events[-1].value == MAX_TOTAL
    assert msgspec.msgpack.encode(events)


def test_figures_beyond_thirty_bits_are_taken_and_refused_like_any_others() -> None:
    scripted = ScriptedVenue()
    dear, late = 1 << 31, 1 << 40
    for name in ("ann", "bob"):
        scripted.venue.apply(c.MoveCash(name, MAX_MONEY))
    accepted = scripted.venue.apply(c.NewOrder("ann", late, "OLD", Side.SELL, 3, dear))
    assert isinstance(accepted[0], e.OrderAccepted)
    traded = scripted.venue.apply(c.NewOrder("bob", late, "OLD", Side.BUY, 2, dear + 5))
    assert [(t.price, t.quantity) for t in traded if isinstance(t, e.Trade)] == [(dear, 2)]
    amended = scripted.venue.apply(c.AmendOrder("ann", late + 1, late, 3, dear + 7))
    assert isinstance(amended[0], e.OrderAmended)
    assert scripted.venue.depth("OLD", Side.SELL) == [(dear + 7, 1)]
    for command, reason in (
        (c.NewOrder("bob", late + 1, "OLD", Side.BUY, 1, MAX_PRICE + 1), RejectReason.PRICE_RANGE),
        (c.NewOrder("bob", MAX_REF + 1, "OLD", Side.BUY, 1, 100), RejectReason.DUPLICATE_REF),
        (c.CancelOrder("ann", MAX_REF + 1, late), RejectReason.DUPLICATE_REF),
        (c.AmendOrder("ann", MAX_REF + 1, late, 2), RejectReason.DUPLICATE_REF),
        (c.MassCancel("ann", MAX_REF + 1), RejectReason.DUPLICATE_REF),
    ):
        (refused,) = scripted.venue.apply(command)
        assert isinstance(refused, e.Rejected)
        assert refused.reason is reason
    scripted.venue.check()


def test_an_amendment_does_not_get_round_a_holding_limit() -> None:
    rules = Rulebook("t", (Product("OLD", 100),), classes=(AccountClass("fund", holding_limit=50),))
    venue = Venue(rules)
    venue.apply(c.OpenAccount("fay", role="fund"))
    venue.apply(c.MoveCash("fay", 10**9))
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    venue.apply(c.NewOrder("fay", 1, "OLD", Side.BUY, 30, 100))
    (refused,) = venue.apply(c.AmendOrder("fay", 2, 1, 51))
    assert isinstance(refused, e.Rejected)
    assert (refused.reason, refused.field) == (RejectReason.HOLDING, "quantity")
    assert isinstance(venue.apply(c.AmendOrder("fay", 3, 1, 50, 99))[0], e.OrderAmended)
    assert isinstance(venue.apply(c.AmendOrder("fay", 4, 1, 20))[0], e.OrderAmended)
    venue.check()


def test_a_limit_that_is_amended_holds_for_accounts_that_have_traded() -> None:
    rules = Rulebook("t", (Product("OLD", 100),), classes=(AccountClass("fund", holding_limit=50),))
    venue = Venue(rules)
    venue.apply(c.OpenAccount("fay", role="fund"))
    venue.apply(c.MoveCash("fay", 10**9))
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    venue.apply(c.NewOrder("fay", 1, "OLD", Side.BUY, 30, 100))
    venue.apply(c.SetPhase(Phase.CLOSED))
    venue.apply(c.AmendRulebook("classes[fund].holding_limit", "80"))
    venue.apply(c.BeginDay(20250102))
    venue.apply(c.SetPhase(Phase.CONTINUOUS))
    (refused,) = venue.apply(c.NewOrder("fay", 2, "OLD", Side.BUY, 81, 100))
    assert isinstance(refused, e.Rejected)
    assert (refused.reason, refused.field) == (RejectReason.HOLDING, "quantity")
    (accepted,) = venue.apply(c.NewOrder("fay", 3, "OLD", Side.BUY, 80, 100))
    assert isinstance(accepted, e.OrderAccepted)
    venue.check()
