"""What a simulation finds."""


class ViolationError(Exception):
    """Something that a venue promises did not hold; the text says what was seen."""

    def __init__(self, promise: str, seen: str) -> None:
        """Name the promise in a few words, and what was seen instead."""
        super().__init__(promise, seen)
        self.promise = promise
        self.seen = seen

    def __str__(self) -> str:
        """Return both."""
        return f"{self.promise}: {self.seen}"


def require(held: bool, promise: str, seen: str) -> None:  # noqa: FBT001 - as an assertion
    """Raise ``ViolationError`` where a promise was not held."""
    if not held:
        raise ViolationError(promise, seen)
