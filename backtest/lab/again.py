"""A study run again from its manifest: the same, or what differs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backtest.lab.compare import run_points
from backtest.lab.identity import versions
from backtest.lab.manifest import read
from backtest.lab.points import keys
from backtest.lab.store import MANIFEST, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from backtest.lab.manifest import Recipe
    from backtest.lab.study import Study
    from backtest.lab.workers import Jobs


class Again(NamedTuple):
    """What came of running a study again."""

    study: Study
    result: str | None  # what the manifest says; none where the study was not finished
    differs: list[str]  # what went in or came out otherwise

    @property
    def same(self) -> bool:
        """Whether the result is the manifest's."""
        return self.result == self.study.digest


def recipe(folder: str | Path) -> Recipe:
    """Return what a study's folder asks for. Raises ``StudyError``."""
    return read(Path(folder) / MANIFEST)


def again(
    folder: str | Path, *, jobs: Jobs = 1, progress: Callable[[], object] = lambda: None
) -> Again:
    """Make every run of a study again and compare. Nothing in the folder changes.

    Raises ``StudyError`` where there is no manifest, or one that cannot be run from.
    """
    asked = recipe(folder)
    differs = _inputs(asked)
    study = run_points(
        asked.points,
        seeds=asked.seeds,
        root=asked.root,
        jobs=jobs,
        folder=None,
        measures=asked.measures,
        precision=None,
        progress=progress,
    )
    if asked.result != study.digest:
        differs += _runs(asked, study, Path(folder))
    return Again(study, asked.result, differs)


def _inputs(asked: Recipe) -> list[str]:
    """Say which code and libraries are others than they were."""
    here = keys(asked.points, asked.root, asked.measures).sources
    return [
        f"{kind} {name}: {was.get(name, 'none')[:16]} then, {now.get(name, 'none')[:16]} now"
        for kind, was, now in (
            ("version", asked.versions, versions()),
            ("source", asked.keys.sources, here),
        )
        for name in dict.fromkeys([*was, *now])
        if was.get(name) != now.get(name)
    ]


def _runs(asked: Recipe, study: Study, folder: Path) -> list[str]:
    """Say which runs came out otherwise than the folder has them."""
    store = Store(folder)
    found = []
    for (seed, label), now in study.digests.items():
        run = store.find(asked.keys.of(label, asked.root, seed))
        if run is None:
            found.append(f"{label}, seed {seed}: its run is not in the folder")
        elif run.digest != now:
            found.append(f"{label}, seed {seed}: {_values(run.values, study, label, seed)}")
    return found


def _values(then: Mapping[str, float | None], study: Study, label: str, seed: int) -> str:
    for name, value in then.items():
        now = study.values(label, name).get(seed) if name in study.names else None
        if now != value:
            return f"{name} was {value} and is {now}"
    return "other trades"


__all__ = ["Again", "again", "recipe"]
