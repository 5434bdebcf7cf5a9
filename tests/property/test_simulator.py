"""Whatever befalls the workers, the line says and remembers what a replay of its log does."""

from __future__ import annotations

import pytest

from tests.simulator.simulation import simulate

HANGING = (0, 2, 6, 8, 27)
"""Seeds in which a worker that waits for every call would stand for good."""


@pytest.mark.parametrize("seed", range(100))
def test_the_line_under_faults_equals_a_replay(seed: int) -> None:
    verdict = simulate(seed)
    assert verdict.differences == []
    assert not [line for line in verdict.said if line.startswith("exit 1")]


@pytest.mark.parametrize("seed", HANGING)
def test_a_worker_that_waits_for_every_call_is_found_out(seed: int) -> None:
    assert simulate(seed, trusting=True).differences


def test_a_seed_repeats() -> None:
    assert simulate(7) == simulate(7)


def test_a_restore_that_stops_too_early_is_found_out() -> None:
    assert any(simulate(seed, careless=True).differences for seed in range(40))
