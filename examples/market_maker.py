"""A market maker: it quotes both sides of a line around the last price, until it has traded enough.

Start a venue first: ``carbonx serve --accounts examples/accounts.toml``.
"""

import asyncio
import sys
from decimal import Decimal

from carbonx import Client, RejectedError, enums, messages

LINE, TONNES, HALF_SPREAD = "SZA-2019", 10, Decimal("0.10")


async def quote(client: Client) -> None:
    """Replace the quotes by new ones around the last price, or the reference before the first."""
    book = client.book(LINE)
    if book.phase is not enums.Phase.CONTINUOUS:
        return  # the change of phase that begins trading comes as an event
    await client.mass_cancel(LINE)
    middle = Decimal(book.text(book.last or book.reference))
    quotes = [
        client.buy(LINE, TONNES, middle - HALF_SPREAD, post_only=True),
        client.sell(LINE, TONNES, middle + HALF_SPREAD, post_only=True),
    ]
    for answer in await asyncio.gather(*quotes, return_exceptions=True):
        if isinstance(answer, RejectedError):
            print(answer)  # a limit, the cash, a price in the way: the next trade tries again
        elif isinstance(answer, BaseException):
            raise answer
    print(*(f"{o.side.name} {o.leaves} at {book.text(o.price)}" for o in client.orders.values()))


async def main(port: int = 7117, fills: int = 100) -> None:
    """Quote, and quote anew after each trade and when trading begins."""
    async with Client(
        "127.0.0.1", port, member="M1", account="alice", key="secret", cancel_on_disconnect=True
    ) as client:
        await client.follow(LINE)
        start = client.last_arrived
        await quote(client)
        async for event in client.events():
            match event:
                case messages.OrderFilled(seq=seq) if seq > start:
                    fills -= 1
                    print(f"{event.side.name} {event.quantity}: {client.balances[LINE].total} t")
                    if not fills:
                        return
                    await quote(client)
                case messages.PhaseChanged(symbol=symbol) if symbol == LINE:
                    await quote(client)


asyncio.run(main(*map(int, sys.argv[1:])))
