"""Who may log on, and what their accounts start with.

The accounts are those of a TOML file kept by the operator. A key that an operator sets while the
venue runs goes before the file's (``keys_file``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import structs

from engine.vocabulary.commands import OpenAccount
from engine.vocabulary.events import Rejected
from engine.vocabulary.texts import quoted
from gateway.protocol.proof import (
    NONCE_BYTES,
    Verifier,
    exchange,
    proves,
    read_verifier,
    sign,
    verifier_of,
)
from gateway.server.accounts_file import AccountsError, Credentials, read, refused
from gateway.server.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable
    from pathlib import Path

    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from gateway.protocol.wire import Logon

__all__ = ["AccountsError", "Credentials", "Directory", "as_text"]

_DEFAULTS: Final = {field.name: field.default for field in structs.fields(Credentials)}
_CHANGED_BY: Final = {"role": "; set_account_class changes it (carbonx operate)"}
_NOBODY: Final = Verifier(bytes(32), bytes(32))  # takes the place of one that is not there


class Admission(NamedTuple):
    """What a right proof opens."""

    permission: Permission
    signature: str  # the venue's own
    copies: tuple[str, ...] = ()  # accounts whose reports it may copy
    groups: tuple[str, ...] = ()  # and all accounts of these groups


class Directory:
    """All accounts that may log on."""

    def __init__(self, accounts: tuple[Credentials, ...], source: str = "accounts") -> None:
        """Index accounts by name. Raises ``AccountsError`` on a name that stands twice."""
        self.accounts: dict[str, Credentials] = {}
        # by account and name, set by an operator; they go before the file's
        self.keys: dict[tuple[str, str], Credentials] = {}
        self.path: Path | None = None  # of the file, where it is one
        self.public_keys = False  # the file says that its keys are no secret
        self.draw: Callable[[int], bytes] | None = None  # random bytes, given by the shell
        self._source = source
        for row, account in enumerate(accounts, 1):
            if account.name in self.accounts:
                raise refused(source, row, account.name, "name", "stands there twice")
            self.accounts[account.name] = account

    @classmethod
    def read(cls, path: Path) -> Directory:
        """Read an accounts file. Raises ``AccountsError``."""
        file = read(path)
        found = cls(file.accounts, str(path))
        found.path, found.public_keys = path, file.public_keys
        return found

    def nonce(self) -> str:
        """Return a nonce for one logon."""
        assert self.draw is not None
        return self.draw(NONCE_BYTES).hex()

    def admits(
        self, logon: Logon, challenge: str, proof: str, *, held: bool = False
    ) -> Admission | None:
        """Return what a key is for where a proof is right, None where it is not.

        It takes the same steps for one who is unknown as for a wrong key. Of one who is ``held``
        off no proof is looked at: it takes them as one who is unknown.
        """
        found = self.key(logon.account, logon.key_name)
        known = None if held else found
        stored = known.key if known else ""
        made = verifier_of(stored, logon.account)  # where the file has the key itself
        verifier = read_verifier(stored) or (made if known else _NOBODY)
        said = exchange(logon, challenge)
        right = proves(verifier, said, proof)
        signature = sign(verifier, said)
        if not right or known is None or known.member != logon.member:
            return None
        return Admission(Permission(known.permission), signature, known.copies, known.copies_groups)

    def key(self, account: str, name: str) -> Credentials | None:
        """Return a key of an account: the operator's, else the file's."""
        found = self.accounts.get(account)
        own = found if found is not None and found.key_name == name else None
        return self.keys.get((account, name), own)

    # -- the accounts of the file -------------------------------------------------------------

    def openings(self, venue: Venue) -> list[Command]:
        """Return the commands that open and fund the accounts that the venue does not have.

        They are tried first on a venue beside it, under the same rules and with as much in it.
        Raises ``AccountsError`` where that refuses one.
        """
        trial = venue.trial()
        commands: list[Command] = []
        known = dict.fromkeys(venue.accounts)
        for row, account in enumerate(self.accounts.values(), 1):
            if account.name in known:
                continue
            command = _opening(account)
            for event in trial.apply(command):
                if isinstance(event, Rejected):
                    field = "name" if event.field == "account" else event.field
                    raise refused(self._source, row, account.name, field, event.rule)
            commands.append(command)
        return commands

    def differences(self, venue: Venue, classes_set: Container[str] = ()) -> list[str]:
        """Say where the file differs from an account that the venue has: the venue's holds.

        The classes of ``classes_set`` are about to be those of the file.
        """
        found = []
        known = dict.fromkeys(venue.accounts)
        for a in self.accounts.values():
            if a.name not in known:
                continue
            there = venue.account(a.name)
            owner = a.owner or a.name
            said = {"owner": owner, "group": a.group or owner, "member": a.member, "role": a.role,
                    "allocation": a.allocation}  # fmt: skip
            found += [
                f"account {a.name!r}: its {field} stays {getattr(there, field)!r}, though "
                f"{self._source} says {value!r}{_CHANGED_BY.get(field, '')}"
                for field, value in said.items()
                if getattr(there, field) != value
                and not (field == "role" and a.name in classes_set)
            ]
        return found

    def write(self, path: Path) -> None:
        """Write the accounts as a file that ``read`` reads; only the owner may open it."""
        path.touch(mode=0o600)
        path.write_text(as_text(self.accounts.values()), encoding="utf-8")


def _opening(a: Credentials) -> Command:
    """Return what opens and funds an account, in one record."""
    return OpenAccount(
        a.name,
        a.owner,
        a.group,
        a.member,
        a.role,
        a.allocation,
        a.cash,
        tuple(a.allowances.items()),
    )


def _written(value: str | int | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(quoted, value))}]"
    return quoted(value) if isinstance(value, str) else str(value)


def as_text(accounts: Iterable[Credentials]) -> str:
    """Return accounts as a file."""
    lines: list[str] = []
    for a in accounts:
        lines.append("[[account]]")
        lines += [
            f"{field} = {_written(getattr(a, field))}"
            for field in a.__struct_fields__
            if field != "allowances"
            and (field in ("name", "key") or getattr(a, field) != _DEFAULTS.get(field))
        ]
        tonnes = ", ".join(f"{quoted(p)} = {q}" for p, q in a.allowances.items())
        lines += [f"allowances = {{ {tonnes} }}", ""] if a.allowances else [""]
    return "\n".join(lines)
