"""A file of linked venues: rulebooks, folders, ports, accounts, and the links between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import click
import msgspec

from engine.vocabulary.enums import LinkKind
from engine.vocabulary.link_commands import SetLink
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.texts import MAX_RULEBOOK, UnreadableError, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS: Final = {kind.name.lower(): kind for kind in LinkKind}


Port: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class LinkedVenue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[venue]]``: a venue of its own rules, log, port and members."""

    name: str
    rulebook: str  # a name, or a .toml file
    dir: str  # of its log
    accounts: str = ""
    port: Port = 0  # 0: any free port
    metrics: Port | None = None  # the port of its figures on this machine; 0: any free one
    log_lines: str = ""  # a file for what happens to sessions and what operators do


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """One ``[[link]]``: what members of ``from_`` may do at ``to``."""

    name: str
    kind: str
    from_: str
    to: str
    symbol: str  # the line at ``from_``
    peer_symbol: str  # the line at ``to``
    fee: int = 0  # minor units a tonne
    quota: int = 0  # tonnes; 0: no limit
    role: str = ""  # the account class of guests

    def rules(self) -> SetLink:
        """Return the command that sets the end at ``from_``."""
        return SetLink(
            self.name,
            KINDS[self.kind],
            self.to,
            self.symbol,
            self.peer_symbol,
            self.fee,
            self.quota,
            self.role,
        )


class LinkedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    venue: tuple[LinkedVenue, ...]
    link: tuple[Link, ...] = ()
    host: str = "127.0.0.1"
    timetable: bool = False  # follow the rulebooks' calendars
    tls: Literal["", "self-signed"] = ""  # the latter: certificates made here, for trials
    tls_cert: str = ""  # a file (PEM); with it and its key all venues speak TLS
    tls_key: str = ""
    plain_text: bool = False  # speak plain TCP to other machines too: something else encrypts


def read(path: Path) -> LinkedFile:
    """Read a file; its paths start at its folder. Raises ``ClickException``."""
    try:
        with path.open("rb") as file:
            said: Any = read_toml(file.read(MAX_RULEBOOK + 1), MAX_RULEBOOK)
        found = msgspec.convert(said, LinkedFile)
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}): name a file of linked venues"
        raise click.ClickException(message) from error
    except (UnreadableError, msgspec.ValidationError) as error:
        message = f"{path}: {error}"
        raise click.ClickException(message) from error
    names = [venue.name for venue in found.venue]
    problem = next(_problems(found, names), "")
    if problem:
        message = f"{path}: {problem}"
        raise click.ClickException(message)
    return found


def _problems(found: LinkedFile, names: list[str]) -> Iterator[str]:
    """Yield what is wrong with a file, in the order of its tables."""
    for row, venue in enumerate(found.venue, 1):
        if not venue.name or names.count(venue.name) > 1:
            yield f"venue {row}, name: {venue.name!r} is empty or stands there twice"
    if len(names) <= 1:
        yield "venue: two or more are linked"
    folders = [venue.dir for venue in found.venue]
    for row, venue in enumerate(found.venue, 1):
        if folders.count(venue.dir) > 1:
            yield f"venue {row}, dir: {venue.dir!r} is another venue's too"
    for row, link in enumerate(found.link, 1):
        if link.kind not in KINDS:
            yield f"link {row}, kind: {not_one_of(link.kind, KINDS)}"
        for field, name in (("from", link.from_), ("to", link.to)):
            if name not in names:
                yield f"link {row}, {field}: {not_one_of(name, names)}"
