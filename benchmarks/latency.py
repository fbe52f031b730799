"""Latency against load, to twice saturation: ``python -m benchmarks.latency``.

Saturation is what a full pipe of some seconds brings through. Then one open loop after another,
each against a venue of its own: latency counts from when a message was due, so beyond saturation
it grows with the length of the run, while what is answered should not fall.
"""

from __future__ import annotations

from typing import Final

import click

from benchmarks.endurance import carbonx

SHARES: Final = (0.05, 0.1, 0.25, 0.5, 0.7, 0.85, 1.0, 1.5, 2.0)  # of saturation
KEPT: Final = 0.8  # of saturation, that is to be answered at twice of it


@click.command()
@click.option("--sessions", default=4, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=3.0, show_default=True, help="Of each run.")
def main(sessions: int, seconds: float) -> None:
    """Print a row for each share of saturation; exit 1 where throughput collapses."""
    there = ("-c", str(sessions), "-d", str(seconds))
    full = carbonx("load", "--full", *there)
    most, durability = full["messages_in"], full["server"]["durability"]
    print(
        f"saturation: {most:,.0f} messages/s, {sessions} sessions, full pipe, {seconds:g} s,"
        f" durability {durability}\n"
    )
    print("| offered, of it | messages/s | answered/s | p50 ms | p99 ms | max ms | generator |")
    print("|---|---|---|---|---|---|---|")
    answered = 0.0
    for share in SHARES:
        rate = int(most * share)
        found = carbonx("load", "--rate", str(rate), *there)
        answered, latency = found["messages_in"], found["latency"]
        late = any("generator saturated" in each for each in found["problems"])
        generator = "late" if late else "on time"
        times = " | ".join(f"{latency[at] / 1e6:,.2f}" for at in ("p50", "p99", "max"))
        print(
            f"| {share:.0%} | {rate:,} | {answered:,.0f} | {times} | {generator} |",
            flush=True,
        )
    if answered < KEPT * most:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
