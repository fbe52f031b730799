"""What a venue says of itself when it has started: for people, and the same for programs."""

from __future__ import annotations

import shlex
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import click
from rich.table import Table

from engine.log.journal import FILE_NAME
from engine.rulebook.calendar import is_trading_day, local_date
from engine.rulebook.toml_codec import to_plain
from engine.vocabulary.texts import counted
from gateway.cli.console import drawn
from gateway.cli.rulebook_page import how

if TYPE_CHECKING:
    from pathlib import Path

    from engine.rulebook.model import Calendar, Rulebook
    from gateway.server.accounts import Directory
    from gateway.server.node import Node

_HERE: Final = "127.0.0.1"
_REACHED_BY: Final = {"0.0.0.0": _HERE, "::": "::1"}  # noqa: S104 - all addresses: one of them
_MOST_NAMES: Final = 12  # accounts that are listed


def facts(node: Node, folder: Path, directory: Directory, accounts: Path | None) -> dict[str, Any]:
    """Return what there is to know about a venue that listens."""
    venue = node.sequencer.venue
    book = venue.rulebook
    host, port = node.address
    known = directory.accounts | {key.name: key for key in directory.keys.values()}
    members = {name: known[name].member for name in venue.accounts if name in known}
    return {
        "host": host, "port": port, "folder": str(folder), "log": str(folder / FILE_NAME),
        "rulebook": book.name, "title": book.title, "records": node.sequencer.seq,
        "durability": node.durability, "accounts_file": str(accounts) if accounts else None,
        "accounts": list(members),
        "accounts_by_operator": [name for name in members if name not in directory.accounts],
        "opened": node.opens, "timetable": node.options.timetable,
        "phases": {each: venue.phase(each).name.lower() for each in venue.symbols},
        "modes": {mode.name: how(mode) for mode in book.modes}, "hours": _hours(book),
        **_today(book.calendar), "shell": _shell(host, port, members, tls=node.tls is not None),
        "operate": _operate(folder), "why": _why(node),
    }  # fmt: skip


def show(facts: dict[str, Any]) -> None:
    """Print the facts for people, in the width of the terminal or in 80 columns."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    log = f"{facts['log']}, {counted(facts['records'], 'record')}, durability {facts['durability']}"
    products = [name for name in facts["phases"] if "@" not in name]
    for name, text in (
        ("address", f"{facts['host']}:{facts['port']}"),
        ("log", log),
        ("accounts", _accounts(facts)),
        ("products", ", ".join(products)),
        *((f"mode {name}", trades) for name, trades in facts["modes"].items()),
        ("phases", f"{_phases(facts['phases'])} ({facts['why']})"),
        *((f"hours {name}" if name else "hours", text) for name, text in _hours_in_words(facts)),
        ("today", _today_in_words(facts)),
    ):
        grid.add_row(f"  {name}", text)
    title = f", like {facts['title']}" if facts["title"] else ""
    click.echo(drawn(f"a venue under the rulebook {facts['rulebook']}{title}"))
    click.echo(drawn(grid))
    if facts.get("page"):
        click.echo(f"page:     {facts['page']} (its operator's key: {facts['operator_key']})")
    if facts["shell"]:
        click.echo(f"trade:    {facts['shell']}")  # in one piece, to be copied
    click.echo(f"operate:  {facts['operate']}")
    if "operations" in facts:
        click.echo(f"figures:  {facts['operations']}/metrics (/healthz, /readyz, /status)")
    click.echo("stop:     Ctrl-C; started again with the same --dir it goes on where it was")


def _accounts(facts: dict[str, Any]) -> str:
    added = facts["accounts_by_operator"]
    of_file = [name for name in facts["accounts"] if name not in added]
    parts = [(of_file, facts["accounts_file"]), (added, "keys that an operator set")]
    listed = [f"{_some(names)} ({where})" for names, where in parts if names]
    return "; ".join(listed) or "none: nobody can log on (--accounts FILE says who may)"


def _some(names: list[str]) -> str:
    """Return the first names of a list, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _phases(phases: dict[str, str]) -> str:
    """Return the lines by their phases."""
    lines: dict[str, list[str]] = {}
    for line, phase in phases.items():
        lines.setdefault(phase, []).append(line)
    if len(lines) == 1:
        (phase,) = lines
        return f"{phase}, all {len(phases)} lines" if len(phases) > 1 else phase
    return "; ".join(f"{phase} {', '.join(each)}" for phase, each in lines.items())


def _why(node: Node) -> str:
    """Say what the phases that the venue starts in come from."""
    if node.options.timetable:
        return "by the timetable"
    if node.opens:
        return "a first start opens all lines; --closed leaves them closed"
    return "a first start, left closed" if node.first_start else "as they were"


def _hours(book: Rulebook) -> dict[str, list[dict[str, Any]]]:
    """Return the sessions of each mode."""
    sessions = to_plain(book.calendar)["sessions"] if book.calendar.sessions else []
    return {
        mode.name: [
            {key: value for key, value in session.items() if key != "modes"}
            for session in sessions
            if mode.name in session.get("modes", [mode.name])
        ]
        for mode in book.modes
    }


def _hours_in_words(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the sessions with the modes that they are for, "" for all of them."""
    modes: dict[str, list[str]] = {}  # by their sessions: most modes share them
    for mode, sessions in facts["hours"].items():
        steps = [f"{each['at']} {each['phase']}{_random(each)}" for each in sessions]
        modes.setdefault(", ".join(steps), []).append(mode)
    if list(modes) == [""]:
        return [("", "the rulebook names none")]
    every = len(modes) == 1
    rows = [("" if every else ", ".join(names), steps or "none") for steps, names in modes.items()]
    if not facts["timetable"]:
        rows.append(("", "not followed: --timetable does"))
    return rows


def _random(session: dict[str, Any]) -> str:
    seconds = session.get("random_seconds", 0)
    return f" (up to {seconds} s later)" if seconds else ""


def _today(calendar: Calendar) -> dict[str, Any]:
    """Return which day it is at the venue, and whether it trades."""
    today = local_date(calendar, time.time_ns())
    return {"today": today, "trading_day": is_trading_day(calendar, today),
            "next_trading_day": _next(calendar, today),
            "utc_offset_minutes": calendar.utc_offset_minutes}  # fmt: skip


def _next(calendar: Calendar, today: int) -> int | None:
    """Return the first trading day after today, none where the next year has none."""
    first = date.fromisoformat(str(today))
    days = (first + timedelta(days=later) for later in range(1, 367))
    numbers = (day.year * 10_000 + day.month * 100 + day.day for day in days)
    return next((each for each in numbers if is_trading_day(calendar, each)), None)


def _today_in_words(facts: dict[str, Any]) -> str:
    hours, minutes = divmod(abs(facts["utc_offset_minutes"]), 60)
    sign = "-" if facts["utc_offset_minutes"] < 0 else "+"
    day = f"{_dashed(facts['today'])} at UTC{sign}{hours:02}:{minutes:02}"
    after = facts["next_trading_day"]
    then = f"the next one is {_dashed(after)}" if after else "none is in the next year"
    return f"{day}, {'a' if facts['trading_day'] else 'no'} trading day; {then}"


def _dashed(day: int) -> str:
    return date.fromisoformat(str(day)).isoformat()


def _shell(host: str, port: int, members: dict[str, str], *, tls: bool) -> str:
    """Return the line that opens a shell for the first account; its key is not shown."""
    if not members:
        return ""
    account, member = next(iter(members.items()))
    at = _REACHED_BY.get(host, host)
    words = ["carbonx", "shell", *([] if at == _HERE else ["--host", at]), "--port", str(port)]
    words += ["--member", member] if member else []
    line = f"{shlex.join([*words, '--account', account])} --key KEY"
    return f"{line} --tls FILE" if tls else line


def _operate(folder: Path) -> str:
    halt = """'{"type": "set_phase", "phase": "halted"}'"""
    return f"{shlex.join(['carbonx', 'operate', '--dir', str(folder)])} {halt}"
