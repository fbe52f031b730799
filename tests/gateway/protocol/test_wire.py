"""Messages, frames and sessions without sockets: golden bytes, splits, garbage, the state table."""

import itertools
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rulebook.validation import MAX_NAME
from engine.vocabulary import events
from engine.vocabulary import events as ev
from engine.vocabulary.enums import (
    AuctionEnd,
    BidTie,
    CallStep,
    CancelReason,
    Mechanism,
    OfferKind,
    OrderState,
    OrderType,
    Phase,
    PricingRule,
    RejectReason,
    Side,
    TimeInForce,
    Undersubscribed,
)
from gateway.protocol import (
    wire,
    wire_account,
    wire_copies,
    wire_history,
    wire_links,
    wire_market,
    wire_modes,
    wire_notices,
    wire_operator,
    wire_registry,
)
from gateway.protocol.framing import Unframer, frame
from gateway.protocol.mapping import COMMANDS
from gateway.protocol.session import Due, State, Throttle, client_end, pack, venue_end
from gateway.protocol.wire_account import AccountStatus, Balances, BalanceStatus
from gateway.server.outbox import Outboxes

SECOND = 1_000_000_000
LOGON = wire.Logon(1, "M1", "alice", "5ec4e7")
PROOF = wire.Proof("ab")
INFO = wire_market.LineInfo(
    "P",
    "",
    "CNY",
    2,
    1,
    1,
    Phase.CONTINUOUS,
    1_000,
    900,
    1_100,
    "P",
    "continuous",
    Mechanism.ORDER_BOOK,
    ((0, 1), (500, 5)),
    5,
    1_000,
)
STATUS = AccountStatus(3, 2, False, (BalanceStatus("CNY", 5, 1),), (), ())
LOGGED_ON = wire.LoggedOn(3, 2, 1, "textbook", "ab", "sync", 10_000, (INFO,), STATUS)

GOLDEN: list[tuple[Any, str]] = [
    (LOGON, "9c0101a24d31a5616c696365a635656334653700c2cd271000c2c2a0"),
    (wire.Proof("ab"), "9212a26162"),
    (wire.Logout(), "9102"),
    (wire.Heartbeat(), "9103"),
    (wire.NewOrder(7, "P", Side.BUY, 10, 1_000), "9c0407a150010acd03e801010000c200"),
    (wire.CancelOrder(8, 7), "93050807"),
    (wire.AmendOrder(9, 7, 0, 990), "9506090700cd03de"),
    (wire.MassCancel(10, "P"), "93070aa150"),
    (wire.Subscribe("P"), "9208a150"),
    (wire.Unsubscribe(), "9209a0"),
    (wire.AskStatus(5), "920a05"),
    (wire_history.AskTrades("P", 3), "9310a15003"),
    (wire_history.AskHistory("P"), "9211a150"),
    (wire_copies.AskCopies("a", 5), "9368a16105"),
    (wire_operator.Operate(2, "{}"), "93cc9b02a27b7d"),
    (wire_modes.Pick(11, "P", 3, 5, 990),
     "960b0ba1500305cd03de"),
    (wire_modes.Quote(12, "P", Side.SELL, 10, 990, ("bob",), 2, 40, 30),
     "9a0c0ca150020acd03de91a3626f6202281e"),
    (wire_modes.Decline(13, "P", 3),
     "940d0da15003"),
    (wire_modes.Announce(14, "P", Side.SELL, 10, 990, 20, 40, 1, 5, 2, PricingRule.UNIFORM,
                         BidTie.TIME, Undersubscribed.SELL),
     "9e0e0ea150020acd03de1428010502010101"),
    (wire_modes.Bid(15, "P", 3, 5, 990),
     "960f0fa1500305cd03de"),
    (wire.Challenge(0, "cd"), "934900a26364"),
    (LOGGED_ON,
     ("9b40030201a874657874626f6f6ba26162a473796e63cd271091dc0010a150a0a3434e5902"
      "010103cd03e8cd0384cd044ca150aa636f6e74696e756f7573019292000192cd01f40505cd03e8"
      "98440302c29197a3434e590501000000909090c2a0")),
    (wire.LoggedOut(3, wire.LogoutReason.SHUTDOWN, "bye"), "94410309a3627965"),
    (wire.VenueHeartbeat(3), "924203"),
    (wire_operator.Operated(3, 2, "{}"), "94cc9c0302a27b7d"),
    (wire_copies.CopyOf(3, "a", bytes.fromhex("945b010203")), "946203a161c405945b010203"),
    (wire.Throttled(3, 9, 100), "9443030964"),
    (wire.NotTaken(3, 9, RejectReason.STORAGE, "x"), "9648030928a178c2"),
    (STATUS,
     "98440302c29197a3434e590501000000909090c2"),
    (Balances(3, (BalanceStatus("CNY", 5, 1),), ()), "9447039197a3434e5905010000009090"),
    (Balances(3, (), (BalanceStatus("P", 9, 6, 5, 1, 2, ((1, 2), (3, 3))),)),
     "944703909197a150090605010292920102920303"),
    (wire_history.DayTrades(3, "P", 1, 2, (wire_market.Trade(0, "P", 0, 4, 1, Side.SELL, 9, 1),
                                           wire_market.AuctionTrade(0, "P", 0, 4, 2, 9, 1))),
     "964503a150010292997200a150000401020901987b00a1500004020901"),
    (wire_history.History(3, "P", (wire_market.DayClosed(0, "P", 0, 4, 9, 9, 9, 9, 1, 9, 1),),
                          None, (wire_market.AuctionUncrossed(0, "P", 0, 4, 9, 1, 0),)),
     "984603a150919c7400a150000409090909010901c091997600a150000409010000c090"),
    (wire.OrderAccepted(1, 2, 7, "P", Side.BUY, 1_000, 10, OrderState.RESTING),
     "9950010207a15001cd03e80a01"),
    (wire.Rejected(1, 2, 7, RejectReason.CASH, "quantity", "x"),
     "975101020713a87175616e74697479a178"),
    (wire.OrderResting(1, 2, 7, 4), "955201020704"),
    (wire.OrderFilled(1, 2, 7, "P", Side.BUY, 1_000, 6, 4, 0, True, 3),
     "9c53010207a15001cd03e8060400c303"),
    (wire.OrderCancelled(1, 2, 7, 4, CancelReason.REQUESTED, 8), ("975401020704" "0108")),
    (wire.OrderAmended(1, 2, 7, 990, 10, 4, OrderState.RESTING, 9), "9955010207cd03de0a040109"),
    (wire.OrderReduced(1, 2, 7, 1, 3), "96560102070103"),
    (wire.OrderTriggered(1, 2, 7), "9457010207"),
    (wire.MassCancelled(1, 2, 7, 3), "955801020703"),
    (wire_account.KillSwitchSet(1, 2, True, 3), "95590102c303"),
    (wire_account.CashMoved(1, 2, "CNY", 5, 6), "965a0102a3434e590506"),
    (wire_account.AllowancesMoved(1, 2, "P", 5, 6), "965b0102a1500506"),
    (wire_modes.NumberAssigned(1, 2, 7, "P", 3),
     "965c010207a15003"),
    (wire_modes.QuoteReceived(1, 2, "P", 3, OfferKind.QUOTE, "ann", Side.SELL, 990, 10, 2, 40),
     "9c5d0102a1500302a3616e6e02cd03de0a0228"),
    (wire_modes.QuoteEnded(1, 2, "P", 3),
     "955e0102a15003"),
    (wire_modes.Declined(1, 2, 7, "P", 3, "bob"),
     "975f010207a15003a3626f62"),
    (wire_modes.Delivered(1, 2, "P", -5, "CNY", 4950),
     "97600102a150fba3434e59cd1356"),
    (wire_modes.Released(1, 2, "P", 5),
     "95610102a15005"),
    (wire_registry.EntityRegistered(1, 2, "Plant", ("a", "b"), ("An",), "Steel"),
     "97cc820102a5506c616e7492a161a16291a2416ea5537465656c"),
    (wire_registry.AllowancesIssued(1, 2, "a", "P", 5, 6, 7),
     "98cc830102a161a150050607"),
    (wire_registry.AllowancesAllocated(1, 2, "Plant", "2024", "P", 5, -1, 2, True),
     "9acc840102a5506c616e74a432303234a15005ff02c3"),
    (wire_registry.AllowancesTransferred(1, 2, "a", "b", "P", 5, 500, "CNY"),
     "99cc850102a161a162a15005cd01f4a3434e59"),
    (wire_registry.EmissionsReported(1, 2, "Plant", "2024", 5),
     "96cc860102a5506c616e74a43230323405"),
    (wire_registry.EmissionsVerified(1, 2, "Plant", "2024", 5, 4),
     "97cc870102a5506c616e74a4323032340504"),
    (wire_registry.AllowancesSurrendered(1, 2, "Plant", "2024", "a", "P", 5, 4),
     "99cc880102a5506c616e74a432303234a161a1500504"),
    (wire_registry.AllowancesCancelled(1, 2, "a", "P", 5, 4),
     "97cc890102a161a1500504"),
    (wire_registry.AllowancesBanked(1, 2, "Plant", "2024", "a", "P", "Q", 5),
     "99cc8a0102a5506c616e74a432303234a161a150a15105"),
    (wire_registry.ComplianceSettled(1, 2, "2024", "Plant", 5, 500, 5),
     "98cc8b0102a432303234a5506c616e7405cd01f405"),
    (wire_registry.PurchasesFrozen(1, 2, "Plant", True),
     "95cc8c0102a5506c616e74c3"),
    (wire_registry.PenaltyPaid(1, 2, "2024", "Plant", "a", 300, 200),
     "98cc8d0102a432303234a5506c616e74a161cd012cccc8"),
    (wire_links.OrderRouted(1, 2, 7, "bay", Side.BUY, 10, 990, 9_920),
     "99cc96010207a3626179010acd03decd26c0"),
    (wire_links.CarriedIn(1, 2, 7, "bay", 6, 4, 50, 6, 2),
     "9ccc97010207a3626179060432060200a0"),
    (wire_links.CancelRouted(1, 2, 8, "bay", 7),
     "96cc98010208a362617907"),
    (wire_links.BidRouted(1, 2, 7, "bay", 3, Side.BUY, 10, 990, 9_900),
     "9acc99010207a362617903010acd03decd26ac"),
    (wire_links.AllowancesSent(1, 2, "bay", "P", 5, "Plant", "2024"),
     "98cc9a0102a3626179a15005a5506c616e74a432303234"),
    (wire_market.BookSnapshot(3, "P", 0, Phase.CONTINUOUS, 0,
                              (wire_market.BookLevel(Side.BUY, 9, 1),), INFO),
     ("987003a1500003009193010901dc0010a150a0a3434e5902010103cd03e8cd0384cd044ca150aa636f6e"
      "74696e756f7573019292000192cd01f40505cd03e8")),
    (wire_market.BookUpdate(3, "P", 1, 9, 1, 0, 0, ()), "997103a150010901000090"),
    (wire_market.Trade(3, "P", 2, 4, 1, Side.SELL, 9, 1), ("997203a1500204010209" "01")),
    (wire_market.PhaseChanged(3, "P", 3, 4, Phase.CLOSED, "", 9, 0, 0), "9a7303a150030401a0090000"),
    (wire_market.DayClosed(3, "P", 4, 4, 9, 9, 9, 9, 1, 9, 1), ("9c7403a15004040909090901" "0901")),
    (wire_market.AuctionIndicated(3, "P", 5, 4, 0, 0, 0, CallStep.NONE, 989, 3, 990, 2),
     "9d7503a150050400000000cd03dd03cd03de02"),
    (wire_market.AuctionUncrossed(3, "P", 6, 4, 990, 10, -2, CallStep.REFERENCE),
     "997603a1500604cd03de0afe06"),
    (wire_market.Offered(3, "P", 7, 4, 3, OfferKind.LISTING, Side.SELL, 990, 10),
     "9a7703a1500704030102cd03de0a"),
    (wire_market.Announced(3, "P", 8, 4, 3, Side.SELL, 990, 10, 20, 40, 1, 5, 2,
                               PricingRule.PAY_AS_BID, BidTie.RANDOM, Undersubscribed.CANCEL),
     "dc00117803a15008040302cd03de0a1428010502020203"),
    (wire_market.BestBid(3, "P", 9, 4, 3, 992, 5),
     "987903a150090403cd03e005"),
    (wire_market.AuctionCleared(3, "P", 10, 4, 3, 992, 5, 5, 1, 1),
     "9b7a03a1500a0403cd03e005050101"),
    (wire_market.AuctionTrade(3, "P", 11, 4, 2, 990, 10),
     ("987b03a1500b0402cd03de0a")),
    (wire_market.LineChanged(3, "P", 12, 4, INFO),
     ("967c03a1500c04dc0010a150a0a3434e5902010103cd03e8cd0384cd044ca150aa636f6e74696e756f75"
      "73019292000192cd01f40505cd03e8")),
    (wire_market.AuctionStated(3, "P", 13, 4, 3, 20210629, AuctionEnd.SOLD_IN_PART, 992, 990, 10, 0,
                               1, 5, 4, 6, 6000, 2, (3, 2), (("tie", 1),), (("CCR", 0),),
                               (("20210630", 4),), 7, "ab", 3, 2, ((992, 6, 5),)),
     ("dc001b7d03a1500d0403ce013463c502cd03e0cd03de0a0001050406cd1770029203029192a37469"
      "65019192a3434352009192a832303231303633300407a26162030291" "93cd03e00605")),
    (wire_notices.CompliancePublished(3, "P", 14, 4, "24", "Plant", 5, 4),
     "99cc8e03a1500e04a23234a5506c616e740504"),
    (wire_notices.DeadlinePassed(3, "P", 15, 4, "24", "surrender", 20251231, 2),
     "99cc8f03a1500f04a23234a973757272656e646572ce0135025f02"),
    (wire_notices.CycleClosed(3, "P", 16, 4, "24", 5, 2),
     "98cc9003a1501004a232340502"),
    (wire_notices.AveragePriceTaken(3, "P", 17, 4, "24", 990, 10, 20251101, 20251201),
     "9acc9103a1501104a23234cd03de0ace013501ddce01350241"),
    (wire_notices.CapSet(3, "P", 18, 4, "P", 100),
     "97cc9203a1501204a15064"),
    (wire_notices.IssuanceStated(3, "P", 19, 4, "P", 5, 60),
     "98cc9303a1501304a150053c"),
]  # fmt: skip


def decode(message: Any, payload: bytes) -> Any:
    from_client = type(message) in wire.FromClient.__args__
    return (wire.decode_from_client if from_client else wire.decode_from_venue)(payload)


@pytest.mark.parametrize(("message", "golden"), GOLDEN, ids=lambda x: type(x).__name__)
def test_golden_bytes(message: Any, golden: str) -> None:
    assert wire.encode(message).hex() == golden
    assert decode(message, bytes.fromhex(golden)) == message


def test_what_a_venue_said_before_a_message_had_further_fields_is_read() -> None:
    payload = bytes.fromhex("9acc97010207a36261790604320602")
    assert wire.decode_from_venue(payload) == wire_links.CarriedIn(1, 2, 7, "bay", 6, 4, 50, 6, 2)


def test_every_message_has_golden_bytes() -> None:
    known = set(wire.FromClient.__args__) | set(wire.FromVenue.__args__)
    assert {type(message) for message, _ in GOLDEN} == known


STREAM = b"".join(
    pack(m)
    for m in (
        LOGON,
        PROOF,
        wire.NewOrder(1, "P", Side.SELL, 5, 990, OrderType.LIMIT, TimeInForce.IOC),
        wire.CancelOrder(2, 1),
        wire.Logout(),
    )
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_split_of_a_stream_gives_the_same_messages(cuts: list[int]) -> None:
    whole = venue_end(0).receive(STREAM, 0)
    session = venue_end(0)
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in itertools.pairwise(edges)]
    assert [m for piece in pieces for m in session.receive(piece, 0)] == whole
    assert len(whole) == 5
    assert session.state is State.ENDED


def test_messages_before_a_bad_frame_count_and_nothing_after_it() -> None:
    session = venue_end(0)
    data = (
        pack(LOGON)
        + pack(PROOF)
        + pack(wire.Heartbeat())
        + b"\xff\xff\xff\xff"
        + pack(wire.Heartbeat())
    )
    assert session.receive(data, 0) == [LOGON, PROOF, wire.Heartbeat()]
    assert session.error is not None
    assert session.error[0] is wire.LogoutReason.BAD_FRAME
    assert session.receive(pack(wire.Heartbeat()), 0) == []


def test_a_hundred_thousand_mutated_frames_give_a_message_or_a_typed_error() -> None:
    rng = Random(4)
    payloads = [wire.encode(m) for m, _ in GOLDEN]
    outcomes = {"message": 0, "error": 0}
    for _ in range(100_000):
        payload = bytearray(rng.choice(payloads))
        for _ in range(rng.randint(1, 3)):
            payload[rng.randrange(len(payload))] = rng.randrange(256)
        session = venue_end(0) if rng.random() < 0.5 else client_end(0)
        session.enter(State.ACTIVE)
        session.receive(frame(bytes(payload[: rng.randint(1, len(payload))])), 0)
        outcomes["error" if session.error else "message"] += 1
    assert min(outcomes.values()) > 500


def test_a_frame_too_long_is_refused_before_it_is_buffered() -> None:
    unframer = Unframer(100)
    assert unframer.feed((101).to_bytes(4, "big") + b"x" * 50) == []
    assert "101 bytes" in unframer.error
    assert unframer.pending == 0


@pytest.mark.parametrize(
    ("state", "message", "allowed"),
    [
        (State.CONNECTED, LOGON, True),
        (State.CONNECTED, wire.CancelOrder(1, 1), False),
        (State.CONNECTED, wire.Subscribe(), False),
        (State.ACTIVE, LOGON, False),
        (State.ACTIVE, wire.CancelOrder(1, 1), True),
        (State.ACTIVE, wire.Logout(), True),
    ],
)
def test_what_a_client_may_say_in_which_state(state: State, message: Any, *, allowed: bool) -> None:
    session = venue_end(0)
    session.enter(state)
    assert (session.receive(pack(message), 0) == [message]) is allowed
    assert (session.error is None) is allowed


def test_two_ends_wired_back_to_back_agree() -> None:
    venue, client = venue_end(0), client_end(0)
    assert venue.receive(pack(LOGON), 0) == [LOGON]
    challenge = wire.Challenge(0, "cd")
    assert client.receive(pack(challenge), 0) == [challenge]
    assert {venue.state, client.state} == {State.CHALLENGED}
    assert venue.receive(pack(PROOF), 0) == [PROOF]
    assert client.receive(pack(LOGGED_ON), 0) == [LOGGED_ON]
    assert {venue.state, client.state} == {State.ACTIVE}
    goodbye = wire.LoggedOut(3, wire.LogoutReason.REQUESTED, "")
    venue.receive(pack(wire.Logout()), 0)
    client.receive(pack(goodbye), 0)
    assert [venue.state, client.state] == [State.ENDED] * 2


def test_silence_calls_for_a_heartbeat_and_then_for_the_end() -> None:
    session = venue_end(0)
    assert session.due(4 * SECOND) is Due.NOTHING
    assert session.due(6 * SECOND - 1) is Due.NOTHING  # no logon; what came may be unread
    assert session.due(6 * SECOND) is Due.GIVE_UP
    session.receive(pack(LOGON), 6 * SECOND)
    assert session.due(6 * SECOND) is Due.GIVE_UP, "half a logon is no sign of life"
    session.receive(pack(PROOF), 6 * SECOND)
    session.agree(1_000)
    session.sent(6 * SECOND)
    assert session.due(6 * SECOND + 1) is Due.NOTHING
    assert session.due(7 * SECOND) is Due.HEARTBEAT
    assert session.due(8 * SECOND + 1) is Due.HEARTBEAT
    assert session.due(8 * SECOND + 2) is Due.GIVE_UP


def test_an_end_that_was_away_reads_first_and_judges_silence_then() -> None:
    session = venue_end(0)
    session.receive(pack(LOGON) + pack(PROOF), 0)
    session.agree(1_000)
    for away in (5, 20, 60):  # the venue is paused, the client goes on talking
        session.sent(away * SECOND)
        assert session.due(away * SECOND) is Due.NOTHING
        session.receive(pack(wire.Heartbeat()), away * SECOND + 1)
        assert session.due(away * SECOND + 2) is Due.NOTHING
    session.sent(90 * SECOND)
    assert session.due(90 * SECOND) is Due.NOTHING
    assert session.due(90 * SECOND + 1) is Due.GIVE_UP  # nothing was there to read


def test_silence_counts_from_where_a_clock_was_set_back_to() -> None:
    session = venue_end(0)
    session.receive(pack(LOGON) + pack(PROOF), 100 * SECOND)
    session.agree(1_000)
    session.sent(100 * SECOND)
    assert session.due(50 * SECOND) is Due.NOTHING
    assert session.due(51 * SECOND) is Due.HEARTBEAT
    assert session.due(52 * SECOND + 1) is Due.HEARTBEAT
    assert session.due(52 * SECOND + 2) is Due.GIVE_UP


def test_a_throttle_takes_its_rate_and_no_more() -> None:
    throttle = Throttle(10, 0)
    assert [throttle.take(0) for _ in range(12)] == [True] * 10 + [False] * 2
    assert throttle.take(SECOND // 10)
    assert not throttle.take(SECOND // 10)
    assert sum(Throttle(0, 0).take(0) for _ in range(100)) == 100


def test_an_unknown_tag_is_a_typed_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        wire.decode_from_client(msgspec.msgpack.encode([99]))


def kept(boxes: Outboxes, account: str) -> list[bytes]:
    """Return the payloads of all reports of an account."""
    box = boxes.boxes[account]
    return Unframer(wire.MAX_REPLY).feed(box.frames(0, box.end))


def test_reports_that_are_written_as_arrays_are_the_messages_of_the_protocol() -> None:
    boxes = Outboxes()
    boxes.absorb(1, [ev.AccountOpened("a", "a", "a", ""), ev.AccountOpened("b", "b", "b", "")])
    boxes.absorb(2, [ev.OrderAccepted("a", 1, "P", Side.BUY, 9, 5, OrderState.RESTING, 5)])
    boxes.absorb(3, [ev.Trade("P", 1, Side.BUY, 9, 2, "a", 1, 3, 7, "b", 4, 0, 8, 3)])
    boxes.absorb(4, [ev.OrderCancelled("a", 1, "P", Side.BUY, 9, 3, CancelReason.REQUESTED, 2, 0)])
    boxes.absorb(5, [ev.Rejected("a", 3, RejectReason.QUANTITY_RANGE, "quantity", "1 to 9")])
    assert [wire.decode_from_venue(f) for f in kept(boxes, "a")] == [
        wire.OrderAccepted(1, 2, 1, "P", Side.BUY, 9, 5, OrderState.RESTING),
        wire.OrderFilled(2, 3, 1, "P", Side.BUY, 9, 2, 3, 7, True, 1),
        wire.OrderCancelled(3, 4, 1, 3, CancelReason.REQUESTED, 2),
        wire.Rejected(4, 5, 3, RejectReason.QUANTITY_RANGE, "quantity", "1 to 9"),
    ]
    (report_of_b,) = kept(boxes, "b")
    assert wire.decode_from_venue(report_of_b) == wire.OrderFilled(
        1, 3, 4, "P", Side.SELL, 9, 2, 0, 8, False, 1
    )
    assert boxes.boxes["a"].answer_to(2) == frame(kept(boxes, "a")[2])


def test_the_longest_names_that_a_rulebook_may_have_fit_a_report() -> None:
    line = "\U0001f333" * MAX_NAME + "@" + "\U0001f333" * MAX_NAME
    boxes = Outboxes()
    boxes.absorb(1, [ev.AccountOpened("a", "a", "a", "")])
    most = 1 << 62
    accepted = ev.OrderAccepted("a", most, line, Side.BUY, most, most, OrderState.RESTING, 5)
    boxes.absorb(most, [accepted])
    (report,) = kept(boxes, "a")
    assert wire.decode_from_venue(report) == wire.OrderAccepted(
        1, most, most, line, Side.BUY, most, most, OrderState.RESTING
    )


@pytest.mark.parametrize(("message", "command"), COMMANDS.items(), ids=lambda kind: kind.__name__)
def test_an_order_message_is_the_command_without_its_account(
    message: type[Any], command: type[Any]
) -> None:
    assert message.__name__ == command.__name__
    assert ("account", *message.__struct_fields__) == command.__struct_fields__


SHARED = [kind for kind in wire.MarketData.__args__ if hasattr(events, kind.__name__)]


@pytest.mark.parametrize("kind", SHARED, ids=lambda kind: kind.__name__)
def test_market_data_has_the_fields_of_its_event(kind: type[Any]) -> None:
    own = {"seq", "update", "time"}
    assert {*kind.__struct_fields__} - own <= {*getattr(events, kind.__name__).__struct_fields__}
