"""A study's manifest: all that is needed to run it again, and what it came to."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import os
import platform
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from backtest.lab.design import Design
from backtest.lab.identity import canonical, digest, versions
from backtest.lab.points import Keys, Point, StudyError
from engine.rulebook.model import RulebookError
from engine.rulebook.toml_codec import from_plain
from engine.vocabulary.texts import shown

if TYPE_CHECKING:
    from pathlib import Path

    from backtest.lab.people import Population
    from backtest.lab.study import Study

FORMAT: Final = 1


class Spent:
    """What a study was asked for, and what it took."""

    def __init__(self, seeds: int, measures: tuple[str, ...]) -> None:
        """Begin with nothing; so many seeds and these measures were asked for."""
        self.seeds, self.measures = seeds, measures
        self.made = self.found = self.commands = 0
        self.seconds = 0.0  # of all workers together, in their runs
        self.wall = 0.0

    def add(self, commands: int, seconds: float) -> None:
        """Count a run that was made."""
        self.made += 1
        self.commands += commands
        self.seconds += seconds


def manifest(study: Study, keys: Keys, spent: Spent, state: str) -> bytes:
    """Return the manifest of a study that is ``running`` or ``finished``, as JSON."""
    points, rulebooks, markets = [], {}, {}
    for point in study.points.values():
        market = digest(canonical(point.market))
        markets[market] = market_figures(point.market)
        rulebooks[point.design.digest] = point.design.plain()
        points.append(
            {
                "label": point.label,
                "design": point.name,
                "parameter": point.parameter,
                "rulebook": point.design.digest,
                "changes": point.design.changes,
                "market": market,
                "key": keys.points[point.label],
            }
        )
    told = {
        "format": FORMAT,
        "state": state,
        "result": study.digest if state == "finished" else None,
        "root": study.root,
        "seeds": study.seeds if state == "finished" else spent.seeds,
        "measures": spent.measures,
        "points": points,
        "markets": markets,
        "rulebooks": rulebooks,
        "sources": keys.sources,
        "versions": versions(),
        "runs": {"made": spent.made, "found": spent.found, "failed": len(study.failed)},
        "commands": study.commands,
        "commands_per_second": round(spent.commands / spent.seconds) if spent.seconds else None,
        "wall_seconds": round(spent.wall, 3),
        "written": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
        },
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def market_figures(market: Population) -> dict[str, Any]:
    """Return a market as JSON can say it; without figures where it cannot be made of them."""
    kind = type(market)
    told: dict[str, Any] = {"type": f"{kind.__module__}:{kind.__qualname__}"}
    if isinstance(market, msgspec.Struct):
        try:
            figures = msgspec.to_builtins(market)
            if msgspec.convert(figures, kind) == market:
                told["figures"] = figures
        except (TypeError, msgspec.ValidationError, NotImplementedError):
            pass
    return told


class Recipe(NamedTuple):
    """What a manifest asks for, and what it says came of it."""

    points: list[Point]
    root: int
    seeds: int
    measures: list[str]
    result: str | None
    keys: Keys  # as they were, of the runs in the folder
    versions: dict[str, str]


def read(path: Path) -> Recipe:
    """Return what a manifest asks for. Raises ``StudyError``."""
    try:
        told = json.loads(path.read_bytes())
        if told["format"] != FORMAT:
            message = f"{path}: a manifest of format {told['format']}; this version reads {FORMAT}"
            raise StudyError(message)
        markets = {key: _market(each, path) for key, each in told["markets"].items()}
        books = {key: from_plain(each) for key, each in told["rulebooks"].items()}
        points = [
            Point(
                each["label"],
                each["design"],
                each["parameter"],
                Design(books[each["rulebook"]], tuple(map(tuple, each["changes"]))),
                markets[each["market"]],
            )
            for each in told["points"]
        ]
        known = Keys({each["label"]: each["key"] for each in told["points"]}, told["sources"])
        return Recipe(
            points,
            told["root"],
            told["seeds"],
            told["measures"],
            told["result"],
            known,
            told["versions"],
        )
    except FileNotFoundError as error:
        message = f"{path}: there is none: name a study's folder"
        raise StudyError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError, RulebookError) as error:
        if isinstance(error, StudyError):
            raise
        message = f"{path}: no manifest of a study: {type(error).__name__}: {shown(error)}"
        raise StudyError(message) from error


def _market(told: dict[str, Any], path: Path) -> Population:
    name = told["type"]
    if "figures" not in told:
        message = f"{path}: the market {name} is no frozen Struct: run the study from Python again"
        raise StudyError(message)
    place, _, kind = name.partition(":")
    try:
        found: Any = importlib.import_module(place)
        for part in kind.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        message = f"{path}: the market {name} is not to be had: {error}"
        raise StudyError(message) from error
    market: Population = msgspec.convert(told["figures"], found)
    return market


__all__ = ["Recipe", "Spent", "manifest", "market_figures", "read"]
