"""What an adapter says it waits for."""

from __future__ import annotations

import pytest

from legato.serving.adapters.health import AdapterHealth

AWAY = "redis does not answer"


def test_what_it_waits_for_is_named_until_it_is_there() -> None:
    health = AdapterHealth()
    health.wait_for("partitions", "")
    assert health.not_ready() == ""
    health.wait_for("redis", AWAY)
    assert health.not_ready() == AWAY
    health.wait_for("redis", "")
    assert health.not_ready() == ""


def test_the_log_says_once_that_nothing_is_sent_and_once_that_it_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = AdapterHealth()
    for trouble in ("", AWAY, AWAY, "", ""):
        health.wait_for("redis", trouble)
    health.wait_for("partitions", "partitions are being taken over")
    assert caplog.messages == [f"nothing is sent: {AWAY}", f"no more: {AWAY}"]
