"""What happens between two trading days: amendments, deliveries, locks, references.

Rules: ``docs/rules.md`` section 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.markets.limits import role_of
from engine.markets.phases import end_orders
from engine.markets.price_triggers import months_kept, propose
from engine.rulebook.amend import amended
from engine.rulebook.calendar import is_date
from engine.rulebook.model import RulebookError
from engine.rulebook.ticks import tick_at
from engine.vocabulary.enums import CancelReason, CloseRule, Phase, RejectReason
from engine.vocabulary.events import (
    AmendmentTaken,
    DayBegan,
    Delivered,
    Event,
    ReferenceSet,
    Rejected,
    Released,
    RulebookAmended,
)
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.units import MAX_PRICE

if TYPE_CHECKING:
    from engine.ledger.accounts import Due, Lock
    from engine.rulebook.model import Rulebook
    from engine.venue.base import VenueBase
    from engine.vocabulary.commands import AmendRulebook, BeginDay, SetReference

_NO_DATE: Final = "a day that there is, such as 20210628"


def begin_day(venue: VenueBase, command: BeginDay) -> list[Event]:
    """Begin a trading day: every line is closed, and what waited for the day happens."""
    date = command.date
    if date <= venue.date:
        rule = f"after {venue.date}, the trading day that is on"
        return [Rejected("", 0, RejectReason.TIME_BACKWARDS, "date", rule)]
    if not is_date(date):
        return [Rejected("", 0, RejectReason.VALUE, "date", _NO_DATE)]
    for symbol, market in venue.markets.items():
        if market.gate.phase is not Phase.CLOSED:
            rule = f"{symbol} is {market.gate.phase.name.lower()}: every line must be closed"
            return [Rejected("", 0, RejectReason.TRANSITION, "date", rule)]
    for market in venue.markets.values():
        unfinished = market.unfinished()
        if unfinished:
            return [Rejected("", 0, RejectReason.TRANSITION, "date", unfinished)]
    venue.date = date
    locks, dues = venue.ledger.begin_day()
    events: list[Event] = [DayBegan(date, venue.ledger.day)]
    events += _delivered(dues)
    events += _released(locks)
    for change in _due(venue, date):
        venue.amendments.remove(change)
        events += _amend(venue, change)
    events += venue.registry.take_averages(date)  # before a day is forgotten that counts
    for asset in venue.assets.values():
        asset.daily.begin(date, months_kept(venue.rulebook))
    events += propose(venue.rulebook, venue.assets, date)
    for market in venue.markets.values():
        events += market.begin_date(date)
    return events + venue.registry.begin_day(date)


def _delivered(dues: list[Due]) -> list[Event]:
    """Tell each account's net of what was delivered, by product."""
    nets: dict[tuple[str, str, str], list[int]] = {}
    for due in dues:
        bought = nets.setdefault((due.buyer.name, due.product, due.currency), [0, 0])
        bought[0] += due.quantity
        bought[1] -= due.value + due.buyer_fee
        sold = nets.setdefault((due.seller.name, due.product, due.currency), [0, 0])
        sold[0] -= due.quantity
        sold[1] += due.value - due.seller_fee
    return [
        Delivered(account, product, tonnes, currency, cash)
        for (account, product, currency), (tonnes, cash) in nets.items()
    ]


def _released(locks: list[Lock]) -> list[Event]:
    sums: dict[tuple[str, str], int] = {}
    for lock in locks:
        key = (lock.account.name, lock.name)
        sums[key] = sums.get(key, 0) + lock.amount
    return [Released(account, name, amount) for (account, name), amount in sums.items()]


def set_reference(venue: VenueBase, command: SetReference) -> list[Event]:
    """Set what a product's next limits start from; while it trades, the fixing of its close."""
    lines = [line for line in venue.markets.values() if line.product.symbol == command.product]
    if not lines:
        rule = not_one_of(command.product, venue.products)
        return [Rejected("", 0, RejectReason.UNKNOWN_PRODUCT, "product", rule)]
    product = lines[0].product
    tick = tick_at(command.price, product.tick, product.ticks)
    if not 1 <= command.price <= MAX_PRICE or command.price % tick:
        gate = lines[0].gate
        step = gate.money(tick)
        rule = f"{step} to {gate.money(MAX_PRICE)}, a multiple of {step}"
        return [Rejected("", 0, RejectReason.PRICE_RANGE, "price", rule)]
    closed = all(line.gate.phase is Phase.CLOSED for line in lines)
    if not closed and venue.rulebook.close is not CloseRule.FIXING:
        rule = f"{command.product} trades, and its close is no fixing: set it between two days"
        return [Rejected("", 0, RejectReason.PHASE, "product", rule)]
    asset = venue.assets[command.product]
    if closed:
        asset.reference = command.price
        for line in lines:
            line.new_limits()
    else:
        asset.fixing = command.price
    return [ReferenceSet(command.product, command.price)]


def _due(venue: VenueBase, date: int) -> list[AmendRulebook]:
    """Return the waiting amendments that a day brings into force, in the order of their days."""
    due = [change for change in venue.amendments if change.effective <= date]
    return sorted(due, key=lambda change: change.effective)


def rulebook_on(venue: VenueBase, date: int) -> Rulebook:
    """Return the rules that a later day will have, should it be the next to begin."""
    rulebook = venue.rulebook
    for change in _due(venue, date):
        try:
            rulebook = amended(rulebook, change.path, change.value)
        except RulebookError:  # as on the day itself: it is refused then, and the others hold
            continue
    return rulebook


def take_amendment(venue: VenueBase, command: AmendRulebook) -> list[Event]:
    """Take an amendment for its day, after trying it on the rulebook of that day."""
    if command.effective and not is_date(command.effective):
        rule = f"{_NO_DATE}, or 0 for the next day that begins"
        return [Rejected("", 0, RejectReason.VALUE, "effective", rule)]
    try:
        amended(rulebook_on(venue, command.effective), command.path, command.value)
    except RulebookError as error:
        return [Rejected("", 0, RejectReason.RULEBOOK, "path", str(error))]
    venue.amendments.append(command)
    return [AmendmentTaken(command.path, command.value, command.effective)]


def _amend(venue: VenueBase, change: AmendRulebook) -> list[Event]:
    """Bring one amendment into force. Orders of a line whose rules change are cancelled."""
    try:
        rulebook = amended(venue.rulebook, change.path, change.value)
    except RulebookError as error:  # a later amendment took away what this one builds on
        return [Rejected("", 0, RejectReason.RULEBOOK, "path", str(error))]
    events: list[Event] = []
    before = venue.rulebook
    for product in rulebook.products:
        for mode in rulebook.modes_of(product):
            market = venue.line(rulebook, product, mode)
            same = (market.product, market.mode) == (product, mode)
            if not same or before.self_trade is not rulebook.self_trade:
                end_orders(market, CancelReason.RULES, lambda _: True, events)
            market.adopt(rulebook, product, mode)
            market.new_limits()
    for participant in venue.participants.values():
        participant.limits = role_of(rulebook, participant)
    venue.install(rulebook)
    events.append(RulebookAmended(change.path, change.value, rulebook.digest()))
    return events
