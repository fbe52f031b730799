"""``carbonx config``: check a venue's configuration file, or write one to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from engine.rulebook import presets
from gateway.cli.configuration import keys_of, read
from gateway.cli.console import Group
from gateway.cli.exposure import check as check_exposure
from gateway.cli.exposure import tls_of
from gateway.cli.serve import command as serve
from gateway.server.accounts import Directory


@click.group(cls=Group)
def command() -> None:
    """Check the configuration file of ``serve``, or write one to begin with.

    Example:  carbonx config example
    """


@command.command("check", short_help="Say what is wrong with a file, or what it asks for.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def check(file: Path) -> None:
    """Read FILE, and the rulebook, accounts and certificate that it names; nothing is started.

    Example:  carbonx config check venue.toml
    """
    values = read(file, serve)
    names = {option.name: key for key, option in keys_of(serve).items()}
    rulebook = presets.find(str(values.get("name", "shenzhen-2022")))
    directory = Directory.read(Path(values["accounts"])) if "accounts" in values else Directory(())
    _see_exposure(values, directory)
    for name, value in values.items():
        click.echo(f"{names[name]:12} {value}")
    click.echo(f"{file}: right; rulebook {rulebook.name}, accounts: {len(directory.accounts)}")


def _see_exposure(values: dict[str, Any], directory: Directory) -> None:
    """See that ``serve`` would listen with these values, and make no certificate."""
    mode, certificate, key = (values.get(each) for each in ("tls_mode", "tls_cert", "tls_key"))
    encrypted = mode is not None
    if certificate or key:
        pair = [Path(each) if each else None for each in (certificate, key)]
        encrypted = tls_of(Path(), mode, *pair) is not None
    check_exposure(
        values.get("host", "127.0.0.1"),
        directory,
        encrypted=encrypted,
        plain_text=bool(values.get("plain_text")),
    )


@command.command("example", short_help="Print a file with every key and what it means.")
def example() -> None:
    """Print a configuration file: every key as it is without one, with what it means.

    Example:  carbonx config example
    """
    click.echo("# carbonx serve --config venue.toml; options that are typed go before these")
    context = click.Context(serve, info_name=serve.name)
    for key, option in keys_of(serve).items():
        default = option.get_default(context)
        click.echo(f"\n# {option.help or key}")
        if isinstance(default, bool | int):
            click.echo(f"{key} = {str(default).lower()}")
        elif isinstance(default, str | Path):
            click.echo(f'{key} = "{default}"')
        else:
            click.echo(f'# {key} = ""')
