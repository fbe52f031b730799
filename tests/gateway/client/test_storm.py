"""Clients on a hostile link to a venue that is killed: see ``tests.support.storm``.

Each storm is a process of its own in Python's development mode, in which a warning, a task, a
descriptor or a thread that is left is an error. ``CARBONX_DEEP`` runs more and longer ones.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Final

import pytest

from tests.support.paths import ROOT

DEEP: Final = bool(os.environ.get("CARBONX_DEEP"))
SEEDS: Final = range(1, 31) if DEEP else (1,)
SECONDS: Final = 6.0 if DEEP else 1.5


@pytest.mark.parametrize("seed", SEEDS)
def test_every_future_ends_right_and_nothing_is_lost_doubled_or_left(seed: int) -> None:
    mode = [sys.executable, "-X", "dev", "-W", "error", "-m", "tests.support.storm"]
    done = subprocess.run(
        [*mode, str(seed), str(SECONDS)],
        capture_output=True,
        text=True,
        timeout=280,
        cwd=ROOT,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert re.search(r"'answered': \d\d", done.stdout), done.stdout
