"""What the shell knows: the public feed, own orders and quotes; and what there is to tell of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Protocol

from engine.vocabulary.enums import OfferKind
from engine.vocabulary.suggest import nearest
from gateway.cli.terminal import told
from gateway.cli.terminal.typed import RefusedError, shown, whole
from gateway.cli.terminal.words import spelled
from gateway.client.account_view import AccountView
from gateway.client.client import ClientError, Missed
from gateway.client.market_view import Line, MarketView
from gateway.protocol import wire, wire_account, wire_market, wire_modes
from gateway.protocol.answers import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.cli.terminal.calls import Calls

BATCH: Final = 100  # events after which others have their turn
KEPT_PRINTS: Final = 1_000  # of each line
BOOK_WITHIN: Final = 2.0  # seconds that a line waits for its first snapshot
SETTLE_TURNS: Final = 10

Offer = wire_market.Offered | wire_market.Announced | wire_modes.QuoteReceived


class Window(Protocol):
    """Where things are told, and a book is watched."""

    def say(self, text: str) -> None:
        """Show a text, above what is being typed."""

    def changed(self) -> None:
        """Draw what is watched again, soon."""


def is_enquiry(offer: wire_market.Offered) -> bool:
    """Say whether somebody asks everybody for quotes: that is heard once and binds nobody."""
    return offer.kind is OfferKind.ENQUIRY and offer.quantity > 0


class Desk:
    """One account at a venue. ``follow`` takes in what happens; the verbs read what is known."""

    def __init__(self, calls: Calls, window: Window) -> None:
        """Trade through a client that is logged on."""
        self.calls = calls
        self.window = window
        self.view = MarketView(calls.lines, new_lines=True)
        self.account = AccountView()  # as of the events that were taken in
        self.quotes: dict[tuple[str, int], wire_modes.QuoteReceived] = {}  # to this account
        self.watched = ""
        self.missed = 0  # events dropped because they were not taken in time
        self.teller = told.Teller(self.digits, self._live)
        self.seen = 0  # the last report taken in
        self._old = calls.reports  # reports up to this one happened before this session
        self._best: tuple[int, int, int] | None = None  # of the watched line, as told last
        self._taken = 0
        self._moved = asyncio.Event()
        self._mending: asyncio.Task[None] | None = None
        self._reconnects = 0
        self.broken = False
        self.answering = False  # a line is being answered: what happens is told behind it
        self._to_tell: list[str] = []
        self._phases: dict[tuple[str, str], list[str]] = {}
        self._scheduled = False

    async def open(self) -> None:
        """Ask for the public feed, and for what the account has in the market."""
        self.calls.follow()
        await self.refresh()

    async def refresh(self) -> wire_account.AccountStatus:
        """Take the account's live orders from the venue."""
        status = await self.calls.status()
        if status.seq >= self.account.as_of:
            self.account.adopt(status)
        return status

    # -- what is known --------------------------------------------------------------------------

    @property
    def orders(self) -> dict[int, wire_account.OrderStatus]:
        """The live orders by reference."""
        return self.account.orders

    def _live(self, ref: int) -> wire_account.OrderStatus | None:
        return self.account.orders.get(ref)

    def digits(self, symbol: str) -> int:
        """Return the decimals of a line's currency; of "" and unknown lines, of the first."""
        line = self.view.lines.get(symbol) or next(iter(self.view.lines.values()), None)
        return line.info.minor_digits if line is not None else 2

    def line(self, word: str) -> Line:
        """Return a line by its symbol."""
        found = self.view.lines.get(word)
        if found is None:
            near = nearest(word, self.view.lines)
            right = f"did you mean {near}?" if near else "type lines to see what is traded"
            message = f"{shown(word)} is not traded here: {right}"
            raise RefusedError(message, order=not near)
        return found

    async def book(self, word: str) -> Line:
        """Return a line once its book is known."""
        found = self.line(word)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BOOK_WITHIN):
                await self.until(lambda: self.broken or not found.stale)
        await self.settle()
        return found

    async def order(self, word: str) -> wire_account.OrderStatus:
        """Return an own live order by its reference."""
        ref = whole(word, "the number of an order")
        if ref not in self.orders:
            await self.refresh()
        found = self.orders.get(ref)
        if found is None:
            live = ", ".join(map(str, list(self.orders)[-10:]))
            right = f"your orders are {live}" if live else "you have no live orders"
            message = f"order {ref} is not in the market: {right}"
            raise RefusedError(message)
        return found

    def offers(self, symbol: str = "") -> dict[tuple[str, int], Offer]:
        """Return what can be answered by its number: listings, auctions, quotes."""
        found: dict[tuple[str, int], Offer] = dict(self.quotes)
        for name, line in self.view.lines.items():
            found.update(((name, number), offer) for number, offer in line.offers.items())
        return {key: offer for key, offer in found.items() if symbol in {"", key[0]}}

    def watch(self, symbol: str) -> None:
        """Show a line's book from now on, "" for none."""
        self.watched = symbol
        self._best = None
        self._changed()

    # -- what happens ---------------------------------------------------------------------------

    async def follow(self) -> None:
        """Take in event after event until the client closes. Raises what ended the session."""
        while (event := await self.calls.next_event()) is not None:
            self.take(event)
            self._taken += 1
            self._moved.set()
            if not self._taken % BATCH:
                await asyncio.sleep(0)

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until what has been taken in satisfies a condition."""
        while not reached():
            self._moved.clear()
            await self._moved.wait()

    async def settle(self) -> None:
        """Let what has arrived be taken in, within bounds: a busy market holds up nobody."""
        for _ in range(SETTLE_TURNS):
            before = self._taken
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if self._taken == before:
                return

    def take(self, event: object) -> None:
        """Take one event in."""
        if self.broken and self.calls.reconnects != self._reconnects:
            self.broken = False
            self._reconnects = self.calls.reconnects
            self.tell("connected again")
        self.view.absorb(event)
        if isinstance(event, Missed):
            self._take_missed(event)
        elif isinstance(event, wire.Report):
            self._take_report(event)
        else:
            self._take_public(event)

    def lost(self) -> None:
        """Say that the connection broke; the client makes another one."""
        if not self.broken:
            self.broken = True
            self._moved.set()
            self.tell("the connection to the venue broke: trying again")

    def _take_missed(self, missed: Missed) -> None:
        """Say that events were dropped; ask for what they would have told."""
        self.missed += missed.count
        self.tell(
            f"{missed.count:,} events were dropped, which came faster than they could be "
            "shown: books and orders are asked for again"
        )
        if self._mending is None or self._mending.done():
            self._mending = asyncio.create_task(self._mend())

    async def _mend(self) -> None:
        try:
            await self.refresh()
        except (RefusedError, ClientError) as error:
            self.tell(f"own orders could not be asked for: {error}")

    def _take_public(self, event: object) -> None:
        symbol = getattr(event, "symbol", "")
        line = self.view.lines.get(symbol)
        if line is not None and len(line.prints) > KEPT_PRINTS:
            del line.prints[: -KEPT_PRINTS // 2]
        if isinstance(event, wire_market.PhaseChanged):
            key = (spelled(event.phase), event.reason)
            self._phases.setdefault(key, []).append(symbol)
            self._schedule()
        elif isinstance(event, wire_market.Offered) and is_enquiry(event):
            self.tell(told.enquiry(event))
        if symbol == self.watched and symbol:
            self._changed()

    def _changed(self) -> None:
        self.window.changed()

    def best_of_watched(self) -> str:
        """Return the watched line's best prices in a line of text, "" where they are as before."""
        line = self.view.lines.get(self.watched)
        if line is None or line.stale:
            return ""
        best = (*line.best(), line.last)
        if best == self._best:
            return ""
        self._best = best
        bid, ask, last = (self.teller.money(p, self.watched) if p else "-" for p in best)
        return f"{self.watched}: bid {bid}, ask {ask}, last {last}"

    def _take_report(self, report: wire.Report) -> None:
        self.seen = max(self.seen, report.seq)
        answers = ANSWERS.get(report.__class__)
        ref = answers(report) if answers is not None else 0
        shown_by_its_line = bool(ref) and ref in self.calls.awaited
        self.calls.awaited.pop(ref, None)
        text = ""
        if report.seq > self._old and not shown_by_its_line:
            text = self.teller.tell(report)
        self._keep_quotes(report)
        self.account.absorb(report, None)
        if text:
            self.tell(text)

    def _keep_quotes(self, report: wire.Report) -> None:
        if isinstance(report, wire_modes.QuoteReceived):
            if report.kind is not OfferKind.ENQUIRY:
                self.quotes[report.symbol, report.number] = report
        elif isinstance(report, wire_modes.QuoteEnded | wire_modes.Declined):
            self.quotes.pop((report.symbol, report.number), None)

    # -- what is told ---------------------------------------------------------------------------

    def tell(self, text: str) -> None:
        """Tell a text once a line that is being answered has its answer."""
        self._to_tell.append(text)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        if not self.answering:
            self.flush()

    def flush(self) -> None:
        """Tell what there is to tell, the phases of many lines in one text."""
        phases, self._phases = self._phases, {}
        for (phase, reason), symbols in phases.items():
            why = f" ({reason})" if reason else ""
            self._to_tell.append(f"{phase}{why}: {', '.join(symbols)}")
        texts, self._to_tell = self._to_tell, []
        if texts:
            self.window.say("\n".join(texts))
