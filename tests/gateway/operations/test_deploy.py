"""The files for operators say what the program has: options, figures, paths."""

from __future__ import annotations

import importlib
import json
import re
import shlex
from typing import Any, Final

import click
import pytest

from gateway.cli.configuration import read
from gateway.cli.main import VERBS, Verbs, cli, mount
from gateway.cli.serve import command as serve
from gateway.operations.figures import Figures
from tests.support.paths import ROOT

DEPLOY: Final = ROOT / "docs" / "deploy"
NAMES: Final = re.compile(r"\b(?:carbonx|process)_[a-z_]+\b")


def exported() -> dict[str, None]:
    """Return the names of all samples that a venue can export."""
    figures = Figures()
    figures.close()
    found: dict[str, None] = {}
    for family in figures.registry.collect():
        ends = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        for end in ends.get(family.type, [""]):
            found[family.name + end] = None
    return found


@pytest.mark.parametrize("name", ["alerts.yml", "dashboard.json"])
def test_figures_that_are_asked_for_are_exported(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    asked = dict.fromkeys(NAMES.findall(text))
    assert len(asked) > 5
    assert [each for each in asked if each not in exported()] == []


def test_alerts_say_what_to_do_and_the_dashboard_has_targets() -> None:
    yaml: Any = importlib.import_module("yaml")
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]:
        assert rule["expr"]
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["action"].endswith(".")
    dashboard = json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))
    assert all(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])


def lines_of_carbonx() -> list[list[str]]:
    """Return the words behind ``carbonx`` in the unit and in the container's file."""
    unit = (DEPLOY / "carbonx.service").read_text("utf-8").splitlines()
    found = [
        shlex.split(line.partition("=")[2])[1:]
        for line in unit
        if line.startswith("ExecStart") and "carbonx" in line
    ]
    for line in (DEPLOY / "Containerfile").read_text("utf-8").splitlines():
        for start in ("HEALTHCHECK --interval=10s CMD ", "CMD "):
            if line.startswith(start):
                words = json.loads(line.removeprefix(start))
                found.append(words[1:] if words[0] == "carbonx" else words)
    return found


@pytest.mark.parametrize("words", lines_of_carbonx(), ids=" ".join)
def test_commands_are_ones_that_the_program_knows(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Verbs, "homes", {})
    mount("gateway.cli", VERBS)
    verb = cli.get_command(click.Context(cli), words[0])
    if words[:2] == ["config", "check"]:
        assert words[2].endswith("venue.toml")
        return
    assert verb is not None
    known = {name for option in verb.params for name in option.opts}
    assert [word for word in words if word.startswith("--") and word not in known] == []


def test_the_container_serves_by_the_options_of_serve() -> None:
    assert len(lines_of_carbonx()) == 4
    assert any(words[0] == "serve" and "--host" in words for words in lines_of_carbonx())
    assert any(option.name == "host" for option in serve.params)


def test_the_example_of_a_configuration_is_one() -> None:
    values = read(DEPLOY / "venue.toml", serve)
    assert (values["name"], values["metrics"], values["timetable"]) == ("guangdong", 9117, True)
