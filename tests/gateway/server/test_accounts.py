"""Accounts files, and the accounts, keys and classes that an operator makes; over restarts."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.log.journal import FILE_NAME
from engine.rulebook.model import AccountClass, Mode, Product, Rulebook
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Phase, RejectReason, Side
from engine.vocabulary.json_codec import COMMANDS, to_object, type_name
from engine.vocabulary.units import MAX_MONEY, MAX_QUANTITY
from gateway.protocol.proof import verifier_of
from gateway.server.accounts import AccountsError, Credentials, Directory, as_text
from gateway.server.admin import AdminSocket
from gateway.server.node import Node, Options
from gateway.server.operator import COMMANDS as OPERATORS
from tests.support.logons import admits

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = Rulebook(
    name="hold",
    products=(Product("CO2", reference=1_000), Product("CO3", reference=900)),
    modes=(Mode(name="book"),),
    classes=(
        AccountClass("firm", holding_limit=100),
        AccountClass("fund", holding_limit=50, over_allocation=True),
    ),
)
LIMITS = {"firm": 100, "fund": 50}


def opened(folder: Path, accounts: Directory) -> Node:
    return Node.open(folder, RULES, accounts, Options(durability="none"))


def shut(node: Node) -> str:
    """Close a venue's log; return the state that it was in."""
    node.sequencer.close()
    return node.sequencer.venue.state_hash()


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return tmp_path / "venue"


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=9)
ACCOUNTS = st.lists(
    st.builds(
        Credentials,
        name=NAMES,
        key=st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1).filter(
            lambda key: not key.startswith("sha256:")
        ),
        member=st.sampled_from(("", "M1")),
        owner=st.sampled_from(("", "O")),
        cash=st.integers(0, 10**9),
        allowances=st.dictionaries(st.sampled_from(("CO2", "CO3")), st.integers(0, 200)),
        role=st.sampled_from(("", "firm", "fund")),
        allocation=st.integers(0, 90),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda account: account.name,
)
# A field, a value of it that is wrong, and what the refusal calls the field.
WRONG: list[tuple[str, Any, str]] = [
    ("role", "none", "role"),
    ("role", 5, "role"),
    ("cash", -1, "cash"),
    ("cash", MAX_MONEY + 1, "cash"),
    ("cash", 1 << 63, "cash"),
    ("cash", "5", "cash"),
    ("cash", 1.5, "cash"),
    ("cash", True, "cash"),
    ("allocation", -1, "allocation"),
    ("allocation", MAX_QUANTITY + 1, "allocation"),
    ("allowances", {"XX": 5}, "allowances.XX"),
    ("allowances", {"CO2": -5}, "allowances.CO2"),
    ("allowances", {"CO2": MAX_QUANTITY + 1}, "allowances.CO2"),
    ("allowances", {"CO2": "5"}, "allowances.CO2"),
    ("allowances", 5, "allowances"),
    ("rolle", "firm", "rolle"),
    ("name", "", "name"),
    ("name", 5, "name"),
    ("key", "", "key"),
    ("key", "sha256:00", "key"),
    ("member", 1, "member"),
    ("owner", ["a"], "owner"),
]


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def written(accounts: list[dict[str, Any]], folder: Path) -> Path:
    path = folder / "accounts.toml"
    rows = [["[[account]]", *(f"{json.dumps(k)} = {toml(v)}" for k, v in row.items())]
            for row in accounts]  # fmt: skip
    path.write_text("\n".join("\n".join(row) for row in rows), "utf-8")
    return path


@given(ACCOUNTS)
def test_an_accounts_file_opens_its_accounts_with_their_classes_in_force(
    accounts: list[Credentials],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = written([structs.asdict(each) for each in accounts], folder)
        assert list(Directory.read(path).accounts.values()) == accounts
        node = opened(folder / "venue", Directory.read(path))
        venue = node.sequencer.venue
        node.operate(c.SetPhase(Phase.CONTINUOUS))
        for each in accounts:
            assert admits(node.core.sessions.door.directory, each.member, each.name, each.key)
            there = venue.account(each.name)
            assert (there.role, there.allocation) == (each.role, each.allocation)
            assert venue.cash(each.name)[0] == each.cash
            held = each.allowances.get("CO2", 0)
            assert venue.allowances(each.name, "CO2")[0] == held
            limit = LIMITS.get(each.role)
            if limit is None:
                continue
            room = limit + (each.allocation if each.role == "fund" else 0) - held
            node.operate(c.MoveCash(each.name, 10**6))
            buy = c.NewOrder(each.name, 1, "CO2", Side.BUY, max(room, 0) + 1, 1)
            (refused,) = node.operate(buy)
            assert isinstance(refused, e.Rejected)
            assert refused.reason is RejectReason.HOLDING
        before = shut(node)
        again = opened(folder / "venue", Directory.read(path))
        assert Directory.read(path).differences(again.sequencer.venue) == []
        assert shut(again) == before


@given(ACCOUNTS, st.sampled_from(WRONG), st.data())
def test_a_wrong_figure_is_refused_with_file_row_and_field_and_nothing_is_written(
    accounts: list[Credentials], wrong: tuple[str, Any, str], data: st.DataObject
) -> None:
    field, value, named = wrong
    row = data.draw(st.integers(0, len(accounts) - 1))
    rows = [structs.asdict(each) for each in accounts]
    rows[row][field] = value
    refuse(rows, f"account {row + 1} (", f", {named}: ")


@given(ACCOUNTS, st.data())
def test_a_name_that_stands_twice_is_refused(
    accounts: list[Credentials], data: st.DataObject
) -> None:
    again = data.draw(st.sampled_from(accounts))
    rows = [structs.asdict(each) for each in [*accounts, again]]
    refuse(rows, f"account {len(rows)} ({again.name!r}), name: ")


def refuse(rows: list[dict[str, Any]], *parts: str) -> None:
    """Check that a file is refused, by these words behind its own name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = written(rows, folder)
        with pytest.raises(AccountsError) as refused:
            opened(folder / "venue", Directory.read(path))
        text = str(refused.value)
        assert text.startswith(f"{path}: ")
        assert all(part in text for part in parts), text
        assert not (folder / "venue" / FILE_NAME).exists()


@pytest.mark.parametrize(
    ("raw", "told"),
    [(b"\xff", "UTF-8"), (b"[[account]]\nname = a", "line 2"), (b"acount = 1", "acount"),
     (b"account = 1", "account"), (b"account = [1]", "account"),
     (b'[[account]]\nname = "a"', "key")],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_in_a_line(tmp_path: Path, raw: bytes, told: str) -> None:
    path = tmp_path / "accounts.toml"
    path.write_bytes(raw)
    with pytest.raises(AccountsError, match=told) as refused:
        Directory.read(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("raw", "told"),
    [(f"cash = 0x{'f' * 100_000}", ""),
     (f"cash = {'9' * 100_000}", ""), (f"cash = {'[' * 100_000}", ""),
     (f'"{"k" * 100_000}" = 1', "not known"), (f'owner = [{"1, " * 100_000}]', "is not a text"),
     (f'allowances = {{ "{"P" * 100_000}" = 1.5 }}', "is not a whole number"),
     (f'member = {"{ a = " * 20}1{" }" * 20}', "member: ")],
)  # fmt: skip
def test_a_value_beyond_all_bounds_is_refused_in_a_short_line(
    tmp_path: Path, raw: str, told: str
) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text(f'[[account]]\nname = "a"\nkey = "k"\n{raw}\n')
    with pytest.raises(AccountsError) as refused:
        Directory.read(path)
    text = str(refused.value)
    assert text.startswith(f"{path}: ")
    assert told in text
    assert len(text) < 500
    assert "\n" not in text


def test_more_of_a_product_than_a_venue_may_hold_is_refused_where_it_becomes_too_much(
    folder: Path,
) -> None:
    rows = tuple(Credentials(f"a{n}", "k", cash=MAX_MONEY) for n in range(10))
    with pytest.raises(AccountsError, match=r"account 10 \('a9'\), cash: at most"):
        opened(folder, Directory(rows))
    shut(opened(folder, Directory(rows[:9])))
    with pytest.raises(AccountsError, match=r"account 1 \('a9'\), cash: at most"):
        opened(folder, Directory(rows[9:]))


def test_a_restart_opens_what_is_new_and_leaves_what_is_there(folder: Path) -> None:
    first = Credentials("a", "old", cash=5, role="firm")
    shut(opened(folder, Directory((first, Credentials("gone", "k")))))
    changed = structs.replace(first, key="new", cash=9, role="fund", allocation=3, owner="O")
    directory = Directory((changed, Credentials("b", "k", role="fund")), "file")
    node = opened(folder, directory)
    venue = node.sequencer.venue
    assert (venue.account("a").role, venue.cash("a")[0]) == ("firm", 5)
    assert venue.account("b").role == "fund"
    assert admits(directory, "", "a", "new")
    assert not admits(directory, "", "a", "old")
    assert "gone" in venue.accounts
    assert not admits(directory, "", "gone", "k")
    told = directory.differences(venue)
    assert told == [
        "account 'a': its owner stays 'a', though file says 'O'",
        "account 'a': its group stays 'a', though file says 'O'",
        (
            "account 'a': its role stays 'firm', though file says 'fund'; "
            "set_account_class changes it (carbonx operate)"
        ),
        "account 'a': its allocation stays 0, though file says 3",
    ]
    shut(node)


# -- an operator on a venue that runs -----------------------------------------------------------


def ask(node: Node, **said: Any) -> dict[str, Any]:
    return AdminSocket(node, Path("unused")).answer(json.dumps(said).encode())


def kept(key: str, account: str) -> str:
    """Return what a venue keeps of a key that a member made."""
    return verifier_of(key, account).text()


def test_an_account_a_key_and_a_class_made_on_a_live_venue_survive_a_restart(folder: Path) -> None:
    node = opened(folder, Directory((Credentials("a", "k"),)))
    ask(node, type="set_phase", phase="continuous")
    assert ask(node, type="open_account", account="eve", owner="E Ltd", group="E", member="M9",
               role="fund", allocation=7)["events"] == [
        to_object(e.AccountOpened("eve", "E Ltd", "E", "M9", "fund", 7))
    ]  # fmt: skip
    told = ask(node, type="set_key", account="eve", key=kept("a secret of hers", "eve"))
    assert told == {"events": [{"type": "key_set", "account": "eve", "member": "M9"}]}
    told = ask(node, type="set_account_class", account="a", role="firm")
    assert told == {"events": [to_object(e.AccountClassSet("a", "firm"))]}
    ask(node, type="set_key", account="a", key=kept("newer", "a"))
    before = shut(node)
    assert (folder / "keys.toml").stat().st_mode & 0o777 == 0o600
    for file in folder.iterdir():
        assert b"a secret of hers" not in file.read_bytes(), file
    directory = Directory((Credentials("a", "k"),))
    node = opened(folder, directory)
    assert node.sequencer.venue.state_hash() == before
    assert admits(directory, "M9", "eve", "a secret of hers")
    assert not admits(directory, "", "eve", "a secret of hers")
    assert [admits(directory, "", "a", key) for key in ("newer", "k")] == [True, False]
    (refused,) = node.operate(c.NewOrder("a", 1, "CO2", Side.BUY, 101, 1))
    assert isinstance(refused, e.Rejected)
    assert refused.reason is RejectReason.HOLDING
    assert ask(node, type="drop_key", account="a", key_name="rsk")["error"] == (
        "key_name: an operator set no key 'rsk' of 'a'"
    )
    assert ask(node, type="drop_key", account="a")["events"]
    assert [admits(directory, "", "a", key) for key in ("newer", "k")] == [False, True]
    assert "set no key of 'a'" in ask(node, type="drop_key", account="a")["error"]
    shut(node)


@pytest.mark.parametrize("step", ["sync_data", "sync_folder"])
@pytest.mark.parametrize("earlier", [None, "earlier"])
def test_a_key_that_cannot_be_kept_is_not_set(
    folder: Path, monkeypatch: Any, step: str, earlier: str | None
) -> None:
    directory = Directory((Credentials("a", "k"),))
    node = opened(folder, directory)
    if earlier:
        assert ask(node, type="set_key", account="a", key=kept(earlier, "a"))["events"]
    holds = earlier or "k"

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"gateway.server.keys_file.{step}", full)
    assert "No space left" in ask(node, type="set_key", account="a", key=kept("new", "a"))["error"]
    assert [admits(directory, "", "a", key) for key in ("new", holds)] == [False, True]
    monkeypatch.undo()
    shut(node)
    directory = Directory((Credentials("a", "k"),))
    node = opened(folder, directory)
    assert [admits(directory, "", "a", key) for key in ("new", holds)] == [False, True]
    assert ask(node, type="set_key", account="a", key=kept("new", "a"))["events"]
    assert admits(directory, "", "a", "new")
    shut(node)


def test_a_key_is_made_by_the_venue_shown_once_and_kept_nowhere(folder: Path) -> None:
    directory = Directory((Credentials("a", "k"),))
    node = opened(folder, directory)
    said = {"type": "set_key", "account": "a", "key_name": "risk", "permission": "read"}
    (event,) = ask(node, **said)["events"]
    key = event.pop("key")
    assert event == {"type": "key_set", "account": "a", "member": "", "key_name": "risk",
                     "permission": "read"}  # fmt: skip
    assert len(key) >= 64
    assert directory.keys["a", "risk"].key == kept(key, "a")
    assert ask(node, **said)["events"][0]["key"] != key
    shut(node)
    for file in folder.iterdir():
        assert key.encode() not in file.read_bytes(), file


WRONG_KEYS: list[tuple[dict[str, Any], str]] = [
    ({"account": "nobody", "key": "k"}, "account"),
    ({"key": "k"}, "account"),
    ({"account": ["a"], "key": "k"}, "account"),
    ({"account": "a", "key": "a long secret that people chose"}, "key"),
    ({"account": "a", "permission": "all"}, "permission"),
    ({"account": "a", "key": ""}, "key"),
    ({"account": "a", "key": 5}, "key"),
    ({"account": "a", "key": "sha256:zz"}, "key"),
    ({"account": "a", "member": None}, "member"),
    ({"account": "a", "role": "firm"}, "role"),
]


@pytest.mark.parametrize(("said", "field"), WRONG_KEYS)
def test_a_wrong_key_line_is_refused_with_its_field(
    folder: Path, said: dict[str, Any], field: str
) -> None:
    node = opened(folder, Directory((Credentials("a", "k"),)))
    told = ask(node, type="set_key", **said)
    assert told["field"] == field
    assert told["error"] == f"{field}: {told['rule']}"
    assert not (folder / "keys.toml").exists()
    shut(node)


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from((1 << 63, -(1 << 63) - 1, (1 << 63) - 1, 10**18 + 1, 10**40, -1, 0)),
    st.sampled_from(("a", "CO2", "firm", "halted", "100000000000000000000.00", "-0", "1e999999",
                     "NaN", "\ud800", "\x00", "", "x" * 5_000)),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.floats(),
)  # fmt: skip
KINDS = [*map(type_name, OPERATORS), "set_key", "drop_key", "new_order", "advance_time", "nonsense"]
FIELDS = sorted({field for kind in COMMANDS.values() for field in kind.__struct_fields__} | {"key"})


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    """Make an operator's line: most fields right, some whatever can be written in JSON."""
    kind = draw(st.sampled_from(KINDS))
    right: dict[str, Any] = {"account": "a", "amount": "5.00", "quantity": 5, "product": "CO2",
                             "key": "k2", "role": "fund", "phase": "continuous", "on": True,
                             "price": 900, "path": "modes[book].lot", "value": "1",
                             "date": 20260105, "number": 1, "symbol": "CO2"}  # fmt: skip
    fields = COMMANDS[kind].__struct_fields__ if kind in COMMANDS else ("account", "key")
    said = {name: right[name] for name in fields if name in right}
    for name in draw(st.lists(st.sampled_from([*fields, *FIELDS]), max_size=2)):
        said[name] = draw(ODD)
    return {"type": kind, **said}


@given(st.lists(lines(), min_size=1, max_size=6))
def test_whatever_an_operator_says_is_answered_and_the_venue_starts_again(
    said: list[dict[str, Any]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "venue"
        accounts = (Credentials("a", "k", cash=10**6),)
        node = opened(folder, Directory(accounts))
        node.clock = ticking()
        for each in said:
            before = node.sequencer.seq
            told = AdminSocket(node, folder).answer(json.dumps(each).encode())
            json.dumps(told)
            assert ("error" in told) != ("events" in told)
            if "error" in told:
                assert node.sequencer.seq == before, "refused, and yet in the log"
                assert told["error"]
            else:
                assert told["events"] or each["type"] in ("set_phase", "begin_day")
        keys = dict(node.core.sessions.door.directory.keys)
        before_stop = shut(node)
        directory = Directory(accounts)
        again = opened(folder, directory)
        assert directory.keys == keys
        assert shut(again) == before_stop


def ticking() -> Any:
    clock: Iterator[int] = iter(range(1_700_000_000 * 10**9, 1_800_000_000 * 10**9, 10**9))
    return lambda: next(clock)


def test_too_much_money_is_refused_by_field_and_leaves_no_trace(folder: Path) -> None:
    node = opened(folder, Directory((Credentials("a", "k"),)))
    before = node.sequencer.seq
    told = ask(node, type="move_cash", account="a", amount="100000000000000000000.00")
    assert told["field"] == "amount"
    assert node.sequencer.seq == before
    shut(node)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    odd = Credentials('a\\"\n\x7f', "k\u0085", "M", "O", "G", 5, {'P"': 3}, "firm", 9)
    accounts = (odd,)
    path = tmp_path / "accounts.toml"
    path.write_text(as_text(accounts), "utf-8")
    assert tuple(Directory.read(path).accounts.values()) == accounts
