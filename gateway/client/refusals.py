"""What would have been right, where a venue refused a message and the line's figures tell it.

They are those of the last logon, or of the market data since where the client subscribes. Where
they do not explain the refusal (limits of another day, say), nothing is claimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.rulebook.ticks import ceil_to_tick, floor_to_tick
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.json_codec import decimal_text
from engine.vocabulary.suggest import alike
from gateway.client.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.protocol import wire
    from gateway.protocol.wire_market import LineInfo

_PRICES: Final = ("price", "stop_price")


def refused(
    report: wire.Rejected, message: object, symbol: str, lines: Mapping[str, LineInfo]
) -> RejectedError:
    """Return the error of a refusal; ``message`` is what was refused, in the line ``symbol``."""
    line = lines.get(symbol)
    if line is None:
        similar: list[str] = []
        if report.reason is RejectReason.UNKNOWN_SYMBOL:
            similar = alike(symbol, lines)
        return RejectedError(report, similar=tuple(similar))
    given = getattr(message, report.field, 0)
    nearest = nearest_valid(report.reason, given, line) if isinstance(given, int) else ()
    digits = line.minor_digits if report.field in _PRICES else 0
    return RejectedError(report, nearest, tuple(decimal_text(each, digits) for each in nearest))


def nearest_valid(reason: RejectReason, given: int, line: LineInfo) -> tuple[int, ...]:
    """Return the valid values next to a refused one, the lower first; none where not known."""
    if reason is RejectReason.QUANTITY_LOT:
        lower = given // line.lot * line.lot
        found = {lower, lower + line.lot} if lower != given else set()
    elif reason is RejectReason.QUANTITY_RANGE and line.max_quantity:
        found = {max(line.min_quantity, min(given, line.max_quantity))} - {given}
    elif reason in {RejectReason.PRICE_TICK, RejectReason.STOP_PRICE} and given > 0:
        lower = floor_to_tick(given, line.tick, line.ticks)
        upper = ceil_to_tick(given, line.tick, line.ticks)
        found = {lower, upper} if lower != given else set()
        if reason is RejectReason.PRICE_TICK:
            found = {_within(each, line) for each in found}
    elif reason is RejectReason.PRICE_LIMIT:
        found = {_within(given, line)} - {given}
    else:
        found = set()
    return tuple(sorted(each for each in found if each > 0))


def _within(price: int, line: LineInfo) -> int:
    """Return the price, or the limit that it is beyond."""
    if line.high_limit and price > line.high_limit:
        return line.high_limit
    return max(price, line.low_limit)
