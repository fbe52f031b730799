"""What people see of the command line: streams that can show everything, errors in one line.

The names here are for every verb of every package: a group of verbs that asks back when a name is
nearly right, and the ways in which a mistake is told.
"""

from __future__ import annotations

import codecs
import errno
import io
import json
import math
import re
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.exceptions import NoArgsIsHelpError
from rich.console import Console, RenderableType

from engine.log.errors import LogError
from engine.log.journal import FILE_NAME
from engine.vocabulary.suggest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERRUPTED: Final = 130  # the exit code after Ctrl-C
WIDTH: Final = 80  # columns where there is no terminal to ask
_MISSING: Final = re.compile(r"'([^']+)'(?: does not exist|: No such file or directory)")
_PLAINER: Final = {  # click's words and those of its types
    "a valid integer range": "a whole number",
    "a valid integer": "a whole number",
    "a valid float range": "a number",
    "a valid float": "a number",
    "': Is a directory": "' is a folder: name a file",
}
_REMEDIES: Final = {
    errno.EACCES: "choose a place that you may read and write",
    errno.EPERM: "choose a place that you may read and write",
    errno.EROFS: "choose a place that can be written",
    errno.ENOENT: "name one that is there",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "one of the folders on the way is a file",
    errno.EEXIST: "choose another name",
    errno.ENOSPC: "free the disk",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ECONNREFUSED: "is the venue running there?",
}


class Group(click.Group):
    """Verbs by name; one that is not known is answered with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a verb. Raises ``click.UsageError``."""
        verbs = self.list_commands(ctx)
        if args[0] not in verbs:
            perhaps = did_you_mean(args[0], verbs) or f": there are {', '.join(verbs)}"
            ctx.fail(f"there is no verb {args[0]!r}{perhaps}")
        return super().resolve_command(ctx, args)


class Number(click.FloatRange):
    """A number within bounds. No bound excludes nan and, without an upper one, infinity."""

    def convert(self, value: Any, param: Any, ctx: Any) -> float:  # noqa: ANN401 - as click has it
        """Read it. Raises ``click.BadParameter``."""
        found = float(super().convert(value, param, ctx))
        if not math.isfinite(found):
            self.fail(f"{value!r} is not a number of this range", param, ctx)
        return found


def prepare_streams() -> None:
    """Let no character end a program: what the console cannot show becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextmanager
def reading_log(folder: Path) -> Iterator[None]:
    """Name the log in the text of what is wrong with it. Raises ``ClickException``."""
    try:
        yield
    except LogError as error:
        message = f"{folder / FILE_NAME}: {error}"
        raise click.ClickException(message) from error


def json_text(value: object) -> str:
    """Return JSON for standard output: characters as they are where it takes all of them."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return json.dumps(value, ensure_ascii=codecs.lookup(encoding).name != "utf-8")


def plain_console(*, stderr: bool = False) -> Console:
    """Return what draws as wide as the terminal, or 80 columns without one, each word as it is."""
    console = Console(highlight=False, markup=False, stderr=stderr)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def drawn(what: RenderableType) -> str:
    """Return a table or a text as lines no longer than the terminal, or 80 columns without one."""
    console = plain_console()
    with console.capture() as lines:
        console.print(what)
    return "\n".join(line.rstrip() for line in lines.get().rstrip("\n").split("\n"))


def folded(text: str) -> str:
    """Return a text for people with no line longer than 80 columns; what goes on is indented."""
    return "\n".join(
        textwrap.fill(
            line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )
        for line in text.split("\n")
    )


def fitted(line: str) -> str:
    """Return a line for people, broken where a terminal is narrower; in one piece without one."""
    return drawn(line) if sys.stdout.isatty() else line


def tell(error: click.ClickException) -> int:
    """Say on standard error what was wrong, in one line and where help is; return the exit code."""
    if isinstance(error, NoArgsIsHelpError):
        error.show()
        return error.exit_code
    click.echo(f"Error: {_in_a_line(error)}", err=True)
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(f"Help:  {error.ctx.command_path} --help", err=True)
    return error.exit_code


def in_words(error: Exception) -> str:
    """Return what an error says, and for one of the operating system what to do about it."""
    if isinstance(error, UnicodeDecodeError | UnicodeEncodeError):
        return f"a text is not UTF-8 at character {error.start}: write it as UTF-8"
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    what = error.strerror[:1].lower() + error.strerror[1:]
    where = "" if error.filename is None else f"{error.filename}: "
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{where}{what}" + (f": {remedy}" if remedy else "")


def _in_a_line(error: click.ClickException) -> str:
    """Return what an error says in one line, with what would be right."""
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        given = error.ctx.command.get_params(error.ctx)
        names = [name for each in given for name in (*each.opts, *each.secondary_opts)]
        known = [name for name in names if name.startswith("-")]
        return f"there is no option {error.option_name!r}{did_you_mean(error.option_name, known)}"
    message = " ".join(error.format_message().split()).removesuffix(".")
    for theirs, ours in _PLAINER.items():
        message = message.replace(theirs, ours)
    return f"{message}{_named_alike(message)}"


def _named_alike(message: str) -> str:
    """Ask for the file whose name is nearest to that of one which does not exist."""
    found = _MISSING.search(message)
    if found is None:
        return ""
    path = Path(found[1])
    try:
        there = sorted(path.parent.iterdir(), key=lambda each: each.suffix == path.suffix)
    except OSError:
        return f": there is no folder {str(path.parent)!r}"
    by_stem = {each.stem: each.name for each in there}  # of equal stems the last one
    stem = nearest(path.stem, by_stem)
    return f": did you mean {by_stem[stem]!r}?" if stem else ": name one that is there"
