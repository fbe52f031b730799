"""What of a series a rulebook can trade, and the rules that changed during it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.rulebook.model import RulebookError, line_name
from engine.venue.venue import Venue
from engine.vocabulary.commands import AmendRulebook
from engine.vocabulary.enums import Mechanism
from engine.vocabulary.events import Rejected
from engine.vocabulary.texts import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backtest.history.series import Bar
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

_LAST_DATE: Final = 9999_12_31
_SHOWN: Final = 5  # products that a refusal names
_BY_THE_DAY: Final = (Mechanism.ORDER_BOOK, Mechanism.LISTING, Mechanism.FIXED_PRICE)


class Amendment(NamedTuple):
    """A rule that changed during the series."""

    effective: int
    path: str
    value: str


def check(rulebook: Rulebook, bars: Iterable[Bar], amendments: tuple[Amendment, ...]) -> None:
    """Raise ``RulebookError`` where an amendment is refused, or no bar can be traded at all."""
    trial = Venue(rulebook)
    amend(trial.apply, amendments)
    rulebook = trial.rulebook_on(_LAST_DATE)
    reasons: dict[str, str] = {}
    for bar in bars:
        if reasons.get(bar.product) != "":
            reasons[bar.product] = untradable(rulebook, bar)
    if reasons and all(reasons.values()):
        products = ", ".join(product.symbol for product in rulebook.products)
        first = [*reasons.items()][:_SHOWN]
        found = "; ".join(f"{shown(product)[1:-1]}: {why}" for product, why in first)
        rest = f"; and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
        message = f"{rulebook.name} ({products}) can trade none of the series: {found}{rest}"
        raise RulebookError(message)


def amend(say: Callable[[Command], list[Event]], amendments: tuple[Amendment, ...]) -> None:
    """Give amendments to a venue. Raises ``RulebookError`` on one that it refuses."""
    for each in amendments:
        (taken,) = say(AmendRulebook(each.path, each.value, each.effective))
        if isinstance(taken, Rejected):
            rule = taken.rule.removeprefix(f"{each.path}: ")
            where = "" if taken.field == "path" else f"{taken.field}: "
            message = f"the amendment of {each.path}: {where}{rule}"
            raise RulebookError(message)


def main_lines(rulebook: Rulebook) -> dict[str, tuple[str, Mechanism]]:
    """Return each product's main line, by whose trades it closes."""
    found = {}
    for product in rulebook.products:
        modes = rulebook.modes_of(product)
        for mode in modes:
            if mode.moves_close or len(modes) == 1:
                found[product.symbol] = (line_name(product, mode, modes[0]), mode.mechanism)
    return found


def untradable(rulebook: Rulebook, bar: Bar) -> str:
    """Return why a bar cannot be traded, "" where it can."""
    found = main_lines(rulebook).get(bar.product)
    if found is None:
        return "not in the rulebook"
    if found[1] in _BY_THE_DAY or (found[1] is Mechanism.NEGOTIATED and not bar.high):
        return ""
    way = found[1].name.lower()
    return f"it trades by {way}, and a day's prices take an order book or a listing"
