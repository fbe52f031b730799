"""What tests of TLS need of the machine."""

from __future__ import annotations

import shutil

import pytest


def need_openssl() -> None:
    """Skip where no certificate can be made."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl is installed: apt-get install openssl")
