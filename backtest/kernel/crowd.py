"""Array agents: one object that draws for thousands and hands over whole arrays of orders."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from backtest.kernel.queue import (
    COMMAND,
    KIND_BITS,
    KIND_MASK,
    PLACE_BITS,
    TIME_BITS,
    AgentError,
    QueuedEvent,
    key_of,
)
from backtest.kernel.seat import Seat
from engine.vocabulary.commands import CancelOrder, NewOrder
from engine.vocabulary.enums import OrderType, Side, TimeInForce
from engine.vocabulary.units import MAX_PRICE, MAX_QUANTITY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from backtest.agents.market import Participant
    from backtest.kernel.kernel import Kernel

    Ints = NDArray[np.int64]

_SIDES = (Side.SELL, Side.BUY)


class Crowd(Seat):
    """The way to the venue of one object that acts for many accounts.

    Each account has its own place in the total order, its own references and its own latency,
    which the arrays' times include: they say when an order reaches the venue.
    """

    __slots__ = ("_home", "_refs", "accounts")

    def __init__(
        self, kernel: Kernel, agent: Participant, accounts: Sequence[str], who: str
    ) -> None:
        """Join a kernel. Raises ``ValueError`` where an account has an agent already."""
        self._home = kernel
        self.accounts = list(accounts)
        place = kernel.take_places(self.accounts)
        super().__init__(kernel, agent, place, self.accounts[0], who, None, None, 0)
        self._refs = np.array([kernel.venue.last_ref(each) for each in accounts], dtype=np.int64)
        kernel.enter(self, self.accounts)

    def orders(
        self,
        symbol: str,
        times: ArrayLike,
        agents: ArrayLike,
        buys: ArrayLike,
        prices: ArrayLike,
        tonnes: ArrayLike,
        targets: ArrayLike = 0,
    ) -> Ints:
        """Send limit orders good for the day; return their references, in the order given.

        Each row has a time (ns) of arrival at the venue, an account's place in ``accounts``, a
        side, a price in minor units and tonnes; a row with a target cancels the account's order of
        that reference instead. Any of them may be one value for all. Orders of one account at one
        time arrive in the order given. Raises ``AgentError`` on what no order can be.
        """
        at, who, buy, price, size, target = self._table(
            [times, agents, buys, prices, tonnes, targets]
        )
        self._check(symbol, at, who, price, size, target)
        order = np.lexsort((np.arange(at.size), who, at))
        refs = np.empty_like(at)
        refs[order] = self._number(who[order])
        names = self.accounts
        whose = who[order].tolist()
        rows = (
            map(names.__getitem__, whose), refs[order].tolist(), repeat(symbol),
            map(_SIDES.__getitem__, buy[order].astype(bool).tolist()),
            size[order].tolist(), price[order].tolist(),
            repeat(OrderType.LIMIT), repeat(TimeInForce.DAY),
        )  # fmt: skip
        commands: list[NewOrder | CancelOrder] = list(map(NewOrder, *rows))
        for row in np.flatnonzero(target[order]).tolist():
            new = commands[row]
            commands[row] = CancelOrder(new.account, new.ref, int(target[order[row]]))
        if commands:
            _Flow(self._home, self, at[order].tolist(), whose, commands).wait()
        return refs

    def _table(self, columns: list[ArrayLike]) -> list[Ints]:
        try:
            found = np.broadcast_arrays(*map(np.atleast_1d, columns))
        except ValueError as error:
            raise AgentError(self.who, self.now(), f"orders: {error}") from error
        for name, each in zip(
            ("times", "agents", "buys", "prices", "tonnes", "targets"), found, strict=True
        ):
            if each.dtype.kind not in "iub":
                why = f"orders: {name} are {each.dtype}: whole numbers are needed"
                raise AgentError(self.who, self.now(), why)
        return [each.astype(np.int64) for each in found]

    def _check(
        self, symbol: str, at: Ints, who: Ints, price: Ints, size: Ints, target: Ints
    ) -> None:
        """Raise ``AgentError`` unless the log can hold the orders, and they are for this crowd."""
        new = target == 0
        for name, bad, rule in (
            ("times", at < self.now(), f"at {self.now()} or later"),
            ("agents", (who < 0) | (who >= len(self.accounts)), f"0 to {len(self.accounts) - 1}"),
            ("prices", new & ((price <= 0) | (price > MAX_PRICE)), f"1 to {MAX_PRICE}"),
            ("tonnes", new & ((size <= 0) | (size > MAX_QUANTITY)), f"1 to {MAX_QUANTITY}"),
            ("targets", target < 0, "a reference, or 0"),
        ):
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                why = f"orders: {name}, row {row}: {rule}"
                raise AgentError(self.who, self.now(), why)
        if symbol not in self._kernel.symbols:
            why = f"orders: {symbol!r} is not one of {', '.join(self._kernel.symbols)}"
            raise AgentError(self.who, self.now(), why)

    def _number(self, who: Ints) -> Ints:
        """Return the next references of accounts, in the order in which they act."""
        counts = np.bincount(who, minlength=len(self.accounts))
        by_account = np.argsort(who, kind="stable")
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        refs = np.empty_like(who)
        refs[by_account] = np.arange(who.size) - starts + 1 + self._refs[who[by_account]]
        self._refs += counts
        return refs


class _Flow:
    """Orders of a crowd, in their order; the queue holds the next one's time and place."""

    __slots__ = ("_commands", "_counter", "_crowd", "_done", "_kernel", "_times", "_whose")

    def __init__(
        self,
        kernel: Kernel,
        crowd: Crowd,
        times: list[int],
        whose: list[int],
        commands: list[NewOrder | CancelOrder],
    ) -> None:
        kernel.counter += 1
        self._kernel, self._crowd, self._counter = kernel, crowd, kernel.counter
        self._times, self._whose, self._commands = times, whose, commands
        self._done = 0

    def wait(self) -> None:
        """Stand in the queue for the next order."""
        at = self._done
        place = self._crowd.place + self._whose[at]
        due = key_of(self._times[at], COMMAND, place, self._counter)
        self._kernel.insert(QueuedEvent(due, COMMAND, self._crowd, self.advance))

    def advance(self, until: int) -> None:
        """Give the venue all orders that come before whatever else there is, and wait again."""
        kernel, crowd, times = self._kernel, self._crowd, self._times
        start = self._done
        if not kernel.plain:  # what comes of an order may come before the next
            end = bisect_right(times, times[start], lo=start)
        else:
            end = bisect_right(times, until, lo=start)
        following = kernel.first()
        if following is not None:
            end = self._before(following.due, start, end)
        self._done = end
        if kernel.plain:
            kernel.now = times[end - 1]
            kernel.apply_all(times[start:end], self._commands[start:end])
        else:
            for row in range(start, end):
                kernel.apply(crowd.place + self._whose[row], self._commands[row])
        if end < len(times):
            self.wait()

    def _before(self, key: int, start: int, end: int) -> int:
        """Return the end of the rows that come before a place in the total order."""
        time, kind = key >> TIME_BITS, key >> KIND_BITS & KIND_MASK
        first = bisect_left(self._times, time, lo=start, hi=end)
        last = bisect_right(self._times, time, lo=first, hi=end)
        if kind > COMMAND:
            return last
        if kind == COMMAND:
            in_kind = key & ((1 << KIND_BITS) - 1)
            mine = (in_kind >> PLACE_BITS) - self._crowd.place
            earlier = self._counter < in_kind & ((1 << PLACE_BITS) - 1)
            side: Callable[..., int] = bisect_right if earlier else bisect_left
            first = side(self._whose, mine, lo=first, hi=last)
        return max(first, start + 1)
