"""How a client proves that it has a key without saying it, and a venue that it knows the client.

The exchange is that of SCRAM (RFC 5802) with SHA-256. Each end draws a nonce; the client's proof
and the venue's signature are over both, so that what crosses the wire is of no use again, to
whoever reads it or changes it. A venue keeps a *verifier*: it tells a right proof from a wrong
one, and makes none.

Keys are 256 random bits, made by ``make_key``. Nobody can try them all, so a key is not stretched
by many rounds, as a password must be; and no two accounts have the same, so that the account's
name, which an attacker cannot choose, does for a salt. A venue therefore has nothing to say before
the proof that depends on whether there is such an account.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.protocol.wire import Logon

KEY_BYTES: Final = 32
MADE: Final = "cx-"  # what a key that was made begins with
SCHEME: Final = "scram-sha-256:"  # what a verifier's text begins with
NONCE_BYTES: Final = 32
_VERIFIER: Final = re.compile(SCHEME + "[0-9a-f]{64}:[0-9a-f]{64}")
_PROOF: Final = re.compile("[0-9a-f]{64}")
_ALL: Final = "carbonx logon 3"  # what is signed is good for this exchange alone


class Verifier(NamedTuple):
    """What a venue keeps of a key: RFC 5802's StoredKey and ServerKey."""

    stored: bytes
    server: bytes

    def text(self) -> str:
        """Return it as it stands in a file."""
        return f"{SCHEME}{self.stored.hex()}:{self.server.hex()}"


def make_key(draw: Callable[[int], bytes]) -> str:
    """Return a new key, of so many random bytes; whoever makes it shows it once."""
    return MADE + draw(KEY_BYTES).hex()


def verifier_of(key: str, account: str) -> Verifier:
    """Return what a venue keeps of a key that opens an account."""
    salted = _salted(key, account)
    return Verifier(sha256(_mac(salted, b"Client Key")).digest(), _mac(salted, b"Server Key"))


def read_verifier(text: str) -> Verifier | None:
    """Return the verifier that a text is, None where it is none."""
    if not _VERIFIER.fullmatch(text):
        return None
    stored, server = text.removeprefix(SCHEME).split(":")
    return Verifier(bytes.fromhex(stored), bytes.fromhex(server))


def exchange(logon: Logon, challenge: str) -> bytes:
    """Return what both ends sign: who logs on, and both nonces."""
    texts = (_ALL, logon.member, logon.account, logon.key_name, logon.nonce, challenge)
    said = [text.encode() for text in texts]
    return b"".join(len(each).to_bytes(4, "big") + each for each in said)


def prove(key: str, account: str, said: bytes) -> str:
    """Return a client's proof, in hexadecimal digits."""
    client = _mac(_salted(key, account), b"Client Key")
    return _xor(client, _mac(sha256(client).digest(), said)).hex()


def proves(verifier: Verifier, said: bytes, proof: str) -> bool:
    """Say whether a proof is right; a wrong one takes as long, whatever is wrong."""
    signature = _mac(verifier.stored, said)
    given = bytes.fromhex(proof) if _PROOF.fullmatch(proof) else bytes(len(signature))
    client = _xor(signature, given)
    return hmac.compare_digest(sha256(client).digest(), verifier.stored)


def sign(verifier: Verifier, said: bytes) -> str:
    """Return a venue's signature, by which it shows the client that it knows its key."""
    return _mac(verifier.server, said).hex()


def signed(key: str, account: str, said: bytes, signature: str) -> bool:
    """Say whether a venue's signature is right."""
    right = _mac(_mac(_salted(key, account), b"Server Key"), said).hex()
    return hmac.compare_digest(right.encode(), signature.encode())


def _salted(key: str, account: str) -> bytes:
    return _mac(key.encode(), f"carbonx key of {account}".encode())


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, said, "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
