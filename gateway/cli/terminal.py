"""An interactive trading terminal: one small function per word that can be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.enums import OrderType, Side, TimeInForce
from engine.vocabulary.json_codec import decimal_text
from gateway.client.client import ClientError
from gateway.client.market_view import MarketView
from gateway.protocol import wire_market, wire_modes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.client.blocking import BlockingClient

LEVELS: Final = 8  # of each side that ``book`` shows


class Shell:
    """Turns typed lines into requests and answers into text."""

    def __init__(self, client: BlockingClient) -> None:
        """Trade through a client that is logged on; follows the public feed."""
        self.client = client
        self.view = MarketView(client.lines, new_lines=True)
        self.offers: dict[tuple[str, int], Any] = {}  # by line and number
        self.digits = client.lines[0].minor_digits
        client.subscribe()

    def run(self, lines: Iterable[str], say: Callable[[str], None]) -> None:
        """Answer line after line until ``quit`` or the end."""
        for line in lines:
            words = line.split()
            if not words:
                continue
            if words[0] in ("quit", "exit"):
                return
            say(self.answer(words))

    def answer(self, words: list[str]) -> str:
        """Return the answer to a line; a mistake or a refusal is an answer too."""
        self.listen()
        do = WORDS.get(words[0])
        if do is None:
            return f"{words[0]!r} is not known: {', '.join([*WORDS, 'quit'])}"
        try:
            return do(self, words[1:])
        except ClientError as error:
            return str(error)
        except (ValueError, KeyError, IndexError) as error:
            return f"{error}\nusage: {do.__doc__}"

    def listen(self, seconds: float = 0.02) -> None:
        """Take in what has arrived since the last line."""
        while True:
            try:
                event = self.client.next_event(timeout=seconds)
            except TimeoutError:
                return
            if event is None:
                return
            self.view.absorb(event)
            self._offered(event)

    def _offered(self, event: Any) -> None:
        """Keep what can be answered: listings, auctions, and quotes to this account."""
        if isinstance(event, wire_market.Offered | wire_market.Announced):
            key = (event.symbol, event.number)
            if event.quantity:
                self.offers[key] = event
            else:
                self.offers.pop(key, None)
        elif isinstance(event, wire_modes.QuoteReceived):
            self.offers[event.symbol, event.number] = event
        elif isinstance(event, (wire_modes.QuoteEnded, wire_market.AuctionCleared)):
            self.offers.pop((event.symbol, event.number), None)

    def enter(self, side: Side, words: list[str]) -> str:
        """Place a limit order, or without a price a market order."""
        symbol, quantity, *price = words
        if price:
            report = self.client.place(symbol, side, int(quantity), price[0])
        else:
            report = self.client.place(symbol, side, int(quantity), tif=TimeInForce.IOC,
                                       order_type=OrderType.MARKET)  # fmt: skip
        at, where = decimal_text(report.price, self.digits), report.state.name.lower()
        verb = side.name.lower()
        return f"order {report.ref}: {verb} {report.quantity} {symbol} at {at}, {where}"


def _buy(shell: Shell, words: list[str]) -> str:
    """buy LINE TONNES [PRICE]"""  # noqa: D400, D403, D415 - it is what a user types
    return shell.enter(Side.BUY, words)


def _sell(shell: Shell, words: list[str]) -> str:
    """sell LINE TONNES [PRICE]"""  # noqa: D400, D403, D415
    return shell.enter(Side.SELL, words)


def _cancel(shell: Shell, words: list[str]) -> str:
    """cancel ORDER | all"""  # noqa: D400, D403, D415
    if words[0] == "all":
        return f"{shell.client.mass_cancel().count} orders cancelled"
    report = shell.client.cancel(int(words[0]))
    return f"order {report.ref}: cancelled, {report.quantity} tonnes unfilled"


def _amend(shell: Shell, words: list[str]) -> str:
    """amend ORDER TONNES [PRICE]"""  # noqa: D400, D403, D415
    order, quantity, *price = words
    report = shell.client.amend(int(order), int(quantity), price[0] if price else None)
    return (f"order {report.ref}: {report.leaves} of {report.quantity} open "
            f"at {decimal_text(report.price, shell.digits)}")  # fmt: skip


def _offers(shell: Shell, _words: list[str]) -> str:
    """offers"""  # noqa: D400, D403, D415
    rows = []
    for (line, number), o in shell.offers.items():
        price = decimal_text(o.price, shell.digits) if o.price else "?"
        rows.append(f"{line:16} {number:>5} {o.side.name.lower():4} {o.quantity:>10,} at {price:>9}"
                    f"  {_whose(o)}")  # fmt: skip
    return "\n".join(rows) or "nothing is offered"


def _whose(offer: Any) -> str:
    if isinstance(offer, wire_market.Announced):
        return "auction"
    kind = offer.kind.name.lower()
    return f"{kind} of {offer.account}" if isinstance(offer, wire_modes.QuoteReceived) else kind


def _pick(shell: Shell, words: list[str]) -> str:
    """pick LINE NUMBER [TONNES]"""  # noqa: D400, D403, D415
    line, number, *quantity = words
    report = shell.client.pick(line, int(number), int(quantity[0]) if quantity else None)
    if isinstance(shell.offers.get((line, int(number))), wire_modes.QuoteReceived):
        del shell.offers[line, int(number)]
    at = decimal_text(report.price, shell.digits)
    return f"order {report.ref}: {report.side.name.lower()} {report.quantity} {line} at {at}"


def _quote(shell: Shell, words: list[str]) -> str:
    """quote LINE buy|sell TONNES PRICE [ACCOUNT ...]"""  # noqa: D400, D403, D415
    line, side, quantity, price, *to = words
    report = shell.client.quote(line, Side[side.upper()], int(quantity), price,
                                tuple(to))  # fmt: skip
    return f"order {report.ref}: quoted {report.quantity} {line} to {', '.join(to) or 'everybody'}"


def _decline(shell: Shell, words: list[str]) -> str:
    """decline LINE NUMBER"""  # noqa: D400, D403, D415
    report = shell.client.decline(words[0], int(words[1]))
    shell.offers.pop((words[0], report.number), None)
    return f"quote {report.number} declined"


def _bid(shell: Shell, words: list[str]) -> str:
    """bid LINE NUMBER TONNES PRICE"""  # noqa: D400, D403, D415
    line, number, quantity, price = words
    report = shell.client.bid(line, int(number), int(quantity), price)
    return f"order {report.ref}: bid for {report.quantity} {line} in auction {number}"


def _book(shell: Shell, words: list[str]) -> str:
    """book LINE"""  # noqa: D400, D403, D415
    line = shell.view.lines[words[0]]
    shown = [f"{words[0]}  last {decimal_text(line.last, shell.digits)}"]
    shown += [f"{'':>22}  {decimal_text(price, shell.digits):>9} {quantity:>10,}"
              for price, quantity in line.depth(Side.SELL, LEVELS)[::-1]]  # fmt: skip
    shown += [f"{quantity:>10,} {decimal_text(price, shell.digits):>9}"
              for price, quantity in line.depth(Side.BUY, LEVELS)]  # fmt: skip
    return "\n".join(shown)


def _trades(shell: Shell, _words: list[str]) -> str:
    """trades"""  # noqa: D400, D403, D415
    rows = [f"{name:10} {decimal_text(p.price, shell.digits):>9} {p.quantity:>10,}"
            for name, p in shell.view.recent]  # fmt: skip
    return "\n".join(rows) or "no trades yet"


def _orders(shell: Shell, _words: list[str]) -> str:
    """orders"""  # noqa: D400, D403, D415
    rows = [f"{o.ref:>6} {o.side.name.lower():4} {o.symbol:10} {o.leaves:>8} of {o.quantity:>8} "
            f"at {decimal_text(o.price, shell.digits):>9}  {o.state.name.lower()}"
            for o in shell.client.status().orders]  # fmt: skip
    return "\n".join(rows) or "no live orders"


def _holdings(shell: Shell, _words: list[str]) -> str:
    """holdings"""  # noqa: D400, D401, D403, D415
    status = shell.client.status()
    rows = [f"{b.name:10} {decimal_text(b.total, shell.digits):>18}  "
            f"reserved {decimal_text(b.reserved, shell.digits)}" for b in status.cash]  # fmt: skip
    rows += [f"{b.name:10} {b.total:>16,} t  reserved {b.reserved:,} t" for b in status.holdings]
    return "\n".join(rows) or "nothing"


def _help(_shell: Shell, _words: list[str]) -> str:
    """help"""  # noqa: D400, D403, D415
    return "\n".join([str(do.__doc__) for do in WORDS.values()] + ["quit"])


WORDS: Final[dict[str, Callable[[Shell, list[str]], str]]] = {
    "buy": _buy,
    "sell": _sell,
    "cancel": _cancel,
    "amend": _amend,
    "offers": _offers,
    "pick": _pick,
    "quote": _quote,
    "decline": _decline,
    "bid": _bid,
    "book": _book,
    "trades": _trades,
    "orders": _orders,
    "holdings": _holdings,
    "help": _help,
}
