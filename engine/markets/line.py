"""A line: a product in a mode, and what every design of a market has in common.

A design says which phases its lines know (``TRANSITIONS``) and which commands beside orders they
take (``commands``). What a design does not have, it refuses.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from engine.book.orders import Seat
from engine.markets.admission import ENTRY, Refusal
from engine.markets.settlement import Day, Settlement
from engine.matching.call_price import NOTHING
from engine.vocabulary.enums import CALL_PHASES, WITH_CALLS, CancelReason, Phase, RejectReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from msgspec import Raw

    from engine.book.orders import Order, Participant
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.matching.call_price import Crossing, Interest
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.events import Announced, BestBid, Event, Offered

    Handler = Callable[..., list[Event]]

FROZEN_RULE: Final = "the call is about to end: its orders are neither changed nor cancelled"
_OWN_WISH: Final = (CancelReason.REQUESTED, CancelReason.MASS, CancelReason.DISCONNECTED)


class Line(Settlement):
    """One product in one mode."""

    __slots__ = ("asset", "commands", "leads", "operator_commands", "rulebook", "seats")

    BINDS: ClassVar[bool] = False  # live orders may bind in any phase

    TRANSITIONS: ClassVar[Mapping[Phase, tuple[Phase, ...]]] = {
        Phase.CLOSED: (Phase.PRE_OPEN, Phase.CONTINUOUS),
        Phase.PRE_OPEN: (Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED),
        Phase.CONTINUOUS: (Phase.HALTED, Phase.CLOSED),
        Phase.HALTED: (Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.CLOSED),
    }

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, shared)
        self.asset = asset
        self.frozen = self.BINDS
        self.seats: dict[str, Seat] = {}  # by account, from its first order here on
        # by command type: from clients, given with their participant; and from the operator
        self.commands: dict[type, Handler] = {}
        self.operator_commands: dict[type, Handler] = {}
        self.new_limits()

    def adopt(self, rulebook: Rulebook, product: Product, mode: Mode) -> None:
        """Take the rules from a rulebook; nothing that they concern may be live."""
        super().adopt(rulebook, product, mode)
        self.rulebook = rulebook
        self.leads = mode.moves_close or len(rulebook.modes_of(product)) == 1

    def seat(self, participant: Participant) -> Seat:
        """Return a participant's seat here, making it at its first order."""
        seat = self.seats.get(participant.name)
        if seat is None:
            cash = self._ledger.cash(participant.account, self.product.currency)
            holding = self._ledger.holding(participant.account, self.product.symbol)
            seat = self.seats[participant.name] = Seat(participant, self, cash, holding)
        return seat

    def admit_open(self) -> Refusal | None:
        """Check that the line is open for trading."""
        phase = self.gate.phase
        if phase in ENTRY:
            return None
        rule = f"{self.symbol} is {phase.name.lower()}"
        return Refusal(RejectReason.PHASE, "symbol", rule)

    def binds(self, order: Order, why: CancelReason) -> str:
        """Say why a live order stays: the last part of a call keeps it from its own account."""
        del order
        return FROZEN_RULE if why in _OWN_WISH else ""

    def unfinished(self) -> str:
        """Say what is still to be done before a new day, "" where nothing is."""
        return ""

    # -- phases -----------------------------------------------------------------------------

    def may_follow(self) -> tuple[Phase, ...]:
        """Return the phases that may follow the present one."""
        return self.TRANSITIONS[self.gate.phase]

    def refuse_phase(self, phase: Phase) -> Refusal | None:
        """Say why a phase may not follow the present one, ``None`` where it may."""
        allowed = self.may_follow()
        if phase in allowed:
            return None
        names = ", ".join(each.name.lower() for each in allowed)
        if phase in CALL_PHASES and self.mode.mechanism not in WITH_CALLS:
            design = self.mode.mechanism.name.lower()
            rule = f"{self.symbol} trades by {design}, which has no calls: {names} may follow"
            return Refusal(RejectReason.MODE, "phase", rule)
        rule = f"{self.symbol} is {self.gate.phase.name.lower()}: {names} may follow"
        return Refusal(RejectReason.TRANSITION, "phase", rule)

    def enter_phase(self, phase: Phase) -> None:
        """Take over a phase."""
        self.gate.enter(phase)
        self.frozen = self.BINDS or self.gate.frozen

    def leave_phase(self, phase: Phase, events: list[Event]) -> None:
        """Do what the end of the present phase brings about before ``phase`` begins."""

    def begin_phase(self, phase: Phase, events: list[Event]) -> None:
        """Do what the beginning of a phase brings about."""

    def open_day(self) -> None:
        """Begin the day's figures."""
        self.day = Day()
        if self.leads:
            self.asset.fixing = 0
        self.new_limits()

    def begin_date(self, date: int) -> list[Event]:
        """Do what the rulebook plans for a trading day, which has just begun."""
        del date
        return []

    def end_day(self) -> None:
        """Forget what lives for a day and is no order."""

    def pass_time(self, events: list[Event]) -> None:
        """Do what is due by the venue's clock, which has just moved on."""

    # -- views ------------------------------------------------------------------------------

    def price_limits(self) -> tuple[int, int]:
        """Return the day's price limits, (0, 0) where there are none."""
        return (self.gate.low, self.gate.high) if self.gate.banded else (0, 0)

    def new_limits(self) -> None:
        """Compute the price limits that follow from the reference."""
        self.gate.new_day(self.asset.reference)

    def due(self) -> tuple[bool, int]:
        """Say whether ``AdvanceTime`` should come now and then, and when it next changes something.

        The time is ns UTC, 0 where there is none.
        """
        return False, 0

    def indicates(self) -> bool:
        """Say whether ``AdvanceTime`` shows what a call or an auction would come to."""
        return self.due()[0]

    def interest(self) -> tuple[list[Interest], list[Interest]]:
        """Return what takes part in the call that is on, by limit: no design but one has calls."""
        return [], []

    def indicative(self) -> Crossing:
        """Return what a call would give now; nothing where none is on."""
        return NOTHING

    def standing(self) -> list[Offered | Announced]:
        """Return the numbered offers that every participant may answer."""
        return []

    def best_bids(self) -> list[BestBid]:
        """Return the best bid so far of each auction whose bidding is open."""
        return []

    def dump(self) -> list[object] | Raw:
        """Return what the state holds beyond what every line has, for its hash."""
        return []

    def waits(self) -> bool:
        """Say whether an order waits outside the book."""
        return False

    @abstractmethod
    def places(self) -> int:
        """Return how many live orders this line knows the place of."""

    def check(self) -> None:
        """Assert the line's invariants. Raises ``AssertionError``."""
        self.book.check()
        knows = self.frozen == (self.BINDS or self.gate.frozen)
        assert knows, "a freeze that only half the line knows of"
