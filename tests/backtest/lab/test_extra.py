"""Without its extra the laboratory says in one line what to install."""

import subprocess
import sys

from tests.support.paths import ROOT

HIDDEN = """
import sys
sys.modules["polars"] = sys.modules["scipy"] = None
try:
    from carbonx import lab
except ImportError as error:
    print(error)
import carbonx.main
"""


def test_what_is_missing_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDDEN], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wanted = "the laboratory needs scipy, polars: pip install 'carbonx-exchange[lab]'\n"
    assert done.stdout == wanted
