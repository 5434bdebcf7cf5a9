"""Try many simulated worlds: `python -m tests.simulator --seeds 1000`."""

from __future__ import annotations

import click

from tests.simulator.simulation import simulate


@click.command()
@click.option("--seeds", default=50, show_default=True, help="How many worlds to try.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option("--careless", is_flag=True, help="Restore wrongly, to see it found out.")
@click.option("--trusting", is_flag=True, help="Wait for every call, to see it found out.")
def main(seeds: int, first: int, *, careless: bool, trusting: bool) -> None:
    """Try many worlds; exit code 1 if the line and the replay part in any."""
    bad = 0
    for seed in range(first, first + seeds):
        verdict = simulate(seed, careless=careless, trusting=trusting)
        bad += bool(verdict.differences)
        for line in verdict.differences[:3]:
            click.echo(f"seed {seed}: {line[:400]}")
    click.echo(f"{seeds} seeds, {bad} of them differ from the replay")
    if bad:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
