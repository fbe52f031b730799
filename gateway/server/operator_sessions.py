"""Who is connected, and what sessions may cost: what an operator sees of both, and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import structs, to_builtins

from engine.vocabulary.json_codec import TextError
from engine.vocabulary.suggest import did_you_mean
from engine.vocabulary.texts import named, shown
from gateway.server.limits import Limits
from gateway.server.status import sessions_of

if TYPE_CHECKING:
    from gateway.server.node import Node

MAX_REASON: Final = 200  # characters
# what may be changed while a venue runs, with the least and the most
CHANGEABLE: Final = {
    "throttle": (0, 10_000_000),
    "max_live": (1, 10_000_000),
    "max_sessions": (1, 65_536),
    "max_strangers": (1, 65_536),
    "max_strangers_from": (1, 65_536),
}


def sessions_line(node: Node) -> list[dict[str, Any]]:
    """Return the connections there are, the oldest first."""
    found: list[dict[str, Any]] = to_builtins(sessions_of(node))
    return found


def disconnect_line(node: Node, said: dict[str, Any]) -> list[dict[str, Any]]:
    """End an account's sessions; return an event for each. Raises ``TextError``."""
    for name, value in said.items():
        if name not in ("type", "account", "reason"):
            raise TextError(named(name), "a disconnect has no such field; it has account, reason")
        if not isinstance(value, str):
            raise TextError(name, f"{shown(value)} is not a text")
    account, reason = said.get("account", ""), said.get("reason", "")
    if len(reason) > MAX_REASON:
        field, rule = "reason", f"at most {MAX_REASON} characters"
        raise TextError(field, rule)
    here = [
        each
        for each in node.core.sessions.connections
        if account and each.account == account and not each.ended
    ]
    if not here:
        field, rule = "account", f"no session of {shown(account)} is on"
        raise TextError(field, rule)
    text = f"an operator ended it: {reason}" if reason else "an operator ended it"
    node.core.disconnect(account, text)
    node.tick()
    return [{"type": "disconnected", "account": account, "session": each.number} for each in here]


def limits_line(node: Node, before: Limits) -> dict[str, Any]:
    """Return the limits in force, which can be changed, and what the others began as."""
    now, began = _values(node.options), _values(before)
    changed = {name: value for name, value in began.items() if now[name] != value}
    return {"in_force": now, "changeable": list(CHANGEABLE), "at_the_start": changed}


def set_limits_line(node: Node, said: dict[str, Any]) -> dict[str, list[int]]:
    """Change limits; return what each was and is. Raises ``TextError``, and none is changed."""
    wanted = {name: value for name, value in said.items() if name != "type"}
    if not wanted:
        field, rule = "type", f"a set_limits names one or more of {', '.join(CHANGEABLE)}"
        raise TextError(field, rule)
    for name, value in wanted.items():
        if name not in CHANGEABLE:
            perhaps = did_you_mean(name, CHANGEABLE) or f": {', '.join(CHANGEABLE)} can be"
            raise TextError(named(name), f"it cannot be changed{perhaps}")
        least, most = CHANGEABLE[name]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise TextError(name, f"{shown(value)} is no whole number from {least} to {most}")
    before = node.options
    node.options = structs.replace(before, **wanted)
    node.core.limit(node.options)
    return {name: [getattr(before, name), value] for name, value in wanted.items()}


def _values(limits: Limits) -> dict[str, int]:
    return {name: getattr(limits, name) for name in Limits.__struct_fields__}
