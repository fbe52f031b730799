"""The ``carbonx`` command: its verbs, each imported only when it is called."""

import importlib
import sys
from typing import Any, ClassVar, Final, NoReturn

import click

from engine.log.errors import LogError
from engine.log.journal import JournalError
from engine.log.records import CommandError
from engine.rulebook.model import RulebookError
from engine.vocabulary.tables import TableError
from gateway.cli.console import INTERRUPTED, Group, in_words, prepare_streams, tell
from gateway.cli.match_file import FileError
from gateway.client.client import ClientError
from gateway.server.accounts import AccountsError
from gateway.server.failure import VenueStoppedError

VERBS: Final = {
    "serve": "run a venue",
    "status": "what a running venue is doing",
    "admin": "operate a running venue in words: halt, resume, kill, begin-day",
    "operate": "give a running venue an operator's commands as JSON",
    "keys": "make a key for an account, and what the venue keeps of it",
    "config": "check the configuration file of serve, or write one",
    "log": "check a venue's log, repair it, print it, convert it",
    "backup": "copy a venue, or linked ones, also while they run; prove the copy",
    "shell": "trade by hand: buy, sell, cancel, book, orders, balances",
    "match": "run a file of commands through a rulebook, offline",
    "load": "measure a venue's throughput and latency",
    "simulate": "run the server's core through crashes, bad networks and bad disks, by seed",
    "bench": "measure the engine beside its yardsticks",
    "rulebooks": "list the rulebooks, or show one",
}


class Verbs(Group):
    """Verbs by name; a verb's module is ``<home>.<name>``, its command ``command``."""

    homes: ClassVar[dict[str, tuple[str, str]]] = {}  # verb -> (home, what it does)

    known: ClassVar[tuple[type[Exception], ...]] = (
        AccountsError, ClientError, CommandError, FileError, JournalError, LogError, RulebookError,
        TableError, VenueStoppedError, OSError, UnicodeError,
    )  # fmt: skip

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which one meets them."""
        del ctx
        return list(self.homes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        del ctx
        if cmd_name not in self.homes:
            return None
        home, _ = self.homes[cmd_name]
        module = importlib.import_module(f"{home}.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        del ctx
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in self.homes.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; turn what a user can fix into one line that says so."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # who read the output had enough of it
        except self.known as error:
            if ctx.params.get("debug"):
                raise
            raise click.ClickException(in_words(error)) from error


@click.command(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="carbonx-exchange")
@click.option("--debug", is_flag=True, help="Show where an error comes from.")
def cli(*, debug: bool) -> None:
    """Run an exchange for carbon allowances: serve it, trade on it, take it apart.

    Example:  carbonx demo
    """
    del debug


def run(words: list[str] | None = None) -> NoReturn:
    """Run the command line; say what is wrong in a line or two, and exit with its code."""
    prepare_streams()
    try:
        code = cli.main(words, prog_name="carbonx", standalone_mode=False)
    except click.ClickException as error:
        code = tell(error)
    except click.Abort:
        click.echo("stopped by Ctrl-C", err=True)
        code = INTERRUPTED
    sys.exit(code if isinstance(code, int) else 0)


def mount(home: str, verbs: dict[str, str], *errors: type[Exception]) -> None:
    """Add the verbs of another package, and those of its errors that a user can fix."""
    Verbs.homes.update({name: (home, text) for name, text in verbs.items()})
    Verbs.known += errors
