"""The command line inside this process: words in, exit code and texts out."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from carbonx.main import main
from gateway.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pipe(io.BytesIO):
    """Standard input, which has a name."""

    name = "<stdin>"


class Answer(NamedTuple):
    """What came back."""

    status: int
    out: str
    err: str


def typed(*words: str, given: bytes = b"", encoding: str = "utf-8") -> Answer:
    """Run ``carbonx`` with these words on a machine whose streams have this encoding."""
    kept = sys.stdin, sys.stdout, sys.stderr
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, "strict", newline="") for _ in range(2))
    sys.stdin = io.TextIOWrapper(Pipe(given), encoding, "strict")
    sys.stdout, sys.stderr = out, err
    status = -1
    try:
        main(list(words))
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept
    texts = []
    for stream in (out, err):
        stream.flush()
        raw = stream.detach()
        assert isinstance(raw, io.BytesIO)
        texts.append(raw.getvalue().decode(encoding, "replace"))
    return Answer(status, *texts)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command of the command line under its words, groups included."""
    typed("--version")  # mounts the verbs of all packages
    yield from _below("carbonx", cli)


def _below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            found = command.get_command(context, word)
            assert found is not None
            yield from _below(f"{name} {word}", found)
