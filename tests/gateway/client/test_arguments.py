"""What a program gives a request is sent as it is meant, or refused by name and not sent."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import traceback
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.vocabulary.enums import OrderType, Phase, RejectReason, Side, TimeInForce
from gateway.client.arguments import AuctionTerms, OrderTerms, QuoteTerms
from gateway.client.blocking import BlockingClient
from gateway.client.client import Client
from gateway.client.errors import (
    ClientError,
    LiveOrdersError,
    NotTakenError,
    PermissionDeniedError,
    ReferenceJumpError,
    RejectedError,
    SessionEndedError,
    StorageError,
    ThrottledError,
)
from gateway.client.refusals import nearest_valid, refused
from gateway.client.requests import Requests
from gateway.client.session_terms import SessionTerms
from gateway.protocol import wire, wire_market, wire_modes

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE = wire_market.LineInfo("CO2", "", "CNY", 2, 1, 1, Phase.CONTINUOUS, 5_000, 4_500, 5_500)
MAX = 2**63 - 1


TERMS: list[type] = [AuctionTerms, OrderTerms, QuoteTerms, SessionTerms]


class Sent(Requests):
    """Requests whose messages are kept instead of sent, each decoded as a venue would."""

    def __init__(self, *lines: wire_market.LineInfo) -> None:
        self.messages: list[wire.FromClient] = []
        self._lines = lines or (LINE,)

    @property
    def lines(self) -> tuple[wire_market.LineInfo, ...]:
        return self._lines

    def request(self, message_type: type[wire.OrderMessage], *fields: object) -> Any:
        message = message_type(1, *fields)  # type: ignore[arg-type] # what is being tested
        payload = wire.encode(message)
        assert len(payload) <= wire.MAX_FRAME
        assert wire.decode_from_client(payload) == message
        self.messages.append(message)


def test_prices_sides_and_terms_as_people_write_them() -> None:
    sent = Sent()
    plain = wire.NewOrder(1, "CO2", Side.BUY, 100, 3_500)
    sent.buy("CO2", 100, price="35.00")
    sent.buy("CO2", 100, Decimal(35))
    sent.buy("CO2", 100.0, price_minor=3_500)
    sent.place("CO2", "Buy", Decimal("1e2"), "35")
    assert sent.messages == [plain] * 4
    sent.messages.clear()
    hour = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    sent.sell("CO2", 1, "35", tif="gtd", expire_at=hour, post_only=True, display=1)
    sent.sell("CO2", 1, order_type="stop-limit", price="35", stop_price=Decimal("34.99"))
    sent.sell("CO2", 1, order_type=OrderType.MARKET, tif="ioc")
    midnight = 1_767_225_600 * 10**9
    assert sent.messages == [
        wire.NewOrder(
            1,
            "CO2",
            Side.SELL,
            1,
            3_500,
            tif=TimeInForce.GTD,
            display=1,
            post_only=True,
            expire_at=midnight,
        ),
        wire.NewOrder(1, "CO2", Side.SELL, 1, 3_500, OrderType.STOP_LIMIT, stop_price=3_499),
        wire.NewOrder(1, "CO2", Side.SELL, 1, 0, OrderType.MARKET, TimeInForce.IOC),
    ]


def test_the_other_messages_take_the_same_kinds_of_values() -> None:
    sent = Sent()
    opens = datetime(2026, 1, 1, tzinfo=UTC)
    sent.cancel(7)
    sent.amend(7, price="34.99")
    sent.amend(7, 5.0, price_minor=3_499)
    sent.mass_cancel()
    sent.pick("CO2", 3)
    sent.pick("CO2", 3, 5, "9.90")
    sent.quote("CO2", "sell", 10, "9.90", ["bob"], answers=2)
    sent.enquire("CO2", "sell", 10, to=("bob",))
    sent.decline("CO2", 3)
    sent.announce(
        "CO2",
        "sell",
        10,
        "9.90",
        window=(opens, opens + timedelta(hours=1)),
        increment="0.01",
        pricing="uniform",
    )
    sent.bid("CO2", 3, 5, "9.91")
    start = 1_767_225_600 * 10**9
    auction = wire_modes.Announce(1, "CO2", Side.SELL, 10, 990, start, start + 3_600 * 10**9)
    assert sent.messages == [
        wire.CancelOrder(1, 7),
        wire.AmendOrder(1, 7, 0, 3_499),
        wire.AmendOrder(1, 7, 5, 3_499),
        wire.MassCancel(1),
        wire_modes.Pick(1, "CO2", 3),
        wire_modes.Pick(1, "CO2", 3, 5, 990),
        wire_modes.Quote(1, "CO2", Side.SELL, 10, 990, ("bob",), 2),
        wire_modes.Quote(1, "CO2", Side.SELL, 10, 0, ("bob",)),
        wire_modes.Decline(1, "CO2", 3),
        structs.replace(auction, increment=1, pricing=1),
        wire_modes.Bid(1, "CO2", 3, 5, 991),
    ]


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"price": 35}, TypeError, 'price .* not 35: write price="35", or price_minor=35 where'),
        ({"price": 35.0}, TypeError, 'not 35.0: write price="35.0"$'),
        ({"price": True}, TypeError, "price must be"),
        ({"price": b"35"}, TypeError, "price must be .* type bytes"),
        ({"price": "35.001"}, ValueError, "price: .* has more than 2 decimals"),
        ({"price": "-35"}, ValueError, "price must be above 0"),
        ({"price": "1" * 10**6}, ValueError, "price: .* is not a decimal such as 42.50"),
        ({"price": Decimal("NaN")}, ValueError, "price: "),
        ({"price": Decimal("1e400000")}, ValueError, "price: "),
        ({"price": "35", "price_minor": 3_500}, TypeError, "two prices"),
        ({"price": None}, TypeError, "price is missing"),
        ({"price": None, "price_minor": 35.5}, ValueError, "price_minor must be a whole number"),
        ({"quantity": 10.5}, ValueError, "quantity must be a whole number, not 10.5"),
        ({"quantity": float("inf")}, ValueError, "quantity must be a whole number"),
        ({"quantity": Decimal("sNaN")}, ValueError, "quantity must be a whole number"),
        ({"quantity": True}, TypeError, "quantity must be a whole number, not True"),
        ({"quantity": "10"}, TypeError, "quantity must be a whole number, not '10'"),
        ({"quantity": None}, TypeError, "quantity must be a whole number, not None"),
        ({"quantity": 0}, ValueError, "quantity must be at least 1, not 0"),
        ({"quantity": 2**63}, ValueError, "quantity must be at most"),
        ({"quantity": 10**9999}, ValueError, "quantity must be at most .* bits"),
        ({"side": "bye"}, ValueError, 'side must be .* "buy" or "sell", not \'bye\''),
        ({"side": 1}, TypeError, "side must be"),
        ({"tif": "for ever"}, ValueError, "tif must be"),
        ({"order_type": None}, TypeError, "order_type must be"),
        ({"symbol": 7}, TypeError, "symbol must be a text, not 7"),
        ({"symbol": "\ud800"}, ValueError, "symbol has half a character"),
        ({"symbol": ""}, ValueError, "symbol must not be empty"),
        ({"symbol": "x" * 257}, ValueError, "symbol must have at most 256 characters, not 257"),
        ({"post_only": 1}, TypeError, "post_only must be True or False, not 1"),
        ({"display": -1}, ValueError, "display must be at least 0, not -1"),
        ({"expire_at": datetime(2026, 1, 1)}, ValueError, "expire_at must have a time zone"),  # noqa: DTZ001
        ({"expire_at": 1.5}, TypeError, "expire_at must be ns UTC or a datetime"),
        ({"expire_at": datetime(1900, 1, 1, tzinfo=UTC)}, ValueError, "expire_at must be at least"),
        ({"order_type": "stop"}, TypeError, "stop_price is missing"),
        ({"stop_price": 34}, TypeError, 'write stop_price="34", or stop_price_minor=34'),
        ({"pirce": "35"}, TypeError, "unexpected keyword argument 'pirce'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_name_and_not_sent(
    given: dict[str, Any], error: type[Exception], says: str
) -> None:
    sent = Sent()
    order: dict[str, Any] = {
        "symbol": "CO2",
        "side": "buy",
        "quantity": 10,
        "price": "35.00",
    } | given
    with pytest.raises(error, match=says) as caught:
        sent.place(**order)
    assert not sent.messages
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s: s.cancel("7"), TypeError, "target must be"),
        (lambda s: s.cancel(0), ValueError, "target must be at least 1"),
        (lambda s: s.amend(7), TypeError, "needs a quantity, a price or both"),
        (lambda s: s.amend(7, 0), ValueError, "quantity must be at least 1"),
        (lambda s: s.mass_cancel(None), TypeError, "symbol must be a text"),
        (lambda s: s.pick("CO2", 1.5), ValueError, "number must be a whole number"),
        (lambda s: s.quote("CO2", "buy", 1), TypeError, r"price is missing: .*enquire\(\)"),
        (lambda s: s.quote("CO2", "buy", 1, "1", "bob"), TypeError, r'such as \["bob"\]'),
        (lambda s: s.quote("CO2", "buy", 1, "1", ["a"] * 3_001), ValueError, "to has"),
        (lambda s: s.enquire("CO2", "buy", 1, [7]), TypeError, "to must be a text, not 7"),
        (lambda s: s.announce("CO2", "buy", 1, "1", window=(2, 1)), ValueError, "open before"),
        (lambda s: s.announce("CO2", "buy", 1, "1", window=5), TypeError, "window must be"),
        (lambda s: s.announce("CO2", "buy", 1, "1", window=(1, 2, 3)), ValueError, "two times"),
        (lambda s: s.announce("CO2", "buy", 1, "1", window=(1, 2), tei=1), TypeError, "'tei'"),
        (lambda s: s.announce("CO2", "buy", 1, window=(1, 2)), TypeError, "price is missing"),
        (lambda s: s.bid("CO2", 1, 1), TypeError, "price is missing"),
    ],
)
def test_every_message_refuses_what_cannot_be_sent(
    call: Any, error: type[Exception], says: str
) -> None:
    sent = Sent()
    with pytest.raises(error, match=says):
        call(sent)
    assert not sent.messages


def test_the_longest_message_that_is_taken_fits_in_a_frame() -> None:
    sent = Sent()
    sent.quote(
        "\N{MAHJONG TILE RED DRAGON}" * 256,
        "buy",
        MAX,
        price_minor=MAX,
        to=["a" * 256] * 46,
        answers=MAX,
        expire_at=MAX,
        agreed_at=MAX,
    )
    with pytest.raises(ValueError, match=r"to has \d+ bytes"):
        sent.quote("CO2", "buy", 1, "1", to=["\N{MAHJONG TILE RED DRAGON}" * 256] * 46)
    assert len(sent.messages) == 1


_ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.decimals(),
    st.text(st.characters(categories=None), max_size=300),
    st.binary(max_size=5),
    st.datetimes(),
    st.lists(st.text(max_size=3), max_size=3),
    st.sampled_from(list(OrderType)),
    st.just(Decimal("1e999999")),
    st.just("9" * 100_000),
)
_METHODS = ("place", "buy", "sell", "cancel", "amend", "mass_cancel", "pick", "quote", "enquire",
            "decline", "announce", "bid")  # fmt: skip


@given(st.data())
def test_whatever_is_given_is_sent_or_refused_by_name(data: st.DataObject) -> None:
    sent = Sent()
    name = data.draw(st.sampled_from(_METHODS))
    right: dict[str, Any] = {
        "symbol": "CO2", "side": "buy", "quantity": 1, "price": "1", "target": 1, "number": 1,
        "window": (1, 2), "to": ["bob"],
    }  # fmt: skip
    place = signature(sent.place).parameters
    takes = signature(getattr(sent, name)).parameters
    chosen = {key: value for key, value in right.items() if key in takes}
    wrong = data.draw(st.sampled_from(sorted({*chosen, *(place if "terms" in takes else ())})))
    if name == "announce" and wrong not in chosen:
        wrong = "increment"
    value = data.draw(_ANYTHING)
    if wrong == "side" and wrong not in takes:
        return
    said = ""
    try:
        getattr(sent, name)(**(chosen | {wrong: value}))
    except (TypeError, ValueError) as error:
        said = str(error)
    assert len(said) < 400
    if said:
        assert wrong.removesuffix("_minor") in said
    assert len(sent.messages) == (not said)


def test_the_decimals_are_those_of_the_line() -> None:
    yen = structs.replace(LINE, symbol="JP", minor_digits=0)
    both = Sent(LINE, yen)
    both.buy("JP", 1, "35")
    both.buy("CO2", 1, "35")
    assert [m.price for m in both.messages if isinstance(m, wire.NewOrder)] == [35, 3_500]
    for call in (lambda: both.buy("XX", 1, "35"), lambda: both.amend(1, price="35")):
        with pytest.raises(ValueError, match=r"decimals .* not known: give price_minor"):
            call()
    both.amend(1, price_minor=35)


# -- the surface ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Client, BlockingClient, *TERMS])
def test_nothing_is_of_any_type_at_the_surface(kind: type) -> None:
    found = dict(inspect.get_annotations(kind)) if kind in TERMS else {}
    for name in dir(kind):
        part = getattr(kind, name)
        part = part.fget if isinstance(part, property) else part
        if kind not in TERMS and inspect.isfunction(part) and name.strip("_") == name:
            hints = inspect.get_annotations(part)
            assert "return" in hints, name
            found |= {f"{name}: {parameter}": hint for parameter, hint in hints.items()}
    assert found
    assert not {where for where, hint in found.items() if re.search(r"\bAny\b", str(hint))}


def test_the_blocking_client_has_the_same_requests() -> None:
    for name in _METHODS:
        ours = set(signature(getattr(Requests, name)).parameters)
        theirs = set(signature(getattr(BlockingClient, name)).parameters)
        assert theirs <= ours | {"terms"}, name
        assert theirs >= {p for p in ours if p in {"symbol", "quantity", "price", "to"}}, name


def test_the_terms_of_a_session_are_those_of_the_client() -> None:
    assert set(SessionTerms.__annotations__) == set(signature(Client).parameters) - {"host", "port"}


# -- refusals and errors ---------------------------------------------------------------------------


def rejected(reason: RejectReason, field: str) -> wire.Rejected:
    return wire.Rejected(1, 2, 3, reason, field, "a rule")


@pytest.mark.parametrize(
    ("reason", "given", "nearest"),
    [
        (RejectReason.PRICE_TICK, 5_003, (5_000, 5_005)),
        (RejectReason.PRICE_TICK, 5_498, (5_495, 5_499)),  # never beyond the day's limit
        (RejectReason.PRICE_TICK, 3, (4_501,)),
        (RejectReason.PRICE_TICK, 5_000, ()),  # the figures known here do not explain it
        (RejectReason.PRICE_LIMIT, 9_000, (5_499,)),
        (RejectReason.PRICE_LIMIT, 4_000, (4_501,)),
        (RejectReason.PRICE_LIMIT, 5_000, ()),
        (RejectReason.STOP_PRICE, 9_003, (9_000, 9_005)),
        (RejectReason.QUANTITY_LOT, 25, (20, 30)),
        (RejectReason.QUANTITY_LOT, 5, (10,)),
        (RejectReason.QUANTITY_LOT, 20, ()),
        (RejectReason.QUANTITY_RANGE, 5, (20,)),
        (RejectReason.QUANTITY_RANGE, 5_000, (900,)),
        (RejectReason.QUANTITY_RANGE, 30, ()),
        (RejectReason.CASH, 20, ()),
    ],
)
def test_the_nearest_valid_value(
    reason: RejectReason, given: int, nearest: tuple[int, ...]
) -> None:
    line = structs.replace(
        LINE, tick=5, lot=10, low_limit=4_501, high_limit=5_499, min_quantity=20, max_quantity=900
    )
    assert nearest_valid(reason, given, line) == nearest


def test_a_refusal_says_what_would_be_right_in_currency() -> None:
    lines = {"CO2": structs.replace(LINE, tick=5)}
    order = wire.NewOrder(3, "CO2", Side.BUY, 10, 5_003)
    error = refused(rejected(RejectReason.PRICE_TICK, "price"), order, "CO2", lines)
    assert (error.reason, error.field, error.rule) == (RejectReason.PRICE_TICK, "price", "a rule")
    assert (error.nearest, error.similar) == ((5_000, 5_005), ("50.00", "50.05"))
    assert str(error).endswith("a rule; nearest: 50.00, 50.05")
    unknown = wire.NewOrder(3, "co3", Side.BUY, 10, 5_003)
    error = refused(rejected(RejectReason.UNKNOWN_SYMBOL, "symbol"), unknown, "co3", lines)
    assert str(error).endswith("did you mean: CO2")


ERRORS = [
    ClientError("why"),
    SessionEndedError(wire.LogoutReason.TAKEN_OVER, "elsewhere"),
    RejectedError(rejected(RejectReason.PRICE_TICK, "price"), (1, 2), ("0.01", "0.02")),
    NotTakenError(7),
    ThrottledError(7, 5),
    StorageError(7, "the log has space"),
    PermissionDeniedError(7, "the key is for trade"),
    LiveOrdersError(7, "fewer than 10 live orders"),
    ReferenceJumpError(7, "at most 5 above the last, 1"),
]


def _kinds(kind: type[ClientError]) -> Iterator[type[ClientError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


def test_the_errors_listed_here_are_all_there_are() -> None:
    assert {type(error) for error in ERRORS} == {*_kinds(ClientError)}


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))],  # noqa: S301
)
def test_errors_pickle_and_copy(error: ClientError, again: Any) -> None:
    error.add_note("a note")
    other = again(error)
    assert other is not error
    assert type(other) is type(error)
    assert (str(other), vars(other)) == (str(error), vars(error))
    assert traceback.format_exception(other) == traceback.format_exception(error)
