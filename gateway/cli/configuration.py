"""A venue's configuration file: the options of ``serve``, as TOML, checked before anything runs.

A key is an option's long name, without the dashes (``dir``, ``port``, ``timetable``). Options that
are typed go before those of the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from engine.vocabulary.suggest import did_you_mean
from engine.vocabulary.texts import MAX_RULEBOOK, UnreadableError, named, read_toml, shown

if TYPE_CHECKING:
    from pathlib import Path

_APART: Final = ("config", "help", "json")  # options that belong to one call
_PATHS: Final = (
    "dir",
    "accounts",
    "log-lines",
    "tls-cert",
    "tls-key",
    "linked",
)  # a relative one starts at the file's folder


class ConfigurationError(click.ClickException):
    """A configuration file that cannot be used; the text names the file, the key and the rule."""


def keys_of(command: click.Command) -> dict[str, click.Option]:
    """Return the keys that a file may have, with the options that they stand for."""
    found: dict[str, click.Option] = {}
    for option in command.params:
        if isinstance(option, click.Option):
            key = option.opts[0].removeprefix("--")
            if key not in _APART:
                found[key] = option
    return found


def read(path: Path, command: click.Command) -> dict[str, Any]:
    """Return values by their options' names. Raises ``ConfigurationError``."""
    try:
        with path.open("rb") as file:
            said = read_toml(file.read(MAX_RULEBOOK + 1), MAX_RULEBOOK)
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}): name a configuration file"
        raise ConfigurationError(message) from error
    except UnreadableError as error:
        message = f"{path}: {error}"
        raise ConfigurationError(message) from error
    keys = keys_of(command)
    context = click.Context(command, info_name=command.name)
    values: dict[str, Any] = {}
    for key, value in said.items():
        option = keys.get(key)
        if option is None:
            perhaps = did_you_mean(key, keys) or f"; there are {', '.join(keys)}"
            message = f"{path}: {named(key)}: there is no such key{perhaps}"
            raise ConfigurationError(message)
        if isinstance(value, bool) is not option.is_flag or not isinstance(value, str | int):
            kind = "true or false" if option.is_flag else "a text or a whole number"
            message = f"{path}: {key}: {shown(value)}: {kind} is needed"
            raise ConfigurationError(message)
        if key in _PATHS:
            value = str(path.parent / str(value))  # noqa: PLW2901 - as it is meant
        try:
            option.type.convert(value, option, context)
        except click.BadParameter as error:
            message = f"{path}: {key}: {error.message}"
            raise ConfigurationError(message) from error
        assert option.name is not None
        values[option.name] = value
    return values


def use(context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Let a file's values stand where no option is typed: the callback of ``--config``."""
    if path is not None:
        context.default_map = {**(context.default_map or {}), **read(path, context.command)}
    return path
