"""Whatever befalls the workers, the line says and remembers what a replay of its log does."""

from __future__ import annotations

import pytest

from legato.testing.simulator import simulate


@pytest.mark.parametrize("seed", range(50))
def test_the_line_under_faults_equals_a_replay(seed: int) -> None:
    verdict = simulate(seed)
    assert verdict.differences == []
    assert not [line for line in verdict.said if line.startswith("exit 1")]


def test_a_seed_repeats() -> None:
    assert simulate(7) == simulate(7)


def test_a_restore_that_stops_too_early_is_found_out() -> None:
    assert any(simulate(seed, careless=True).differences for seed in range(40))
