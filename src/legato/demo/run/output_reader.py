"""Follows what the line says while it says it: for the eye, for the courier, for the end."""

from __future__ import annotations

import threading
import time
from collections import deque

from legato.core.values.outputs import Action, Output, Revoked
from legato.core.values.results import Unreadable
from legato.core.values.time import LONG_AGO, Instant
from legato.demo.run.adapter import DemoAdapter
from legato.demo.run.deliveries import ActionPlace
from legato.demo.run.identity_counts import IdentityCounts
from legato.demo.run.mail_relay import MailRelay
from legato.demo.run.people import People
from legato.demo.run.score import Score
from legato.demo.view.words import TickerMoment, TickerText, tell_moment, tell_revoked
from legato.queries.outputs import read_said, registry_of
from legato.queries.topic_filter import is_action_topic, topics_of
from legato.queries.topic_reader import TopicReader, TopicRecord
from legato.settings import Settings
from legato.wire.topics.clock import STATE_KEY, read_clock
from legato.wire.topics.identity import read_identity

LATEST = 200


class OutputReader(threading.Thread):
    """Reads outputs, and the clocks that the line commits along with its contexts.

    `moved` counts how often the context of somebody in town was written.
    """

    def __init__(self, settings: Settings, people: People, relay: MailRelay) -> None:
        super().__init__(name="audience", daemon=True)
        self.score = Score()
        self.ties = IdentityCounts(settings.identity.rules)
        self.moved = 0
        self.courier = DemoAdapter(settings, relay)
        self.told: deque[TickerText] = deque(maxlen=LATEST)
        self.first_action: float | None = None
        self.failure: Exception | None = None
        self._settings, self._people = settings, people
        self._registry = registry_of(settings)
        topics = topics_of(settings)
        self._contexts, self._identity = topics.customer_contexts, topics.identity_events
        self._mailed = relay.outcomes
        self._clocks: dict[int, Instant] = {}
        self._over = threading.Event()

    def run(self) -> None:
        """Follow until stopped."""
        try:
            with TopicReader(self._settings) as reader:
                for record in reader.follow(self._wanted, from_start=True):
                    if self._over.is_set():
                        break
                    if record is not None:
                        self._take(record)
            self.courier.close()
        except Exception as error:  # noqa: BLE001 - raised again by `check`, where it is seen
            self.failure = error

    def check(self) -> None:
        """Raise what ended the audience before its time."""
        if self.failure is not None:
            raise self.failure

    def has_passed(self, time: Instant, partitions: int) -> bool:
        """Has every partition of customers committed that it got as far as this?"""
        return sum(clock >= time for clock in self._clocks.values()) == partitions

    def stop(self) -> None:
        """Leave."""
        self._over.set()
        if self.ident is not None:
            self.join()

    def _wanted(self, topic: str) -> bool:
        topics = topics_of(self._settings)
        told = (topics.situations, topics.decisions, self._contexts, self._identity)
        return topic in (*told, self._mailed) or is_action_topic(self._settings)(topic)

    def _take(self, record: TopicRecord) -> None:
        if record.topic == self._contexts:
            self._note(record)
        elif record.topic == self._identity:
            told = read_identity(record.value)
            if not isinstance(told, Unreadable):
                self.ties.hear(told)
        elif record.topic == self._mailed:
            self.courier.hear(record)
        else:
            said = read_said(record, self._registry)
            if not isinstance(said, Unreadable):
                self._hear(said, ActionPlace(record.topic, record.partition, record.offset))

    def _note(self, record: TopicRecord) -> None:
        """See how far time came, and whether anybody's context goes on changing."""
        key = record.key or b""
        if key == STATE_KEY:
            passed = read_clock(record.value)
            self._clocks[record.partition] = min(passed.values(), default=LONG_AGO)
        elif self._people.find(key.decode()) is not None:
            self.moved += 1

    def _hear(self, said: Output, place: ActionPlace) -> None:
        if isinstance(said, Action | Revoked):
            self.first_action = self.first_action or time.monotonic()
            self.courier.take(said, place)
        whole = self.score.take(said)
        if whole is not None:
            self.told.append(self._tell(whole))

    def _tell(self, whole: TickerMoment | Revoked) -> TickerText:
        if isinstance(whole, Revoked):
            return tell_revoked(whole, self._people.name(whole.customer_id))
        return tell_moment(whole, self._people.name(whole.situation.customer_id))
