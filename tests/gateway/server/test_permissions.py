"""Every message of the protocol from every identity: what is not its own changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from engine.vocabulary.enums import RejectReason, Side
from gateway.protocol import wire, wire_copies, wire_operator
from gateway.server.accounts import Credentials
from gateway.server.permissions import MAY_SEND, Permission
from tests.gateway.server.test_bounds import plain
from tests.gateway.server.test_core import buy
from tests.support.logons import hello
from tests.support.quiet_core import End, QuietVenue

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS: Final = [each for each in Permission if each is not Permission.TRADE]
ORDERS: Final = wire.OrderMessage.__args__


def key_of(word: str) -> Credentials:
    """Return ann's key that is for something else than trade."""
    return Credentials("ann", f"ann's to {word}", key_name=word, permission=word)


def venue_with_keys() -> QuietVenue:
    quiet = QuietVenue(("ann", "bob"))
    keys = [key_of(word) for word in WORDS]
    quiet.core.sessions.door.directory.keys = {(key.name, key.key_name): key for key in keys}
    return quiet


def logon(account: str, key_name: str = "", **fields: Any) -> wire.Logon:
    fields = {"heartbeat_ms": 600_000} | fields
    return wire.Logon(wire.VERSION, "", account, "a nonce", key_name=key_name, **fields)


def stranger(end: End) -> None:
    """Say nothing."""


def half(end: End) -> None:
    """Name the account and prove nothing."""
    end.say(logon("ann"))


def liar(end: End) -> None:
    """Prove another's key for the account."""
    end.send(hello(logon("ann"), "bob-key"))


def borrower(end: End) -> None:
    """Prove the key to read for the place of the one to trade."""
    end.send(hello(logon("ann"), "ann's to read"))


def climber(end: End) -> None:
    """Prove the key to read under the name of the one for admin."""
    end.send(hello(logon("ann", "admin"), "ann's to read"))


OUTSIDE: Final[list[Callable[[End], None]]] = [stranger, half, liar, borrower, climber]


def messages(target: int) -> list[Any]:
    """Return one of every message, aimed at an order of ann's."""
    found = []
    for kind in wire.FromClient.__args__:
        fields = plain(kind) | {"symbol": "CO2", "ref": 50, "target": target, "quantity": 1}
        found.append(kind(**{n: v for n, v in fields.items() if n in kind.__struct_fields__}))
    return found


def state_of(quiet: QuietVenue) -> str:
    return quiet.sequencer.venue.state_hash()


@pytest.mark.parametrize("identity", OUTSIDE, ids=lambda each: each.__name__)
@pytest.mark.parametrize("message", messages(1), ids=lambda m: type(m).__name__)
def test_who_has_proved_nothing_changes_and_hears_nothing(
    identity: Callable[[End], None], message: Any
) -> None:
    quiet = venue_with_keys()
    (ann,) = quiet.logged_on("ann")
    ann.say(buy(1))
    quiet.tick()
    before = state_of(quiet)
    end = End(quiet)
    identity(end)
    end.say(message)
    quiet.tick()
    assert state_of(quiet) == before
    assert {type(each) for each in end.heard} <= {wire.Challenge, wire.LoggedOut}
    assert not ann.closed(), "nobody is put out by one who has proved nothing"


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("message", messages(1), ids=lambda m: type(m).__name__)
def test_a_key_is_for_what_it_is_for(word: Permission, message: Any) -> None:
    quiet = venue_with_keys()
    (ann,) = quiet.logged_on("ann", cancel_on_disconnect=True)
    ann.say(buy(1))
    quiet.tick()
    before = state_of(quiet)
    end = End(quiet)
    end.send(hello(logon("ann", word, cancel_on_disconnect=True), f"ann's to {word}"))
    end.say(message)
    quiet.tick()
    assert end.all_of(wire.LoggedOn)
    refused = end.all_of(wire.NotTaken)
    allowed = type(message) in MAY_SEND[word]
    # the key names no account; and nobody here takes what operators say
    allowed &= not isinstance(message, wire_copies.AskCopies | wire_operator.Operate)
    assert bool(refused) is not allowed
    if isinstance(message, ORDERS):
        assert [(m.ref, m.reason) for m in refused] == [(50, RejectReason.PERMISSION)]
        assert word in refused[0].rule
    end.cut()
    quiet.tick()
    assert state_of(quiet) == before, "nor does its end cancel the account's orders"
    assert not ann.closed(), "it takes nobody's place"
    assert [each.ref for each in end.reports() if isinstance(each, wire.OrderAccepted)] == [1]


@pytest.mark.parametrize("message", messages(1), ids=lambda m: type(m).__name__)
def test_a_member_reaches_nothing_of_another_account(message: Any) -> None:
    quiet = QuietVenue(("ann", "bob"))
    ann, bob = quiet.logged_on("ann", "bob")
    ann.say(buy(1))
    quiet.tick()
    venue = quiet.sequencer.venue
    before = venue.open_orders("ann"), venue.cash("ann"), venue.allowances("ann", "CO2")
    heard = len(ann.heard)
    if not (isinstance(message, wire.NewOrder) and message.side is Side.SELL):
        bob.say(message)
    quiet.tick()
    after = venue.open_orders("ann"), venue.cash("ann"), venue.allowances("ann", "CO2")
    assert [msgspec.to_builtins(each) for each in after[0]] == [
        msgspec.to_builtins(each) for each in before[0]
    ]
    assert after[1:] == before[1:]
    assert len(ann.heard) == heard
    told = [m for m in bob.reports() if getattr(m, "ref", 0) == 1 and hasattr(m, "symbol")]
    assert not told, "and hears nothing of it"


def test_a_session_that_reads_hears_every_report_as_it_comes() -> None:
    quiet = venue_with_keys()
    (ann,) = quiet.logged_on("ann")
    reader = End(quiet)
    reader.send(hello(logon("ann", "drop_copy"), "ann's to drop_copy"))
    quiet.tick()
    for ref in range(1, 6):
        ann.say(buy(ref))
        quiet.tick()
    assert reader.reports() == ann.reports()
    again = End(quiet)
    again.send(hello(logon("ann", "drop_copy", last_seen=3), "ann's to drop_copy"))
    quiet.tick()
    assert reader.closed(), "one session for each key"
    assert again.reports() == ann.reports()[3:]
