"""An accounts file read again while its venue runs: what it changes, and what it does not.

What the file says otherwise than when it was last read is done: new accounts are opened and
funded, classes set, keys set and dropped. What it cannot change is said: an account keeps its
owner, group, member and allocation, and the file's cash and allowances are what it *starts* with.
A class that differs from the file's because an operator set it stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from engine.venue.venue import Venue
from engine.vocabulary.commands import OpenAccount, SetAccountClass
from engine.vocabulary.events import Rejected
from gateway.server.accounts import AccountsError, Directory
from gateway.server.accounts_file import refused, stored

if TYPE_CHECKING:
    from engine.vocabulary.commands import Command
    from gateway.server.accounts_file import Credentials


class Reload(NamedTuple):
    """What a file that was read again asks for."""

    file: str
    accounts: dict[str, Credentials]
    commands: list[Command]
    keys_set: list[str]  # accounts
    keys_dropped: list[str]
    unchanged: list[str]  # what stays otherwise than the file has it, and why

    def told(self) -> list[dict[str, Any]]:
        """Return what is said beside the events of the commands."""
        members = {name: self.accounts[name].member for name in self.keys_set}
        return [
            *({"type": "key_set", "account": a, "member": m} for a, m in members.items()),
            *({"type": "key_dropped", "account": name} for name in self.keys_dropped),
            {"type": "accounts_reloaded", "file": self.file, "unchanged": self.unchanged},
        ]


def read_again(directory: Directory, venue: Venue) -> Reload:
    """Read a directory's file and compare; nothing is changed. Raises ``AccountsError``."""
    if directory.path is None:
        problem = "the venue was started without --accounts: there is no file to read again"
        raise AccountsError(problem)
    new = Directory.read(directory.path)
    if new.public_keys and not directory.public_keys:
        problem = f"{directory.path}: public_keys: it holds from a start on"
        raise AccountsError(problem)
    before, file = directory.accounts, str(directory.path)
    commands = new.openings(venue)
    unchanged = []
    known = dict.fromkeys(venue.accounts)
    for row, account in enumerate(new.accounts.values(), 1):
        if account.name not in known:
            continue
        _check_class(venue, file, row, account)
        old = before.get(account.name)
        other = venue.account(account.name).role != account.role
        if other and old is not None and old.role != account.role:
            commands.append(SetAccountClass(account.name, account.role))
        unchanged += _kept(old, account)
    setting = dict.fromkeys(c.account for c in commands if isinstance(c, SetAccountClass))
    unchanged += new.differences(venue, classes_set=setting)
    changed = [name for name, a in new.accounts.items() if _logon(before.get(name)) != _logon(a)]
    dropped = [name for name in before if name not in new.accounts]
    unchanged += [
        f"account {name!r}: its key stays the one that an operator set (drop_key ends it)"
        for name in (*changed, *dropped)
        if (name, "") in directory.keys
    ]
    return Reload(
        file,
        new.accounts,
        commands,
        [name for name in changed if (name, "") not in directory.keys],
        [name for name in dropped if (name, "") not in directory.keys],
        unchanged,
    )


def _check_class(venue: Venue, file: str, row: int, account: Credentials) -> None:
    """Raise ``AccountsError`` where the rules in force have no such class."""
    for event in Venue(venue.rulebook).apply(OpenAccount("a", role=account.role)):
        if isinstance(event, Rejected):
            raise refused(file, row, account.name, event.field, event.rule)


def _kept(old: Credentials | None, new: Credentials) -> list[str]:
    """Say what of an open account the file cannot change."""
    if old is None:
        funded = bool(new.cash) or any(new.allowances.values())
        text = f"account {new.name!r}: it was open already, so its cash and allowances stay"
        return [text] if funded else []
    found = []
    if old.cash != new.cash:
        found.append(
            f"account {new.name!r}: its cash stays (in the file {old.cash} became "
            f"{new.cash}); move_cash changes it"
        )
    for product in dict.fromkeys([*old.allowances, *new.allowances]):
        was, is_now = old.allowances.get(product, 0), new.allowances.get(product, 0)
        if was != is_now:
            found.append(
                f"account {new.name!r}: its {product} stays (in the file {was} became "
                f"{is_now}); move_allowances changes it"
            )
    return found


def _logon(account: Credentials | None) -> tuple[str, str] | None:
    """Return what opens an account: what is kept of its key, and its member."""
    return None if account is None else (stored(account.key, account.name), account.member)
