"""The topics of Legato as a reader asks for them, by what they tell."""

from __future__ import annotations

from collections.abc import Callable

from legato.settings import Settings

_NAMES = {
    "events": "customer.events",
    "contexts": "customer.contexts",
    "situations": "situations",
    "decisions": "decisions",
    "outcomes": "action.outcomes",
    "dead-letters": "dead.letters",
}


def topic_of(settings: Settings, what: str) -> str:
    """Name the topic that tells of `situations`, `decisions`, `dead-letters` and so on."""
    return settings.kafka.prefix + _NAMES[what]


def tells_of(settings: Settings, what: str) -> Callable[[str], bool]:
    """Return a test for the names of the topics that tell of it; actions have one a channel."""
    if what == "actions":
        return is_action_topic(settings)
    return topic_of(settings, what).__eq__


def is_action_topic(
    settings: Settings, channels: tuple[str, ...] = ()
) -> Callable[[str], bool]:
    """Return a test for the names of action topics, of all channels or of those named."""
    head = f"{settings.kafka.prefix}actions."
    names = {head + channel for channel in channels}
    return names.__contains__ if names else lambda name: name.startswith(head)
