"""The units that measures are shown in; studies keep minor units and tonnes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from backtest.measures.table import GROUPS, MEASURES
from backtest.report.words import SURPLUS_OF

if TYPE_CHECKING:
    from backtest.measures.table import Measure
    from backtest.report.words import Words
    from engine.rulebook.model import Rulebook

SURPLUS: Final = "surplus"
_BIG: Final = ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"))
_WHOLE: Final = 1_000  # figures from here on are shown without decimals
_MINOR: Final = {  # units of measures that are money -> how they are labelled
    "minor units": "{unit} {currency}",
    "minor units per tonne": "{currency} per tonne",
    "minor units per tonne, per tonne": "{currency} per tonne, per tonne",
}
_LABELS: Final = {"tonnes": "{unit} tonnes", "count": "", "ratio": ""}


class Unit(NamedTuple):
    """What a measure's values are divided by, and how that is called (its English label)."""

    divisor: float
    label: str  # "" for a number without a unit
    currency: str

    @property
    def scales(self) -> bool:
        """Whether large values are shown in thousands and more."""
        return not self.label or "{unit}" in self.label

    def said(self, say: Words, word: str = "") -> str:
        """Return the unit in a language; ``word`` such as "thousand" comes before it."""
        if not self.label:
            return say(word) if word else ""
        if "{" not in self.label:
            return say(self.label)
        return say(self.label, unit=say(word) if word else "", currency=say.currency(self.currency))


def measure_of(name: str) -> Measure | None:
    """Return the measure that a name in a study stands for; None for one of the reader's own."""
    return MEASURES.get(GROUPS if name.startswith(SURPLUS_OF) else name)


def unit_of(name: str, rulebook: Rulebook) -> Unit:
    """Return the unit of a measure, under a rulebook's currency."""
    measure = measure_of(name)
    unit = measure.unit if measure else ""
    if unit in _MINOR:
        return Unit(float(10**rulebook.minor_digits), _MINOR[unit], rulebook.currency)
    return Unit(1.0, _LABELS.get(unit, unit), rulebook.currency)


def scale(largest: float) -> tuple[float, str]:
    """Return what to divide figures by, and the word for it, so that axes stay readable."""
    return next(((unit, word) for unit, word in _BIG if abs(largest) >= 10 * unit), (1.0, ""))


def shown(value: float) -> str:
    """Write a figure with four digits or so, thousands parted."""
    if abs(value) >= _WHOLE:
        return f"{value:,.0f}"
    text = f"{value:.4g}"
    return "0" if float(text) == 0 else text
