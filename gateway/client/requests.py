"""What an account may ask a venue for, in the words of the wire."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeAlias, Unpack, cast

from engine.vocabulary.enums import (
    BidTie,
    OrderType,
    PricingRule,
    Side,
    TimeInForce,
    Undersubscribed,
)
from gateway.client import arguments
from gateway.client.arguments import AuctionTerms, OrderTerms, Price, Time, Whole
from gateway.protocol import wire, wire_links, wire_modes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.client.errors import Pending
    from gateway.protocol import wire_market

OrderAnswer: TypeAlias = (
    wire.OrderAccepted
    | wire.OrderCancelled
    | wire.OrderAmended
    | wire.MassCancelled
    | wire_modes.NumberAssigned
    | wire_modes.Declined
    | wire_links.OrderRouted
    | wire_links.CancelRouted
    | wire_links.BidRouted
)


class Requests(ABC):
    """Order messages on top of ``request``.

    A price is a text or a ``Decimal`` in the line's currency (``price="35.00"``), or an integer of
    minor units where the name says so (``price_minor=3500``). Quantities are whole tonnes. Enums
    may be given by name: ``side="buy"``, ``tif="ioc"``. Times are ns UTC or datetimes with a time
    zone. What cannot be sent raises ``TypeError`` or ``ValueError`` with the argument's name, and
    nothing is sent.
    """

    @abstractmethod
    def request(
        self, message_type: type[wire.OrderMessage], *fields: object
    ) -> Pending[OrderAnswer]:
        """Send an order message with the next reference; return the future of its answer."""

    @property
    @abstractmethod
    def lines(self) -> tuple[wire_market.LineInfo, ...]:
        """What is traded."""

    def digits(self, symbol: str = "") -> int | None:
        """Return the decimals of a line's currency: where none is named, those that all have."""
        all_digits = set()
        for line in self.lines:
            if line.symbol == symbol:
                return line.minor_digits
            all_digits.add(line.minor_digits)
        return all_digits.pop() if len(all_digits) == 1 else None

    def _price(self, symbol: str, price: object, minor: object, name: str = "price") -> int:
        return arguments.price(name, price, minor, self.digits(symbol))

    def place(
        self,
        symbol: str,
        side: Side | str,
        quantity: Whole,
        price: Price | None = None,
        *,
        price_minor: int | None = None,
        order_type: OrderType | str = OrderType.LIMIT,
        tif: TimeInForce | str = TimeInForce.DAY,
        stop_price: Price | None = None,
        stop_price_minor: int | None = None,
        display: Whole = 0,
        post_only: bool = False,
        expire_at: Time | None = None,
    ) -> Pending[wire.OrderAccepted]:
        """Enter an order; the future gives ``OrderAccepted`` or raises ``RejectedError``."""
        kind = arguments.named("order_type", order_type, OrderType)
        fields = (
            arguments.text("symbol", symbol),
            arguments.named("side", side, Side),
            arguments.whole("quantity", quantity),
            self._price(symbol, price, price_minor),
            kind,
            arguments.named("tif", tif, TimeInForce),
            self._price(symbol, stop_price, stop_price_minor, "stop_price"),
            arguments.whole("display", display, 0),
            arguments.flag("post_only", post_only),
            arguments.time("expire_at", expire_at),
        )
        if not fields[3] and kind in {OrderType.LIMIT, OrderType.STOP_LIMIT}:
            _missing("price", 'or order_type="market"')
        if not fields[6] and kind in {OrderType.STOP, OrderType.STOP_LIMIT}:
            _missing("stop_price")
        return cast("Pending[wire.OrderAccepted]", self.request(wire.NewOrder, *fields))

    def buy(
        self,
        symbol: str,
        quantity: Whole,
        price: Price | None = None,
        **terms: Unpack[OrderTerms],
    ) -> Pending[wire.OrderAccepted]:
        """Enter a buy order; ``terms`` as in ``place``."""
        return self.place(symbol, Side.BUY, quantity, price, **terms)

    def sell(
        self,
        symbol: str,
        quantity: Whole,
        price: Price | None = None,
        **terms: Unpack[OrderTerms],
    ) -> Pending[wire.OrderAccepted]:
        """Enter a sell order; ``terms`` as in ``place``."""
        return self.place(symbol, Side.SELL, quantity, price, **terms)

    def cancel(self, target: int) -> Pending[wire.OrderCancelled]:
        """Cancel the order with reference ``target``."""
        ref = arguments.whole("target", target)
        return cast("Pending[wire.OrderCancelled]", self.request(wire.CancelOrder, ref))

    def amend(
        self,
        target: int,
        quantity: Whole | None = None,
        price: Price | None = None,
        *,
        price_minor: int | None = None,
    ) -> Pending[wire.OrderAmended]:
        """Change an order's total quantity, its price or both."""
        fields = (
            arguments.whole("target", target),
            0 if quantity is None else arguments.whole("quantity", quantity),
            self._price("", price, price_minor),
        )
        if not any(fields[1:]):
            problem = "an amendment needs a quantity, a price or both"
            raise TypeError(problem)
        return cast("Pending[wire.OrderAmended]", self.request(wire.AmendOrder, *fields))

    def mass_cancel(self, symbol: str = "") -> Pending[wire.MassCancelled]:
        """Cancel all orders in a symbol, or in all."""
        symbol = arguments.text("symbol", symbol, empty=True)
        return cast("Pending[wire.MassCancelled]", self.request(wire.MassCancel, symbol))

    def pick(
        self,
        symbol: str,
        number: int,
        quantity: Whole | None = None,
        price: Price | None = None,
        *,
        price_minor: int | None = None,
    ) -> Pending[wire.OrderAccepted]:
        """Take tonnes of the listing under a number, or all, or confirm the quote under it.

        With a price nothing is taken where the listing says another by then.
        """
        fields = (
            arguments.text("symbol", symbol),
            arguments.whole("number", number),
            0 if quantity is None else arguments.whole("quantity", quantity),
            self._price(symbol, price, price_minor),
        )
        return cast("Pending[wire.OrderAccepted]", self.request(wire_modes.Pick, *fields))

    def quote(
        self,
        symbol: str,
        side: Side | str,
        quantity: Whole,
        price: Price | None = None,
        to: Iterable[str] = (),
        *,
        price_minor: int | None = None,
        answers: int = 0,
        expire_at: Time | None = None,
        agreed_at: Time | None = None,
    ) -> Pending[wire.OrderAccepted]:
        """Make a firm quote to accounts, to everybody, or in answer to an enquiry."""
        fields = (
            arguments.text("symbol", symbol),
            arguments.named("side", side, Side),
            arguments.whole("quantity", quantity),
            self._price(symbol, price, price_minor),
            arguments.names("to", to),
            arguments.whole("answers", answers, 0),
            arguments.time("expire_at", expire_at),
            arguments.time("agreed_at", agreed_at),
        )
        if not fields[3]:
            _missing("price", "or ask for quotes with enquire()")
        return cast("Pending[wire.OrderAccepted]", self.request(wire_modes.Quote, *fields))

    def enquire(
        self, symbol: str, side: Side | str, quantity: Whole, to: Iterable[str] = ()
    ) -> Pending[wire_modes.NumberAssigned]:
        """Ask accounts, or everybody, for quotes; the answer has the enquiry's number."""
        fields = (
            arguments.text("symbol", symbol),
            arguments.named("side", side, Side),
            arguments.whole("quantity", quantity),
            0,
            arguments.names("to", to),
        )
        return cast("Pending[wire_modes.NumberAssigned]", self.request(wire_modes.Quote, *fields))

    def decline(self, symbol: str, number: int) -> Pending[wire_modes.Declined]:
        """Turn down a quote."""
        fields = arguments.text("symbol", symbol), arguments.whole("number", number)
        return cast("Pending[wire_modes.Declined]", self.request(wire_modes.Decline, *fields))

    def announce(
        self,
        symbol: str,
        side: Side | str,
        quantity: Whole,
        price: Price | None = None,
        *,
        window: tuple[Time, Time],
        **terms: Unpack[AuctionTerms],
    ) -> Pending[wire.OrderAccepted]:
        """Announce an auction with a reserve price and a window for bids.

        ``pricing``, ``tie`` and ``undersubscribed`` are enums or their names, the rulebook's where
        left out; with an ``increment`` (a price) the bidding is open.
        """
        given = {"min_bid": 1, "max_bid": 0} | terms
        unknown = given.keys() - AuctionTerms.__annotations__
        if unknown:
            problem = f"announce() has no argument {min(unknown)!r}"
            raise TypeError(problem)
        fields = (
            arguments.text("symbol", symbol),
            arguments.named("side", side, Side),
            arguments.whole("quantity", quantity),
            self._price(symbol, price, given.get("price_minor")),
            *arguments.window("window", window),
            arguments.whole("min_bid", given["min_bid"]),
            arguments.whole("max_bid", given["max_bid"], 0),
            self._price(symbol, given.get("increment"), given.get("increment_minor"), "increment"),
            *(
                arguments.named(name, given.get(name, kind(0)), kind)
                for name, kind in _AUCTION_RULES.items()
            ),
        )
        if not fields[3]:
            _missing("price")
        return cast("Pending[wire.OrderAccepted]", self.request(wire_modes.Announce, *fields))

    def bid(
        self,
        symbol: str,
        number: int,
        quantity: Whole,
        price: Price | None = None,
        *,
        price_minor: int | None = None,
    ) -> Pending[wire.OrderAccepted]:
        """Bid in the auction under a number."""
        fields = (
            arguments.text("symbol", symbol),
            arguments.whole("number", number),
            arguments.whole("quantity", quantity),
            self._price(symbol, price, price_minor),
        )
        if not fields[3]:
            _missing("price")
        return cast("Pending[wire.OrderAccepted]", self.request(wire_modes.Bid, *fields))


_AUCTION_RULES = {"pricing": PricingRule, "tie": BidTie, "undersubscribed": Undersubscribed}


def _missing(name: str, more: str = "") -> None:
    problem = f'{name} is missing: write {name}="35.00" or {name}_minor=3500 {more}'.strip()
    raise TypeError(problem)
