"""When customers can be warmed, and of what."""

from __future__ import annotations

import pytest

from legato.cli.format.versions import warming_line
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.versions import PlaybookVersion, PlaybookVersions
from legato.operations.errors import OperationFailed
from legato.operations.warming import plan_warming
from legato.settings import Settings
from legato.wire.source.source import Source
from tests.unit.core.stories import NOON

PLAIN = "version: 1\nsituations: {}"
RARE = """
version: 1
situations:
  rare: {match: {on: order.completed, where: 'count(["b.b", "a.a"], "9d") == 0'}}
"""


def versions(*texts: str) -> PlaybookVersions:
    return PlaybookVersions(
        read_playbook(PLAIN.encode()),
        [PlaybookVersion(n + 1, NOON + n, text) for n, text in enumerate(texts)],
    )


def test_what_will_be_read_is_said() -> None:
    plan = plan_warming(Settings(), versions(RARE), NOON)
    assert plan.since == NOON
    told = "what is asked first of `a.a`, `b.b` is read from the log, 10 days back"
    assert warming_line(plan) == told


def test_nothing_is_read_where_nothing_new_is_asked() -> None:
    plan = plan_warming(Settings(), versions(PLAIN), NOON)
    assert not plan.needs
    assert "nobody need be told" in warming_line(plan)


def test_without_a_version_that_counts_there_is_nothing_to_warm() -> None:
    with pytest.raises(OperationFailed, match="no version counts yet"):
        plan_warming(Settings(), versions(RARE), NOON - 1)


def test_a_log_that_does_not_hold_all_events_is_refused() -> None:
    trusted = Source(name="shop", topics=("shop",), trust="customer_id")
    with pytest.raises(OperationFailed, match="`shop` is trusted"):
        plan_warming(Settings(sources=(trusted,)), versions(RARE), NOON)
