"""The frames of auctions in which others than their initiator sell, and not everybody pays."""

from __future__ import annotations

import polars as pl
import pytest

from backtest.frames.log_frames import frames
from carbonx.testing.script import Scenario, ScriptedVenue
from engine.log.records import Record, log_pieces
from engine.vocabulary import events as e
from tests.scenarios.consignments import CONSIGNED
from tests.scenarios.discretion import DISCRETION
from tests.scenarios.guarantees import GUARANTEED

STORIES = (*CONSIGNED, *DISCRETION, *GUARANTEED)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_frames_have_all_trades_and_every_order_that_was_one(story: Scenario) -> None:
    scripted = ScriptedVenue(story.phase, **story.rules)
    scripted.run(story.script)
    records = [Record(seq, seq, 0, command) for seq, command in enumerate(scripted.given, 1)]
    found = frames(b"".join(log_pieces(scripted.venue.genesis, 0, records, 0)))
    trades = [each for each in scripted.seen if isinstance(each, e.Trade)]
    assert found.trades["quantity"].to_list() == [each.quantity for each in trades]
    accepted = [each for each in scripted.seen if isinstance(each, e.OrderAccepted)]
    assert sorted(found.orders.select("account", "ref").rows()) == sorted(
        (each.account, each.ref) for each in accepted
    )
    assert found.orders.filter(pl.col("ref") == 0).is_empty()
    unpaid = [
        each
        for each in scripted.seen
        if isinstance(each, e.OrderCancelled) and each.reason.name == "UNPAID"
    ]
    assert found.orders.filter(pl.col("end") == "unpaid").height == len(unpaid)


def test_the_stories_have_what_is_looked_for() -> None:
    text = "".join(story.script for story in STORIES)
    assert "#0(" in text
    assert "UNPAID" in text
