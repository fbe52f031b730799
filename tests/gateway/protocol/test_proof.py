"""The logon's proof against RFC 5802's formulas, written a second time, and what opens nothing.

The formulas of the second time are held against the exchange that RFC 7677 prints.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol import wire
from gateway.protocol.proof import (
    SCHEME,
    exchange,
    make_key,
    prove,
    proves,
    read_verifier,
    sign,
    signed,
    verifier_of,
)

TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=20)
NONCES: Final = st.binary(min_size=32, max_size=32).map(bytes.hex)


def scram(salted: bytes, said: bytes) -> tuple[bytes, bytes]:
    """Return ClientProof and ServerSignature as RFC 5802, section 3, has them."""

    def mac(key: bytes, text: bytes) -> bytes:
        return hmac.new(key, text, hashlib.sha256).digest()

    client_key = mac(salted, b"Client Key")
    signature = mac(hashlib.sha256(client_key).digest(), said)
    proof = int.from_bytes(client_key, "big") ^ int.from_bytes(signature, "big")
    return proof.to_bytes(32, "big"), mac(mac(salted, b"Server Key"), said)


def framed(*texts: str) -> bytes:
    parts = [text.encode() for text in texts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_the_formulas_of_this_file_are_those_of_the_rfc() -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", salt, 4096)
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    said = (
        f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
        f"c=biws,r={nonce}"
    ).encode()
    proof, signature = scram(salted, said)
    assert base64.b64encode(proof) == b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    assert base64.b64encode(signature) == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@given(TEXTS, TEXTS, TEXTS, NONCES, NONCES)
def test_a_proof_is_that_of_the_rfc_and_opens(
    key: str, member: str, account: str, mine: str, its: str
) -> None:
    logon = wire.Logon(wire.VERSION, member, account, mine, key_name="first")
    said = exchange(logon, its)
    assert said == framed("carbonx logon 3", member, account, "first", mine, its)
    salted = hmac.new(key.encode(), f"carbonx key of {account}".encode(), hashlib.sha256).digest()
    proof, signature = scram(salted, said)
    assert prove(key, account, said) == proof.hex()
    verifier = verifier_of(key, account)
    assert read_verifier(verifier.text()) == verifier
    assert proves(verifier, said, proof.hex())
    assert sign(verifier, said) == signature.hex()
    assert signed(key, account, said, signature.hex())


@given(NONCES, NONCES, NONCES)
def test_nothing_that_was_said_or_is_kept_opens_anything(mine: str, its: str, later: str) -> None:
    key = make_key(secrets.token_bytes)
    verifier = verifier_of(key, "ann")
    logon = wire.Logon(wire.VERSION, "", "ann", mine)
    said = exchange(logon, its)
    heard = prove(key, "ann", said)
    if later != its:
        assert not proves(verifier, exchange(logon, later), heard), "said again"
    other = wire.Logon(wire.VERSION, "", "ann", mine, key_name="admin")
    assert not proves(verifier, exchange(other, its), heard), "said for another key"
    for stolen in (
        verifier.text(),
        verifier.stored.hex(),
        verifier.server.hex(),
        sign(verifier, said),
    ):
        assert not proves(verifier, said, prove(stolen, "ann", said))
        assert not proves(verifier, said, stolen)
    assert not proves(verifier_of(key, "bob"), said, heard), "the same key at another account"
    assert not signed(
        key, "ann", said, sign(verifier_of(make_key(secrets.token_bytes), "ann"), said)
    )


@pytest.mark.parametrize(
    "proof", ["", "0" * 64, "0" * 63, "0" * 65, "G" * 64, "ß" * 64, "٣" * 64, " " * 64]
)
def test_a_proof_that_is_none_opens_nothing(proof: str) -> None:
    assert not proves(verifier_of("k", "ann"), b"said", proof)


@pytest.mark.parametrize("text", [
    "", SCHEME, SCHEME + "0" * 64, SCHEME + "0" * 64 + ":" + "0" * 63,
    SCHEME + "0" * 64 + ":" + "G" * 64, "0" * 64 + ":" + "0" * 64,
    SCHEME + "0" * 64 + ":" + "0" * 64 + "\n", SCHEME + "٣" * 64 + ":" + "0" * 64,
])  # fmt: skip
def test_what_is_no_verifier_is_none(text: str) -> None:
    assert read_verifier(text) is None


def test_keys_are_made_of_256_bits_and_never_twice() -> None:
    keys = {make_key(secrets.token_bytes) for _ in range(1_000)}
    assert len(keys) == 1_000
    assert all(len(bytes.fromhex(key.removeprefix("cx-"))) == 32 for key in keys)
