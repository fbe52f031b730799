"""The command line of carbonx: mounts the verbs of the packages, nothing else."""

from backtest.cli import VERBS
from backtest.series import SeriesError
from gateway.cli import cli, mount


def main() -> None:
    """Run the command line."""
    mount("backtest.verbs", VERBS, SeriesError)
    cli(prog_name="carbonx")


if __name__ == "__main__":
    main()
