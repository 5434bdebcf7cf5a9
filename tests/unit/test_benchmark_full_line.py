"""The benchmark of the full line compares with what its worker is told to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.engines.engine import Job
from benchmarks.engines.legato_full import settings_of, start
from benchmarks.full_line import config_of
from legato.harness import default_playbook, playbook_at
from legato.runtime.host.assembly import playbook_of

WELCOME = Path(__file__).parents[2] / "examples" / "playbooks" / "welcome.yaml"


def test_what_must_be_decided_is_by_the_playbook_that_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEGATO_PLAYBOOK", raising=False)
    job = Job("nowhere:9092", "source", "outputs", 1, "run", tmp_path)
    start(job)
    assert playbook_of(settings_of(job)).version == default_playbook().version
    assert "default playbook, json" in config_of(job, "json")
    monkeypatch.setenv("LEGATO_PLAYBOOK", str(WELCOME))
    assert playbook_of(settings_of(job)).version == playbook_at(WELCOME).version
    assert f"{WELCOME}, avro" in config_of(job, "avro")
