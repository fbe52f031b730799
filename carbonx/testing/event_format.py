"""Events in a line each, as scripts expect them (see ``carbonx.testing.script``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonx.testing.link_words import tell_link
from engine.vocabulary import auction_events as ae
from engine.vocabulary import events as e
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import OfferKind, OrderState

if TYPE_CHECKING:
    from collections.abc import Callable

    Money = Callable[[int], str]


def depth(value: int) -> str:
    """Write a depth; nothing where an event carries none."""
    return "" if value < 0 else f" depth {value}"


def tell(event: e.Event, m: Money = str) -> str:
    """Write an event as a line; ``m`` writes prices and money."""
    match event:
        case e.Rejected():
            who = f"{event.account}#{event.ref} " if event.ref else ""
            return f"{who}refused {event.reason.name} {event.field}"
        case e.OrderAccepted():
            state = event.state.name.lower()
            end = depth(event.depth) if event.state is OrderState.RESTING else ""
            return f"{event.account}#{event.ref} {state} {event.quantity} @ {m(event.price)}{end}"
        case e.OrderResting():
            head = f"{event.account}#{event.ref} rests {event.leaves} @ {m(event.price)}"
            return head + depth(event.depth)
        case e.Trade():
            maker = f"{event.maker}#{event.maker_ref}({event.maker_leaves})"
            taker = f"{event.taker}#{event.taker_ref}({event.taker_leaves})"
            fees = _fees(event.maker_fee, event.taker_fee, m)
            head = f"trade {event.quantity} @ {m(event.price)} {maker} {taker}"
            return head + depth(event.depth) + fees
        case e.OrderCancelled():
            head = f"{event.account}#{event.ref} cancelled {event.quantity} {event.reason.name}"
            return head + depth(event.depth)
        case e.OrderAmended():
            head = f"{event.account}#{event.ref} amended {event.quantity}({event.leaves})"
            old = "" if event.old_depth < 0 else f" left {event.old_depth} @ {m(event.old_price)}"
            return f"{head} @ {m(event.price)} {event.state.name.lower()}{depth(event.depth)}{old}"
        case e.OrderReduced():
            head = f"{event.account}#{event.ref} reduced {event.quantity} to {event.leaves}"
            return head + depth(event.depth)
    return _tell_operator(event, m) or tell_link(event, m) or _tell_auction(event, m)


def _fees(one: int, other: int, m: Money) -> str:
    return f" fees {m(one)} {m(other)}" if one or other else ""


def _tell_operator(event: e.Event, m: Money) -> str:
    """Write what is not about one order; "" for an event of a call, an offer or an auction."""
    match event:
        case e.OrderTriggered():
            return f"{event.account}#{event.ref} triggered"
        case e.MassCancelled():
            return f"{event.account}#{event.ref} mass cancel of {event.count}"
        case e.KillSwitchSet():
            return f"{event.account} {'killed' if event.on else 'freed'} {event.count}"
        case e.PhaseChanged():
            limits = f" {m(event.low_limit)} to {m(event.high_limit)}" if event.high_limit else ""
            return f"{event.symbol} {event.phase.name.lower()} {m(event.reference)}{limits}"
        case e.DayClosed():
            bar = " ".join(m(price) for price in (event.open, event.high, event.low, event.close))
            return f"{event.symbol} day {bar} volume {event.volume} value {m(event.value)}"
        case e.AccountOpened():
            role = f" as {event.role}" if event.role else ""
            return f"{event.account} opened{role}"
        case e.AccountClassSet():
            return f"{event.account} is {event.role or 'in no class'}"
        case ae.GuaranteeChanged():
            kind = f" by {event.kind}" if event.kind else ""
            return f"{event.account} guarantee {m(event.amount)} to {m(event.guarantee)}{kind}"
        case ae.ConsignmentChanged():
            return f"{event.account} consigned {event.quantity} to {event.consigned}"
        case ae.SaleProposed():
            beyond = f"{m(event.average)} beyond {m(event.level)}"
            return f"{event.product} {event.trigger} proposes a {event.side.name.lower()}: {beyond}"
        case e.CashMoved():
            money = f"{m(event.amount)} to {m(event.balance)}"
            return f"{event.account} cash {money} {event.currency}"
        case e.AllowancesMoved():
            return f"{event.account} tonnes {event.quantity} to {event.balance} {event.product}"
        case e.DayBegan():
            return f"day {event.date} number {event.number}"
        case e.ReferenceSet():
            return f"{event.product} reference {m(event.price)}"
        case e.AmendmentTaken():
            return (
                f"rule {event.path} = {event.value} waits for {event.effective or 'the next day'}"
            )
        case e.RulebookAmended():
            return f"rule {event.path} = {event.value}"
        case e.Delivered():
            money = f"{m(event.amount)} {event.currency}"
            return f"{event.account} delivered {event.quantity} {event.product} {money}"
        case e.Released():
            return f"{event.account} released {event.amount} {event.name}"
    return _tell_registry(event, m) or _tell_year(event, m)


def _tell_registry(event: e.Event, m: Money) -> str:
    """Write what moved in the registry."""
    match event:
        case re.EntityRegistered():
            return f"{event.entity} registered {' '.join(event.accounts)}"
        case re.CapSet():
            return f"cap {event.quantity} {event.product}"
        case re.AllowancesIssued():
            return f"{event.account} issued {event.quantity} {event.product}"
        case re.AllowancesAllocated():
            owed = f" owes {event.owed}" if event.owed else ""
            kind = "final" if event.final else "provisional"
            return f"{event.entity} allocated {event.quantity} by {event.change:+} {kind}{owed}"
        case re.AllowancesTransferred():
            paid = f" for {m(event.amount)}" if event.amount else ""
            return f"{event.account} gives {event.to} {event.quantity} {event.product}{paid}"
        case re.AllowancesSurrendered():
            return f"{event.entity} surrenders {event.quantity} {event.product} due {event.due}"
        case re.AllowancesCancelled():
            return f"{event.account} cancels {event.quantity} {event.product}"
        case re.AllowancesBanked():
            return f"{event.entity} banks {event.quantity} {event.product} as {event.to}"
    return ""


def _tell_year(event: e.Event, m: Money) -> str:
    """Write what the compliance year brought."""
    match event:
        case re.EmissionsReported():
            return f"{event.entity} reports {event.quantity}"
        case re.EmissionsVerified():
            return f"{event.entity} verified {event.quantity} due {event.due}"
        case re.CompliancePublished():
            return f"{event.entity} published {event.verified} allocated {event.allocated}"
        case re.ComplianceSettled():
            penalty = f"penalty {m(event.penalty)} make good {event.make_good}"
            return f"{event.entity} short {event.short} {penalty}"
        case re.CycleClosed():
            return f"cycle {event.cycle} closed {event.short} of {event.entities} short"
        case re.PurchasesFrozen():
            return f"{event.entity} {'frozen' if event.on else 'thawed'}"
        case re.LargeHolderReported():
            return f"{event.group} holds {event.quantity} above {event.level}"
        case re.DeadlinePassed():
            return f"{event.step} of {event.cycle} ended {event.date} missing {event.missing}"
        case re.AveragePriceTaken():
            return f"{event.cycle} averages {m(event.price)} over {event.volume}"
        case re.PenaltyPaid():
            return f"{event.entity} pays {m(event.amount)} left {m(event.left)}"
    return ""


def _tell_auction(event: e.Event, m: Money) -> str:
    """Write an event of a call, an offer or an auction."""
    match event:
        case e.AuctionIndicated() | e.AuctionUncrossed():
            word = "indicates" if isinstance(event, e.AuctionIndicated) else "uncrosses"
            left = f" surplus {event.surplus}" if event.surplus else ""
            best = ""
            if isinstance(event, e.AuctionIndicated) and (event.bid or event.ask):
                bid, ask = m(event.bid), m(event.ask)
                best = f" best {event.bid_quantity} @ {bid} / {event.ask_quantity} @ {ask}"
            return f"{event.symbol} {word} {event.volume} @ {m(event.price)}{left}{best}"
        case e.AuctionTrade():
            buyer = f"{event.buyer}#{event.buyer_ref}({event.buyer_leaves})"
            seller = f"{event.seller}#{event.seller_ref}({event.seller_leaves})"
            fees = _fees(event.buyer_fee, event.seller_fee, m)
            return f"trade {event.quantity} @ {m(event.price)} {buyer} from {seller}{fees}"
        case e.DepthChanged():
            return f"{event.side.name.lower()} @ {m(event.price)} depth {event.depth}"
        case e.Offered():
            price = "" if event.kind is OfferKind.ENQUIRY else f" @ {m(event.price)}"
            to = f" to {','.join(event.to)}" if event.to else ""
            kind = event.kind.name.lower()
            head = f"{event.account}#{event.ref} {kind} {event.number}:"
            return f"{head} {event.side.name.lower()} {event.quantity}{price}{to}"
        case e.Announced():
            terms = f"{event.side.name.lower()} {event.quantity} @ {m(event.price)}"
            return f"{event.account}#{event.ref} auction {event.number}: {terms}"
        case e.BestBid():
            return f"auction {event.number} best {event.quantity} @ {m(event.price)}"
        case e.Declined():
            return f"{event.account}#{event.ref} declines {event.number} of {event.maker}"
        case e.AuctionCleared():
            sold = f"{event.quantity} @ {m(event.price)}"
            return f"auction {event.number} clears {sold} unsold {event.unsold}"
        case e.AuctionStated():
            return _tell_statement(event, m)
    raise TypeError(event)


def _tell_statement(event: e.AuctionStated, m: Money) -> str:
    """Write the statement of an auction of the calendar: what is 0 or nothing is left out."""
    cuts = ", ".join(f"{why} {tonnes}" for why, tonnes in event.cuts)
    tiers = ", ".join(f"{name} {tonnes}" for name, tonnes in event.tiers if tonnes)
    again = ", ".join(f"{date} +{tonnes}" for date, tonnes in event.reoffered)
    sold = f"{event.end.name.lower()} {event.sold} of {event.offered} @ {m(event.price)}"
    parts = (
        f"auction {event.number} of {event.date} {sold}",
        f"interim {m(event.interim)}" if event.interim != event.price else "",
        f"cover {event.cover_bp}",
        f"winners {', '.join(map(str, event.winners))}" if event.winners else "",
        f"cut {cuts}" if cuts else "",
        f"tiers {tiers}" if tiers else "",
        f"consigned {event.consigned_sold} of {event.consigned}" if event.consigned else "",
        f"again {again}" if again else "",
    )
    return "; ".join(part for part in parts if part)
