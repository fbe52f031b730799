"""The shell's way to a venue: the connection, and every call to the client."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack

import click

from engine.vocabulary.enums import OrderType, Side, TimeInForce
from gateway.cli.terminal.typed import RefusedError
from gateway.client.client import Client, ClientError
from gateway.client.link import why

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gateway.client.arguments import AuctionTerms, OrderTerms
    from gateway.client.client import Pending
    from gateway.client.session_terms import SessionTerms
    from gateway.protocol import wire, wire_account, wire_market, wire_modes

ANSWER_WITHIN: Final = 10.0  # seconds that a line waits for its answer
LOG_ON_WITHIN: Final = 5.0

_Report = TypeVar("_Report")


class Dial:
    """Makes a client's connections over TCP; says at once when the first cannot be made."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Connect to an address, encrypted with a context of TLS; inside a running loop."""
        self._tls = tls
        self.host, self.port = host, port
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.on_broken: Callable[[], None] | None = None  # told when a connection is made again

    def client(self, **terms: Unpack[SessionTerms]) -> Client:
        """Return a client that connects so. Raises ``click.UsageError`` for what cannot be."""
        terms["connect"] = self.connect
        try:
            return Client(self.host, self.port, **terms)
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    async def connect(self, protocol_factory: Callable[[], asyncio.Protocol]) -> None:
        """Connect a protocol, as a client asks for."""
        if self.on_broken is not None:
            self.on_broken()
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(protocol_factory, self.host, self.port, ssl=self._tls)
        except ssl.SSLCertVerificationError:
            raise  # whoever answers is not trusted: the client says so, and gives up
        except (OSError, ValueError, OverflowError) as error:  # the latter: no such address
            if not self.failed.done():
                self.failed.set_result(why(error))
            raise OSError(str(error)) from error

    async def open(self, client: Client, within: float = LOG_ON_WITHIN) -> None:
        """Log a client on, or raise ``ClientError`` as soon as it is known that nobody answers."""
        where = f"{self.host}:{self.port}"
        opening = asyncio.create_task(client.__aenter__())
        try:
            race: list[asyncio.Future[Any]] = [opening, self.failed]
            await asyncio.wait(race, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                await opening
                return
        finally:
            if not opening.done():
                opening.cancel()
                await asyncio.gather(opening, return_exceptions=True)
        if self.failed.done():
            why = f" ({self.failed.result()})" if self.failed.result() else ""
            message = (
                f"nobody answers at {where}{why}: is the venue running (carbonx serve), "
                "are --host and --port right?"
            )
        else:
            hint = "" if self._tls is not None else ", and one without TLS (--tls FILE)"
            message = f"{where} gives no answer within {within:g} s: is it a venue{hint}?"
        raise ClientError(message)


class Calls:
    """What the shell asks a venue for, each call with a time limit. Prices in minor units."""

    def __init__(self, client: Client, within: float = ANSWER_WITHIN) -> None:
        """Ask through a client that is logged on."""
        self.client = client
        self.awaited: dict[int, None] = {}  # references whose answers the lines themselves show
        self._within = within

    @property
    def lines(self) -> tuple[wire_market.LineInfo, ...]:
        """What is traded, as of the last logon."""
        return self.client.lines

    @property
    def reports(self) -> int:
        """The number of the account's last report at the last logon."""
        return self.client.info.seq if self.client.info is not None else 0

    @property
    def reconnects(self) -> int:
        """How often the session was taken up again."""
        return self.client.reconnects

    async def next_event(self) -> object:
        """Return the next event, None once closed. Raises the error that ended the session."""
        return await self.client.next_event()

    def follow(self) -> None:
        """Ask for the public data of all lines."""
        self.client.subscribe()

    async def status(self) -> wire_account.AccountStatus:
        """Return balances and live orders."""
        return await self._within_limit(self.client.status())

    async def place(
        self, symbol: str, side: Side, quantity: int, price: int, **terms: Unpack[OrderTerms]
    ) -> wire.OrderAccepted:
        """Enter an order."""
        terms["price_minor"] = price or None
        return await self._answer(self.client.place(symbol, side, quantity, **terms))

    async def market(
        self, symbol: str, side: Side, quantity: int, tif: TimeInForce
    ) -> wire.OrderAccepted:
        """Enter a market order."""
        pending = self.client.place(symbol, side, quantity, tif=tif, order_type=OrderType.MARKET)
        return await self._answer(pending)

    async def cancel(self, order: int) -> wire.OrderCancelled:
        """Cancel an order."""
        return await self._answer(self.client.cancel(order))

    async def cancel_all(self, symbol: str) -> wire.MassCancelled:
        """Cancel all orders of a line, or of all."""
        return await self._answer(self.client.mass_cancel(symbol))

    async def amend(self, order: int, quantity: int, price: int) -> wire.OrderAmended:
        """Change an order; 0 keeps."""
        return await self._answer(
            self.client.amend(order, quantity or None, price_minor=price or None)
        )

    async def pick(self, symbol: str, number: int, quantity: int) -> wire.OrderAccepted:
        """Take tonnes (0: all) of a listing, or confirm a quote."""
        return await self._answer(self.client.pick(symbol, number, quantity or None))

    async def quote(
        self, symbol: str, side: Side, quantity: int, price: int, to: tuple[str, ...], answers: int
    ) -> wire.OrderAccepted:
        """Make a firm quote."""
        pending = self.client.quote(
            symbol, side, quantity, to=to, price_minor=price, answers=answers
        )
        return await self._answer(pending)

    async def enquire(
        self, symbol: str, side: Side, quantity: int, to: tuple[str, ...]
    ) -> wire_modes.NumberAssigned:
        """Ask for quotes."""
        return await self._answer(self.client.enquire(symbol, side, quantity, to))

    async def decline(self, symbol: str, number: int) -> wire_modes.Declined:
        """Turn down a quote."""
        return await self._answer(self.client.decline(symbol, number))

    async def announce(
        self,
        symbol: str,
        side: Side,
        quantity: int,
        price: int,
        window: tuple[int, int],
        **terms: Unpack[AuctionTerms],
    ) -> wire.OrderAccepted:
        """Announce an auction."""
        terms["price_minor"] = price
        pending = self.client.announce(symbol, side, quantity, window=window, **terms)
        return await self._answer(pending)

    async def bid(self, symbol: str, number: int, quantity: int, price: int) -> wire.OrderAccepted:
        """Bid in an auction."""
        return await self._answer(self.client.bid(symbol, number, quantity, price_minor=price))

    async def _answer(self, pending: Pending[_Report]) -> _Report:
        """Wait for an answer, which the line that asked shows; a late one is an event."""
        self.awaited[pending.ref] = None
        try:
            return await self._within_limit(pending)
        except (RefusedError, asyncio.CancelledError):
            self.awaited.pop(pending.ref, None)
            raise

    async def _within_limit(self, pending: Awaitable[_Report]) -> _Report:
        try:
            async with asyncio.timeout(self._within):
                return await pending
        except TimeoutError:
            message = (
                f"no answer within {self._within:g} s: what comes of it will be shown; "
                "orders says what is in the market"
            )
            raise RefusedError(message) from None
