"""A server whose disk refuses one of its files says so, and lets go of the log."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from engine.log.starts import StartError
from engine.rulebook.presets import load
from gateway.server.accounts import Directory
from gateway.server.node import Node, Options

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["KeysFile", "AccessLog"])
def test_a_file_that_cannot_be_opened_refuses_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, first: bool
) -> None:
    def opened() -> Node:
        return Node.open(tmp_path, load("textbook"), Directory(()), Options())

    if not first:
        opened().sequencer.close()
    with monkeypatch.context() as patch:

        def refused(folder: Path, *_: Any) -> None:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(folder / "a.file"))

        patch.setattr(f"gateway.server.node.{name}", refused)
        with pytest.raises(StartError) as caught:
            opened()
    assert str(caught.value) == (
        f"{tmp_path / 'a.file'}: permission denied; a start reads and writes the venue's folder: "
        "let the venue's user read and write it, then start again"
    )
    opened().sequencer.close()
