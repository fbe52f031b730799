"""What can be wrong with a log."""

from typing import Final

FORMAT: Final = 6
READERS: Final = {  # earlier formats, and what reads them
    1: "development versions of 0.1.0 whose rulebooks have no modes",
    2: "development versions of 0.1.0 up to commit 96f675c",
    3: "development versions of 0.1.0 up to commit d211ea8",  # another price of calls, other days
    4: "development versions of 0.1.0 up to commit 2605717",  # no money in openings, no batches
    5: "development versions of 0.1.0 up to commit dd69aa1",  # a checksum for each record
}
MIGRATES: Final = 5  # the one that ``carbonx log migrate`` makes into today's


class LogError(Exception):
    """A log that cannot be read on; ``offset`` is the byte where the trouble starts."""

    def __init__(self, offset: int, problem: str) -> None:
        """Say what is wrong and where."""
        super().__init__(offset, problem)  # what it is made of, so that it pickles
        self.offset = offset
        self.problem = problem

    def __str__(self) -> str:
        """Return what is wrong and where."""
        return f"log damaged at byte {self.offset}: {self.problem}"


class LogFormatError(LogError):
    """A whole log of another format; the text says what reads it."""

    def __init__(self, magic: str, number: int) -> None:
        """Name the versions that read it."""
        super().__init__(0, "another format")
        self.args = (magic, number)

    def __str__(self) -> str:
        """Return what this is and what reads it."""
        magic, number = self.args
        reader = READERS.get(number, "another version")
        text = (
            f"this is a {magic} of format {number}, which {reader} can read; "
            f"this version reads format {FORMAT}"
        )
        return f"{text}: carbonx log migrate converts it" if number == MIGRATES else text


class EngineDisagreesError(LogError):
    """A whole log that this engine replays to another state than the one that wrote it."""

    def __init__(self, offset: int, seq: int, wrote: str, reads: str) -> None:
        """Name the record and both versions."""
        super().__init__(offset, "another state")
        self.args = (offset, seq, wrote, reads)

    def __str__(self) -> str:
        """Return where they part and what to do."""
        _, seq, wrote, reads = self.args
        return (
            f"carbonx {reads} comes to another state behind record {seq} than carbonx {wrote}, "
            f"which wrote this log: go on with that (pip install carbonx-exchange=={wrote}), or "
            "take this version's state with carbonx log migrate"
        )
