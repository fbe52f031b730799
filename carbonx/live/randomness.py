"""Random numbers of agents on a live venue: the laboratory's, by account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator


def stream(seed: int, account: str, purpose: str) -> Generator:
    """Return an account's random numbers for a purpose, from their beginning.

    They are those of an agent of that name in the first replication of a study with this seed.
    """
    from backtest.kernel.streams import Streams  # noqa: PLC0415 - needs numpy, of the extra lab

    return Streams(seed, 0).stream(account, purpose)
