"""Regions as a design: several rulebooks, a member's own among them, and what links them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from backtest.lab import design as single
from backtest.lab.design import Design, DesignError, design
from backtest.lab.identity import digest
from engine.rulebook.toml_codec import to_plain
from engine.vocabulary.enums import LinkKind
from engine.vocabulary.link_commands import SetLink
from engine.vocabulary.suggest import not_one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.rulebook.model import Rulebook


class Region(Struct, frozen=True):
    """A region's name and rules."""

    name: str
    rulebook: Rulebook

    @property
    def symbol(self) -> str:
        """The main line's symbol, which is the first product's."""
        return self.rulebook.products[0].symbol


class Regions(Design, frozen=True, kw_only=True):
    """Regions and their links. ``rulebook`` is the first region's.

    ``members`` says which region each person is of, by its place, over and over.
    """

    regions: tuple[Region, ...]
    kind: LinkKind = LinkKind.NONE
    fee: int = 0  # minor units per tonne
    quota: int = 0  # tonnes that each region's members may trade in another; 0: no limit
    members: tuple[int, ...] = ()

    @property
    def digest(self) -> str:
        """The hash of all rules."""
        books = [[each.name, each.rulebook.digest()] for each in self.regions]
        return digest(books, int(self.kind), self.fee, self.quota, list(self.members))

    def __hash__(self) -> int:
        """Agree with ``==``."""
        return hash(self.digest)

    def __str__(self) -> str:
        """Return the regions and what links them."""
        return f"{' + '.join(each.name for each in self.regions)}, {self.kind.name.lower()}"

    def plain(self) -> dict[str, Any]:
        """Return all of it as JSON can say it."""
        books = {each.name: to_plain(each.rulebook, brief=True) for each in self.regions}
        return {
            "regions": books,
            "link": self.kind.name.lower(),
            "fee": self.fee,
            "quota": self.quota,
            "members": list(self.members),
        }

    def all_changed(self, figures: Mapping[str, object]) -> Design:
        """Refuse: which region's rules are meant is not said."""
        message = f"{', '.join(figures)}: change the regions' designs, then link them"
        raise DesignError(message)

    def region_of(self, place: int) -> Region:
        """Return the region of the person at a place."""
        return self.regions[self.members[place % len(self.members)]]

    def links(self) -> Iterator[tuple[str, SetLink, str]]:
        """Yield each link: one end's region, its rules, the other's region.

        One book is the first region's; orders are routed between any two.
        """
        if self.kind is LinkKind.NONE:
            return
        for one, other in combinations(self.regions, 2):
            if self.kind is LinkKind.SHARED and one is not self.regions[0]:
                return
            rules = SetLink(
                f"{other.name}-{one.name}",
                self.kind,
                one.name,
                other.symbol,
                one.symbol,
                self.fee,
                self.quota,
            )
            yield other.name, rules, one.name


def link(
    *designs: Design | str,
    kind: str = "routing",
    fee: int = 0,
    quota: int = 0,
    members: Sequence[int] = (),
) -> Regions:
    """Return regions that are linked: ``none``, ``routing`` or ``shared``.

    ``fee`` is minor units per tonne, ``quota`` tonnes. ``members`` are places of regions, from 0:
    the people of a market belong to them in turn, by default to each region one after the other.
    Raises ``DesignError``.
    """
    kinds = {each.name.lower(): each for each in (LinkKind.NONE, LinkKind.ROUTING, LinkKind.SHARED)}
    if kind not in kinds:
        message = f"kind: {not_one_of(kind, kinds)}"
        raise DesignError(message)
    if len(designs) < 2:  # noqa: PLR2004 - it takes two
        message = "link: name at least two regions"
        raise DesignError(message)
    chosen = tuple(members) or tuple(range(len(designs)))
    if not all(0 <= each < len(designs) for each in chosen):
        message = f"members: {list(chosen)}, where 0 to {len(designs) - 1} are regions"
        raise DesignError(message)
    if fee < 0 or quota < 0:
        message = f"fee {fee} and quota {quota}: nothing below 0"
        raise DesignError(message)
    if fee and kinds[kind] is LinkKind.SHARED:
        message = f"fee {fee}: a shared book takes none"
        raise DesignError(message)
    regions: list[Region] = []
    for each in designs:
        book = (each if isinstance(each, Design) else design(each)).rulebook
        regions.append(_apart(book, regions))
    return Regions(
        regions[0].rulebook,
        regions=tuple(regions),
        kind=kinds[kind],
        fee=fee,
        quota=quota,
        members=chosen,
    )


def _apart(book: Rulebook, others: Sequence[Region]) -> Region:
    """Return a region whose name and products no other has."""
    name = book.name
    if name in [each.name for each in others]:
        name = f"{name}-{len(others) + 1}"
    symbols = [p.symbol for each in others for p in each.rulebook.products]
    products = tuple(
        structs.replace(p, symbol=f"{p.symbol}-{len(others) + 1}") if p.symbol in symbols else p
        for p in book.products
    )
    return Region(name, structs.replace(book, products=products))


def as_mapping(
    designs: Mapping[str, Design | str | Sequence[Design | str]] | Design | str,
) -> dict[str, Design]:
    """Return designs by their labels; a list of them is regions without a link.

    Raises ``DesignError``.
    """
    if isinstance(designs, Design | str):
        return single.as_mapping(designs)
    found = {
        label: each if isinstance(each, Design | str) else link(*each, kind="none")
        for label, each in designs.items()
    }
    return single.as_mapping(found)


__all__ = ["Region", "Regions", "as_mapping", "link"]
