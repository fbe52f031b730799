"""The benchmark of the laboratory beside a peer in an environment of its own, without a network.

The peer here is a stand-in, installed from a wheel that the test writes.
"""

from __future__ import annotations

import json
import platform
from statistics import median
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from benchmarks import lab
from benchmarks.peers.environments import KNOWN, PeerError, working

if TYPE_CHECKING:
    from pathlib import Path

(BOURSE,) = [each for each in KNOWN if each.name == "bourse"]
NUMBER = BOURSE.requirement.rpartition("==")[2]
STAND_IN = """
import os
from types import SimpleNamespace
from time import process_time
assert "PYTHONPATH" not in os.environ
core = SimpleNamespace(StepEnv=lambda *a: a, StepEnvNumpy=lambda *a: a)
def run(env, agents, steps, seed, **more):
    until = process_time() + steps / 1000
    while process_time() < until:
        pass
agents = SimpleNamespace(RandomAgent=lambda *a: a, NumpyRandomAgents=lambda *a: a)
step_sim = SimpleNamespace(run=run, agents=agents)
"""


def wheel(folder: Path, name: str, number: str, source: str, more: str = "") -> None:
    """Write what pip installs of a distribution with one module."""
    info = f"{name}-{number}.dist-info"
    with ZipFile(folder / f"{name}-{number}-py3-none-any.whl", "w") as out:
        out.writestr(f"{name}.py", source)
        out.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n{more}\n",
        )
        out.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any")
        out.writestr(f"{info}/RECORD", "")


def offline(monkeypatch: pytest.MonkeyPatch, found: Path) -> None:
    """Let pip find what is in a folder, and nothing else."""
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(found))


def test_peers_that_cannot_be_had_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline(monkeypatch, tmp_path)
    found = CliRunner().invoke(lab.main, ["--peers", "--cache", str(tmp_path)])
    assert found.exit_code == 1
    first = KNOWN[0]
    assert f"{first.name}: installing {first.requirement}" in found.output
    assert "could not be installed, which needs a package index the first time: ERROR: No m" in (
        found.output
    )
    assert not list(tmp_path.glob("*/installed.txt")), "it is made anew the next time"


def test_a_peer_works_in_an_environment_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, said = tmp_path / "peers", list[str]()
    offline(monkeypatch, tmp_path)
    wheel(tmp_path, "bourse", NUMBER, STAND_IN, "Requires-Dist: numpy")
    wheel(tmp_path, "numpy", "1.0", "")
    monkeypatch.setattr(lab, "GROWTH", (10, 20, 30))
    monkeypatch.setattr(lab, "AGENTS", 20)
    with working(BOURSE, folder, said.append) as peer:
        assert peer.versions == {
            "python": platform.python_version(),
            "bourse": NUMBER,
            "numpy": "1.0",
        }
        found = lab.measured(2, 2_000, [peer])
        with pytest.raises(PeerError, match=f"{BOURSE.requirement} ended: KeyError: 'nothing'"):
            peer.run("nothing", 1)
    rates, ratios = found["rates"], found["ratios"]
    objects, arrays = (f"bourse {NUMBER}: {what}" for what in BOURSE.runs.values())
    assert [len(each) for each in rates.values()] == [2] * 6
    assert max(rates[objects]) <= 1_000_000, "2 steps of 1,000 orders take it 2 ms or more"
    ours = rates["carbonx, array agents, 20 agents"]
    pairs = zip(ours, rates[arrays], strict=True)
    assert ratios[f"arrays over {arrays}"] == median(a / b for a, b in pairs)
    held = ("10 objects", "20 objects", "arrays")
    assert {f"{each} over {objects}" for each in held} <= ratios.keys()

    monkeypatch.setenv("PIP_FIND_LINKS", "nowhere")
    before = len(said)
    with working(BOURSE, folder, said.append):
        assert len(said) == before + 1, "nothing is installed again"


def test_it_measures_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "GROWTH", (10, 20, 30))
    found = CliRunner().invoke(lab.main, ["--rounds", "1", "--orders", "1000", "--json"])
    assert found.exit_code == 0, found.output
    assert len(json.loads(found.output)["rates"]) == 4
