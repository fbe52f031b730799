"""A venue for clients that block."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.venues import start_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def threaded_venue(tmp_path: Path) -> Iterator[int]:
    """Run a venue in a thread of its own; give its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    node = asyncio.run_coroutine_threadsafe(start_node(tmp_path), loop).result(20)
    yield node.address[1]
    asyncio.run_coroutine_threadsafe(node.stop(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
