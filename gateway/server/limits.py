"""What one session may cost a venue, and how long a log may wait for its sync."""

from typing import Final

import msgspec

EACH: Final = 4_000  # ns that a message takes, about, until that was measured
SPENT: Final = 500_000  # ns that a tick spends on those who have sent too much
AT_LEAST: Final = 8  # messages of theirs all the same: fewer would not tell what one takes
ALONE: Final = 100_000_000  # the same where nobody sent little lately


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on sessions; the defaults suit a venue on one core."""

    max_sessions: int = 1_024
    reserved: int = 8  # connections beyond these, of which an operator's key alone may log on
    max_strangers: int = 128  # connections without a logon
    max_strangers_from: int = 32  # such connections from one address
    throttle: int = 0  # messages a second and account, 0 for no limit; what is asked counts
    turn: int = 128  # messages worked on before the next session's: their commands fit the caches
    shared_turn: int = 16  # the same where somebody who sends little waits for answers
    most: int = 64  # messages of sessions that have more, worked on in a tick
    most_while_syncing: int = 1_024  # the same, at most, where half a sync's time has room for more
    unshared: int = 0  # the same where nobody sent little lately; 0: no more than otherwise
    max_live: int = 100_000  # live orders of one account
    page: int = 250  # live orders that one status lists
    chunk: int = 1 << 19  # bytes of reports written to one session in one tick
    max_input: int = 1 << 16  # bytes of one connection that wait for a tick; then reading pauses
    system_in: int = 1 << 18  # bytes that the system keeps of one connection until they are read
    system_out: int = 1 << 19  # bytes that it keeps until the peer has them; Linux doubles both
    max_queued: int = 1 << 22  # bytes beside reports that may wait for a reader
    # Bytes in the event loop's buffer from which writing pauses. Each write waits there by itself:
    # what is said in small pieces to who does not read would be thousands of them, and take a
    # system call each once there is room. So it waits with the session, in one piece.
    high_water: int = 1 << 12
    sync_every: int = 100_000_000  # ns between syncs where durability is ``interval``
    grace: int = 30_000_000_000  # ns to log on again after a crash, for cancel-on-disconnect
    patience: int = 5_000_000_000  # ns for which a reader may take nothing while writing is paused

    def most_beside(self, sync: int, each: int = EACH) -> int:
        """Return how many messages of the backlog a tick works on where each takes ``each`` ns.

        Of a tick that others wait for they get ``SPENT``, and ``AT_LEAST`` always, so that it goes
        on. Where a sync takes ``sync`` ns all wait for that in any case: half of its time spent
        on those who have sent too much delays the others by that, and keeps the throughput up
        where the disk is slow.
        """
        few = min(self.most, max(SPENT // each, AT_LEAST))
        return max(few, min(sync // (2 * each), self.most_while_syncing))

    def most_alone(self, each: int = EACH) -> int:
        """Return the same where nobody sent little lately: but somebody may just begin to."""
        return min(self.unshared, ALONE // each)
