"""The commands of the scripts' language, read word by word (see ``carbonx.testing.script``)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.rulebook.calendar import utc
from engine.vocabulary import commands as c
from engine.vocabulary.enums import (
    BidTie,
    OrderType,
    Phase,
    PricingRule,
    Side,
    TimeInForce,
    Undersubscribed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from carbonx.testing.script import ScriptedVenue

WORDS = {
    "day": TimeInForce.DAY,
    "gtc": TimeInForce.GTC,
    "gtd": TimeInForce.GTD,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "open": TimeInForce.AT_OPEN,
    "close": TimeInForce.AT_CLOSE,
}
TERMS: dict[str, tuple[str, Any]] = {
    **{word.name.lower(): ("pricing", word) for word in PricingRule if word},
    **{word.name.lower(): ("tie", word) for word in BidTie if word},
    **{word.name.lower(): ("undersubscribed", word) for word in Undersubscribed if word},
}


def clock_time(scripted: ScriptedVenue, text: str) -> int:
    """Read ``09:30`` as the venue's local time of the day that is on, other figures as ns."""
    if ":" not in text:
        return int(text)
    hours, minutes = text.split(":")
    seconds = int(hours) * 3600 + int(minutes) * 60
    return utc(scripted.venue.rulebook.calendar, scripted.venue.date, seconds)


def parse(scripted: ScriptedVenue, words: list[str]) -> c.Command:
    """Read one command."""
    first, *rest = words
    product = scripted.venue.markets[scripted.line].product.symbol

    def opened(name: str = "", *more: str) -> c.OpenAccount:
        given = dict(zip(more[::2], more[1::2], strict=True))
        allocation = int(given.get("allocation", 0))
        return c.OpenAccount(name, role=given.get("as", ""), allocation=allocation)

    def rule(path: str, _equals: str, *value: str) -> c.AmendRulebook:
        text, _, day = " ".join(value).partition(" from ")
        return c.AmendRulebook(path, text, int(day or 0))

    verbs: dict[str, Callable[..., c.Command]] = {
        "kill": lambda name: c.SetKillSwitch(name, on=True),
        "free": lambda name: c.SetKillSwitch(name, on=False),
        "phase": lambda phase, line="": c.SetPhase(Phase[phase.upper()], line, "drill"),
        "time": lambda time: c.AdvanceTime(clock_time(scripted, time)),
        "open": opened,
        "cash": lambda name, amount, money="": c.MoveCash(name, scripted.minor(amount), money),
        "tonnes": lambda name, q, symbol=product: c.MoveAllowances(name, symbol, int(q)),
        "day": lambda date: c.BeginDay(int(date)),
        "reference": lambda price, symbol=product: c.SetReference(symbol, scripted.minor(price)),
        "rule": rule,
        "clear": lambda number, _seed="", seed="0": c.ClearAuction(
            scripted.line, int(number), int(seed)
        ),
    }
    if first in verbs:
        return verbs[first](*rest)
    verb, *rest = rest
    if verb == "disconnects":
        return c.CancelOnDisconnect(first)
    ref = scripted.venue.last_ref(first) + 1
    if "ref" in rest:
        ref = int(rest[rest.index("ref") + 1])
    if verb in ("buy", "sell"):
        return order(scripted, first, ref, Side[verb.upper()], rest)
    if verb == "cancel":
        if rest[0] == "all":
            return c.MassCancel(first, ref, *rest[1:])
        return c.CancelOrder(first, ref, int(rest[0]))
    return _answer(scripted, first, ref, verb, rest)


def _answer(scripted: ScriptedVenue, name: str, ref: int, verb: str, rest: list[str]) -> c.Command:
    """Read an amendment, or a command that belongs to one mechanism."""
    given = dict(zip(rest[1::2], rest[2::2], strict=False))
    price = scripted.minor(given.get("@", "0"))
    line = given.get("in", scripted.line)
    if verb == "amend":
        return c.AmendOrder(name, ref, int(rest[0]), int(given.get("to", 0)), price)
    if verb == "pick":
        return c.Pick(name, ref, line, int(rest[0]), int(given.get("for", 0)), price)
    if verb == "decline":
        return c.Decline(name, ref, line, int(rest[0]))
    if verb == "bid":
        return c.Bid(name, ref, line, int(rest[0]), int(given["for"]), price)
    side, quantity, *more = rest
    given = dict(zip(more[::2], more[1::2], strict=False))
    line, price = given.get("in", scripted.line), scripted.minor(given.get("@", "0"))
    if verb == "quote":
        to = tuple(given["to"].split(",")) if "to" in given else ()
        times = [clock_time(scripted, given.get(key, "0")) for key in ("expires", "agreed")]
        answers = int(given.get("answers", 0))
        return c.Quote(name, ref, line, Side[side.upper()], int(quantity), price, to, answers,
                       *times)  # fmt: skip
    if verb == "announce":
        opens, closes = (clock_time(scripted, given[key]) for key in ("from", "until"))
        least, most = int(given.get("least", 1)), int(given.get("most", 0))
        terms = dict(TERMS[word] for word in given.get("terms", "").split(",") if word)
        return c.Announce(name, ref, line, Side[side.upper()], int(quantity), price, opens, closes,
                          least, most, scripted.minor(given.get("step", "0")), **terms)  # fmt: skip
    raise ValueError(verb)


def order(
    scripted: ScriptedVenue, account: str, ref: int, side: Side, words: list[str]
) -> c.NewOrder:
    """Read the words of a new order."""
    fields: dict[str, Any] = {"symbol": scripted.line, "quantity": int(words[0])}
    rest = iter(words[1:])
    for word in rest:
        if word in WORDS:
            fields["tif"] = WORDS[word]
        if word == "gtd":
            fields["expire_at"] = clock_time(scripted, next(rest))
        elif word == "@":
            fields["price"] = scripted.minor(next(rest))
        elif word == "stop":
            fields["stop_price"] = scripted.minor(next(rest))
        elif word in ("show", "expires"):
            names = {"show": "display", "expires": "expire_at"}
            fields[names[word]] = int(next(rest))
        elif word == "post":
            fields["post_only"] = True
        elif word == "in":
            fields["symbol"] = next(rest)
        elif word == "ref":
            next(rest)
        elif word != "market" and word not in WORDS:
            raise ValueError(word)
    if "stop" in words:
        fields["order_type"] = OrderType.STOP_LIMIT if "@" in words else OrderType.STOP
    if "market" in words:
        fields["order_type"] = OrderType.MARKET
    return c.NewOrder(account, ref, side=side, **fields)


def minor(text: str, digits: int) -> int:
    """Read a price or an amount of money, exactly."""
    value = Decimal(text).scaleb(digits)
    if value != int(value):
        raise ValueError(text)
    return int(value)


def major(value: int, digits: int) -> str:
    """Write a price or an amount of money."""
    return f"{Decimal(value).scaleb(-digits):.{digits}f}"
