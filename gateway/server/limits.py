"""What one session may cost a venue, and how long a log may wait for its sync."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on sessions; the defaults suit a venue on one core."""

    max_sessions: int = 1_024
    max_strangers: int = 128  # connections without a logon
    max_strangers_from: int = 32  # such connections from one address
    throttle: int = 0  # messages a second and account, 0 for no limit; what is asked counts
    turn: int = 128  # messages worked on before the next session's: their commands fit the caches
    most: int = 512  # messages of sessions that have more than a turn's, worked on in a tick
    chunk: int = 1 << 19  # bytes of reports written to one session in one tick
    max_input: int = 1 << 16  # bytes of one connection that wait for a tick; then reading pauses
    max_queued: int = 1 << 22  # bytes beside reports that may wait for a reader
    high_water: int = 1 << 20  # bytes in the transport's buffer from which writing pauses
    sync_every: int = 100_000_000  # ns between syncs where durability is ``interval``
    patience: int = 5_000_000_000  # ns for which writing may stay paused
