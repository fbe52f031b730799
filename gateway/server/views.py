"""What a client asks of the venue's present state, as messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.protocol import wire_market
from gateway.protocol.wire_account import AccountStatus, Balances, BalanceStatus, OrderStatus

if TYPE_CHECKING:
    from engine.venue.venue import Venue
    from engine.venue.views import BalanceView


def lines(venue: Venue) -> tuple[wire_market.LineInfo, ...]:
    """Return what a client must know of every line."""
    return tuple(line_info(venue, symbol) for symbol in venue.symbols)


def line_info(venue: Venue, symbol: str) -> wire_market.LineInfo:
    """Return what a client must know of a line."""
    line = venue.line_view(symbol)
    return wire_market.LineInfo(
        symbol=symbol,
        title=line.title,
        currency=line.currency,
        minor_digits=venue.rulebook.minor_digits,
        tick=line.tick,
        lot=line.lot,
        phase=line.phase,
        reference=line.reference,
        low_limit=line.low_limit,
        high_limit=line.high_limit,
        product=line.product,
        mode=line.mode,
        mechanism=line.mechanism,
        ticks=line.ticks,
        min_quantity=line.min_quantity,
        max_quantity=line.max_quantity,
    )


def status(venue: Venue, account: str, seq: int, after: int, page: int) -> AccountStatus:
    """Return an account's balances and a page of its live orders, as of its report ``seq``.

    The orders are those with a reference above ``after``, at most ``page`` of them.
    """
    found = venue.account(account)
    orders = venue.open_orders(account, after, page + 1)
    return AccountStatus(
        seq,
        found.last_ref,
        found.killed,
        _balances(found.cash),
        _balances(found.holdings),
        tuple(
            OrderStatus(o.ref, o.symbol, o.side, o.price, o.quantity, o.leaves, o.state, o.tif)
            for o in orders[:page]
        ),
        more=len(orders) > page,
    )


def balances(venue: Venue, account: str, seq: int) -> Balances:
    """Return what an account has, as of its report ``seq``."""
    found = venue.account(account)
    return Balances(seq, _balances(found.cash), _balances(found.holdings))


def _balances(table: tuple[BalanceView, ...]) -> tuple[BalanceStatus, ...]:
    return tuple(
        BalanceStatus(
            each.name, each.total, each.reserved, each.locked, each.owed, each.pending, each.frees
        )
        for each in table
        if each.total or each.pending
    )
