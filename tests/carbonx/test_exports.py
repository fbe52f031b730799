"""What is exported is what is documented, typed, and what its examples show works."""

from __future__ import annotations

import contextlib
import importlib
import io
import re

import pytest

from tests.support.paths import ROOT

DOCUMENT = (ROOT / "docs" / "sdk.md").read_text("utf-8")
MODULES = ["carbonx", "carbonx.testing"]


def documented(module: str) -> list[str]:
    """Return the names in a module's table."""
    section = DOCUMENT.split(f"## `{module}`\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


@pytest.mark.parametrize("module", MODULES)
def test_what_is_exported_is_what_is_documented(module: str) -> None:
    found = importlib.import_module(module)
    assert sorted(documented(module)) == sorted(found.__all__)
    assert found.__all__ == sorted(found.__all__)
    for name in found.__all__:
        assert getattr(found, name).__doc__, name


def test_everything_public_is_exported() -> None:
    for module in MODULES:
        found = vars(importlib.import_module(module))
        public = {
            name
            for name, value in found.items()
            if not name.startswith("_") and type(value).__name__ != "module"
        }
        modules = {name for name in found["__all__"] if type(found[name]).__name__ == "module"}
        assert public | modules == set(found["__all__"]), module


@pytest.mark.parametrize("package", ["carbonx", "engine", "gateway", "backtest"])
def test_types_are_shipped(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()


def test_the_examples_without_a_server_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    offline = [block for block in blocks if "7117" not in block]
    assert offline
    for block in offline:
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            exec(compile(block, "docs/sdk.md", "exec"), {})  # noqa: S102 - the document's own
        assert shown.getvalue()
