"""Connections that have not logged on yet: few in all, and fewer from one address."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.server.connection import Connection
    from gateway.server.limits import Limits


def full(limits: Limits) -> str:
    """Say that there is no place; those kept beyond the limit are for operators' keys."""
    return f"{limits.max_sessions} sessions are the limit"


class Strangers(dict["Connection", None]):
    """Those there are, in the order of their coming."""

    def too_many(self, newest: Connection, limits: Limits, connections: int) -> str:
        """Say why the newest of all connections has to go, "" where it may stay."""
        if connections > limits.max_sessions + limits.reserved:
            return full(limits)
        if len(self) > limits.max_strangers:
            return (
                f"{limits.max_strangers} connections without a logon are the limit: come back later"
            )
        if sum(each.host == newest.host for each in self) > limits.max_strangers_from:
            text = f"{limits.max_strangers_from} connections without a logon from one address"
            return f"{text} are the limit: log on with those there are"
        return ""
