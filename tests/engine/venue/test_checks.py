"""``Venue.check`` notices each thing that its parts must agree on, when it is broken by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary.commands import MoveAllowances, MoveCash, NewOrder, OpenAccount, SetPhase
from engine.vocabulary.enums import Mechanism, Phase, Side

if TYPE_CHECKING:
    from collections.abc import Callable

LISTING = "cn-national"


def venue_with_a_listing() -> tuple[Venue, Any]:
    """Return a venue and its line of listings, in which one is on the board."""
    venue = Venue(presets.load(LISTING))
    line = next(line for line in venue.markets.values() if line.mode.mechanism is Mechanism.LISTING)
    product = line.product
    venue.apply(OpenAccount("ann"))
    venue.apply(MoveCash("ann", 10**12))
    venue.apply(MoveAllowances("ann", product.symbol, 10_000))
    venue.apply(SetPhase(Phase.CONTINUOUS, line.symbol))
    venue.apply(NewOrder("ann", 1, line.symbol, Side.SELL, 100, product.reference))
    assert venue.open_orders("ann")
    venue.check()
    return venue, line


def _balance(venue: Venue, line: Any) -> Any:
    return venue.ledger.accounts["ann"].holdings[line.product.symbol]


def _lock(venue: Venue, line: Any) -> None:
    _balance(venue, line).locked += 1


def _owe(venue: Venue, line: Any) -> None:
    balance = _balance(venue, line)
    balance.owed += balance.reserved + 1


def _owe_less_than_nothing(venue: Venue, line: Any) -> None:
    balance = _balance(venue, line)
    balance.owed -= 5
    balance.reserved -= 5


def _reserve(venue: Venue, line: Any) -> None:
    _balance(venue, line).reserved = _balance(venue, line).total + 1


def _make(venue: Venue, line: Any) -> None:
    _balance(venue, line).total += 1


def _number(_venue: Venue, line: Any) -> None:
    key = next(iter(line.numbers))
    line.numbers[key] += 1


def _forget(_venue: Venue, line: Any) -> None:
    line.numbers.popitem()


def _bury(venue: Venue, _line: Any) -> None:
    venue.participants["ann"].orders.popitem()


@pytest.mark.parametrize(
    "damage", [_lock, _owe, _owe_less_than_nothing, _reserve, _make, _number, _forget, _bury]
)
def test_damage_is_noticed(damage: Callable[[Venue, Any], None]) -> None:
    venue, line = venue_with_a_listing()
    damage(venue, line)
    with pytest.raises(AssertionError):
        venue.check()


@pytest.mark.parametrize(
    ("total", "reserved", "locked", "owed"),
    [(10, 5, -1, 0), (10, 5, 3, 3), (10, 11, 0, 0), (-1, -1, 0, 0), (10, 5, 0, 6), (10, 5, 6, 0)],
)
def test_a_balance_holds_what_is_locked_and_owed_within_what_is_reserved(
    total: int, reserved: int, locked: int, owed: int
) -> None:
    venue, line = venue_with_a_listing()
    balance = _balance(venue, line)
    was = balance.total
    balance.total, balance.reserved, balance.locked, balance.owed = total, reserved, locked, owed
    product = line.product.symbol
    venue.ledger.tonnes_in[product] += total - was
    with pytest.raises(AssertionError, match=f"ann {product}: {reserved} of {total}"):
        venue.ledger.check()
