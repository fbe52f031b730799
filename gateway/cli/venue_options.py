"""Where an operator's verb finds its venue: in a folder of this machine, or over the network."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from gateway.cli.operator_socket import asked
from gateway.cli.session_options import tls_option
from gateway.cli.terminal.calls import Dial
from gateway.client.client import ClientError
from gateway.server.private_file import NotPrivateError, read_private

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

_Command = TypeVar("_Command", bound="Callable[..., Any]")


class Place(NamedTuple):
    """A venue that an operator speaks to."""

    folder: Path
    host: str | None
    port: int | None
    account: str
    member: str
    key: str
    key_name: str
    tls: ssl.SSLContext | None

    def ask(self, lines: Sequence[str | bytes]) -> list[dict[str, Any]]:
        """Give the venue lines; return its answers. Raises ``click.ClickException``."""
        if self.host is None and self.port is None:
            return asyncio.run(asked(self.folder, lines))
        if not self.account or not self.key:
            message = "over the network an operator logs on: give --account and --key-file"
            raise click.UsageError(message)
        try:
            return asyncio.run(self._ask(self.host or "127.0.0.1", self.port or 7117, lines))
        except ClientError as error:
            raise click.ClickException(str(error)) from error

    async def _ask(
        self, host: str, port: int, lines: Sequence[str | bytes]
    ) -> list[dict[str, Any]]:
        """Log on, and ask one after the other. Raises ``ClientError``."""
        dial = Dial(host, port, self.tls)
        client = dial.client(
            account=self.account, member=self.member, key=self.key, key_name=self.key_name
        )
        await dial.open(client)
        try:
            return [await client.operate(_text(line)) for line in lines]
        finally:
            await client.close()


def _text(line: str | bytes) -> str:
    return line if isinstance(line, str) else line.decode(errors="replace")


def _key_of(_ctx: click.Context, _option: click.Parameter, path: Path | None) -> str:
    """Return the key that a file has. Raises ``BadParameter``."""
    if path is None:
        return ""
    try:
        return read_private(path).strip()
    except NotPrivateError as error:
        raise click.BadParameter(str(error)) from error
    except (OSError, UnicodeError) as error:
        message = f"{path} cannot be read ({getattr(error, 'strerror', error)})"
        raise click.BadParameter(message) from error


_OPTIONS = (
    click.option("--dir", "at_folder", type=click.Path(path_type=Path, file_okay=False),
                 default=Path("runs/venue"), show_default=True,
                 help="The venue's folder, as given to serve."),
    click.option("--host", "at_host",
                 help="Over the network: the venue's address.  [default: 127.0.0.1]"),
    click.option("--port", "at_port", type=click.IntRange(1, 65_535),
                 help="Its port.  [default: 7117]"),
    click.option("--account", "at_account", default="",
                 help="An account whose key is for admin."),
    click.option("--member", "at_member", default="",
                 help="The member that the account belongs to."),
    click.option("--key-file", "at_key", metavar="FILE", callback=_key_of,
                 type=click.Path(path_type=Path, dir_okay=False),
                 help="A file with the key, for its owner alone."),
    click.option("--key-name", "at_key_name", default="", metavar="NAME",
                 help="Which of the account's keys."),
    tls_option("at_tls"),
)  # fmt: skip


def venue_options(command: _Command) -> _Command:
    """Let a verb take where its venue is, as ``place``."""

    def with_place(**given: Any) -> Any:  # noqa: ANN401 - a verb's own options
        place = Place(**{name: given.pop(f"at_{name}") for name in Place._fields})
        return command(place=place, **given)

    with_place.__doc__ = command.__doc__
    with_place.__name__ = command.__name__
    with_place.__click_params__ = [  # type: ignore[attr-defined]
        *getattr(command, "__click_params__", [])
    ]
    found: Any = with_place
    for option in reversed(_OPTIONS):
        found = option(found)
    result: _Command = found
    return result
