"""The oracle between two days: the next one begins, and amendments come into force.

Written from section 10 of ``docs/rules.md``, as far as the oracle's venue has what it is about.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from engine.rulebook.amend import amended
from engine.rulebook.model import RulebookError
from engine.vocabulary import events as e
from engine.vocabulary.enums import CancelReason, Phase, RejectReason, TimeInForce
from engine.vocabulary.units import MAX_TOTAL
from tests.oracle.parts import AUCTION, UNPRICED, refuse_unless

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook
    from engine.vocabulary import commands as c
    from tests.oracle.oracle import OracleVenue
    from tests.oracle.parts import Market


def begin_day(oracle: OracleVenue, command: c.BeginDay) -> None:
    refuse_unless(command.date > oracle.date, RejectReason.TIME_BACKWARDS, "date")
    refuse_unless(is_real(command.date), RejectReason.VALUE, "date")
    closed = all(market.phase is Phase.CLOSED for market in oracle.markets.values())
    refuse_unless(closed, RejectReason.TRANSITION, "date")
    oracle.date = command.date
    oracle.days += 1
    oracle.out.append(e.DayBegan(command.date, oracle.days))
    over = [lock for lock in oracle.locks if lock.day == oracle.days]
    oracle.locks = [lock for lock in oracle.locks if lock.day > oracle.days]
    for name in dict.fromkeys((lock.account, lock.name) for lock in over):
        amount = sum(lock.amount for lock in over if lock[1:3] == name)
        oracle.out.append(e.Released(*name, amount))
    due = [each for each in oracle.amendments if each.effective <= command.date]
    oracle.amendments = [each for each in oracle.amendments if each not in due]
    for each in sorted(due, key=lambda each: each.effective):
        try:
            rules = amended(oracle.rules, each.path, each.value)
        except RulebookError:
            oracle.out.append(e.Rejected("", 0, RejectReason.RULEBOOK, "path", ""))
        else:
            take_over(oracle, rules)
            oracle.out.append(e.RulebookAmended(each.path, each.value, rules.digest()))


def take_over(oracle: OracleVenue, rules: Rulebook) -> None:
    """Trade by other rules from now on; what rests on a line whose rules change is cancelled."""
    mode_changed = rules.modes[0] != oracle.mode
    oracle.rules, oracle.mode = rules, rules.modes[0]
    for product in rules.products:
        market = oracle.markets[product.symbol]
        if product != market.product or mode_changed:
            for account in oracle.accounts.values():
                for order in [o for o in account.orders if o.symbol == product.symbol]:
                    oracle.drop(order, CancelReason.RULES)
        market.product = product


def amend_rulebook(oracle: OracleVenue, command: c.AmendRulebook) -> None:
    real = not command.effective or is_real(command.effective)
    refuse_unless(real, RejectReason.VALUE, "effective")
    earlier = [each for each in oracle.amendments if each.effective <= command.effective]
    rules = oracle.rules
    for each in sorted(earlier, key=lambda each: each.effective):
        with suppress(RulebookError):  # it will be refused on its day
            rules = amended(rules, each.path, each.value)
    try:
        amended(rules, command.path, command.value)
    except RulebookError:
        refuse_unless(holds=False, reason=RejectReason.RULEBOOK, field="path")
    oracle.amendments.append(command)
    oracle.out.append(e.AmendmentTaken(command.path, command.value, command.effective))


def is_real(date: int) -> bool:
    try:
        datetime.strptime(str(date), "%Y%m%d")  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return False
    return len(str(date)) == len("20260101")


def end_day(oracle: OracleVenue, market: Market) -> None:
    """Cancel what does not outlive the day."""
    over = (TimeInForce.DAY, *AUCTION)
    for account in oracle.accounts.values():
        for order in list(account.orders):
            if order.symbol == market.product.symbol and order.tif in over:
                oracle.drop(order, CancelReason.DAY_ENDED)


def drop_outside(oracle: OracleVenue, market: Market) -> None:
    """Cancel what the new day's limits do not admit."""
    low, high = oracle.limits(market.product.symbol)
    for account in oracle.accounts.values():
        for order in list(account.orders):
            here = order.symbol == market.product.symbol and order.order_type not in UNPRICED
            if here and high and not low <= order.price <= high:
                oracle.drop(order, CancelReason.LIMITS)


def close_day(oracle: OracleVenue, market: Market) -> None:
    prices = [price for price, _ in market.day] or [0]
    volume = sum(quantity for _, quantity in market.day)
    value = sum(price * quantity for price, quantity in market.day)
    market.reference = market.last or market.reference
    bar = (prices[0], max(prices), min(prices), market.reference)
    turnover = (min(volume, MAX_TOTAL), min(value, MAX_TOTAL), len(market.day))
    oracle.out.append(e.DayClosed(market.product.symbol, *bar, *turnover))
