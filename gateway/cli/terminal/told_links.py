"""What the reports of links say, in the words of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.vocabulary.enums import RejectReason
from gateway.cli.terminal.words import spelled
from gateway.protocol import wire_links as w

if TYPE_CHECKING:
    from collections.abc import Callable


def words(money: Callable[[int], str]) -> dict[type, Callable[[Any], str]]:
    """Return what to say of each report; ``money`` writes the venue's own currency."""

    def came(m: w.CarriedIn) -> str:
        what = f"{money(m.cash - m.fee)} and {m.tonnes} t came back over {m.link}"
        fee = f", fee {money(m.fee)}" if m.fee else ""
        if m.reason:
            what_was = "its cancel was refused" if m.leaves else "refused"
            fee += f"; {what_was} there: {spelled(RejectReason(m.reason))}, {m.rule}"
        if not m.ref:
            return f"{what}{fee}"
        left = f"{m.leaves} left" if m.leaves else "done"
        return f"order {m.ref}: traded {m.traded} over {m.link}, {left}; {what}{fee}"

    return {
        w.OrderRouted: lambda m: (
            f"order {m.ref}: {spelled(m.side)} {m.quantity} at {money(m.price)} went over {m.link}"
        ),
        w.CarriedIn: came,
        w.CancelRouted: lambda m: f"order {m.target}: its cancel went over {m.link}",
        w.BidRouted: lambda m: (
            f"bid {m.ref}: {spelled(m.side)} {m.quantity} at {money(m.price)} "
            f"went over {m.link} into auction {m.auction}"
        ),
        w.AllowancesSent: lambda m: (
            f"{m.quantity} t {m.product} went over {m.link} for what {m.entity} owes for {m.cycle}"
        ),
    }
