"""``carbonx simulate``: the server's core under seeds, and the history of one that fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.progress import shares
from gateway.simulation.run import Outcome, run, shrink, simulate

if TYPE_CHECKING:
    from gateway.simulation.steps import Step

SEEDS: Final = 100


@click.command()
@click.option("--seeds", type=click.IntRange(1), help="How many seeds: 1 with --seed, else 100.")
@click.option("--seed", type=click.IntRange(0), help="The first of them, 0 if left out.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(seeds: int | None, seed: int | None, *, as_json: bool) -> None:
    """Run the server's core through failures that seeds draw; exit 1 where a promise breaks.

    Clients, network, disk, clock and process fail in each of them. The first seed that breaks a
    promise is printed with the shortest history found that breaks the same one. A seed comes to
    the same on every machine.

    Example:  carbonx simulate --seeds 20
    """
    count = seeds or (SEEDS if seed is None else 1)
    first = seed or 0
    outcomes, history = _run(first, count)
    failed = outcomes[-1] if outcomes[-1].failure else None
    found = {
        "first": first,
        "seeds": len(outcomes),
        "commands": sum(each.commands for each in outcomes),
        "starts": sum(each.starts for each in outcomes),
        "reports": sum(each.reports for each in outcomes),
        "failed": failed and failed.seed,
        "failure": failed and failed.failure,
        "history": [str(step) for step in history],
    }
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo(
            f"{len(outcomes):,} seeds, {found['commands']:,} commands, {found['starts']:,} starts, "
            f"{found['reports']:,} reports heard"
        )
        if failed is None:
            click.echo("every promise held")
        else:
            click.echo(f"seed {failed.seed} breaks a promise: {failed.failure}")
            click.echo(f"as few as {len(history)} of its steps break it:")
            for number, step in enumerate(history, 1):
                click.echo(f"{number:4} {step}")
    if failed is not None:
        raise SystemExit(1)


def _run(first: int, count: int) -> tuple[list[Outcome], list[Step]]:
    """Return what the seeds came to, up to the first that fails, and that one's short history."""
    outcomes: list[Outcome] = []
    with shares("simulate") as show:
        for seed in range(first, first + count):
            outcomes.append(simulate(seed))
            show(len(outcomes) / count, f"{len(outcomes):,} seeds")
            if outcomes[-1].failure:
                steps = shrink(seed, show=lambda left: show(1.0, f"{left} steps left"))
                outcomes[-1] = run(seed, steps)
                return outcomes, steps
    return outcomes, []
