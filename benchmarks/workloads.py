"""Seeded order flow for the seven shapes in which a book is measured.

Each shape opens with a filled book (not timed) and goes on with messages that keep it at its
size: 15% of new orders are immediate-or-cancel; of the rest 20% are amended, mostly re-priced by
one tick, and about 95% cancelled, the others traded away (in the static shape they stay, so
that the book only deepens); 2% of cancels and amendments are sent again after the order is gone.
``tests/benchmarks/test_workloads.py`` counts all of it, by the reference book's reports.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import log, pi, sin
from typing import TYPE_CHECKING, Final

from benchmarks.messages import AMEND, CANCEL, FILL, NEW
from benchmarks.reference import ReferenceBook, Resting
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from benchmarks.messages import Message

IOC_SHARE: Final = 0.15
AMENDED_SHARE: Final = 0.20
CANCELLED_SHARE: Final = 0.95
REPEATED_SHARE: Final = 0.02
REPRICED_SHARE: Final = 0.80  # of amendments; the others make the order smaller
FILLS_PER_ORDER: Final = 0.06  # 60,000 per million
MARKETABLE_SHARE: Final = 0.01  # of limit orders: cross the spread and may rest with what is left
BASE_PRICE: Final = 50_000  # minor units per tonne
WIDE_PRICE: Final = 33_500  # the same, where a tick is 0.003% of the price
TAIL: Final = 2.2  # exponent of the density of distances in the wide shapes
MAX_QUANTITY: Final = 100  # tonnes


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of trading day. Prices and widths are in ticks of one minor unit."""

    name: str
    title: str
    resting: int  # orders in the book
    levels: int  # prices with orders, about
    width: int  # how far from the middle orders are placed, on either side
    near: float  # share of orders placed close to the touch
    near_mean: float  # how close
    volatility: float  # standard deviation of the middle's move per message
    static: bool = False  # nothing crosses, nothing moves, the book only deepens
    crash: bool = False  # the middle falls by a tenth within a tenth of the messages, and recovers
    base: int = BASE_PRICE  # where the middle starts
    swing: float = 0.0  # share of the price from the day's lowest middle to its highest
    plunge: float = 0.0  # share of the price that is lost within a tenth of the messages
    least: int = 0  # least distance from the middle, of a power law; 0: the distances above
    flicker: float = 0.0  # share of cancels that take the best order of a side

    @property
    def wide(self) -> bool:
        """Whether levels lie so far apart that the book spans many pages of prices."""
        return self.least > 0


SHAPES: Final = (
    Shape("static", "a static book that only deepens", 20_000, 60, 30, 0.0, 1.0, 0.0, static=True),
    Shape("normal", "a normal session", 3_000, 300, 150, 0.4, 25.0, 0.03),
    Shape("volatile-600", "a high-volatility day, 600 levels", 640, 600, 3_500, 0.2, 300.0, 8.0),
    Shape(
        "volatile-1400", "a high-volatility day, 1,400 levels", 1_480, 1_400, 9_000, 0.2, 600.0, 8.0
    ),
    Shape("crash", "a flash crash", 1_500, 900, 1_200, 0.4, 80.0, 1.0, crash=True),
    Shape("wide-swing", "a small tick, a swing of 40%", 24, 24, 0, 0.0, 1.0, 0.0,
          base=WIDE_PRICE, swing=0.4, least=1_000, flicker=0.9),
    Shape("wide-crash", "a small tick, a crash of 60%", 24, 24, 0, 0.0, 1.0, 0.0,
          base=WIDE_PRICE, plunge=0.6, least=1_000, flicker=0.9),
)  # fmt: skip
BY_NAME: Final = {shape.name: shape for shape in SHAPES}


@dataclass(frozen=True, slots=True)
class Workload:
    """The messages of one shape; ``opening`` fills the book and is not timed."""

    shape: Shape
    opening: list[Message]
    messages: list[Message]


def generate(shape: Shape, count: int, seed: int = 7) -> Workload:
    """Make ``count`` messages of a shape. The same arguments always give the same messages."""
    flow = _Flow(shape, count, seed)
    opening = flow.open()
    return Workload(shape, opening, flow.run())


def far(shape: Shape, share: float) -> int:
    """Return the distance from the middle that a share (0 to 1) of a wide shape's orders keep."""
    return min(int(shape.least * (1 - share) ** (-1 / (TAIL - 1))), shape.base)


class _Flow:
    """Plays a population of traders against the reference book."""

    def __init__(self, shape: Shape, count: int, seed: int) -> None:
        self.shape = shape
        self.count = count
        self.draw = random.Random(f"{shape.name}/{seed}").random
        self.book = ReferenceBook()
        self.middle = float(shape.base)
        self.messages: list[Message] = []
        self.ids: list[int] = []  # live orders, for a fair pick
        self.place: dict[int, int] = {}  # order id -> its index in ids
        self.next_id = 1
        self.orders = 0
        self.fills = 0
        self.requests: list[Message] = []  # recent cancels and amendments
        self.amended: set[int] = set()
        self.due = {AMEND: 0.0, CANCEL: 0.0, NEW: 0.0}  # owed, so that shares come out right

    # -- the book at the start --------------------------------------------------------------

    def open(self) -> list[Message]:
        """Fill the book to its size; orders do not meet."""
        while len(self.ids) < self.shape.resting:
            side = Side.BUY if len(self.ids) % 2 else Side.SELL
            self._send((NEW, self._id(), side, self._passive(side), self._quantity(), False))
        opening, self.messages = self.messages, []
        self.orders = self.fills = 0
        self.due = dict.fromkeys(self.due, 0.0)
        return opening

    def run(self) -> list[Message]:
        """Go on until there are enough messages."""
        while len(self.messages) < self.count:
            self._move()
            if self._overrun():
                continue
            if self.due[AMEND] >= 1:
                self.due[AMEND] -= 1
                self._amend()
            elif self.due[NEW] >= 1:
                self.due[NEW] -= 1
                self._repeat()
            elif self._cancels_now():
                self._cancel(self._chosen())
            else:
                self._new()
        return self.messages[: self.count]

    # -- what traders do --------------------------------------------------------------------

    def _move(self) -> None:
        """Let the middle wander; in a crash it falls and comes back."""
        shape = self.shape
        if shape.wide:
            self.middle = shape.base * self._curve(len(self.messages) / self.count)
            return
        if shape.volatility:
            step = self.draw() + self.draw() + self.draw() - 1.5  # deviation 0.5
            self.middle += step * 2 * shape.volatility
            self.middle += (BASE_PRICE - self.middle) * 1e-6
        if shape.crash:
            done = len(self.messages) / self.count
            if 0.3 <= done < 0.4:
                self.middle -= BASE_PRICE * 0.1 / (0.1 * self.count)
            elif 0.4 <= done < 0.6:
                self.middle += BASE_PRICE * 0.08 / (0.2 * self.count)

    def _curve(self, done: float) -> float:
        """Return the middle of a wide shape as a share of where it starts."""
        shape = self.shape
        if shape.swing:
            return 1 + shape.swing / 2 * sin(2 * pi * done)
        if done < 0.4:
            return 1 - shape.plunge * max(0.0, done - 0.3) * 10
        return 1 - shape.plunge + shape.plunge / 2 * min(1.0, (done - 0.4) / 0.4)

    def _overrun(self) -> bool:
        """Pull (or pick off) an order that the middle has run over."""
        ask, bid = self.book.best(Side.SELL), self.book.best(Side.BUY)
        if ask and ask < self.middle:
            side, price = Side.SELL, ask
        elif bid and bid > self.middle + 1:
            side, price = Side.BUY, bid
        else:
            return False
        if self.due[CANCEL] < 0 or self.draw() < 0.3:
            return False  # others act meanwhile
        queue = self.book.queues[side][price]
        self._cancel(next(iter(queue.values())))
        return True

    def _chosen(self) -> Resting:
        """Return the order to cancel: any, or where the book flickers most often a best one."""
        if self.shape.flicker and self.draw() < self.shape.flicker:
            side = Side.BUY if self.draw() < 0.5 else Side.SELL
            best = self.book.best(side)
            if best:
                return next(iter(self.book.queues[side][best].values()))
        return self.book.live[self.ids[int(self.draw() * len(self.ids))]]

    def _cancels_now(self) -> bool:
        if self.shape.static:
            return self.due[CANCEL] >= 1
        return len(self.ids) > self.shape.resting

    def _new(self) -> None:
        bids, asks = len(self.book.queues[Side.BUY]), len(self.book.queues[Side.SELL])
        side = Side.BUY if self.draw() < (0.6 if bids < asks else 0.4) else Side.SELL
        ioc = self.draw() < IOC_SHARE
        behind = self.fills < FILLS_PER_ORDER * self.orders
        crosses = self.draw() < ((0.7 if behind else 0.1) if ioc else MARKETABLE_SHARE)
        quantity = self._quantity()
        if self.shape.static:
            price = self._missing(side) if ioc else self._passive(side)
        elif crosses:
            price = self._crossing(side)
            falling = self.shape.crash and side is Side.SELL and self._crashing()
            if falling and ioc and self.draw() < 0.1:
                quantity *= 30  # a sweep through many levels
                price -= 200
        else:
            price = self._missing(side) if ioc else self._passive(side)
        self._send((NEW, self._id(), side, max(price, 1), quantity, ioc))

    def _crashing(self) -> bool:
        return 0.3 <= len(self.messages) / self.count < 0.4

    def _cancel(self, order: Resting) -> None:
        self.due[CANCEL] -= 1
        self._request((CANCEL, order.id, order.side, 0, 0, False))

    def _amend(self) -> None:
        for _ in range(20):
            number = self.ids[int(self.draw() * len(self.ids))]
            if number not in self.amended:
                break
        self.amended.add(number)
        order = self.book.live[number]
        price, quantity = order.price, order.quantity
        if order.leaves > 1 and self.draw() >= REPRICED_SHARE:
            quantity -= 1 + int(self.draw() * (order.leaves - 1))
        else:
            price = self._one_tick(order)
        self._request((AMEND, number, order.side, price, quantity, False))

    def _one_tick(self, order: Resting) -> int:
        """Move an order's price by one tick, not across the spread of a static book."""
        step = 1 if self.draw() < 0.5 else -1
        if not self.shape.static:
            return max(order.price + step, 1)
        low = BASE_PRICE - self.shape.width + 1 if order.side is Side.BUY else BASE_PRICE + 1
        price = order.price + step
        return price if low <= price < low + self.shape.width else order.price - step

    def _repeat(self) -> None:
        """Send a cancel or an amendment again whose order is gone."""
        for message in reversed(self.requests[-400:]):
            if message[1] not in self.book.live and self.draw() < 0.3:
                self._apply(message)
                return

    # -- prices -----------------------------------------------------------------------------

    def _passive(self, side: Side) -> int:
        """Return a price at which an order rests."""
        shape = self.shape
        if shape.wide:
            distance = far(shape, self.draw())
        elif self.draw() < shape.near:
            distance = int(-shape.near_mean * log(1 - self.draw()))
        else:
            distance = int(self.draw() * shape.width)
        middle = int(self.middle)
        if side is Side.BUY:
            price = middle - distance
            best = self.book.best(Side.SELL)
            return max(min(price, best - 1) if best else price, 1)
        best = self.book.best(Side.BUY)
        return max(middle + 1 + distance, best + 1)

    def _crossing(self, side: Side) -> int:
        """Return a price that meets the other side, a few ticks deep at most."""
        best = self.book.best(Side.SELL if side is Side.BUY else Side.BUY)
        deep = int(self.draw() * 4)
        if not best:
            return self._passive(side)
        return best + deep if side is Side.BUY else best - deep

    def _missing(self, side: Side) -> int:
        """Return a price one tick short of the other side."""
        best = self.book.best(Side.SELL if side is Side.BUY else Side.BUY)
        if not best:
            return self._passive(side)
        return best - 1 if side is Side.BUY else best + 1

    def _quantity(self) -> int:
        return 1 + int(self.draw() * MAX_QUANTITY)

    # -- bookkeeping ------------------------------------------------------------------------

    def _id(self) -> int:
        number = self.next_id
        self.next_id += 1
        return number

    def _request(self, message: Message) -> None:
        """Send a cancel or an amendment of a live order."""
        self.due[NEW] += REPEATED_SHARE / (1 - REPEATED_SHARE)
        self.requests.append(message)
        if len(self.requests) > 2_000:
            del self.requests[:1_000]
        self._apply(message)

    def _send(self, message: Message) -> None:
        self.orders += 1
        if not message[5]:
            self.due[AMEND] += AMENDED_SHARE
            self.due[CANCEL] += CANCELLED_SHARE
        self._apply(message)

    def _apply(self, message: Message) -> None:
        self.messages.append(message)
        book = self.book
        book.reports.clear()
        book.handle(message)
        for report in book.reports:
            if report[0] == FILL:
                self.fills += 1
                self._note(report[1])
        self._note(message[1])

    def _note(self, number: int) -> None:
        """Keep the list of live ids in step with the book."""
        live = number in self.book.live
        index = self.place.get(number)
        if live and index is None:
            self.place[number] = len(self.ids)
            self.ids.append(number)
        elif not live and index is not None:
            last = self.ids.pop()
            del self.place[number]
            if last != number:
                self.ids[index] = last
                self.place[last] = index
            self.amended.discard(number)
