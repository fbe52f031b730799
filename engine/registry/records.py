"""What the registry knows: entities, what each owes for a cycle, and the totals of a product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.vocabulary.enums import RejectReason


class RefusedError(Exception):
    """A command breaks a rule; raised before anything has changed."""

    def __init__(self, reason: RejectReason, field: str, rule: str) -> None:
        """Keep the reason, the field and the rule."""
        super().__init__(reason, field, rule)
        self.reason = reason
        self.field = field
        self.rule = rule


class Record:
    """One entity in one cycle."""

    __slots__ = ("allocated", "banked", "base", "finals", "make_good", "owed", "paid", "penalty",
                 "recognised", "reported", "surrendered", "verified")  # fmt: skip

    def __init__(self) -> None:
        """Start with nothing reported."""
        self.reported = -1  # tonnes; -1: not yet
        self.verified = -1
        self.base = 0  # of verified emissions, what the cycle asks for
        self.owed = 0  # allocated too much and not to be taken back
        self.make_good = 0  # what a shortfall adds beyond itself; negative where it is let off
        self.allocated: dict[str, int] = {}  # by product
        self.finals: dict[str, bool] = {}  # products whose allocation is final
        self.surrendered: dict[str, int] = {}  # by product
        self.recognised = 0  # of the obligation, met by what was surrendered in other regions
        self.banked = 0
        self.penalty = 0
        self.paid = 0  # of the penalty

    @property
    def obligation(self) -> int:
        """What has to be surrendered in all."""
        return self.base + self.owed + self.make_good

    @property
    def due(self) -> int:
        """What is still to be surrendered."""
        return self.obligation - self.recognised - sum(self.surrendered.values())

    def dump(self) -> list[Any]:
        """Return the canonical state."""
        return [self.reported, self.verified, self.base, self.owed, self.make_good, self.banked,
                self.penalty, sorted(self.allocated.items()), sorted(self.finals),
                sorted(self.surrendered.items()),
                *([self.paid, self.recognised] if self.paid or self.recognised else [])
                ]  # fmt: skip


class Entity:
    """A legal entity with its accounts, officers and group."""

    __slots__ = ("accounts", "group", "name", "officers", "records", "roles")

    def __init__(self, name: str) -> None:
        """Start with no account."""
        self.name = name
        self.group = name
        self.accounts: tuple[str, ...] = ()
        self.officers: tuple[str, ...] = ()
        self.records: dict[str, Record] = {}  # by cycle
        self.roles: dict[str, str] = {}  # by account, what a purchase freeze has set aside

    @property
    def frozen(self) -> bool:
        """Whether a purchase freeze holds."""
        return bool(self.roles)

    def record(self, cycle: str) -> Record:
        """Return what is known of a cycle, beginning it where it is new."""
        found = self.records.get(cycle)
        if found is None:
            found = self.records[cycle] = Record()
        return found

    def dump(self) -> list[Any]:
        """Return the canonical state."""
        return [
            self.name,
            self.group,
            list(self.accounts),
            list(self.officers),
            sorted(self.roles.items()),
            [[name, *record.dump()] for name, record in self.records.items()],
        ]


class Totals:
    """One product's balance sheet: what the registry has made and taken out of the world."""

    __slots__ = ("banked_in", "banked_out", "cancelled", "cap", "issued", "returned", "surrendered")

    def __init__(self) -> None:
        """Start with nothing."""
        self.cap = 0
        self.issued = 0
        self.returned = 0  # allocated too much and taken back
        self.surrendered = 0
        self.cancelled = 0
        self.banked_in = 0
        self.banked_out = 0

    @property
    def net(self) -> int:
        """What the registry has put into accounts, less what it took out of them."""
        made = self.issued + self.banked_in
        return made - self.returned - self.surrendered - self.cancelled - self.banked_out

    def dump(self) -> list[int]:
        """Return the canonical state."""
        return [
            self.cap,
            self.issued,
            self.returned,
            self.surrendered,
            self.cancelled,
            self.banked_in,
            self.banked_out,
        ]
