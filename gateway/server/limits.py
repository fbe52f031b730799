"""What one session may cost a venue."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on sessions; the defaults suit a venue on one core."""

    max_sessions: int = 1_024
    throttle: int = 0  # messages a second and session, 0 for no limit
    batch: int = 128  # commands sequenced together: they and what they bring fit the caches
    chunk: int = 1 << 19  # bytes of reports written to one session in one tick
    max_queued: int = 1 << 22  # bytes beside reports that may wait for a reader
    high_water: int = 1 << 20  # bytes in the transport's buffer from which writing pauses
    patience: int = 5_000_000_000  # ns for which writing may stay paused
