"""The same without ``async``: ``carbonx serve --accounts examples/accounts.toml`` comes first."""

import sys

from carbonx import BlockingClient

port = int(sys.argv[1]) if len(sys.argv) > 1 else 7117
with BlockingClient("127.0.0.1", port, member="M1", account="alice", key="secret") as client:
    report = client.sell("SZA-2019", 10, price="36.00")
    print(f"order {report.ref}: {report.quantity} tonnes of SZA-2019, {report.state.name}")
    print(client.cancel(report.ref).reason.name)
