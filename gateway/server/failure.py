"""What a venue says when it stops because something in it failed."""

from __future__ import annotations

import traceback
from typing import Final

from engine.log.journal import JournalError

OWN: Final = ("engine.", "gateway.", "carbonx.")


class VenueStoppedError(Exception):
    """A venue that runs no more; the text says what happened and where."""


def as_stopped(error: BaseException) -> VenueStoppedError:
    """Return what to say of an exception that came out of a tick, in one line."""
    if isinstance(error, JournalError):
        return VenueStoppedError(str(error))  # it says what to do
    where = "an unknown place"
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(OWN) or where == "an unknown place":
            where = f"{module}.{frame.f_code.co_name}, line {line}"
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return VenueStoppedError(
        f"the venue stopped: {what} (in {where}); "
        "the log has all that was acknowledged and nothing of the tick that failed: start it again"
    )
