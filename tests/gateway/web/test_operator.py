"""The operator's part of the page: the key, the figures, a halt and a resumption with a reason."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from engine.vocabulary.enums import Phase
from gateway.client.errors import RejectedError
from gateway.web.operator import Operator, operator_key
from tests.support.browser import browser, needs_browser
from tests.support.venues import bounded, client_of, venue
from tests.support.web_pages import OPERATOR_KEY, keep, page, venue_with_page

if TYPE_CHECKING:
    from pathlib import Path


def test_the_key_is_drawn_once_and_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    key = operator_key(tmp_path)
    assert len(key) >= 32
    assert operator_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "operator.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("what", [None, [], {}, {"key": None}, {"key": ""}, {"key": "wrong"}])
def test_without_the_key_nothing_is_told_and_nothing_done(tmp_path: Path, what: Any) -> None:
    async def scenario() -> None:
        async with venue(tmp_path, durability="none") as node:
            given = what | {"phase": "halted", "reason": "x"} if isinstance(what, dict) else what
            answer = Operator(node, OPERATOR_KEY)(given)
            assert answer == ["operator", {"refused": "this is not the operator's key"}]
            assert node.sequencer.venue.phase("CO2") is Phase.CONTINUOUS
            assert node.observers == []

    bounded(scenario())


@pytest.mark.parametrize(
    "what",
    [{"phase": "closed"}, {"phase": 4}, {"symbol": 4}, {"reason": ""}, {"reason": "x" * 201},
     {"symbol": "NONE"}],
)  # fmt: skip
def test_a_wrong_halt_says_what_is_wrong(tmp_path: Path, what: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with venue(tmp_path, durability="none") as node:
            given = {"key": OPERATOR_KEY, "phase": "halted", "symbol": "CO2", "reason": "news"}
            answer = Operator(node, OPERATOR_KEY)(given | what)[1]
            assert answer["answer"]
            assert node.sequencer.venue.phase("CO2") is Phase.CONTINUOUS

    bounded(scenario())


def test_refusals_are_counted_by_reason(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path, durability="none") as (node, web),
            client_of(node) as alice,
            page(web) as reader,
        ):
            asks = json.dumps(["operator", {"key": OPERATOR_KEY}])
            await reader.socket.send(asks)
            await reader.until(lambda r: any(each[0] == "operator" for each in r.words))
            for _ in range(3):
                with pytest.raises(RejectedError):
                    await alice.sell("CO2", 10**7, price="50.00")
            await reader.socket.send(asks)
            await reader.until(
                lambda r: r.words[-1][0] == "operator" and r.words[-1][1]["refused_by"]
            )
            told = reader.words[-1][1]
            assert told["refused_by"] == {"quantity_range": 3}
            assert told["accounts"] == ["alice"]
            assert told["records"] == node.sequencer.seq

    bounded(scenario())


@needs_browser
def test_the_operator_halts_and_resumes_a_line_with_a_reason(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path / "venue", durability="none") as (node, web),
            client_of(node) as alice,
            browser(tmp_path / "profile") as tab,
        ):
            await tab.open(web.url)
            await tab.until("document.querySelector('#figure-phase')")
            await tab.value("document.querySelector('#operator details').open = true")
            await tab.type("#operator-reason", "news is expected")
            await tab.type("#operator-key", "wrong")
            await tab.click("#halt")
            answer = "document.querySelector('#operator-answer').innerText"
            await tab.until(f"{answer}.includes('not the operator')")
            await tab.type("#operator-key", OPERATOR_KEY)
            await tab.click("#halt")
            await tab.until("document.querySelector('#figure-phase').innerText === 'halted'")
            assert node.sequencer.venue.phase("CO2") is Phase.HALTED
            note = "document.querySelector('#centre-note').innerText"
            await tab.until(f"{note} === 'halted: news is expected'")
            await tab.click("#resume")
            await tab.until("document.querySelector('#figure-phase').innerText === 'continuous'")
            await tab.until("document.querySelector('#operator-records')")
            for step in range(30):
                await alice.sell("CO2", 1 + step, price=f"{51 + step % 5}.00")
            for name in ("latency", "tick", "sync"):
                said = await tab.value(f"document.querySelector('#operator-{name}').innerText")
                p50, p99 = said.removesuffix(" µs").replace(",", "").split(" / ")
                assert int(p50) <= int(p99)
            for name in ("recordsEach", "reportsEach", "second"):
                values = f"carbonx.operator.pictures.find((each) => each.name === '{name}').values"
                await tab.until(f"Math.max(...{values}) > 0")
                drawn = f"document.querySelector('#picture-{name} path').getAttribute('d')"
                assert (await tab.value(drawn)).count("L") == await tab.value(
                    f"{values}.length - 1"
                )
            assert await tab.value("document.querySelector('#operator-answer').innerText") == ""
            for step in range(400 if os.environ.get("CARBONX_PICTURES") else 0):  # to be seen
                await alice.sell("CO2", 1 + step, price=f"{51 + step % 5}.00")
                await asyncio.sleep(0.01 + step % 100 / 2_000)
            await tab.value("document.querySelector('#operator').scrollIntoView()")
            await keep(tab, "page-operator.png")
            assert tab.errors == []

    bounded(scenario())
