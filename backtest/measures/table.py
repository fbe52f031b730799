"""All measures of a session by name, with their units, and how to ask for them.

``docs/measures.md`` has their formulas, conventions and sources. None is "not applicable", which is
not 0: a market of calls has no spread.
"""

from __future__ import annotations

from statistics import mean, median, stdev
from typing import TYPE_CHECKING, Final, NamedTuple

from backtest.measures import (
    abatement,
    auctions,
    concentration,
    days,
    prices,
    trading_costs,
    welfare,
)
from backtest.measures.session import SECOND, Session, Settings
from backtest.measures.survival import kaplan_meier
from engine.vocabulary.suggest import not_one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from backtest.measures.tape import Tape
    from backtest.measures.welfare import Valuation

    Value = float | None
    Of = Callable[[Session], float | None]


class MeasureError(ValueError):
    """A name that is no measure's."""


class Measure(NamedTuple):
    """A measure: what it is called, counted in and says, and what it reads of a tape."""

    name: str
    unit: str
    says: str
    needs: tuple[str, ...]
    of: Of | None  # none: ``groups`` has a value for each group
    default: bool = False


def _efficiency(s: Session) -> Value:
    return s.gains and welfare.efficiency(s.gains.total, s.schedules.maximum)


def _lost(s: Session, place: int) -> Value:
    most = s.schedules.maximum
    return welfare.losses(s.gains, s.schedules)[place] / most if s.gains and most else None


def _surplus(s: Session) -> Value:
    return s.gains and float(s.gains.total)


def _dispersion(s: Session) -> Value:
    return s.gains and welfare.profit_dispersion(s.gains.surplus, s.interests, s.schedules)


def _abatement(s: Session) -> Value:
    known = abatement.cost(s.gains, s.interests) if s.gains else None
    return None if known is None else float(known)


def _excess(s: Session) -> Value:
    return s.gains and abatement.excess(s.gains, s.interests, s.schedules)


def _price(s: Session) -> Value:
    return s.totals.value / s.totals.tonnes if s.totals.tonnes else None


def _gap(s: Session) -> Value:
    found = [mean(price for _, price in rows) for rows in s.prices.values() if rows]
    return (max(found) - min(found)) / mean(found) if len(found) > 1 else None


def _error(s: Session, place: int) -> Value:
    if s.worths is None:
        return None
    found = prices.price_error([row[2] for row in s.prints], s.worths)
    return None if found is None else found[place]


def _alpha(s: Session) -> Value:
    fair = s.equilibrium
    return None if fair is None else prices.smiths_alpha([row[2] for row in s.prints], fair)


def _quoted(s: Session, place: int) -> Value:
    return None if s.quoted is None else s.quoted[place]


def _half_life(s: Session) -> Value:
    curve = kaplan_meier(span for span, _ in s.recoveries)
    return None if curve is None or curve.median is None else curve.median / SECOND


def _back(s: Session) -> Value:
    within = s.settings.back_within
    found = [span.ended and changes <= within for span, changes in s.recoveries]
    return sum(found) / len(found) if found else None


def _over_lines(s: Session, of: Callable[[list[int]], Value]) -> Value:
    """Return the mean over lines with a value, weighted by their prints."""
    total, weight = 0.0, 0
    for rows in s.prices.values():
        found = of([price for _, price in rows])
        if found is not None:
            total += found * len(rows)
            weight += len(rows)
    return total / weight if weight else None


def _volatility(s: Session) -> Value:
    squares, lines = 0.0, 0
    for rows in s.prices.values():
        grid = prices.sampled(rows, rows[0][0], rows[-1][0], s.step)
        if len(grid) > 1:
            squares += (prices.realised_volatility(prices.returns(grid)) or 0.0) ** 2
            lines += 1
    return (squares / lines) ** 0.5 if lines else None


def _ratio(s: Session) -> Value:
    def of(row: list[int]) -> Value:
        found = prices.variance_ratio(prices.returns(row), s.settings.ratio_steps)
        return None if found is None else found.ratio

    return _over_lines(s, of)


def _kyle(s: Session) -> Value:
    return prices.slope(*trading_costs.lambdas(s.quotes.deals, s.quotes.histories, s.step))


def _wait(s: Session, share: float) -> Value:
    found = None if s.waits is None else s.waits.quantile(share)
    return None if found is None else found / SECOND


def _by_account(s: Session) -> list[int]:
    return list(concentration.gross(s.fills).values())


def _day_moves(s: Session, of: Callable[[list[float]], Value]) -> Value:
    """Return the mean over lines with a value of something of their daily returns."""
    total, weight = 0.0, 0
    for line in s.days.by_line().values():
        moves = [move for move, _ in days.moves([line])]
        found = of(moves)
        if found is not None:
            total += found * len(moves)
            weight += len(moves)
    return total / weight if weight else None


def _idle(s: Session) -> Value:
    volumes = s.days.volumes()
    return volumes.count(0) / len(volumes) if volumes else None


def _turnover(s: Session) -> Value:
    return concentration.turnover(s.totals.tonnes, s.settings.tonnes_covered or s.allocated.tonnes)


def _winners(s: Session) -> Value:
    found = [concentration.hhi(each.won.values()) for each in s.auctions]
    known = [each for each in found if each is not None]
    return sum(known) / len(known) if known else None


def _shading(s: Session) -> Value:
    rows = [auctions.shading(each, s.interests) for each in s.auctions]
    tonnes = sum(counted for _, counted in rows)
    return sum(total for total, _ in rows) / tonnes if tonnes else None


def _revenue(s: Session) -> Value:
    fair = [auctions.truthful_revenue(each, s.interests) for each in s.auctions]
    return sum(each.revenue for each in s.auctions) / sum(fair) if sum(fair) else None


GROUPS: Final = "surplus by group"
_T, _F, _Q, _O = ("totals",), ("fills",), ("quotes",), ("orders",)
_D, _A, _S = ("days",), ("auctions",), ("samples",)
_PER_TONNE: Final = "minor units per tonne"
_SHARE: Final = "share"
_MONEY: Final = "minor units"

_ALL: Final = (
    Measure("efficiency", _SHARE, "realised gains from trade over the most there could be", _T,
            _efficiency, default=True),
    Measure("v-inefficiency", _SHARE, "gains lost as too few tonnes changed hands", _T,
            lambda s: _lost(s, 0)),
    Measure("em-inefficiency", _SHARE, "gains lost as the wrong accounts traded", _T,
            lambda s: _lost(s, 1)),
    Measure("trades", "count", "trades", _T, lambda s: float(s.totals.trades), default=True),
    Measure("volume", "tonnes", "tonnes traded", _T, lambda s: float(s.totals.tonnes),
            default=True),
    Measure("price", _PER_TONNE, "average price, weighted by tonnes", _T, _price, default=True),
    Measure("price gap", _SHARE, "dearest less cheapest line's average price, over both", _F, _gap),
    Measure("surplus", _MONEY, "realised gains from trade", _T, _surplus,
            default=True),
    Measure(GROUPS, _MONEY, "realised gains of each group, as 'surplus of NAME'", _T, None,
            default=True),
    Measure("profit dispersion", _MONEY, "root mean square of gains less equilibrium gains", _T,
            _dispersion),
    Measure("abatement cost", _MONEY, "what compliance costs all after trading", _T, _abatement),
    Measure("abatement excess", _SHARE, "abatement cost over the least there could be, less 1", _T,
            _excess),
    Measure("price rmse", _PER_TONNE, "root mean square of price less worth", _F,
            lambda s: _error(s, 0)),
    Measure("price mad", _PER_TONNE, "mean of |price less worth|", _F, lambda s: _error(s, 1)),
    Measure("price bias", _PER_TONNE, "mean of price less worth", _F, lambda s: _error(s, 2)),
    Measure("smith's alpha", "percent", "root mean square of p - p*, over p*", _F, _alpha),
    Measure("quoted spread", _PER_TONNE, "best offer less best bid, over time", _Q,
            lambda s: _quoted(s, 0)),
    Measure("relative spread", "basis points", "quoted spread over the middle, over time", _Q,
            lambda s: _quoted(s, 1)),
    Measure("depth", "tonnes", "tonnes at the best of a side, over time", _Q,
            lambda s: _quoted(s, 2)),
    Measure("imbalance", "-1 to 1", "tonnes at the best bid less offer, over both", _Q,
            lambda s: _quoted(s, 3)),
    Measure("time without a quote", _SHARE, "time with a side empty", _Q, lambda s: _quoted(s, 4)),
    Measure("effective spread", _PER_TONNE, "2D(p - mid before), by tonnes", _Q,
            lambda s: s.paid.per_tonne(s.paid.effective)),
    Measure("realised spread", _PER_TONNE, "2D(p - mid after the delay), by tonnes", _Q,
            lambda s: s.paid.per_tonne(s.paid.realised)),
    Measure("price impact", _PER_TONNE, "2D(mid after the delay - mid before), by tonnes", _Q,
            lambda s: s.paid.per_tonne(s.paid.impact)),
    Measure("resiliency", "seconds", "median time to lose half of a widening", _Q, _half_life),
    Measure("spread back", _SHARE, "widenings half lost within some changes of the quote", _Q,
            _back),
    Measure("kyle's lambda", "minor units per tonne, per tonne", "slope of mid on signed tonnes",
            _Q, _kyle),
    Measure("round trip", "basis points", "cost to buy and sell again, over the middle", _S,
            lambda s: s.samples.round_trip()),
    Measure("too thin", _SHARE, "looks at a book that could not fill a round trip", _S,
            lambda s: s.samples.too_thin()),
    Measure("depth near", "tonnes", "tonnes of a side near the middle", _S,
            lambda s: s.samples.depth()),
    Measure("volatility", "log return", "root of summed squared returns on the grid", _F,
            _volatility),
    Measure("variance ratio", "ratio", "variance of q steps over q variances of one", _F, _ratio),
    Measure("roll", _PER_TONNE, "spread from the covariance of price changes", _F,
            lambda s: _over_lines(s, prices.roll)),
    Measure("amihud", "per million units of money", "mean |daily return| over money traded", _D,
            lambda s: prices.amihud(days.moves(s.days.by_line().values()), 1e8)),
    Measure("fill rate", _SHARE, "tonnes filled over tonnes of orders", _O,
            lambda s: s.orders.fill_rate),
    Measure("time to fill", "seconds", "median wait of resting orders (Kaplan-Meier)", _O,
            lambda s: _wait(s, 0.5)),
    Measure("order-to-trade", "ratio", "orders, changes and cancels for each trade", _O,
            lambda s: s.orders.per_trade),
    Measure("tonnes ordered", "ratio", "tonnes of orders for each tonne traded", _O,
            lambda s: s.orders.tonnes_per_traded),
    Measure("refused", _SHARE, "clients' commands that were refused", _O,
            lambda s: s.orders.refused),
    Measure("hhi", "1/n to 1", "squared shares of accounts in tonnes bought and sold", _F,
            lambda s: concentration.hhi(_by_account(s))),
    Measure("gini", "0 to 1", "inequality of accounts that traded, by tonnes", _F,
            lambda s: concentration.gini(_by_account(s))),
    Measure("top accounts", _SHARE, "share of the largest accounts in tonnes", _F,
            lambda s: concentration.top_share(_by_account(s), s.settings.top)),
    Measure("top tenth of days", _SHARE, "share of the busiest tenth of days", _D,
            lambda s: concentration.top_tenth(s.days.volumes())),
    Measure("daily volume", "tonnes", "mean tonnes traded in a day", _D,
            lambda s: mean(s.days.volumes()) if s.days.all else None),
    Measure("median daily volume", "tonnes", "median tonnes traded in a day", _D,
            lambda s: median(s.days.volumes()) if s.days.all else None),
    Measure("days without a trade", _SHARE, "days on which nothing traded", _D, _idle),
    Measure("daily volatility", "log return", "standard deviation of daily returns", _D,
            lambda s: _day_moves(s, lambda row: stdev(row) if len(row) > 1 else None)),
    Measure("daily autocorrelation", "-1 to 1", "of daily returns with those of the day before",
            _D, lambda s: _day_moves(s, prices.autocorrelation)),
    Measure("turnover", "ratio", "tonnes traded over tonnes allocated", ("totals", "allocated"),
            _turnover),
    Measure("closes at limit", _SHARE, "days that closed at a price limit", _D,
            lambda s: days.closes_at_limit(s.days.all)),
    Measure("days at limit", _SHARE, "days on which a trade was at a price limit", _D,
            lambda s: days.touches(s.days.all)),
    Measure("magnet", "share of the way", "how much faster prices run to a limit when near", _D,
            lambda s: days.magnet(s.days.all)),
    Measure("limit continuation", "log return", "move of the day after a close at a limit", _D,
            lambda s: days.continuation(s.days.by_line().values())),
    Measure("limit spill-over", "ratio", "volatility after closes at a limit over other days", _D,
            lambda s: days.spill_over(s.days.by_line().values())),
    Measure("auction cover", "ratio", "tonnes bid over tonnes offered", _A,
            lambda s: auctions.cover(s.auctions)),
    Measure("auction unsold", _SHARE, "tonnes offered that were not sold", _A,
            lambda s: auctions.unsold(s.auctions)),
    Measure("auction revenue", _MONEY, "what auctions brought", _A,
            lambda s: float(sum(a.revenue for a in s.auctions)) if s.auctions else None),
    Measure("auction revenue ratio", "ratio", "over what truthful bids would bring", _A, _revenue),
    Measure("auction shading", _PER_TONNE, "worth less bid", _A, _shading),
    Measure("auction hhi", "1/n to 1", "squared shares of an auction's winners", _A, _winners),
)  # fmt: skip
MEASURES: Final[dict[str, Measure]] = {each.name: each for each in _ALL}
DEFAULTS: Final = tuple(each.name for each in _ALL if each.default)


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names as they are. Raises ``MeasureError`` on one that is no measure's."""
    found = tuple(names)
    for name in found:
        if name not in MEASURES:
            message = f"measure {not_one_of(name, MEASURES)}"
            raise MeasureError(message)
    return found


def unit(name: str) -> str:
    """Return the unit of a measure, or of a group's surplus. Raises ``MeasureError``."""
    if name.startswith("surplus of "):
        name = GROUPS
    return MEASURES[check_names([name])[0]].unit


class Meter:
    """Measures a session while it runs, so that its tape need not be kept."""

    def __init__(self, names: Iterable[str] = DEFAULTS, settings: Settings | None = None) -> None:
        """Measure what is named. Raises ``MeasureError`` on a name that is no measure's."""
        self._asked = [MEASURES[name] for name in check_names(names)]
        needs = {need for each in self._asked for need in each.needs}
        self._session = Session(needs, settings or Settings())
        self.take = self._session.reading.take  # (time, command, events): as a kernel's watcher

    def measure(
        self,
        interests: Mapping[str, Valuation],
        fundamental: Callable[[int], float] | float | None = None,
    ) -> dict[str, float | None]:
        """Return the measures, in the order asked for; once, when all is taken in."""
        session = self._session
        session.reading.end()
        session.interests, session.fundamental = interests, fundamental
        found: dict[str, float | None] = {}
        for each in self._asked:
            if each.of is not None:
                value = each.of(session)
                found[each.name] = None if value is None else float(value)
            else:
                found |= _groups(session)
        return found


def _groups(s: Session) -> dict[str, Value]:
    known = s.gains
    surplus = known.surplus if known else dict.fromkeys(s.interests, 0)
    return {
        f"surplus of {group}": float(gain) if known else None
        for group, gain in welfare.by_group(surplus, s.interests).items()
    }


def measure_all(
    tape: Tape,
    interests: Mapping[str, Valuation],
    names: Iterable[str] = DEFAULTS,
    settings: Settings | None = None,
    fundamental: Callable[[int], float] | float | None = None,
) -> dict[str, float | None]:
    """Return measures of a session by name, in the order asked for; None where not applicable.

    ``interests`` are by account; where somebody trades who has none, gains from trade are not
    known, so not applicable. ``fundamental`` is what a tonne is
    worth, in minor units, always or at a time in ns; by default the equilibrium price of the
    interests. The tape is read once, for what the measures need. Raises ``MeasureError``.
    """
    meter = Meter(names, settings)
    take = meter.take
    for time, command, events in tape:
        take(time, command, events)
    return meter.measure(interests, fundamental)
