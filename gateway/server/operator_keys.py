"""Keys that an operator sets and drops while the venue runs.

The venue makes a key and shows it once, or takes the verifier of one that its member made
(``carbonx keys make``). A key itself is not taken: what people choose can be guessed.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.json_codec import TextError
from engine.vocabulary.suggest import did_you_mean
from engine.vocabulary.texts import named, shown
from engine.vocabulary.units import MAX_ACCOUNT_NAME
from gateway.protocol.proof import SCHEME, make_key, verifier_of
from gateway.server.accounts_file import AccountsError, Credentials, check_key, check_permission
from gateway.server.keys_file import FILE_NAME
from gateway.server.permissions import Permission

if TYPE_CHECKING:
    from gateway.server.node import Node

KEY_FIELDS: Final = {
    "set_key": ("account", "key", "member", "key_name", "permission"),
    "drop_key": ("account", "key_name"),
}
MOST_KEYS: Final = 16  # of an account, that an operator set
_NOT_CHOSEN: Final = (
    "a key that people chose is not taken: leave it out and the venue makes one, or give the "
    "verifier of carbonx keys make"
)


def key_line(node: Node, said: dict[str, Any]) -> list[dict[str, Any]]:
    """Set or drop a key; return the events. Raises ``TextError`` and ``AccountsError``."""
    _check(said, node.sequencer.venue.accounts)
    try:
        return _drop(node, said) if said["type"] == "drop_key" else _set(node, said)
    except (OSError, UnicodeError) as error:
        problem = f"{FILE_NAME} cannot be written ({error}): nothing was changed"
        raise AccountsError(problem) from error


def _drop(node: Node, said: dict[str, Any]) -> list[dict[str, Any]]:
    account, name, keys = said["account"], said.get("key_name", ""), node.keys
    assert keys is not None
    if name not in keys.of(account):
        which = f"no key {shown(name)}" if name else "no key"
        field, rule = "key_name", f"an operator set {which} of {shown(account)}"
        raise TextError(field, rule)
    keys.drop_key(account, name)
    return [{"type": "key_dropped", "account": account} | ({"key_name": name} if name else {})]


def _set(node: Node, said: dict[str, Any]) -> list[dict[str, Any]]:
    account, name, keys = said["account"], said.get("key_name", ""), node.keys
    assert keys is not None
    member = said.get("member", node.sequencer.venue.account(account).member)
    permission = said.get("permission", Permission.TRADE)
    if len(keys.of(account) | {name: None}) > MOST_KEYS:
        field, rule = "account", f"at most {MOST_KEYS} keys of an account are set"
        raise TextError(field, rule)
    made = "" if "key" in said else make_key(secrets.token_bytes)
    verifier = said["key"] if "key" in said else verifier_of(made, account).text()
    keys.set_key(Credentials(account, verifier, member, key_name=name, permission=permission))
    told = {"type": "key_set", "account": account, "member": member}
    if name:
        told["key_name"] = name
    if permission != Permission.TRADE:
        told["permission"] = permission
    return [told | ({"key": made} if made else {})]


def _check(said: dict[str, Any], accounts: tuple[str, ...]) -> None:
    """Raise ``TextError`` with the field and the rule that a line breaks."""
    kind = said["type"]
    fields = KEY_FIELDS[kind]
    for name, value in said.items():
        if name not in ("type", *fields):
            perhaps = did_you_mean(name, fields) or f"; it has {', '.join(fields)}"
            raise TextError(named(name), f"a {kind} has no such field{perhaps}")
        if not isinstance(value, str):
            raise TextError(name, f"{shown(value)} is not a text")
        if name in ("member", "key_name") and len(value) > MAX_ACCOUNT_NAME:
            raise TextError(name, f"at most {MAX_ACCOUNT_NAME} characters")
    account = said.get("account", "")
    if account not in accounts:
        field, rule = "account", f"no account {shown(account)} is open"
        raise TextError(field, rule)
    rule = check_permission(said.get("permission", Permission.TRADE))
    if rule:
        field = "permission"
        raise TextError(field, rule)
    if "key" in said:
        key = said["key"]
        rule = check_key(key) or ("" if key.startswith(SCHEME) else _NOT_CHOSEN)
        if rule:
            field = "key"
            raise TextError(field, rule)
