"""The verbs of the laboratory, for the command line to mount."""

from typing import Final

VERBS: Final = {
    "compare": "compare market designs on simulated people, with paired differences",
    "export": "write a log's trades, orders, books and balances as files for other tools",
    "history": "trade a real market's days again and hold them against its rules",
    "registry": "show a log's compliance years: what was issued, owed, surrendered, who is short",
    "lobster": "trade a LOBSTER message file again and compare the book",
}
