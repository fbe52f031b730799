"""Market simulators that a Python user would otherwise install: orders and seconds of one run.

Seconds are those of the processor.
"""

from __future__ import annotations

import io
import random
import warnings
from contextlib import redirect_stdout
from importlib.metadata import PackageNotFoundError, version
from time import process_time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks.measure import no_collector

if TYPE_CHECKING:
    from collections.abc import Callable

SEED: Final = 101
_PAMS_AGENTS: Final = 100
_BOURSE_AGENTS: Final = 1_000


class Simulator(NamedTuple):
    """A peer: its name with version, what trades there, and how to run so many orders."""

    name: str
    what: str
    run: Callable[[int], tuple[int, float]]


def pams(orders: int) -> tuple[int, float]:
    """Run FCN agents in pams: each step every agent places an order."""
    from pams.logs import Logger  # noqa: PLC0415 - optional
    from pams.runners import SequentialRunner  # noqa: PLC0415

    class Count(Logger):  # type: ignore[misc, unused-ignore] # it ships no types
        placed = 0

        def process_order_log(self, log: Any) -> None:
            del log
            self.placed += 1

    session = {
        "sessionName": 0,
        "iterationSteps": max(orders // _PAMS_AGENTS, 1),
        "withOrderPlacement": True,
        "withOrderExecution": True,
        "withPrint": False,
        "maxNormalOrders": _PAMS_AGENTS,
    }
    agents = {
        "class": "FCNAgent", "numAgents": _PAMS_AGENTS, "markets": ["M"], "assetVolume": 50,
        "cashAmount": 10_000, "fundamentalWeight": {"expon": [1.0]},
        "chartWeight": {"expon": [0.0]}, "noiseWeight": {"expon": [1.0]}, "noiseScale": 0.001,
        "timeWindowSize": [100, 200], "orderMargin": [0.0, 0.1],
    }  # fmt: skip
    market = {"class": "Market", "tickSize": 0.01, "marketPrice": 300.0, "fundamentalPrice": 300.0}
    settings = {
        "simulation": {"markets": ["M"], "agents": ["F"], "sessions": [session]},
        "M": market,
        "F": agents,
    }
    count = Count()
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        runner = SequentialRunner(settings=settings, prng=random.Random(SEED), logger=count)
        with no_collector():
            start = process_time()
            runner.main()
            taken = process_time() - start
    return count.placed, taken


def bourse_objects(orders: int) -> tuple[int, float]:
    """Run one Python object per agent in bourse; each places an order or cancels its last one."""
    from bourse import core, step_sim  # noqa: PLC0415 - optional

    agents = [
        step_sim.agents.RandomAgent(i, 1.0, (4_900, 5_100), (1, 2), 1)
        for i in range(_BOURSE_AGENTS)
    ]
    steps = max(orders // _BOURSE_AGENTS, 1)
    env = core.StepEnv(SEED, 0, 1, 1_000_000)
    with no_collector():
        start = process_time()
        step_sim.run(env, agents, steps, SEED, show_progress=False)
        taken = process_time() - start
    return steps * _BOURSE_AGENTS, taken


def bourse_arrays(orders: int) -> tuple[int, float]:
    """Run one array of agents in bourse, all of whom place an order in each step."""
    from bourse import core, step_sim  # noqa: PLC0415 - optional

    agents = [step_sim.agents.NumpyRandomAgents(_BOURSE_AGENTS, (4_900, 5_100), (1, 2), 1)]
    steps = max(orders // _BOURSE_AGENTS, 1)
    env = core.StepEnvNumpy(SEED, 0, 1, 1_000_000)
    with no_collector():
        start = process_time()
        step_sim.run(env, agents, steps, SEED, show_progress=False, use_numpy=True)
        taken = process_time() - start
    return steps * _BOURSE_AGENTS, taken


_KNOWN: Final = (
    ("pams", "FCN agents, one object each", pams),
    ("bourse", "step_sim, one object each, no accounts", bourse_objects),
    ("bourse", "step_sim, arrays, no accounts", bourse_arrays),
)


def installed() -> tuple[list[Simulator], list[str]]:
    """Return the simulators that are installed here, and the names of those that are not."""
    found, missing = [], []
    for name, what, run in _KNOWN:
        try:
            found.append(Simulator(f"{name} {version(name)}", what, run))
        except PackageNotFoundError:
            missing.append(name)
    return found, list(dict.fromkeys(missing))
