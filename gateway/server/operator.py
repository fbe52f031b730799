"""What an operator says to a running venue, a JSON object each, and what is answered.

A line is a command as ``carbonx match`` reads it (``docs/commands.md``), or one of the lines that
concern the venue's doors: ``set_key``, ``drop_key``, ``reload_accounts``, ``disconnect``,
``set_limits``; ``status``, ``sessions`` and ``limits`` only ask. The answer has ``events``, what
was asked for, or ``error`` (with ``field`` and ``rule`` where there is one), and leaves only when
what it says is durable. What brokers send stays theirs: commands that carry an account's reference
are refused here.

Lines come by the operator's socket, or over the protocol from a session whose key is for ``admin``.
Whatever is done is a record of the access log, with who did it.
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
from engine.vocabulary.texts import UnreadableError, read_json, shown
from gateway.protocol.wire import MAX_REPLY
from gateway.protocol.wire_operator import Operate, Operated
from gateway.server.accounts_file import AccountsError
from gateway.server.failure import VenueStoppedError
from gateway.server.operator_keys import KEY_FIELDS, key_line
from gateway.server.operator_sessions import (
    disconnect_line,
    limits_line,
    sessions_line,
    set_limits_line,
)
from gateway.server.status import status_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.vocabulary.events import Event
    from gateway.server.connection import Connection
    from gateway.server.node import Node

COMMANDS: Final = (AmendRulebook, BeginDay, ClearAuction, ConsignUnits, DiscretionarySale,
                   MoveAllowances, MoveCash, OpenAccount, PledgeGuarantee, PostGuarantee,
                   ReturnGuarantee, SetAccountClass, SetKillSwitch, SetPhase, SetReference,
                   *get_args(RegistryCommand), SetLink, SetRecognition, SendAllowances)  # fmt: skip
OF_LINKS: Final = (SetLink, SetRecognition, SendAllowances)
ASKING: Final = ("status", "sessions", "limits")
RELOAD: Final = "reload_accounts"
DOING: Final = (*KEY_FIELDS, RELOAD, "disconnect", "set_limits")
_NAMES: Final = ", ".join([*(type_name(kind) for kind in COMMANDS), *DOING, *ASKING])
_ROOM: Final = 1_024  # bytes that an answer's frame has beside its text


class Operator:
    """Answers the lines of one node's operators."""

    def __init__(self, node: Node) -> None:
        """Take what operators' sessions say, too."""
        self._node = node
        self._began = node.options  # as the venue was started
        self._lines: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "status": lambda _: {"status": to_builtins(status_of(node))},
            "sessions": lambda _: {"sessions": sessions_line(node)},
            "limits": lambda _: {"limits": limits_line(node, self._began)},
            RELOAD: lambda _: {"events": node.reload_accounts()},
            "disconnect": lambda said: {"events": disconnect_line(node, said)},
            "set_limits": self._set_limits,
            **dict.fromkeys(KEY_FIELDS, lambda said: {"events": key_line(node, said)}),
        }
        node.core.sessions.operate = self._asked

    def answer(self, line: bytes, by: dict[str, Any]) -> dict[str, Any]:
        """Run one line in a tick of its own; return what to say once that is durable."""
        said = None
        try:
            said = read_json(line.removesuffix(b"\n"))
            _see_no_key_made(said, by)
            answer = self._answer(said)
        except (TextError, CommandError) as error:
            answer = {
                "error": f"{error.field}: {error.rule}",
                "field": error.field,
                "rule": error.rule,
            }
        except (AccountsError, UnreadableError, VenueStoppedError) as error:
            answer = {"error": str(error)}
        if not any(name in answer for name in ASKING):
            self._note(said, by, answer)
        return answer

    def _answer(self, said: object) -> dict[str, Any]:
        """Do what is said. Raises what ``answer`` catches."""
        kind = said.get("type") if isinstance(said, dict) else None
        if isinstance(said, dict) and isinstance(kind, str) and kind in self._lines:
            if kind in (*ASKING, RELOAD):
                _see_bare(said)
            return self._lines[kind](said)
        return {"events": [to_object(event) for event in self._command(said)]}

    def _note(self, said: object, by: dict[str, Any], answer: dict[str, Any]) -> None:
        """Keep who did what, and what came of it, in the access log, without a key."""
        access = self._node.access
        if access is None:
            return
        done = said if isinstance(said, dict) else {}
        error = answer.get("error", "")
        for event in answer.get("events", ()):
            if event["type"] == "rejected":
                error = error or f"{event['field']}: {event['rule']}"
        done = {str(name): value for name, value in done.items() if name != "key"}
        access.note("operator", by=by, done=done, error=error)
        access.commit(self._node.clock(), self._node.sequencer.seq)

    def _set_limits(self, said: dict[str, Any]) -> dict[str, Any]:
        changed = set_limits_line(self._node, said)
        if self._node.access is not None:
            self._node.access.note("limits", changed=changed)
        return {
            "events": [{"type": "limits_set"} | {name: now for name, (_, now) in changed.items()}]
        }

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

    # -- lines of sessions --------------------------------------------------------------------

    def _asked(self, connection: Connection, message: Operate) -> None:
        """Take a line that a session says within a tick: it is run behind that tick."""
        asyncio.get_running_loop().call_soon(self._run, connection, message)

    def _run(self, connection: Connection, message: Operate) -> None:
        logon, node = connection.logon, self._node
        assert logon is not None
        by = {"door": "session", "account": connection.account, "key_name": logon.key_name,
              "session": connection.number, "host": connection.host}  # fmt: skip
        text = json.dumps(self.answer(message.line.encode(errors="replace"), by))
        if len(text) > MAX_REPLY - _ROOM:
            text = json.dumps({"error": "it was done, and the answer is too long to be sent"})
        if not connection.ended and not node.stopping:
            connection.say(Operated(connection.seq(), message.ref, text))
            node.core.wake(connection)
            node.schedule()


def _see_no_key_made(said: object, by: dict[str, Any]) -> None:
    """See that no key is asked for that the answer would carry over a network.

    Raises ``TextError``.
    """
    asked = isinstance(said, dict) and said.get("type") == "set_key" and "key" not in said
    if asked and by["door"] == "session":
        field, rule = "key", "the verifier of carbonx keys make: a key is never sent"
        raise TextError(field, rule)


def _see_bare(said: dict[str, Any]) -> None:
    """See that a line has nothing but a type. Raises ``TextError``."""
    other = next((name for name in said if name != "type"), None)
    if other is not None:
        raise TextError(shown(other)[1:-1], f"a {said['type']} has no fields")
