"""A key opens its account to its member, from the file or its verifier, and nothing else."""

from io import BytesIO
from pathlib import Path

import pytest

from engine.log.blocks import Reader
from engine.log.journal import FILE_NAME, holds_log
from engine.log.sequencer import replay
from engine.rulebook.model import Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary.units import MAX_TOTAL
from gateway.server.accounts import AccountsError, Credentials, Directory
from gateway.server.accounts_file import check_key, stored
from gateway.server.node import Node, Options
from tests.support.logons import admits

DIRECTORY = Directory((Credentials("a", "k", "M1"), Credentials("b", stored("l", "b"))))
WRONG = [
    ("", "a", "k"), ("M2", "a", "k"), ("M1", "a", "l"), ("M1", "a", ""),
    ("M1", "a", stored("k", "a")),
    ("M1", "b", "l"), ("", "b", stored("l", "b")), ("", "b", "k"), ("", "c", ""), ("", "", ""),
    ("", "c", "0" * 64), ("", "c", stored("0", "c")),
]  # fmt: skip


def test_a_key_opens_its_account_to_its_member() -> None:
    assert admits(DIRECTORY, "M1", "a", "k")
    assert admits(DIRECTORY, "", "b", "l")
    assert not check_key(stored("l", "b"))


@pytest.mark.parametrize(("member", "account", "key"), WRONG)
def test_nothing_else_does(member: str, account: str, key: str) -> None:
    assert not admits(DIRECTORY, member, account, key)


@pytest.mark.parametrize("room", [0, 4, 5])
@pytest.mark.parametrize("what", ["cash", "allowances"])
def test_accounts_that_the_venue_has_no_room_for_are_refused_as_a_whole(
    what: str, room: int
) -> None:
    venue = Venue(Rulebook("full", (Product("A", 100),)))
    there = venue.ledger.cash_in if what == "cash" else venue.ledger.tonnes_in
    there["CNY" if what == "cash" else "A"] = MAX_TOTAL - room
    account = (
        Credentials("a", "k", cash=5)
        if what == "cash"
        else Credentials("a", "k", allowances={"A": 5})
    )
    directory = Directory((Credentials("b", "k"), account))
    if room < 5:
        with pytest.raises(AccountsError, match=what):
            directory.openings(venue)
    else:
        assert len(directory.openings(venue)) == 2


def test_a_log_cut_anywhere_is_never_left_with_half_an_account(tmp_path: Path) -> None:
    rules = Rulebook("small", (Product("A", 100), Product("B", 100)))
    accounts = tuple(Credentials(n, "k", cash=5, allowances={"A": 7, "B": 9}) for n in "ab")
    options = Options(durability="none", opens=True)

    def started(folder: Path) -> str:
        node = Node.open(folder, rules, Directory(accounts), options)
        node.sequencer.close()
        node.sequencer.venue.check()
        return node.sequencer.venue.state_hash()

    state = started(tmp_path / "whole")
    log = (tmp_path / "whole" / FILE_NAME).read_bytes()
    genesis = next(Reader(BytesIO(log)).blocks()).end
    for size in (*range(0, genesis, 37), *range(genesis, len(log) + 1)):
        folder = tmp_path / "cut"
        folder.mkdir(exist_ok=True)
        (folder / FILE_NAME).write_bytes(log[:size])
        for account in replay(folder).venue.accounts if holds_log(folder) else ():
            venue = replay(folder).venue
            assert venue.cash(account) == (5, 0)
            assert [venue.allowances(account, name)[0] for name in "AB"] == [7, 9]
        assert started(folder) == state
