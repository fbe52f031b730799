"""One account's session in the engine's words: the only place where agents meet the SDK."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from backtest.agents.present import Balance, Present
from carbonx.live.commands import request_of
from carbonx.live.public_feed import PublicFeed
from carbonx.live.reports import Reports
from gateway.client.errors import ClientError, Missed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.vocabulary.commands import ClientCommand
    from engine.vocabulary.events import Event
    from gateway.client.client import Client
    from gateway.protocol import wire_account


class Channel:
    """Commands out, events in, over a client that is logged on for its account.

    The client has its account's reports from the first one on (``last_seen`` 0) and nothing else
    takes its events. The events begin with what the account has (see ``backtest.agents.present``);
    from then on comes whatever happens to its own orders, and the public data that the client
    subscribes to.
    """

    def __init__(
        self, client: Client, on_message: Callable[[object], None] = lambda _message: None
    ) -> None:
        """Wait for ``begin``; ``on_message`` is given every message before it is translated."""
        self._on_message = on_message
        self.client = client
        self.account = client.account
        self.sent = 0  # commands
        self.feed = PublicFeed(client.lines)
        self.caught_up = False  # what the account has was told
        self._reports = Reports(client.account)
        self._info = client.info
        self._status: wire_account.AccountStatus | None = None  # the account at the start

    @property
    def seq(self) -> int:
        """The number of the last report that was translated."""
        return self._reports.seq

    async def begin(self) -> list[Event]:
        """Ask what the account has; return it where no earlier report is on its way.

        Raises ``ClientError``.
        """
        self._status = await self.client.status()
        return list(self._present())

    def send(self, command: ClientCommand) -> int:
        """Send a command; return its reference. Raises ``ClientError`` where the session ended."""
        message_type, fields = request_of(command)
        pending = self.client.request(message_type, *fields)
        pending.add_done_callback(_take_answer)
        self._reports.sent(pending.ref, command)
        self.sent += 1
        return pending.ref

    async def told(self) -> int:
        """Wait until the venue has sent all that its last commands caused; return its last report.

        Raises ``ClientError``.
        """
        return (await self.client.status()).seq

    async def waiting(self) -> list[Event]:
        """Return the events that are here already, without waiting for more."""
        found: list[Event] = []
        while True:
            try:
                async with asyncio.timeout(0):
                    message = await self.client.next_event()
            except TimeoutError:
                return found
            if message is None:
                return found
            found += self.events(message)

    def events(self, message: object) -> Iterator[Event]:
        """Yield what a message says. Raises ``ClientError`` where some were dropped."""
        self._on_message(message)
        if isinstance(message, Missed):
            problem = f"{self.account} fell behind: {message.count} events were dropped"
            raise ClientError(problem)
        if self.client.info is not self._info:  # it logged on again
            self._info = self.client.info
            self.feed.describe(self.client.lines)
        trade = self._reports.trade_elsewhere(message)
        if trade is not None and self.caught_up:
            yield trade
        own = self._reports.event(message)
        if own is None:
            yield from self.feed.events(message)
        elif self.caught_up:
            yield own
        yield from self._present()

    def _present(self) -> Iterator[Event]:
        """Yield what the account has, once its reports until then have been read."""
        status = self._status
        if self.caught_up or status is None or self.seq < status.seq:
            return
        self.caught_up = True
        lines = {
            line.symbol: (line.product or line.symbol, line.currency) for line in self.client.lines
        }
        present = Present(
            self.account,
            [Balance(each.name, each.total, each.reserved) for each in status.cash],
            [Balance(each.name, each.total, each.reserved) for each in status.holdings],
            list(self._reports.live()),
        )
        yield from present.events(lines)
        yield from self._reports.numbers()


def _take_answer(answer: asyncio.Future[Any]) -> None:
    """Take an answer that is not awaited: refusals arrive among the events too."""
    if not answer.cancelled():
        answer.exception()
