"""What came of an operator's act, for people: a summary, or with ``--verbose`` every event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from engine.vocabulary.texts import counted
from gateway.cli.console import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.cli.venue_options import Place

_Command = TypeVar("_Command", bound="Callable[..., Any]")


class Told(NamedTuple):
    """How what happened is told."""

    verbose: bool
    as_json: bool


def told_options(command: _Command) -> _Command:
    """Let a verb take ``--verbose`` and ``--json``, as ``told``."""

    def with_told(**given: Any) -> Any:  # noqa: ANN401 - a verb's own options
        return command(told=Told(given.pop("verbose"), given.pop("as_json")), **given)

    with_told.__doc__ = command.__doc__
    with_told.__name__ = command.__name__
    with_told.__click_params__ = [  # type: ignore[attr-defined]
        *getattr(command, "__click_params__", [])
    ]
    found: Any = with_told
    found = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")(found)
    found = click.option("--verbose", is_flag=True, help="Print every event, JSON a line.")(found)
    result: _Command = found
    return result


def answered(place: Place, **line: object) -> dict[str, Any]:
    """Give a venue one line; return its answer. Raises ``click.ClickException`` on an error."""
    (answer,) = place.ask([json.dumps(line)])
    if "error" in answer:
        raise click.ClickException(str(answer["error"]))
    for event in answer.get("events", ()):
        if event["type"] == "rejected":
            message = f"refused: {event['field']}: {event['rule']}"
            raise click.ClickException(message)
    return answer


def give(place: Place, told: Told, **line: object) -> None:
    """Give a venue one line and tell what came of it. Exits with 1 where it was refused."""
    tell(answered(place, **line), told)


def tell(answer: dict[str, Any], told: Told) -> None:
    """Tell what came of a line."""
    events: list[dict[str, Any]] = answer["events"]
    if told.as_json:
        click.echo(json_text(answer))
        return
    if told.verbose:
        for event in events:
            click.echo(json_text(event))
        return
    for text in in_words(events):
        click.echo(text)


def in_words(events: list[dict[str, Any]]) -> list[str]:
    """Return a line for each kind of event: what it was, or of many how many there were."""
    lines = []
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for event in events:
        groups.setdefault((event["type"], event.get("phase", "")), []).append(event)
    for (kind, phase), group in groups.items():
        if len(group) == 1:
            lines.append(json_text(group[0]))
            continue
        found = [
            counted(len(names), field)
            for field, key in (("line", "symbol"), ("account", "account"))
            if (names := dict.fromkeys(each[key] for each in group if each.get(key)))
        ]
        words = kind.replace("_", " ") + (f" to {phase}" if phase else "")
        lines.append(", ".join([f"{words}: {len(group):,}", *found]))
    return lines or ["done: nothing else happened"]
