"""A log under other rules: what is given to them, and what is said of the difference."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from backtest.tapes.differences import facts
from backtest.tapes.other_rules import under
from engine.log.journal import Journal
from engine.log.sequencer import Sequencer
from engine.rulebook.presets import find
from engine.rulebook.toml_codec import from_toml
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    AdvanceTime,
    AmendRulebook,
    BeginDay,
    NewOrder,
    OpenAccount,
    Pick,
    SetPhase,
)
from engine.vocabulary.enums import Phase, Side
from tests.support.command_line import typed
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command

BOOK = find("textbook")
SECOND = 10**9
OPENING: list[tuple[int, Command]] = [
    (0, BeginDay(20250102)),
    *((0, OpenAccount(name, cash=10**9, allowances=(("CO2", 1000),))) for name in "ab"),
    (1, SetPhase(Phase.CONTINUOUS)),
]
DAY: list[tuple[int, Command]] = [
    *OPENING,
    (2 * SECOND, NewOrder("a", 1, "CO2", Side.SELL, 10, 5000)),
    (3 * SECOND, NewOrder("b", 1, "CO2", Side.BUY, 4, 5600)),
    (4 * SECOND, NewOrder("b", 2, "CO2", Side.BUY, 4, 5200)),
    (20 * SECOND, AdvanceTime(20 * SECOND)),
    (21 * SECOND, SetPhase(Phase.CLOSED)),
]


def log(folder: Path, commands: list[tuple[int, Command]], rulebook: Rulebook = BOOK) -> Venue:
    """Write a log and return its venue."""
    venue = Venue(rulebook)
    sequencer = Sequencer(venue, Journal.create(folder, rulebook, 0, "none"))
    for time, command in commands:
        sequencer.submit(time, 0, command)
    sequencer.close()
    return venue


def text_of(**figures: object) -> str:
    """Return the textbook's rules with figures of its only mode."""
    text = (ROOT / "engine/rulebook/presets/textbook.toml").read_text("utf-8")
    mode = [f"{name} = {json.dumps(value)}" for name, value in figures.items()]
    return "\n".join([text, "[[modes]]", 'name = "continuous"', *mode, ""])


def rules(**figures: object) -> Rulebook:
    return from_toml(text_of(**figures))


LIMITS: dict[str, object] = {"limit_up_bp": 1000, "limit_down_bp": 1000}


def test_its_own_rules_come_to_the_same_state(tmp_path: Path) -> None:
    amended = [*DAY, (22 * SECOND, AmendRulebook("modes[continuous].limit_up_bp", "500"))]
    venue = log(tmp_path, [*amended, (23 * SECOND, BeginDay(20250103))])
    found = facts(under(tmp_path, BOOK))
    assert found["state"] == {"log": venue.state_hash(), "other": venue.state_hash()}
    assert found["same_trades"]
    assert found["first_difference"] is None
    assert found["left_out"] == found["missing_lines"] == {}


def test_a_narrower_limit_refuses_an_order(tmp_path: Path) -> None:
    log(tmp_path, DAY)
    retrial = under(tmp_path, rules(**LIMITS))
    found = facts(retrial)
    assert not found["same_trades"]
    first = found["first_difference"]
    assert first["trade"] == 1
    assert first["log"]["time"] == 3 * SECOND
    assert first["other"]["time"] == 4 * SECOND
    line = {
        "trades": 2,
        "tonnes": 8,
        "value": 40000,
        "mean": 5000,
        "low": 5000,
        "high": 5000,
        "last": 5000,
    }
    assert found["lines"]["log"] == {"CO2": line}
    assert found["lines"]["other"] == {"CO2": line | {"trades": 1, "tonnes": 4, "value": 20000}}
    assert found["accounts"]["log"]["b"] == {
        "commands": 2,
        "refused": 0,
        "bought": 8,
        "sold": 0,
        "paid": 40000,
    }
    assert found["accounts"]["other"]["b"] == {
        "commands": 2,
        "refused": 1,
        "bought": 4,
        "sold": 0,
        "paid": 20000,
    }
    assert found["accounts"]["other"]["a"]["paid"] == -20000
    assert found["refusals"] == {"log": {}, "other": {"price_limit": 1}}


def test_continuous_trading_becomes_batches(tmp_path: Path) -> None:
    """They end at their own times, although the log has no command then."""
    log(tmp_path, DAY)
    retrial = under(tmp_path, rules(batch_seconds=5))
    assert {
        type(event).__name__: time
        for time, _, events in retrial.other.tape
        for event in events
        if type(event).__name__ == "AuctionTrade"
    } == {"AuctionTrade": 5 * SECOND}
    found = facts(retrial)
    assert found["lines"]["other"]["CO2"]["tonnes"] == 8
    assert found["lines"]["other"]["CO2"]["trades"] == 2


def test_amendments_and_lines_of_the_old_rules_are_said(tmp_path: Path) -> None:
    commands = [*DAY[:4], (5, AmendRulebook("modes[continuous].limit_up_bp", "500")), *DAY[4:]]
    log(tmp_path, commands)
    guangdong = find("guangdong")
    found = facts(under(tmp_path, guangdong))
    assert found["left_out"] == {
        "accounts' allowances of products that are not there": 2,
        "amendments of the old rulebook": 1,
        "phases, which the new timetable has": 2,
    }
    assert found["missing_lines"] == {"CO2": 3}
    assert found["refusals"]["other"] == {"unknown_symbol": 3}
    assert found["phases"] == "timetable"
    by_log = facts(under(tmp_path, guangdong, "log"))
    assert by_log["phases"] == "log"
    assert "phases, which the new timetable has" not in by_log["left_out"]


def test_an_offer_is_picked_by_the_number_that_it_has_here(tmp_path: Path) -> None:
    """The first listing is refused under the new limit, so the second is number 1 there."""
    listing = rules(mechanism="listing")
    commands: list[tuple[int, Command]] = [
        *OPENING,
        (2, NewOrder("a", 1, "CO2", Side.SELL, 10, 6000)),
        (3, NewOrder("a", 2, "CO2", Side.SELL, 10, 5000)),
        (4, Pick("b", 1, "CO2", 2, 10)),
        (5, Pick("b", 2, "CO2", 1, 3)),
    ]
    log(tmp_path, commands, listing)
    found = facts(under(tmp_path, rules(mechanism="listing", **LIMITS)))
    assert found["lines"]["log"]["CO2"]["tonnes"] == 13
    assert found["lines"]["other"]["CO2"]["tonnes"] == 10
    assert found["lines"]["other"]["CO2"]["last"] == 5000


def replayed(*words: str) -> Any:
    answer = typed("replay", *words)
    assert answer.status == 0, answer.err
    return answer.out


def test_the_verb_tells_it_in_80_columns_and_in_json(tmp_path: Path) -> None:
    log(tmp_path / "log", DAY)
    mine = tmp_path / "mine.toml"
    mine.write_text(text_of(**LIMITS), "utf-8")
    text = replayed(str(tmp_path / "log"), "--under", str(mine))
    assert all(len(line) <= 80 for line in text.splitlines())
    for words in (
        "the trades differ from trade 1 on",
        "refused, price_limit: 0, then 1",
        "phases are those of the log",
    ):
        assert words in text
    found = json.loads(replayed(str(tmp_path / "log"), "--under", str(mine), "--json"))
    assert found["lines"]["other"]["CO2"]["tonnes"] == 4
    assert "the trades are the same" in replayed(str(tmp_path / "log"), "--under", "textbook")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--under", "nosuch"], "there is no rulebook 'nosuch'"),
        (["--under", "textbook", "--verify", "0" * 64], "leave out --under"),
        (["--phases", "log"], "name a rulebook"),
    ],
)
def test_wrong_words_are_told(words: list[str], said: str, tmp_path: Path) -> None:
    log(tmp_path / "log", DAY)
    answer = typed("replay", str(tmp_path / "log"), *words)
    assert answer.status in {1, 2}
    assert said in answer.err
