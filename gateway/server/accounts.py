"""Who may log on, and what their accounts start with: a TOML file kept by the operator."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from engine.venue.venue import Venue
from engine.vocabulary.commands import Command, MoveAllowances, MoveCash, OpenAccount

HASHED: Final = "sha256:"
_UNKNOWN: Final = HASHED + "0" * 64  # compared with where the name is unknown


class AccountsError(ValueError):
    """An accounts file that cannot be used; the text names the file, the place and the rule."""


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[account]]`` of the file. Money in minor units, allowances in tonnes."""

    name: str
    key: str  # the key itself, or "sha256:" and the hex digest of it
    member: str = ""
    owner: str = ""
    group: str = ""
    cash: int = 0
    allowances: Mapping[str, int] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: tuple[Credentials, ...] = ()


class Directory:
    """All accounts that may log on."""

    def __init__(self, accounts: tuple[Credentials, ...]) -> None:
        """Index accounts by name. Raises ``AccountsError`` on a name that stands twice."""
        self.accounts = {account.name: account for account in accounts}
        if len(self.accounts) != len(accounts):
            message = "every [[account]] needs another name"
            raise AccountsError(message)

    @classmethod
    def read(cls, path: Path) -> "Directory":
        """Read an accounts file. Raises ``AccountsError``."""
        try:
            return cls(msgspec.toml.decode(path.read_bytes(), type=_File).account)
        except FileNotFoundError:
            message = f"{path} does not exist: write it, or leave --accounts out"
            raise AccountsError(message) from None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            message = f"{path}: {error}"
            raise AccountsError(message) from error

    def admits(self, member: str, account: str, key: str) -> bool:
        """Say whether this key opens this account to this member, in constant time."""
        known = self.accounts.get(account)
        stored = known.key if known else _UNKNOWN
        if not stored.startswith(HASHED):
            stored = digest(stored)
        same = hmac.compare_digest(stored.encode(), digest(key).encode())
        return same and known is not None and known.member == member

    def openings(self, venue: Venue) -> list[Command]:
        """Return the commands that open and fund the accounts that the venue does not have."""
        commands: list[Command] = []
        known = dict.fromkeys(venue.accounts)
        for a in self.accounts.values():
            if a.name in known:
                continue
            commands.append(OpenAccount(a.name, a.owner, a.group, a.member))
            if a.cash:
                commands.append(MoveCash(a.name, a.cash))
            commands += [MoveAllowances(a.name, p, tonnes) for p, tonnes in a.allowances.items()]
        return commands

    def write(self, path: Path) -> None:
        """Write the accounts as a file that ``read`` reads; only the owner may open it."""
        lines: list[str] = []
        for a in self.accounts.values():
            lines.append("[[account]]")
            lines += [f"{field} = {json.dumps(getattr(a, field))}"
                      for field in ("name", "key", "member", "owner", "group", "cash")]  # fmt: skip
            tonnes = ", ".join(f"{json.dumps(p)} = {q}" for p, q in a.allowances.items())
            lines += [f"allowances = {{ {tonnes} }}", ""]
        path.touch(mode=0o600)
        path.write_text("\n".join(lines))


def digest(key: str) -> str:
    """Return how a key is kept in a file that others may read."""
    return HASHED + hashlib.sha256(key.encode()).hexdigest()
