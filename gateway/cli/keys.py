"""``carbonx keys``: keys that are shown once, and what a venue keeps of them."""

import json
import secrets

import click

from gateway.cli.console import Group
from gateway.protocol.proof import make_key, verifier_of


@click.group(cls=Group)
def command() -> None:
    """Make keys for accounts. Whoever has a key trades for its account.

    Example:  carbonx keys make alice
    """


@command.command("make", short_help="Make a key, and its verifier for the accounts file.")
@click.argument("account")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def make(account: str, *, as_json: bool) -> None:
    """Make a key for ACCOUNT. It is shown now and kept nowhere.

    The verifier takes the place of the key in the accounts file: it tells whether somebody has the
    key, and opens nothing. It is good for this account's name alone.

    Example:  carbonx keys make alice
    """
    key = make_key(secrets.token_bytes)
    verifier = verifier_of(key, account).text()
    if as_json:
        click.echo(json.dumps({"account": account, "key": key, "verifier": verifier}))
        return
    click.echo(f"the key, for the member alone:\n  {key}")
    click.echo(f'in the accounts file, or as the key of set_key:\n  key = "{verifier}"')
