"""``python -m tests.oracles [SIZE [NAME ...]]``: checks at full length, as a table; 1 if one fails.

A name is a section of the oracles, such as 1.6; without one all are run.
"""

from __future__ import annotations

import sys
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.oracles.checks import CHECKS

SIZE: Final = 20  # times the shortest runs


def main(size: int, names: list[str]) -> int:
    """Run checks; return the exit code."""
    table = Table("result", "oracle", "± s.e.", "run", "± s.e.", "distance", "verdict")
    failed = 0
    for name in names or CHECKS:
        for each in CHECKS[name](size):
            errors = (each.oracle_error**2 + each.run_error**2) ** 0.5
            apart = abs(each.run - each.oracle)
            failed += not each.holds
            table.add_row(
                each.name,
                f"{each.oracle:.6g}",
                f"{each.oracle_error:.2g}",
                f"{each.run:.6g}",
                f"{each.run_error:.2g}",
                f"{apart / errors:.1f} s.e." if errors else f"{apart:g}",
                "holds" if each.holds else "FAILS",
            )
            print(f"{each.name}: {'holds' if each.holds else 'FAILS'}", file=sys.stderr)  # noqa: T201
    Console(width=110).print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SIZE, sys.argv[2:]))
