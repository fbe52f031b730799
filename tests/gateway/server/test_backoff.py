"""Logons that fail: one answer for all of them, longer waits, and tables that do not grow."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from gateway.protocol import wire
from gateway.protocol.proof import Verifier, proves, verifier_of
from gateway.server.backoff import (
    FIRST_WAIT,
    FORGOTTEN_AFTER,
    FREE,
    LONGEST_WAIT,
    MOST_KEPT,
    Backoff,
    Table,
    network,
)
from tests.support.logons import hello
from tests.support.quiet_core import End, QuietVenue

SECOND = 1_000_000_000


def tried(quiet: QuietVenue, name: str, key: str, host: str = "", member: str = "") -> Any:
    """Return what one who tries a key hears in the end."""
    end = End(quiet, host)
    logon = wire.Logon(wire.VERSION, member, name, "n", heartbeat_ms=600_000)
    end.send(hello(logon, key))
    quiet.tick()
    return next(m for m in end.heard if isinstance(m, wire.LoggedOn | wire.LoggedOut))


def test_every_refusal_is_the_same() -> None:
    quiet = QuietVenue(("ann",))
    heard = [
        tried(quiet, "ann", "wrong"),
        tried(quiet, "nobody", "ann-key"),
        tried(quiet, "", ""),
        tried(quiet, "ann", "ann-key", member="M9"),
    ]
    assert heard[0].reason is wire.LogoutReason.CREDENTIALS
    assert [each == heard[0] for each in heard] == [True] * 4


def test_one_who_waits_out_hears_the_same_though_the_key_is_right() -> None:
    quiet = QuietVenue(("ann",))
    refused = [tried(quiet, "ann", "wrong", "10.0.0.1") for _ in range(FREE + 1)][-1]
    assert tried(quiet, "ann", "ann-key", "10.0.0.1") == refused
    quiet.now += FIRST_WAIT
    assert isinstance(tried(quiet, "ann", "ann-key", "10.0.0.1"), wire.LoggedOn)


def test_no_proof_is_looked_at_while_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[bool] = []

    def watched(verifier: Verifier, said: bytes, proof: str) -> bool:
        looked_at.append(verifier == verifier_of("ann-key", "ann"))
        return proves(verifier, said, proof)

    monkeypatch.setattr("gateway.server.accounts.proves", watched)
    quiet = QuietVenue(("ann",))
    for _ in range(FREE + 1):
        tried(quiet, "ann", "wrong", "10.0.0.1")
    tried(quiet, "ann", "ann-key", "10.0.0.1")
    tried(quiet, "nobody", "ann-key", "10.0.0.9")
    quiet.now += FIRST_WAIT
    tried(quiet, "ann", "ann-key", "10.0.0.1")
    steps = [True] * (FREE + 1)
    assert looked_at == [*steps, False, False, True], "as many steps each time, and none of hers"


def test_strangers_do_not_keep_a_member_out_whose_address_is_known() -> None:
    quiet = QuietVenue(("ann", "bob"))
    assert isinstance(tried(quiet, "ann", "ann-key", "10.0.0.1"), wire.LoggedOn)
    for number in range(40):
        tried(quiet, "ann", "wrong", f"10.1.0.{number}")
    assert isinstance(tried(quiet, "ann", "ann-key", "10.0.0.1"), wire.LoggedOn)
    for number in range(40):
        tried(quiet, "bob", "wrong", f"10.2.0.{number}")
    assert isinstance(tried(quiet, "bob", "bob-key", "10.0.0.1"), wire.LoggedOut)
    assert isinstance(tried(quiet, "ann", "ann-key", "10.0.0.9"), wire.LoggedOn)


@pytest.mark.parametrize("seed", range(20))
def test_waits_double_up_to_a_bound_and_are_forgotten(seed: int) -> None:
    rng, table, now, times, last = Random(seed), Table(), 1, 0, 0
    for _ in range(200):
        now += rng.choice((1, SECOND, 40 * SECOND, 200 * SECOND, 700 * SECOND))
        wait = min(FIRST_WAIT * 2 ** (times - FREE - 1), LONGEST_WAIT) if times > FREE else 0
        assert table.holds("a", now) is (now < last + wait)
        if rng.random() < 0.8:
            times = times + 1 if times and now - last <= FORGOTTEN_AFTER else 1
            table.failed("a", now)
            last = now
    assert not table.holds("a", now - SECOND), "a clock that was set back holds nobody"


def test_tables_never_grow_beyond_their_bound() -> None:
    backoff = Backoff()
    for number in range(2 * MOST_KEPT):
        backoff.failed(
            f"account {number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 1
        )
    assert len(backoff.addresses) == len(backoff.accounts) == MOST_KEPT
    assert f"account {2 * MOST_KEPT - 1}" in backoff.accounts


@pytest.mark.parametrize(("host", "party"), [
    ("10.0.0.1", "10.0.0.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ("::ffff:10.0.0.1", "10.0.0.1"), ("fe80::1%eth0", "fe80::"), ("", ""), ("x" * 99, "x" * 64),
])  # fmt: skip
def test_who_has_an_address_has_its_network(host: str, party: str) -> None:
    assert network(host) == party
