"""The verbs of the shell: one small function for each word that a line can begin with."""

from __future__ import annotations

import textwrap
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.vocabulary.enums import Mechanism, OrderType, Side, TimeInForce
from engine.vocabulary.suggest import nearest
from gateway.cli.terminal import refusals, tables, typed
from gateway.cli.terminal.typed import RefusedError, shown
from gateway.cli.terminal.words import clock, spelled
from gateway.client.client import NotTakenError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gateway.cli.terminal.desk import Desk
    from gateway.client.arguments import AuctionTerms, OrderTerms

WIDTH: Final = 80  # columns of a terminal
TIMES: Final = {
    each.name.lower().replace("_", "-"): each for each in TimeInForce if each is not TimeInForce.GTD
}
ORDER_TERMS: Final = ("market", *TIMES, "until=", "post-only", "stop=", "show=")
AUCTION_TERMS: Final = ("min=", "max=", "step=")


class Verb(NamedTuple):
    """What a line can begin with. In ``usage`` capitals stand for words, brackets for choice."""

    usage: str
    does: str
    run: Callable[[Desk, list[str]], Awaitable[str]]

    @property
    def places(self) -> list[str]:
        """What its words are, in their order."""
        return [word for word in self.usage.split()[1:] if word != "...]"]

    @property
    def explained(self) -> str:
        """Its usage, and below it what it does."""
        indent = " " * 4
        return f"{self.usage}\n" + textwrap.fill(
            self.does,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )

    def check(self, words: list[str]) -> None:
        """Raise ``RefusedError`` unless there are as many words as it takes."""
        needed = [word for word in self.places if not word.startswith("[")]
        if len(words) < len(needed):
            message = f"{' '.join(needed[len(words) :])} missing"
            raise RefusedError(message, order=True)
        if not self.usage.endswith("...]") and len(words) > len(self.places):
            message = f"{shown(words[len(self.places)])} is too much"
            raise RefusedError(message, order=True)


async def answer(desk: Desk, line: str) -> str:
    """Return the answer to a line. Raises ``RefusedError`` with what would be right."""
    words = typed.words_of(line)
    if not words:
        return ""
    name = ALIASES.get(words[0].lower(), words[0].lower())
    verb = VERBS.get(name)
    if verb is None:
        near = nearest(name, (*VERBS, *ALIASES, *LEAVE))
        right = f"did you mean {near}?" if near else "type help to see them all"
        message = f"{shown(words[0])} is not a verb: {right}"
        raise RefusedError(message)
    if desk.broken and verb.run not in OFFLINE:
        message = "not sent: the connection to the venue is broken, and is being made again"
        raise RefusedError(message)
    try:
        verb.check(words[1:])
        return await verb.run(desk, words[1:])
    except NotTakenError as error:
        raise RefusedError(str(error)) from None
    except RejectedError as error:
        raise RefusedError(_refused(desk, words, error)) from None
    except RefusedError as error:
        if not error.order:
            raise
        message = f"{error} (usage: {verb.usage})"
        raise RefusedError(message) from None
    except ValueError as error:  # what the client does not send
        raise RefusedError(str(error)) from None


def _refused(desk: Desk, words: list[str], error: RejectedError) -> str:
    """Say why the venue refused a line, with money in the line's currency."""
    orders = [
        desk.orders[int(w)] for w in words if w.isascii() and w.isdigit() and int(w) in desk.orders
    ]
    lines = [word for word in words if word in desk.view.lines] or [o.symbol for o in orders[:1]]
    return refusals.refusal(error, desk.digits(lines[0] if lines else ""))


# -- orders ------------------------------------------------------------------------------------


def _split_terms(words: list[str], known: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Part plain words from terms such as ``ioc`` and ``show=100``."""
    plain: list[str] = []
    terms: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        term = name.lower() + equals
        if term in known:
            terms[term] = value
        elif typed.is_price(word) and not plain:
            plain.append(word)
        else:
            typed.choice(term, known, "a price or one of the terms")
    return plain, terms


async def _enter(desk: Desk, side: Side, words: list[str]) -> str:
    symbol, quantity, *more = words
    digits = desk.line(symbol).info.minor_digits
    tonnes = typed.tonnes(quantity)
    prices, terms = _split_terms(more, ORDER_TERMS)
    tifs = [TIMES[term] for term in terms if term in TIMES]
    if len(tifs) + ("until=" in terms) > 1:
        message = f"an order is valid in one way: one of {', '.join(TIMES)}, until=TIME"
        raise RefusedError(message)
    if "market" in terms and prices:
        message = "a market order has no price: leave out either"
        raise RefusedError(message)
    if not prices and "stop=" not in terms:
        beside = [term for term in terms if term != "market" and term not in TIMES]
        if beside:
            message = f"{beside[0]} goes with a price"
            raise RefusedError(message)
        tif = tifs[0] if tifs else TimeInForce.IOC
        market = await desk.calls.market(symbol, side, tonnes, tif)
        return desk.teller.accepted(market, OrderType.MARKET)
    asked: OrderTerms = {"tif": tifs[0]} if tifs else {}
    if "until=" in terms:
        asked["tif"] = TimeInForce.GTD
        asked["expire_at"] = typed.moment(terms["until="], _now())
    if "show=" in terms:
        asked["display"] = typed.tonnes(terms["show="])
    if "post-only" in terms:
        asked["post_only"] = True
    if "stop=" in terms:
        asked["stop_price_minor"] = typed.price(terms["stop="], digits)
        asked["order_type"] = OrderType.STOP_LIMIT if prices else OrderType.STOP
    price = typed.price(prices[0], digits) if prices else 0
    return desk.teller.accepted(await desk.calls.place(symbol, side, tonnes, price, **asked))


async def _buy(desk: Desk, words: list[str]) -> str:
    return await _enter(desk, Side.BUY, words)


async def _sell(desk: Desk, words: list[str]) -> str:
    return await _enter(desk, Side.SELL, words)


async def _cancel(desk: Desk, words: list[str]) -> str:
    if words[0].lower() == "all":
        symbol = words[1] if words[1:] else ""
        if symbol:
            desk.line(symbol)
        done = await desk.calls.cancel_all(symbol)
        return f"{done.count} {'order' if done.count == 1 else 'orders'} cancelled"
    if words[1:]:
        message = f"{shown(words[1])} is too much: a line goes with all"
        raise RefusedError(message)
    order = await desk.order(words[0])
    return desk.teller.cancelled(await desk.calls.cancel(order.ref), order)


async def _amend(desk: Desk, words: list[str]) -> str:
    order = await desk.order(words[0])
    quantity = 0 if words[1].lower() == "same" else typed.tonnes(words[1])
    price = typed.price(words[2], desk.digits(order.symbol)) if words[2:] else 0
    return desk.teller.amended(await desk.calls.amend(order.ref, quantity, price), order)


# -- offers, quotes and auctions ----------------------------------------------------------------


async def _list(desk: Desk, words: list[str]) -> str:
    symbol, side, quantity, price = words
    line = desk.line(symbol)
    if line.info.mechanism not in {Mechanism.LISTING, Mechanism.FIXED_PRICE}:
        lists = [
            n
            for n, each in desk.view.lines.items()
            if each.info.mechanism in {Mechanism.LISTING, Mechanism.FIXED_PRICE}
        ]
        right = f"listings are made on {', '.join(lists)}" if lists else "no line here has listings"
        message = f"{symbol} is traded by {spelled(line.info.mechanism)}: {right}"
        raise RefusedError(message)
    return await _enter(desk, typed.side(side), [symbol, quantity, price])


async def _offers(desk: Desk, words: list[str]) -> str:
    symbol = words[0] if words else ""
    if symbol:
        desk.line(symbol)
    await desk.settle()
    return tables.offers(desk, desk.offers(symbol))


async def _pick(desk: Desk, words: list[str]) -> str:
    symbol, number, *quantity = words
    desk.line(symbol)
    which = typed.whole(number, "the number of an offer")
    tonnes = typed.tonnes(quantity[0]) if quantity else 0
    picked = await desk.calls.pick(symbol, which, tonnes)
    return desk.teller.accepted(picked)


async def _quote(desk: Desk, words: list[str]) -> str:
    symbol, side, quantity, price, *to = words
    digits = desk.line(symbol).info.minor_digits
    answers = [word for word in to if word.startswith("answers=")]
    number = typed.whole(answers[0].partition("=")[2], "the number of an enquiry") if answers else 0
    accounts = tuple(word for word in to if word not in answers)
    made = await desk.calls.quote(
        symbol,
        typed.side(side),
        typed.tonnes(quantity),
        typed.price(price, digits),
        accounts,
        number,
    )
    whom = ", ".join(accounts) or "everybody"
    return f"{desk.teller.accepted(made)}: quoted to {whom if not number else f'enquiry {number}'}"


async def _enquire(desk: Desk, words: list[str]) -> str:
    symbol, side, quantity, *to = words
    desk.line(symbol)
    made = await desk.calls.enquire(symbol, typed.side(side), typed.tonnes(quantity), tuple(to))
    return f"enquiry {made.number} of {symbol}: {', '.join(to) or 'everybody'} may answer"


async def _decline(desk: Desk, words: list[str]) -> str:
    symbol, number = words
    desk.line(symbol)
    which = typed.whole(number, "the number of a quote")
    await desk.calls.decline(symbol, which)
    return f"quote {which} of {symbol} declined"


async def _announce(desk: Desk, words: list[str]) -> str:
    symbol, side, quantity, price, opens, closes, *more = words
    digits = desk.line(symbol).info.minor_digits
    _, terms = _split_terms(more, AUCTION_TERMS)
    asked: AuctionTerms = {}
    if "min=" in terms:
        asked["min_bid"] = typed.tonnes(terms["min="])
    if "max=" in terms:
        asked["max_bid"] = typed.tonnes(terms["max="])
    if "step=" in terms:
        asked["increment_minor"] = typed.price(terms["step="], digits)
    now = _now()
    window = (typed.moment(opens, now), typed.moment(closes, now))
    made = await desk.calls.announce(
        symbol,
        typed.side(side),
        typed.tonnes(quantity),
        typed.price(price, digits),
        window,
        **asked,
    )
    open_for = f"bids from {clock(window[0])} to {clock(window[1])}"
    return f"{desk.teller.accepted(made)}: auction announced, {open_for}"


async def _bid(desk: Desk, words: list[str]) -> str:
    symbol, number, quantity, price = words
    digits = desk.line(symbol).info.minor_digits
    which = typed.whole(number, "the number of an auction")
    made = await desk.calls.bid(symbol, which, typed.tonnes(quantity), typed.price(price, digits))
    return f"{desk.teller.accepted(made)}: bid in auction {which}"


# -- looking -----------------------------------------------------------------------------------


async def _book(desk: Desk, words: list[str]) -> str:
    return tables.book(desk, await desk.book(words[0]))


async def _watch(desk: Desk, words: list[str]) -> str:
    if words[0].lower() == "off":
        desk.watch("")
        return "nothing is watched"
    await desk.book(words[0])
    desk.watch(words[0])
    return f"watching {words[0]}; watch off ends it"


async def _trades(desk: Desk, words: list[str]) -> str:
    symbol = words[0] if words else ""
    if symbol:
        desk.line(symbol)
    await desk.settle()
    return tables.trades(desk, symbol)


async def _lines(desk: Desk, _words: list[str]) -> str:
    await desk.settle()
    return tables.lines(desk)


async def _orders(desk: Desk, _words: list[str]) -> str:
    return tables.orders(desk, (await desk.refresh()).orders)


async def _balances(desk: Desk, _words: list[str]) -> str:
    return tables.balances(desk, await desk.refresh())


async def _help(_desk: Desk, words: list[str]) -> str:
    if words:
        name = ALIASES.get(words[0], words[0])
        verb = VERBS[typed.choice(name, VERBS, "a verb")]
        return verb.explained
    return "\n".join(verb.explained for verb in VERBS.values())


async def _quit(_desk: Desk, _words: list[str]) -> str:
    return ""  # the session ends before it asks for an answer


def _now() -> datetime:
    return datetime.now().astimezone()


VERBS: Final[dict[str, Verb]] = {
    verb.usage.split()[0]: verb
    for verb in (
        Verb("buy LINE TONNES [PRICE] [TERM ...]",
             "a limit order, without PRICE a market order; terms: day, gtc, ioc, fok, at-open, "
             "at-close, until=TIME, post-only, stop=PRICE, show=TONNES", _buy),
        Verb("sell LINE TONNES [PRICE] [TERM ...]", "the same", _sell),
        Verb("cancel ORDER|all [LINE]", "one order, or all (of one line)", _cancel),
        Verb("amend ORDER TONNES|same [PRICE]", "a new total quantity, new price, or both", _amend),
        Verb("list LINE SIDE TONNES PRICE", "post a listing for others to pick", _list),
        Verb("pick LINE NUMBER [TONNES]", "take a listing, or confirm a quote", _pick),
        Verb("quote LINE SIDE TONNES PRICE [ACCOUNT ...]",
             "a firm quote to accounts, to everybody, or (answers=NUMBER) to an enquiry", _quote),
        Verb("enquire LINE SIDE TONNES [ACCOUNT ...]", "ask for quotes; binds nobody", _enquire),
        Verb("decline LINE NUMBER", "turn a quote down", _decline),
        Verb("announce LINE SIDE TONNES PRICE OPENS CLOSES [TERM ...]",
             "an auction with a reserve price; times: now, +10m, 14:30, 2026-06-26T14:30+08:00; "
             "terms: min=TONNES, max=TONNES, step=PRICE", _announce),
        Verb("bid LINE NUMBER TONNES PRICE", "bid in an auction", _bid),
        Verb("orders", "your live orders", _orders),
        Verb("balances", "your cash and allowances", _balances),
        Verb("offers [LINE]", "what can be answered by its number", _offers),
        Verb("book LINE", "bids and asks as they are now", _book),
        Verb("watch LINE|off", "keep a book in sight while you trade", _watch),
        Verb("trades [LINE]", "the last public trades", _trades),
        Verb("lines", "what is traded, with its best prices", _lines),
        Verb("help [VERB]", "this", _help),
        Verb("quit", "leave; your orders stay in the market", _quit),
    )
}  # fmt: skip
ALIASES: Final = {"holdings": "balances", "status": "balances", "?": "help", "exit": "quit"}
LEAVE: Final = ("quit", "exit")
OFFLINE: Final = (_book, _watch, _trades, _lines, _offers, _help)  # what asks the venue for nothing
