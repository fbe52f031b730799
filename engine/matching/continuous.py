"""Continuous trading: an arriving order against the other side of the book.

``sweep`` moves the book and says what happened as a list of outcomes, in order; money, events
and bookkeeping are its caller's. Rules: ``docs/rules.md`` section 5.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from engine.book.levels import BookSide
from engine.book.orders import Level, Order
from engine.matching.allocation import Share
from engine.vocabulary.enums import Matching, SelfTrade

# What an outcome is; the order in it is the resting one for the first three, else the arriving.
FILLED: Final = 0
RESTING_CANCELLED: Final = 1
RESTING_REDUCED: Final = 2
ARRIVING_CANCELLED: Final = 3
ARRIVING_REDUCED: Final = 4

# (what, order, tonnes, the order's leaves afterwards, shown at the resting price afterwards or -1)
Outcome: TypeAlias = tuple[int, Order, int, int, int]
Sweep: TypeAlias = Callable[[BookSide, Order, int, SelfTrade, Share], list[Outcome]]

_CANCEL_RESTING: Final = SelfTrade.CANCEL_RESTING
_CANCEL_BOTH: Final = SelfTrade.CANCEL_BOTH
_DECREMENT_BOTH: Final = SelfTrade.DECREMENT_BOTH
_ALLOW: Final = SelfTrade.ALLOW


def sweep_price_time(
    side: BookSide, taker: Order, limit: int, mode: SelfTrade, share: Share
) -> list[Outcome]:
    """Trade ``taker`` against ``side`` up to the key ``limit``, oldest first within a price.

    ``taker.leaves`` is what is left of it afterwards: 0 also when self-trade prevention
    cancelled it. ``share`` is not used here.
    """
    del share
    outcomes: list[Outcome] = []
    stp_id = 0 if mode is _ALLOW else taker.seat.stp_id
    left = taker.leaves
    while left and side.best <= limit:
        level = side.best_level
        if type(level) is not Level:
            if level is None and side.search() > limit:
                break
            level = side.top()
            assert level is not None
        maker = level.head
        assert maker is not None
        if stp_id and maker.seat.stp_id == stp_id:
            taker.leaves = left
            _prevent(side, taker, maker, mode, outcomes)
            left = taker.leaves
            continue
        shown = maker.shown
        if left < shown:
            maker.shown = shown - left
            maker.leaves = leaves = maker.leaves - left
            level.quantity = depth = level.quantity - left
            outcomes.append((FILLED, maker, left, leaves, depth))
            left = 0
            break
        left -= shown
        maker.leaves = leaves = maker.leaves - shown
        if leaves:
            depth = _refill(side, level, maker)
        else:
            depth = side.remove(maker)
            maker.shown = 0
        outcomes.append((FILLED, maker, shown, leaves, depth))
    taker.leaves = left
    return outcomes


def sweep_pro_rata(
    side: BookSide, taker: Order, limit: int, mode: SelfTrade, share: Share
) -> list[Outcome]:
    """Trade ``taker`` against ``side`` up to the key ``limit``, shared out at each price."""
    outcomes: list[Outcome] = []
    while taker.leaves and side.reached(limit):
        level = side.top()
        assert level is not None
        if mode is not _ALLOW:
            _prevent_at(side, taker, level, mode, outcomes)
        while taker.leaves and level.head is not None:
            _share(side, taker, level, share, outcomes)
    return outcomes


def _share(
    side: BookSide, taker: Order, level: Level, share: Share, outcomes: list[Outcome]
) -> None:
    """One sharing at one price; icebergs that showed all of it are shown anew afterwards.

    A sharing is one happening: each of its trades carries the depth after all of it.
    """
    makers = _queue(level)
    shares = share([maker.shown for maker in makers], taker.leaves)
    fills: list[tuple[Order, int]] = []
    used_up: list[Order] = []
    for maker, part in zip(makers, shares, strict=True):
        if not part:
            continue
        fills.append((maker, part))
        taker.leaves -= part
        maker.leaves -= part
        if not maker.leaves:
            side.remove(maker)
            maker.shown = 0
            continue
        maker.shown -= part
        level.quantity -= part
        if not maker.shown:
            used_up.append(maker)
    for maker in used_up:
        _refill(side, level, maker)
    depth = level.quantity if level.head is not None else 0
    outcomes.extend((FILLED, maker, part, maker.leaves, depth) for maker, part in fills)


def _queue(level: Level) -> list[Order]:
    orders = []
    order = level.head
    while order is not None:
        orders.append(order)
        order = order.after
    return orders


def _refill(side: BookSide, level: Level, maker: Order) -> int:
    """Show the next part of an iceberg at the tail of its price; return the depth there."""
    if maker.after is None:
        level.quantity = depth = level.quantity - maker.shown + min(maker.display, maker.leaves)
        maker.shown = min(maker.display, maker.leaves)
        return depth
    side.remove(maker)
    maker.after = None  # ``before`` is set where it rests: others show their part there
    maker.shown = min(maker.display, maker.leaves)
    return side.rest(maker)


def _prevent(
    side: BookSide, taker: Order, maker: Order, mode: SelfTrade, outcomes: list[Outcome]
) -> None:
    """Keep two orders with one STP id apart; at least one of them gets smaller."""
    if mode is _DECREMENT_BOTH:
        step = min(taker.leaves, maker.leaves)
        maker.leaves -= step
        if maker.leaves:
            hidden = maker.shown - min(maker.shown, maker.leaves)
            maker.shown -= hidden
            level = maker.level
            assert level is not None
            level.quantity -= hidden
            outcomes.append((RESTING_REDUCED, maker, step, maker.leaves, level.quantity))
        else:
            depth = side.remove(maker)
            outcomes.append((RESTING_CANCELLED, maker, step, 0, depth))
        taker.leaves -= step
        what = ARRIVING_REDUCED if taker.leaves else ARRIVING_CANCELLED
        outcomes.append((what, taker, step, taker.leaves, -1))
        return
    if mode is _CANCEL_RESTING or mode is _CANCEL_BOTH:
        depth = side.remove(maker)
        outcomes.append((RESTING_CANCELLED, maker, maker.leaves, 0, depth))
    if mode is not _CANCEL_RESTING:
        outcomes.append((ARRIVING_CANCELLED, taker, taker.leaves, 0, -1))
        taker.leaves = 0


def _prevent_at(
    side: BookSide, taker: Order, level: Level, mode: SelfTrade, outcomes: list[Outcome]
) -> None:
    """Apply self-trade prevention to a whole price, as pro-rata sharing needs."""
    stp_id = taker.seat.stp_id
    for maker in _queue(level):
        if not taker.leaves:
            return
        if maker.seat.stp_id == stp_id:
            _prevent(side, taker, maker, mode, outcomes)


def prevent_ahead(
    side: BookSide, taker: Order, limit: int, mode: SelfTrade, matching: Matching
) -> list[Outcome]:
    """Let self-trade prevention act up to the key ``limit``, as far as nothing would trade.

    Where ``taker`` has something left and ``side`` is still within reach, it would trade there.
    """
    outcomes: list[Outcome] = []
    by_time = matching is Matching.PRICE_TIME
    while mode is not _ALLOW and taker.leaves and side.reached(limit):
        level = side.top()
        assert level is not None
        maker = level.head
        assert maker is not None
        if not by_time:
            _prevent_at(side, taker, level, mode, outcomes)
            if level.head is not None:
                break
        elif maker.seat.stp_id == taker.seat.stp_id:
            _prevent(side, taker, maker, mode, outcomes)
        else:
            break
    return outcomes


def can_fill(side: BookSide, taker: Order, limit: int, mode: SelfTrade, matching: Matching) -> bool:
    """Say whether all of ``taker`` would trade, hidden quantity and self-trade rules included."""
    wanted = taker.leaves
    stp_id = 0 if mode is _ALLOW else taker.seat.stp_id
    for level in side.walk():
        if level.price * side.sign > limit:
            return False
        ahead = whole = 0  # shown before the first with the same STP id; all that others have
        met = False
        order = level.head
        while order is not None:
            if stp_id and order.seat.stp_id == stp_id:
                met = True
            else:
                whole += order.leaves
                if not met:
                    ahead += order.shown
            order = order.after
        if not met or mode is _CANCEL_RESTING:
            wanted -= whole
        elif matching is Matching.PRICE_TIME:
            return wanted <= ahead
        else:
            return False
        if wanted <= 0:
            return True
    return False


SWEEPS: Final[dict[Matching, Sweep]] = {
    Matching.PRICE_TIME: sweep_price_time,
    Matching.PRO_RATA: sweep_pro_rata,
    Matching.HYBRID: sweep_pro_rata,
}
