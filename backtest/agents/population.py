"""A population of agents of every kind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from backtest.agents.agent import PAUSE, Agent
from backtest.agents.quoting import MarketMaker, Noise, Pegger
from backtest.agents.taking import Compliance, Momentum
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backtest.agents.guides import Guide
    from backtest.agents.market_picture import MarketPicture


def population(
    names: Sequence[str],
    seed: int,
    market: MarketPicture,
    guide: Guide,
    pause: int = PAUSE,
    *,
    announce: bool = False,
) -> list[Agent]:
    """Return one agent per account name, the kinds taking turns; they share market and guide.

    Makers ``announce`` one-way auctions only where somebody clears them: a bid binds until then.
    """
    kinds: list[Callable[[str, int, MarketPicture, Guide, int], Agent]] = [
        partial(MarketMaker, announce=announce),
        partial(Compliance, side=Side.BUY),
        partial(Compliance, side=Side.SELL),
        Noise,
        Pegger,
        Momentum,
    ]
    return [
        kinds[place % len(kinds)](name, seed, market, guide, pause)
        for place, name in enumerate(names)
    ]
