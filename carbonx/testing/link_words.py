"""The scripts' words for links between venues (see ``carbonx.testing.script``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary import link_commands as c
from engine.vocabulary import link_events as e
from engine.vocabulary.enums import LinkKind, RejectReason, Side, TimeInForce

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.vocabulary.events import Event

    Minor = Callable[[str], int]

VERBS = ("link", "guest", "home", "back", "ends", "ratio", "send", "recognise", "bidder")


def given_in(words: list[str]) -> dict[str, str]:
    """Return the figures that follow their names."""
    return dict(zip(words[::2], words[1::2], strict=True))


def parse_link(line: str, minor: Minor, first: str, words: list[str]) -> c.LinkCommand:
    """Read a command of a link's end."""
    link, *rest = words
    if first == "home":
        given = given_in(rest[1:])
        return c.CarryHome(link, rest[0], int(given.get("of", 0)), int(given.get("traded", 0)))
    if first == "link":
        kind, peer, symbol, *more = rest
        given = given_in(more)
        return c.SetLink(
            link,
            LinkKind[kind.upper()],
            peer,
            line,
            symbol,
            minor(given.get("fee", "0")),
            int(given.get("quota", 0)),
            given.get("as", ""),
        )
    if first in ("ratio", "send", "recognise", "bidder"):
        return _parse_other(link, minor, first, rest)
    number, account, *more = rest
    if first == "ends":
        return c.GuestCancel(link, int(number), account, int(number), int(more[0]))
    if first == "guest":
        side, quantity, *more = more
        given = given_in(more)
        return c.GuestOrder(
            link,
            int(number),
            account,
            int(given.get("ref", number)),
            given.get("of", account),
            Side[side.upper()],
            int(quantity),
            minor(given["@"]),
            TimeInForce.DAY,
            minor(given.get("with", "0")),
        )
    given = given_in(more)
    tonnes, filled, unfilled, ref, traded, leaves = (
        int(given.get(key, 0)) for key in ("tonnes", "filled", "unfilled", "of", "traded", "leaves")
    )
    cash = minor(given.get("cash", "0"))
    return c.CarryIn(
        link, int(number), account, cash, tonnes, filled, unfilled, ref, traded, leaves
    )


def _parse_other(link: str, minor: Minor, first: str, words: list[str]) -> c.LinkCommand:
    if first == "ratio":
        numerator, denominator = words[0].split("/")
        return c.SetRecognition(link, int(numerator), int(denominator))
    if first == "send":
        account, quantity, _, entity, cycle, *more = words
        return c.SendAllowances(
            link, account, int(quantity), entity, cycle, given_in(more).get("by", "")
        )
    number, account, *more = words
    if first == "bidder":
        auction, side, quantity, *more = more
        given = given_in(more)
        return c.GuestBid(
            link,
            int(number),
            account,
            int(number),
            account,
            int(auction),
            Side[side.upper()],
            int(quantity),
            minor(given["@"]),
            minor(given.get("with", "0")),
        )
    quantity, _, entity, cycle, *more = more
    return c.RecogniseAllowances(
        link, int(number), account, int(quantity), entity, cycle, given_in(more).get("by", "")
    )


def parse_sent(minor: Minor, account: str, ref: int, verb: str, words: list[str]) -> c.LinkCommand:
    """Read an order or a bid that leaves, a cancel that is sent after one, a seller that joins."""
    if verb == "recalls":
        target, _, link, *_ = words
        return c.RouteCancel(account, ref, link, int(target))
    if verb == "joins":
        number, line, quantity, *more = words
        return c.JoinAuction(
            account, ref, line, int(number), int(quantity), minor(given_in(more)["@"])
        )
    if verb == "bids":
        auction, side, quantity, *more = words
        given = given_in(more)
        return c.RouteBid(
            account,
            ref,
            given["by"],
            int(auction),
            Side[side.upper()],
            int(quantity),
            minor(given["@"]),
            minor(given.get("with", "0")),
        )
    side, quantity, *more = words
    given = given_in(more)
    return c.RouteOrder(
        account,
        int(given.get("ref", ref)),
        given["by"],
        Side[side.upper()],
        int(quantity),
        minor(given["@"]),
        TimeInForce.DAY,
        int(given["away"]),
        minor(given["for"]),
        minor(given.get("with", "0")),
    )


def tell_link(event: Event, m: Callable[[int], str]) -> str:
    """Write what happened at a link's end; "" for another event."""
    text = ""
    match event:
        case e.LinkSet():
            figures = f"fee {m(event.fee)} quota {event.quota}"
            text = f"{event.link} is {event.kind.name.lower()} to {event.peer} {figures}"
        case e.OrderRouted():
            what = f"{event.quantity} @ {m(event.price)} with {m(event.cash)}"
            left = f"{event.account}#{event.ref} leaves by {event.link} {event.number}"
            text = f"{left}: {what} used {event.used}"
        case e.CancelRouted():
            who = f"{event.account}#{event.ref}"
            text = f"{who} cancels {event.target} by {event.link} {event.number}"
        case e.GuestArrived():
            text = f"{event.account} comes by {event.link} {event.number} as {event.guest}"
        case e.CarriedHome():
            what = f"{m(event.cash)} and {event.tonnes} t"
            rest = f"filled {event.filled} unfilled {event.unfilled}"
            text = f"{event.account} goes home by {event.link} {event.number}: {what} {rest}"
            text += _order(event)
        case e.CarriedIn():
            what = f"{m(event.cash)} and {event.tonnes} t"
            rest = f"fee {m(event.fee)} used {event.used}"
            text = f"{event.account} has back by {event.link} {event.number}: {what} {rest}"
            text += _order(event)
    return text or _tell_other(event, m)


def _order(event: e.CarriedHome | e.CarriedIn) -> str:
    """Write what happened to the order that a message is about, and why anything was refused."""
    order = f" #{event.ref} traded {event.traded} leaves {event.leaves}" if event.ref else ""
    return f"{order} for {RejectReason(event.reason).name}" if event.reason else order


def _tell_other(event: Event, m: Callable[[int], str]) -> str:
    """Write what happened to allowances that are recognised, and in auctions over a link."""
    text = ""
    match event:
        case e.BidRouted():
            what = f"{event.side.name.lower()} {event.quantity} @ {m(event.price)}"
            left = f"{event.account}#{event.ref} bids by {event.link} {event.number}"
            text = f"{left}: {what} in {event.auction} with {m(event.cash)} used {event.used}"
        case e.SupplyJoined():
            text = f"{event.account} joins {event.number} with {event.quantity} of {event.offered}"
        case e.ProceedsShared():
            what = f"{event.sold} of {event.brought} for {m(event.proceeds)}"
            text = f"{event.account} sold in {event.number}: {what}"
        case e.RecognitionSet():
            text = f"{event.link} counts {event.numerator} for {event.denominator}"
        case e.AllowancesSent():
            what = f"{event.quantity} {event.product} to {event.entity} {event.cycle}"
            text = f"{event.account} sends {what} by {event.link} {event.number} used {event.used}"
        case e.AllowancesRecognised():
            what = f"{event.quantity} t as {event.counted} for {event.entity} {event.cycle}"
            left = f"due {event.due} used {event.used}"
            text = f"{event.account} counts by {event.link} {event.number}: {what} {left}"
    return text
