"""A venue to talk to in short lines, and its events told in short lines: for readable tests.

A line of a script is a command, then after ``|`` the events that it must give, one a line::

    ann sell 5 @ 100   | ann#1 booked 5 @ 100 depth 5
    bob buy 3 @ 101    | bob#1 taking 3 @ 101
                       | trade 3 @ 100 ann#1(2) bob#1(0) depth 2

``ann#1`` is ann's order with reference 1 and ``(2)`` what it has left. References count by
themselves, one for each command that carries one. Without a ``|`` the events do not matter.

Orders: ``ann buy 5 @ 100``, then any of ``day gtc ioc fok open close``, ``gtd TIME``,
``market``, ``stop PRICE`` (with ``@`` a stop-limit), ``show TONNES``, ``post``, ``in PRODUCT``,
``ref NUMBER``.
Others: ``ann cancel 1``, ``ann cancel all [PRODUCT]``, ``ann amend 1 to 5 @ 101``,
``ann disconnects``, ``kill ann``, ``free ann``, ``phase halted [PRODUCT]``, ``time 5``,
``open ann``, ``cash ann -5 [CURRENCY]``, ``tonnes ann 5 [PRODUCT]``.
Questions: ``book [PRODUCT]``, ``ann cash``, ``ann tonnes``, ``ann orders``, ``fees``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine import commands as c
from engine import events as e
from engine.rulebook import Mode, Product, Rulebook
from engine.types import OrderState, OrderType, Phase, Side, TimeInForce
from engine.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.types import CancelReason, Reason

MODE_RULES = tuple(key for key in Mode.__struct_fields__ if key not in ("name", "title"))
CASH = 1_000_000
TONNES = 1_000
PEOPLE = (
    c.OpenAccount("ann"),
    c.OpenAccount("bob", group="fund"),
    c.OpenAccount("cay", group="fund"),
    c.OpenAccount("dan"),
    c.OpenAccount("ann2", owner="ann"),
)
WORDS = {
    "day": TimeInForce.DAY,
    "gtc": TimeInForce.GTC,
    "gtd": TimeInForce.GTD,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "open": TimeInForce.AT_OPEN,
    "close": TimeInForce.AT_CLOSE,
}


def rulebook(rules: dict[str, Any]) -> Rulebook:
    """Make a rulebook of one mode, whose rules stand among the venue's own."""
    rules = dict(rules)
    band = rules.pop("price_limit_bp", 0)
    mode = {"limit_up_bp": band, "limit_down_bp": band}
    mode |= {key: rules.pop(key) for key in list(rules) if key in MODE_RULES}
    return Rulebook(**({"modes": (Mode(**mode),)} | rules))


@dataclass(frozen=True)
class Scenario:
    """A script with a name, told at a desk under some rules."""

    name: str
    script: str
    rules: dict[str, Any] = field(default_factory=dict)
    phase: Phase | None = Phase.CONTINUOUS


class Desk:
    """A venue with five accounts, each with cash and allowances, open for trading."""

    def __init__(self, phase: Phase | None = Phase.CONTINUOUS, **rules: Any) -> None:
        product: dict[str, Any] = {"symbol": "OLD", "reference": 100, **rules.pop("product", {})}
        second = Product("NEW", 50, currency="EUR")
        products = (Product(**product), second)
        given = rulebook({"name": "test", "products": products} | rules)
        self.venue = Venue(given)
        self.given: list[c.Command] = []
        self.seen: list[e.Event] = []
        for opened in PEOPLE:
            self.apply(opened)
            self.apply(c.MoveCash(opened.account, CASH))
            self.apply(c.MoveAllowances(opened.account, "OLD", TONNES))
        if phase is not None:
            self.apply(c.SetPhase(phase))
        self.seen.clear()

    def apply(self, command: c.Command) -> list[e.Event]:
        self.given.append(command)
        events = self.venue.apply(command)
        self.venue.check()
        self.seen += events
        return events

    def run(self, script: str) -> None:
        """Give every command of a script and compare every event that it names."""
        for line, expected in steps(script):
            told = self.say(line)
            assert expected is None or told == expected, line

    def say(self, line: str) -> list[str]:
        """Give one command, or ask one question; return the answer as lines."""
        words = line.split()
        if words[0] == "book":
            return [self.book(*words[1:])]
        if words[0] == "fees":
            return [str(self.venue.fees())]
        if len(words) == 2 and words[1] in ("cash", "tonnes"):
            ask = self.venue.cash if words[1] == "cash" else self.venue.allowances
            total, reserved = ask(words[0], *(() if words[1] == "cash" else ("OLD",)))
            return [f"{total} reserved {reserved}"]
        if len(words) == 2 and words[1] == "orders":
            views = self.venue.open_orders(words[0])
            return [f"#{v.ref} {v.state.name.lower()} {v.leaves} @ {v.price}" for v in views]
        return [tell(event) for event in self.apply(self.parse(words))]

    def book(self, product: str = "OLD") -> str:
        sides = (self.venue.depth(product, side) for side in Side)
        return " / ".join(" ".join(f"{q}@{p}" for p, q in side) or "-" for side in sides)

    def trades(self) -> list[tuple[int, int, str, str]]:
        """Return (price, quantity, maker, taker) of every trade so far."""
        trades = [event for event in self.seen if isinstance(event, e.Trade)]
        return [(t.price, t.quantity, t.maker, t.taker) for t in trades]

    def parse(self, words: list[str]) -> c.Command:
        first, *rest = words
        verbs: dict[str, Callable[..., c.Command]] = {
            "kill": lambda name: c.SetKillSwitch(name, on=True),
            "free": lambda name: c.SetKillSwitch(name, on=False),
            "phase": lambda phase, product="": c.SetPhase(Phase[phase.upper()], product, "drill"),
            "time": lambda time: c.AdvanceTime(int(time)),
            "open": lambda name="": c.OpenAccount(name),
            "cash": lambda name, amount, money="": c.MoveCash(name, int(amount), money),
            "tonnes": lambda name, q, product="OLD": c.MoveAllowances(name, product, int(q)),
        }
        if first in verbs:
            return verbs[first](*rest)
        verb, *rest = rest
        if verb == "disconnects":
            return c.CancelOnDisconnect(first)
        ref = self.venue.last_ref(first) + 1
        if "ref" in rest:
            ref = int(rest[rest.index("ref") + 1])
        if verb == "cancel":
            if rest[0] == "all":
                return c.MassCancel(first, ref, *rest[1:])
            return c.CancelOrder(first, ref, int(rest[0]))
        given = dict(zip(rest[1::2], rest[2::2], strict=False))
        if verb == "amend":
            price = int(given.get("@", 0))
            return c.AmendOrder(first, ref, int(rest[0]), int(given.get("to", 0)), price)
        return order(first, ref, Side[verb.upper()], rest)


def order(account: str, ref: int, side: Side, words: list[str]) -> c.NewOrder:
    """Read the words of a new order."""
    fields: dict[str, Any] = {"product": "OLD", "quantity": int(words[0])}
    rest = iter(words[1:])
    for word in rest:
        if word in WORDS:
            fields["tif"] = WORDS[word]
        if word == "gtd":
            fields["expire_at"] = int(next(rest))
        elif word == "@":
            fields["price"] = int(next(rest))
        elif word in ("stop", "show", "expires"):
            names = {"stop": "stop_price", "show": "display", "expires": "expire_at"}
            fields[names[word]] = int(next(rest))
        elif word == "post":
            fields["post_only"] = True
        elif word == "in":
            fields["product"] = next(rest)
        elif word == "ref":
            next(rest)
        elif word != "market" and word not in WORDS:
            raise ValueError(word)
    if "stop" in words:
        fields["order_type"] = OrderType.STOP_LIMIT if "@" in words else OrderType.STOP
    if "market" in words:
        fields["order_type"] = OrderType.MARKET
    return c.NewOrder(account, ref, side=side, **fields)


def steps(script: str) -> Iterator[tuple[str, list[str] | None]]:
    """Split a script into commands, each with its expected events (``None``: any)."""
    found: list[tuple[str, list[str] | None]] = []
    for line in script.splitlines():
        said, bar, told = (part.strip() for part in line.partition("|"))
        if said:
            found.append((said, [told] if bar else None))
        elif bar:
            said, expected = found[-1]
            found[-1] = (said, [*(expected or []), told])
    for said, expected in found:
        yield said, [] if expected == [""] else expected


def depth(value: int) -> str:
    return "" if value < 0 else f" depth {value}"


def tell(event: e.Event) -> str:
    """Tell an event in a line."""
    match event:
        case e.Rejected():
            who = f"{event.account}#{event.ref} " if event.ref else ""
            return f"{who}refused {event.reason.name} {event.field}"
        case e.OrderAccepted():
            state = event.state.name.lower()
            end = depth(event.depth) if event.state is OrderState.BOOKED else ""
            return f"{event.account}#{event.ref} {state} {event.quantity} @ {event.price}{end}"
        case e.OrderBooked():
            head = f"{event.account}#{event.ref} rests {event.leaves} @ {event.price}"
            return head + depth(event.depth)
        case e.Trade():
            maker = f"{event.maker}#{event.maker_ref}({event.maker_leaves})"
            taker = f"{event.taker}#{event.taker_ref}({event.taker_leaves})"
            paid = (event.maker_fee, event.taker_fee)
            fees = f" fees {paid[0]} {paid[1]}" if any(paid) else ""
            head = f"trade {event.quantity} @ {event.price} {maker} {taker}"
            return head + depth(event.depth) + fees
        case e.OrderCancelled():
            head = f"{event.account}#{event.ref} cancelled {event.quantity} {event.reason.name}"
            return head + depth(event.depth)
        case e.OrderAmended():
            head = f"{event.account}#{event.ref} amended {event.quantity}({event.leaves})"
            old = "" if event.old_depth < 0 else f" left {event.old_depth} @ {event.old_price}"
            return f"{head} @ {event.price} {event.state.name.lower()}{depth(event.depth)}{old}"
        case e.OrderReduced():
            head = f"{event.account}#{event.ref} reduced {event.quantity} to {event.leaves}"
            return head + depth(event.depth)
    return tell_more(event)


def tell_more(event: e.Event) -> str:
    """Tell an event that is not about what an order does in the book."""
    match event:
        case e.OrderTriggered():
            return f"{event.account}#{event.ref} triggered"
        case e.MassCancelled():
            return f"{event.account}#{event.ref} mass cancel of {event.count}"
        case e.KillSwitchSet():
            return f"{event.account} {'killed' if event.on else 'freed'} {event.count}"
        case e.PhaseChanged():
            limits = f" {event.low_limit} to {event.high_limit}" if event.high_limit else ""
            return f"{event.product} {event.phase.name.lower()} {event.reference}{limits}"
        case e.DayClosed():
            bar = f"{event.open} {event.high} {event.low} {event.close}"
            return f"{event.product} day {bar} volume {event.volume} value {event.value}"
        case e.AccountOpened():
            return f"{event.account} opened"
        case e.CashMoved():
            return f"{event.account} cash {event.amount} to {event.balance} {event.currency}"
        case e.AllowancesMoved():
            return f"{event.account} tonnes {event.quantity} to {event.balance} {event.product}"
    raise TypeError(event)


def reasons(desk: Desk) -> list[Reason]:
    """Return the reasons of every refusal that a desk has seen."""
    return [event.reason for event in desk.seen if isinstance(event, e.Rejected)]


def ways_out(desk: Desk) -> list[CancelReason]:
    """Return the reasons of every cancel that a desk has seen."""
    return [event.reason for event in desk.seen if isinstance(event, e.OrderCancelled)]
