"""What a venue has to have before it listens to other machines."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from engine.log.journal import holds_log
from gateway.protocol.proof import SCHEME
from gateway.runtime.tls import (
    TlsError,
    certificate_in,
    on_this_machine,
    self_signed,
    server_context,
)
from gateway.server.private_file import NotPrivateError, check_private, check_written_by_owner

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.server.accounts import Directory

SELF_SIGNED = "self-signed"


def tls_of(
    folder: Path, mode: str | None, certificate: Path | None, key: Path | None
) -> ssl.SSLContext | None:
    """Return the context that the options ask for, if they do. Raises ``ClickException``."""
    if (certificate is None) is not (key is None):
        message = "--tls-cert and --tls-key go together"
        raise click.UsageError(message)
    if mode is not None and certificate is not None:
        message = "either --tls self-signed, or --tls-cert and --tls-key"
        raise click.UsageError(message)
    try:
        if mode is not None:
            certificate, key = self_signed(folder)
            click.echo(f"clients are to trust {certificate}", err=True)
        if certificate is None or key is None:
            return None
        return server_context(certificate, key)
    except TlsError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def unless_refused(folder: Path) -> Iterator[None]:
    """Take away what was made in a folder for a start that is then refused, and the folder."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    had_certificate = any(each.exists() for each in certificate_in(folder))
    try:
        yield
    except BaseException:
        if not holds_log(folder) and not had_certificate:
            for each in certificate_in(folder):
                each.unlink(missing_ok=True)
            with suppress(OSError):  # something else is in it
                for each in made:
                    each.rmdir()
        raise


def check(host: str, directory: Directory, *, encrypted: bool, plain_text: bool) -> None:
    """See that nothing is given away, to others here or elsewhere. Raises ``ClickException``."""
    path = directory.path
    try:
        if path is not None:
            (check_written_by_owner if directory.public_keys else check_private)(path)
    except (NotPrivateError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if on_this_machine(host):
        return
    if not encrypted and not plain_text:
        message = (
            f"{host} is reached from other machines, and what is said to it could be read: "
            "give --tls-cert and --tls-key, or ask for --plain-text, or choose --host "
            "127.0.0.1"
        )
        raise click.ClickException(message)
    if directory.public_keys:
        message = f"{path}: public_keys is for trials on one machine: choose --host 127.0.0.1"
        raise click.ClickException(message)
    for account in directory.accounts.values():
        if not account.key.startswith(SCHEME):
            message = (
                f"{path}: account {account.name!r} has its key itself: whoever takes the "
                "file has the account; put a verifier there (carbonx keys make)"
            )
            raise click.ClickException(message)
