"""Negotiated blocks (大宗协议交易, 协议转让): quotes to chosen counterparties, confirmed by them.

A quote is firm and reserved for from the moment it is made: that is its maker's confirmation. The
counterparty confirms it whole by picking its number, or declines. An enquiry is a quote without a
price; it is not binding and asks those it is sent to for quotes. A block prints beside the order
book and never moves the close unless the rulebook says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.markets.admission import ENTRY, Refusal, check_quantity
from engine.markets.dumps import rows
from engine.markets.offers import OfferLine
from engine.matching.continuous import FILLED
from engine.rulebook.calendar import midnight
from engine.vocabulary.commands import Decline, Pick, Quote
from engine.vocabulary.enums import CancelReason, OfferKind, OrderState, RejectReason, Side
from engine.vocabulary.events import Announced, Declined, Event, Offered, OrderAccepted, Rejected
from engine.vocabulary.texts import shown
from engine.vocabulary.units import MAX_RECIPIENTS

if TYPE_CHECKING:
    from engine.book.orders import Order, Participant
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.rulebook.model import Mode, Product, Rulebook

_SECOND = 1_000_000_000


class Negotiated(OfferLine):
    """A line whose trades are agreed between two accounts."""

    __slots__ = ("addressed", "enquiries")

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.addressed: dict[int, tuple[str, ...]] = {}  # quote -> who may confirm; () everybody
        self.commands = {Quote: self.quote, Pick: self.pick, Decline: self.decline}
        self.enquiries: dict[int, tuple[str, tuple[str, ...]]] = {}  # number -> by whom, to whom

    def quote(self, command: Quote, participant: Participant) -> list[Event]:
        """Make a firm quote, or send an enquiry."""
        refusal = self.admit_open() or self._admit_parties(command, participant)
        refusal = refusal or self._admit_times(command)
        if refusal is not None:
            return [Rejected(command.account, command.ref, *refusal)]
        if not command.price:
            return self._enquire(command)
        seat = self.seat(participant)
        refusal = self.admit_terms(seat, command.side, command.quantity, command.price)
        refusal = refusal or self.reserve(seat, command.side, command.quantity, command.price)
        if refusal is not None:
            return [Rejected(command.account, command.ref, *refusal)]
        live = self.live(
            seat, command.ref, command.side, command.quantity, command.price, command.expire_at
        )
        number = self.number(live)
        to = (self.enquiries[command.answers][0],) if command.answers else command.to
        self.addressed[number] = to
        return [
            OrderAccepted(
                account=command.account,
                ref=command.ref,
                symbol=self.symbol,
                side=command.side,
                price=command.price,
                quantity=command.quantity,
                state=OrderState.HELD,
                depth=-1,
            ),
            Offered(
                account=command.account,
                ref=command.ref,
                symbol=self.symbol,
                number=number,
                kind=OfferKind.QUOTE,
                side=command.side,
                price=command.price,
                quantity=command.quantity,
                to=to,
                answers=command.answers,
                expire_at=command.expire_at,
            ),
        ]

    def _enquire(self, command: Quote) -> list[Event]:
        refusal = check_quantity(command.quantity, self.gate)
        if refusal is None and command.answers:
            refusal = Refusal(
                RejectReason.PRICE_RANGE, "price", "an answer to an enquiry has a price"
            )
        if refusal is not None:
            return [Rejected(command.account, command.ref, *refusal)]
        self.counted += 1
        self.enquiries[self.counted] = (command.account, command.to)
        return [
            Offered(
                account=command.account,
                ref=command.ref,
                symbol=self.symbol,
                number=self.counted,
                kind=OfferKind.ENQUIRY,
                side=command.side,
                price=0,
                quantity=command.quantity,
                to=command.to,
                answers=0,
                expire_at=0,
            )
        ]

    def _admit_parties(self, command: Quote, participant: Participant) -> Refusal | None:
        """Check to whom it goes, and that an answer goes to an enquiry that was sent here."""
        everybody = self.shared.participants
        if len(command.to) > MAX_RECIPIENTS:
            rule = f"at most {MAX_RECIPIENTS} accounts, or none for everybody"
            return Refusal(RejectReason.COUNTERPARTY, "to", rule)
        for name in command.to:
            other = everybody.get(name)
            if other is None or other.stp_id == participant.stp_id:
                rule = f"{shown(name)} is not an open account of another owner"
                return Refusal(RejectReason.COUNTERPARTY, "to", rule)
        if not command.answers:
            return None
        asked = self.enquiries.get(command.answers)
        if asked is None:
            rule = f"{self.symbol} has no enquiry {command.answers}"
            return Refusal(RejectReason.UNKNOWN_NUMBER, "answers", rule)
        by, to = asked
        if (to and participant.name not in to) or everybody[by].stp_id == participant.stp_id:
            rule = f"enquiry {command.answers} was not sent to this account"
            return Refusal(RejectReason.COUNTERPARTY, "answers", rule)
        return None

    def _admit_times(self, command: Quote) -> Refusal | None:
        time = self.clock.now
        if command.expire_at and command.expire_at <= time:
            rule = f"after the venue's time, {time} ns, or 0 for the end of the day"
            return Refusal(RejectReason.EXPIRY, "expire_at", rule)
        if not command.agreed_at:
            return None
        late = self.mode.report_seconds
        earliest = time - late * _SECOND if late else midnight(self.rulebook.calendar, time)
        if not earliest <= command.agreed_at <= time:
            within = f"within {late} seconds" if late else "on its day"
            rule = f"{max(0, earliest)} to {time} ns: a deal is entered {within}"
            return Refusal(RejectReason.EXPIRY, "agreed_at", rule)
        return None

    def _addressed_to(self, number: int, participant: Participant) -> Order | Refusal:
        """Return a quote that an account may answer."""
        quote = self.find(number)
        if isinstance(quote, Refusal):
            return quote
        to = self.addressed[number]
        if quote.seat.stp_id == participant.stp_id:
            return Refusal(RejectReason.OWN_ORDER, "number", "a quote of the same owner")
        if to and participant.name not in to:
            rule = f"quote {number} was not made to this account"
            return Refusal(RejectReason.COUNTERPARTY, "number", rule)
        return quote

    def pick(self, command: Pick, participant: Participant) -> list[Event]:
        """Confirm a quote: both sides have now agreed, and the block trades."""
        quote = self._addressed_to(command.number, participant)
        refusal = self.admit_open()
        if isinstance(quote, Refusal):
            return [Rejected(command.account, command.ref, *(refusal or quote))]
        seat = self.seat(participant)
        side = Side.SELL if quote.side is Side.BUY else Side.BUY
        if refusal is None and command.quantity not in (0, quote.leaves):
            rule = f"a quote is confirmed whole: {quote.leaves} tonnes, or 0"
            refusal = Refusal(RejectReason.QUANTITY_RANGE, "quantity", rule)
        elif refusal is None and command.price not in (0, quote.price):
            rule = f"the price of quote {command.number} is {self.gate.money(quote.price)}"
            refusal = Refusal(RejectReason.PRICE_LIMIT, "price", rule)
        refusal = refusal or self.admit_terms(seat, side, quote.leaves, quote.price)
        quantity = quote.leaves
        refusal = refusal or self.reserve(seat, side, quantity, quote.price)
        if refusal is not None:
            return [Rejected(command.account, command.ref, *refusal)]
        taker = self.live(seat, command.ref, side, quantity, quote.price)
        events: list[Event] = [
            OrderAccepted(
                account=command.account,
                ref=command.ref,
                symbol=self.symbol,
                side=side,
                price=quote.price,
                quantity=quantity,
                state=OrderState.MATCHING,
                depth=-1,
            )
        ]
        self._settle(taker, quantity, [(FILLED, quote, quantity, 0, -1)], events)
        return events

    def decline(self, command: Decline, participant: Participant) -> list[Event]:
        """Turn a quote down; with its last counterparty gone it ends."""
        quote = self._addressed_to(command.number, participant)
        if isinstance(quote, Refusal):
            return [Rejected(command.account, command.ref, *quote)]
        to = tuple(name for name in self.addressed[command.number] if name != participant.name)
        if to == self.addressed[command.number]:
            rule = "a quote to everybody is not declined: leave it"
            return [
                Rejected(command.account, command.ref, RejectReason.COUNTERPARTY, "number", rule)
            ]
        declined = Declined(
            account=participant.name,
            ref=command.ref,
            symbol=self.symbol,
            number=command.number,
            maker=quote.seat.name,
            maker_ref=quote.ref,
        )
        if not to:
            return [declined, self.cancel(quote, CancelReason.DECLINED)]
        self.addressed[command.number] = to
        return [declined]

    def due(self) -> tuple[bool, int]:
        """Look at the clock while deals are reported: how late they come is measured by it."""
        return self.gate.phase in ENTRY, 0

    def indicates(self) -> bool:
        """Say that passing time shows nothing: deals are agreed one by one."""
        return False

    def standing(self) -> list[Offered | Announced]:
        """Return the quotes that are made to everybody."""
        return [
            self.offered(number, order, OfferKind.QUOTE)
            for number, order in self.offers.items()
            if not self.addressed[number]
        ]

    def end_day(self) -> None:
        """Forget the day's enquiries."""
        self.enquiries = {}

    def _unlist(self, order: Order) -> None:
        number = self.numbers.get((order.seat.name, order.ref), 0)
        if number:
            del self.addressed[number]
        super()._unlist(order)

    def dump(self) -> list[object]:
        """Return offers, who may answer them, and enquiries."""
        return [
            super().dump(),
            self.counted,
            rows(self.addressed.items()),
            rows((number, by, to) for number, (by, to) in self.enquiries.items()),
        ]

    def check(self) -> None:
        """Assert that every quote is addressed."""
        super().check()
        assert list(self.addressed) == list(self.offers), "a quote without its addressees"
