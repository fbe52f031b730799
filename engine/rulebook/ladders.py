"""The ladders that a rulebook can name: how exchanges find the price of a call.

Where each is from, and what of it was read second-hand, stands in ``docs/rules.md`` section 9.
"""

from types import MappingProxyType
from typing import Final

from engine.rulebook.model import PriceRule
from engine.vocabulary.enums import CallStep, Candidates, LastRung, Tie

PRICE_RULES: Final = MappingProxyType({
    "asx": PriceRule(Candidates.TICKS, turning=False),
    "bnb": PriceRule(Candidates.TICKS, turning=False, pressure_band_bp=500),
    "euronext": PriceRule(Candidates.LIMITS_AND_REFERENCE, turning=False),
    "hkex": PriceRule(Candidates.OVERLAP, turning=False),
    "jpx": PriceRule(Candidates.TICKS_AND_BEYOND),
    "krx": PriceRule(Candidates.TICKS, better=True, pressure=False, turning=False),
    "lse": PriceRule(turning=False),
    "nse": PriceRule(pressure=False, turning=False, tie=Tie.REFERENCE),
    "sse": PriceRule(Candidates.TICKS, better=True, pressure=False, turning=False,
                     last=LastRung.MIDDLE),
    "szse": PriceRule(Candidates.TICKS, better=True, pressure=False, turning=False),
    "tse": PriceRule(Candidates.TICKS_AND_BEYOND, better=True, pressure=False, turning=False),
    "xetra": PriceRule(),
})  # fmt: skip

_STEPS: Final = MappingProxyType({
    CallStep.VOLUME: "most volume",
    CallStep.BETTER: "market orders and better limits in full",
    CallStep.SURPLUS: "least surplus",
    CallStep.PRESSURE: "pressure: bids alone left over the highest, asks alone the lowest",
    CallStep.TURNING: "where the surplus turns",
    CallStep.REFERENCE: "nearest to the reference",
    CallStep.MIDDLE: "the middle",
})  # fmt: skip
_CANDIDATES: Final = MappingProxyType({
    Candidates.LIMITS: "order limits",
    Candidates.TICKS: "every tick from the lowest limit to the highest",
    Candidates.LIMITS_AND_REFERENCE: "order limits and the reference",
    Candidates.TICKS_AND_BEYOND:
        "every tick from one below the lowest limit to one above the highest",
    Candidates.OVERLAP: "order limits from the lowest ask to the highest bid, else the reference",
})  # fmt: skip
_TIES: Final = MappingProxyType(
    {
        Tie.HIGHER: "the higher",
        Tie.LOWER: "the lower",
        Tie.REFERENCE: "the reference itself",
    }
)


def in_words(ladder: PriceRule) -> str:
    """Say how a ladder finds the price of a call."""
    steps = [_STEPS[step] for step in ladder.steps]
    if ladder.pressure_band_bp:
        at = ladder.steps.index(CallStep.PRESSURE)
        steps[at] += f", within {ladder.pressure_band_bp} basis points of the reference"
    tie = "" if ladder.last is LastRung.MIDDLE else f"; of two {_TIES[ladder.tie]}"
    return f"{_CANDIDATES[ladder.candidates]}: {'; '.join(steps)}{tie}"
