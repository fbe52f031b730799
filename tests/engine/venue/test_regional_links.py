"""Three pairs of China's regions under their own rulebooks, linked; and all of them at once."""

from __future__ import annotations

from random import Random
from typing import Final

import pytest

from engine.rulebook import presets
from engine.venue.federation import Federation
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import LinkKind, Phase, Side, TimeInForce
from engine.vocabulary.events import Rejected
from engine.vocabulary.link_commands import SetLink
from tests.support import regions

# The host of the one book, and the venue whose members come to it.
PAIRS: Final = (
    ("beijing", "tianjin"),  # a listing
    ("cn-national", "shanghai"),  # a listing; what is bought there is sold a day later
    ("shenzhen-2022", "guangdong"),  # an order book
)
DAYS: Final = (20250303, 20250304)


def federation(*pairs: tuple[str, str]) -> Federation:
    """Return the venues of pairs, open on their first day, each pair with one book."""
    names = [name for pair in pairs for name in pair]
    found = Federation({name: Venue(presets.load(name)) for name in names})
    for name in names:
        product = symbol(found, name)
        found.submit(name, c.BeginDay(DAYS[0]))
        for number in range(2):
            found.submit(
                name, c.OpenAccount(f"{name}/{number}", cash=10**9, allowances=((product, 10_000),))
            )
        found.submit(name, c.SetPhase(Phase.CONTINUOUS, product))
    for host, guest in pairs:
        rules = SetLink(
            f"{guest}-{host}", LinkKind.SHARED, host, symbol(found, guest), symbol(found, host)
        )
        found.link(guest, rules, host)
    return found


def symbol(found: Federation, name: str) -> str:
    """Return a venue's main line."""
    return found.venues[name].symbols[0]


def reference(found: Federation, name: str) -> int:
    return found.venues[name].reference(symbol(found, name))


def sell(found: Federation, host: str, guest: str, account: str, quantity: int) -> None:
    """Have a member offer tonnes in the host's book, and one of the host's take them."""
    price = reference(found, host)
    order = c.NewOrder(account, 1, symbol(found, guest), Side.SELL, quantity, price)
    found.submit(guest, order)
    line = symbol(found, host)
    offers = found.venues[host].standing(line)
    taker: c.Command = c.NewOrder(
        f"{host}/0", 1, line, Side.BUY, quantity, price, tif=TimeInForce.IOC
    )
    if offers:
        number = getattr(offers[0], "number")  # noqa: B009 - an offer of either kind
        taker = c.Pick(f"{host}/0", 1, line, number, quantity)
    happened = found.submit(host, taker)
    assert not [e for each in happened for e in each.events if isinstance(e, Rejected)]


@pytest.mark.parametrize(("host", "guest"), PAIRS)
def test_a_member_sells_in_the_other_regions_book(host: str, guest: str) -> None:
    found = federation((host, guest))
    before = regions.owned(found)
    sell(found, host, guest, f"{guest}/0", 1_000)
    price = reference(found, host)
    fees = found.venues[host].fees()
    cash, _ = found.venues[guest].cash(f"{guest}/0")
    assert 10**9 + 1_000 * price - fees <= cash <= 10**9 + 1_000 * price
    tonnes, held = found.venues[host].allowances(f"{host}/0", symbol(found, host))
    lag = found.venues[host].markets[symbol(found, host)].mode.resale_lag
    assert (tonnes, held) == (11_000, 1_000 if lag else 0)
    assert regions.owned(found) == before
    found.check()


def test_a_participant_from_hebei_trades_at_beijing_through_tianjin() -> None:
    found = federation(("beijing", "tianjin"))
    found.submit(
        "tianjin",
        c.OpenAccount(
            "steel of hebei", owner="hebei", member="tianjin/0", allowances=(("TJEA24", 500),)
        ),
    )
    sell(found, "beijing", "tianjin", "steel of hebei", 500)
    assert found.venues["tianjin"].allowances("steel of hebei", "TJEA24") == (0, 0)
    assert found.venues["tianjin"].cash("steel of hebei")[0] > 0


def test_what_a_lag_keeps_goes_home_when_it_is_over() -> None:
    found = federation(("cn-national", "shanghai"))
    line, here = symbol(found, "cn-national"), symbol(found, "shanghai")
    price = reference(found, "cn-national")
    # a listing to buy is picked by a seller: the tonnes are the guest's to use a day later
    found.submit("shanghai", c.NewOrder("shanghai/0", 1, here, Side.BUY, 100, price))
    (offer,) = found.venues["cn-national"].standing(line)
    number = getattr(offer, "number")  # noqa: B009 - an offer of either kind
    found.submit("cn-national", c.Pick("cn-national/0", 1, line, number, 100))
    assert found.venues["shanghai"].allowances("shanghai/0", here) == (10_000, 0)
    assert found.venues["cn-national"].allowances("shanghai:shanghai/0", line) == (100, 100)
    found.submit("cn-national", c.SetPhase(Phase.CLOSED, line))
    found.submit("cn-national", c.BeginDay(DAYS[1]))
    assert found.venues["shanghai"].allowances("shanghai/0", here) == (10_100, 0)
    assert not regions.left_behind(found)
    found.check()


@pytest.mark.parametrize("seed", range(4))
def test_all_three_at_once(seed: int) -> None:
    random = Random(seed)
    found = federation(*PAIRS)
    before = regions.owned(found)
    refs: dict[str, int] = {}
    for _ in range(150):
        host, guest = random.choice(PAIRS)
        name = random.choice((host, guest))
        account = f"{name}/{random.randrange(2)}"
        ref = refs[account] = refs.get(account, 0) + 1
        side = random.choice(list(Side))
        price = reference(found, host) + random.randint(-20, 20)
        line = symbol(found, name)
        command: c.Command = c.NewOrder(account, ref, line, side, random.randint(1, 50), price)
        offers = found.venues[host].standing(symbol(found, host))
        if name == host and offers:
            number = getattr(random.choice(offers), "number")  # noqa: B009
            command = c.Pick(account, ref, line, number, 0)
        found.submit(name, command)
        found.check()
        assert regions.owned(found) == before
        assert not regions.left_behind(found)
    crossed = [end.sent for venue in found.venues.values() for end in venue.links.ends.values()]
    assert all(sent > 0 for sent in crossed)
