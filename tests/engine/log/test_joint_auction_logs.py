"""A joint auction over several logs: every place of it can be the last before a crash."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from engine.rulebook.model import Mode, Product, Rulebook
from engine.vocabulary import commands as c
from engine.vocabulary.enums import LinkKind, Mechanism, Side
from engine.vocabulary.link_commands import JoinAuction, SetLink
from tests.engine.log.test_federation_log import Doomed, KilledError, checked, reopened
from tests.support import regions

if TYPE_CHECKING:
    from engine.log.federation_log import FederationLog
    from engine.vocabulary.commands import Command

LINE: Final = "GDA@auction"
MODES: Final = (Mode("continuous", moves_close=True), Mode("auction", mechanism=Mechanism.ONE_WAY))
STEPS: Final[tuple[tuple[str, Command], ...]] = (
    ("gd", c.Announce("gd0", 1, LINE, Side.SELL, 50, 90, 10, 20)),
    ("sz", JoinAuction("sz0", 1, "SZA", 1, 30, 90)),
    ("gd", c.AdvanceTime(10)),
    ("hb", c.Bid("hb1", 1, "HBA", 1, 30, 98)),
    ("sz", c.Bid("sz1", 1, "SZA", 1, 30, 99)),
    ("sz", c.CancelOrder("sz1", 2, 1)),
    ("gd", c.AdvanceTime(20)),
    ("gd", c.ClearAuction(LINE, 1)),
)


def opened(directory: Path) -> Doomed:
    books = {name: regions.rulebook(name) for name in regions.NAMES}
    books["gd"] = Rulebook("gd", products=(Product("GDA", 100),), modes=MODES)
    log = Doomed.create(directory, books, 1, "none")
    assert isinstance(log, Doomed)
    for name in regions.NAMES:
        for command in regions.opening(name, 2):
            log.submit(2, 0, name, command)
    for name in regions.NAMES[1:]:
        rules = SetLink(f"{name}-gd", LinkKind.AUCTION, "gd", f"{name.upper()}A", LINE)
        log.link(name, rules, "gd")
    return log


def owned(log: FederationLog) -> list[int]:
    """Return the tonnes of the sellers and of the one who wins."""
    who = (("gd", "gd0"), ("sz", "sz0"), ("hb", "hb1"))
    venues = log.federation.venues
    return [venues[name].allowances(account, f"{name.upper()}A")[0] for name, account in who]


def test_every_place_of_a_joint_auction_can_be_the_last() -> None:
    places = 0
    for left in range(200):
        with TemporaryDirectory() as folder:
            directory = Path(folder)
            log = opened(directory)
            log.left = left
            done = 0
            try:
                for name, command in STEPS:
                    log.submit(5 + done, 0, name, command)
                    log.commit()
                    done += 1
            except KilledError:
                places += 1
            log.left = 10**9
            now = reopened(log, directory)
            checked(now, directory)
            for name, command in STEPS[done:]:  # what was not acknowledged is said again
                now.submit(5 + done, 0, name, command)
            checked(now, directory)
            assert owned(now) == [1_000 - 19, 1_000 - 11, 1_030]
            now.close()
            if done == len(STEPS):
                break
    assert places > 40
