"""The four rows of the fault bench that no change may break; `just faults` runs all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from legato.local import real_kafka_obstacle
from tests.faults.play import play
from tests.faults.rows import ROWS

IN_CI = (
    "broker-kill-30s-loaded",
    "broker-kill-15s-idle",
    "cluster-rolled",
    "hung-call-sigterm",
)


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


@pytest.mark.parametrize("name", IN_CI)
def test_the_line_outlives(name: str, tmp_path: Path) -> None:
    if obstacle := real_kafka_obstacle():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI runs on a real Kafka: {obstacle}")
        pytest.skip(f"needs a real Kafka: {obstacle}")
    result = play(ROWS[name], _say, tmp_path)
    assert result.passed, result
