"""What a test needs of the system it runs on."""

from typing import Final

import pytest

from gateway.runtime.event_loop import has_unix_sockets

unix_sockets: Final = pytest.mark.skipif(
    not has_unix_sockets(), reason="this system has no unix sockets"
)
