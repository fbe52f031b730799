"""Every frame equals the events one by one, on random logs of every rulebook."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from msgspec import structs

from backtest.frames.log_frames import Frames, frames
from backtest.frames.registry_rows import FORMS
from engine.rulebook import presets
from engine.rulebook.model import Mode
from engine.vocabulary import events as e
from engine.vocabulary.commands import ClearAuction
from engine.vocabulary.enums import Side
from engine.vocabulary.json_codec import type_name
from tests.support.random_logs import RandomLog, random_log

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = structs.replace(
    presets.load("textbook"),
    name="calls",
    modes=(Mode(name="calls", limit_up_bp=1_000, limit_down_bp=1_000, volatility_bp=300),),
)
OF_THE_REGISTRY = {form.table for form in FORMS.values()}
EVERY = {book.name: book for book in (*map(presets.load, presets.names()), CALLS)}


@cache
def case(name: str) -> tuple[RandomLog, Frames]:
    """Return a random log under a rulebook, and its frames."""
    log = random_log(EVERY[name], 1)
    return log, frames(log.data)


def each(log: RandomLog, *kinds: type) -> Iterator[tuple[Any, Any]]:
    """Yield record and event of each event of these kinds."""
    for record in log.happened:
        for event in record.events:
            if isinstance(event, kinds):
                yield record, event


def told(table: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns as rows, times as integers."""
    times = [name for name, kind in table.schema.items() if isinstance(kind, pl.Datetime)]
    return table.with_columns(pl.col(times).to_physical()).select(columns).rows()


@pytest.mark.parametrize("name", EVERY)
def test_trades(name: str) -> None:
    log, found = case(name)
    wanted = []
    for r, t in each(log, e.Trade, e.AuctionTrade):
        if isinstance(t, e.AuctionTrade):
            buyer = (t.buyer, t.buyer_ref, t.buyer_fee)
            seller = (t.seller, t.seller_ref, t.seller_fee)
            arrived = None
        else:
            maker = (t.maker, t.maker_ref, t.maker_fee)
            taker = (t.taker, t.taker_ref, t.taker_fee)
            buyer, seller = (maker, taker) if t.side is Side.BUY else (taker, maker)
            arrived = "sell" if t.side is Side.BUY else "buy"
            if isinstance(r.command, ClearAuction):
                arrived = None
        wanted.append(
            (
                r.seq,
                r.time,
                t.symbol,
                t.trade,
                t.price,
                t.quantity,
                t.price * t.quantity,
                arrived,
                *buyer,
                *seller,
            )
        )
    assert (
        told(
            found.trades,
            "seq",
            "time",
            "symbol",
            "trade",
            "price",
            "quantity",
            "value",
            "aggressor",
            "buyer",
            "buyer_ref",
            "buyer_fee",
            "seller",
            "seller_ref",
            "seller_fee",
        )
        == wanted
    )
    modes = {row[0]: row[1] for row in told(found.trades, "symbol", "mechanism")}
    assert modes == {s: log.venue.line_view(s).mechanism.name.lower() for s in modes}
    in_calls = found.trades.filter(pl.col("phase").str.contains("call|freeze"))
    calls = [r.seq for r, _ in each(log, e.AuctionTrade)]
    assert in_calls["seq"].to_list() == calls


def life(log: RandomLog, first: int, entry: e.OrderAccepted) -> tuple[Any, ...]:
    """Return what became of an order, by looking at everything that happened after it."""
    me = (entry.account, entry.ref)
    filled = value = fee = trades = amends = prevented = 0
    open_ = entry.quantity
    ended: int | None = None
    end: str | None = None
    x: Any
    for r in log.happened[first:]:
        for x in r.events:
            shares: list[tuple[str, int, int, int]] = []
            if isinstance(x, e.Trade):
                shares = [
                    (x.maker, x.maker_ref, x.maker_leaves, x.maker_fee),
                    (x.taker, x.taker_ref, x.taker_leaves, x.taker_fee),
                ]
            elif isinstance(x, e.AuctionTrade):
                shares = [
                    (x.buyer, x.buyer_ref, x.buyer_leaves, x.buyer_fee),
                    (x.seller, x.seller_ref, x.seller_leaves, x.seller_fee),
                ]
            elif (getattr(x, "account", ""), getattr(x, "ref", 0)) == me:
                if isinstance(x, e.OrderAmended):
                    amends, open_ = amends + 1, x.leaves
                elif isinstance(x, e.OrderReduced):
                    prevented, open_ = prevented + x.quantity, x.leaves
                elif isinstance(x, e.OrderCancelled):
                    open_, ended, end = x.quantity, r.time, x.reason.name.lower()
            for account, ref, leaves, charged in shares:
                if (account, ref) == me:
                    trades, filled, open_ = trades + 1, filled + x.quantity, leaves
                    value, fee = value + x.price * x.quantity, fee + charged
                    if not leaves:
                        ended, end = r.time, "filled"
    return trades, filled, value, fee, amends, prevented, open_, ended, end


@pytest.mark.parametrize("name", EVERY)
def test_orders(name: str) -> None:
    log, found = case(name)
    wanted = {}
    for r, x in each(log, e.OrderAccepted):
        wanted[x.account, x.ref] = (
            r.seq,
            r.time,
            x.symbol,
            x.side.name.lower(),
            x.price,
            x.quantity,
            x.state.name.lower(),
            *life(log, r.seq - 1, x),
        )
    rows = told(
        found.orders,
        "account",
        "ref",
        "seq",
        "time",
        "symbol",
        "side",
        "price",
        "quantity",
        "state",
        "trades",
        "filled",
        "value",
        "fee",
        "amends",
        "prevented",
        "open",
        "ended",
        "end",
    )
    assert len(rows) == len(wanted)
    assert {row[:2]: row[2:] for row in rows} == wanted
    live = found.orders.filter(pl.col("ended").is_null())
    views = [
        (name, o.ref, o.price, o.quantity, o.leaves)
        for name in log.venue.accounts
        for o in log.venue.open_orders(name)
    ]
    columns = ("account", "ref", "last_price", "last_quantity", "open")
    assert sorted(told(live, *columns)) == sorted(views)
    ended = [time for (time,) in told(found.orders, "ended") if time is not None]
    assert ended == sorted(ended), "in the order of their ends"


@pytest.mark.parametrize("name", EVERY)
def test_the_book_at_any_time_and_depth(name: str) -> None:
    log, found = case(name)
    for r in log.happened[:: max(1, len(log.happened) // 25)] + log.happened[-1:]:
        for depth in (1, 3, 10**6):
            rows: dict[tuple[str, str], list[tuple[int, int]]] = {}
            for symbol, side, level, price, tonnes in found.book(r.time, depth).rows():
                rows.setdefault((symbol, side), []).append((price, tonnes))
                assert level == len(rows[symbol, side])
            assert rows == {place: levels[:depth] for place, levels in r.books.items()}
        assert found.book(seq=r.seq).equals(found.book(r.time))
        whole = datetime.fromtimestamp(r.time // 10**9 + 1, UTC)
        assert found.book(whole).equals(found.book((r.time // 10**9 + 1) * 10**9))
    line = log.venue.symbols[0]
    one = found.book(symbol=line)
    assert one.equals(found.book().filter(pl.col("symbol") == line))


@pytest.mark.parametrize("name", EVERY)
def test_sessions_and_days(name: str) -> None:
    log, found = case(name)
    assert told(
        found.sessions, "seq", "symbol", "phase", "reason", "reference", "low_limit", "high_limit"
    ) == [
        (
            r.seq,
            x.symbol,
            x.phase.name.lower(),
            x.reason,
            x.reference or None,
            x.low_limit or None,
            x.high_limit or None,
        )
        for r, x in each(log, e.PhaseChanged)
    ]
    assert told(
        found.days, "seq", "symbol", "open", "high", "low", "close", "volume", "value", "trades"
    ) == [
        (
            r.seq,
            x.symbol,
            x.open or None,
            x.high or None,
            x.low or None,
            x.close or None,
            x.volume,
            x.value,
            x.trades,
        )
        for r, x in each(log, e.DayClosed)
    ]
    begun = [
        datetime.strptime(str(x.date), "%Y%m%d").date()  # noqa: DTZ007 - a date
        for _, x in each(log, e.DayBegan)
    ]
    assert found.sessions["day"].drop_nulls().unique().sort().to_list() == begun
    assert isinstance(begun[0], date)


@pytest.mark.parametrize("name", EVERY)
def test_refusals(name: str) -> None:
    log, found = case(name)
    wanted = [
        (
            r.seq,
            x.account or None,
            x.ref or None,
            type_name(type(r.command)),
            getattr(r.command, "symbol", None) or None,
            x.reason.name.lower(),
            x.field or None,
            x.rule or None,
        )
        for r, x in each(log, e.Rejected)
    ]
    assert wanted, "a log without a refusal shows nothing"
    assert (
        told(
            found.refusals, "seq", "account", "ref", "command", "symbol", "reason", "field", "rule"
        )
        == wanted
    )


@pytest.mark.parametrize("name", EVERY)
def test_calls_and_auctions(name: str) -> None:
    log, found = case(name)
    kinds: dict[Any, tuple[str, str]] = {
        e.AuctionIndicated: ("indicated", "volume"), e.AuctionUncrossed: ("uncrossed", "volume"),
        e.Announced: ("announced", "quantity"), e.BestBid: ("best_bid", "quantity"),
        e.AuctionCleared: ("cleared", "quantity"),
    }  # fmt: skip
    wanted = []
    for r, x in each(log, *kinds):
        step, tonnes = kinds[type(x)]
        decided = getattr(x, "decided", None)
        wanted.append(
            (
                r.seq,
                x.symbol,
                step,
                getattr(x, "number", None),
                x.price or None,
                getattr(x, tonnes),
                getattr(x, "surplus", getattr(x, "unsold", None)),
                decided.name.lower() if decided is not None else None,
                getattr(x, "bids", None),
                getattr(x, "bidders", None),
            )
        )
    assert (
        told(
            found.auctions,
            "seq",
            "symbol",
            "step",
            "number",
            "price",
            "quantity",
            "surplus",
            "decided",
            "bids",
            "bidders",
        )
        == wanted
    )


@pytest.mark.parametrize("name", EVERY)
def test_balances(name: str) -> None:
    log, found = case(name)
    last = log.happened[-1].seq
    days = sum(1 for _ in each(log, e.DayBegan))
    for table, unit in ((found.cash, "currency"), (found.holdings, "product")):
        assert table["seq"].n_unique() == days
        parts = ("total", "reserved", "locked", "owed", "pending")
        assert told(table.filter(pl.col("seq") == last), "account", unit, *parts) == [
            (account, b.name, *(getattr(b, part) for part in parts))
            for account in log.venue.accounts
            for b in getattr(
                log.venue.account(account), "cash" if unit == "currency" else "holdings"
            )
        ]


def test_the_logs_have_what_is_compared() -> None:
    sizes: dict[str, int] = {}
    for name in EVERY:
        _, found = case(name)
        for table, frame in vars(found).items():
            if table not in OF_THE_REGISTRY:  # their test has logs of its own
                sizes[table] = sizes.get(table, 0) + len(frame)
    assert min(sizes.values()) > 100, sizes
    orders = pl.concat([case(name)[1].orders for name in EVERY])
    assert {"new_order", "pick", "quote", "bid", "announce"} == {*orders["command"]}
    assert {"filled", "requested", "lost"} <= {*orders["end"]}
