"""The oracle's accounts: opening them, and what comes in and goes out from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import RejectReason, SelfTradeScope, Side
from engine.vocabulary.units import MAX_MONEY, MAX_QUANTITY, MAX_TOTAL
from tests.oracle.parts import Account, refuse_unless

if TYPE_CHECKING:
    from tests.oracle.oracle import OracleVenue
    from tests.oracle.parts import Order


def open_account(oracle: OracleVenue, command: c.OpenAccount) -> None:
    refuse_unless(command.account, RejectReason.VALUE, "account")
    refuse_unless(command.account not in oracle.accounts, RejectReason.ACCOUNT_EXISTS, "account")
    check_class(oracle, command.role)
    refuse_unless(0 <= command.allocation <= MAX_QUANTITY, RejectReason.VALUE, "allocation")
    check_start(oracle, command)
    account = oracle.accounts[command.account] = Account(command)
    names = (account.name, account.owner, account.group, command.member)
    oracle.out.append(e.AccountOpened(*names, account.role, account.allocation))
    if command.cash:
        move_cash(oracle, c.MoveCash(account.name, command.cash))
    for product, tonnes in command.allowances:
        if tonnes:
            move_allowances(oracle, c.MoveAllowances(account.name, product, tonnes))


def check_start(oracle: OracleVenue, command: c.OpenAccount) -> None:
    refuse_unless(len(command.account) <= 256, RejectReason.VALUE, "account")
    refuse_unless(0 <= command.cash <= MAX_MONEY, RejectReason.VALUE, "cash")
    home = oracle.rules.currency
    there = sum(oracle.cash(name, home)[0] for name in oracle.accounts) + oracle.fees(home)
    refuse_unless(there + command.cash <= MAX_TOTAL, RejectReason.VALUE, "cash")
    once = len({product for product, _ in command.allowances}) == len(command.allowances)
    refuse_unless(once, RejectReason.VALUE, "allowances")
    for product, tonnes in command.allowances:
        field = f"allowances.{product}"
        refuse_unless(product in oracle.markets, RejectReason.UNKNOWN_PRODUCT, field)
        refuse_unless(0 <= tonnes <= MAX_QUANTITY, RejectReason.VALUE, field)
        there = sum(oracle.allowances(name, product)[0] for name in oracle.accounts)
        refuse_unless(there + tonnes <= MAX_TOTAL, RejectReason.VALUE, field)


def check_class(oracle: OracleVenue, role: str) -> None:
    known = [each.name for each in oracle.rules.classes]
    refuse_unless(role == "" or role in known, RejectReason.ROLE, "role")


def set_account_class(oracle: OracleVenue, command: c.SetAccountClass) -> None:
    account = oracle.known(command)
    check_class(oracle, command.role)
    account.role = command.role
    oracle.out.append(e.AccountClassSet(account.name, command.role))


def check_role(oracle: OracleVenue, account: Account, order: Order, more: int) -> None:
    """Check rules 2.17 and 2.32 of an order, or of what is added to one: ``more`` tonnes."""
    for role in oracle.rules.classes:
        if role.name != account.role:
            continue
        open_here = not role.modes or oracle.mode.name in role.modes
        refuse_unless(open_here, RejectReason.ROLE, "symbol")
        if order.side is Side.SELL or not role.holding_limit:
            continue
        counted = [account]
        if role.per_owner:
            by_group = oracle.rules.self_trade_scope is SelfTradeScope.GROUP
            key = "group" if by_group else "owner"
            who = getattr(account, key)
            counted = [a for a in oracle.accounts.values() if getattr(a, key) == who]
        limit = role.holding_limit
        if role.over_allocation:
            limit += sum(each.allocation for each in counted)
        held = sum(each.tonnes.get(order.symbol, 0) for each in counted)
        bid_for = sum(
            o.leaves
            for each in counted
            for o in each.orders
            if o is not order and (o.symbol, o.side) == (order.symbol, Side.BUY)
        )
        refuse_unless(held + bid_for + more <= limit, RejectReason.HOLDING, "quantity")


def move_cash(oracle: OracleVenue, command: c.MoveCash) -> None:
    account = oracle.known(command)
    currency = command.currency or oracle.rules.currency
    currencies = [oracle.rules.currency, *(m.product.currency for m in oracle.markets.values())]
    refuse_unless(currency in currencies, RejectReason.CURRENCY, "currency")
    refuse_unless(0 < abs(command.amount) <= MAX_MONEY, RejectReason.VALUE, "amount")
    everywhere = sum(oracle.cash(name, currency)[0] for name in oracle.accounts)
    fits = everywhere + oracle.fees(currency) + command.amount <= MAX_TOTAL
    refuse_unless(fits, RejectReason.VALUE, "amount")
    total, reserved = oracle.cash(account.name, currency)
    refuse_unless(total + command.amount >= reserved, RejectReason.CASH, "amount")
    balance = account.cash[currency] = total + command.amount
    oracle.out.append(e.CashMoved(account.name, currency, command.amount, balance))


def move_allowances(oracle: OracleVenue, command: c.MoveAllowances) -> None:
    account = oracle.known(command)
    refuse_unless(command.product in oracle.markets, RejectReason.UNKNOWN_PRODUCT, "product")
    refuse_unless(0 < abs(command.quantity) <= MAX_QUANTITY, RejectReason.VALUE, "quantity")
    everywhere = sum(oracle.allowances(name, command.product)[0] for name in oracle.accounts)
    refuse_unless(everywhere + command.quantity <= MAX_TOTAL, RejectReason.VALUE, "quantity")
    total, reserved = oracle.allowances(account.name, command.product)
    refuse_unless(total + command.quantity >= reserved, RejectReason.ALLOWANCES, "quantity")
    balance = account.tonnes[command.product] = total + command.quantity
    moved = (account.name, command.product, command.quantity, balance)
    oracle.out.append(e.AllowancesMoved(*moved))
