"""Random streams, each known by a key: whose draws they are, and what for.

A stream depends on its key alone. So adding an agent or changing the venue's rules shifts nobody
else's draws, and two designs meet the same people and the same shocks. The generator is counter
based (Philox, Salmon et al. 2011): its key is a hash of ours.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from numpy.random import Generator, Philox

_KEY_BYTES: Final = 16  # the size of Philox's key


class Streams:
    """The streams of one replication."""

    __slots__ = ("replication", "root")

    def __init__(self, root: int, replication: int) -> None:
        """Draw for a replication of the study with the seed ``root``."""
        self.root = root
        self.replication = replication

    def stream(self, who: str, purpose: str) -> Generator:
        """Return the stream of a key from its beginning.

        ``who`` is a place in the population such as ``buyer/3``, not an account's name, so that
        other names draw the same.
        """
        key = json.dumps([self.root, self.replication, who, purpose]).encode()
        digest = hashlib.blake2b(key, digest_size=_KEY_BYTES).digest()
        return Generator(Philox(key=int.from_bytes(digest, "little")))
