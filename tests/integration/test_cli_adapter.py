"""`legato adapter log` delivers once, in time, and reports; also across its own death."""

import signal
from collections import Counter
from pathlib import Path

import pytest

from legato.cli.envelope import wall_clock
from legato.core.events.event import Event
from legato.core.events.payloads import ActionFeedback
from legato.core.events.types import EVENT_TYPES
from legato.core.values.time import SECOND
from legato.local import wait_until
from legato.settings import KafkaSettings, Settings, WorkerSettings
from legato.wire.topics.outcomes import read_outcome
from tests.integration.actions import REGISTRY, action, publish, revoked
from tests.integration.legato_command import Legato, Running
from tests.integration.said import create_topics, records


@pytest.fixture
def legato(bootstrap: str, topic_prefix: str, tmp_path: Path) -> Legato:
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=topic_prefix),
        worker=WorkerSettings(group=topic_prefix),
    )
    create_topics(settings)
    return Legato(settings, tmp_path)


def outcomes(legato: Legato) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for record in records(legato.settings, "action.outcomes"):
        event = read_outcome(record.value, record.headers, record.time, REGISTRY)
        assert isinstance(event, Event)
        news = EVENT_TYPES.read_payload(event)
        assert isinstance(news, ActionFeedback)
        found[(news.action_id or "", event.type)] += 1
    return found


def reported(legato: Legato, *expected: tuple[str, str]) -> Counter[tuple[str, str]]:
    """Wait until all of these outcomes are on the log, and return all that there are."""

    def found() -> Counter[tuple[str, str]] | None:
        counted = outcomes(legato)
        return counted if set(expected) <= set(counted) else None

    return wait_until(found, f"outcomes {expected}") or Counter()


def test_actions_are_delivered_once_and_reported(legato: Legato) -> None:
    publish(legato.settings, action("a"), action("a"), action("late", valid=0), action("b"))
    with legato.running("adapter", "log") as adapter:
        expected = [
            ("a", "action.delivered"),
            ("b", "action.delivered"),
            ("late", "action.expired"),
        ]
        assert reported(legato, *expected) == Counter(expected)
        text = adapter.says("b@example.org")
        assert text.count("delivered email remind_by_email → a@example.org") == 1
        assert "expired email remind_by_email → late@example.org" in text
        assert adapter.ends(signal.SIGTERM) == 0


def test_an_action_that_waits_is_held_until_its_time_or_its_revocation(legato: Legato) -> None:
    held = action("held", wait=15 * SECOND)
    publish(legato.settings, held, action("wrong", wait=15 * SECOND), action("now"))
    with legato.running("adapter", "log", "--channels", "email") as adapter:
        adapter.says("now@example.org")
        assert "delivered email remind_by_email → held" not in adapter.out.read_text()
        publish(legato.settings, revoked("wrong"))
        adapter.says("held email remind_by_email → held@example.org  (cart_reminder, until 20")
        adapter.says("revoked email remind_by_email → wrong@example.org")
        expected = [("held", "action.delivered"), ("now", "action.delivered")]
        assert reported(legato, *expected) == Counter(expected)
        assert "delivered email remind_by_email → wrong" not in adapter.out.read_text()
    assert wall_clock() >= held.not_before


def test_a_revocation_after_the_delivery_is_reported_as_too_late(legato: Legato) -> None:
    publish(legato.settings, action("a"))
    with legato.running("adapter", "log") as adapter:
        adapter.says("a@example.org")
        publish(legato.settings, revoked("a"))
        adapter.says("revoked too late email a, revoked because converted")
        expected = [("a", "action.delivered"), ("a", "action.revoked_too_late")]
        assert reported(legato, *expected) == Counter(expected)


def test_nothing_is_delivered_twice_or_lost_when_the_adapter_is_killed(legato: Legato) -> None:
    held = action("held", wait=12 * SECOND)
    publish(legato.settings, held, action("a"))
    with legato.running("adapter", "log") as first:
        reported(legato, ("a", "action.delivered"))
        first.ends(signal.SIGKILL)
    publish(legato.settings, action("b"))
    with legato.running("adapter", "log") as second:
        expected = [(name, "action.delivered") for name in ("a", "b", "held")]
        assert reported(legato, *expected) == Counter(expected)
        assert "a@example.org" not in second.out.read_text()
        assert second.ends(signal.SIGTERM) == 0


def test_two_adapters_share_the_partitions(legato: Legato) -> None:
    names: list[str] = []

    def one_more() -> None:
        names.append(f"n{len(names)}")
        publish(legato.settings, action(names[-1]))

    with (
        legato.running("adapter", "log") as first,
        legato.running("adapter", "log", "--json") as second,
    ):
        for adapter in (first, second):

            def delivers(adapter: Running = adapter) -> bool:
                one_more()
                return "delivered" in adapter.out.read_text()

            wait_until(delivers, "each adapter to deliver something")
        expected = [(name, "action.delivered") for name in names]
        assert reported(legato, *expected) == Counter(expected)
