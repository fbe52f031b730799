"""The keys that an operator set on a running venue, on its disk: verifiers in a small file."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.log.files import made_aside, sync_data, sync_folder
from gateway.server.accounts import as_text
from gateway.server.accounts_file import read, stored

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.server.accounts import Directory
    from gateway.server.accounts_file import Credentials

FILE_NAME: Final = "keys.toml"  # in the venue's folder


class KeysFile:
    """Keeps a directory's keys; a change is on the disk before it holds."""

    def __init__(self, folder: Path, directory: Directory) -> None:
        """Give the directory the keys that were set before. Raises ``AccountsError``."""
        self._path = folder / FILE_NAME
        self._directory = directory
        if self._path.exists():
            directory.keys = {(key.name, key.key_name): key for key in read(self._path).accounts}

    def set_key(self, key: Credentials) -> None:
        """Have a key open its account. Raises ``OSError``; then everything is as it was."""
        kept = structs.replace(key, key=stored(key.key, key.name))
        self._replace(self._directory.keys | {(key.name, key.key_name): kept})

    def drop_key(self, account: str, name: str) -> None:
        """Forget a key; that of the accounts file holds again. Raises ``OSError`` likewise."""
        keys = self._directory.keys
        self._replace({each: key for each, key in keys.items() if each != (account, name)})

    def of(self, account: str) -> dict[str, Credentials]:
        """Return the keys of an account that were set, by name."""
        keys = self._directory.keys.values()
        return {key.key_name: key for key in keys if key.name == account}

    def _replace(self, keys: dict[tuple[str, str], Credentials]) -> None:
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


def _written(path: Path, keys: dict[tuple[str, str], Credentials]) -> Path:
    """Write keys to a file of their own, durably, for the eyes of the operator alone."""
    with os.fdopen(made_aside(path, 0o600), "wb") as file:
        file.write(as_text(keys.values()).encode())
        file.flush()
        sync_data(file.fileno())
    return path
