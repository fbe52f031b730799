"""Place an order, see what came of it. Start a venue first: ``carbonx serve``."""

import asyncio
import sys

from gateway.client import Client, minor_units


async def main(port: int, account: str, key: str) -> None:
    """Buy ten tonnes of the first product."""
    async with Client("127.0.0.1", port, account=account, key=key) as client:
        product = client.products[0].symbol
        report = await client.buy(product, 10, price=minor_units("48.50"))
        print(f"order {report.ref}: {report.quantity} tonnes of {product}, {report.state.name}")


asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
