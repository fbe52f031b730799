"""Which tests run against a mutant, and in which order: those that are likely to catch it first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

SCENARIOS: Final = "tests/scenarios/test_scenarios.py"
MACHINE: Final = "tests/engine/venue/test_rule_machine.py"
ENGINE: Final = (  # each room's own tests come before these; those that see most are first
    SCENARIOS, "tests/engine/venue/", "tests/engine/markets/", "tests/engine/",
)  # fmt: skip
GATEWAY: Final = (
    "tests/gateway/server/test_core.py", "tests/gateway/protocol/", "tests/gateway/server/",
    "tests/gateway/client/",
)  # fmt: skip
LATE: Final = (  # they take seconds
    MACHINE,
    "tests/engine/test_compilable.py",
    "tests/gateway/server/test_crash.py",
)


def suite(root: Path, module: str) -> list[str]:
    """Return the test files of a module's package, those of its own room first."""
    package, room = module.split("/")[:2]
    every = (path.relative_to(root).as_posix() for path in sorted(root.glob("tests/**/test_*.py")))
    order = (f"tests/{package}/{room}/", *(ENGINE if package == "engine" else GATEWAY))

    def rank(name: str) -> int:
        return next((at for at, start in enumerate(order) if name.startswith(start)), -1)

    files = [name for name in every if rank(name) >= 0]
    return sorted(files, key=lambda name: (name in LATE, rank(name)))
