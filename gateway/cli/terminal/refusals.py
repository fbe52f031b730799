"""Why the venue refused a message, with money and times as people read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.vocabulary.enums import RejectReason
from engine.vocabulary.json_codec import decimal_text
from gateway.cli.terminal.words import clock, spelled

if TYPE_CHECKING:
    from gateway.client.client import RejectedError
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


def refusal(error: RejectedError, digits: int) -> str:
    """Say why a message was refused, and what was nearest; limits are in their rule already."""
    m = error.report
    text = f"refused ({spelled(m.reason)}): {m.field}: {rule_text(m, digits)}"
    if error.nearest and m.reason is not RejectReason.PRICE_LIMIT:
        text += f"; nearest: {' or '.join(error.similar)}"
    return text
