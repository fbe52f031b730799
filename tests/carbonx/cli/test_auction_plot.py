"""``carbonx auction show --plot``: the corners of the curves, and the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from carbonx.cli.auction_past import Held, read_auctions
from carbonx.cli.auction_plot import demand_line, draw, supply_line
from carbonx.testing.script import ScriptedVenue
from engine.log.journal import Journal
from engine.log.sequencer import Sequencer
from engine.rulebook import presets
from engine.venue.venue import Venue
from tests.scenarios.primary_auctions import PRIMARY
from tests.support.command_line import typed

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, name: str, extra: str = "") -> Path:
    """Write the log of the scenario of a preset."""
    scenario = next(each for each in PRIMARY if each.name.startswith(name))
    scripted = ScriptedVenue(scenario.phase, **scenario.rules)
    scripted.run(scenario.script + extra)
    rules = presets.load(scenario.rules["preset"])
    sequencer = Sequencer(Venue(rules), Journal.create(folder, rules, 1))
    for place, command in enumerate(scripted.given, 1):
        sequencer.submit(place, 0, command)
    sequencer.commit()
    sequencer.close()
    return folder


def auctions(folder: Path) -> list[Held]:
    return read_auctions(folder, lambda: None)[0]


def test_the_curves_have_every_bid_and_the_tiers_that_were_used(tmp_path: Path) -> None:
    released, withheld = auctions(written(tmp_path / "v", "rggi"))
    assert demand_line(released) == [
        (0, 2000),
        (75_000, 2000),
        (75_000, 1800),
        (100_000, 1800),
        (100_000, 1750),
        (108_000, 1750),
        (108_000, 1700),
        (117_000, 1700),
        (117_000, 0),
    ]
    assert supply_line(released) == [
        (100_000, 262),
        (100_000, 1703),
        (108_000, 1703),
        (108_000, 2_100),
    ]
    assert supply_line(withheld) == [
        (95_000, 262),
        (95_000, 786),
        (100_000, 786),
        (100_000, 945),
    ]
    assert sum(tonnes for _, tonnes in withheld.bids) == withheld.statement.demand


def test_bids_that_were_withdrawn_or_changed_are_drawn_as_they_stood(tmp_path: Path) -> None:
    more = """
        clock 12:00
        day 20251124
        clock 09:00
        bob bid 3 for 1000 @ 50.00
        bob bid 3 for 2000 @ 40.00
        dan bid 3 for 500 @ 45.00
        bob cancel 4
        bob amend 5 to 1500 @ 41.00
        clock 11:00
        clear 3
    """
    last = auctions(written(tmp_path / "v", "eu-auction", more))[-1]
    assert sorted(last.bids) == [(4_100, 1_500), (4_500, 500)]
    assert last.reserve == 1


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_is_written(tmp_path: Path, ending: str) -> None:
    folder, path = written(tmp_path / "v", "rggi"), tmp_path / f"a.{ending}"
    shown = typed("auction", "show", str(folder), "1", "--plot", str(path))
    assert shown.status == 0, shown.err
    assert path.read_bytes()[:4] in (b"\x89PNG", b"<?xm", b"%PDF")
    if ending == "svg":
        again = tmp_path / "b.svg"
        draw(auctions(folder)[0], again, 2)
        assert again.stat().st_size > 2_000


def test_an_auction_without_bids_is_drawn(tmp_path: Path) -> None:
    held = auctions(written(tmp_path / "v", "krx"))[0]
    empty = held._replace(bids=[], statement=_without(held.statement))
    assert demand_line(empty) == []
    draw(empty, tmp_path / "none.png", 0)
    assert (tmp_path / "none.png").stat().st_size > 2_000


def _without(statement: Any) -> Any:
    return msgspec.structs.replace(statement, sold=0, price=0, demand=0)


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    folder = str(written(tmp_path / "v", "california"))
    both = typed("auction", "show", folder, "1", "--plot", str(tmp_path / "a.png"))
    assert (both.status, "2 match" in both.err) == (1, True)
    one = typed(
        "auction", "show", folder, "1", "--line", "CCA-ADVANCE", "--plot", str(tmp_path / "a.png")
    )
    assert one.status == 0, one.err
    ending = typed(
        "auction", "show", folder, "1", "--line", "CCA-ADVANCE", "--plot", str(tmp_path / "a.txt")
    )
    assert (ending.status, "ends in .png" in ending.err) == (1, True)
    missing = typed("auction", "show", folder, "--line", "NO")
    assert (missing.status, "no auction of a calendar was cleared in NO" in missing.err) == (
        1,
        True,
    )
    away = typed(
        "auction",
        "show",
        folder,
        "1",
        "--line",
        "CCA-ADVANCE",
        "--plot",
        str(tmp_path / "no" / "a.png"),
    )
    assert (away.status, "No such file" in away.err) == (1, True)
