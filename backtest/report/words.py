"""The words of pictures and pages, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from backtest.report.chinese import CURRENCIES, GROUPS, LABELS, MEASURES
from backtest.report.subject import PictureError

if TYPE_CHECKING:
    from backtest.measures.table import Measure

ENGLISH, CHINESE = "en", "zh"
LANGUAGES: Final = (ENGLISH, CHINESE)
SURPLUS_OF: Final = "surplus of "


class Both(NamedTuple):
    """A longer text in both languages."""

    english: str
    chinese: str


class Words:
    """Labels in one language, by their English text."""

    def __init__(self, language: str) -> None:
        """Speak ``"en"`` or ``"zh"``. Raises ``PictureError``."""
        if language not in LANGUAGES:
            message = f"language {language!r} is not one of {', '.join(LANGUAGES)}"
            raise PictureError(message)
        self.language = language

    def __call__(self, text: str, **parts: str) -> str:
        """Return a label with its parts filled in."""
        said = LABELS[text] if self.language == CHINESE else text
        return said.format(**parts).strip() if parts else said

    def listed(self, *parts: str) -> str:
        """Return parts that are not empty, one after the other."""
        comma = "，" if self.language == CHINESE else ", "
        return comma.join(part for part in parts if part)

    def per_tonne(self, currency: str) -> str:
        """Return the unit of a price."""
        return self("{currency} per tonne", currency=self.currency(currency))

    def currency(self, code: str) -> str:
        """Return a currency as prices are followed by it."""
        return CURRENCIES.get(code, code) if self.language == CHINESE else code

    def measure(self, name: str) -> str:
        """Return what a measure is called; one of the reader's own keeps its name."""
        if self.language != CHINESE:
            return name
        if name.startswith(SURPLUS_OF):
            return f"{self.group(name)}的剩余"
        return MEASURES[name][0] if name in MEASURES else name

    def says(self, measure: Measure) -> str:
        """Return what a measure is, in a few words."""
        return MEASURES[measure.name][1] if self.language == CHINESE else measure.says

    def group(self, name: str) -> str:
        """Return what the group of "surplus of GROUP" is called, such as "buyers"."""
        group = name.removeprefix(SURPLUS_OF)
        return GROUPS.get(group, group) if self.language == CHINESE else group

    def either(self, text: Both) -> str:
        """Return a longer text."""
        return text.chinese if self.language == CHINESE else text.english

    def reason(self, error: PictureError) -> str:
        """Say why there is no picture."""
        if self.language != CHINESE or error.text not in LABELS:
            return str(error)
        parts = error.parts
        measure = {"measure": self.measure(parts["measure"])} if "measure" in parts else {}
        return self(error.text, **parts | measure)
