"""The tables that a log gives, with the type and the meaning of each column."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    INT = "integer"
    TIME = "ns UTC"
    DAY = "date"
    FLAG = "true or false"
    MONEY = "money"  # minor units, or exact decimals of the currency


class Column(NamedTuple):
    """A column. A field without a value is null."""

    name: str
    kind: Kind
    sentence: str


class Table(NamedTuple):
    """A table: its rows in one sentence, and its columns."""

    name: str
    sentence: str
    columns: tuple[Column, ...]


_TEXT, _INT, _TIME, _DAY, _MONEY = Kind.TEXT, Kind.INT, Kind.TIME, Kind.DAY, Kind.MONEY
_FLAG: Final = Kind.FLAG
_WHEN: Final = (
    Column("seq", _INT, "The number of the record in the log."),
    Column("time", _TIME, "When the venue sequenced it."),
    Column("day", _DAY, "The trading day; null before the first."),
)
_SYMBOL: Final = Column("symbol", _TEXT, "The line: a product in a mode.")
_BALANCE: Final = (
    "What the account has, the reserved part included.",
    "What live orders may need, what is locked and what is owed.",
    "What was bought, or sold for, and may not be used yet.",
    "What is to be delivered on a later day.",
    "What is to be received on a later day, not in the total yet.",
)
_PARTS: Final = ("total", "reserved", "locked", "owed", "pending")

TRADES: Final = Table("trades", "One row for each trade.", (
    *_WHEN, _SYMBOL,
    Column("trade", _INT, "The trade's number in its line, from 1."),
    Column("mechanism", _TEXT, "How the line trades: order_book, listing, negotiated and so on."),
    Column("phase", _TEXT, "The line's phase before the record that made the trade."),
    Column("price", _MONEY, "The price per tonne."),
    Column("quantity", _INT, "Tonnes."),
    Column("value", _MONEY, "Price times quantity, without fees."),
    Column("aggressor", _TEXT, "The side that arrived: buy or sell; null in calls and auctions."),
    Column("buyer", _TEXT, "The buyer's account."),
    Column("buyer_ref", _INT, "The reference of the buyer's order."),
    Column("buyer_fee", _MONEY, "What the buyer paid to the venue."),
    Column("seller", _TEXT, "The seller's account."),
    Column("seller_ref", _INT, "The reference of the seller's order."),
    Column("seller_fee", _MONEY, "What the seller paid to the venue."),
))  # fmt: skip
ORDERS: Final = Table(
    "orders",
    "One row for each accepted order with its whole life, written when it ends; those that still "
    "live come last.",
    (
        *_WHEN, _SYMBOL,
        Column("account", _TEXT, "Whose it is."),
        Column("ref", _INT, "The client's own reference, unique in the account."),
        Column("command", _TEXT, "What entered it: new_order, pick, quote, announce or bid."),
        Column("side", _TEXT, "buy or sell."),
        Column("order_type", _TEXT, "limit, market, stop or stop_limit; null but for a new_order."),
        Column("tif", _TEXT, "The time in force; null but for a new_order."),
        Column("price", _MONEY, "The limit, or the protection price, at entry."),
        Column("quantity", _INT, "Tonnes at entry."),
        Column("state", _TEXT, "Where it went at entry: resting, matching, held and so on."),
        Column("rested", _TIME, "When it first rested in the book."),
        Column("triggered", _TIME, "When its stop price was reached."),
        Column("amends", _INT, "How often it was changed."),
        Column("last_price", _MONEY, "Its limit after the last change."),
        Column("last_quantity", _INT, "Its tonnes in total after the last change."),
        Column("first_fill", _TIME, "When it first traded."),
        Column("last_fill", _TIME, "When it last traded."),
        Column("trades", _INT, "How many trades it had."),
        Column("filled", _INT, "Tonnes traded."),
        Column("value", _MONEY, "What they cost or brought, without fees."),
        Column("fee", _MONEY, "What they cost in fees."),
        Column("prevented", _INT, "Tonnes that self-trade prevention took off while it lived."),
        Column("open", _INT, "Tonnes open at its end, or at the end of the log."),
        Column("ended", _TIME, "When it ended; null while it lives."),
        Column("end", _TEXT, "filled, or the reason of its cancel; null while it lives."),
    ),
)  # fmt: skip
DEPTH: Final = Table(
    "depth", "One row for each change of what the book shows at a price; together they are it.", (
        *_WHEN, _SYMBOL,
        Column("side", _TEXT, "buy for bids, sell for offers."),
        Column("price", _MONEY, "The price per tonne."),
        Column("quantity", _INT, "Tonnes shown there from now on; 0 for none."),
    ),
)  # fmt: skip
AUCTIONS: Final = Table(
    "auctions", "One row for each step of a call or a one-way auction.", (
        *_WHEN, _SYMBOL,
        Column("step", _TEXT, "indicated, uncrossed, announced, best_bid or cleared."),
        Column("number", _INT, "The one-way auction's number; null in a call."),
        Column("side", _TEXT, "The initiator's side of an announced auction."),
        Column("price", _MONEY, "The call's price, the reserve, the best bid or the clearing "
                                "price; null for none."),
        Column("quantity", _INT, "Tonnes that trade, traded, are announced or are bid for."),
        Column("surplus", _INT, "Tonnes left at the price: bids above 0, offers below, in a call; "
                                "unsold in a cleared auction."),
        Column("decided", _TEXT, "The step of the ladder that left one price, in a call."),
        Column("bids", _INT, "How many bids a cleared auction had."),
        Column("bidders", _INT, "How many bidders a cleared auction had."),
    ),
)  # fmt: skip
SESSIONS: Final = Table(
    "sessions", "One row for each phase that a line entered, with the limits in force.", (
        *_WHEN, _SYMBOL,
        Column("phase", _TEXT, "The phase: closed, pre_open, opening_call, continuous and so on."),
        Column("reason", _TEXT, "Why, in the operator's or the rulebook's words."),
        Column("reference", _MONEY, "The price that the limits start from; null for none."),
        Column("low_limit", _MONEY, "The lowest price allowed; null for none."),
        Column("high_limit", _MONEY, "The highest price allowed; null for none."),
    ),
)  # fmt: skip
REFUSALS: Final = Table(
    "refusals", "One row for each command that the venue refused.", (
        *_WHEN,
        Column("account", _TEXT, "Whose command it was; null for the operator's."),
        Column("ref", _INT, "The client's own reference; null where the command has none."),
        Column("command", _TEXT, "What was asked for: new_order, cancel_order, pick and so on."),
        Column("symbol", _TEXT, "The line that it named; null where it names none."),
        Column("reason", _TEXT, "The reason's name: price_limit, cash, phase and so on."),
        Column("field", _TEXT, "The command's field that was refused; null where it is none."),
        Column("rule", _TEXT, "What would have been accepted, in words and figures."),
    ),
)  # fmt: skip
DAYS: Final = Table(
    "days", "One row for each line's trading day as a bar.", (
        *_WHEN, _SYMBOL,
        Column("open", _MONEY, "The first price; null without a trade."),
        Column("high", _MONEY, "The highest price; null without a trade."),
        Column("low", _MONEY, "The lowest price; null without a trade."),
        Column("close", _MONEY, "The close by the rulebook; the previous one without a trade."),
        Column("volume", _INT, "Tonnes traded."),
        Column("value", _MONEY, "What they were worth."),
        Column("trades", _INT, "How many trades."),
    ),
)  # fmt: skip
CASH: Final = Table(
    "cash",
    "One row for each account's money at the end of each trading day, and of the log.",
    (
        *_WHEN,
        Column("account", _TEXT, "Whose it is."),
        Column("currency", _TEXT, "The currency."),
        *(Column(name, _MONEY, said) for name, said in zip(_PARTS, _BALANCE, strict=True)),
    ),
)
HOLDINGS: Final = Table(
    "holdings",
    "One row for each account's tonnes at the end of each trading day, and of the log.",
    (
        *_WHEN,
        Column("account", _TEXT, "Whose they are."),
        Column("product", _TEXT, "The product, such as a vintage."),
        *(Column(name, _INT, said) for name, said in zip(_PARTS, _BALANCE, strict=True)),
    ),
)
_ENTITY: Final = Column("entity", _TEXT, "The entity, such as an emitter.")
_CYCLE: Final = Column("cycle", _TEXT, "The compliance cycle.")
ENTITIES: Final = Table(
    "entities",
    "One row for each entry of an entity in the registry, freeze of its purchases or large holder.",
    (
        *_WHEN,
        Column("step", _TEXT, "registered, purchases_frozen or large_holder."),
        Column("entity", _TEXT, "The entity, such as an emitter; null for a large holder."),
        Column("accounts", _TEXT, "Its accounts, commas between; null unless registered."),
        Column("officers", _TEXT, "Who acts for it, commas between; null unless registered."),
        Column("group", _TEXT, "The entities that it belongs with; null for none."),
        Column("on", _FLAG, "Whether it may not purchase from now on, of purchases_frozen."),
        Column("quantity", _INT, "Tonnes that a large holder's group has."),
        Column("level", _INT, "Tonnes above which a group has to be reported."),
    ),
)
ALLOWANCES: Final = Table(
    "allowances",
    "One row for each step of the registry that makes, moves or ends tonnes, trades apart.",
    (
        *_WHEN,
        Column("step", _TEXT, "cap_set, issued, allocated, transferred, surrendered, banked or "
                              "cancelled."),
        Column("entity", _TEXT, "The entity for which it happened; null for none."),
        Column("cycle", _TEXT, "The compliance cycle; null for none."),
        Column("account", _TEXT, "The account that got them, or gave them; null for none."),
        Column("to_account", _TEXT, "The account that transferred tonnes went to."),
        Column("product", _TEXT, "The product, such as a vintage."),
        Column("to_product", _TEXT, "The later vintage that banked tonnes went into."),
        Column("quantity", _INT, "Tonnes; of a cap in all, of an allocation the whole of it."),
        Column("change", _INT, "Tonnes that an allocation issued now, or took back below 0."),
        Column("owed", _INT, "Tonnes that an allocation could not take back."),
        Column("due", _INT, "Tonnes that are still to be surrendered behind a surrender."),
        Column("balance", _INT, "Tonnes of the account behind an issue or a cancellation."),
        Column("issued", _INT, "Tonnes of the product in all, behind an issue."),
        Column("amount", _MONEY, "What was paid for transferred tonnes."),
        Column("currency", _TEXT, "The currency of that payment."),
        Column("final", _FLAG, "Whether an allocation is final."),
    ),
)  # fmt: skip
EMISSIONS: Final = Table(
    "emissions", "One row for each report, verification and publication of emissions.", (
        *_WHEN,
        Column("step", _TEXT, "reported, verified or published."),
        _CYCLE,
        _ENTITY,
        Column("quantity", _INT, "Tonnes emitted."),
        Column("due", _INT, "Tonnes still to be surrendered; null unless verified."),
        Column("allocated", _INT, "Tonnes allocated free of charge; null unless published."),
    ),
)  # fmt: skip
PENALTIES: Final = Table(
    "penalties",
    "One row for each entity that was short when its cycle closed, and each payment of a penalty.",
    (
        *_WHEN,
        Column("step", _TEXT, "settled or paid."),
        _CYCLE,
        _ENTITY,
        Column("account", _TEXT, "The account that paid; null for a settlement."),
        Column("short", _INT, "Tonnes that were short; null for a payment."),
        Column("amount", _MONEY, "The penalty, or what was paid of it."),
        Column("left", _MONEY, "What is still to be paid of it; null for a settlement."),
        Column("make_good", _INT, "Tonnes still to be surrendered; null for a payment."),
    ),
)
CYCLES: Final = Table(
    "cycles", "One row for each step of a compliance cycle that concerns all its entities.", (
        *_WHEN,
        Column("step", _TEXT, "deadline_passed, average_price or closed."),
        _CYCLE,
        Column("deadline", _TEXT, "The deadline that passed: reporting, verification, surrender."),
        Column("date", _DAY, "Its day; null for another step."),
        Column("missing", _INT, "How many entities had not done by then what it asks for."),
        Column("price", _MONEY, "The average price per tonne for penalties; null for none."),
        Column("volume", _INT, "Tonnes whose trades that average is of."),
        Column("begin", _DAY, "The first day whose trades count for it."),
        Column("end", _DAY, "The day behind the last one whose trades count for it."),
        Column("entities", _INT, "How many entities of a closed cycle had an obligation."),
        Column("short", _INT, "How many of them were short."),
    ),
)  # fmt: skip
TABLES: Final = {
    table.name: table
    for table in (TRADES, ORDERS, DEPTH, AUCTIONS, SESSIONS, REFUSALS, DAYS, CASH, HOLDINGS,
                  ENTITIES, ALLOWANCES, EMISSIONS, PENALTIES, CYCLES)
}  # fmt: skip
