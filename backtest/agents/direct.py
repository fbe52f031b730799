"""The simplest port: agents on a venue in this process, without delay."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING

from msgspec import structs

from backtest.agents.market_picture import LinePicture
from backtest.agents.present import Balance, Present
from backtest.agents.visibility import Visibility
from engine.vocabulary.commands import AdvanceTime
from engine.vocabulary.enums import Side
from engine.vocabulary.events import OrderResting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backtest.agents.port import ClientCommand, Participant
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event


class DirectPort:
    """One agent's port to a ``DirectVenue``."""

    def __init__(self, home: DirectVenue, agent: Participant, *, subscribed: bool) -> None:
        """Go on from the last reference that the account used."""
        self.agent = agent
        self.subscribed = subscribed
        self._home = home
        self._last_ref = home.venue.last_ref(agent.name)

    def now(self) -> int:
        """Return the time of the run, ns UTC."""
        return self._home.now

    def submit(self, command: ClientCommand) -> int:
        """Apply a command at once; its events are delivered when the agent has finished acting."""
        self._last_ref = ref = self._last_ref + 1
        self._home.apply(structs.replace(command, account=self.agent.name, ref=ref))
        return ref

    def wake_at(self, time: int) -> None:
        """Have the agent woken once at a time (ns UTC)."""
        self._home.wake_at(time, self)


class DirectVenue:
    """A venue and its agents: whoever is due first is woken; events are delivered without delay.

    Agents that are due at the same time are woken in the order in which they asked, so that a run
    depends on nothing but its seeds.
    """

    def __init__(self, venue: Venue) -> None:
        """Start at the venue's own time."""
        self.venue = venue
        self.now = venue.time  # ns UTC
        self._ports: dict[str, DirectPort] = {}
        self._visibility = Visibility()
        self._undelivered: deque[Event] = deque()
        self._due: list[tuple[int, int, DirectPort]] = []  # a heap of time, order of asking, whom
        self._asked = 0

    def lines(self) -> list[LinePicture]:
        """Return the venue's lines as anybody may see them now."""
        venue = self.venue
        found = []
        for symbol in venue.symbols:
            view = venue.line_view(symbol)
            line = LinePicture(symbol, view.tick, view.lot, view.reference, view.low_limit,
                               view.high_limit, view.phase, view.mechanism,
                               last_trade=venue.last_price(symbol), ticks=view.ticks,
                               product=view.product, currency=view.currency,
                               min_quantity=view.min_quantity,
                               max_quantity=view.max_quantity)  # fmt: skip
            for offer in venue.standing(symbol):
                line.stands(structs.replace(offer, account="", ref=0))
            line.best_bids.update((best.number, best.price) for best in venue.best_bids(symbol))
            line.bids.update(venue.depth(symbol, Side.BUY))
            line.asks.update(venue.depth(symbol, Side.SELL))
            found.append(line)
        return found

    def join(self, agent: Participant, *, subscribed: bool = True) -> DirectPort:
        """Let an agent trade from now on for the account of its name.

        Where several share one picture of the market, one of them is ``subscribed`` to public
        events. Raises ``ValueError`` where the account has an agent already.
        """
        if agent.name in self._ports:
            message = f"the account {agent.name!r} has an agent already"
            raise ValueError(message)
        port = self._ports[agent.name] = DirectPort(self, agent, subscribed=subscribed)
        for event in self._present(agent.name):
            agent.on_event(port, event)
        port.wake_at(self.now)
        return port

    def _present(self, name: str) -> Iterator[Event]:
        """Yield what an account has, in events."""
        venue = self.venue
        found = venue.account(name)
        orders = [OrderResting(name, o.ref, o.symbol, o.side, o.price, o.leaves, -1)
                  for o in venue.open_orders(name)]  # fmt: skip
        yield from Present(
            name,
            [Balance(each.name, each.total, each.reserved) for each in found.cash],
            [Balance(each.name, each.total, each.reserved) for each in found.holdings],
            orders,
        ).events({line.symbol: (line.product, line.currency) for line in self.lines()})
        for symbol in venue.symbols:
            yield from (offer for offer in venue.standing(symbol) if offer.account == name)

    def wake_at(self, time: int, port: DirectPort) -> None:
        """Remember to wake an agent, not before now."""
        self._asked += 1
        heapq.heappush(self._due, (max(time, self.now), self._asked, port))

    def apply(self, command: Command) -> None:
        """Apply a command and queue its events."""
        self._undelivered.extend(self.venue.apply(command))

    def operate(self, command: Command) -> None:
        """Apply an operator's command and deliver its events."""
        self.apply(command)
        self._deliver()

    def run_until(self, time: int) -> None:
        """Wake agents as they are due, until a time (ns UTC) is reached."""
        while self._due and self._due[0][0] <= time:
            due, _, port = heapq.heappop(self._due)
            self._advance(due)
            port.agent.on_wake(port)
            self._deliver()
        self._advance(time)

    def _advance(self, time: int) -> None:
        if time > self.now:
            self.now = time
            self.operate(AdvanceTime(time))

    def _deliver(self) -> None:
        """Deliver all events that wait, and those that agents cause when they receive them."""
        while self._undelivered:
            for account, event in self._visibility.parts((self._undelivered.popleft(),)):
                if account:
                    port = self._ports.get(account)
                    if port is not None:
                        port.agent.on_event(port, event)
                    continue
                for port in self._ports.values():
                    if port.subscribed:
                        port.agent.on_event(port, event)
