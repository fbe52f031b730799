"""What sessions hear because they asked to: lines' market data, and changes of their balances."""

from __future__ import annotations

from collections import deque
from itertools import islice
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
AT_ONCE: Final = 32  # sessions that are sent market data in one tick; the others follow in the next


class Subscriptions:
    """Who wants to hear what; ``publish`` queues it for them at the end of a tick."""

    def __init__(self, running: RunningVenue) -> None:
        """Start with nobody."""
        self._running = running
        self._followers: dict[Connection, None] = {}  # who follow their balances
        self._later: dict[Connection, None] = {}  # those of them that were stuck
        # who hear lines, with the number of the last publication that they heard; the one that has
        # waited longest is first
        self._hearers: dict[Connection, int] = {}
        self._published: deque[dict[str, Encoded]] = deque()  # that somebody has yet to hear
        self._last = 0  # the number of the last publication
        # subscriptions that wait for their snapshot
        self._fresh: dict[tuple[Connection, str], None] = {}

    def leave(self, connection: Connection) -> None:
        """Forget all that a session wanted to hear."""
        connection.symbols.clear()
        connection.named.clear()
        connection.all_lines = False
        self._followers.pop(connection, None)
        self._later.pop(connection, None)
        self._hearers.pop(connection, None)

    # -- balances -----------------------------------------------------------------------------

    def follow(self, connection: Connection) -> None:
        """Send a session its balances whenever they change from what they are now."""
        self._followers[connection] = None
        venue = self._running.sequencer.venue
        connection.balances = balances(venue, connection.account, connection.seq())

    def tell_balances(self, concerned: dict[Connection, None]) -> None:
        """Tell those with new reports who follow their balances what has changed.

        One that is stuck is told later.
        """
        if not self._followers:
            return
        venue = self._running.sequencer.venue
        if self._later:
            concerned |= self._later
            self._later.clear()
        for connection in concerned:
            told = connection.balances
            if told is None or told.seq == connection.seq() or connection not in self._followers:
                continue
            if connection.stuck_since:
                self._later[connection] = None
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

    @property
    def behind(self) -> bool:
        """Whether somebody has yet to hear what was published."""
        return bool(self._published)

    def publish(self, sessions: Collection[Connection]) -> list[Connection]:
        """Queue market data and snapshots for those who want them; return whom it was queued for.

        ``AT_ONCE`` of them are sent market data, those first who have waited longest: writing to
        very many takes longer than another's answer may wait.
        """
        running, market_data = self._running, self._running.market_data
        due = market_data.publish(running.time) if market_data.active else {}
        if market_data.opened:
            self._open(market_data.opened, sessions)
            market_data.opened.clear()
        if due and self._hearers:
            self._published.append({line: Encoded(messages) for line, messages in due.items()})
            self._last += 1
        told = self._tell(AT_ONCE) if self._published else []
        if self._fresh:
            told += self._begin()
        return told

    def _tell(self, most: int) -> list[Connection]:
        """Bring those up to date who have waited longest; return them."""
        hearers, told = self._hearers, []
        for connection, heard in list(islice(hearers.items(), most)):
            if heard == self._last:
                break
            del hearers[connection]
            if connection.symbols:
                self._bring_up(connection, heard)
                hearers[connection] = self._last
                told.append(connection)
        first = next(iter(hearers.values()), self._last)
        while len(self._published) > self._last - first:
            self._published.popleft()
        return told

    def _bring_up(self, connection: Connection, heard: int) -> None:
        """Queue all that was published behind a number."""
        published, seq = self._published, connection.seq()
        for at in range(len(published) - (self._last - heard), len(published)):
            increments = published[at]
            for symbol in connection.symbols:
                if symbol in increments:
                    found = increments[symbol]
                    connection.repeat(found.frames(seq), len(found))

    def _begin(self) -> list[Connection]:
        """Queue the snapshots that subscriptions begin with; return for whom."""
        running, market_data = self._running, self._running.market_data
        snapshots: dict[str, Encoded] = {}
        begun: dict[Connection, None] = {}
        for connection, symbol in self._fresh:
            if connection.ended:
                continue
            if not market_data.active:
                market_data.start()
            if symbol not in snapshots:
                snapshots[symbol] = Encoded(market_data.snapshot(symbol, 0, running.time))
            # what it has yet to hear of its other lines is older than this
            self._bring_up(connection, self._hearers.pop(connection, self._last))
            self._hearers[connection] = self._last
            connection.symbols[symbol] = None
            found = snapshots[symbol]
            connection.repeat(found.frames(connection.seq()), len(found))
            begun[connection] = None
        self._fresh.clear()
        return list(begun)
