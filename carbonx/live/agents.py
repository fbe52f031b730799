"""Agents by name: ``mine:Agent`` is the class ``Agent`` of the module ``mine``."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.texts import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from backtest.agents.market import Participant

_NEEDED = ("on_start", "on_wake", "on_event", "hears_own", "hears_public")


class AgentNameError(ValueError):
    """A name that leads to no agent; the text says what would be right."""


def agent_class(name: str) -> type[Participant]:
    """Return the class that a name such as ``mine:Agent`` means.

    The module is looked for here first, then among those installed. Raises ``AgentNameError``.
    """
    module_name, colon, class_name = name.partition(":")
    if not (module_name and colon and class_name.isidentifier()):
        message = f"{shown(name)} names no agent: MODULE:CLASS is needed, such as mine:Agent"
        raise AgentNameError(message)
    module = _imported(module_name)
    found = getattr(module, class_name, None)
    if found is None:
        agents = [key for key, value in vars(module).items() if _is_agent(value)]
        known = not_one_of(class_name, agents) if agents else f"{shown(class_name)} is not in it"
        message = f"{module_name}: {known}"
        raise AgentNameError(message)
    if not _is_agent(found):
        message = f"{name} is no agent: a class is needed that begins with lab.Trader"
        raise AgentNameError(message)
    made: type[Participant] = found
    return made


def make(name: str, options: Mapping[str, Any]) -> Participant:
    """Return an agent made with options. Raises ``AgentNameError``."""
    made = agent_class(name)
    try:
        return made(**options)
    except Exception as error:
        takes = ", ".join(inspect.signature(made).parameters) or "nothing"
        message = f"{name}: {type(error).__name__}: {error}; it takes {takes} (--set NAME=VALUE)"
        raise AgentNameError(message) from error


def _is_agent(value: object) -> bool:
    return inspect.isclass(value) and all(hasattr(value, name) for name in _NEEDED)


def _imported(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name.partition(".")[0] or error.name == name:
            message = f"no module {shown(name)} in {here} or among those installed"
            raise AgentNameError(message) from error
        message = f"{name} needs the module {error.name!r}, which is not installed"
        raise AgentNameError(message) from error
    except Exception as error:
        message = f"{name} can't be imported: {type(error).__name__}: {error}"
        raise AgentNameError(message) from error
