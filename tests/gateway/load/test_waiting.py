"""``carbonx load`` at a venue that starts later, and that speaks TLS."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING

from engine.rulebook.presets import load as load_rulebook
from gateway.runtime.tls import self_signed, server_context
from gateway.server.accounts import Directory
from gateway.server.node import Node, Options
from gateway.server.recovering import Recovering
from tests.gateway.load.test_load import load
from tests.support.openssl import need_openssl
from tests.support.venues import ACCOUNTS, free_port

if TYPE_CHECKING:
    from pathlib import Path


def test_a_venue_that_starts_later_and_speaks_tls_is_waited_for(tmp_path: Path) -> None:
    need_openssl()
    file, port = tmp_path / "accounts.toml", free_port()
    Directory(ACCOUNTS).write(file)
    pair = self_signed(tmp_path)
    there = ["--port", str(port), "--accounts", str(file), "-n", "200"]

    async def scenario() -> None:
        words = [*there, "--tls", str(pair[0]), "--wait", "30", "--json"]
        waiting = asyncio.create_task(asyncio.to_thread(load, *words))
        await asyncio.sleep(0.3)  # nobody is there
        with (
            socket.create_server(("127.0.0.1", port)) as listening,
            Recovering([listening], server_context(*pair)),
        ):
            await asyncio.sleep(0.5)
        node = Node.open(
            tmp_path / "venue",
            load_rulebook("textbook"),
            Directory(ACCOUNTS),
            Options(port=port, opens=True, durability="none"),
        )
        node.tls = server_context(*pair)
        await node.start()
        found = await waiting
        assert (found.exit_code, json.loads(found.stdout)["sent"]) == (0, 200), found.output
        plain = await asyncio.to_thread(load, *there)
        assert plain.exit_code == 1
        assert "--tls FILE" in plain.output
        other = str(self_signed(tmp_path / "other")[0])
        wrong = await asyncio.to_thread(load, *there, "--tls", other, "--wait", "30")
        assert wrong.exit_code == 1, "and is not waited for"
        assert "certificate that is not trusted" in wrong.output
        await node.stop()

    asyncio.run(scenario())
