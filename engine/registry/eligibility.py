"""How many tonnes of a product still count against an obligation, and what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.registry.records import RefusedError
from engine.vocabulary.enums import Instrument, RejectReason
from engine.vocabulary.units import BASIS_POINTS

if TYPE_CHECKING:
    from engine.registry.records import Record
    from engine.rulebook.model import Product
    from engine.rulebook.programme import Cycle, Programme


def order_of_surrender(products: dict[str, Product]) -> list[Product]:
    """Return the products as they are surrendered: offsets first, then the oldest vintage."""
    return sorted(
        products.values(), key=lambda p: (p.instrument is not Instrument.OFFSET, p.vintage)
    )


class Eligibility:
    """The rules of one programme for one cycle."""

    __slots__ = ("cycle", "products", "programme")

    def __init__(self, programme: Programme, cycle: Cycle, products: dict[str, Product]) -> None:
        """Keep the rules; ``products`` are the rulebook's, by symbol."""
        self.programme = programme
        self.cycle = cycle
        self.products = products

    def _later(self, product: Product) -> bool:
        last = self.cycle.last or self.cycle.first
        return product.instrument is Instrument.ALLOWANCE and product.vintage > last

    def _local(self, symbol: str) -> bool:
        region = self.programme.credit(symbol).region
        return bool(region) and region == self.programme.region

    def _offset(self, symbol: str) -> bool:
        return self.products[symbol].instrument is Instrument.OFFSET

    def require(self, product: Product) -> None:
        """Raise where a product does not count for the cycle at all."""
        rule = self._bar(product)
        if rule:
            raise RefusedError(RejectReason.ELIGIBILITY, "product", f"{product.symbol} {rule}")

    def _bar(self, product: Product) -> str:
        """Return why a product does not count for the cycle, "" where it does."""
        first, last = self.cycle.first, self.cycle.last or self.cycle.first
        bar = ""
        if product.instrument is Instrument.FUTURE:
            bar = "is a future, not an allowance"
        elif product.compliance_from > last:
            bar = f"counts from {product.compliance_from} on, the cycle ends with {last}"
        elif 0 < product.compliance_to < first:
            bar = f"counts up to {product.compliance_to}, the cycle begins with {first}"
        elif product.instrument is Instrument.OFFSET:
            bar = self._bar_offset(product.symbol)
        elif self._later(product) and not self.programme.borrow_bp:
            bar = f"is of {product.vintage}, after the cycle's last year {last}: none is borrowed"
        return bar

    def _bar_offset(self, symbol: str) -> str:
        programme = self.programme
        if not programme.offset_bp:
            return "is an offset, and the programme takes none"
        date = programme.credit(symbol).project_date
        if date < programme.offset_from:
            return f"is of {date or 'no known day'}, needed is {programme.offset_from} or later"
        return ""

    def room(self, product: Product, record: Record, spent: dict[str, int] | None = None) -> int:
        """Return the tonnes of an eligible product that the quotas still let in.

        ``spent`` is what counts as surrendered by then, by product.
        """
        base, programme = record.base, self.programme
        used = record.surrendered if spent is None else spent
        rooms = [record.obligation - record.recognised - sum(used.values())]
        if product.compliance_bp < BASIS_POINTS:
            own = base * product.compliance_bp // BASIS_POINTS
            rooms.append(own - used.get(product.symbol, 0))
        if product.instrument is Instrument.OFFSET:
            quota = base * programme.offset_bp // BASIS_POINTS
            offsets = [name for name in used if self._offset(name)]
            rooms.append(quota - sum(used[name] for name in offsets))
            if not self._local(product.symbol):
                outside = quota * (BASIS_POINTS - programme.local_bp) // BASIS_POINTS
                rooms.append(outside - sum(used[name] for name in offsets if not self._local(name)))
        elif self._later(product):
            borrowed = sum(
                tonnes for name, tonnes in used.items() if self._later(self.products[name])
            )
            rooms.append(base * programme.borrow_bp // BASIS_POINTS - borrowed)
        return max(min(rooms), 0)

    def counts(self, product: Product) -> bool:
        """Say whether a product counts for the cycle."""
        return not self._bar(product)
