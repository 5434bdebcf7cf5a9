"""Try many simulated adapters: `python -m tests.simulator.adapter --seeds 1000`."""

from __future__ import annotations

import click

from tests.simulator.adapter.simulation import simulate_adapter


@click.command()
@click.option("--seeds", default=50, show_default=True, help="How many worlds to try.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option("--verbose", is_flag=True, help="Say of each what happened in it.")
def main(seeds: int, first: int, *, verbose: bool) -> None:
    """Try many worlds; exit code 1 if anything is wrong in any."""
    bad = 0
    for seed in range(first, first + seeds):
        verdict = simulate_adapter(seed)
        bad += bool(verdict.faults)
        if verbose:
            click.echo(f"seed {seed}: {verdict}"[:400])
        for line in verdict.faults[:3]:
            click.echo(f"seed {seed}: {line[:300]}")
    click.echo(f"{seeds} seeds, {bad} of them with faults")
    if bad:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
