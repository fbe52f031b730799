"""The units that measures are shown in; studies keep minor units and tonnes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from backtest.report.words import Words
    from engine.rulebook.model import Rulebook

SURPLUS: Final = "surplus"
SURPLUS_OF: Final = "surplus of "
_BIG: Final = ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"))
_WHOLE: Final = 1_000  # figures from here on are shown without decimals


class Unit(NamedTuple):
    """What a measure's values are divided by, and how that is called (its English label)."""

    divisor: float
    label: str  # "" for a number without a unit
    currency: str

    def said(self, say: Words, word: str = "") -> str:
        """Return the unit in a language; ``word`` such as "thousand" comes before it."""
        if not self.label:
            return say(word) if word else ""
        return say(self.label, unit=say(word) if word else "", currency=say.currency(self.currency))


def unit_of(measure: str, rulebook: Rulebook) -> Unit:
    """Return the unit of a measure, under a rulebook's currency."""
    one = float(10**rulebook.minor_digits)
    if measure == SURPLUS or measure.startswith(SURPLUS_OF):
        return Unit(one, "{unit} {currency}", rulebook.currency)
    if measure == "price":
        return Unit(one, "{currency} per tonne", rulebook.currency)
    if measure == "volume":
        return Unit(1.0, "{unit} tonnes", rulebook.currency)
    return Unit(1.0, "", rulebook.currency)


def scale(largest: float) -> tuple[float, str]:
    """Return what to divide figures by, and the word for it, so that axes stay readable."""
    return next(((unit, word) for unit, word in _BIG if abs(largest) >= 10 * unit), (1.0, ""))


def shown(value: float) -> str:
    """Write a figure with four digits or so, thousands parted."""
    if abs(value) >= _WHOLE:
        return f"{value:,.0f}"
    text = f"{value:.4g}"
    return "0" if float(text) == 0 else text
