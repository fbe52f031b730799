"""The statement of an auction: heard by those who are there, kept for those who come later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from carbonx.testing import LocalVenue
from engine.rulebook.model import Auction, Mode, PlannedAuction, Product, Rulebook
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import ConsignedRest, Mechanism, Phase, Side
from gateway.protocol import wire
from tests.support.venues import bounded

if TYPE_CHECKING:
    from gateway.client.client import Client

HOUR: Final = 3_600
DATES: Final = (20210628, 20210629)
BOOK: Final = Rulebook(
    "stated",
    (Product("A", 100),),
    modes=(Mode(mechanism=Mechanism.ONE_WAY),),
    auction=Auction(
        reserve=90,
        seller="bob",
        calendar=tuple(
            PlannedAuction(date, "A", "continuous", 5, 9 * HOUR, 10 * HOUR) for date in DATES
        ),
    ),
)


def hold(local: LocalVenue, date: int, *bids: tuple[int, int]) -> e.AuctionStated:
    """Hold the auction of a day; return its statement."""
    begun = local.operate(c.BeginDay(date))
    announced = next(each for each in begun if isinstance(each, e.Announced))
    local.operate(c.SetPhase(Phase.CONTINUOUS))
    run = local.core.running.run
    run(0, c.AdvanceTime(announced.opens_at))
    for tonnes, price in bids:
        ref = local.venue.last_ref("alice") + 1
        run(0, c.Bid("alice", ref, "A", announced.number, tonnes, price))
    run(0, c.AdvanceTime(announced.closes_at))
    events = local.operate(c.ClearAuction("A", announced.number))
    local.operate(c.SetPhase(Phase.CLOSED))
    return next(each for each in events if isinstance(each, e.AuctionStated))


def knows(client: Client, stated: e.AuctionStated) -> bool:
    """Say whether a client's statement is the one that the venue made."""
    told = client.statement("A")
    return told is not None and structs.astuple(told)[4:] == structs.astuple(stated)[1:]


def test_a_client_knows_the_last_statement_whenever_it_comes() -> None:
    async def scenario() -> None:
        async with LocalVenue(BOOK, ("alice", "bob"), phase=None, clock=lambda: 1) as local:
            async with local.client("alice") as early:
                await early.follow("A")
                assert early.statement("A") is None
                first = hold(local, DATES[0], (3, 99), (4, 95), (1, 99))
                assert first.levels == ((99, 4, 4), (95, 4, 1))
                await early.history("A")  # whose answer comes behind what was published
                assert knows(early, first)
                async with local.client("bob") as late:
                    await late.follow("A")
                    assert knows(late, first)
                    second = hold(local, DATES[1])
                    assert second.levels == ()
                    await late.history("A")
                    assert knows(late, second)
            async with local.client("bob") as third:
                await third.follow("A")
                assert knows(third, second)
                history = await third.history("A")
                assert history.stated == third.statement("A")

    bounded(scenario())


def test_who_consigned_is_told_of_its_sale_and_has_its_cash() -> None:
    auction = structs.replace(BOOK.auction, consigned=ConsignedRest.RETURN)
    book = structs.replace(BOOK, auction=auction)

    async def scenario() -> None:
        accounts = ("alice", "bob", "cay")
        async with (
            LocalVenue(book, accounts, phase=None, clock=lambda: 1) as local,
            local.client("cay") as owner,
        ):
            before = owner.balances["CNY"].total
            local.operate(c.ConsignUnits("cay", "A", 4))
            stated = hold(local, DATES[0], (6, 95))
            assert (stated.consigned, stated.consigned_sold) == (4, 4)
            await owner.history("A")  # whose answer comes behind the reports
            fills: list[wire.OrderFilled] = []
            while not fills:
                event = await owner.next_event()
                if isinstance(event, wire.OrderFilled):
                    fills.append(event)
            (fill,) = fills
            assert (fill.ref, fill.side, fill.quantity, fill.price) == (0, Side.SELL, 4, 95)
            status = await owner.status()
            assert status.cash[0].total == before + 4 * 95
            assert owner.orders == {}

    bounded(scenario())
