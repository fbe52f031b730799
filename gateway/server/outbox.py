"""What each account is sent: numbered reports, kept, the same after every restart.

Reports are a projection of the venue's events, so replaying the log numbers them as they were
numbered when they were sent. A client that comes back asks for all after the last number it saw;
a message that it sends again is answered from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from msgspec import structs

from engine.log.snapshot import Part
from engine.registry.owners import Owners
from engine.vocabulary import events as ev
from engine.vocabulary.auction_events import AuctionEvent
from engine.vocabulary.enums import CancelReason, OfferKind, Side
from engine.vocabulary.link_events import LinkEvent
from engine.vocabulary.registry_events import RegistryEvent
from gateway.protocol import wire, wire_account, wire_modes
from gateway.protocol.framing import HEADERS
from gateway.server.box import DUPLICATE, MARK_MASK, Outbox, Windows
from gateway.server.link_reports import OF_LINKS
from gateway.server.registry_reports import OF_REGISTRY
from gateway.server.report_store import ReportStore
from gateway.server.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_encode = wire.encode
# The commonest reports are written as arrays: the same bytes, without making the message first.
_ACCEPTED = wire.OrderAccepted.__struct_config__.tag
_CANCELLED = wire.OrderCancelled.__struct_config__.tag
_FILLED = wire.OrderFilled.__struct_config__.tag
_REJECTED = wire.Rejected.__struct_config__.tag
PUBLIC = (ev.PhaseChanged, ev.DayClosed, ev.DayBegan, ev.ReferenceSet, ev.AmendmentTaken,
          ev.RulebookAmended, ev.AuctionIndicated, ev.AuctionUncrossed, ev.DepthChanged,
          ev.BestBid, ev.AuctionCleared, ev.AuctionStated)  # fmt: skip
_MASS = CancelReason.MASS


class Outboxes(Part):
    """All accounts' outboxes, and the public tape, fed with events."""

    def __init__(self, store: ReportStore | None = None, windows: Windows | None = None) -> None:
        """Start with no account; without a store all reports stay in memory."""
        self.store = store if store is not None else ReportStore()
        self.windows = windows if windows is not None else Windows()
        self.boxes: dict[str, Outbox] = {}
        self.project: dict[type, Callable[[int, Any], None]] = {  # by event
            ev.OrderAccepted: self._accepted,
            ev.Rejected: self._rejected,
            ev.OrderResting: self._booked,
            ev.Trade: self._trade,
            ev.OrderCancelled: self._cancelled,
            ev.OrderAmended: self._amended,
            ev.OrderReduced: self._reduced,
            ev.OrderTriggered: self._triggered,
            ev.MassCancelled: self._mass_cancelled,
            ev.KillSwitchSet: self._kill_switch,
            ev.CashMoved: self._cash,
            ev.AllowancesMoved: self._allowances,
            ev.AccountOpened: self._opened,
            ev.AuctionTrade: self._auction_trade,
            ev.Offered: self._offered,
            ev.Announced: self._announced,
            ev.Declined: self._declined,
            ev.Delivered: self._delivered,
            ev.Released: self._released,
        }
        self.tape = Tape()
        self._keep_trade = self.tape.trade
        self.project.update(dict.fromkeys(PUBLIC, _no_report))
        self.project.update(self.tape.rows())
        self.project[ev.AccountClassSet] = _no_report
        self.project.update(dict.fromkeys(get_args(AuctionEvent), _no_report))
        self.project.update(dict.fromkeys(get_args(RegistryEvent), _no_report))
        self.project.update(dict.fromkeys(OF_REGISTRY, self._of_registry))
        self._owners = Owners()
        self.project.update(dict.fromkeys(get_args(LinkEvent), _no_report))
        self.project.update(dict.fromkeys(OF_LINKS, self._of_link))
        # quotes to chosen accounts, by their maker's account and reference
        self._quotes: dict[tuple[str, int], ev.Offered] = {}

    def keep(self, snapshot: Path) -> None:
        """Put what is in the store beside a snapshot."""
        self.store.keep(snapshot)

    def find(self, snapshot: Path) -> None:
        """Go on behind what is beside a snapshot."""
        self.store.find(snapshot)

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()

    def absorb(self, time: int, events: list[ev.Event]) -> None:
        """Turn events of one record into reports."""
        project = self.project
        for event in events:
            project[event.__class__](time, event)

    def _opened(self, _time: int, e: ev.AccountOpened) -> None:
        self.boxes[e.account] = Outbox(self.store, self.windows)

    def _accepted(self, time: int, e: ev.OrderAccepted) -> None:
        box = self.boxes[e.account]
        box.last_answered = ref = e.ref
        box.seq = seq = box.seq + 1
        payload = _encode((_ACCEPTED, seq, time, ref, e.symbol, e.side, e.price, e.quantity,
                           e.state))  # fmt: skip
        stream = box.stream  # ``box.add``, written out where nearly all reports are made
        stream += HEADERS[len(payload)]
        stream += payload
        if box.news is not None:
            box.tell()
        if not seq & MARK_MASK:
            box.mark()

    def _rejected(self, time: int, e: ev.Rejected) -> None:
        box = self.boxes.get(e.account)
        if box is None:
            return  # an operator's command that names no account: its answer goes to the operator
        report = _encode((_REJECTED, box.seq + 1, time, e.ref, e.reason, e.field, e.rule))
        if e.ref > box.last_answered and e.reason is not DUPLICATE:
            box.answer(e.ref, report)
        else:
            box.add(report)

    def _booked(self, time: int, e: ev.OrderResting) -> None:
        box = self.boxes[e.account]
        box.add(_encode(wire.OrderResting(box.seq + 1, time, e.ref, e.leaves)))

    def _trade(self, time: int, e: ev.Trade) -> None:
        self._keep_trade(time, e)
        box = self.boxes[e.maker]
        side = e.side
        box.add(_encode((_FILLED, box.seq + 1, time, e.maker_ref, e.symbol, side,
                         e.price, e.quantity, e.maker_leaves, e.maker_fee, True,
                         e.trade)))  # fmt: skip
        box = self.boxes[e.taker]
        side = Side.SELL if side is Side.BUY else Side.BUY
        box.add(_encode((_FILLED, box.seq + 1, time, e.taker_ref, e.symbol, side,
                         e.price, e.quantity, e.taker_leaves, e.taker_fee, False,
                         e.trade)))  # fmt: skip
        if self._quotes and not e.maker_leaves:
            self._quote_ended(time, e.maker, e.maker_ref)

    def _auction_trade(self, time: int, e: ev.AuctionTrade) -> None:
        self.tape.auction_trade(time, e)
        for side, name, ref, leaves, fee in (
            (Side.BUY, e.buyer, e.buyer_ref, e.buyer_leaves, e.buyer_fee),
            (Side.SELL, e.seller, e.seller_ref, e.seller_leaves, e.seller_fee),
        ):
            box = self.boxes[name]
            box.add(
                _encode(
                    wire.OrderFilled(
                        seq=box.seq + 1,
                        time=time,
                        ref=ref,
                        symbol=e.symbol,
                        side=side,
                        price=e.price,
                        quantity=e.quantity,
                        leaves=leaves,
                        fee=fee,
                        maker=False,
                        trade=e.trade,
                    )
                )
            )

    def _cancelled(self, time: int, e: ev.OrderCancelled) -> None:
        box = self.boxes[e.account]
        request = e.request
        if request and e.reason is not _MASS:
            box.last_answered = request
        box.seq = seq = box.seq + 1
        payload = _encode((_CANCELLED, seq, time, e.ref, e.quantity, e.reason, request))
        stream = box.stream  # the same
        stream += HEADERS[len(payload)]
        stream += payload
        if box.news is not None:
            box.tell()
        if not seq & MARK_MASK:
            box.mark()
        if self._quotes:
            self._quote_ended(time, e.account, e.ref)

    def _amended(self, time: int, e: ev.OrderAmended) -> None:
        box = self.boxes[e.account]
        report = wire.OrderAmended(
            box.seq + 1, time, e.ref, e.price, e.quantity, e.leaves, e.state, e.request
        )
        if e.request:
            box.answer(e.request, _encode(report))
        else:  # nobody asked: a call made a market order a limit order
            box.add(_encode(report))

    def _reduced(self, time: int, e: ev.OrderReduced) -> None:
        box = self.boxes[e.account]
        box.add(_encode(wire.OrderReduced(box.seq + 1, time, e.ref, e.quantity, e.leaves)))

    def _triggered(self, time: int, e: ev.OrderTriggered) -> None:
        box = self.boxes[e.account]
        box.add(_encode(wire.OrderTriggered(box.seq + 1, time, e.ref)))

    def _mass_cancelled(self, time: int, e: ev.MassCancelled) -> None:
        box = self.boxes[e.account]
        box.answer(e.ref, _encode(wire.MassCancelled(box.seq + 1, time, e.ref, e.count)))

    def _kill_switch(self, time: int, e: ev.KillSwitchSet) -> None:
        box = self.boxes[e.account]
        box.add(_encode(wire_account.KillSwitchSet(box.seq + 1, time, e.on, e.count)))

    def _cash(self, time: int, e: ev.CashMoved) -> None:
        box = self.boxes[e.account]
        report = wire_account.CashMoved(box.seq + 1, time, e.currency, e.amount, e.balance)
        box.add(_encode(report))

    def _allowances(self, time: int, e: ev.AllowancesMoved) -> None:
        box = self.boxes[e.account]
        report = wire_account.AllowancesMoved(box.seq + 1, time, e.product, e.quantity, e.balance)
        box.add(_encode(report))

    def _of_registry(self, time: int, e: Any) -> None:
        make, fields = OF_REGISTRY[e.__class__], structs.astuple(e)
        for name in self._owners.of(e):
            box = self.boxes[name]
            box.add(_encode(make(box.seq + 1, time, *fields)))

    def _of_link(self, time: int, e: Any) -> None:
        box = self.boxes[e.account]
        make, answers = OF_LINKS[e.__class__]
        report = _encode(make(box.seq + 1, time, e))
        if answers and e.ref:
            box.answer(e.ref, report)
        else:
            box.add(report)

    # -- modes other than the order book ----------------------------------------------------------

    def _offered(self, time: int, e: ev.Offered) -> None:
        """Tell the maker the number, and those that an offer was made to what it is."""
        box = self.boxes[e.account]
        payload = _encode(wire_modes.NumberAssigned(box.seq + 1, time, e.ref, e.symbol, e.number))
        if e.kind is OfferKind.ENQUIRY:
            box.answer(e.ref, payload)
        else:
            box.add(payload)
        if e.to and e.kind is OfferKind.QUOTE:
            self._quotes[e.account, e.ref] = e
        for name in e.to:
            box = self.boxes[name]
            box.add(
                _encode(
                    wire_modes.QuoteReceived(
                        seq=box.seq + 1,
                        time=time,
                        symbol=e.symbol,
                        number=e.number,
                        kind=e.kind,
                        account=e.account,
                        side=e.side,
                        price=e.price,
                        quantity=e.quantity,
                        answers=e.answers,
                        expire_at=e.expire_at,
                    )
                )
            )

    def _quote_ended(self, time: int, account: str, ref: int) -> None:
        """Tell those that a quote was made to, who took it included."""
        quote = self._quotes.pop((account, ref), None)
        if quote is None:
            return
        for name in quote.to:
            box = self.boxes[name]
            report = wire_modes.QuoteEnded(box.seq + 1, time, quote.symbol, quote.number)
            box.add(_encode(report))

    def _announced(self, time: int, e: ev.Announced) -> None:
        box = self.boxes[e.account]
        box.add(_encode(wire_modes.NumberAssigned(box.seq + 1, time, e.ref, e.symbol, e.number)))

    def _declined(self, time: int, e: ev.Declined) -> None:
        box = self.boxes[e.account]
        box.answer(
            e.ref,
            _encode(
                wire_modes.Declined(
                    seq=box.seq + 1,
                    time=time,
                    ref=e.ref,
                    symbol=e.symbol,
                    number=e.number,
                    account=e.account,
                )
            ),
        )
        box = self.boxes[e.maker]
        box.add(
            _encode(
                wire_modes.Declined(
                    seq=box.seq + 1,
                    time=time,
                    ref=0,
                    symbol=e.symbol,
                    number=e.number,
                    account=e.account,
                )
            )
        )
        quote = self._quotes[e.maker, e.maker_ref]
        left = tuple(name for name in quote.to if name != e.account)
        self._quotes[e.maker, e.maker_ref] = structs.replace(quote, to=left)

    def _delivered(self, time: int, e: ev.Delivered) -> None:
        box = self.boxes[e.account]
        box.add(
            _encode(
                wire_modes.Delivered(
                    seq=box.seq + 1,
                    time=time,
                    product=e.product,
                    quantity=e.quantity,
                    currency=e.currency,
                    amount=e.amount,
                )
            )
        )

    def _released(self, time: int, e: ev.Released) -> None:
        box = self.boxes[e.account]
        box.add(_encode(wire_modes.Released(box.seq + 1, time, e.name, e.amount)))


def _no_report(_time: int, _event: ev.Event) -> None:
    """Nothing: it is published as market data, or the operator's affair."""
