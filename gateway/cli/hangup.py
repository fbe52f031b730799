"""SIGHUP to a venue that is served: its accounts file is read again, and it says what changed."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

import click

from gateway.server.accounts import AccountsError
from gateway.server.failure import VenueStoppedError

if TYPE_CHECKING:
    import asyncio

    from gateway.server.node import Node


def reload_on_hangup(loop: asyncio.AbstractEventLoop, node: Node) -> None:
    """Have SIGHUP read the accounts file again, where there are such signals and such a file."""
    if node.directory.path is not None and hasattr(signal, "SIGHUP"):
        with contextlib.suppress(NotImplementedError):  # a loop without signals, as on Windows
            loop.add_signal_handler(signal.SIGHUP, _reload, node)


def _reload(node: Node) -> None:
    try:
        lines = in_words(node.reload_accounts("hangup"))
    except (AccountsError, VenueStoppedError) as error:
        lines = [f"{error}; nothing was changed"]
    for line in lines:
        click.echo(line, err=True)


def in_words(told: list[dict[str, Any]]) -> list[str]:
    """Tell what came of reading an accounts file again, a line for each."""
    lines: list[str] = []
    opened = [each["account"] for each in told if each["type"] == "account_opened"]
    for each in told:
        match each:
            case {"type": "account_opened", "account": account}:
                lines.append(f"account {account!r}: opened")
            case {"type": "account_class_set", "account": account, "role": role}:
                lines.append(f"account {account!r}: its class is {role!r} now")
            case {"type": "key_set", "account": account} if account not in opened:
                lines.append(f"account {account!r}: its key or member is another now")
            case {"type": "key_dropped", "account": account}:
                lines.append(f"account {account!r}: its key is dropped; it stays open")
            case {"type": "rejected", "account": account, "field": field, "rule": rule}:
                lines.append(f"account {account!r}: {field}: {rule}")
            case {"type": "accounts_reloaded", "file": file, "unchanged": unchanged}:
                first = f"{file} was read again" + ("" if lines else ": nothing changed")
                lines = [first, *lines, *unchanged]
            case _:
                pass  # what an account was funded with
    return lines
