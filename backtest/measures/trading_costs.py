"""What trading costs: spreads that are quoted and paid, what of them is impact, and recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backtest.measures.books import Quote
    from backtest.measures.spreads import Deal, History, Stretch
    from backtest.measures.survival import Span


class Quoted(NamedTuple):
    """What was quoted in continuous trading, weighted by time."""

    spread: float | None  # minor units per tonne; over the time with both sides
    relative: float | None  # the same over the middle, in basis points
    depth: float  # tonnes at the best of a side, mean of both; an empty side has 0
    imbalance: float | None  # (bid - ask) / (bid + ask) in tonnes, over the time with any
    empty: float  # share of the time without both sides


class Paid(NamedTuple):
    """Spreads that were paid, in minor units times tonnes; they are whole as middles are doubled.

    ``effective`` is ``realised`` + ``impact``. All three are over the deals whose middle is known
    both before and a while after.
    """

    effective: int
    realised: int
    impact: int
    tonnes: int
    left_out: int  # tonnes of deals whose middle is not known

    def per_tonne(self, part: int) -> float | None:
        """Return a part in minor units per tonne, None where no deal counts."""
        return part / self.tonnes if self.tonnes else None


def quoted(stretches: Iterable[Stretch]) -> Quoted | None:
    """Return what was quoted; None where there was no continuous trading."""
    time = whole = some = depth = spread = 0
    relative = imbalance = 0.0
    for length, quote in stretches:
        time += length
        shown = quote.bid_tonnes + quote.ask_tonnes
        depth += length * shown
        if shown:
            some += length
            imbalance += length * (quote.bid_tonnes - quote.ask_tonnes) / shown
        if quote.bid_tonnes and quote.ask_tonnes:
            whole += length
            gap = quote.ask - quote.bid
            spread += length * gap
            relative += length * gap / quote.twice_mid
    if not time:
        return None
    return Quoted(
        spread / whole if whole else None,
        20_000 * relative / whole if whole else None,
        depth / time / 2,
        imbalance / some if some else None,
        1 - whole / time,
    )


def paid(deals: Iterable[Deal], histories: Mapping[str, History], delay: int) -> Paid:
    """Return effective spread 2D(p - m), realised 2D(p - m later) and impact 2D(m later - m).

    ``delay`` is the ns to the later middle.
    """
    effective = impact = tonnes = left_out = 0
    for deal in deals:
        after = histories[deal.symbol].later(deal.time, delay)
        if not deal.before.whole or after is None or not after.whole:
            left_out += deal.tonnes
            continue
        weight = deal.sign * deal.tonnes
        effective += weight * (2 * deal.price - deal.before.twice_mid)
        impact += weight * (after.twice_mid - deal.before.twice_mid)
        tonnes += deal.tonnes
    return Paid(effective, effective - impact, impact, tonnes, left_out)


def microprice(quote: Quote) -> float | None:
    """Return the middle, each side weighted by the tonnes of the other; None without both sides."""
    if not quote.whole:
        return None
    bid, bids, ask, asks = quote
    return (ask * bids + bid * asks) / (bids + asks)


def recoveries(deals: Iterable[Deal], histories: Mapping[str, History]) -> list[tuple[Span, int]]:
    """Return how long the spread took to lose half of what an order had added to it.

    One row for each order that widened a two-sided quote or took away a side of it: the span, and
    the changes of the quote in it. With a side gone, half of it is lost when the spread is at most
    half as wide again as before.
    """
    found = []
    last: tuple[int, str, Quote] | None = None
    for deal in deals:
        key = (deal.time, deal.symbol, deal.before)
        if key == last or not deal.before.whole:
            continue
        last = key
        before = deal.before.ask - deal.before.bid
        after = histories[deal.symbol].later(deal.time, 0)
        if after is None:
            continue
        wider = after.ask - after.bid if after.whole else 2 * before
        if wider > before:
            target = before + (wider - before) // 2
            found.append(histories[deal.symbol].recovery(deal.time, target))
    return found


def lambdas(
    deals: Iterable[Deal], histories: Mapping[str, History], step: int
) -> tuple[list[float], list[float]]:
    """Return signed tonnes and the change of the middle in each interval of ``step`` ns.

    Intervals count from the start of each line's quotes; only those with both middles and a deal.
    """
    flows: dict[tuple[str, int], int] = {}
    for deal in deals:
        start = histories[deal.symbol].times[0]
        key = (deal.symbol, (deal.time - start) // step)
        flows[key] = flows.get(key, 0) + deal.sign * deal.tonnes
    x, y = [], []
    for (symbol, number), tonnes in flows.items():
        history = histories[symbol]
        start = history.times[0] + number * step
        before, after = history.at(start - 1 if number else start), history.later(start, step - 1)
        if before is not None and after is not None and before.whole and after.whole:
            x.append(float(tonnes))
            y.append((after.twice_mid - before.twice_mid) / 2)
    return x, y
