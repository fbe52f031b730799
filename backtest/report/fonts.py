"""Fonts with Chinese, for labels in pictures."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Final

from matplotlib import font_manager

# What systems come with; the first that is there is taken.
_CJK: Final = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "Noto Sans CJK JP", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "Microsoft YaHei", "SimHei",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Noto Sans Mono CJK SC", "Arial Unicode MS",
)  # fmt: skip


@cache
def chinese_font() -> str:
    """Return the name of an installed font that has Chinese, "" where there is none.

    matplotlib keeps a list of the fonts that were there when it was first used; one that was
    installed since, as a warning of ours may have asked for, is added here.
    """
    return _known() or _newly_installed()


def _known() -> str:
    names = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in _CJK if name in names), "")


def _newly_installed() -> str:
    manager = font_manager.fontManager
    listed = {entry.fname for entry in manager.ttflist}
    for path in sorted(font_manager.findSystemFonts()):
        if path not in listed:
            with suppress(OSError, RuntimeError):  # no font, or one that cannot be read
                manager.addfont(path)
    return _known()
