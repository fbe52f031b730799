"""What a venue consists of: its rules, lines, participants, ledger and clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.book.clock import Clock
from engine.book.orders import Participant, Seat
from engine.book.stops import Expiries
from engine.ledger.accounts import Ledger
from engine.markets.assets import Asset
from engine.markets.designs import open_line
from engine.markets.limits import set_role
from engine.markets.settlement import Shared
from engine.registry.registry import Registry
from engine.rulebook.model import line_name
from engine.rulebook.validation import validate
from engine.venue.link_state import Links
from engine.vocabulary.enums import RejectReason, SelfTradeScope
from engine.vocabulary.events import Rejected
from engine.vocabulary.texts import shown
from engine.vocabulary.units import MAX_REF

if TYPE_CHECKING:
    from engine.markets.line import Line
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.commands import AmendRulebook, OpenAccount
    from engine.vocabulary.events import Event


class VenueBase:
    """The state of a venue, on which its commands act."""

    __slots__ = (
        "_relatives", "amendments", "assets", "clock", "currencies", "date", "expiries", "genesis",
        "ledger", "links", "markets", "participants", "products", "registry", "rulebook", "shared",
    )  # fmt: skip

    def __init__(self, rulebook: Rulebook) -> None:
        """Make a venue: every line closed, no account. Raises ``RulebookError``."""
        validate(rulebook)
        self.genesis = rulebook  # the rules before any amendment
        self.clock = Clock()
        self.date = 0  # the trading day, such as 20210628
        self.amendments: list[AmendRulebook] = []  # that wait for their day
        self.ledger = Ledger()
        self.expiries = Expiries()
        self.participants: dict[str, Participant] = {}  # in the order of opening
        self.assets: dict[str, Asset] = {}  # by the product's symbol
        self.registry = Registry(self.ledger, self.participants, self.assets)
        self.shared = Shared(self.ledger, self.clock, self.expiries, self.participants)
        self.markets: dict[str, Line] = {}  # by the line's symbol
        self.products: dict[str, Product] = {}  # by symbol
        self.links = Links()
        self._relatives: dict[str, list[Participant]] = {}  # who counts as one, by its name
        for product in rulebook.products:
            for mode in rulebook.modes_of(product):
                self.line(rulebook, product, mode)
        self.install(rulebook)

    def line(self, rulebook: Rulebook, product: Product, mode: Mode) -> Line:
        """Return the line of a product in a mode, opening it where it is new."""
        name = line_name(product, mode, rulebook.modes_of(product)[0])
        found = self.markets.get(name)
        if found is None:
            asset = self.assets.get(product.symbol)
            if asset is None:
                asset = self.assets[product.symbol] = Asset(product)
            found = open_line(rulebook, product, mode, asset, self.shared)
            self.markets[name] = found
        return found

    def install(self, rulebook: Rulebook) -> None:
        """Take a rulebook over; every line of it is open."""
        self.rulebook = rulebook
        self.products = {product.symbol: product for product in rulebook.products}
        self.registry.install(rulebook, self.products)
        money = (rulebook.currency, *(p.currency for p in rulebook.products))
        self.currencies = tuple(dict.fromkeys(money))

    def join(self, c: OpenAccount, owner: str, group: str) -> None:
        """Open an account and let it take part."""
        account = self.ledger.open(c.account, owner, group, c.member, c.allocation)
        same = owner if self.rulebook.self_trade_scope is SelfTradeScope.OWNER else group
        relatives = self._relatives.setdefault(same, [])
        stp_id = relatives[0].stp_id if relatives else len(self._relatives)
        participant = Participant(account, stp_id, c.role, relatives)
        set_role(self.rulebook, participant, c.role)
        self.participants[c.account] = participant

    def close(self) -> None:
        """Let go of live orders, so that a venue that is dropped is freed; it is of no use then.

        The collector does not see into orders, and each knows its level and its account.
        """
        nowhere = Seat.__new__(Seat)
        for participant in self.participants.values():
            for order in participant.orders.values():
                order.level = order.before = order.after = None
                order.seat = nowhere

    def live_orders(self, account: str = "") -> int:
        """Return how many orders of an account are live, or of all. Raises ``KeyError``."""
        if account:
            return len(self.participants[account].orders)
        return sum(len(each.orders) for each in self.participants.values())

    def levels(self) -> dict[str, tuple[int, int]]:
        """Return how many prices the bids and the asks of each line's book have."""
        books = {symbol: market.book for symbol, market in self.markets.items()}
        return {name: (len(b.bids.levels), len(b.asks.levels)) for name, b in books.items()}

    def leaves(self, account: str, ref: int) -> int:
        """Return the tonnes left of a live order, 0 where it is none. Raises ``KeyError``."""
        order = self.participants[account].orders.get(ref)
        return order.leaves if order is not None else 0

    def brought(self, product: str) -> int:
        """Return the tonnes of a product that operators have moved into the venue's accounts."""
        return self.ledger.tonnes_in.get(product, 0)


def unknown_account(account: str, ref: int) -> list[Event]:
    """Refuse a command of an account that is not open."""
    rule = f"no account {shown(account)} is open"
    return [Rejected(account, ref, RejectReason.UNKNOWN_ACCOUNT, "account", rule)]


def duplicate(participant: Participant, ref: int) -> list[Event]:
    """Refuse a reference that was used, or can never be."""
    """Refuse a reference that was used, or can never be."""
    rule = f"above {participant.last_ref}, at most {MAX_REF}"
    return [Rejected(participant.name, ref, RejectReason.DUPLICATE_REF, "ref", rule)]


def killed(account: str, ref: int) -> list[Event]:
    """Refuse entry while the kill switch is on."""
    rule = "the account's kill switch is on: cancels only, until an operator turns it off"
    return [Rejected(account, ref, RejectReason.ACCOUNT_KILLED, "account", rule)]
