"""Takes one email of the town to the adapter for emails, and back what became of it.

A day in town is played within a minute, and an adapter lives by the clock on the wall: to it,
every action of the town would be long over, or not due for hours. So what is handed to it says
the same in the time of this machine, on topics of its own, and its outcome is told on in the
time of the town.
"""

from __future__ import annotations

import time

import msgspec
from msgspec.structs import replace

from legato.core.values.outputs import Action
from legato.core.values.results import Unreadable
from legato.core.values.time import Instant
from legato.demo.run.sending import FLUSH_S, open_producer
from legato.queries.outputs import registry_of
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicRecord
from legato.settings import Settings
from legato.wire.formats.avro import read_avro
from legato.wire.topics.actions import action_headers, write_action
from legato.wire.topics.outcomes import Outcome

CHANNEL, PURPOSE, LANGUAGE = "email", "promotion", "en"
"""Which action is taken, the first of them: one that can be unsubscribed from."""


class MailRelay:
    """Hands one action on; `settings` are those of the adapter, with its own topics."""

    def __init__(self, settings: Settings) -> None:
        self.handed: Action | None = None
        self.reported = False
        self._topics = topics_of(settings)
        self._registry = registry_of(settings)
        self._producer = open_producer(settings, batch=1)

    @property
    def outcomes(self) -> str:
        """The topic on which the adapter reports."""
        return self._topics.action_outcomes

    @property
    def waits(self) -> bool:
        """Is an outcome still to come?"""
        return self.handed is not None and not self.reported

    def wants(self, action: Action) -> bool:
        """Is this the one to be sent for real?"""
        fits = (action.channel, action.purpose, action.language) == (CHANNEL, PURPOSE, LANGUAGE)
        return self.handed is None and fits

    def hand_on(self, action: Action, now: Instant) -> None:
        """Give an action to the adapter; `now` is what time it is in town."""
        self.handed = action
        shift = time.time_ns() // 1_000_000 - now
        told = replace(
            action,
            time=action.time + shift,
            not_before=action.not_before + shift,
            expires_at=action.expires_at + shift,
        )
        self._producer.produce(
            self._topics.actions(CHANNEL),
            write_action(told, self._registry),
            told.customer_id,
            headers=[*action_headers(told)],
        )
        self._producer.flush(FLUSH_S)

    def read(self, record: TopicRecord, now: Instant) -> Outcome | None:
        """Read what the adapter reports, as of `now` in town; None if that is no report."""
        told = read_avro(record.value or b"", record.headers, self._registry)
        if isinstance(told, Unreadable):
            return None
        self.reported = True
        return replace(msgspec.convert(told, Outcome), time=now)
