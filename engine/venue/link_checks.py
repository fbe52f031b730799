"""What every message that leaves over a link must keep: cash sent, quota, class, what is owned."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from engine.markets.limits import admit_role
from engine.venue.link_turns import free
from engine.vocabulary.enums import RejectReason, Side
from engine.vocabulary.link_commands import RouteOrder
from engine.vocabulary.units import MAX_MONEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.book.orders import Participant
    from engine.markets.line import Line
    from engine.venue.link_state import LinkEnd
    from engine.vocabulary.link_commands import RouteBid

# (whether it is kept, the reason where it is not, the command's field, what would be accepted)
Check: TypeAlias = tuple[bool, RejectReason, str, str]


def checks_of_leaving(
    c: RouteOrder | RouteBid, end: LinkEnd, line: Line, participant: Participant, each: int
) -> Iterator[Check]:
    """Yield the checks of what an order or a bid sends, in order; a tonne costs ``each``."""
    buying = c.side is Side.BUY
    tonnes, field = (c.away, "away") if isinstance(c, RouteOrder) else (c.quantity, "quantity")
    needs = tonnes * each if buying else 0
    fits = needs <= c.cash <= (MAX_MONEY if buying else 0)
    yield fits, RejectReason.VALUE, "cash", f"{needs} or more to buy, 0 to sell"
    left = end.rules.quota - end.used
    fits = not end.rules.quota or tonnes <= left
    rule = f"the link's quota has {max(left, 0)} left"
    yield fits, RejectReason.QUANTITY_RANGE, field, rule
    seat = line.seat(participant)
    limits = participant.limits
    refusal = admit_role(limits, seat, c.side, c.quantity) if limits is not None else None
    if refusal is not None:
        yield False, *refusal
    available = free(seat.cash)
    rule = f"needs {line.gate.money(c.cash)}, {line.gate.money(available)} available"
    yield c.cash <= available, RejectReason.CASH, "cash", rule
    available = free(seat.holding)
    rule = f"at most the {available} tonnes available"
    yield buying or tonnes <= available, RejectReason.ALLOWANCES, field, rule
