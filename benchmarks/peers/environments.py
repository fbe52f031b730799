"""An environment for each simulator beside the laboratory: they cannot all stand in one.

An environment is made once, by this interpreter's own ``venv`` and pip, in a folder that is named
after the requirement and the version of Python; later it is used as it is, without a network. A
peer works in a process of its own, which waits while others have their turn.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks.peers import simulators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_READY: Final = "installed.txt"  # is in an environment that is complete
_FEW: Final = 1_000  # orders of the run that warms a peer up


class PeerError(Exception):
    """A peer that cannot be installed, or does not run."""


class Simulator(NamedTuple):
    """A peer: its distribution, what to install, and what it can run: by name, what trades."""

    name: str
    requirement: str
    runs: dict[str, str]


KNOWN: Final = (
    Simulator(
        "pams",
        "pams==0.3.0",
        {
            "pams": "FCN agents, one object each, 100 agents",
            "pams_many": "FCN agents, one object each, 1,000 agents",
        },
    ),
    Simulator(
        "bourse",
        "bourse==0.4.0",
        {
            "bourse_objects": "step_sim, one object each, no accounts, 1,000 agents",
            "bourse_arrays": "step_sim, arrays, no accounts, 1,000 agents",
        },
    ),
)


def cache() -> Path:
    """Return the folder of environments, where the user's cache is."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "carbonx" / "peers"


def environment(peer: Simulator, folder: Path, say: Callable[[str], None]) -> Path:
    """Return the interpreter of a peer's environment, made first if need be.

    Raises ``PeerError``.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    home = folder / f"{peer.requirement}-{version}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (home / _READY).exists():
        return python
    shutil.rmtree(home, ignore_errors=True)  # one that was broken off
    say(f"{peer.name}: making {home}")
    venv.create(home, with_pip=True, symlinks=os.name != "nt")
    say(f"{peer.name}: installing {peer.requirement}")
    pip = ("-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--retries", "1")
    found = subprocess.run(  # noqa: S603 - that environment's pip, with fixed arguments
        [python, *pip, peer.requirement],
        capture_output=True,
        text=True,
        check=False,
        env=_surroundings(),
    )
    if found.returncode:
        lines = [each for each in found.stderr.splitlines() if each.startswith("ERROR")]
        why = lines[-1] if lines else found.stderr.strip()[-300:]
        message = (
            f"{peer.requirement} could not be installed, which needs a package index the first "
            f"time: {why}"
        )
        raise PeerError(message)
    (home / _READY).write_text(peer.requirement, "utf-8")
    return python


def _surroundings() -> dict[str, str]:
    """Return this process's environment without what would let modules of ours in."""
    return {key: each for key, each in os.environ.items() if key != "PYTHONPATH"}


class Working:
    """A peer that stands ready in a process of its own."""

    def __init__(self, peer: Simulator, process: subprocess.Popen[str], said: IO[str]) -> None:
        """Read which versions it has; ``said`` is what it wrote of errors. Raises ``PeerError``."""
        self.peer, self._process, self._said = peer, process, said
        self.versions: dict[str, str] = self._answer()

    def run(self, run: str, orders: int) -> tuple[int, float]:
        """Return the orders of a run and its seconds. Raises ``PeerError``."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps((run, orders)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._answer()  # says why it ended
        placed, taken = self._answer()
        return int(placed), float(taken)

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._process.wait()
        self._said.seek(0)
        last = self._said.read().strip().splitlines()[-1:]
        message = f"{self.peer.requirement} ended: {''.join(last) or 'it did not say why'}"
        raise PeerError(message)


@contextmanager
def working(peer: Simulator, folder: Path, say: Callable[[str], None]) -> Iterator[Working]:
    """Start a peer and let each of its runs warm up. Raises ``PeerError``."""
    python = environment(peer, folder, say)
    with (
        TemporaryFile("w+") as said,
        subprocess.Popen(  # noqa: S603 - our own module
            [python, simulators.__file__, peer.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env=_surroundings(),
        ) as process,
    ):
        try:
            found = Working(peer, process, said)
            for run in peer.runs:
                found.run(run, _FEW)
            has = ", ".join(f"{name} {number}" for name, number in found.versions.items())
            say(f"{peer.name}: ready ({has})")
            yield found
        finally:
            process.kill()
