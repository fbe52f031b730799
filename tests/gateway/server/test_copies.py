"""Drop copy of a group: one session with the reports of several accounts, resumed by number."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import pytest

from engine.vocabulary.commands import OpenAccount
from engine.vocabulary.enums import RejectReason
from gateway.client.copying import Copied
from gateway.protocol import wire, wire_copies
from gateway.server.accounts import AccountsError, Credentials, Directory
from tests.gateway.server.test_core import buy, sell
from tests.support.logons import hello
from tests.support.quiet_core import End, QuietVenue
from tests.support.venues import FUNDING, bounded, client_of, start_node

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ("ann", "bob", "cay", "risk")
COPIED: Final = ("ann", "bob")
KEY: Final = Credentials("risk", "its key", key_name="group", permission="drop_copy", copies=COPIED)


def venue_with_group(**limits: Any) -> QuietVenue:
    quiet = QuietVenue(NAMES, **limits)
    quiet.core.sessions.door.directory.keys = {("risk", "group"): KEY}
    return quiet


def copier(quiet: QuietVenue, **after: int) -> End:
    """Return the session of the group, which copies each account behind a number."""
    end = End(quiet)
    logon = wire.Logon(wire.VERSION, "", "risk", "a nonce", heartbeat_ms=600_000, key_name="group")
    end.send(hello(logon, "its key"))
    end.say(*(wire_copies.AskCopies(name, number) for name, number in after.items()))
    quiet.tick()
    return end


def copied(end: End) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in COPIED}
    for message in end.all_of(wire_copies.CopyOf):
        found[message.account].append(wire.decode_from_venue(message.report))
    return found


@pytest.mark.parametrize("chunk", [1 << 19, 64])
def test_the_group_hears_what_each_account_hears_and_nothing_of_others(chunk: int) -> None:
    quiet = venue_with_group(chunk=chunk)
    ends = dict(zip(NAMES, quiet.logged_on(*NAMES), strict=True))
    group = copier(quiet, ann=0, bob=0)
    rng = random.Random(chunk)
    for ref in range(1, 40):
        for name in NAMES[:3]:
            side = rng.choice((buy, sell))
            ends[name].say(side(ref, rng.randint(1, 9), rng.randint(4_950, 5_050)))
        quiet.tick()
    quiet.wait(5_000)
    heard = copied(group)
    for name in COPIED:
        assert heard[name] == ends[name].reports()
        assert [each.seq for each in heard[name]] == list(range(1, len(heard[name]) + 1))
    assert len(heard["ann"]) > 40


def test_a_session_goes_on_behind_the_numbers_that_it_gives() -> None:
    quiet = venue_with_group()
    ann, bob = quiet.logged_on("ann", "bob")
    first = copier(quiet, ann=0, bob=0)
    for ref in range(1, 6):
        ann.say(buy(ref))
        bob.say(sell(ref, 1, 5_100))
    quiet.tick()
    first.cut()
    for ref in range(6, 9):
        ann.say(buy(ref))
        bob.say(sell(ref, 1, 5_100))
    quiet.tick()
    before = copied(first)
    again = copier(quiet, **{name: before[name][-1].seq for name in COPIED})
    after = copied(again)
    for name, end in (("ann", ann), ("bob", bob)):
        assert before[name] + after[name] == end.reports()
        assert len(after[name]) == 3


@pytest.mark.parametrize("account", ["cay", "risk", "nobody", ""])
def test_an_account_that_the_key_does_not_name_is_not_copied(account: str) -> None:
    quiet = venue_with_group()
    (cay,) = quiet.logged_on("cay")
    group = copier(quiet)
    group.say(wire_copies.AskCopies(account))
    cay.say(buy(1))
    quiet.tick()
    (refused,) = group.all_of(wire.NotTaken)
    assert (refused.ref, refused.reason) == (0, RejectReason.PERMISSION)
    assert not group.all_of(wire_copies.CopyOf)


@pytest.mark.parametrize("after", [-1, 3])
def test_a_number_that_the_account_has_not_reached_ends_the_session(after: int) -> None:
    quiet = venue_with_group()  # an account begins with two reports
    group = copier(quiet, ann=after)
    assert group.closed()
    assert group.heard[-1].reason is wire.LogoutReason.SEQUENCE


def test_a_key_copies_all_accounts_of_its_group_as_they_are_now() -> None:
    """Also one that the venue opens while the session is on; of other groups it hears nothing."""
    quiet = venue_with_group()
    key = Credentials(
        "risk", "its key", key_name="group", permission="drop_copy", copies_groups=("house", "ann")
    )
    quiet.core.sessions.door.directory.keys = {("risk", "group"): key}
    group = copier(quiet, ann=0, bob=0, new=0)  # a group is named as its owner by default
    assert {each.account for each in group.all_of(wire_copies.CopyOf)} == {"ann"}
    assert len(group.all_of(wire.NotTaken)) == 2
    quiet.core.running.run(0, OpenAccount("new", group="house", cash=7))
    quiet.tick()
    group.say(wire_copies.AskCopies("new"))
    quiet.tick()
    assert {each.account for each in group.all_of(wire_copies.CopyOf)} == {"ann", "new"}


def test_who_trades_copies_nobody() -> None:
    quiet = venue_with_group()
    ann, bob = quiet.logged_on("ann", "bob")
    ann.say(wire_copies.AskCopies("bob"), wire_copies.AskCopies("ann"))
    bob.say(buy(1))
    quiet.tick()
    assert len(ann.all_of(wire.NotTaken)) == 2
    assert not ann.all_of(wire_copies.CopyOf)


def test_a_file_names_the_accounts_of_a_group(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    row = '[[account]]\nname = "risk"\nkey = "k"\n'
    lists = 'copies = ["ann", "bob"]\ncopies_groups = ["house"]\n'
    path.write_text(f'{row}permission = "drop_copy"\n{lists}', "utf-8")
    directory = Directory.read(path)
    assert directory.accounts["risk"].copies == COPIED
    assert directory.accounts["risk"].copies_groups == ("house",)
    again = tmp_path / "again.toml"
    directory.write(again)
    assert Directory.read(again).accounts == directory.accounts
    for wrong, rule in (
        ('copies = ["ann"]', "only a key with permission drop_copy"),
        ('permission = "drop_copy"\ncopies = "ann"', "is not a list of accounts"),
        ('permission = "drop_copy"\ncopies = [5]', "is not a list of accounts"),
        ('permission = "drop_copy"\ncopies = [""]', "is not a list of accounts"),
        ('copies_groups = ["a"]', "only a key with permission drop_copy"),
        ('permission = "drop_copy"\ncopies_groups = "a"', "is not a list of groups"),
    ):
        path.write_text(f"{row}{wrong}\n", "utf-8")
        field = wrong.splitlines()[-1].split(" =")[0]
        with pytest.raises(AccountsError, match=rf"'risk'\), {field}: .*{rule}"):
            Directory.read(path)


def test_a_client_copies_each_report_once_across_connections(tmp_path: Path) -> None:
    async def scenario() -> None:
        node = await start_node(tmp_path)
        port = node.address[1]
        key = Credentials(
            "carol",
            "its key",
            "",
            key_name="group",
            permission="drop_copy",
            copies=("alice", "bob"),
        )
        node.directory.keys = {("carol", "group"): key}
        async with (
            client_of(port) as alice,
            client_of(port, "bob") as bob,
            client_of(port, "carol", key="its key", member="", key_name="group") as group,
        ):
            group.copy("alice", FUNDING)
            group.copy("bob", FUNDING)
            for ref in range(1, 7):
                await alice.buy("CO2", 1, price_minor=4_900)
                await bob.sell("CO2", 1, price_minor=5_100)
                if ref == 3:
                    for socket in node.sockets.values():
                        assert socket.transport is not None
                        socket.transport.abort()
            found: dict[str, list[int]] = {"alice": [], "bob": []}
            while min(map(len, found.values())) < 6:
                event = await group.next_event()
                if isinstance(event, Copied):
                    assert isinstance(event.report, wire.OrderAccepted)
                    found[event.account].append(event.report.seq)
            assert group.reconnects == 1
        numbers = [FUNDING + each for each in range(1, 7)]
        assert found == {"alice": numbers, "bob": numbers}
        await node.stop()

    bounded(scenario())
