"""Order books that a Python user would otherwise install, behind one interface.

They are an optional extra: ``pip install 'carbonx-exchange[peers]'``. Each module here has a
``prepare`` like the engine's own driver, so that a peer works off the same messages: one report for
each message and one for each fill. What a peer cannot do by itself its adapter does for it, in the
way that costs the peer least; its ``NOTES`` say what. A peer's reports are compared with the
reference book's before any time is printed, so that no peer is timed at less than the whole work.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from benchmarks.measure import Prepare
    from benchmarks.messages import Report
    from benchmarks.workloads import Workload


class Peer(NamedTuple):
    """One peer: the distribution's name, its adapter, and what to know about it."""

    name: str
    version: str
    pure: bool  # written in Python alone
    prepare: Prepare
    notes: str


_ADAPTERS: Final = (
    ("akhil4n-orderbook", "akhil4n", True),
    ("lightmatchingengine", "light", True),
    ("pyorderbook", "pyorderbook_", True),
    ("bourse", "bourse_", False),
)


def installed() -> tuple[list[Peer], list[str]]:
    """Return the peers that are installed here, and the names of those that are not."""
    found, missing = [], []
    for name, module, pure in _ADAPTERS:
        try:
            number = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        adapter = import_module(f"benchmarks.peers.{module}")
        found.append(Peer(name, number, pure, adapter.prepare, adapter.NOTES))
    return found, missing


def difference(peer: Peer, workload: Workload, right: list[Report]) -> str:
    """Return "" when a peer makes the right reports, else where it first does not."""
    made = peer.prepare(workload)()
    if made == right:
        return ""
    pairs = enumerate(zip(made, right, strict=False))
    index = next((i for i, (a, b) in pairs if a != b), min(len(made), len(right)))
    return (
        f"report {index + 1} of {len(right)} differs: "
        f"{made[index : index + 1]} for {right[index : index + 1]}, {len(made)} in all"
    )
