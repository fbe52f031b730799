"""The operator's socket of a running venue, in the file system, JSON a line.

Whoever may open the socket is the operator: it is made for its owner alone. A line is a command as
``carbonx match`` reads it (``docs/commands.md``), or ``set_key``, ``drop_key``,
``reload_accounts`` or ``status``; the answer is one line, ``{"events": [...]}``,
``{"status": {...}}`` or ``{"error": ...}`` (with
``field`` and ``rule`` where there is one), and leaves only when what it says is durable. What
brokers send stays theirs: commands that carry an account's reference are refused here.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final, get_args

from msgspec import to_builtins

from engine.log.records import CommandError
from engine.vocabulary.commands import (
    AmendRulebook,
    BeginDay,
    ClearAuction,
    ConsignUnits,
    DiscretionarySale,
    MoveAllowances,
    MoveCash,
    OpenAccount,
    PledgeGuarantee,
    PostGuarantee,
    ReturnGuarantee,
    SetAccountClass,
    SetKillSwitch,
    SetPhase,
    SetReference,
)
from engine.vocabulary.json_codec import TextError, command_from_object, to_object, type_name
from engine.vocabulary.link_commands import SendAllowances, SetLink, SetRecognition
from engine.vocabulary.registry_commands import RegistryCommand
from engine.vocabulary.suggest import did_you_mean
from engine.vocabulary.texts import MAX_LINE, UnreadableError, named, read_json, shown
from engine.vocabulary.units import MAX_ACCOUNT_NAME
from gateway.server.accounts_file import AccountsError, Credentials, check_key, check_permission
from gateway.server.failure import VenueStoppedError
from gateway.server.keys_file import FILE_NAME
from gateway.server.permissions import Permission
from gateway.server.socket_path import address, private_listener
from gateway.server.status import status_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from engine.vocabulary.events import Event
    from gateway.server.node import Node

COMMANDS: Final = (AmendRulebook, BeginDay, ClearAuction, ConsignUnits, DiscretionarySale,
                   MoveAllowances, MoveCash, OpenAccount, PledgeGuarantee, PostGuarantee,
                   ReturnGuarantee, SetAccountClass, SetKillSwitch, SetPhase, SetReference,
                   *get_args(RegistryCommand), SetLink, SetRecognition, SendAllowances)  # fmt: skip
OF_LINKS: Final = (SetLink, SetRecognition, SendAllowances)
RELOAD: Final = "reload_accounts"
STATUS: Final = "status"
KEY_FIELDS: Final = {"set_key": ("account", "key", "member", "key_name", "permission"),
                     "drop_key": ("account", "key_name")}  # fmt: skip
MOST_KEYS: Final = 16  # of an account, that an operator set
MAX_ANSWER: Final = 1 << 24  # bytes of one answer: what many orders come to is long
_NAMES: Final = ", ".join([*(type_name(kind) for kind in COMMANDS), *KEY_FIELDS, RELOAD, STATUS])


class AdminSocket:
    """Listens on a path for one venue."""

    def __init__(self, node: Node, path: Path) -> None:
        """Serve ``node`` at ``path``."""
        self.path = path
        self._node = node
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Make the socket, in the place of one that a dead venue left. Raises ``OSError``."""
        listener = private_listener(self.path)
        self._server = await asyncio.start_unix_server(self._talk, sock=listener, limit=MAX_LINE)

    async def close(self) -> None:
        """Close the door and take the socket away."""
        if self._server is not None:
            self._server.close()
        self.path.unlink(missing_ok=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for line in _lines(reader):
                writer.write(json.dumps(self.answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass  # gone, or the venue ends: nothing to say any more
        finally:
            writer.close()

    def answer(self, line: bytes) -> dict[str, Any]:
        """Run one line in a tick of its own; return what to say once that is durable."""
        answer = self._answer(line)
        access = self._node.access
        if access is not None and "status" not in answer:
            access.note("operator", done=_without_keys(line), error=answer.get("error", ""))
            access.commit(self._node.clock(), self._node.sequencer.seq)
        return answer

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            said = read_json(line.removesuffix(b"\n"))
            if isinstance(said, dict) and said.get("type") in [*KEY_FIELDS]:
                return self._key(said)
            if isinstance(said, dict) and said.get("type") in [RELOAD, STATUS]:
                return self._bare(said)
            return {"events": [to_object(event) for event in self._command(said)]}
        except (TextError, CommandError) as error:
            return _refused(error.field, error.rule)
        except (AccountsError, UnreadableError, VenueStoppedError) as error:
            return {"error": str(error)}

    def _bare(self, said: dict[str, Any]) -> dict[str, Any]:
        """Answer a line that has nothing but a type."""
        kind = said["type"]
        other = next((name for name in said if name != "type"), None)
        if other is not None:
            return _refused(shown(other)[1:-1], f"a {kind} has no fields")
        if kind == RELOAD:
            return {"events": self._node.reload_accounts()}
        return {"status": to_builtins(status_of(self._node))}

    def _command(self, said: object) -> list[Event]:
        """Run an operator's command."""
        node = self._node
        command = command_from_object(said, node.sequencer.venue.rulebook.minor_digits)
        if not isinstance(command, COMMANDS):
            field, name = "type", type_name(type(command))
            raise TextError(field, f"{name}: an operator's commands are {_NAMES}")
        if isinstance(command, OF_LINKS) and node.core.running.through is None:
            field, rule = "type", "the venue has no peers here: carbonx serve --linked runs them"
            raise TextError(field, rule)
        return node.operate(command, timed=True)

    def _key(self, said: dict[str, Any]) -> dict[str, Any]:
        """Set or drop the key of an account, and say that it is so."""
        kind, venue = said["type"], self._node.sequencer.venue
        wrong = _wrong_key_line(said, venue.accounts)
        if wrong is not None:
            return _refused(*wrong)
        account, keys = said["account"], self._node.keys
        assert keys is not None
        name = said.get("key_name", "")
        named_so = {"key_name": name} if name else {}
        try:
            if kind == "drop_key":
                if name not in keys.of(account):
                    which = f"no key {shown(name)}" if name else "no key"
                    return _refused("key_name", f"an operator set {which} of {shown(account)}")
                keys.drop_key(account, name)
                return {"events": [{"type": "key_dropped", "account": account} | named_so]}
            member = said.get("member", venue.account(account).member)
            permission = said.get("permission", Permission.TRADE)
            if len(keys.of(account) | {name: None}) > MOST_KEYS:
                return _refused("account", f"at most {MOST_KEYS} keys of an account are set")
            keys.set_key(Credentials(account, said["key"], member, key_name=name,
                                     permission=permission))  # fmt: skip
        except (OSError, UnicodeError) as error:
            return {"error": f"{FILE_NAME} cannot be written ({error}): nothing was changed"}
        told = {"type": "key_set", "account": account, "member": member} | named_so
        if permission != Permission.TRADE:
            told["permission"] = permission
        return {"events": [told]}


def _without_keys(line: bytes) -> dict[str, Any]:
    """Return what an operator said, without a key; what cannot be read is left out."""
    try:
        said = read_json(line.removesuffix(b"\n"))
    except UnreadableError:
        said = None
    if not isinstance(said, dict):
        return {}
    return {str(name): value for name, value in said.items() if name != "key"}


def _wrong_key_line(said: dict[str, Any], accounts: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the field and the rule that a ``set_key`` or ``drop_key`` breaks."""
    kind = said["type"]
    fields = KEY_FIELDS[kind]
    for name, value in said.items():
        if name not in ("type", *fields):
            perhaps = did_you_mean(name, fields) or f"; it has {', '.join(fields)}"
            return named(name), f"a {kind} has no such field{perhaps}"
        if not isinstance(value, str):
            return name, f"{shown(value)} is not a text"
        if name in ("member", "key_name") and len(value) > MAX_ACCOUNT_NAME:
            return name, f"at most {MAX_ACCOUNT_NAME} characters"
    account = said.get("account", "")
    if account not in accounts:
        return "account", f"no account {shown(account)} is open"
    rules = (
        {}
        if kind == "drop_key"
        else {
            "key": check_key(said.get("key", "")),
            "permission": check_permission(said.get("permission", Permission.TRADE)),
        }
    )
    return next(((field, rule) for field, rule in rules.items() if rule), None)


def _refused(field: str, rule: str) -> dict[str, Any]:
    return {"error": f"{field}: {rule}", "field": field, "rule": rule}


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield each line, the last also where it has no end; of one that is too long only a part.

    That part is too long to be taken, so that it is answered; the rest of its line is passed over.
    """
    over = False
    while True:
        try:
            line = await reader.readuntil()
        except asyncio.LimitOverrunError as error:
            part = await reader.readexactly(error.consumed)
            if not over:
                yield part
            over = True
            continue
        except asyncio.IncompleteReadError as error:
            if error.partial and not over:
                yield error.partial
            return
        if not over:
            yield line
        over = False


async def ask(path: Path, lines: Sequence[str | bytes]) -> list[dict[str, Any]]:
    """Give a venue commands, each a JSON object; return its answers. Raises ``OSError``."""
    with address(path) as place:
        reader, writer = await asyncio.open_unix_connection(place, limit=MAX_ANSWER)
    answers = []
    try:
        for line in lines:
            writer.write(_one_line(line))
            await writer.drain()
            answer = await reader.readline()
            gone = not answer.endswith(b"\n")  # in the middle of it, perhaps
            answers.append({"error": "the venue is gone"} if gone else json.loads(answer))
    finally:
        writer.close()
    return answers


def _one_line(said: str | bytes) -> bytes:
    """Return a command as a line; one may be typed in several lines, between its words."""
    data = said if isinstance(said, bytes) else said.encode(errors="backslashreplace")
    return data.strip().replace(b"\n", b"\r") + b"\n"  # a blank of JSON, but in no text
