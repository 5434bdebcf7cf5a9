"""Whatever befalls the workers, the line says and remembers what a replay of its log does."""

from __future__ import annotations

import pytest

from tests.simulator.simulation import simulate


@pytest.mark.parametrize("seed", range(100))
def test_the_line_under_faults_equals_a_replay(seed: int) -> None:
    verdict = simulate(seed)
    assert verdict.differences == []
    assert not [line for line in verdict.said if line.startswith("exit 1")]


def test_a_worker_that_waits_for_every_call_is_found_out() -> None:
    """It stands for good in some runs: which, depends on what else is drawn."""
    assert sum(bool(simulate(seed, trusting=True).differences) for seed in range(30)) >= 5


def test_a_seed_repeats() -> None:
    assert simulate(7) == simulate(7)


def test_a_restore_that_stops_too_early_is_found_out() -> None:
    assert any(simulate(seed, careless=True).differences for seed in range(40))
