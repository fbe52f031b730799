"""The checks: each runs a market on the engine and sets what came of it beside what is known."""

from __future__ import annotations

from math import comb, exp
from typing import TYPE_CHECKING, Final

from msgspec import structs

from backtest.lab.arrivals import PoissonArrivals, SteadyArrivals
from backtest.lab.classic import ONE_BUYER, S1, S5, S6, THREE_A_SIDE
from backtest.lab.design import Design, design
from backtest.lab.poisson_book import PoissonBook
from backtest.lab.rule_probes import EveryPrice, Holder, Holders
from backtest.lab.schedules import UniformValues
from backtest.lab.sniping import Sniping, gains
from backtest.measures.fills import fills
from engine.vocabulary.events import OrderAccepted
from tests.oracles.auctions import CONTAINED, HIGHEST, LOWEST, RESERVED, SMALL, at_a_venue, auctions
from tests.oracles.book import shape, waits
from tests.oracles.identities import abatement, controls, identities, truthful_call
from tests.oracles.rows import ROOT, TEXTBOOK, Row, alpha, measured, row, runs
from tests.support.designs import measures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


CLEARED: Final = {"quotes cleared": True, "persistent book": False}


def series(seconds: int, *, carry_over: bool) -> Design:
    """Return a day of nothing but batches."""
    sessions = [{"at": "09:00", "phase": "intraday_call"}, {"at": "10:00", "phase": "closed"}]
    day = TEXTBOOK.changed("calendar.sessions", sessions)
    return day.with_(mode="continuous", batch_seconds=seconds, carry_over=carry_over)


def truthful_auction(size: int) -> Iterator[Row]:
    """1.3: the truthful continuous double auction."""
    known = (
        (2, 8 / 9, 0.0, 10 / 9, 0.0),
        (3, 1531 / 1800, 0.0, 529 / 300, 0.0),
        (10, 0.7767, 0.0002, 6.690, 0.001),
    )
    for each, efficiency, error, trades, trades_error in known:
        market = UniformValues(each, each)
        found = measured(market, 60 * size)
        most = market.scale * each * each / (2 * (2 * each + 1))
        yield row(
            f"1.3 efficiency, N={each}",
            efficiency,
            error,
            [surplus / most for surplus in found["surplus"]],
        )
        yield row(f"1.3 trades, N={each}", trades, trades_error, found["trades"])


def batches(size: int) -> Iterator[Row]:
    """1.4: frequent batches, without and with carry-over."""
    for mean in (1, 10, 50)[: 3 if size > 1 else 2]:
        found = measured(
            PoissonArrivals(rate=mean / 60),
            8 if mean == 1 else max(4, size),
            series(60, carry_over=False),
        )
        most = PoissonArrivals().scale * 60 * mean / 4
        known = 1 - 1 / mean + (1 - exp(-2 * mean)) / (2 * mean**2)
        yield row(f"1.4 no carry-over, m={mean}", known, 0.0, [x / most for x in found["surplus"]])
    market = SteadyArrivals()
    frontier = ((10, 0.9480), (1, 0.7031), (50, 0.9908), (200, 1.0))
    for orders, known in frontier[: 4 if size > 1 else 1]:
        found = measured(market, max(8, 2 * size), series(orders, carry_over=True))
        yield row(f"1.4 carry-over, b={orders}", known, 0.0005, found["efficiency"])


def exact_zero_intelligence(size: int) -> Iterator[Row]:
    """1.5: zero intelligence, by enumeration."""
    found = measured(ONE_BUYER, 100 * size)
    yield row("1.5 surplus, one buyer", 4.264140, 0.0, found["surplus"])
    found = measured(THREE_A_SIDE, 100 * size)
    yield row("1.5 surplus, three a side", 8.967400, 0.0, found["surplus"])
    yield row("1.5 trades, three a side", 2.124593, 0.0, found["trades"])


def zero_intelligence(size: int) -> Iterator[Row]:
    """1.6: zero intelligence on schedules, in both protocols."""
    known = (
        ("S1", S1, (94.71, 95.17), 0.03),
        ("S5", S5, (98.88, 98.89), 0.006),
        ("S6", S6, (96.31, 96.37), 0.02),
    )
    for name, market, efficiencies, error in known:
        for (kind, cleared), efficiency in zip(CLEARED.items(), efficiencies, strict=True):
            # A trade that gains nothing changes no efficiency; alpha knows of it.
            of_all = market is S6 and (cleared or size > 1)
            played = structs.replace(market, best_only=cleared, gainless=of_all)
            ratios, alphas = [], []
            for outcome in runs(played, 20 * size):  # one at a time: a tape takes some megabytes
                ratios.append(100 * (measures(outcome)["efficiency"] or 0.0))
                alphas.append(alpha(outcome, 200) if of_all else 0.0)
            yield row(f"1.6 {name} efficiency %, {kind}", efficiency, error, ratios)
            if of_all:
                yield row(f"1.6 S6 alpha, {kind}", 19.91 if cleared else 18.50, 0.03, alphas)


def poisson_book(size: int) -> Iterator[Row]:
    """1.7: the whole book, and the queue of a patient order."""
    market = PoissonBook()
    shapes = [shape(outcome, market.unit) for outcome in runs(market, 2 * size)]
    yield row("1.7 mean spread", 1.3552, 0.0004, [each.spread for each in shapes])
    yield row("1.7 P(spread = 1)", 0.7423, 0.0004, [each.at_one for each in shapes])
    yield row("1.7 mid moves", 2.540, 0.002, [each.moves for each in shapes])
    for state, known in (((1, 2), 0.3352), ((1, 3), 0.2590), ((2, 3), 0.4069), ((3, 1), 0.7410)):
        rises = [float(up) for each in shapes for up in each.ups.get(state, [])]
        yield row(f"1.7 P(up | {state[0]}, {state[1]})", known, 0.00005, rises)
    queue = PoissonBook(limits=(1.85,), cancels=(0.71,), unit=1_200_000_000, wall=True)
    found: dict[int, list[float]] = {}
    for outcome in runs(queue, max(1, size)):
        for ahead, lasted in waits(outcome, queue.unit).items():
            found.setdefault(ahead, []).extend(lasted)
    for ahead, known in enumerate((1.06383, 1.66989, 2.09362)):
        yield row(f"1.7 time to fill, {ahead} ahead", known, 0.000005, found[ahead])


def sealed_auction(size: int) -> Iterator[Row]:
    """1.8: the sealed auction in both pricings, and the price-containment reserve."""
    count = 2_000 * size
    known = (
        ("(10, 3, 0)", SMALL, 21 / 11, 24 / 11),
        ("(20, 10, .5)", RESERVED, 4.880952, 5.119048),
    )
    for name, setting, highest, lowest in known:
        for rule, pricing, revenue in (
            ("highest rejected", HIGHEST, highest),
            ("lowest accepted", LOWEST, lowest),
        ):
            found = at_a_venue(setting, pricing, count, ROOT)
            yield row(f"1.8 revenue {name}, {rule}", revenue, 0.0, [each[0] for each in found])
            if setting is RESERVED:
                yield row(f"1.8 sold {name}, {rule}", 9.119015, 0.0, [each[1] for each in found])
    contained = auctions(CONTAINED, HIGHEST, count, ROOT)
    yield row("1.8 containment, sold", 10.4447, 0.0016, [each[1] for each in contained])
    yield row("1.8 containment, price", 0.46246, 0.00013, [each[2] for each in contained])
    eleven = sum(comb(20, n) * 0.45**n * 0.55 ** (20 - n) for n in range(11, 21))
    yield row("1.8 containment, P(release)", eleven, 0.0, [float(each[3]) for each in contained])


def sniping(size: int) -> Iterator[Row]:
    """1.10: what each firm earns in the race, and what is sniped in batches."""
    market = Sniping(unit=2_000_000_000)
    earned: dict[str, list[float]] = {}
    for outcome in runs(market, max(5, size)):
        agent = outcome.people[0].agent
        news = agent.news  # type: ignore[attr-defined]
        deals = [(fill.time, fill.buyer, fill.seller, fill.price) for fill in fills(outcome.tape)]
        lasted = 3_599 * market.scale / 2
        gained = gains(deals, news)
        snipers = [gain for who, gain in gained.items() if who.startswith("sniper")]
        earned.setdefault("dealer", []).append(gained["dealer"] / lasted)
        earned.setdefault("sniper", []).append(sum(snipers) / (market.firms - 1) / lasted)
    for group in ("dealer", "sniper"):
        yield row(f"1.10 a {group} earns, N=5", 0.5671433 / 5, 0.0, earned[group])
    late = Sniping(jumps=0.03, investors=0, half_spread=500, latency=1_000, slower=200_000_000)
    shares = []
    for outcome in runs(late, 4 * size, series(1, carry_over=False)):
        news = outcome.people[0].agent.news  # type: ignore[attr-defined]
        values = [1_000_000, *news.values]
        jumps = [abs(b - a) for a, b in zip(values, news.values, strict=False)]
        profitable = sum(jump > late.half_spread for jump in jumps)
        sniped = sum("dealer" in {fill.buyer, fill.seller} for fill in fills(outcome.tape))
        shares.append(sniped / profitable)
    yield row("1.10 sniped share, δ/τ = .2", 0.2, 0.0, shares)


def rules(size: int) -> Iterator[Row]:
    """1.11: resale on the next day, and price limits."""
    lagged = TEXTBOOK.with_(mode="continuous", resale_lag=1)
    for hold, known in ((0.5, 0.567668), (1.0, 0.367879)):
        blocked = [
            float(person.agent.blocked)
            for outcome in runs(Holders(hold=hold), max(2, size), lagged)
            for person in outcome.people
            if isinstance(person.agent, Holder)
        ]
        yield row(f"1.11 T+1 blocks, h={hold}", known, 0.0000005, blocked)
    limited = limits_of_ten_percent()
    (outcome,) = runs(EveryPrice(), 1, limited)
    taken = sum(
        isinstance(event, OrderAccepted) for _, _, events in outcome.tape for event in events
    )
    yield Row("1.11 prices within ±10%", 21, 0.0, taken, 0.0)


def limits_of_ten_percent() -> Design:
    """Return the textbook venue with a reference of 100 and limits of ten percent around it."""
    book = TEXTBOOK.rulebook
    product = structs.replace(book.products[0], reference=100)
    mode = structs.replace(book.modes[0], limit_up_bp=1_000, limit_down_bp=1_000)
    return design(structs.replace(book, products=(product,), modes=(mode,)))


def learning(size: int) -> Iterator[Row]:
    """1.6: ZIP learns the price, ZI-C doesn't: their alphas on the fifth day."""
    market = structs.replace(S6, strategy="zip", periods=5, turns=200)
    late = []
    for outcome in runs(market, max(2, size)):
        caller = outcome.people[-1].agent
        late.append(alpha(outcome, 200, caller.began[4]))  # type: ignore[attr-defined]
    yield row("1.6 ZIP's alpha on day 5, below", 0.65 * 18.50, 0.0, late)._replace(below=True)


CHECKS: Final[dict[str, Callable[[int], Iterator[Row]]]] = {
    "1.1": truthful_call,
    "1.3": truthful_auction,
    "1.4": batches,
    "1.5": exact_zero_intelligence,
    "1.6": zero_intelligence,
    "1.6 ZIP": learning,
    "1.7": poisson_book,
    "1.8": sealed_auction,
    "1.9": abatement,
    "1.10": sniping,
    "1.11": rules,
    "1.12": identities,
    "1.13": controls,
}
__all__ = ["CHECKS", "series"]
