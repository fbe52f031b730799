"""Who is ended as silent: nobody whose words may be waiting to be read."""

from __future__ import annotations

from gateway.protocol.session import Due, State, venue_end

BEAT = 1_000_000_000  # ns


def test_one_that_is_suspected_has_another_look_after_the_venue_was_away() -> None:
    session = venue_end(0)
    session.enter(State.ACTIVE)
    session.agree(BEAT // 10**6)
    late = 2 * BEAT + 1
    assert session.due(late) is not Due.GIVE_UP, "suspected"
    session.pardon(BEAT)  # what came in this time has yet to be read
    assert session.due(late + BEAT) is not Due.GIVE_UP
    assert session.due(late + BEAT + 1) is Due.GIVE_UP, "there was nothing to be read"
