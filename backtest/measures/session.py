"""What measures know of a session: the readers that they need, and what follows from those."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backtest.measures.auctions import Auction, Auctions
from backtest.measures.days import Days
from backtest.measures.fills import Fill, Fills, Totals, prints
from backtest.measures.orders import Orders
from backtest.measures.samples import Samples
from backtest.measures.spreads import Quotes
from backtest.measures.survival import Curve, Span, kaplan_meier
from backtest.measures.tape import Pass, Reader
from backtest.measures.trading_costs import Paid, Quoted, paid, quoted, recoveries
from backtest.measures.welfare import Gains, Schedules, Valuation, settled
from engine.vocabulary.events import AccountOpened

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from engine.vocabulary.commands import Command

SECOND: Final = 1_000_000_000


class Settings(Struct, frozen=True, kw_only=True):
    """The figures that some measures need."""

    delay_seconds: float = 60  # from a trade to the middle that its impact is measured by
    grid_seconds: float = 60  # between looks at prices and books
    round_trip_tonnes: int = 1_000
    near_bp: int = 100  # how far from the middle depth counts
    ratio_steps: int = 2  # of the variance ratio
    top: int = 10  # accounts whose share is reported
    back_within: int = 10  # changes of the quote within which a spread counts as back
    tonnes_covered: int = 0  # what turnover is relative to; 0: the accounts' allocations

    def __post_init__(self) -> None:
        """Raise ``ValueError`` on a figure that makes no sense."""
        for name, least in (
            ("delay_seconds", 0),
            ("grid_seconds", 1e-9),
            ("round_trip_tonnes", 1),
            ("near_bp", 0),
            ("ratio_steps", 2),
            ("top", 1),
            ("back_within", 0),
            ("tonnes_covered", 0),
        ):
            if not getattr(self, name) >= least:
                message = f"{name} {getattr(self, name)}: {least} or more is needed"
                raise ValueError(message)


class _Allocations(Reader):
    """Sums what accounts were allocated."""

    def __init__(self) -> None:
        self.tonnes = 0
        self.takes = {AccountOpened: self._opened}

    def _opened(self, _time: int, _: Command, e: AccountOpened) -> None:
        self.tonnes += e.allocation


class Session:
    """A session as measures see it. What no measure asks for is neither read nor computed."""

    def __init__(self, needs: Collection[str], settings: Settings) -> None:
        """Prepare to read what is needed: names of the readers below."""
        self.interests: Mapping[str, Valuation] = {}
        self.fundamental: Callable[[int], float] | float | None = None
        self.settings = settings
        self.delay = round(settings.delay_seconds * SECOND)
        self.step = max(1, round(settings.grid_seconds * SECOND))
        self.totals, self._fills = Totals(), Fills()
        self.quotes, self.orders = Quotes(), Orders()
        self.days, self._auctions, self.allocated = Days(), Auctions(), _Allocations()
        self.samples = Samples(self.step, settings.round_trip_tonnes, settings.near_bp)
        readers = {
            "totals": self.totals,
            "fills": self._fills,
            "quotes": self.quotes,
            "orders": self.orders,
            "days": self.days,
            "auctions": self._auctions,
            "samples": self.samples,
            "allocated": self.allocated,
        }
        self.reading = Pass(*(reader for name, reader in readers.items() if name in needs))

    @property
    def fills(self) -> list[Fill]:
        """All trades."""
        return self._fills.found

    @property
    def auctions(self) -> list[Auction]:
        """The auctions that were cleared."""
        return self._auctions.all

    @cached_property
    def gains(self) -> Gains | None:
        """What trading came to, None where somebody traded whose interest is not known."""
        if self.totals.net.keys() <= self.interests.keys():
            return settled(self.totals.money, self.totals.net, self.interests)
        return None

    @cached_property
    def schedules(self) -> Schedules:
        """Demand and supply."""
        return Schedules(self.interests)

    @cached_property
    def prints(self) -> list[tuple[int, str, int, int]]:
        """The prices that trading made."""
        return prints(self.fills)

    @cached_property
    def prices(self) -> dict[str, list[tuple[int, int]]]:
        """The prices that trading made: (time, price) by line."""
        found: dict[str, list[tuple[int, int]]] = {}
        for time, symbol, price, _ in self.prints:
            found.setdefault(symbol, []).append((time, price))
        return found

    @property
    def equilibrium(self) -> float | None:
        """The middle of the prices at which all there is would be gained."""
        between = self.schedules.prices
        return None if between is None else sum(between) / 2

    @cached_property
    def worths(self) -> list[float] | None:
        """What a tonne was worth at each print: the fundamental, else the equilibrium price."""
        given = self.fundamental
        if callable(given):
            return [given(row[0]) for row in self.prints]
        worth = self.equilibrium if given is None else given
        return None if worth is None else [worth] * len(self.prints)

    @cached_property
    def quoted(self) -> Quoted | None:
        """What was quoted."""
        return quoted(self.quotes.stretches())

    @cached_property
    def paid(self) -> Paid:
        """What was paid for trading at once."""
        return paid(self.quotes.deals, self.quotes.histories, self.delay)

    @cached_property
    def recoveries(self) -> list[tuple[Span, int]]:
        """How long spreads took to recover."""
        return recoveries(self.quotes.deals, self.quotes.histories)

    @cached_property
    def waits(self) -> Curve | None:
        """How long orders that rested waited for their last tonne."""
        return kaplan_meier(self.orders.waits())
