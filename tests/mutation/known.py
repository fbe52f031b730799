"""Mutants that are known to behave as the source does, each with its reason.

They are listed in ``equivalent.toml`` by the lines that change and what they become, so that the
list outlives edits elsewhere in the module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

LIST: Final = Path(__file__).with_name("equivalent.toml")


class Mutant(msgspec.Struct, frozen=True):
    """A module with one change."""

    module: str
    line: int
    was: str  # the lines that change, without their indentation
    becomes: str
    source: str  # of the whole module, changed
    within: str = ""  # the function that the line is in, "" outside of all


class Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mutant that no test can catch."""

    module: str
    was: str
    becomes: str
    why: str
    within: str = ""  # the function, where the same lines stand in another one too


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list."""

    mutant: list[Equivalent]

    def reason(self, mutant: Mutant) -> str:
        """Return why a mutant is equivalent, "" where it is not known to be."""
        key = (mutant.module, mutant.was, mutant.becomes)
        return next(
            (
                each.why
                for each in self.mutant
                if (each.module, each.was, each.becomes) == key
                and each.within in {"", mutant.within}
            ),
            "",
        )


def known() -> Known:
    """Read the list."""
    return msgspec.toml.decode(LIST.read_text("utf-8"), type=Known)
