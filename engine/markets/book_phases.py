"""What a line with an order book does by phase and by the clock: calls, batches, releases."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Final

from engine.book.orders import POST_ONLY
from engine.markets.book_line import BookLine
from engine.markets.call_auction import (
    NO_BEST,
    best_limits,
    end_call,
    indicative,
    interest,
    settle_rests,
)
from engine.markets.phases import change
from engine.matching.call_price import NOTHING
from engine.vocabulary.enums import CancelReason, Phase, TimeInForce
from engine.vocabulary.events import AuctionIndicated, Event

if TYPE_CHECKING:
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.matching.call_price import Crossing, Interest
    from engine.rulebook.model import Mode, Product, Rulebook

_AT_CLOSE: Final = TimeInForce.AT_CLOSE
_CONTINUOUS: Final = Phase.CONTINUOUS
_SECOND: Final = 1_000_000_000
PUBLISH_EVERY: Final = _SECOND  # at most so often is a call's indicative price published
_OPENING, _INTRADAY, _CLOSING = Phase.OPENING_CALL, Phase.INTRADAY_CALL, Phase.CLOSING_CALL
_CALLS: Final = (_OPENING, _INTRADAY, _CLOSING)
TRANSITIONS: Final = {
    Phase.CLOSED: (Phase.PRE_OPEN, _CONTINUOUS, _OPENING, _INTRADAY),
    Phase.PRE_OPEN: (_CONTINUOUS, Phase.HALTED, Phase.CLOSED, _OPENING, _INTRADAY),
    _CONTINUOUS: (Phase.HALTED, Phase.CLOSED, _INTRADAY, _CLOSING),
    Phase.HALTED: (Phase.PRE_OPEN, _CONTINUOUS, Phase.CLOSED, *_CALLS),
    _OPENING: (Phase.FREEZE, _CONTINUOUS, Phase.HALTED, Phase.CLOSED, _INTRADAY),
    _INTRADAY: (Phase.FREEZE, _CONTINUOUS, Phase.HALTED, Phase.CLOSED, _INTRADAY, _CLOSING),
    _CLOSING: (Phase.FREEZE, Phase.HALTED, Phase.CLOSED),
}


class BookPhases(BookLine):
    """The phases of an order book, calls among them."""

    __slots__ = ("_counted", "_crossing", "_indicated")

    TRANSITIONS = TRANSITIONS

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self._indicated = -PUBLISH_EVERY  # when the call's indicative price was published last
        # What the call would give: it holds unless an order entered or changed, or one left.
        self._crossing = NOTHING
        self._counted = 0

    @abstractmethod
    def trigger(self, low: int, high: int, events: list[Event]) -> None:
        """Enter the stops that trades between two prices reach, and those that they trigger."""

    def may_follow(self) -> tuple[Phase, ...]:
        """Return the phases that may follow; those after a freeze are those after its call."""
        if self.gate.phase is Phase.FREEZE:
            after = self.TRANSITIONS[self.gate.call]
            return tuple(phase for phase in after if phase is not Phase.FREEZE)
        return super().may_follow()

    def enter_phase(self, phase: Phase) -> None:
        """Take over a phase; a call publishes its indicative price at the next ``AdvanceTime``."""
        super().enter_phase(phase)
        if phase is not Phase.FREEZE:
            self._indicated = -PUBLISH_EVERY

    def leave_phase(self, phase: Phase, events: list[Event]) -> None:
        """End a call, or release what waits for the close."""
        self.changed = True
        gate = self.gate
        if gate.call is not Phase.CLOSED and phase not in (Phase.FREEZE, Phase.HALTED):
            price = end_call(self, events)
            last = phase in (_CONTINUOUS, Phase.CLOSED)
            settle_rests(self, events, price, everything=not (last or self.mode.carry_over))
        if gate.phase is _CONTINUOUS and phase is Phase.CLOSED:
            self._release_held(events, at_close=True)
        self.call_ends_at = self._batch_end() if phase is Phase.INTRADAY_CALL else 0

    def begin_phase(self, phase: Phase, events: list[Event]) -> None:
        """Release what waits for the open, and the stops that the last price reaches."""
        if phase is not _CONTINUOUS:
            return
        self._release_held(events, at_close=False)
        last_price = self.day.last
        if last_price:
            self.trigger(last_price, last_price, events)

    def _batch_end(self) -> int:
        """Return when the batch that begins now ends (ns UTC): the series keeps its beat."""
        beat = self.mode.batch_seconds * _SECOND
        if not beat:
            return 0
        now = self.clock.now
        last = self.call_ends_at or now
        return last + max(0, (now - last) // beat + 1) * beat

    def _release_held(self, events: list[Event], *, at_close: bool) -> None:
        """Enter the orders held for the close, or those for the open, as if they arrived now."""
        waiting = [key for key, order in self.held.items() if (order.tif is _AT_CLOSE) == at_close]
        for key in waiting:
            if self.gate.phase is not _CONTINUOUS:
                return  # a trade would have left the band: what still waits takes part in the call
            order = self.held[key]
            if order.flags & POST_ONLY and self.refuse_trading(order.side, order.price):
                events.append(self.cancel(order, CancelReason.POST_ONLY))
                continue
            del self.held[key]
            self.arrive(order, events)

    def pass_time(self, events: list[Event]) -> None:
        """End a call whose time is over, or publish what it would give."""
        if self.gate.call is Phase.CLOSED:
            return
        now = self.clock.now
        if 0 < self.call_ends_at <= now:
            after = Phase.INTRADAY_CALL if self.mode.batch_seconds else _CONTINUOUS
            events += change(self, after, "the call is over")
        elif now - self._indicated >= PUBLISH_EVERY:
            self._indicated = now
            crossing = self.indicative()
            best = NO_BEST if crossing.volume else best_limits(self)
            events.append(AuctionIndicated(self.symbol, *crossing, *best))

    # -- views ------------------------------------------------------------------------------

    def interest(self) -> tuple[list[Interest], list[Interest]]:
        """Return what takes part in the call that is on, by limit; nothing outside one."""
        return ([], []) if self.gate.call is Phase.CLOSED else interest(self)

    def indicative(self) -> Crossing:
        """Return what a call would give now; nothing where none is on."""
        if self.gate.call is Phase.CLOSED:
            return NOTHING
        places = self.places()
        if self.changed or places != self._counted:
            self._crossing = indicative(self)
            self.changed = False
            self._counted = places
        return self._crossing

    def dump(self) -> list[object]:
        """Return what waits, and when the call's indicative price was published last."""
        return [*super().dump(), self._indicated]
