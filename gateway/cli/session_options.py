"""What a verb that logs on to a venue is given: the address, the account, its key, and TLS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gateway.cli.console import Number
from gateway.runtime.tls import TlsError, client_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def _trusting(
    _ctx: click.Context, _option: click.Parameter, trusted: Path | None
) -> ssl.SSLContext | None:
    """Return a context that trusts the certificate. Raises ``BadParameter``."""
    if trusted is None:
        return None
    try:
        return client_context(trusted)
    except TlsError as error:
        raise click.BadParameter(str(error)) from error


def tls_option(name: str = "tls") -> Callable[[_Command], _Command]:
    """Let a verb take a certificate that it trusts, as a context of TLS of this name."""
    return click.option(
        "--tls",
        name,
        callback=_trusting,
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="Speak TLS with a venue that shows this certificate (PEM).",
    )


wait_option = click.option(
    "--wait",
    type=Number(0, 86_400),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for a venue that does not answer yet, or recovers.",
)
_OPTIONS = (
    click.option("--host", default="127.0.0.1", show_default=True),
    click.option("--port", default=7117, show_default=True, type=click.IntRange(1, 65_535)),
    click.option("--member", default="", help="The member that the account belongs to."),
    click.option("--account", required=True),
    click.option("--key", envvar="CARBONX_KEY", required=True, help="Or in CARBONX_KEY."),
    click.option("--key-name", default="", metavar="NAME",
                 help="Which of the account's keys it is, where an operator named it."),
    tls_option(),
)  # fmt: skip


def session_options(command: _Command) -> _Command:
    """Let a verb take the address, the account, its key and that key's name, and ``tls``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
