"""Fonts with Chinese are found, also where they were installed after matplotlib's first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from matplotlib import font_manager

from backtest.report.fonts import chinese_font

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    chinese_font.cache_clear()
    yield
    chinese_font.cache_clear()


def test_a_font_installed_after_the_list_was_made_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manager = font_manager.FontManager()
    plain = next(each for each in manager.ttflist if each.name == "DejaVu Sans")
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")

    def add(path: str) -> None:
        if path == str(broken):
            raise RuntimeError(path)
        manager.ttflist.append(font_manager.FontEntry(fname=path, name="Noto Sans SC"))

    manager.ttflist = [plain]
    monkeypatch.setattr(manager, "addfont", add)
    monkeypatch.setattr(font_manager, "fontManager", manager)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [plain.fname, str(broken), "new"])
    assert chinese_font() == "Noto Sans SC"
    assert [each.fname for each in manager.ttflist] == [plain.fname, "new"]


def test_without_such_a_font_the_name_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = font_manager.FontManager()
    manager.ttflist = [each for each in manager.ttflist if each.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager, "fontManager", manager)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    assert chinese_font() == ""
