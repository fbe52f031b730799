"""What a client asks of the venue's present state, as messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.protocol import wire

if TYPE_CHECKING:
    from engine.ledger.accounts import Balance
    from engine.venue.venue import Venue


def lines(venue: Venue) -> tuple[wire.LineInfo, ...]:
    """Return what a client must know of every line."""
    digits = venue.rulebook.minor_digits
    return tuple(
        wire.LineInfo(
            line,
            market.product.title,
            market.product.currency,
            digits,
            market.product.tick,
            market.gate.lot,
            venue.phase(line),
            venue.reference(line),
            *venue.limits(line),
            market.product.symbol,
            market.mode.name,
            market.mode.mechanism,
        )
        for line, market in venue.markets.items()
    )


def status(venue: Venue, account: str, seq: int) -> wire.AccountStatus:
    """Return an account's balances and live orders, as of its report ``seq``."""
    found = venue.accounts[account]
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


def _balances(table: dict[str, Balance]) -> tuple[wire.BalanceStatus, ...]:
    return tuple(
        wire.BalanceStatus(name, balance.total, balance.reserved)
        for name, balance in table.items()
        if balance.total
    )
