"""A venue's ends of its links: figures, guests, and the numbers of what was sent and received."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import astuple

if TYPE_CHECKING:
    from engine.vocabulary.link_commands import SetLink


class LinkEnd:
    """One end of a link: its rules, and what passed here."""

    __slots__ = ("guests", "ratio", "received", "rules", "sent", "used")

    def __init__(self, rules: SetLink) -> None:
        """Start with nothing sent or received."""
        self.rules = rules
        self.ratio = (1, 1)  # tonnes of an obligation here for so many from the peer
        self.used = 0  # tonnes of the quota
        self.sent = 0  # messages to the peer
        self.received = 0  # messages from the peer
        self.guests: dict[str, Guest] = {}  # by the account at its own venue


class Guest:
    """Another venue's member here, and what its venue does not know yet."""

    __slots__ = ("filled", "name", "unfilled")

    def __init__(self, name: str) -> None:
        """Begin with nothing to report; ``name`` is its account here."""
        self.name = name
        self.filled = 0  # tonnes
        self.unfilled = 0


class Links:
    """All ends here, by the link's name."""

    __slots__ = ("ends",)

    def __init__(self) -> None:
        """Start with no link."""
        self.ends: dict[str, LinkEnd] = {}

    def dump(self) -> list[object]:
        """Return what the state holds of links, for its hash."""
        return [
            [
                *map(_plain, astuple(end.rules)),
                end.used,
                end.sent,
                end.received,
                [
                    [account, guest.name, guest.filled, guest.unfilled]
                    for account, guest in end.guests.items()
                ],
                *(end.ratio if end.ratio != (1, 1) else ()),
            ]
            for end in self.ends.values()
        ]


def _plain(value: str | int) -> str | int:
    return value if isinstance(value, str) else int(value)
