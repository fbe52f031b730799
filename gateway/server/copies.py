"""Drop copy of a group: what a session has been sent of other accounts' reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.protocol.framing import length_at
from gateway.protocol.session import pack
from gateway.protocol.wire import HEADER_SIZE
from gateway.protocol.wire_copies import CopyOf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.venue.venue import Venue
    from gateway.server.box import Outbox


class Copies:
    """The accounts that a session's key may copy, and the places that it has reached."""

    __slots__ = ("_accounts", "_boxes", "_groups", "_places", "taken")

    def __init__(self, accounts: tuple[str, ...], groups: tuple[str, ...]) -> None:
        """Copy nothing until it is asked for."""
        self._accounts, self._groups = accounts, groups
        self.taken = 0  # copies so far
        self._boxes: dict[str, Outbox] = {}
        self._places: dict[str, int] = {}

    def allows(self, account: str, venue: Venue) -> bool:
        """Say whether it may copy an account: its key names it, or the group that it is in now."""
        if account in self._accounts or not self._groups:
            return account in self._accounts
        try:
            return venue.account(account).group in self._groups
        except KeyError:
            return False

    def begin(self, account: str, box: Outbox, after: int) -> None:
        """Copy an account's reports behind one of them. Raises ``StoreError``."""
        self._boxes[account], self._places[account] = box, box.place(after)

    @property
    def behind(self) -> bool:
        """Whether there are reports to copy."""
        return any(self._places[name] < box.end for name, box in self._boxes.items())

    def take(self, seq: int, most: int) -> bytes:
        """Return frames with copies of the next reports, of about ``most`` bytes of them.

        Raises ``StoreError`` where older ones cannot be read.
        """
        copied = bytearray()
        for name, box in self._boxes.items():
            place = self._places[name]
            while place < box.end and most > 0:
                frames = box.frames(place, most)
                most -= len(frames)
                place += len(frames)
                for report in _unframed(frames):
                    copied += pack(CopyOf(seq, name, report))
                    self.taken += 1
            self._places[name] = place
        return bytes(copied)


def _unframed(frames: bytes) -> Iterator[bytes]:
    begin = 0
    while begin < len(frames):
        end = begin + HEADER_SIZE + length_at(frames, begin)
        yield frames[begin + HEADER_SIZE : end]
        begin = end
