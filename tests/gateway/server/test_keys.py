"""A key opens its account to its member, as it stands in the file or hashed, and nothing else."""

import pytest

from gateway.server.accounts import Credentials, Directory
from gateway.server.accounts_file import HASHED, digest

DIRECTORY = Directory((Credentials("a", "k", "M1"), Credentials("b", digest("l"))))
WRONG = [
    ("", "a", "k"), ("M2", "a", "k"), ("M1", "a", "l"), ("M1", "a", ""), ("M1", "a", digest("k")),
    ("M1", "b", "l"), ("", "b", digest("l")), ("", "b", "k"), ("", "c", ""), ("", "", ""),
    ("", "c", "0" * 64), ("", "c", HASHED + "0" * 64),
]  # fmt: skip


def test_a_key_opens_its_account_to_its_member() -> None:
    assert DIRECTORY.admits("M1", "a", "k")
    assert DIRECTORY.admits("", "b", "l")
    assert digest("l").startswith(HASHED)


@pytest.mark.parametrize(("member", "account", "key"), WRONG)
def test_nothing_else_does(member: str, account: str, key: str) -> None:
    assert not DIRECTORY.admits(member, account, key)
