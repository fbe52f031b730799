"""Why the venue refused a message, with money and times as people read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.vocabulary.enums import RejectReason
from engine.vocabulary.json_codec import decimal_text
from gateway.cli.terminal.words import clock, spelled

if TYPE_CHECKING:
    from gateway.protocol import wire

# Where the rules of refusals name amounts of money: as ``engine`` writes them.
_MONEY: Final = re.compile(
    r"(?<=^)\d+(?= to \d+ minor units)"
    r"|\d+(?= minor units)"
    r"|(?<=needs )\d+|(?<= )\d+(?= available$)"
    r"|(?<=minor units, a multiple of )\d+"
    r"|(?<=the reserve, )\d+|(?<=better than )\d+(?= by)|(?<= by )\d+(?= at least)"
    r"|(?<=\d is )\d+$|(?<=\d at )\d+$"
)
_NO_MONEY: Final = (RejectReason.ALLOWANCES, RejectReason.QUANTITY_RANGE, RejectReason.HOLDING)
_TIME: Final = re.compile(r"\b(\d{18,19})( ns)?\b")  # ns UTC, from the year 2001 on


def rule_text(m: wire.Rejected, digits: int) -> str:
    """Return the rule that a refusal names, its amounts of money as decimals."""
    if m.reason in _NO_MONEY or re.search(r"\d\.\d", m.rule):
        return m.rule
    found = _MONEY.sub(lambda each: decimal_text(int(each[0]), digits), m.rule)
    return _TIME.sub(lambda each: clock(int(each[1]), date=True), found.replace(" minor units", ""))


def refusal(m: wire.Rejected, digits: int, price: int = 0) -> str:
    """Say why a message was refused, and for a price off the tick the nearest ones on it."""
    text = f"refused ({spelled(m.reason)}): {m.field}: {rule_text(m, digits)}"
    tick = re.search(r"multiple of (\d+) minor units", m.rule)
    if tick is not None and price and m.field == "price":
        step = int(tick[1])
        below = price - price % step
        near = " or ".join(decimal_text(p, digits) for p in (below, below + step) if p)
        text = f"{text}; nearest: {near}"
    return text
