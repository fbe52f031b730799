"""Reading a file of accounts: what is wrong is refused with its row, its field and the rule."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from engine.vocabulary.suggest import did_you_mean
from engine.vocabulary.texts import (
    MAX_ACCOUNTS,
    UnreadableError,
    encodable,
    named,
    read_toml,
    shown,
)
from engine.vocabulary.units import MAX_MONEY, MAX_QUANTITY
from gateway.protocol.proof import SCHEME, read_verifier, verifier_of
from gateway.server.permissions import Permission

HASHED: Final = "sha256:"  # what older versions kept of a key
MAX_KEY: Final = 1_024  # characters


class AccountsError(ValueError):
    """An accounts file that cannot be used; the text names the file, the place and the rule."""


class Credentials(msgspec.Struct, frozen=True):
    """One ``[[account]]`` of the file. Money in minor units, allowances in tonnes."""

    name: str
    key: str  # a verifier (``gateway.protocol.proof``), or for trials the key itself
    member: str = ""
    owner: str = ""
    group: str = ""
    cash: int = 0
    allowances: Mapping[str, int] = {}
    role: str = ""  # the rulebook's account class
    allocation: int = 0  # tonnes
    key_name: str = ""  # tells an account's keys apart; the file has the one without a name
    permission: str = Permission.TRADE  # what the key is for
    copies: tuple[str, ...] = ()  # accounts whose reports a key for drop copy may copy
    copies_groups: tuple[str, ...] = ()  # and groups, all of whose accounts it may copy


_TEXTS: Final = ("name", "key", "member", "owner", "group", "role", "key_name", "permission")
_LISTS: Final = {"copies": "accounts", "copies_groups": "groups"}
_MOST: Final = {"cash": MAX_MONEY, "allocation": MAX_QUANTITY}  # of the whole numbers
_FIELDS: Final = Credentials.__struct_fields__
_ALL: Final = ", ".join(_FIELDS)


def refused(source: str, row: int, name: object, field: str, rule: str) -> AccountsError:
    """Return the error of one field; rows count from 1."""
    return AccountsError(f"{source}: account {row} ({shown(name)}), {named(field)}: {rule}")


def check_key(key: str) -> str:
    """Return the rule that a key breaks, "" for none."""
    if not key:
        return "must not be empty"
    if len(key) > MAX_KEY or not encodable(key):
        return f"at most {MAX_KEY} characters, none of them half of a surrogate pair"
    if key.startswith(HASHED):
        return f"{HASHED} is of an older version, and no key can be proved with it: make another"
    if key.startswith(SCHEME) and read_verifier(key) is None:
        return f"behind {SCHEME} stand twice 64 lower-case hex digits, as carbonx keys make has it"
    return ""


def check_permission(permission: str) -> str:
    """Return the rule that a permission breaks, "" for none."""
    known = [str(each) for each in Permission]
    return "" if permission in known else f"{shown(permission)} is none of {', '.join(known)}"


def stored(key: str, account: str) -> str:
    """Return what is kept of a key, which may be that already."""
    return key if key.startswith(SCHEME) else verifier_of(key, account).text()


class AccountsFile(NamedTuple):
    """What a file says."""

    accounts: tuple[Credentials, ...]
    public_keys: bool  # it says that its keys are no secret: for trials on one machine


def read(path: Path) -> AccountsFile:
    """Read a file of accounts. Raises ``AccountsError``."""
    try:
        with path.open("rb") as file:
            data = read_toml(file.read(MAX_ACCOUNTS + 1), MAX_ACCOUNTS)
    except FileNotFoundError:
        message = f"{path} does not exist: name a file of accounts"
        raise AccountsError(message) from None
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}): name a file that can"
        raise AccountsError(message) from error
    except UnreadableError as error:
        message = f"{path}: {error}"
        raise AccountsError(message) from error
    for unknown in data:
        if unknown not in ("account", "public_keys"):
            message = f"{path}: {shown(unknown)} is not known: the file holds [[account]] tables"
            raise AccountsError(message)
    public = data.get("public_keys", False)
    if not isinstance(public, bool):
        message = f"{path}: public_keys: {shown(public)} is not true or false"
        raise AccountsError(message)
    rows = data.get("account", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        message = f"{path}: account: write [[account]] above each of them"
        raise AccountsError(message)
    accounts = tuple(_account(str(path), number, row) for number, row in enumerate(rows, 1))
    return AccountsFile(accounts, public)


def _account(source: str, row: int, data: dict[str, Any]) -> Credentials:
    name = data.get("name", "")
    for field, value in data.items():
        rule = _wrong(field, value)
        if rule:
            raise refused(source, row, name, field, rule)
    for product, tonnes in data.get("allowances", {}).items():
        rule = _wrong_number(tonnes, MAX_QUANTITY)
        if rule:
            raise refused(source, row, name, f"allowances.{product}", rule)
    for field in ("name", "key"):
        if not data.get(field):
            raise refused(source, row, name, field, "must be there and not empty")
    rule = check_key(data["key"])
    if rule:
        raise refused(source, row, name, "key", rule)
    rule = check_permission(data.get("permission", Permission.TRADE))
    if rule:
        raise refused(source, row, name, "permission", rule)
    copying = next((field for field in _LISTS if data.get(field)), "")
    if copying and data.get("permission") != Permission.DROP_COPY:
        rule = f"only a key with permission {Permission.DROP_COPY} copies the reports of others"
        raise refused(source, row, name, copying, rule)
    return Credentials(**data | {field: tuple(data.get(field, ())) for field in _LISTS})


def _wrong(field: str, value: object) -> str:
    """Return the rule that a field breaks, "" for none."""
    if field not in _FIELDS:
        return f"not known{did_you_mean(field, _FIELDS) or f': an account has {_ALL}'}"
    if field in _TEXTS:
        return "" if isinstance(value, str) else f"{shown(value)} is not a text"
    if field in _LISTS:
        right = isinstance(value, list) and all(isinstance(each, str) and each for each in value)
        return (
            "" if right else f'{shown(value)} is not a list of {_LISTS[field]} such as ["a", "b"]'
        )
    if field in _MOST:
        return _wrong_number(value, _MOST[field])
    return "" if isinstance(value, dict) else f'{shown(value)} is not a table such as {{ "P" = 5 }}'


def _wrong_number(value: object, most: int) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"{shown(value)} is not a whole number"
    return "" if 0 <= value <= most else f"{shown(value)} is not within 0 to {most}"
