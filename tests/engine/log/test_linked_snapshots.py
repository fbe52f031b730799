"""Linked venues that start from snapshots: venues and messages are those of their whole logs.

``CARBONX_DEEP`` is the number of random histories.
"""

from __future__ import annotations

import os
import shutil
from random import Random
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.log import snapshot as snapshots
from engine.log.federation_log import Follower
from engine.log.journal import JournalError
from engine.log.sequencer import replay
from engine.venue.federation import Federation
from engine.venue.link_news import PART
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import LinkKind, Phase, RejectReason, Side
from engine.vocabulary.link_commands import CarryIn, CarryInRefused
from tests.engine.log.test_federation_log import (
    NAMES,
    Doomed,
    KilledError,
    checked,
    logs,
)
from tests.engine.venue.test_federation import order
from tests.support import regions

if TYPE_CHECKING:
    from pathlib import Path

    from engine.log.federation_log import FederationLog
    from engine.log.records import Record

NEVER: Final = 10**9
HISTORIES: Final = int(os.environ.get("CARBONX_DEEP", "0")) or 6


def of_whole_logs(directory: Path) -> Federation:
    """Return the venues, and what is between them, as their whole logs alone have it."""
    venues, news = {}, {}
    for name in NAMES:
        follower = Follower()
        venues[name] = replay(directory / name, follower.absorb).venue
        news[name] = follower.news
    found = Federation(venues, news=news)
    found.hold()
    for name in NAMES:
        found.confirm(name)
    return found


def same(log: FederationLog, directory: Path) -> None:
    """See that a running federation is what the whole logs of its venues say."""
    log.commit()
    whole = of_whole_logs(directory)
    for name in NAMES:
        venue, news = log.federation.venues[name], log.federation.news[name]
        assert venue.state_hash() == whole.venues[name].state_hash()
        assert news.guests == whole.news[name].guests
        assert news.orders == whole.news[name].orders
        assert news.refused == whole.news[name].refused
        assert [(link, sent) for link, sent in sorted(news.sent.items()) if sent] == [
            (link, sent) for link, sent in sorted(whole.news[name].sent.items()) if sent
        ]


def records(directory: Path) -> dict[str, list[Record]]:
    """Return all that the logs have."""
    found: dict[str, list[Record]] = {name: [] for name in NAMES}
    for name, kept in found.items():
        replay(directory / name, lambda record, _, kept=kept: kept.append(record))  # type: ignore[misc]
    return found


def let_go(log: FederationLog) -> None:
    """End a process: what was not durable is gone."""
    for each in log.sequencers.values():
        assert each.journal is not None
        each.journal.buffer.clear()
        each.journal.close()


def opened(directory: Path) -> Doomed:
    """Open the logs again, and the whole of them elsewhere: both deliver the same."""
    aside = directory.parent / f"{directory.name}.whole"
    shutil.copytree(directory, aside)
    for name in NAMES:
        for path in snapshots.paths(aside / name):
            path.unlink()
    log, whole = Doomed.open(directory, "none"), Doomed.open(aside, "none")
    assert isinstance(log, Doomed)
    whole.close()
    assert records(directory) == records(aside)
    shutil.rmtree(aside)
    for name, each in log.sequencers.items():
        there = snapshots.paths(directory / name)
        assert each.snapshot == (there[0] if there else None)
    same(log, directory)
    return log


@given(
    seed=st.integers(0, 10**9),
    kind=st.sampled_from((LinkKind.ROUTING, LinkKind.SHARED)),
    segment=st.sampled_from((1_000, 1 << 26)),
)
@settings(max_examples=HISTORIES, deadline=None)
def test_starts_from_snapshots_anywhere_are_starts_from_the_whole_logs(
    seed: int, kind: LinkKind, segment: int
) -> None:
    random = Random(seed)
    used: dict[str, int] = {}
    with logs(kind) as (first, directory):
        log = first
        for life in range(5):
            log.left = random.choice((NEVER, random.randrange(200)))
            try:
                for time, (name, command) in enumerate(
                    regions.flow(random, NAMES, 2, 30, used), 3 + 30 * life
                ):
                    journal = log.sequencers[name].journal
                    assert journal is not None
                    journal.segment_size = segment
                    log.submit(time, 0, name, command)
                    if random.random() < 0.3:
                        log.commit()
                    if random.random() < 0.1:  # as a process beside the venue does
                        log.snapshot(random.choice(NAMES))
                    if random.random() < 0.05:
                        log.restart(random.choice(NAMES))
            except KilledError:
                log.left = NEVER
                if random.random() < 0.5:
                    log.snapshot(random.choice(NAMES))
                let_go(log)
            else:
                if random.random() < 0.5:
                    log.close()
                else:
                    let_go(log)
            log = opened(directory)
        checked(log, directory)
        log.close()


def test_a_message_that_was_cut_off_is_delivered_from_a_snapshot() -> None:
    delivered = places = 0
    for left in range(100):
        with logs() as (log, directory):
            log.submit(5, 0, "gd", order("gd0", 1, Side.SELL, 10, 100))
            log.commit()
            log.left = left
            try:
                log.submit(6, 0, "sz", order("sz0", 1, Side.BUY, 10, 105))
                log.commit()
            except KilledError:
                places += 1
            else:
                break
            log.left = NEVER
            for name in NAMES:
                log.snapshot(name)
            let_go(log)
            before = {name: len(each) for name, each in records(directory).items()}
            now = opened(directory)
            checked(now, directory)
            bought = now.federation.venues["sz"].allowances("sz0", "SZA")[0] - 1_000
            assert bought in (0, 10)
            delivered += bool(bought) and now.sequencers["sz"].seq == before["sz"] + 1
            now.close()
    assert places > 10
    assert delivered > 2, "some of it was on the way when the snapshots were taken"


def test_a_snapshot_keeps_no_more_than_what_may_be_delivered() -> None:
    with logs(LinkKind.SHARED) as (log, directory):
        for time, (name, command) in enumerate(regions.flow(Random(1), NAMES, 2, 200), 3):
            log.submit(time, 0, name, command)
        log.commit()
        for name in NAMES:
            log.snapshot(name)
            parts = Follower().parts
            (found,) = [snapshots.read(path, parts) for path in snapshots.paths(directory / name)]
            assert all(end.sent > 10 for end in found.venue.links.ends.values())
            assert not any(found.parts[PART].sent.values())
            assert found.parts[PART].guests.keys() <= set(found.venue.accounts)


def test_logs_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    with logs(LinkKind.SHARED) as (log, directory):
        log.commit()
        shutil.copytree(directory, tmp_path / "before")
        log.submit(6, 0, "sz", order("sz0", 1, Side.BUY, 10, 105))
        log.commit()
        log.snapshot("sz")
        log.close()
        for name, says in (
            ("gd", "gd lacks message 1 of sz-gd, which it had taken by sz's snapshots"),
            ("sz", "sz has sent 0 messages over sz-gd, and gd has taken 1"),
        ):
            copy = tmp_path / f"an earlier {name}"
            shutil.copytree(directory, copy)
            shutil.rmtree(copy / name)
            shutil.copytree(tmp_path / "before" / name, copy / name)
            with pytest.raises(JournalError, match=says):
                Doomed.open(copy)
        for path in snapshots.paths(tmp_path / "an earlier gd" / "sz"):
            path.unlink()
        again = Doomed.open(tmp_path / "an earlier gd", "none")  # as the message says
        assert again.federation.venues["gd"].depth("GDA", Side.BUY) == [(105, 10)]
        again.close()
        shutil.rmtree(tmp_path / "an earlier gd" / "gd")
        with pytest.raises(JournalError, match="is linked with gd, which is not here"):
            Doomed.open(tmp_path / "an earlier gd")


def test_what_happened_to_a_guests_order_is_said_at_home_behind_a_snapshot() -> None:
    with logs(LinkKind.SHARED) as (log, directory):
        log.submit(6, 0, "sz", order("sz0", 1, Side.BUY, 10, 105))
        log.commit()
        there = log.sequencers["gd"]
        there.submit(7, 0, order("gd0", 1, Side.SELL, 4, 105))  # and no word of it goes home
        there.commit()
        log.snapshot("gd")
        let_go(log)
        now = opened(directory)
        checked(now, directory)
        (back,) = [each.command for each in records(directory)["sz"] if each.time == 7]
        assert isinstance(back, CarryIn)
        assert (back.ref, back.traded, back.leaves, back.tonnes) == (1, 4, 6, 4)
        now.close()


def test_why_an_order_was_refused_is_said_at_home_behind_a_snapshot() -> None:
    said = 0
    for left in range(100):
        with logs(LinkKind.SHARED) as (log, directory):
            log.submit(5, 0, "gd", SetPhase(Phase.CLOSED))
            log.commit()
            log.left = left
            try:
                log.submit(6, 0, "sz", order("sz0", 1, Side.BUY, 10, 105))
            except KilledError:
                pass
            else:
                break
            for name, each in log.sequencers.items():
                each.commit()  # the last that the process did
                log.snapshot(name)
            let_go(log)
            now = opened(directory)
            checked(now, directory)
            commands = [each.command for each in records(directory)["sz"]]
            back = [each for each in commands if isinstance(each, CarryInRefused)]
            assert all((e.reason, e.ref) == (RejectReason.PHASE, 1) and e.rule for e in back)
            said += len(back)
            now.close()
    assert said > 5
