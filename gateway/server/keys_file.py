"""The keys that an operator set on a running venue, on its disk: verifiers in a small file."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from engine.log.files import BINARY, sync_data, sync_folder
from gateway.server.accounts import Directory, as_text
from gateway.server.accounts_file import Credentials, stored

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME: Final = "keys.toml"  # in the venue's folder


class KeysFile:
    """Keeps a directory's keys; a change is on the disk before it holds."""

    def __init__(self, folder: Path, directory: Directory) -> None:
        """Give the directory the keys that were set before. Raises ``AccountsError``."""
        self._path = folder / FILE_NAME
        self._directory = directory
        if self._path.exists():
            directory.keys = Directory.read(self._path).accounts

    def set_key(self, account: str, member: str, key: str) -> None:
        """Have a key open an account. Raises ``OSError``; then everything is as it was."""
        kept = Credentials(account, stored(key, account), member)
        self._replace(self._directory.keys | {account: kept})

    def drop_key(self, account: str) -> None:
        """Forget a key; that of the accounts file holds again. Raises ``OSError`` likewise."""
        self._replace({name: key for name, key in self._directory.keys.items() if name != account})

    def _replace(self, keys: dict[str, Credentials]) -> None:
        """Write the keys whole or not at all, then use them."""
        path = self._path
        before = _written(path.with_suffix(".old"), self._directory.keys)
        _written(path.with_suffix(".new"), keys).replace(path)
        try:
            sync_folder(path.parent)
        except OSError:
            before.replace(path)  # a later start has the keys that hold now
            raise
        self._directory.keys = keys
        with contextlib.suppress(OSError):
            before.unlink()


def _written(path: Path, keys: dict[str, Credentials]) -> Path:
    """Write keys to a file of their own, durably, for the eyes of the operator alone."""
    path.unlink(missing_ok=True)
    flags = os.O_CREAT | os.O_WRONLY | os.O_EXCL | BINARY
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(as_text(keys.values()).encode())
        file.flush()
        sync_data(file.fileno())
    return path
