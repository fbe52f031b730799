"""Linked venues' logs: one of them is killed anywhere, and nothing is lost or comes twice."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.log.federation_log import FederationLog
from engine.log.journal import JournalError
from engine.log.sequencer import replay
from engine.vocabulary.commands import CancelOrder
from engine.vocabulary.enums import LinkKind, Side
from engine.vocabulary.link_commands import CarryHome, CarryIn, GuestOrder
from tests.engine.venue.test_federation import order
from tests.support import regions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

NAMES = ("gd", "sz", "hb")


class KilledError(Exception):
    """The process ends here."""


class Doomed(FederationLog):
    """Ends at a given step among those that venues are given or made durable in."""

    left = 10**9

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KilledError

    def _submit(self, name: str, command: Command) -> list[Event]:
        self._step()
        events = super()._submit(name, command)
        self._step()
        return events

    def _commit(self, name: str) -> None:
        self._step()
        super()._commit(name)
        self._step()


@contextmanager
def logs(
    kind: LinkKind = LinkKind.ROUTING, *, linked: bool = True
) -> Iterator[tuple[Doomed, Path]]:
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        books = {name: regions.rulebook(name) for name in NAMES}
        log = Doomed.create(directory, books, 1, "none")
        assert isinstance(log, Doomed)
        for name in NAMES:
            for command in regions.opening(name, 2):
                log.submit(2, 0, name, command)
        for name in NAMES[1:] if linked else ():
            log.link(name, regions.link_of(name, "gd", kind, 1), "gd")
        try:
            yield log, directory
        finally:
            log.left = 10**9
            log.close()


def checked(log: FederationLog, directory: Path) -> None:
    """Check that each log alone gives its venue, and all together what came in from outside."""
    log.commit()
    log.federation.check()
    outside = regions.Outside()
    for name in NAMES:
        replayed = replay(directory / name, lambda _, events: outside.take(events))
        assert replayed.venue.state_hash() == log.federation.venues[name].state_hash()
        assert replayed.records == log.sequencers[name].seq
    assert log.federation.on_the_way() == (0, 0)
    assert regions.owned(log.federation) == (outside.cash, outside.tonnes)
    for venue in log.federation.venues.values():
        for link, end in venue.links.ends.items():
            peer = log.federation.venues[end.rules.peer].links.ends[link]
            assert peer.received == end.sent


@given(
    st.integers(0, 10**9), st.integers(0, 400), st.integers(0, 1),
    st.sampled_from((LinkKind.ROUTING, LinkKind.SHARED)),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_kill_anywhere_leaves_nothing_half_done(
    seed: int,
    left: int,
    everything: int,
    kind: LinkKind,
) -> None:
    random = Random(seed)
    with logs(kind) as (log, directory):
        now: FederationLog = log
        kills = 0
        for time, (name, command) in enumerate(regions.flow(random, NAMES, 2, 60), 3):
            if not kills and time == 20:
                log.left = left % 12
            try:
                now.submit(time, 0, name, command)
                if random.random() < 0.3:
                    now.commit()
            except KilledError:
                kills += 1
                log.left = 10**9
                if everything:
                    now = reopened(log, directory)
                else:
                    log.restart(random.choice(NAMES))
            if random.random() < 0.1 and now is log:
                log.restart(random.choice(NAMES))
        now.federation.deliver()
        checked(now, directory)
        now.close()


def reopened(log: FederationLog, directory: Path) -> FederationLog:
    """Return the logs as a new process finds them: without what was not durable."""
    for each in log.sequencers.values():
        assert each.journal is not None
        each.journal.buffer.clear()
        each.journal.close()
    return FederationLog.open(directory, "none")


def crossing(log: FederationLog) -> None:
    log.submit(5, 0, "gd", order("gd0", 1, Side.SELL, 10, 100))
    log.submit(6, 0, "sz", order("sz0", 1, Side.BUY, 10, 105))


def test_every_place_of_one_crossing_order_can_be_the_last() -> None:
    places = 0
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
            log.left = 10**9
            now = reopened(log, directory)
            checked(now, directory)
            bought = now.federation.venues["sz"].allowances("sz0", "SZA")[0] - 1_000
            gone = 1_000 - now.federation.venues["gd"].allowances("gd0", "GDA")[0]
            assert bought == gone
            assert bought in (0, 10)
            now.close()
    assert places > 10


def test_every_place_of_a_link_being_set_can_be_the_last() -> None:
    places = 0
    for left in range(100):
        with logs(linked=False) as (log, directory):
            log.commit()
            log.left = left
            try:
                log.link("sz", regions.link_of("sz", "gd", LinkKind.SHARED, 1), "gd")
            except KilledError:
                places += 1
            else:
                break
            log.left = 10**9
            now = reopened(log, directory)
            checked(now, directory)
            ends = [list(venue.links.ends) for venue in now.federation.venues.values()]
            assert ends in ([[], [], []], [["sz-gd"], [], ["sz-gd"]])  # gd, hb, sz
            now.submit(6, 0, "sz", order("sz0", 1, Side.BUY, 10, 105))
            now.submit(7, 0, "sz", CancelOrder("sz0", 2, 1))
            checked(now, directory)
            now.close()
    assert places > 5


def test_what_passes_is_a_command_in_both_logs_under_one_number() -> None:
    with logs() as (log, directory):
        crossing(log)
        log.commit()
        seen = {name: [] for name in NAMES}  # type: dict[str, list[Command]]
        for name in NAMES:
            replay(directory / name, lambda record, _, name=name: seen[name].append(record.command))  # type: ignore[misc]
        sz = [each for each in seen["sz"] if hasattr(each, "away") or isinstance(each, CarryIn)]
        gd = [each for each in seen["gd"] if isinstance(each, GuestOrder | CarryHome)]
        assert [type(each).__name__ for each in sz] == ["RouteOrder", "CarryIn"]
        assert [type(each).__name__ for each in gd] == ["GuestOrder", "CarryHome"]
        assert gd[0].number == sz[1].number == 1  # type: ignore[union-attr]


def test_a_directory_without_logs_is_no_federation(tmp_path: Path) -> None:
    (tmp_path / "gd").mkdir()
    with pytest.raises(JournalError, match="no venue's log"):
        FederationLog.open(tmp_path)
