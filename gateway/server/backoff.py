"""Who has failed to log on, and how long nothing that comes from there is looked at.

Keys cannot be guessed; what back-off saves is work, and room in the records. It goes by address and
by account. That of an account does not hold for the address from which its key was proved last, so
that strangers who try an account do not keep its member out.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

FREE: Final = 5  # failures in a row that cost nothing
FIRST_WAIT: Final = 100_000_000  # ns behind the next one; doubles
LONGEST_WAIT: Final = 30_000_000_000  # ns
FORGOTTEN_AFTER: Final = 600_000_000_000  # ns without another failure
MOST_KEPT: Final = 4_096  # addresses, and as many accounts; beyond, who failed longest ago goes
_NETWORK_BITS: Final = 64  # of an IPv6 address: whoever has one address has all behind them


class Failures(NamedTuple):
    """Those of one address or account."""

    times: int
    at: int  # ns, the last of them

    def until(self) -> int:
        """Return the time (ns) before which nothing is looked at."""
        over = self.times - FREE
        return self.at + min(FIRST_WAIT << min(over - 1, 20), LONGEST_WAIT) if over > 0 else 0


class Table(dict[str, Failures]):
    """Failures by name; it never grows beyond its bound."""

    def failed(self, name: str, now: int) -> None:
        """Count a failure."""
        before = self.pop(name, None)
        stale = before is None or now - before.at > FORGOTTEN_AFTER
        self[name] = Failures(1 if before is None or stale else before.times + 1, now)
        if len(self) > MOST_KEPT:
            del self[next(iter(self))]  # the first is the one that failed longest ago

    def holds(self, name: str, now: int) -> bool:
        """Say whether the name has to wait still; a clock that was set back frees it."""
        found = self.get(name)
        return found is not None and found.at <= now < found.until()


class Backoff:
    """What a venue remembers of logons."""

    def __init__(self) -> None:
        """Remember nothing."""
        self.addresses = Table()
        self.accounts = Table()
        self._proved_from: dict[str, str] = {}  # by account: one that there is

    def holds(self, account: str, host: str, now: int) -> bool:
        """Say whether a proof is not to be taken now, whatever it is."""
        address = network(host)
        if self.addresses.holds(address, now):
            return True
        return self._proved_from.get(account) != address and self.accounts.holds(account, now)

    def failed(self, account: str, host: str, now: int) -> None:
        """Count a proof that was looked at and wrong."""
        self.addresses.failed(network(host), now)
        self.accounts.failed(account, now)

    def proved(self, account: str, host: str) -> None:
        """Remember where an account's member is. The address keeps its failures with others."""
        self._proved_from[account] = network(host)
        self.accounts.pop(account, None)


def network(host: str) -> str:
    """Return what of an address one party has: an IPv4 address, an IPv6 network of 64 bits."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host[:64]
    if not isinstance(address, IPv6Address):
        return host
    inner = address.ipv4_mapped
    return str(inner) if inner else str(IPv6Address(int(address) >> _NETWORK_BITS << _NETWORK_BITS))
