"""The client SDK without ``async``: the same session, run by a loop in a thread of its own.

    with BlockingClient("127.0.0.1", 7117, account="alice", key="secret") as client:
        report = client.buy("SZA-2019", 100, price=4250)

Each call waits for its answer and returns the report, or raises what the future would have
raised. One client may be used by several threads.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from gateway.client.client import Client, ClientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from engine.vocabulary.enums import Side
    from gateway.protocol import wire, wire_modes

DEFAULT_TIMEOUT: Final = 30.0  # seconds
_Result = TypeVar("_Result")


class BlockingClient:
    """A ``Client`` for programs that wait. ``timeout`` (seconds) bounds every call.

    A call that runs out of time raises ``TimeoutError``; its message stays sent, and what came of
    it is told by ``next_event`` or ``status``.
    """

    def __init__(
        self, host: str, port: int, *, timeout: float = DEFAULT_TIMEOUT, **more: Any
    ) -> None:
        """Describe the session; ``with`` opens it. ``more`` as in ``Client``."""
        self.timeout = timeout
        self._describe: Callable[[], Client] = lambda: Client(host, port, **more)
        self._client: Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Connect and log on. Raises ``ClientError``."""
        self._loop = loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=loop.run_forever, name="carbonx-client", daemon=True)
        self._thread.start()
        try:
            self._wait(self._open())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        """Log out and close."""
        self.close()

    def close(self) -> None:
        """Log out, end the thread; whatever is unanswered fails. Twice is harmless."""
        if self._loop is None:
            return
        try:
            self._wait(self._opened().close())
        finally:
            self._stop()

    async def _open(self) -> None:
        self._client = await self._describe().__aenter__()

    def _opened(self) -> Client:
        if self._client is None:
            message = "the client is not open: use it in a with block"
            raise ClientError(message)
        return self._client

    @property
    def products(self) -> tuple[wire.ProductInfo, ...]:
        """What is traded, as of the last logon."""
        return self._opened().products

    def _stop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is None or self._thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()
        loop.close()

    def _wait(self, work: Coroutine[Any, Any, _Result], timeout: float | None = None) -> _Result:
        """Run a coroutine on the client's loop and wait for what it returns."""
        if self._loop is None:
            work.close()
            message = "the client is closed"
            raise ClientError(message)
        limit = self.timeout if timeout is None else timeout

        async def within() -> _Result:
            # The loop keeps the time, so that an event is either returned or still in the queue.
            async with asyncio.timeout(limit):
                return await work

        return asyncio.run_coroutine_threadsafe(within(), self._loop).result()

    def _ask(self, call: Callable[[Client], Awaitable[_Result]]) -> _Result:
        client = self._opened()

        async def asked() -> _Result:
            return await call(client)

        return self._wait(asked())

    # -- asking the venue -----------------------------------------------------------------------

    def place(
        self, product: str, side: Side, quantity: int, price: int = 0, **more: Any
    ) -> wire.Accepted:
        """Enter an order; ``more`` as in ``Client.place``. Raises ``RefusedError``."""
        return self._ask(lambda client: client.place(product, side, quantity, price, **more))

    def buy(self, product: str, quantity: int, price: int, **more: Any) -> wire.Accepted:
        """Enter a buy limit order. Raises ``RefusedError``."""
        return self._ask(lambda client: client.buy(product, quantity, price, **more))

    def sell(self, product: str, quantity: int, price: int, **more: Any) -> wire.Accepted:
        """Enter a sell limit order. Raises ``RefusedError``."""
        return self._ask(lambda client: client.sell(product, quantity, price, **more))

    def cancel(self, target: int) -> wire.Cancelled:
        """Cancel the order with reference ``target``. Raises ``RefusedError``."""
        return self._ask(lambda client: client.cancel(target))

    def amend(self, target: int, quantity: int = 0, price: int = 0) -> wire.Amended:
        """Change an order's total quantity, its price or both. Raises ``RefusedError``."""
        return self._ask(lambda client: client.amend(target, quantity, price))

    def cancel_all(self, product: str = "") -> wire.AllCancelled:
        """Cancel all orders in a product, or in all."""
        return self._ask(lambda client: client.cancel_all(product))

    def pick(self, product: str, number: int, quantity: int = 0, price: int = 0) -> wire.Accepted:
        """Take tonnes (0: all) of the listing under a number, or confirm the quote under it."""
        return self._ask(lambda client: client.pick(product, number, quantity, price))

    def quote(
        self, product: str, side: Side, quantity: int, price: int, to: tuple[str, ...] = (),
        **more: Any,
    ) -> wire.Accepted:  # fmt: skip
        """Make a firm quote; ``more`` as in ``Requests.quote``."""
        return self._ask(lambda client: client.quote(product, side, quantity, price, to, **more))

    def enquire(
        self, product: str, side: Side, quantity: int, to: tuple[str, ...] = ()
    ) -> wire_modes.Offered:
        """Ask accounts, or everybody, for quotes."""
        return self._ask(lambda client: client.enquire(product, side, quantity, to))

    def decline(self, product: str, number: int) -> wire_modes.Declined:
        """Turn down a quote."""
        return self._ask(lambda client: client.decline(product, number))

    def announce(
        self, product: str, side: Side, quantity: int, price: int, window: tuple[int, int],
        **terms: Any,
    ) -> wire.Accepted:  # fmt: skip
        """Announce an auction with a window (ns UTC); ``terms`` as in ``wire_modes.Announce``."""
        return self._ask(
            lambda client: client.announce(product, side, quantity, price, window, **terms)
        )

    def bid(self, product: str, number: int, quantity: int, price: int) -> wire.Accepted:
        """Bid in the auction under a number."""
        return self._ask(lambda client: client.bid(product, number, quantity, price))

    def status(self) -> wire.AccountStatus:
        """Return balances and live orders."""
        return self._ask(lambda client: client.status())

    def subscribe(self, product: str = "") -> None:
        """Ask for public data of a product, or of all; ``next_event`` returns it."""
        self._wait(self._subscribe(product))

    async def _subscribe(self, product: str) -> None:
        self._opened().subscribe(product)

    def next_event(self, timeout: float | None = None) -> Any:
        """Return the next report or piece of market data, None once closed.

        Raises ``TimeoutError`` when none comes within ``timeout`` seconds.
        """
        return self._wait(self._opened().next_event(), timeout)
