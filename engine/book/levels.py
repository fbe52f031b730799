"""Two sorted sides of first-in-first-out price levels.

In a thin, flickering market nearly every order makes a level and nearly every cancel kills one,
so a sorted container of levels would itself be the cost. Three ideas keep it out of the way:

*A bound.* ``best`` is a bound: no level is better. When the best level goes, the bound stays, and
the next best is searched for only when somebody needs it: an arriving order that reaches the
bound, or a reader. Only ``search`` and ``reached`` know the best level; where ``best_level`` is
set, the bound is exact.

*Marks.* A search among few levels looks at each of them. Among many it finds marks: a *page* of
4,096 neighbouring prices is a ``bytearray`` with a 1 at each level, so that the next one is one
``find``, and the sorted container sees only the numbers of pages. Levels get their marks at the
first search among many; from then on a new level is marked at once, until there are few again. A
mark may outlive its level: most are never looked at again, and a search clears those it comes upon.

*Nothing made that is not needed.* An order that is alone at its price stands for its level there:
a ``Level`` is made when a second order comes, or somebody asks for it. An emptied level's object is
used again for the next one, and a page stays where it is until there are too many of them, so that
a flickering book works in few, warm cache lines.

Which of two prices is better is a question of *keys*: the price for asks and minus the price for
bids, so that the best level has the smallest key on either side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sortedcontainers import SortedList

from engine.book.orders import Level, Order
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE_BITS: Final = 12
PAGE_SIZE: Final = 1 << PAGE_BITS
PAGE_MASK: Final = PAGE_SIZE - 1
NO_KEY: Final = 1 << 62  # above every key: "this side is empty"
FEW_LEVELS: Final = 32  # with no more of them left, looking at each is faster than their marks
MANY_LEVELS: Final = 64  # with more of them, levels get marks; between the two all stays as it is
NEAR_PAGES: Final = 8  # how far pages are looked for by number before the sorted list is asked
KEEP_LEVELS: Final = 256  # a side of few levels that has kept more emptied ones lets them go
KEEP_BYTES: Final = 10_000  # the same of one whose dict is larger: of some 300 levels
KEEP_PAGES: Final = 64  # emptied pages are swept once a side holds more than this
_BUY: Final = Side.BUY


class BookSide:
    """All levels of one side, and how good the best of them can be at most."""

    __slots__ = ("_keep_pages", "_made", "_marks", "_numbers", "_pages", "_spare", "best",
                 "best_level", "levels", "sign")  # fmt: skip

    def __init__(self, sign: int) -> None:
        """Make an empty side; ``sign`` is +1 for asks, -1 for bids."""
        self.sign = sign
        self.best = NO_KEY  # no live level has a smaller key; one has it where best_level is set
        # None where it is not known, or there is none
        self.best_level: Level | Order | None = None
        self.levels: dict[int, Level | Order] = {}  # by price; a lone order stands for its level
        self._pages: dict[int, bytearray] = {}
        self._numbers: SortedList[int] = SortedList()  # of the pages
        self._spare: Level | None = None  # the first of the emptied levels, to be used again
        self._made = 0  # objects of levels, live and emptied
        self._marks = False  # whether every live level has its mark
        self._keep_pages = KEEP_PAGES

    def rest(self, order: Order) -> int:
        """Put an order at the tail of its price; return the quantity shown there."""
        price = order.price
        level = self.levels.setdefault(price, order)
        if level is order:
            if self._marks:
                try:
                    page = self._pages[price >> PAGE_BITS]
                except KeyError:
                    page = self._new_page(price >> PAGE_BITS)
                page[price & PAGE_MASK] = 1
            if price * self.sign <= self.best:
                self.best = price * self.sign
                self.best_level = order
            return order.shown
        tail = level.before
        if tail is None:  # it is an order: nothing is before one that is alone
            assert isinstance(level, Order)
            level = self.level_of(level)
            tail = level.head
            assert tail is not None
        order.price = level.price  # one integer object for all orders at a price
        order.level = tail.level
        tail.after = order
        order.before = tail
        level.before = order
        level.quantity = quantity = level.quantity + order.shown
        return quantity

    def level_of(self, order: Order) -> Level:
        """Return the level of a resting order, made now where the order stands for it."""
        level = order.level
        if level is not None:
            return level
        assert self.levels[order.price] is order, "an order that does not rest"
        level = self._spare
        if level is None:
            level = Level()
            self._made += 1
        else:
            self._spare = level.spare
        level.spare = None
        level.price = order.price
        level.head = level.before = order
        level.quantity = order.shown
        self.levels[order.price] = order.level = level
        if self.best_level is order:
            self.best_level = level
        return level

    def rests(self, order: Order) -> bool:
        """Say whether an order of this side rests here."""
        return order.level is not None or self.levels.get(order.price) is order

    def top(self) -> Level | None:
        """Return the best level; None where it is not known, or there is none."""
        level = self.best_level
        return self.level_of(level) if isinstance(level, Order) else level

    def shown_at(self, price: int) -> int:
        """Return the quantity shown at a price."""
        level = self.levels.get(price)
        if level is None:
            return 0
        return level.shown if isinstance(level, Order) else level.quantity

    def remove(self, order: Order) -> int:
        """Take an order out of its queue; return the quantity shown there without it.

        It keeps its old neighbours, as most are never looked at again: whoever rests it once more
        clears them first.
        """
        level = order.level
        if level is None:
            alone = self.levels.pop(order.price)
            assert alone is order  # callers know where their orders are
            if order is self.best_level:
                self.best_level = None  # ``best`` stays: nothing is better than it was
            return 0
        order.level = None
        before = order.before
        after = order.after
        if before is None:
            level.head = after
            if after is None:
                level.before = None  # a kept level that kept an order would keep the venue alive
                del self.levels[level.price]
                level.spare = self._spare
                self._spare = level
                if level is self.best_level:
                    self.best_level = None  # ``best`` stays: nothing is better than it was
                return 0
            after.before = None
        else:
            before.after = after
            if after is None:
                level.before = before
            else:
                after.before = before
        level.quantity = quantity = level.quantity - order.shown
        return quantity

    def reached(self, key: int) -> bool:
        """Say whether a live level has this key or a better one; then ``best_level`` is set."""
        if self.best > key:
            return False
        if self.best_level is not None:
            return True
        return self.search() <= key

    def search(self) -> int:
        """Find the best live level; return its key, ``NO_KEY`` where there is none."""
        if self.best_level is not None:
            return self.best
        asks = self.sign > 0
        levels = self.levels
        if (self._marks and len(levels) > FEW_LEVELS) or (  # as ``_has_marks``, without the call
            (
                self._marks
                or len(levels) > MANY_LEVELS
                or self._made > KEEP_LEVELS
                or levels.__sizeof__() > KEEP_BYTES
            )
            and self._has_marks()
        ):
            level = self._marked()
        elif levels:
            level = levels[min(levels) if asks else max(levels)]
        else:
            self.best = NO_KEY
            return NO_KEY
        self.best_level = level
        self.best = key = level.price if asks else -level.price
        return key

    def _marked(self) -> Level | Order:
        """Return the best live level by the marks; it is no better than the bound."""
        levels = self.levels
        asks = self.sign > 0
        bound = self.best if asks else -self.best
        number, offset = bound >> PAGE_BITS, bound & PAGE_MASK
        page = self._pages.get(number)
        while True:
            if page is not None:
                first = number << PAGE_BITS
                while True:
                    offset = page.find(1, offset) if asks else page.rfind(1, 0, offset + 1)
                    if offset < 0:
                        break
                    if first + offset in levels:
                        return levels[first + offset]
                    page[offset] = 0
            number = self._beyond(number)
            page = self._pages[number]
            offset = 0 if asks else PAGE_MASK

    def _has_marks(self) -> bool:
        """Say whether to find levels by their marks; see to it that each has one, if so."""
        count = len(self.levels)
        if self._marks:
            if count > FEW_LEVELS:
                return True
            self._marks = False
        elif count > MANY_LEVELS:
            self._mark()
            return True
        levels = self.levels
        if self._made - count > KEEP_LEVELS or levels.__sizeof__() > KEEP_BYTES:
            # A dict that was large is slow to read, however little is left in it; dict(levels)
            # would keep its size.
            self.levels = dict(levels.items())
            self._spare = None
            self._made = sum(isinstance(level, Level) for level in levels.values())
        return False

    def _beyond(self, number: int) -> int:
        """Return the number of the nearest page with a mark behind this page."""
        pages = self._pages
        sign = self.sign
        far = number + sign * NEAR_PAGES
        for behind in range(number + sign, far, sign):
            page = pages.get(behind)
            if page is not None and 1 in page:
                return behind
        numbers = self._numbers
        for behind in numbers.irange(far) if sign > 0 else numbers.irange(None, far, reverse=True):
            if 1 in pages[behind]:
                return behind
        message = "a level without a mark"
        raise AssertionError(message)

    def _mark(self) -> None:
        """Mark all levels, and from now on every new one."""
        pages = self._pages
        for price in self.levels:
            page = pages.get(price >> PAGE_BITS)
            if page is None:
                page = self._new_page(price >> PAGE_BITS)
            page[price & PAGE_MASK] = 1
        self._marks = True

    def walk(self) -> Iterator[Level]:
        """Yield the live levels, best first. The side must not change meanwhile."""
        for level in self._walk():
            yield _seen(level) if isinstance(level, Order) else level

    def orders(self) -> Iterator[Order]:
        """Yield the orders, best price first, then in queue order, as ``walk`` does the levels."""
        for level in self._walk():
            order = level if isinstance(level, Order) else level.head
            while order is not None:
                yield order
                order = order.after

    def _walk(self) -> Iterator[Level | Order]:
        if not self._has_marks():
            for price in sorted(self.levels, reverse=self.sign < 0):
                yield self.levels[price]
            return
        levels = self.levels
        asks = self.sign > 0
        for number in self._numbers if asks else reversed(self._numbers):
            page = self._pages[number]
            offset = page.find(1) if asks else page.rfind(1)
            while offset >= 0:
                level = levels.get((number << PAGE_BITS) + offset)
                if level is not None:
                    yield level
                offset = page.find(1, offset + 1) if asks else page.rfind(1, 0, offset)

    def _new_page(self, number: int) -> bytearray:
        """Make a page; drop those without a level first when there are many."""
        if len(self._pages) >= self._keep_pages:
            live = dict.fromkeys(price >> PAGE_BITS for price in self.levels)
            for old in [each for each in self._pages if each not in live]:
                del self._pages[old]
                self._numbers.remove(old)
            self._keep_pages = max(KEEP_PAGES, 2 * len(self._pages))
        page = self._pages[number] = bytearray(PAGE_SIZE)
        self._numbers.add(number)
        return page

    def check(self) -> None:
        """Assert every invariant of this side, and change nothing. Raises ``AssertionError``."""
        assert list(self._numbers) == sorted(self._pages), "pages out of order"
        made = 0
        for price, each in self.levels.items():
            assert price == each.price, "a level under a wrong price"
            if self._marks:
                page = self._pages.get(price >> PAGE_BITS)
                assert page is not None, f"level {price} has no page"
                assert page[price & PAGE_MASK] == 1, f"level {price} has no mark"
            if isinstance(each, Order):
                assert each.level is None, "an order that stands for its level, and has one"
                assert each.before is each.after is None, "an order alone with neighbours"
                _check_order(each)
            else:
                assert each.head is not None, f"level {price} is empty"
                _check_queue(each)
                made += 1
        spare = self._spare
        while spare is not None:
            assert spare.head is None, "an emptied level with a queue"
            made += 1
            spare = spare.spare
        assert made == self._made, "a level that is neither live nor spare"
        best = min((price * self.sign for price in self.levels), default=NO_KEY)
        assert self.best <= best, "a level better than the bound"
        if self.best_level is not None:
            assert self.best == best, "a phantom best price"
            assert self.best_level is self.levels.get(best * self.sign), "a phantom best level"


def _seen(order: Order) -> Level:
    """Return the level that an order stands for, for somebody who only looks."""
    level = Level()
    level.spare = None
    level.price = order.price
    level.head = level.before = order
    level.quantity = order.shown
    return level


def _check_order(order: Order) -> None:
    assert 0 < order.shown <= order.leaves <= order.quantity, "an order that shows too much"
    assert order.display or order.shown == order.leaves, "a plain order that hides"


def _check_queue(level: Level) -> None:
    shown, before, order = 0, None, level.head
    while order is not None:
        assert order.level is level, "an order that does not know its level"
        assert order.price == level.price, "an order at another price than its level"
        assert order.before is before, "a broken queue"
        _check_order(order)
        shown += order.shown
        before, order = order, order.after
    assert level.before is before, "a queue that ends elsewhere than at its tail"
    assert level.quantity == shown, "a level that shows another sum than its orders"


class Book:
    """The two sides of one line."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        """Make an empty book."""
        self.bids = BookSide(-1)
        self.asks = BookSide(1)

    def side(self, side: Side) -> BookSide:
        """Return the side on which orders of this side rest."""
        return self.bids if side is _BUY else self.asks

    def rests(self, order: Order) -> bool:
        """Say whether an order rests on its side."""
        return (self.bids if order.side is _BUY else self.asks).rests(order)

    def depth(self, side: Side, levels: int = 0) -> list[tuple[int, int]]:
        """Return (price, tonnes shown), best first; ``levels`` 0 means all."""
        found: list[tuple[int, int]] = []
        for level in self.side(side).walk():
            found.append((level.price, level.quantity))
            if len(found) == levels:
                break
        return found

    def orders(self, side: Side) -> Iterator[Order]:
        """Yield the resting orders of a side, best price first, then in queue order."""
        return self.side(side).orders()

    def check(self) -> None:
        """Assert every invariant of both sides. Raises ``AssertionError``."""
        self.bids.check()
        self.asks.check()
