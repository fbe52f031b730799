"""Logons whose proofs are known beforehand, as the venue's nonce is always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.protocol import wire
from gateway.protocol.proof import NONCE_BYTES, exchange, prove
from gateway.protocol.session import pack

if TYPE_CHECKING:
    from gateway.server.accounts import Directory

SAME = bytes(NONCE_BYTES).hex()


def predictable(directory: Directory) -> Directory:
    """Return a directory that draws the same nonce again and again."""
    directory.draw = bytes
    return directory


def proof_of(logon: wire.Logon, key: str, nonce: str = SAME) -> wire.Proof:
    return wire.Proof(prove(key, logon.account, exchange(logon, nonce)))


def hello(logon: wire.Logon, key: str) -> bytes:
    """Return a logon and the proof that a predictable venue is going to ask for."""
    return pack(logon) + pack(proof_of(logon, key))


def admits(directory: Directory, member: str, account: str, key: str) -> bool:
    """Say whether a directory takes the proof of one who has a key."""
    logon = wire.Logon(wire.VERSION, member, account, "its nonce")
    return bool(directory.admits(logon, SAME, proof_of(logon, key).proof))
