"""Market simulators that a Python user would otherwise install: orders and seconds of one run.

This file is run by its path, in an environment that has one of them and nothing of ours
(``benchmarks.peers.environments``): the standard library and that peer are all that it imports. It
says which versions it has, then answers each line on its input (what to run, how many orders) with
a line (orders placed, seconds of the processor in the peer's own loop).
"""

from __future__ import annotations

import gc
import io
import json
import platform
import random
import sys
import warnings
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import version
from time import process_time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED: Final = 101
_FEW: Final = 100  # agents, as in pams' own examples
_MANY: Final = 1_000


@contextmanager
def no_collector() -> Iterator[None]:
    """Do as ``benchmarks.measure`` does, which is out of reach here."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def pams(orders: int, agents: int = _FEW) -> tuple[int, float]:
    """Run FCN agents in pams: each step one of them places an order, as in its own examples.

    Orders live 100 to 200 steps, so its book stays short: it is sorted anew at each removal, and
    pams would be ten times as slow, and ever slower, if all placed an order in each step.
    """
    from pams.logs import Logger  # noqa: PLC0415 - one of them is here
    from pams.runners import SequentialRunner  # noqa: PLC0415

    class Count(Logger):  # type: ignore[misc, unused-ignore] # it ships no types
        placed = 0

        def process_order_log(self, log: Any) -> None:
            del log
            self.placed += 1

    session = {
        "sessionName": 0,
        "iterationSteps": orders,
        "withOrderPlacement": True,
        "withOrderExecution": True,
        "withPrint": False,
        "maxNormalOrders": 1,
    }
    fcn = {
        "class": "FCNAgent", "numAgents": agents, "markets": ["M"], "assetVolume": 50,
        "cashAmount": 10_000, "fundamentalWeight": {"expon": [1.0]},
        "chartWeight": {"expon": [0.0]}, "noiseWeight": {"expon": [1.0]}, "noiseScale": 0.001,
        "timeWindowSize": [100, 200], "orderMargin": [0.0, 0.1],
    }  # fmt: skip
    market = {"class": "Market", "tickSize": 0.01, "marketPrice": 300.0, "fundamentalPrice": 300.0}
    settings = {
        "simulation": {"markets": ["M"], "agents": ["F"], "sessions": [session]},
        "M": market,
        "F": fcn,
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


def pams_many(orders: int) -> tuple[int, float]:
    """Run as many FCN agents as the others have."""
    return pams(orders, _MANY)


def bourse_objects(orders: int) -> tuple[int, float]:
    """Run one Python object per agent in bourse; each places an order or cancels its last one."""
    from bourse import core, step_sim  # noqa: PLC0415 - one of them is here

    agents = [step_sim.agents.RandomAgent(i, 1.0, (4_900, 5_100), (1, 2), 1) for i in range(_MANY)]
    steps = max(orders // _MANY, 1)
    env = core.StepEnv(SEED, 0, 1, 1_000_000)
    with no_collector():
        start = process_time()
        step_sim.run(env, agents, steps, SEED, show_progress=False)
        taken = process_time() - start
    return steps * _MANY, taken


def bourse_arrays(orders: int) -> tuple[int, float]:
    """Run one array of agents in bourse, all of whom place an order in each step."""
    from bourse import core, step_sim  # noqa: PLC0415 - one of them is here

    agents = [step_sim.agents.NumpyRandomAgents(_MANY, (4_900, 5_100), (1, 2), 1)]
    steps = max(orders // _MANY, 1)
    env = core.StepEnvNumpy(SEED, 0, 1, 1_000_000)
    with no_collector():
        start = process_time()
        step_sim.run(env, agents, steps, SEED, show_progress=False, use_numpy=True)
        taken = process_time() - start
    return steps * _MANY, taken


RUNS: Final[dict[str, Callable[[int], tuple[int, float]]]] = {
    each.__name__: each for each in (pams, pams_many, bourse_objects, bourse_arrays)
}


def main() -> None:
    """Answer on the output what is asked on the input, until that ends."""
    versions = {name: version(name) for name in (sys.argv[1], "numpy")}
    print(json.dumps({"python": platform.python_version(), **versions}), flush=True)
    for line in sys.stdin:
        run, orders = json.loads(line)
        print(json.dumps(RUNS[run](orders)), flush=True)


if __name__ == "__main__":
    main()
