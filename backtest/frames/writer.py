"""Writes tables to files, in this process or, as ``python -m`` does it, in one for it alone."""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING

from backtest.frames.arrow import Files
from backtest.frames.making import Maker

if TYPE_CHECKING:
    from backtest.frames.stretch import Stretch
    from backtest.frames.wanted import Wanted


class Writer:
    """Writes the wanted tables of the stretches that it is given."""

    def __init__(self, wanted: Wanted) -> None:
        """Open the files. Raises ``OSError``."""
        self._files = Files(wanted)
        self._maker = Maker(wanted.names, self._files.give, wanted.digits)

    def take(self, stretch: Stretch) -> None:
        """Write what happened in a stretch."""
        self._maker.take(stretch)

    def finish(self) -> dict[str, int]:
        """Give the files their names; return how many rows each has."""
        self._maker.end()
        self._files.finish()
        return self._files.rows

    def drop(self) -> None:
        """Remove what was written."""
        self._files.drop()


def main() -> None:
    """Write what comes in; then tell the rows, or the error. An early end leaves no file."""
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    try:
        writer = Writer(pickle.load(incoming))  # noqa: S301 - from the process that started this
        try:
            while (stretch := pickle.load(incoming)) is not None:  # noqa: S301 - the same
                writer.take(stretch)
            rows = writer.finish()
        except BaseException:
            writer.drop()
            raise
        pickle.dump(rows, outgoing)
    except (EOFError, pickle.UnpicklingError):
        pass  # who started this has gone, between two stretches or within one
    except OSError as error:
        pickle.dump(error, outgoing)


if __name__ == "__main__":
    main()
