"""Whatever befalls the processes of an adapter, what it promises holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from legato.serving.adapters.machine.delivery import Delivery
from legato.serving.adapters.machine.frontier import Frontier, ReadingProgress
from legato.serving.adapters.machine.partition import ActionsPartition
from legato.serving.adapters.machine.sending import SendingActions
from tests.simulator.adapter.simulation import simulate_adapter


@pytest.mark.parametrize("seed", range(100))
def test_an_adapter_under_faults_keeps_its_promises(seed: int) -> None:
    verdict = simulate_adapter(seed)
    assert verdict.faults == []
    assert verdict.calls > 100


def test_the_worlds_are_eventful() -> None:
    verdicts = [simulate_adapter(seed) for seed in range(6)]
    assert sum(each.repeats for each in verdicts) > 0
    assert sum(each.disruptions for each in verdicts) > 20
    assert all(each.holds > 10 for each in verdicts)
    said = {status for each in verdicts for status in each.statuses}
    assert said == {"delivered", "failed", "expired", "revoked_too_late"}


def test_a_seed_repeats() -> None:
    assert simulate_adapter(7) == simulate_adapter(7)


def found_out(monkeypatch: pytest.MonkeyPatch, kind: type, name: str, wrong: object) -> str:
    monkeypatch.setattr(kind, name, wrong)
    faults = [fault for seed in range(14) for fault in simulate_adapter(seed).faults]
    return " ".join(faults)


def test_to_send_before_the_end_was_read_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def always(_: SendingActions, partition: ActionsPartition) -> bool:
        return not partition.leaving

    told = found_out(monkeypatch, SendingActions, "may_send", always)
    assert "after its revocation" in told


def test_to_commit_what_is_open_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: Frontier) -> Iterator[tuple[int, int]]:
        yield from ()

    assert "lost" in found_out(monkeypatch, Frontier, "runs", nothing)


def test_to_forget_what_is_done_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: ReadingProgress, offset: int) -> bool:
        return False

    assert "repeated" in found_out(monkeypatch, ReadingProgress, "is_done", never)


def test_to_forget_what_was_tried_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> list[Delivery]:
        return []

    assert "tried too often" in found_out(monkeypatch, ActionsPartition, "tried", nothing)
