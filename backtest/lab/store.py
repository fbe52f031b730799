"""The folder of a study: a file for each run, written as it comes, whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final
from weakref import finalize

from backtest.lab.runs import decoded

if TYPE_CHECKING:
    from backtest.lab.runs import Record

RUNS: Final = "runs"
VALUES: Final = "values.parquet"
MANIFEST: Final = "manifest.json"


class Store:
    """Runs by key. Without a folder they last as long as the store does."""

    def __init__(self, folder: Path | None) -> None:
        """Make the folder where there is none."""
        self.lasts = folder is not None
        if folder is None:
            folder = Path(mkdtemp(prefix="carbonx-"))
            finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.folder = folder
        (folder / RUNS).mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        """Return where a run is."""
        return self.folder / RUNS / f"{key}.parquet"

    def find(self, key: str) -> Record | None:
        """Return the record of a run, none where it was not made or its file is damaged."""
        try:
            return decoded(self.path(key).read_bytes())
        except (OSError, ValueError):
            return None

    def put(self, key: str, content: bytes) -> None:
        """Keep a run."""
        write(self.path(key), content)


def write(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.write_bytes(content)
    beside.replace(path)
