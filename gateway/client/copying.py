"""Drop copy of a group: the accounts that a client copies, and how far it has come with each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from gateway.protocol import wire
from gateway.protocol.wire_copies import AskCopies

if TYPE_CHECKING:
    from gateway.protocol.wire_copies import CopyOf


class Copied(NamedTuple):
    """A report of another account, whose number is ``report.seq``."""

    account: str
    report: wire.Report


class Copying:
    """Asks for copies, on every new connection again, and takes each report once and in order."""

    def __init__(self) -> None:
        """Copy nobody."""
        self._last: dict[str, int] = {}  # report of each account that was taken

    def ask(self, account: str, after: int) -> AskCopies:
        """Return what asks for an account's reports behind a number."""
        self._last[account] = after
        return AskCopies(account, after)

    def again(self) -> list[AskCopies]:
        """Return what asks on a new connection for all that is still to come."""
        return [AskCopies(account, last) for account, last in self._last.items()]

    def take(self, copy: CopyOf) -> Copied | str:
        """Return a report, or what is wrong; "" where it came before."""
        report = cast("wire.Report", wire.decode_from_venue(copy.report))
        last = self._last.get(copy.account, 0)
        if report.seq > last + 1:
            return f"report {report.seq} of {copy.account} came after report {last}"
        if report.seq <= last:
            return ""
        self._last[copy.account] = report.seq
        return Copied(copy.account, report)
