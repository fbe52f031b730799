"""The command line of carbonx: mounts the verbs of the packages, nothing else."""

from gateway.cli import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="carbonx")


if __name__ == "__main__":
    main()
