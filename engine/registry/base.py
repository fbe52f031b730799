"""What the registry consists of: entities, records of each cycle, totals of each product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import UnsetType

from engine.markets.limits import set_role
from engine.registry.records import Entity, RefusedError, Totals
from engine.rulebook.programme import Programme
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import Instrument, RejectReason
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.texts import shown

if TYPE_CHECKING:
    from engine.book.orders import Participant
    from engine.ledger.accounts import Account, Ledger
    from engine.markets.assets import Asset
    from engine.registry.records import Record
    from engine.rulebook.model import Product, Rulebook
    from engine.rulebook.programme import Cycle
    from engine.vocabulary.events import Event

_NONE: Final = Programme()


class RegistryBase:
    """Entities and their obligations, and the totals of every product, over a ledger."""

    __slots__ = ("assets", "averages", "closed", "date", "entities", "holders",
                 "ledger", "participants", "passed", "products", "published", "rulebook",
                 "totals")  # fmt: skip

    def __init__(
        self, ledger: Ledger, participants: dict[str, Participant], assets: dict[str, Asset]
    ) -> None:
        """Start with no entity; ``install`` brings the rules."""
        self.ledger = ledger
        self.participants = participants
        self.assets = assets
        self.rulebook: Rulebook
        self.products: dict[str, Product] = {}
        self.date = 0
        self.entities: dict[str, Entity] = {}  # in the order of their entry
        self.holders: dict[str, str] = {}  # the entity of an account
        self.totals: dict[str, Totals] = {}  # by product
        self.closed: list[str] = []  # cycles
        self.published: list[str] = []
        self.passed: list[str] = []  # "cycle step" of the dates that went by
        self.averages: dict[str, int] = {}  # by cycle, of the venue's own trades

    @property
    def programme(self) -> Programme:
        """The programme in force; without a cycle there is none."""
        found = self.rulebook.programme
        return _NONE if isinstance(found, UnsetType) else found

    def install(self, rulebook: Rulebook, products: dict[str, Product]) -> None:
        """Take the rules over."""
        self.rulebook = rulebook
        self.products = products

    def freeze(self, entity: Entity) -> list[Event]:
        """Keep an entity that is short from purchases, where the programme says so."""
        role = self.programme.freeze_class
        if not role or entity.frozen:
            return []
        for name in entity.accounts:
            participant = self.participants[name]
            entity.roles[name] = participant.role
            set_role(self.rulebook, participant, role)
        return [re.PurchasesFrozen(entity.name, on=True)]

    def thaw(self, entity: Entity) -> list[Event]:
        """End a purchase freeze once nothing of a closed cycle is due."""
        late = any(entity.records[name].due for name in self.closed if name in entity.records)
        if not entity.frozen or late:
            return []
        for name, role in entity.roles.items():
            set_role(self.rulebook, self.participants[name], role)
        entity.roles = {}
        return [re.PurchasesFrozen(entity.name, on=False)]

    # -- what commands name -----------------------------------------------------------------

    def account(self, name: str, field: str = "account") -> Account:
        """Return an open account."""
        found = self.ledger.accounts.get(name)
        if found is None:
            rule = f"no account {shown(name)} is open"
            raise RefusedError(RejectReason.UNKNOWN_ACCOUNT, field, rule)
        return found

    def product(self, symbol: str, field: str = "product") -> Product:
        """Return a product of the rulebook."""
        found = self.products.get(symbol)
        if found is None:
            rule = not_one_of(symbol, self.products)
            raise RefusedError(RejectReason.UNKNOWN_PRODUCT, field, rule)
        return found

    def cycle(self, name: str) -> Cycle:
        """Return a cycle of the programme."""
        found = self.programme.cycle(name)
        if found is None:
            rule = not_one_of(name, [each.name for each in self.programme.cycles])
            raise RefusedError(RejectReason.UNKNOWN_CYCLE, "cycle", rule)
        return found

    def entity(self, name: str) -> Entity:
        """Return a registered entity."""
        found = self.entities.get(name)
        if found is None:
            rule = f"no entity {shown(name)} is registered"
            raise RefusedError(RejectReason.UNKNOWN_ENTITY, "entity", rule)
        return found

    def totals_of(self, symbol: str) -> Totals:
        """Return the balance sheet of a product."""
        found = self.totals.get(symbol)
        if found is None:
            found = self.totals[symbol] = Totals()
        return found

    def is_frozen(self, account: str) -> bool:
        """Say whether a purchase freeze holds for an account."""
        found = self.entities.get(self.holders.get(account, ""))
        return found is not None and found.frozen

    def is_closed(self, cycle: str) -> bool:
        """Say whether a cycle is closed."""
        return cycle in self.closed

    # -- the whole --------------------------------------------------------------------------

    def records(self, cycle: str) -> list[tuple[Entity, Record]]:
        """Return what is known of all entities in a cycle."""
        return [(e, e.records[cycle]) for e in self.entities.values() if cycle in e.records]

    def allowances_of(self, entity: Entity) -> int:
        """Return the allowances that an entity holds, of all vintages."""
        total = 0
        for name in entity.accounts:
            for symbol, balance in self.ledger.accounts[name].holdings.items():
                if self.products[symbol].instrument is Instrument.ALLOWANCE:
                    total += balance.total
        return total

    def dump(self) -> list[Any]:
        """Return the canonical state."""
        return [
            [entity.dump() for entity in self.entities.values()],
            [
                [symbol, *totals.dump()]
                for symbol, totals in sorted(self.totals.items())
                if any(totals.dump())
            ],
            list(self.closed),
            list(self.published),
            list(self.passed),
            *([sorted(self.averages.items())] if self.averages else []),
        ]

    def check(self) -> None:
        """Assert that records, totals and ledger agree. Raises ``AssertionError``."""
        sums: dict[str, int] = {}
        for entity in self.entities.values():
            for record in entity.records.values():
                assert record.due >= 0, f"{entity.name} surrendered more than it owed"
                assert 0 <= record.paid <= record.penalty, f"{entity.name} paid {record.paid}"
                for symbol, tonnes in record.surrendered.items():
                    assert tonnes > 0, f"{entity.name} surrendered {tonnes} {symbol}"
                    sums[symbol] = sums.get(symbol, 0) + tonnes
            for name in entity.accounts:
                assert self.holders[name] == entity.name, f"{name} is of two entities"
        for symbol in [*sums, *self.totals]:
            totals = self.totals_of(symbol)
            assert totals.surrendered == sums.get(symbol, 0), f"{symbol}: surrendered"
            assert 0 <= totals.issued - totals.returned <= totals.cap, f"{symbol}: over its cap"
        for symbol in [*self.ledger.issued, *self.totals]:
            found = self.ledger.issued.get(symbol, 0)
            assert found == self.totals_of(symbol).net, f"{symbol}: the ledger says {found}"
        banked = [totals.banked_in - totals.banked_out for totals in self.totals.values()]
        assert sum(banked) == 0, "banking made or lost tonnes"
