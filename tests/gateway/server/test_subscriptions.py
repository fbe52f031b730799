"""What was said last of a line counts: in one tick, across ticks, connections and amendments."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.commands import AmendRulebook, BeginDay, SetPhase
from engine.vocabulary.enums import Phase
from gateway.client.subscriptions import Subscriptions
from gateway.protocol import wire, wire_market
from gateway.server.subscriptions import LONGEST, MOST_NAMED
from tests.support.quiet_core import End, QuietVenue

LATER: Final = ("NEW", "LATE")  # lines that an amendment opens
LINES: Final = ("CO2", *LATER)
DAYS: Final = iter(range(30_000_101, 99_000_101, 10_000))

said = st.tuples(st.sampled_from([wire.Subscribe, wire.Unsubscribe]), st.sampled_from(["", *LINES]))
happens = st.sampled_from([*LATER, "tick", "tick"])


def open_line(quiet: QuietVenue, symbol: str) -> None:
    """Have the next tick open a line, with a new day; twice is harmless."""
    change = f'{{symbol = "{symbol}", reference = 5000}}'
    for command in (
        SetPhase(Phase.CLOSED),
        AmendRulebook("products+", change),
        BeginDay(next(DAYS)),
    ):
        quiet.core.operate(command)


def heard(quiet: QuietVenue, end: End) -> set[str]:
    """Return the lines of which a client hears that their phase changed."""
    before = len(end.heard)
    for symbol in quiet.sequencer.venue.symbols:
        trading = quiet.sequencer.venue.phase(symbol) is Phase.CONTINUOUS
        quiet.core.operate(SetPhase(Phase.HALTED if trading else Phase.CONTINUOUS, symbol))
        quiet.tick()
    return {m.symbol for m in end.heard[before:] if isinstance(m, wire_market.PhaseChanged)}


@given(st.lists(said | happens, max_size=12))
def test_what_was_said_last_of_a_line_counts(steps: list[tuple[type, str] | str]) -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann")
    sdk = Subscriptions()
    wanted: dict[str, bool] = dict.fromkeys(LINES, False)
    for step in steps:
        if step == "tick":
            quiet.tick()
        elif isinstance(step, str):
            open_line(quiet, step)
        else:
            kind, symbol = step
            ann.say(kind(symbol))
            subscribes = kind is wire.Subscribe
            wanted |= dict.fromkeys([symbol] if symbol else LINES, subscribes)
            (sdk.add if subscribes else sdk.remove)(symbol)
    quiet.tick()
    for symbol in LATER:
        open_line(quiet, symbol)
    quiet.tick()
    expected = {symbol for symbol in LINES if wanted[symbol]}
    assert heard(quiet, ann) == expected
    shown = {m.symbol for m in ann.all_of(wire_market.BookSnapshot)}
    assert shown >= expected
    ann.cut()
    (again,) = quiet.logged_on("ann")
    again.say(*sdk.messages())
    quiet.tick()
    assert {m.symbol for m in again.all_of(wire_market.BookSnapshot)} == expected
    assert heard(quiet, again) == expected


def test_names_of_lines_that_are_not_there_are_bounded() -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann")
    ann.say(*(wire.Subscribe(f"S{number}") for number in range(MOST_NAMED)))
    quiet.tick()
    assert not ann.closed()
    ann.say(wire.Unsubscribe("one more"))
    quiet.tick()
    assert ann.closed()
    assert ann.heard[-1].reason is wire.LogoutReason.OUT_OF_ORDER


def test_a_name_that_no_line_can_have_is_not_kept() -> None:
    quiet = QuietVenue(("ann",))
    (ann,) = quiet.logged_on("ann")
    ann.say(wire.Subscribe("x" * LONGEST), wire.Subscribe("x" * 16_000))
    ann.say(*(wire.Subscribe("x" * (LONGEST + 1 + n)) for n in range(2 * MOST_NAMED)))
    quiet.tick()
    assert not ann.closed()
    assert list(ann.connection.named) == ["x" * LONGEST]
