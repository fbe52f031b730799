"""The same without ``async``. Start a venue first: ``carbonx serve``."""

import sys

from gateway.blocking import BlockingClient
from gateway.client import minor_units

with BlockingClient("127.0.0.1", int(sys.argv[1]), account=sys.argv[2], key=sys.argv[3]) as client:
    product = client.products[0].symbol
    report = client.sell(product, 10, price=minor_units("51.50"))
    print(f"order {report.ref}: {report.quantity} tonnes of {product}, {report.state.name}")
    print(client.cancel(report.ref).reason.name)
