"""Take away what another system lacks, in a process whose PYTHONPATH has this folder.

CARBONX_SYSTEM says which: ``macos`` or ``windows``. Python itself loads a module of this name, so
whatever such a process starts is without it too. It is a simulation: it shows that nothing here
needs what is taken away, not that everything there works.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess  # noqa: F401 - it must not find msvcrt when it is imported
import sys
import types
from errno import EACCES
from pathlib import Path
from typing import Any, Final, NoReturn

FULL_SYNC: Final = 51  # its number on macOS
NEXT_TO_LAST: Final = (1 << 31) - 2


def refuse(*_: object) -> NoReturn:
    """Be a method that the loops of Windows have in name alone."""
    raise NotImplementedError


def macos() -> None:
    """Have no ``fdatasync``, but a sync that goes through the disk's cache."""
    del os.fdatasync
    ask = fcntl.fcntl

    def with_full_sync(descriptor: int, command: int, *more: Any) -> Any:
        return os.fsync(descriptor) if command == FULL_SYNC else ask(descriptor, command, *more)

    vars(fcntl).update(F_FULLFSYNC=FULL_SYNC, fcntl=with_full_sync)


def windows() -> None:
    """Have no ``fcntl``, ``fdatasync``, uvloop, unix sockets, signal handlers of loops.

    And no other name for a file that is open.
    """
    rename = os.replace

    def of_closed_files(source: Any, target: Any, **more: Any) -> None:
        names = {Path(source).resolve(), Path(target).resolve()}
        if any(each.resolve() in names for each in Path("/proc/self/fd").iterdir()):
            raise PermissionError(EACCES, "it is open", os.fspath(source))
        rename(source, target, **more)

    vars(os)["replace"] = of_closed_files
    for name in ("fdatasync", "O_DIRECTORY", "O_CLOEXEC", "sched_setaffinity", "sched_getaffinity"):
        delattr(os, name)
    vars(os)["process_cpu_count"] = os.cpu_count  # Python 3.13's asks for the cores of a process
    for name in ("start_unix_server", "open_unix_connection"):
        delattr(asyncio, name)
    for name in ("add_signal_handler", "add_reader", "create_unix_server"):
        setattr(asyncio.SelectorEventLoop, name, refuse)
    locks = types.ModuleType("msvcrt")

    def locking(descriptor: int, mode: int, count: int) -> None:
        """Lock a byte that no log reaches."""
        assert (os.lseek(descriptor, 0, os.SEEK_CUR), mode, count) == (NEXT_TO_LAST, 2, 1)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    vars(locks).update(LK_NBLCK=2, locking=locking)
    hidden: dict[str, Any] = dict.fromkeys(("fcntl", "uvloop", "resource"))
    sys.modules.update(hidden | {"msvcrt": locks})


SYSTEM: Final = os.environ.get("CARBONX_SYSTEM", "")
if SYSTEM:
    {"macos": macos, "windows": windows}[SYSTEM]()
