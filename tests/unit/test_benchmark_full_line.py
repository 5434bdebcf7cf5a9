"""The benchmark of the full line compares with what its worker is told to do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.engines.engine import Job
from benchmarks.engines.legato_full import settings_of, start
from benchmarks.full_line import config_of, is_right
from legato.harness import Harness, default_playbook, playbook_at
from legato.runtime.host.assembly import playbook_of
from tests.unit.core.stories import HOURS, added, at, event

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


def test_only_what_was_taken_back_may_be_missing_and_nothing_may_be_made_up_or_twice() -> None:
    agreed = [{"purpose": "promotion", "status": "granted"}]
    line = Harness().feed(
        *(event(0, "consent.updated", customer_id=who, consents=agreed) for who in "ab"),
        *(added(1, customer_id=who, identifiers={"email": f"{who}@x.org"}) for who in "ab"),
    )
    line.wait_until(at(30 * HOURS))
    line.feed(event(31 * HOURS, "order.completed", customer_id="a", items=[{"sku": "SHOE"}]))
    all_came = Counter(each.action_id for each in line.actions)
    over = {each.action_id: 1 for each in line.revoked}
    assert set(over) < set(all_came)
    assert is_right(line, all_came)
    assert is_right(line, all_came - Counter(over))
    stands = next(name for name in all_came if name not in over)
    assert not is_right(line, all_came - Counter({stands: 1}))
    assert not is_right(line, all_came + Counter({stands: 1}))
    assert not is_right(line, all_came + Counter({"made-up": 1}))
    assert not is_right(Harness(), Counter())
