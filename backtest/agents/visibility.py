"""Who may see what of a venue's events: the public's part, and each account's.

An agent in the laboratory receives what a client of a live venue receives, in the same form:

- An event *names the account* where it is about its own orders. Of its trades it sees its own half;
  the counterparty is ``""`` with zeros, and a fill in a call looks like that of an order that
  arrived. ``depth`` is -1 in it: what the book shows is public.
- A *public* event names no account. The book appears as ``DepthChanged`` and nothing else, a call's
  trades as one ``AuctionUncrossed``. An offer that shrank comes again as ``Offered`` with the
  tonnes that are left, 0 when it is gone; an auction that is withdrawn is
  ``AuctionCleared`` with nothing sold.
- A quote or an enquiry goes to its maker and to its addressees, who see whose it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from engine.registry.owners import PUBLIC, Owners
from engine.vocabulary import events as ev
from engine.vocabulary.enums import CancelReason, OfferKind, Side
from engine.vocabulary.registry_events import AllowancesIssued

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PUBLIC = (ev.PhaseChanged, ev.DayClosed, ev.AuctionIndicated, ev.AuctionUncrossed,
           ev.DepthChanged, ev.BestBid, ev.AuctionCleared, ev.AuctionStated)  # fmt: skip
_OWN = (ev.Rejected, ev.OrderTriggered, ev.MassCancelled, ev.KillSwitchSet, ev.CashMoved,
        ev.AllowancesMoved, ev.Delivered, ev.Released)  # fmt: skip
_WITH_DEPTH = (ev.OrderAccepted, ev.OrderResting, ev.OrderCancelled, ev.OrderReduced)


class Visibility:
    """Divides one venue's events among the public and its accounts.

    Each part is a pair: the account that receives it, ``""`` for everybody, and the event.
    """

    def __init__(self) -> None:
        """Start with a venue in which nothing is offered under a number."""
        self._offers: dict[tuple[str, int], ev.Offered | ev.Announced] = {}  # by maker, reference
        self._owners = Owners()

    def parts(self, events: Iterable[ev.Event]) -> Iterator[tuple[str, ev.Event]]:
        """Yield who receives what, in order."""
        for event in events:
            if isinstance(event, _WITH_DEPTH):
                yield event.account, structs.replace(event, depth=-1)
                if event.depth >= 0:
                    yield "", _depth(event.symbol, event.side, event.price, event.depth)
                if isinstance(event, ev.OrderCancelled) and self._offers:
                    yield from self._withdrawn(event)
                    yield from self._left(event.account, event.ref, 0)
            elif isinstance(event, ev.Trade):
                yield from self._trade(event)
            elif isinstance(event, ev.OrderAmended):
                yield event.account, structs.replace(event, depth=-1, old_depth=-1)
                if event.old_depth >= 0:
                    yield "", _depth(event.symbol, event.side, event.old_price, event.old_depth)
                if event.depth >= 0:
                    yield "", _depth(event.symbol, event.side, event.price, event.depth)
            elif isinstance(event, _PUBLIC):
                yield "", event
            elif isinstance(event, _OWN):
                yield event.account, event
            else:
                yield from self._seldom(event)

    def _trade(self, e: ev.Trade) -> Iterator[tuple[str, ev.Event]]:
        yield (
            e.maker,
            structs.replace(e, taker="", taker_ref=0, taker_leaves=0, taker_fee=0, depth=-1),
        )
        nameless = structs.replace(e, maker="", maker_ref=0, maker_leaves=0, maker_fee=0, depth=-1)
        yield e.taker, nameless
        yield "", structs.replace(nameless, taker="", taker_ref=0, taker_leaves=0, taker_fee=0)
        if e.depth >= 0:
            yield "", _depth(e.symbol, e.side, e.price, e.depth)
        if self._offers:
            yield from self._left(e.maker, e.maker_ref, e.maker_leaves)

    def _seldom(self, e: ev.Event) -> Iterator[tuple[str, ev.Event]]:
        """Divide an event of a call or of an offer; what is left over concerns operators only."""
        if isinstance(e, ev.AuctionTrade):
            for other, account, ref, leaves, fee in (
                (Side.SELL, e.buyer, e.buyer_ref, e.buyer_leaves, e.buyer_fee),
                (Side.BUY, e.seller, e.seller_ref, e.seller_leaves, e.seller_fee),
            ):
                yield (
                    account,
                    ev.Trade(
                        e.symbol,
                        e.trade,
                        other,
                        e.price,
                        e.quantity,
                        "",
                        0,
                        0,
                        0,
                        account,
                        ref,
                        leaves,
                        fee,
                        -1,
                    ),
                )
        elif isinstance(e, ev.Offered):
            yield e.account, e
            if e.kind is not OfferKind.ENQUIRY:
                self._offers[e.account, e.ref] = e
            yield from _made_to(e)
        elif isinstance(e, ev.Announced):
            yield e.account, e
            self._offers[e.account, e.ref] = e
            yield "", structs.replace(e, account="", ref=0)
        elif isinstance(e, ev.Declined):
            yield e.account, structs.replace(e, maker="", maker_ref=0)
            yield e.maker, structs.replace(e, ref=0, maker_ref=0)
            offer = self._offers.get((e.maker, e.maker_ref))
            if isinstance(offer, ev.Offered) and offer.to:
                to = tuple(name for name in offer.to if name != e.account)
                if to:
                    self._offers[e.maker, e.maker_ref] = structs.replace(offer, to=to)
                else:  # the quote's cancellation follows; there is no other addressee left
                    del self._offers[e.maker, e.maker_ref]
        else:
            yield from self._registry(e)

    def _registry(self, e: ev.Event) -> Iterator[tuple[str, ev.Event]]:
        """Yield an event of the registry to those it concerns, or to all."""
        for name in self._owners.of(e):
            yield name, e
        if isinstance(e, PUBLIC):
            yield "", e
        elif isinstance(e, AllowancesIssued):
            yield "", structs.replace(e, account="", balance=0)

    def _withdrawn(self, e: ev.OrderCancelled) -> Iterator[tuple[str, ev.Event]]:
        """Yield the end of an auction that its initiator, or a rule, took back."""
        offer = self._offers.get((e.account, e.ref))
        if isinstance(offer, ev.Announced) and e.reason is not CancelReason.LOST:
            yield "", ev.AuctionCleared(e.symbol, offer.number, 0, 0, offer.quantity, 0, 0)

    def _left(self, account: str, ref: int, leaves: int) -> Iterator[tuple[str, ev.Event]]:
        """Yield an offer that became smaller, or went, for those that may answer it."""
        offer = self._offers.pop((account, ref), None)
        if offer is None:
            return
        offer = structs.replace(offer, quantity=leaves)
        if leaves:
            self._offers[account, ref] = offer
        if isinstance(offer, ev.Offered):
            for name, part in _made_to(offer):
                if not name or not leaves:
                    yield name, part


def _made_to(e: ev.Offered) -> Iterator[tuple[str, ev.Event]]:
    """Yield an offer as its addressees see it."""
    if not e.to:
        yield "", structs.replace(e, account="", ref=0, answers=0, expire_at=0)
    for name in e.to:
        yield name, structs.replace(e, ref=0, to=(name,))


def _depth(symbol: str, side: Side, price: int, depth: int) -> ev.DepthChanged:
    return ev.DepthChanged(symbol, side, price, depth)
