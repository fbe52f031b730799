"""Pictures of one session: who could have traded and who did, and where prices went."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DateFormatter
from matplotlib.ticker import MaxNLocator

from backtest.measures.fills import fills
from backtest.measures.ladder import runs
from backtest.measures.welfare import Schedules, Valuation
from backtest.report.style import BLUE, GREEN, GREY, INK, ORANGE, RED, legend_below, panel
from backtest.report.subject import PictureError
from backtest.report.units import scale
from engine.rulebook.calendar import day_number, is_date, local_date, offset_seconds
from engine.vocabulary.events import PhaseChanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from backtest.measures.fills import Fill
    from backtest.report.subject import DrawnSession
    from backtest.report.words import Words
    from engine.rulebook.model import Calendar, Rulebook

_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400
_WEEKS: Final = 70  # days to the deadline beyond which bars are weeks
_BEYOND: Final = 2.2  # times what traded or should have: how far schedules are drawn
_FARTHEST: Final = 10  # times the same: how far out what traded still counts for that
_MANY: Final = 400  # trades beyond which their marks become points


def supply_and_demand(session: DrawnSession, language: str = "en") -> Figure:
    """Draw both schedules, thick where a tonne traded, and the prices in order of trading.

    Raises ``PictureError`` where the market's people have no schedules.
    """
    trades = fills(session.tape)
    bought: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for fill in trades:
        bought[fill.buyer] += fill.quantity
        sold[fill.seller] += fill.quantity
    rulebook = session.design.rulebook
    one = _one(rulebook)
    people = session.people
    worth = _rungs(((person.worth, bought[person.account]) for person in people), one, -1)
    costs = _rungs(((person.costs, sold[person.account]) for person in people), one, 1)
    if not worth or not costs:
        message = "supply and demand: the people of this market have no values and costs"
        raise PictureError(message)
    schedules = Schedules({person.account: Valuation("", person.worth, person.costs)
                           for person in people})  # fmt: skip
    with panel(4.4, language) as (figure, axis, say):
        _schedule(axis, worth, BLUE, say("buyers' values"), say("traded"))
        _schedule(axis, costs, ORANGE, say("sellers' costs"), say("traded"))
        between = schedules.prices
        if between is not None:
            axis.axhline(sum(between) / 2 / one, color=GREY, linestyle=":", linewidth=1.1,
                         label=say("competitive price"))  # fmt: skip
        if trades:
            _in_order(axis, trades, rulebook, say)
        axis.set(title=say("Supply and demand with what traded"), xlabel=say("tonnes"),
                 ylabel=say.per_tonne(rulebook.currency))  # fmt: skip
        _look_at_the_crossing(axis, worth, costs, schedules.tonnes)
        legend_below(axis)
    return figure


class _Rung(NamedTuple):
    """Tonnes at one price, in currency units, and whether they traded."""

    price: float
    tonnes: int
    traded: bool


def _rungs(schedules: Iterable[tuple[Sequence[int], int]], one: int, sign: int) -> list[_Rung]:
    """Return people's schedules together, rising or falling; what each traded is told apart."""
    found: Counter[tuple[int, bool]] = Counter()  # (price, traded) -> tonnes
    for schedule, traded in schedules:
        left = traded
        for price, tonnes in runs(schedule):
            done = min(left, tonnes)
            left -= done
            found[price, True] += done
            found[price, False] += tonnes - done
    order = sorted(found, key=lambda rung: (sign * rung[0], not rung[1]))
    return [_Rung(price / one, found[price, done], done) for price, done in order
            if found[price, done]]  # fmt: skip


def _edges(rungs: Sequence[_Rung]) -> list[int]:
    return list(accumulate((rung.tonnes for rung in rungs), initial=0))


def _look_at_the_crossing(
    axis: Axes, worth: Sequence[_Rung], costs: Sequence[_Rung], cleared: int
) -> None:
    """Leave out the far ends of schedules, where nothing traded and nothing should have."""
    both = (worth, costs)
    done = [sum(rung.tonnes for rung in rungs if rung.traded) for rungs in both]
    near = _FARTHEST * max(cleared, *done)  # one tonne that traded far out is not worth a look
    far, longest, prices = [cleared, *done], 0, []
    for rungs in both:
        edges = _edges(rungs)
        longest = max(longest, edges[-1])
        ends = zip(rungs, edges[1:], strict=True)
        far += [end for rung, end in ends if rung.traded and end <= near]
    end = min(longest, round(_BEYOND * max(far))) or longest
    axis.set_xlim(0, end * 1.03)
    for rungs in both:
        starts = zip(rungs, _edges(rungs), strict=False)
        prices += [rung.price for rung, start in starts if start < end]
    axis.set_ylim(0, 1.05 * max(prices))


def _schedule(axis: Axes, rungs: Sequence[_Rung], colour: str, label: str, traded: str) -> None:
    """Draw a schedule as steps, thick where it traded."""
    edges = _edges(rungs)
    axis.stairs([rung.price for rung in rungs], edges, baseline=None, color=colour, linewidth=1.1,
                label=label)  # fmt: skip
    there = [place for place, rung in enumerate(rungs) if rung.traded]
    axis.hlines([rungs[place].price for place in there], [edges[place] for place in there],
                [edges[place + 1] for place in there],
                color=colour, linewidth=3.6, label=f"{label}: {traded}")  # fmt: skip


def _in_order(axis: Axes, trades: Sequence[Fill], rulebook: Rulebook, say: Words) -> None:
    one, edges, prices = _one(rulebook), [0], []
    for fill in trades:
        edges.append(edges[-1] + fill.quantity)
        prices.append(fill.price / one)
    axis.stairs(prices, edges, baseline=None, color=INK, linewidth=0.9, alpha=0.7,
                label=say("trade prices, in order"))  # fmt: skip


def price_path(session: DrawnSession, language: str = "en", symbol: str = "") -> Figure:
    """Draw the trades of a line, by default the one with most, inside the price limits in force.

    Several days are drawn as their range and their average price. Raises ``PictureError`` where
    the line did not trade.
    """
    trades = fills(session.tape)
    symbol = symbol or _busiest(trades)
    trades = [fill for fill in trades if fill.symbol == symbol]
    if not trades:
        if symbol:
            message = "prices: nothing traded in {symbol}"
            raise PictureError(message, symbol=symbol)
        message = "prices: nothing traded"
        raise PictureError(message)
    rulebook = session.design.rulebook
    calendar = rulebook.calendar
    days = {local_date(calendar, fill.time) for fill in trades}
    with panel(3.6, language) as (figure, axis, say):
        limited = _limits(axis, session, symbol, trades, say)
        if len(days) > 1:
            _days(axis, trades, rulebook, say)
            _date_axis(axis)
            axis.set_xlabel(say("date"))
        else:
            times = [_when(calendar, fill.time) for fill in trades]
            prices = [fill.price / _one(rulebook) for fill in trades]
            many = len(trades) > _MANY
            axis.plot(times, prices, "." if many else "o", color=BLUE, markersize=3, linewidth=0.9,
                      drawstyle="steps-post", linestyle="-", label=say("trades"))  # fmt: skip
            _date_axis(axis, "%H:%M")
            axis.set_xlabel(say.listed(say("time of day"), _zone(calendar, trades[0].time)))
        title = "Price path and limits: {symbol}" if limited else "Price path: {symbol}"
        axis.set(title=say(title, symbol=symbol),
                 ylabel=say.per_tonne(rulebook.currency))  # fmt: skip
        axis.margins(y=0.1)
        legend_below(axis)
    return figure


def _limits(
    axis: Axes, session: DrawnSession, symbol: str, trades: Sequence[Fill], say: Words
) -> bool:
    """Draw the limits as they changed; say whether the line has any."""
    rulebook = session.design.rulebook
    found = [(time, event.low_limit, event.high_limit)
             for time, _, events in session.tape for event in events
             if type(event) is PhaseChanged and event.symbol == symbol]  # fmt: skip
    end = max([trades[-1].time, *(time for time, _, _ in found)])
    found = [each for each in found if each[2]]
    if not found:
        return False
    found.append((end, *found[-1][1:]))
    one = _one(rulebook)
    times = [_when(rulebook.calendar, time) for time, _, _ in found]
    for place, label in ((1, say("daily limits")), (2, "_")):
        axis.step(times, [each[place] / one for each in found], where="post", color=RED,
                  linewidth=1.0, linestyle="--", label=label)  # fmt: skip
    return True


def _days(axis: Axes, trades: Iterable[Fill], rulebook: Rulebook, say: Words) -> None:
    """Draw each day's range and its average price."""
    by_day: dict[int, list[Fill]] = {}
    for fill in trades:
        by_day.setdefault(local_date(rulebook.calendar, fill.time), []).append(fill)
    one = _one(rulebook)
    at = [day_number(day) + 0.5 for day in by_day]
    prices = [[fill.price / one for fill in found] for found in by_day.values()]
    axis.vlines(at, [min(each) for each in prices], [max(each) for each in prices], color=BLUE,
                alpha=0.45, linewidth=1.4, label=say("range of the day"))  # fmt: skip
    average = [sum(fill.price * fill.quantity for fill in found) / one
               / sum(fill.quantity for fill in found) for found in by_day.values()]  # fmt: skip
    axis.plot(at, average, color=INK, linewidth=1.1, label=say("average price of the day"))


def volume_by_deadline(session: DrawnSession, language: str = "en", deadline: int = 0) -> Figure:
    """Draw tonnes by days left to the deadline, and the share of all that had traded by then.

    ``deadline`` is a date such as 20251231, by default the last day with a trade. A year is drawn
    in weeks. Raises ``PictureError`` where nothing traded by then, or all on one day.
    """
    if deadline and not is_date(deadline):
        message = "deadline {date} is no date: write it as 20251231"
        raise PictureError(message, date=str(deadline))
    calendar = session.design.rulebook.calendar
    tonnes: Counter[int] = Counter()
    for fill in fills(session.tape):
        tonnes[day_number(local_date(calendar, fill.time))] += fill.quantity
    last = day_number(deadline) if deadline else max(tonnes, default=0)
    left = {last - day: amount for day, amount in tonnes.items() if day <= last}
    if len(left) < 2:  # noqa: PLR2004 - one day has no course
        message = "deadline: fewer than two days with trades up to the deadline"
        raise PictureError(message)
    in_weeks = max(left) > _WEEKS
    bins: Counter[int] = Counter()
    for days, amount in left.items():
        bins[days // 7 if in_weeks else days] += amount
    with panel(3.6, language) as (figure, axis, say):
        unit, word = scale(max(bins.values()))
        places = range(max(bins) + 1)
        axis.bar(places, [bins[place] / unit for place in places], color=BLUE, width=0.85)
        axis.set_xlim(max(bins) + 0.6, -0.6)
        axis.set(title=say("Volume by days to the deadline"),
                 xlabel=say("weeks to the deadline" if in_weeks else "days to the deadline"),
                 ylabel=_unit(say, word))  # fmt: skip
        axis.xaxis.set_major_locator(MaxNLocator(10, integer=True))
        _cumulative(axis, bins, say)
    return figure


def _cumulative(axis: Axes, bins: Counter[int], say: Words) -> None:
    share = axis.twinx()
    total, so_far, places, shares = sum(bins.values()), 0, [], []
    for place in range(max(bins), -1, -1):
        so_far += bins[place]
        places.append(place)
        shares.append(100 * so_far / total)
    share.plot(places, shares, color=GREEN, drawstyle="steps-mid")
    share.set_ylim(0, 105)
    share.set_ylabel(say("cumulative share, %"), color=GREEN)
    share.tick_params(labelcolor=GREEN)
    share.grid(visible=False)


def _unit(say: Words, word: str) -> str:
    return say("{unit} tonnes", unit=say(word)) if word else say("tonnes")


def _busiest(trades: Iterable[Fill]) -> str:
    """Return the line with the most trades, the first of several; "" without a trade."""
    most = Counter(fill.symbol for fill in trades).most_common(1)
    return most[0][0] if most else ""


def _one(rulebook: Rulebook) -> int:
    """Return the minor units of one unit of the currency."""
    return int(10**rulebook.minor_digits)


def _when(calendar: Calendar, time: int) -> float:
    """Return local clock time at a time in ns UTC, as axes of dates have it: days since 1970."""
    seconds = time // _SECOND
    local = seconds + offset_seconds(calendar, seconds + calendar.utc_offset_minutes * 60)
    return (local + time % _SECOND / _SECOND) / _DAY


def _date_axis(axis: Axes, pattern: str = "") -> None:
    """Label days since 1970 as clock times by a pattern, or as dates."""
    locator = AutoDateLocator(minticks=2, maxticks=9)  # type: ignore[no-untyped-call]
    form = (DateFormatter(pattern) if pattern  # type: ignore[no-untyped-call]
            else ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # fmt: skip
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(form)


def _zone(calendar: Calendar, time: int) -> str:
    """Return how far local clocks are ahead, such as UTC+8."""
    seconds = time // _SECOND
    ahead = offset_seconds(calendar, seconds + calendar.utc_offset_minutes * 60) // 60
    hours, minutes = divmod(abs(ahead), 60)
    return f"UTC{'-' if ahead < 0 else '+'}{hours}" + (f":{minutes:02d}" if minutes else "")
