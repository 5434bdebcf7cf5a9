"""The topics of Legato as a reader asks for them, by what they tell."""

from __future__ import annotations

from collections.abc import Callable

from legato.settings import Settings
from legato.wire.topics.names import Topics


def topics_of(settings: Settings) -> Topics:
    """Name the topics under the prefix of the settings."""
    return Topics(settings.kafka.prefix)


def topic_filter(settings: Settings, what: str) -> Callable[[str], bool]:
    """Return a test for the names of the topics that tell of it; actions have one a channel."""
    if what == "actions":
        return is_action_topic(settings)
    topics = topics_of(settings)
    names = {
        "events": topics.customer_events,
        "situations": topics.situations,
        "decisions": topics.decisions,
        "outcomes": topics.action_outcomes,
        "dead-letters": topics.dead_letters,
        "identity": topics.identity_events,
        "shadow": topics.shadow_decisions,
        "touchpoints": topics.touchpoints,
    }
    return names[what].__eq__


def is_action_topic(
    settings: Settings, channels: tuple[str, ...] = ()
) -> Callable[[str], bool]:
    """Return a test for the names of action topics, of all channels or of those named."""
    topics = topics_of(settings)
    names = {topics.actions(channel) for channel in channels}
    head = topics.actions("")
    return names.__contains__ if names else lambda name: name.startswith(head)
