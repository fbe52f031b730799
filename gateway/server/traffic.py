"""What goes in and out of a venue, counted for its figures."""

from __future__ import annotations


class Traffic:
    """Totals of all connections since the venue was started."""

    __slots__ = ("bytes_in", "bytes_out", "messages_in", "not_taken", "questions", "said")

    def __init__(self) -> None:
        """Begin at 0."""
        self.bytes_in = 0
        self.bytes_out = 0
        self.messages_in = 0
        self.questions = 0  # that cost the tick a turn: statuses, subscriptions, the day's trades
        self.said = 0  # messages out, beside reports
        self.not_taken: dict[str, int] = {}  # by reason, in lower case; "throttled" is one

    def refuse(self, reason: str) -> None:
        """Count a message that was not taken."""
        self.not_taken[reason] = self.not_taken.get(reason, 0) + 1
