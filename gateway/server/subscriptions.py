"""What sessions hear because they asked to: lines' market data, and changes of their balances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.rulebook.validation import MAX_NAME
from gateway.server.encoded import Encoded
from gateway.server.views import balances

if TYPE_CHECKING:
    from collections.abc import Collection

    from gateway.server.connection import Connection
    from gateway.server.running_venue import RunningVenue

LONGEST: Final = 2 * MAX_NAME + 1  # characters of a line's name: a symbol, an @ and a mode
MOST_NAMED: Final = 1_000  # lines that are not there, of which a session may say what it wants


class Subscriptions:
    """Who wants to hear what; ``publish`` queues it for them at the end of a tick."""

    def __init__(self, running: RunningVenue) -> None:
        """Start with nobody."""
        self._running = running
        self._followers: dict[Connection, None] = {}  # who follow their balances
        self._followed_to = 0  # the record up to which they know them
        # subscriptions that wait for their snapshot
        self._fresh: dict[tuple[Connection, str], None] = {}

    def leave(self, connection: Connection) -> None:
        """Forget all that a session wanted to hear."""
        connection.symbols.clear()
        connection.named.clear()
        connection.all_lines = False
        self._followers.pop(connection, None)

    # -- balances -----------------------------------------------------------------------------

    def follow(self, connection: Connection) -> None:
        """Send a session its balances whenever they change from what they are now."""
        self._followers[connection] = None
        venue = self._running.sequencer.venue
        connection.balances = balances(venue, connection.account, connection.seq())

    def _tell_balances(self) -> None:
        """Tell those who follow their balances what has changed; one that is stuck, later."""
        venue = self._running.sequencer.venue
        for connection in self._followers:
            told = connection.balances
            if told is None or told.seq == connection.seq():
                continue
            if connection.stuck_since:
                self._followed_to = 0  # look again at the next tick
                continue
            now = balances(venue, connection.account, connection.seq())
            if (now.cash, now.holdings) != (told.cash, told.holdings):
                connection.say(now)
            connection.balances = now

    # -- market data --------------------------------------------------------------------------

    def subscribe(self, connection: Connection, symbol: str) -> str:
        """Send snapshots at the end of this tick and increments from then on; "" is all lines.

        Returns why the session has to end, "" where it may go on.
        """
        known = self._running.sequencer.venue.symbols
        text = ""
        if not symbol:
            connection.all_lines = True
            connection.named.clear()
        else:
            text = self._name(connection, symbol, wanted=True)
        for each in [symbol] if symbol else known:
            if each in known:
                self._fresh[connection, each] = None
        return text

    def unsubscribe(self, connection: Connection, symbol: str) -> str:
        """Send no more increments; returns as ``subscribe`` does."""
        text = ""
        if not symbol:
            connection.all_lines = False
            connection.named.clear()
        else:
            text = self._name(connection, symbol, wanted=False)
        for each in [symbol] if symbol else self._running.sequencer.venue.symbols:
            connection.symbols.pop(each, None)
            self._fresh.pop((connection, each), None)
        return text

    def _name(self, connection: Connection, symbol: str, *, wanted: bool) -> str:
        """Remember what a session wants of a line whose opening its market data has yet to tell."""
        market_data = self._running.market_data
        if not market_data.active:
            market_data.start()
        if symbol in market_data.lines or len(symbol) > LONGEST:
            return ""
        connection.named[symbol] = wanted
        if len(connection.named) > MOST_NAMED:
            return f"subscriptions to more than {MOST_NAMED} lines that are not there"
        return ""

    def _open(self, opened: list[str], sessions: Collection[Connection]) -> None:
        """Begin with new lines for those who subscribed to them, or to all."""
        for connection in sessions:
            for symbol in opened:
                if connection.named.pop(symbol, connection.all_lines):
                    self._fresh[connection, symbol] = None

    # -- the end of a tick --------------------------------------------------------------------

    def publish(self, sessions: Collection[Connection]) -> None:
        """Queue market data, snapshots and balances for those of the sessions who want them."""
        running, market_data = self._running, self._running.market_data
        due = market_data.publish(running.time) if market_data.active else {}
        if market_data.opened:
            self._open(market_data.opened, sessions)
            market_data.opened.clear()
        if due:
            increments = {symbol: Encoded(messages) for symbol, messages in due.items()}
            for connection in sessions:
                for symbol in connection.symbols:
                    if symbol in increments:
                        found = increments[symbol]
                        connection.repeat(found.frames(connection.seq()), len(found))
        if self._fresh:
            self._begin()
        if self._followers and running.sequencer.seq != self._followed_to:
            self._followed_to = running.sequencer.seq
            self._tell_balances()

    def _begin(self) -> None:
        """Queue the snapshots that subscriptions begin with."""
        running, market_data = self._running, self._running.market_data
        snapshots: dict[str, Encoded] = {}
        for connection, symbol in self._fresh:
            if connection.ended:
                continue
            if not market_data.active:
                market_data.start()
            if symbol not in snapshots:
                snapshots[symbol] = Encoded(market_data.snapshot(symbol, 0, running.time))
            connection.symbols[symbol] = None
            found = snapshots[symbol]
            connection.repeat(found.frames(connection.seq()), len(found))
        self._fresh.clear()
