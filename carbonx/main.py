"""The command line: mounts the verbs of all packages, nothing else."""

from typing import Final, NoReturn

from backtest.cli.verbs import VERBS as LABORATORY
from backtest.tapes.lobster import LobsterError
from gateway.cli.main import VERBS as GATEWAY
from gateway.cli.main import mount, run

VERBS: Final = {
    "demo": "run a trading day with simulated brokers over real sockets, and draw it",
    "brokers": "let simulated brokers trade on a venue",
    "replay": "replay a log, verify it, print its state hash; or replay it under other rules",
    "auction": "print the statements of the auctions that a log holds",
    "trade": "let your own agent trade on a venue",
}


def main(words: list[str] | None = None) -> NoReturn:
    """Run the command line, with the words of this process or with those given."""
    mount("carbonx.cli", VERBS)
    mount("gateway.cli", GATEWAY)
    mount("backtest.cli", LABORATORY, LobsterError)
    run(words)
