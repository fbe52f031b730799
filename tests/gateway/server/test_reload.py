"""An accounts file that is changed and read again while its venue runs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from msgspec import structs

from engine.vocabulary import commands as c
from engine.vocabulary.enums import Phase
from gateway.cli.hangup import in_words
from gateway.client.blocking import BlockingClient
from gateway.client.errors import ClientError
from gateway.protocol.proof import verifier_of
from gateway.server.accounts import Credentials, Directory, as_text
from gateway.server.accounts_file import stored
from tests.gateway.cli.test_cli import carbonx
from tests.gateway.server.test_accounts import ACCOUNTS, ask, opened, shut
from tests.support.logons import admits
from tests.support.paths import ROOT
from tests.support.private import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.server.node import Node


def write(path: Path, accounts: Sequence[Credentials]) -> Path:
    write_private(path, as_text(accounts))
    return path


def again(node: Node) -> tuple[list[tuple[str, str]], list[str]]:
    """Have the file read again; return what happened to whom, and what did not change."""
    events = ask(node, type="reload_accounts")["events"]
    assert events[-1]["type"] == "accounts_reloaded"
    return [(e["type"], e["account"]) for e in events[:-1]], events[-1]["unchanged"]


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    first = (Credentials("a", "k", "M1", cash=5, role="firm"), Credentials("b", "k", cash=7))
    return write(tmp_path / "accounts.toml", first)


@pytest.fixture(name="node")
def _node(file: Path) -> Node:
    return opened(file.parent / "venue", Directory.read(file))


def test_accounts_classes_and_keys_follow_the_file_and_nothing_else(file: Path, node: Node) -> None:
    venue, directory = node.sequencer.venue, node.directory
    new = (
        Credentials("a", "k2", "M1", cash=5, role="fund"),
        Credentials("c", "k", cash=3, allowances={"CO2": 2}, role="firm"),
    )
    write(file, new)
    happened, unchanged = again(node)
    assert happened == [
        ("account_opened", "c"), ("cash_moved", "c"), ("allowances_moved", "c"),
        ("account_class_set", "a"), ("key_set", "a"), ("key_set", "c"), ("key_dropped", "b"),
    ]  # fmt: skip
    assert unchanged == []
    assert [admits(directory, "M1", "a", key) for key in ("k", "k2")] == [False, True]
    assert admits(directory, "", "c", "k")
    assert not admits(directory, "", "b", "k")
    assert (venue.account("a").role, venue.account("c").role) == ("fund", "firm")
    assert (venue.cash("b")[0], venue.cash("c")[0], venue.allowances("c", "CO2")[0]) == (7, 3, 2)
    assert again(node) == ([], []), "the same file again changes nothing"
    state = shut(node)
    node = opened(file.parent / "venue", Directory.read(file))
    assert shut(node) == state


def test_what_an_account_starts_with_or_is_called_by_stays_and_is_said(
    file: Path, node: Node
) -> None:
    node.operate(c.OpenAccount("eve"))
    seq = node.sequencer.seq
    new = (
        Credentials("a", "k", "M2", owner="O", cash=6, allowances={"CO2": 1}, role="firm"),
        Credentials("b", "k", cash=7, allocation=4),
        Credentials("eve", "e", cash=9),
    )
    write(file, new)
    happened, unchanged = again(node)
    assert happened == [("key_set", "a"), ("key_set", "eve")]
    assert node.sequencer.seq == seq, "no command"
    assert unchanged == [
        "account 'a': its cash stays (in the file 5 became 6); move_cash changes it",
        "account 'a': its CO2 stays (in the file 0 became 1); move_allowances changes it",
        "account 'eve': it was open already, so its cash and allowances stay",
        f"account 'a': its owner stays 'a', though {file} says 'O'",
        f"account 'a': its group stays 'a', though {file} says 'O'",
        f"account 'a': its member stays 'M1', though {file} says 'M2'",
        f"account 'b': its allocation stays 0, though {file} says 4",
    ]
    assert admits(node.directory, "M2", "a", "k"), "the member that logs on is the file's"
    shut(node)


def test_what_an_operator_set_stays_where_the_file_says_nothing_new(file: Path, node: Node) -> None:
    node.operate(c.SetAccountClass("a", "fund"))
    ask(node, type="set_key", account="b", key=verifier_of("operator's", "b").text())
    rows = Directory.read(file).accounts
    write(file, (rows["a"], structs.replace(rows["b"], key="k2")))
    happened, unchanged = again(node)
    assert happened == []
    assert unchanged == [
        (
            f"account 'a': its role stays 'fund', though {file} says 'firm'; "
            "set_account_class changes it (carbonx operate)"
        ),
        "account 'b': its key stays the one that an operator set (drop_key ends it)",
    ]
    assert admits(node.directory, "", "b", "operator's")
    write(file, (structs.replace(rows["a"], role=""),))
    happened, unchanged = again(node)
    assert happened == [("account_class_set", "a")], "the file says something new"
    assert unchanged == [
        "account 'b': its key stays the one that an operator set (drop_key ends it)"
    ]
    assert admits(node.directory, "", "b", "operator's"), "the operator's key outlives the file's"
    shut(node)


def test_a_key_that_is_hashed_in_the_file_is_no_other_key(file: Path, node: Node) -> None:
    rows = Directory.read(file).accounts.values()
    write(file, [structs.replace(row, key=stored(row.key, row.name)) for row in rows])
    assert again(node) == ([], [])
    assert admits(node.directory, "M1", "a", "k")
    shut(node)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", None),  # an empty file: nobody may log on
        ("[[account]\n", "line 1"),
        ('[[account]]\nname = "a"\nkey = "k"\nrole = "none"', "account 1 ('a'), role: 'none'"),
        ('[[account]]\nname = "n"\nkey = "k"\nrole = "none"', "account 1 ('n'), role: 'none'"),
        ('[[account]]\nname = "n"\nkey = "k"\ncash = -1', "account 1 ('n'), cash: -1"),
        ('[[account]]\nname = "n"\nkey = "k"\nallowances = { XX = 1 }', "allowances.XX"),
        (f'[[account]]\nname = "n"\nkey = "k"\ncash = {"9" * 5000}', "accounts.toml"),
        (f"account = {'[' * 5000}", "accounts.toml"),
        ("\ufeff\x00", "line 1"),
        (None, "does not exist"),
    ],
)
def test_a_broken_file_changes_nothing_says_why_and_the_venue_goes_on(
    file: Path, node: Node, text: str | None, told: str | None
) -> None:
    before, rows = node.sequencer.venue.state_hash(), dict(node.directory.accounts)
    if text is None:
        file.unlink()
    else:
        file.write_text(text, "utf-8")
    answer = ask(node, type="reload_accounts")
    if told is None:
        assert node.directory.accounts == {}
    else:
        assert told in answer["error"]
        assert "\n" not in answer["error"]
        assert node.directory.accounts == rows
    assert node.sequencer.venue.state_hash() == before
    assert ask(node, type="set_phase", phase="continuous")["events"]
    assert node.sequencer.venue.phase("CO2") is Phase.CONTINUOUS
    shut(node)


def test_without_a_file_there_is_none_to_read_again(tmp_path: Path) -> None:
    node = opened(tmp_path / "venue", Directory((Credentials("a", "k"),)))
    assert "--accounts" in ask(node, type="reload_accounts")["error"]
    assert ask(node, type="reload_accounts", file="x")["field"] == "file"
    assert admits(node.directory, "", "a", "k")
    shut(node)


@given(ACCOUNTS, ACCOUNTS)
def test_any_file_after_any_other_does_what_it_says_and_a_restart_agrees(
    first: list[Credentials], second: list[Credentials]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write(folder / "accounts.toml", first)
        node = opened(folder / "venue", Directory.read(path))
        write(path, second)
        _, unchanged = again(node)
        venue = node.sequencer.venue
        before = {each.name: each for each in first}
        for each in second:
            assert admits(node.directory, each.member, each.name, each.key)
            there = venue.account(each.name)
            old = before.get(each.name)
            assert there.role == each.role
            if old is None:
                assert venue.cash(each.name)[0] == each.cash
            elif (old.cash, old.owner, old.member) != (each.cash, each.owner, each.member):
                assert any(repr(each.name) in line for line in unchanged)
                assert venue.cash(each.name)[0] == old.cash
        for old in first:
            if old.name not in {each.name for each in second}:
                assert not admits(node.directory, old.member, old.name, old.key)
        assert again(node)[0] == []
        state = shut(node)
        assert shut(opened(folder / "venue", Directory.read(path))) == state


def test_a_served_venue_reads_the_file_again_on_a_signal_and_says_what_changed(
    file: Path, tmp_path: Path
) -> None:
    write_private(file, '[[account]]\nname = "a"\nkey = "k"\n')
    words = ("serve", "--rulebook", "textbook", "--port", "0", "--json", "--accounts", str(file))
    server = subprocess.Popen(
        [sys.executable, "-m", "carbonx", *words, "--dir", str(tmp_path / "venue")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert server.stdout is not None
        assert server.stderr is not None
        port = json.loads(server.stdout.readline())["port"]
        where: dict[str, Any] = {"host": "127.0.0.1", "port": port}
        with BlockingClient(**where, account="a", key="k") as there:
            write_private(file, '[[account]]\nname = "b"\nkey = "l"\n')
            server.send_signal(signal.SIGHUP)
            told = [server.stderr.readline().rstrip("\n") for _ in range(3)]
            assert told == [
                f"{file} was read again",
                "account 'b': opened",
                "account 'a': its key is dropped; it stays open",
            ]
            assert there.status().orders == (), "a session that is on stays"
            with BlockingClient(**where, account="b", key="l") as new:
                assert new.status().orders == ()
        with pytest.raises(ClientError):
            BlockingClient(**where, account="a", key="k").__enter__()
        file.write_text("nonsense")
        server.send_signal(signal.SIGHUP)
        assert server.stderr.readline().endswith("; nothing was changed\n")
        folder = str(tmp_path / "venue")
        done = carbonx("operate", '{"type": "reload_accounts"}', "--dir", folder, status=1)
        assert f"not taken: {file}" in done.stderr
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_what_came_of_it_is_told_in_words() -> None:
    done = {"type": "accounts_reloaded", "file": "f", "unchanged": ["x stays"]}
    assert in_words([done]) == ["f was read again: nothing changed", "x stays"]
    refused = {"type": "rejected", "account": "a", "field": "role", "rule": "no"}
    changed = {"type": "account_class_set", "account": "a", "role": "firm"}
    assert in_words([changed, refused, done]) == [
        "f was read again", "account 'a': its class is 'firm' now", "account 'a': role: no",
        "x stays",
    ]  # fmt: skip


def test_a_file_that_others_may_read_meanwhile_is_not_read_again(file: Path, node: Node) -> None:
    rows = tuple(Directory.read(file).accounts.values())
    text = as_text((*rows, Credentials("z", "k")))
    write_private(file, text)
    file.chmod(0o644)
    assert "chmod 600" in ask(node, type="reload_accounts")["error"]
    write_private(file, f"public_keys = true\n{text}")
    assert "from a start on" in ask(node, type="reload_accounts")["error"]
    assert "z" not in node.sequencer.venue.accounts
    write_private(file, text)
    assert ask(node, type="reload_accounts")["events"]
    assert "z" in node.sequencer.venue.accounts
    shut(node)
