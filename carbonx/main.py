"""The command line: mounts the verbs of all packages, nothing else."""

from typing import Final

from backtest.cli.verbs import VERBS as LABORATORY
from gateway.cli.main import VERBS as GATEWAY
from gateway.cli.main import cli, mount

VERBS: Final = {
    "demo": "run a trading day with simulated brokers over real sockets, and draw it",
    "brokers": "let simulated brokers trade on a venue",
}


def main() -> None:
    """Run the command line."""
    mount("carbonx.cli", VERBS)
    mount("gateway.cli", GATEWAY)
    mount("backtest.cli", LABORATORY)
    cli(prog_name="carbonx")
