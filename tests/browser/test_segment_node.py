"""Segment's analytics-node: it works by being told the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.calls import before_received_ms, calls_of, read
from tests.browser.conftest import address_of, bearer
from tests.browser.node_client import NodeClient, Report
from tests.integration.api_process import ApiProcess

pytestmark = pytest.mark.long

HOUR_MS, SLACK_MS = 3_600_000, 60_000


def test_what_a_server_says_is_in_kafka(api: ApiProcess, modules: Path) -> None:
    client = NodeClient(modules, address_of(api), bearer(api), user="node", count=1)
    assert client.ends() == Report([200], [])
    calls = {read(call).type: call for call in calls_of(api, "node")}
    assert set(calls) == {"customer.updated", "product.viewed"}
    assert abs(before_received_ms(calls["customer.updated"])) < SLACK_MS
    assert abs(before_received_ms(calls["product.viewed"]) - HOUR_MS) < SLACK_MS


def test_a_server_that_is_too_fast_sends_again(api: ApiProcess, modules: Path) -> None:
    slow = bearer(api, "--scope", "ingest", "--rate", "2")
    client = NodeClient(modules, address_of(api), slow, user="fast", count=6)
    report = client.ends()
    assert set(report.statuses) == {200, 429}
    assert report.failed == []
    assert len({call["messageId"] for call in calls_of(api, "fast")}) == 7
