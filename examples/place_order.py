"""Place an order. Start a venue first: ``carbonx serve --accounts examples/accounts.toml``."""

import asyncio
import sys

from carbonx import Client


async def main(port: int = 7117) -> None:
    """Buy ten tonnes at 35.00 yuan."""
    async with Client("127.0.0.1", port, member="M1", account="alice", key="secret") as client:
        report = await client.buy("SZA-2019", 10, price="35.00")
        print(f"order {report.ref}: {report.quantity} tonnes of SZA-2019, {report.state.name}")


asyncio.run(main(*map(int, sys.argv[1:])))
