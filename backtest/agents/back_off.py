"""How an agent goes on after a refusal: later, smaller, and at once in another phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.vocabulary.enums import RejectReason

if TYPE_CHECKING:
    from backtest.agents.market_picture import LinePicture
    from engine.vocabulary.enums import Phase, Side

LONGEST: Final = 32  # looks that are let pass after one refusal more
_TOO_MUCH: Final = (RejectReason.QUANTITY_RANGE, RejectReason.HOLDING, RejectReason.ROLE)
_SMALLEST: Final = 20  # halvings


class _Refused(NamedTuple):
    """What a side of a line waits for after refusals."""

    phase: Phase  # in which it was refused: another one makes it try again
    until: int  # the look at which it tries again
    pause: int  # looks, twice as many after the next refusal


class BackOff:
    """Remembers refusals by line and side. Time is counted in the agent's looks at the market."""

    def __init__(self) -> None:
        """Remember nothing."""
        self.look = 0
        self._refused: dict[tuple[str, Side], _Refused] = {}
        self._halvings: dict[tuple[str, Side], int] = {}

    def refused(self, line: LinePicture, side: Side, reason: RejectReason) -> None:
        """Let looks pass, and want less where it was too much."""
        key = (line.symbol, side)
        before = self._refused.get(key)
        pause = 1 if before is None else min(2 * before.pause, LONGEST)
        self._refused[key] = _Refused(line.phase, self.look + 1 + pause, pause)
        if reason in _TOO_MUCH:
            self._halvings[key] = min(self._halvings.get(key, 0) + 1, _SMALLEST)

    def accepted(self, line: LinePicture, side: Side) -> None:
        """Forget the refusals; what was too much stays too much."""
        self._refused.pop((line.symbol, side), None)

    def waits(self, line: LinePicture, side: Side) -> bool:
        """Say whether it is too early to try again."""
        found = self._refused.get((line.symbol, side))
        return found is not None and found.phase is line.phase and self.look < found.until

    def smaller(self, line: LinePicture, side: Side, quantity: int) -> int:
        """Return what to want instead of a quantity that may be too much."""
        return quantity >> self._halvings.get((line.symbol, side), 0)
