"""``carbonx auction show``: statements are read from a log, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from engine.log.journal import Journal
from engine.log.sequencer import Sequencer
from engine.venue.venue import Venue
from engine.vocabulary.json_codec import command_from_line
from tests.support.command_line import typed
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

from engine.rulebook.toml_codec import from_toml


def test_statements_are_read_from_a_log(tmp_path: Path) -> None:
    rules = from_toml((ROOT / "examples" / "decrement.toml").read_text("utf-8"))
    folder = tmp_path / "v"
    sequencer = Sequencer(Venue(rules), Journal.create(folder, rules, 1))
    lines = (ROOT / "examples" / "every_command.jsonl").read_text("utf-8").splitlines()
    for place, line in enumerate(lines, 1):
        if line.startswith("{"):
            sequencer.submit(place, 0, command_from_line(line))
    sequencer.commit()
    sequencer.close()
    shown = typed("auction", "show", str(folder))
    assert "CO2@auction, auction 2 of 20210629" in shown.out
    assert "25 of 25 offered (sold)" in shown.out
    (found,) = typed("auction", "show", str(folder), "2", "--json").out.splitlines()
    assert json.loads(found)["price"] == 4860
    missing = typed("auction", "show", str(folder), "9")
    assert missing.status == 1
    assert "no auction 9" in missing.err
