"""The sessions that flood a venue log on to it as its protocol asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.flooder import log_on
from engine.rulebook.presets import load as load_rulebook
from gateway.load.server import accounts
from gateway.server.accounts import Directory
from gateway.server.node import Node, Options
from tests.support.venues import bounded

if TYPE_CHECKING:
    from pathlib import Path


def test_a_session_logs_on_with_the_right_key_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        directory = Directory(accounts(2, ["CO2"]))
        node = Node.open(tmp_path, load_rulebook("textbook"), directory, Options(durability="none"))
        await node.start()
        _, port = node.address
        _, writer, logged_on = await log_on(port, 1)
        assert [line.symbol for line in logged_on.lines] == ["CO2"]
        writer.close()
        with pytest.raises(ConnectionError, match="load-0 was not let in"):
            await log_on(port, 0, "a wrong key")
        await node.stop()

    bounded(scenario())
