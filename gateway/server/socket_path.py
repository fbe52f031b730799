"""Sockets in the venue's folder, whose path may be too long for a socket's address."""

from __future__ import annotations

import os
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 100  # bytes of an address: Linux takes 107, macOS 103


@contextmanager
def address(path: Path) -> Iterator[str]:
    """Yield an address of a socket's path: the path itself or, while the block lasts, a way round.

    The way round is a link to the folder, under a short name, in a directory of its own. The socket
    is where the path says all the time, so each end may make its own link. Raises ``OSError``.
    """
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="carbonx-") as folder:
        link = Path(folder) / "d"
        link.symlink_to(path.parent.absolute(), target_is_directory=True)
        yield str(link / path.name)


def private_listener(path: Path) -> socket.socket:
    """Bind a socket that its owner alone may use, in the place of one that a dead venue left.

    Raises ``OSError``.
    """
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        with address(path) as place:
            listener.bind(place)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener
