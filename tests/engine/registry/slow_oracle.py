"""The compliance year tonne by tonne: slow, and written from the rules alone.

Every tonne is a thing of its own with a place: an account, or how it left the world. Nothing is
summed up and kept; every question counts tonnes anew.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

ACCOUNTS = {"a1": "A", "a2": "A", "b1": "B", "c1": "C"}
OFFSETS = ("CER", "VER")
VINTAGES = {"V20": 2020, "V21": 2021, "X20": 2020}
ORDER = ("CER", "VER", "V20", "X20", "V21")  # of surrender
LAST_YEAR = {"20": 2020, "21": 2021}
SHARE = {"20": 1.0, "21": 0.5}
DEADLINE = {"20": 20210630, "21": 20220630}
CAP = 300


class RefusedError(Exception):
    """The rules do not let a command through."""


class Gone(NamedTuple):
    """A place outside the world."""

    how: str
    entity: str = ""
    cycle: str = ""


def require(holds: object) -> None:
    if not holds:
        raise RefusedError


class Tonne:
    """One tonne."""

    def __init__(self, product: str, place: str | Gone) -> None:
        self.product = product
        self.place = place


class Oracle:
    """All tonnes there ever were, and what was said about emissions."""

    def __init__(self) -> None:
        self.tonnes: list[Tonne] = []
        self.issued: Counter[str] = Counter()
        self.bound: Counter[tuple[str, str]] = Counter()  # in resting orders
        self.pending: list[tuple[str, str, str, int]] = []  # seller, buyer, product, tonnes
        self.reported: dict[tuple[str, str], int] = {}
        self.verified: dict[tuple[str, str], int] = {}
        self.added: Counter[tuple[str, str]] = Counter()  # to an obligation
        self.allocated: dict[tuple[str, str, str], int] = {}
        self.final: list[tuple[str, str, str]] = []
        self.banked: Counter[tuple[str, str]] = Counter()
        self.closed: list[str] = []
        self.frozen: list[str] = []
        self.date = 0

    # -- counting ---------------------------------------------------------------------------

    def at(self, place: str | Gone, product: str) -> list[Tonne]:
        return [x for x in self.tonnes if x.place == place and x.product == product]

    def free(self, account: str, product: str) -> list[Tonne]:
        """Return the tonnes that neither an order nor a delivery needs."""
        owed = sum(n for seller, _, p, n in self.pending if (seller, p) == (account, product))
        needed = self.bound[account, product] + owed
        held = self.at(account, product)
        return held[: len(held) - needed]

    def free_of(self, entity: str, product: str) -> list[Tonne]:
        accounts = [name for name, owner in ACCOUNTS.items() if owner == entity]
        return [x for name in accounts for x in self.free(name, product)]

    def base(self, entity: str, cycle: str) -> int:
        verified = self.verified.get((entity, cycle), 0)
        return verified if SHARE[cycle] == 1 else (verified + 1) // 2

    def paid(self, entity: str, cycle: str) -> list[str]:
        place = Gone("surrendered", entity, cycle)
        return [x.product for x in self.tonnes if x.place == place]

    def surrendered(self) -> int:
        return sum(isinstance(x.place, Gone) and x.place.how == "surrendered" for x in self.tonnes)

    def due(self, entity: str, cycle: str) -> int:
        owes = self.base(entity, cycle) + self.added[entity, cycle]
        return owes - len(self.paid(entity, cycle))

    def eligible(self, product: str, cycle: str) -> bool:
        return not (product == "X20" and cycle != "20")

    def room(self, entity: str, cycle: str, product: str) -> int:
        """Return how many more tonnes the quotas let in."""
        base, paid = self.base(entity, cycle), self.paid(entity, cycle)
        rooms = [self.due(entity, cycle)]
        if product in OFFSETS:
            quota = base // 5
            rooms.append(quota - sum(p in OFFSETS for p in paid))
            if product == "VER":
                rooms += [quota // 2 - paid.count("VER"), base * 8 // 100 - paid.count("VER")]
        elif VINTAGES[product] > LAST_YEAR[cycle]:
            later = [p for p in paid if VINTAGES.get(p, 0) > LAST_YEAR[cycle]]
            rooms.append(base // 10 - len(later))
        return min(rooms)

    # -- commands ---------------------------------------------------------------------------

    def _make(self, account: str, product: str, tonnes: int) -> None:
        returned = len(self.at(Gone("returned"), product))
        require(self.issued[product] - returned + tonnes <= CAP)
        self.issued[product] += tonnes
        self.tonnes += [Tonne(product, account) for _ in range(tonnes)]

    def issue(self, account: str, product: str, tonnes: int) -> None:
        require(tonnes > 0)
        self._make(account, product, tonnes)

    def allocate(self, entity: str, cycle: str, product: str, tonnes: int, *, final: bool) -> None:
        key = (entity, cycle, product)
        require(product not in OFFSETS and key not in self.final and cycle not in self.closed)
        more = tonnes - self.allocated.get(key, 0)
        first = next(name for name, owner in ACCOUNTS.items() if owner == entity)
        if more > 0:
            self._make(first, product, more)
        for _ in range(-more):
            found = self.free_of(entity, product)
            if found:
                found[0].place = Gone("returned")
            else:
                self.added[entity, cycle] += 1
        self.allocated[key] = tonnes
        self.final += [key] if final else []

    def transfer(self, account: str, to: str, product: str, tonnes: int, *, paid: bool) -> None:
        found = self.free(account, product)
        require(account != to and 0 < tonnes <= len(found))
        require(not (paid and ACCOUNTS[to] in self.frozen))
        for tonne in found[:tonnes]:
            tonne.place = to

    def cancel(self, account: str, product: str, tonnes: int) -> None:
        found = self.free(account, product)
        require(0 < tonnes <= len(found))
        for tonne in found[:tonnes]:
            tonne.place = Gone("cancelled")

    def report(self, entity: str, cycle: str, tonnes: int) -> None:
        require(tonnes >= 0 and cycle not in self.closed and (entity, cycle) not in self.verified)
        self.reported[entity, cycle] = tonnes

    def verify(self, entity: str, cycle: str, tonnes: int) -> None:
        require(tonnes >= 0 and cycle not in self.closed and (entity, cycle) in self.reported)
        if self.paid(entity, cycle):
            require(tonnes >= self.verified.get((entity, cycle), 0))
        self.verified[entity, cycle] = tonnes

    def surrender(self, entity: str, cycle: str, product: str, tonnes: int) -> None:
        due = self.due(entity, cycle)
        require(due > 0 and 0 <= tonnes <= due)
        require(cycle in self.closed or self.date <= DEADLINE[cycle])
        if product:
            require(self.eligible(product, cycle))
            room = self.room(entity, cycle, product)
            require(room > 0 and tonnes <= room)
            choice: tuple[str, ...] = (product,)
        else:
            choice = tuple(p for p in ORDER if self.eligible(p, cycle))
        given: list[tuple[Tonne, str | Gone]] = []
        while len(given) < (tonnes or due):
            found = [
                x
                for p in choice
                if self.room(entity, cycle, p) > 0
                for x in self.free_of(entity, p)[:1]
            ]
            if not found:
                break
            given.append((found[0], found[0].place))
            found[0].place = Gone("surrendered", entity, cycle)
        if len(given) < max(tonnes, 1):
            for tonne, place in given:
                tonne.place = place
            raise RefusedError
        self._thaw(entity)

    def _thaw(self, entity: str) -> None:
        if entity in self.frozen and not any(self.due(entity, each) for each in self.closed):
            self.frozen.remove(entity)

    def bank(self, entity: str, cycle: str, product: str, to: str, tonnes: int) -> None:
        require(product in VINTAGES and to in VINTAGES and VINTAGES[product] < VINTAGES[to])
        room = self.base(entity, cycle) * 3 // 10 - self.banked[entity, cycle]
        found = self.free_of(entity, product)
        require(0 < tonnes <= min(room, len(found)))
        self.banked[entity, cycle] += tonnes
        for tonne in found[:tonnes]:
            tonne.product = to

    def close(self, cycle: str, price: int) -> dict[str, tuple[int, int]]:
        """Return each entity's shortfall and penalty."""
        require(cycle not in self.closed and self.date > DEADLINE[cycle])
        require(all(key in self.verified for key in self.reported if key[1] == cycle))
        self.closed.append(cycle)
        found = {}
        for entity in dict.fromkeys(ACCOUNTS.values()):
            short = self.due(entity, cycle)
            if short:
                found[entity] = (short, short * 7 + short * price * 2)
                self.added[entity, cycle] += short * 3 // 2 - short
                if entity not in self.frozen:
                    self.frozen.append(entity)
        return found

    # -- trading ----------------------------------------------------------------------------

    def rest(self, account: str, product: str, tonnes: int) -> None:
        require(tonnes <= len(self.free(account, product)))
        self.bound[account, product] += tonnes

    def withdraw(self, account: str) -> None:
        for key in list(self.bound):
            if key[0] == account:
                del self.bound[key]

    def trade(self, seller: str, buyer: str, product: str, tonnes: int) -> None:
        require(tonnes <= len(self.free(seller, product)) and ACCOUNTS[buyer] not in self.frozen)
        self.pending.append((seller, buyer, product, tonnes))

    def begin_day(self, date: int) -> None:
        self.date = date
        for seller, buyer, product, tonnes in self.pending:
            for tonne in self.at(seller, product)[:tonnes]:
                tonne.place = buyer
        self.pending = []
