"""The commands of the scripts' language, read word by word (see ``carbonx.testing.script``)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from carbonx.testing.link_words import VERBS, parse_link, parse_sent
from engine.rulebook.calendar import utc
from engine.vocabulary import commands as c
from engine.vocabulary import registry_commands as r
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

    from engine.venue.venue import Venue

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


class Stage(Protocol):
    """What the words of a command need: a venue, the line in question, and how money is read."""

    line: str
    venue: Venue

    def minor(self, text: str) -> int:
        """Read a price or an amount of money."""


def clock_time(stage: Stage, text: str) -> int:
    """Read ``09:30`` as the venue's local time of the day that is on, other figures as ns."""
    if ":" not in text:
        return int(text)
    hours, minutes = text.split(":")
    seconds = int(hours) * 3600 + int(minutes) * 60
    return utc(stage.venue.rulebook.calendar, stage.venue.date, seconds)


def parse(stage: Stage, words: list[str]) -> c.Command:
    """Read one command."""
    first, *rest = words
    product = stage.venue.line_view(stage.line).product

    def opened(name: str = "", *more: str) -> c.OpenAccount:
        given = dict(zip(more[::2], more[1::2], strict=True))
        allocation = int(given.get("allocation", 0))
        owner, role = given.get("of", ""), given.get("as", "")
        cash, tonnes = stage.minor(given.get("cash", "0")), int(given.get("tonnes", 0))
        start = ((given.get("product", product), tonnes),) if tonnes else ()
        return c.OpenAccount(name, owner, role=role, allocation=allocation, cash=cash,
                             allowances=start)  # fmt: skip

    def rule(path: str, _equals: str, *value: str) -> c.AmendRulebook:
        text, _, day = " ".join(value).partition(" from ")
        return c.AmendRulebook(path, text, int(day or 0))

    def clear(number: str, *more: str) -> c.ClearAuction:
        given = dict(pairwise(more))
        return c.ClearAuction(stage.line, int(number), int(given.get("seed", "0")), "off" in more)

    def discretion(side: str, quantity: str, _at: str, price: str, *more: str) -> c.Command:
        given = dict(pairwise(more))
        opens, closes = (clock_time(stage, given[key]) for key in ("from", "until"))
        return c.DiscretionarySale(stage.line, int(quantity), stage.minor(price), opens, closes,
                                   Side[side.upper()], given.get("for", ""))  # fmt: skip

    verbs: dict[str, Callable[..., c.Command]] = {
        "kill": lambda name: c.SetKillSwitch(name, on=True),
        "free": lambda name: c.SetKillSwitch(name, on=False),
        "phase": lambda phase, line="": c.SetPhase(Phase[phase.upper()], line, "drill"),
        "time": lambda time: c.AdvanceTime(clock_time(stage, time)),
        "open": opened,
        "cash": lambda name, amount, money="": c.MoveCash(name, stage.minor(amount), money),
        "tonnes": lambda name, q, symbol=product: c.MoveAllowances(name, symbol, int(q)),
        "class": lambda name, role="": c.SetAccountClass(name, role),
        "guarantee": lambda name, amount: c.PostGuarantee(name, stage.line, stage.minor(amount)),
        "unguarantee": lambda name, amount="0": c.ReturnGuarantee(
            name, stage.line, stage.minor(amount)
        ),
        "pledge": lambda name, kind, amount: c.PledgeGuarantee(
            name, stage.line, kind, stage.minor(amount)
        ),
        "consign": lambda name, tonnes: c.ConsignUnits(name, stage.line, int(tonnes)),
        "discretion": discretion,
        "day": lambda date: c.BeginDay(int(date)),
        "reference": lambda price, symbol=product: c.SetReference(symbol, stage.minor(price)),
        "rule": rule,
        "clear": clear,
        **registry_words(product),
    }
    if first in verbs:
        return verbs[first](*rest)
    if first in VERBS:
        return parse_link(stage.line, stage.minor, first, rest)
    verb, *rest = rest
    return _of_client(stage, first, verb, rest)


def _of_client(stage: Stage, first: str, verb: str, rest: list[str]) -> c.Command:
    """Read a command that begins with its account."""
    if verb in ("disconnects", "cancel-on-disconnect"):
        asks = verb != "disconnects"
        return (
            c.SetCancelOnDisconnect(first, rest == ["on"]) if asks else c.CancelOnDisconnect(first)
        )
    ref = stage.venue.last_ref(first) + 1
    if "ref" in rest:
        ref = int(rest[rest.index("ref") + 1])
    if verb in ("routes", "recalls", "bids", "joins"):
        return parse_sent(stage.minor, first, ref, verb, rest)
    if verb in ("buy", "sell"):
        return order(stage, first, ref, Side[verb.upper()], rest)
    if verb == "cancel":
        if rest[0] == "all":
            return c.MassCancel(first, ref, *rest[1:])
        return c.CancelOrder(first, ref, int(rest[0]))
    return _answer(stage, first, ref, verb, rest)


def registry_words(product: str) -> dict[str, Callable[..., c.Command]]:
    """Return the verbs of the registry; a product that is not named is the line's."""

    def register(name: str, *more: str) -> c.Command:
        given = dict(pairwise(more))
        accounts = tuple(given.get("with", name).split(","))
        officers = tuple(given["by"].split(",")) if "by" in given else ()
        return r.RegisterEntity(name, accounts, officers, given.get("in", ""), given.get("as", ""))

    def allocate(name: str, cycle: str, output: str, *more: str) -> c.Command:
        given = dict(pairwise(more))
        return r.AllocateAllowances(
            name, cycle, given.get("of", product), int(output), int(given.get("at", "1000000")),
            int(given.get("share", "10000")), final="final" in more)  # fmt: skip

    def surrender(name: str, cycle: str, q: str = "0", of: str = "any", by: str = "") -> c.Command:
        return r.SurrenderAllowances(name, cycle, "" if of == "any" else of, int(q), by)

    def transfer(name: str, to: str, q: str, price: str = "0", of: str = product) -> c.Command:
        return r.TransferAllowances(name, to, of, int(q), int(price))

    return {
        "register": register,
        "allocate": allocate,
        "surrender": surrender,
        "transfer": transfer,
        "cap": lambda q, of=product: r.SetCap(of, int(q)),
        "issue": lambda name, q, of=product: r.IssueAllowances(name, of, int(q)),
        "report": lambda name, cycle, q: r.ReportEmissions(name, cycle, int(q)),
        "verify": lambda name, cycle, q: r.VerifyEmissions(name, cycle, int(q)),
        "retire": lambda name, q, of=product: r.CancelAllowances(name, of, int(q)),
        "bank": lambda name, cycle, q, of, to: r.BankAllowances(name, cycle, of, to, int(q)),
        "close": lambda cycle, price="0": r.CloseCycle(cycle, int(price)),
        "pay": lambda name, cycle, account, amount="0": r.PayPenalty(
            name, cycle, account, int(amount)
        ),
    }


def _answer(stage: Stage, name: str, ref: int, verb: str, rest: list[str]) -> c.Command:
    """Read an amendment, or a command that belongs to one mechanism."""
    given = dict(zip(rest[1::2], rest[2::2], strict=False))
    price = stage.minor(given.get("@", "0"))
    line = given.get("in", stage.line)
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
    line, price = given.get("in", stage.line), stage.minor(given.get("@", "0"))
    if verb == "quote":
        to = tuple(given["to"].split(",")) if "to" in given else ()
        times = [clock_time(stage, given.get(key, "0")) for key in ("expires", "agreed")]
        answers = int(given.get("answers", 0))
        return c.Quote(name, ref, line, Side[side.upper()], int(quantity), price, to, answers,
                       *times)  # fmt: skip
    if verb == "announce":
        opens, closes = (clock_time(stage, given[key]) for key in ("from", "until"))
        least, most = int(given.get("least", 1)), int(given.get("most", 0))
        terms = dict(TERMS[word] for word in given.get("terms", "").split(",") if word)
        return c.Announce(name, ref, line, Side[side.upper()], int(quantity), price, opens, closes,
                          least, most, stage.minor(given.get("step", "0")), **terms)  # fmt: skip
    raise ValueError(verb)


def order(stage: Stage, account: str, ref: int, side: Side, words: list[str]) -> c.NewOrder:
    """Read the words of a new order."""
    fields: dict[str, Any] = {"symbol": stage.line, "quantity": int(words[0])}
    rest = iter(words[1:])
    for word in rest:
        if word in WORDS:
            fields["tif"] = WORDS[word]
        if word == "gtd":
            fields["expire_at"] = clock_time(stage, next(rest))
        elif word == "@":
            fields["price"] = stage.minor(next(rest))
        elif word == "stop":
            fields["stop_price"] = stage.minor(next(rest))
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
