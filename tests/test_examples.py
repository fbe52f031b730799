"""The files of ``examples/modes``: each runs, and what it announces is what happens.

A line ``#> {...}`` in a file names an event: the fields that it has are those of the next event of
that kind, and between two such lines no event of the kinds that a file names is passed over.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.rulebook import presets
from engine.rulebook.toml_codec import from_toml
from engine.vocabulary.enums import Mechanism
from gateway.cli.match_file import read_json_lines, run
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from engine.rulebook.model import Rulebook

FILES = sorted((ROOT / "examples" / "modes").glob("*.jsonl"))


def book_of(lines: list[str]) -> Rulebook:
    name = next(line for line in lines if line.startswith("# rulebook: ")).split(": ")[1]
    if name.endswith(".toml"):
        return from_toml((ROOT / name).read_text(encoding="utf-8"))
    return presets.load(name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_an_example_announces_happens(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    book = book_of(lines)
    venue, told = run(book, read_json_lines(lines, book.minor_digits))
    happened = [json.loads(line) for line in told]
    venue.check()
    wanted = [json.loads(line[2:]) for line in lines if line.startswith("#>")]
    kinds = {each["type"] for each in wanted} - {"day_closed", "auction_indicated"}
    seen = [event for event in happened if event["type"] in kinds]
    expected = [each for each in wanted if each["type"] in kinds]
    assert [{k: event[k] for k in each} for event, each in zip(seen, expected, strict=True)] == (
        expected
    )
    for each in wanted:
        assert any(each.items() <= event.items() for event in happened), each


def test_every_mechanism_has_an_example() -> None:
    shown = set()
    for path in FILES:
        lines = path.read_text(encoding="utf-8").splitlines()
        venue, told = run(book_of(lines), read_json_lines(lines, book_of(lines).minor_digits))
        for event in (json.loads(line) for line in told):
            if event["type"] in ("trade", "auction_trade"):
                shown.add(venue.markets[event["symbol"]].mode.mechanism)
    assert shown == set(Mechanism)
