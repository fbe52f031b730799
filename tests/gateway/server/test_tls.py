"""TLS 1.3 between a venue and its clients, and what a venue must have to face other machines."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import pytest

from engine.rulebook.presets import load as load_rulebook
from gateway.cli import exposure
from gateway.client.client import ClientError
from gateway.protocol.proof import verifier_of
from gateway.runtime.tls import (
    TlsError,
    client_context,
    on_this_machine,
    self_signed,
    server_context,
)
from gateway.server.accounts import AccountsError, Credentials, Directory
from gateway.server.node import Node, Options
from tests.support.openssl import need_openssl
from tests.support.private import write_private
from tests.support.venues import ACCOUNTS, bounded, client_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    need_openssl()
    return self_signed(tmp_path_factory.mktemp("tls"))


async def encrypted(folder: Path, made: tuple[Path, Path]) -> Node:
    options = Options(opens=True, durability="none")
    node = Node.open(folder, load_rulebook("textbook"), Directory(ACCOUNTS), options)
    node.tls = server_context(*made)
    await node.start()
    return node


def test_a_client_that_trusts_the_certificate_trades_and_no_other_does(
    tmp_path: Path, made: tuple[Path, Path]
) -> None:
    async def scenario() -> None:
        node = await encrypted(tmp_path, made)
        async with client_of(node, tls=client_context(made[0])) as client:
            assert (await client.buy("CO2", 1, price_minor=4_900)).ref == 1
            for socket in node.sockets.values():
                assert socket.transport is not None
                assert socket.transport.get_extra_info("ssl_object").version() == "TLSv1.3"
        with pytest.raises(ClientError, match="certificate that is not trusted"):
            await client_of(node, tls=client_context()).__aenter__()
        with pytest.raises(ClientError):
            await client_of(node, attempts=1).__aenter__()
        await node.stop()

    bounded(scenario())


def test_older_versions_of_tls_are_refused(tmp_path: Path, made: tuple[Path, Path]) -> None:
    older = ssl.create_default_context(cafile=made[0])
    older.maximum_version = ssl.TLSVersion.TLSv1_2

    async def scenario() -> None:
        node = await encrypted(tmp_path, made)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection(*node.address, ssl=older)
        await node.stop()

    bounded(scenario())


def test_who_begins_no_handshake_is_cut_off(
    tmp_path: Path, made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.server.node.HANDSHAKE_WITHIN", 0.1)

    async def scenario() -> None:
        node = await encrypted(tmp_path, made)
        reader, writer = await asyncio.open_connection(*node.address)
        async with asyncio.timeout(10):
            with suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()
        await node.stop()

    bounded(scenario())


def test_a_certificate_is_made_once_and_its_key_is_the_owners(made: tuple[Path, Path]) -> None:
    certificate, key = made
    assert key.stat().st_mode & 0o077 == 0
    before = certificate.read_bytes()
    assert self_signed(certificate.parent) == made
    assert certificate.read_bytes() == before


def test_files_that_are_no_certificate_or_not_private_are_refused(
    tmp_path: Path, made: tuple[Path, Path]
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.touch(mode=0o600)
    with pytest.raises(TlsError, match="wrong"):
        server_context(wrong, wrong)
    with pytest.raises(TlsError, match="wrong"):
        client_context(wrong)
    with pytest.raises(TlsError, match="missing"):
        server_context(made[0], tmp_path / "missing.pem")
    seen = tmp_path / "seen.pem"
    seen.write_bytes(made[1].read_bytes())
    seen.chmod(0o640)
    with pytest.raises(TlsError, match=f"chmod 600 {seen}"):
        server_context(made[0], seen)


@pytest.mark.parametrize(("host", "inside"), [
    ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
    ("0.0.0.0", False),  # noqa: S104
    ("::", False), ("10.0.0.1", False), ("", False), ("venue.example", False),
    ("localhost.example", False),
])  # fmt: skip
def test_what_is_reached_from_this_machine_alone(host: str, *, inside: bool) -> None:
    assert on_this_machine(host) is inside


@pytest.mark.parametrize(("host", "mode", "key", "encrypted", "plain", "problem"), [
    ("127.0.0.1", 0o600, "k", False, False, ""),
    ("127.0.0.1", 0o644, "k", False, False, "can be read by others: chmod 600"),
    ("127.0.0.1", 0o620, "", False, False, "can be read by others: chmod 600"),
    ("127.0.0.1", 0o646, "k", False, False, "written by others"),
    ("10.0.0.1", 0o600, "", False, False, "--plain-text"),
    ("10.0.0.1", 0o600, "", False, True, ""),
    ("10.0.0.1", 0o600, "", True, False, ""),
    ("10.0.0.1", 0o640, "", True, False, "can be read by others: chmod 600"),
    ("10.0.0.1", 0o604, "", False, True, "can be read by others: chmod 600"),
    ("10.0.0.1", 0o600, "k", True, False, "'a' has its key itself"),
])  # fmt: skip
def test_what_a_venue_must_have_to_face_other_machines(
    tmp_path: Path, host: str, mode: int, key: str, *, encrypted: bool, plain: bool, problem: str
) -> None:
    path = tmp_path / "accounts.toml"
    Directory((Credentials("a", key or verifier_of("k", "a").text()),)).write(path)
    path.chmod(mode)
    directory = Directory.read(path)
    if not problem:
        exposure.check(host, directory, encrypted=encrypted, plain_text=plain)
        return
    with pytest.raises(click.ClickException, match=problem):
        exposure.check(host, directory, encrypted=encrypted, plain_text=plain)


def test_a_file_that_says_that_its_keys_are_no_secret_is_for_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    write_private(path, 'public_keys = true\n[[account]]\nname = "a"\nkey = "k"\n')
    path.chmod(0o644)
    directory = Directory.read(path)
    exposure.check("127.0.0.1", directory, encrypted=False, plain_text=False)
    with pytest.raises(click.ClickException, match="for trials on one machine"):
        exposure.check("10.0.0.1", directory, encrypted=True, plain_text=False)
    path.chmod(0o646)
    with pytest.raises(click.ClickException, match="written by others"):
        exposure.check("127.0.0.1", directory, encrypted=False, plain_text=False)
    path.write_text("public_keys = 1\n", encoding="utf-8")
    with pytest.raises(AccountsError, match="public_keys: 1 is not true or false"):
        Directory.read(path)
