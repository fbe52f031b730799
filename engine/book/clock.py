"""The venue's time, in one place; commands set it, nothing here knows what time it is."""


class Clock:
    """The time of the last ``AdvanceTime``."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        """Start at 0."""
        self.now = 0  # ns UTC
