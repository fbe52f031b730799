"""The client SDK without ``async``: the same session, run by a loop in another thread.

    with BlockingClient("127.0.0.1", 7117, account="alice", key="secret") as client:
        report = client.buy("SZA-2019", 100, price="42.50")

Each call waits for its answer and returns the report, or raises what the future would have
raised. One client may be used by several threads, one of which may close it: the calls of the
others then end with their answer or a ``ClientError``.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Self, TypeVar, Unpack

from gateway.client import arguments
from gateway.client.client import Client, ClientError
from gateway.client.loop_thread import LoopThread
from gateway.protocol import wire, wire_account

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from engine.vocabulary.enums import Side
    from gateway.client.account_view import Balances
    from gateway.client.arguments import AuctionTerms, OrderTerms, Price, QuoteTerms, Time, Whole
    from gateway.client.market_view import Book, Print
    from gateway.client.messages import ClientEvent
    from gateway.client.session_terms import SessionTerms
    from gateway.protocol import wire_history, wire_market, wire_modes

DEFAULT_TIMEOUT: Final = 30.0  # seconds
_Result = TypeVar("_Result")


class BlockingClient:
    """A ``Client`` for programs that wait. ``timeout`` (seconds) bounds every call.

    A call that runs out of time raises ``TimeoutError``; what the venue has of it stays in force,
    and what came of it comes with ``next_event`` or ``status``.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        **more: Unpack[SessionTerms],
    ) -> None:
        """Describe the session; ``with`` opens it. ``more`` as in ``Client``."""
        self.timeout = arguments.seconds("timeout", timeout)
        self._client = Client(host, port, **more)
        self._thread: LoopThread | None = None
        self._opening = threading.Lock()
        self._last_seen = self._client.last_seen

    def __enter__(self) -> Self:
        """Connect and log on. Raises ``ClientError``."""
        with self._opening:
            if self._thread is not None:
                message = "a client is opened once: make another"
                raise ClientError(message)
            self._thread = thread = LoopThread("carbonx-client")
        within = self.timeout + (self._client.wait or 0)
        try:
            thread.run(self._client.__aenter__, within)
            self._last_seen = self._client.last_seen
        except TimeoutError:
            thread.stop()
            place = f"{self._client.host}:{self._client.port}"
            message = f"no session with {place} within {within} seconds; is it running?"
            raise ClientError(message) from None
        except BaseException:
            thread.stop()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        """Log out and close."""
        self.close()

    def close(self) -> None:
        """Log out, end the thread; whatever is unanswered fails. Twice is harmless.

        In a forked child it does nothing: session and thread are the parent's.
        """
        thread = self._thread
        if thread is None or not thread.own:
            return
        try:
            thread.run(self._client.close, self.timeout)
        except (ClientError, TimeoutError):
            pass  # another thread closed it, or it was cut instead: it is closed
        finally:
            thread.stop()

    @property
    def lines(self) -> tuple[wire_market.LineInfo, ...]:
        """What is traded, as of the last logon."""
        return self._client.lines

    @property
    def last_seen(self) -> int:
        """The number of the last report that ``next_event`` has returned."""
        return self._last_seen

    def _ask(
        self, call: Callable[[Client], Awaitable[_Result]], timeout: float | None = None
    ) -> _Result:
        """Make a call of the client on its loop and wait for what it comes to."""
        if self._thread is None:
            message = "the client is not open: use it in a with block"
            raise ClientError(message)
        limit = self.timeout if timeout is None else arguments.seconds("timeout", timeout)
        return self._thread.run(lambda: call(self._client), limit)

    # -- asking the venue -----------------------------------------------------------------------

    def place(
        self,
        symbol: str,
        side: Side | str,
        quantity: Whole,
        price: Price | None = None,
        **terms: Unpack[OrderTerms],
    ) -> wire.OrderAccepted:
        """Enter an order; ``terms`` as in ``Client.place``. Raises ``RejectedError``."""
        return self._ask(lambda client: client.place(symbol, side, quantity, price, **terms))

    def buy(
        self,
        symbol: str,
        quantity: Whole,
        price: Price | None = None,
        **terms: Unpack[OrderTerms],
    ) -> wire.OrderAccepted:
        """Enter a buy order; ``terms`` as in ``Client.place``. Raises ``RejectedError``."""
        return self._ask(lambda client: client.buy(symbol, quantity, price, **terms))

    def sell(
        self,
        symbol: str,
        quantity: Whole,
        price: Price | None = None,
        **terms: Unpack[OrderTerms],
    ) -> wire.OrderAccepted:
        """Enter a sell order; ``terms`` as in ``Client.place``. Raises ``RejectedError``."""
        return self._ask(lambda client: client.sell(symbol, quantity, price, **terms))

    def cancel(self, target: int) -> wire.OrderCancelled:
        """Cancel the order with reference ``target``. Raises ``RejectedError``."""
        return self._ask(lambda client: client.cancel(target))

    def amend(
        self,
        target: int,
        quantity: Whole | None = None,
        price: Price | None = None,
        *,
        price_minor: int | None = None,
    ) -> wire.OrderAmended:
        """Change an order's total quantity, its price or both. Raises ``RejectedError``."""
        return self._ask(
            lambda client: client.amend(target, quantity, price, price_minor=price_minor)
        )

    def mass_cancel(self, symbol: str = "") -> wire.MassCancelled:
        """Cancel all orders in a symbol, or in all."""
        return self._ask(lambda client: client.mass_cancel(symbol))

    def pick(
        self,
        symbol: str,
        number: int,
        quantity: Whole | None = None,
        price: Price | None = None,
        *,
        price_minor: int | None = None,
    ) -> wire.OrderAccepted:
        """Take tonnes of the listing under a number, or all, or confirm the quote under it."""
        return self._ask(
            lambda client: client.pick(symbol, number, quantity, price, price_minor=price_minor)
        )

    def quote(
        self,
        symbol: str,
        side: Side | str,
        quantity: Whole,
        price: Price | None = None,
        to: Iterable[str] = (),
        **terms: Unpack[QuoteTerms],
    ) -> wire.OrderAccepted:
        """Make a firm quote; ``terms`` as in ``Client.quote``."""
        return self._ask(lambda client: client.quote(symbol, side, quantity, price, to, **terms))

    def enquire(
        self, symbol: str, side: Side | str, quantity: Whole, to: Iterable[str] = ()
    ) -> wire_modes.NumberAssigned:
        """Ask accounts, or everybody, for quotes."""
        return self._ask(lambda client: client.enquire(symbol, side, quantity, to))

    def decline(self, symbol: str, number: int) -> wire_modes.Declined:
        """Turn down a quote."""
        return self._ask(lambda client: client.decline(symbol, number))

    def announce(
        self,
        symbol: str,
        side: Side | str,
        quantity: Whole,
        price: Price | None = None,
        *,
        window: tuple[Time, Time],
        **terms: Unpack[AuctionTerms],
    ) -> wire.OrderAccepted:
        """Announce an auction with a window; ``terms`` as in ``Client.announce``."""
        return self._ask(
            lambda client: client.announce(symbol, side, quantity, price, window=window, **terms)
        )

    def bid(
        self,
        symbol: str,
        number: int,
        quantity: Whole,
        price: Price | None = None,
        *,
        price_minor: int | None = None,
    ) -> wire.OrderAccepted:
        """Bid in the auction under a number."""
        return self._ask(
            lambda client: client.bid(symbol, number, quantity, price, price_minor=price_minor)
        )

    def status(self) -> wire_account.AccountStatus:
        """Return balances and live orders."""
        return self._ask(lambda client: client.status())

    def operate(self, line: str) -> dict[str, object]:
        """Say what an operator wants, once; as ``Client.operate``."""
        return self._ask(lambda client: client.operate(line))

    # -- what is known ----------------------------------------------------------------------------

    @property
    def orders(self) -> dict[int, wire_account.OrderStatus]:
        """The account's live orders by reference, in a copy."""
        return self._look(lambda client: client.orders)

    @property
    def balances(self) -> Balances:
        """What the account has of each currency and product: total, reserved and free."""
        return self._look(lambda client: client.balances)

    def book(self, symbol: str) -> Book:
        """Return a line's public book; as ``Client.book``, but it follows the line by itself."""
        return self._ask(lambda client: client.follow(symbol))

    def trades(self, symbol: str) -> tuple[Print, ...]:
        """Return a line's trades of the day; it follows the line by itself."""
        self.book(symbol)
        return self._look(lambda client: client.trades(symbol))

    def day_trades(self, symbol: str, after: int = 0) -> tuple[Print, ...]:
        """Ask for a line's trades of the day, or those behind the one with a number."""
        return self._ask(lambda client: client.day_trades(symbol, after))

    def history(self, symbol: str) -> wire_history.History:
        """Ask for a line's bars, its day until now, and what its calls came to."""
        return self._ask(lambda client: client.history(symbol))

    def statement(self, symbol: str) -> wire_market.AuctionStated | None:
        """Return the statement of a line's last auction of the calendar; it follows the line."""
        self.book(symbol)
        return self._look(lambda client: client.statement(symbol))

    def _look(self, see: Callable[[Client], _Result]) -> _Result:
        """Make a call that waits for nothing on the client's own loop."""

        async def seen(client: Client) -> _Result:
            return see(client)

        return self._ask(seen)

    def subscribe(self, symbol: str = "") -> None:
        """Ask for public data of a symbol, or of all; ``next_event`` returns it."""
        self._look(lambda client: client.subscribe(symbol))

    def unsubscribe(self, symbol: str = "") -> None:
        """Ask for no more of it."""
        self._look(lambda client: client.unsubscribe(symbol))

    def copy(self, account: str, after: int = 0) -> None:
        """Ask for another account's reports behind a number; ``next_event`` returns them."""
        self._look(lambda client: client.copy(account, after))

    def next_event(self, timeout: float | None = None) -> ClientEvent | None:
        """Return the next report or piece of market data, None once closed.

        Raises ``TimeoutError`` when none comes within ``timeout`` seconds.
        """
        event = self._ask(lambda client: client.next_event(), timeout)
        if isinstance(event, wire.Report):
            self._last_seen = max(self._last_seen, event.seq)
        return event
