"""What a client asks of the venue's present state, as messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.protocol import wire

if TYPE_CHECKING:
    from engine.venue.venue import Venue
    from engine.venue.views import BalanceView


def lines(venue: Venue) -> tuple[wire.LineInfo, ...]:
    """Return what a client must know of every line."""
    digits = venue.rulebook.minor_digits
    views = map(venue.line_view, venue.symbols)
    return tuple(
        wire.LineInfo(
            symbol=line.symbol,
            title=line.title,
            currency=line.currency,
            minor_digits=digits,
            tick=line.tick,
            lot=line.lot,
            phase=line.phase,
            reference=line.reference,
            low_limit=line.low_limit,
            high_limit=line.high_limit,
            product=line.product,
            mode=line.mode,
            mechanism=line.mechanism,
        )
        for line in views
    )


def status(venue: Venue, account: str, seq: int) -> wire.AccountStatus:
    """Return an account's balances and live orders, as of its report ``seq``."""
    found = venue.account(account)
    return wire.AccountStatus(
        seq,
        found.last_ref,
        found.killed,
        _balances(found.cash),
        _balances(found.holdings),
        tuple(
            wire.OrderStatus(o.ref, o.symbol, o.side, o.price, o.quantity, o.leaves, o.state, o.tif)
            for o in venue.open_orders(account)
        ),
    )


def _balances(table: tuple[BalanceView, ...]) -> tuple[wire.BalanceStatus, ...]:
    return tuple(
        wire.BalanceStatus(each.name, each.total, each.reserved) for each in table if each.total
    )
