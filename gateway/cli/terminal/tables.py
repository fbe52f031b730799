"""The shell's tables: text that fits a terminal of 80 columns, prices and money as decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len, set_cell_size

from engine.vocabulary.enums import Side
from engine.vocabulary.json_codec import decimal_text
from gateway.cli.terminal.words import clock, spelled
from gateway.protocol import wire_account, wire_market, wire_modes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.cli.terminal.desk import Desk, Offer
    from gateway.client.market_view import Line

LEVELS: Final = 8  # of each side that ``book`` shows
WATCHED_LEVELS: Final = 5
PRINTS: Final = 20


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Align rows below a header; a column whose heading begins with ">" to the right."""
    names = [each.removeprefix(">") for each in header]
    body = [names, *rows]
    widths = [max(cell_len(row[i]) for row in body) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            " " * (width - cell_len(cell)) + cell
            if head.startswith(">")
            else set_cell_size(cell, width)
            for cell, width, head in zip(row, widths, header, strict=True)
        ).rstrip()
        for row in body
    )


def book(desk: Desk, line: Line, levels: int = LEVELS) -> str:
    """Show both sides of a line, best first, and what a call that is on would give."""
    info, digits = line.info, line.info.minor_digits

    def money(minor: int) -> str:
        return decimal_text(minor, digits)

    shown = [f"{info.symbol}  {spelled(line.phase)}  last {money(line.last)}"]
    if line.low_limit or line.high_limit:
        shown[0] += f"  limits {money(line.low_limit)} to {money(line.high_limit)}"
    if line.stale or desk.broken:
        shown[0] += "  (not current)"
    shown.append(f"{'tonnes':>12} {'bid':>12} | {'ask':<12} tonnes")
    bids, asks = line.depth(Side.BUY, levels), line.depth(Side.SELL, levels)
    for row in range(max(len(bids), len(asks), 1)):
        left = f"{bids[row][1]:>12,} {money(bids[row][0]):>12}" if row < len(bids) else " " * 25
        right = f"{money(asks[row][0]):<12} {asks[row][1]:,}" if row < len(asks) else ""
        shown.append(f"{left} | {right}".rstrip())
    call = line.indicated
    if call is not None and call.volume:
        shown.append(f"the call would trade {call.volume:,} at {money(call.price)}")
    elif call is not None:
        shown.append("the call would trade nothing")
    if line.offers:
        shown.append(offers(desk, desk.offers(info.symbol)))
    return "\n".join(shown)


def offers(desk: Desk, found: dict[tuple[str, int], Offer]) -> str:
    """List what can be answered by its number."""
    header = ("line", ">number", "what", "side", ">tonnes", ">price", "until")
    rows = [
        (symbol, str(number), _what(o), spelled(o.side), f"{o.quantity:,}",
         desk.teller.money(o.price, symbol), _until(o))
        for (symbol, number), o in sorted(found.items())
    ]  # fmt: skip
    return table(header, rows) if rows else "nothing is offered"


def _what(offer: Offer) -> str:
    if isinstance(offer, wire_market.Announced):
        return "auction"
    if isinstance(offer, wire_modes.QuoteReceived):
        return f"{spelled(offer.kind)} of {offer.account}"
    return spelled(offer.kind)


def _until(offer: Offer) -> str:
    if isinstance(offer, wire_market.Announced):
        return clock(offer.closes_at)
    if isinstance(offer, wire_modes.QuoteReceived) and offer.expire_at:
        return clock(offer.expire_at)
    return ""


def trades(desk: Desk, symbol: str) -> str:
    """List the last public trades of a line, or of all."""
    found: list[tuple[str, Any]] = list(desk.view.recent)
    if symbol:
        found = [(symbol, each) for each in desk.view.lines[symbol].prints[-PRINTS:]]
    rows = [
        (
            clock(p.time),
            line,
            desk.teller.money(p.price, line),
            f"{p.quantity:,}",
            spelled(p.side) if p.side else "call",
        )
        for line, p in found
    ]
    header = ("time", "line", ">price", ">tonnes", "came to")
    return table(header, rows) if rows else "no trades since this shell was opened"


def orders(desk: Desk, live: Iterable[wire_account.OrderStatus]) -> str:
    """List live orders."""
    rows = [
        (
            str(o.ref),
            spelled(o.side),
            o.symbol,
            f"{o.leaves:,}",
            f"{o.quantity:,}",
            desk.teller.money(o.price, o.symbol) if o.price else "market",
            spelled(o.state),
            spelled(o.tif),
        )
        for o in live
    ]
    header = (">order", "side", "line", ">open", ">of", ">price", "state", "valid")
    return table(header, rows) if rows else "no live orders"


def balances(desk: Desk, status: wire_account.AccountStatus) -> str:
    """List cash and tonnes."""
    rows = [(b.name, desk.teller.money(b.total), desk.teller.money(b.reserved),
             desk.teller.money(b.total - b.reserved)) for b in status.cash]  # fmt: skip
    rows += [
        (b.name, f"{b.total} t", f"{b.reserved} t", f"{b.total - b.reserved} t")
        for b in status.holdings
    ]
    text = table(("what", ">total", ">reserved", ">available"), rows)
    stopped = "the operator has stopped this account\n" if status.killed else ""
    return stopped + (text if rows else "nothing")


def lines(desk: Desk) -> str:
    """List what is traded."""
    rows = []
    for symbol, line in desk.view.lines.items():
        bid, ask = line.best()
        money = [desk.teller.money(p, symbol) if p else "-" for p in (line.last, bid, ask)]
        tick = desk.teller.money(
            line.info.ticks[0][1] if line.info.ticks else line.info.tick, symbol
        )
        rows.append((symbol, spelled(line.info.mechanism), spelled(line.phase), *money, tick,
                     str(line.info.lot)))  # fmt: skip
    return table(("line", "traded by", "phase", ">last", ">bid", ">ask", ">tick", ">lot"), rows)
