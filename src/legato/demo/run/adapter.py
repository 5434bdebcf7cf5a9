"""Brings actions to the customers of the day, in their time, and reports on each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import HOUR, LONG_AGO, Instant, Span
from legato.demo.run.deliveries import ActionPlace, Deliveries, outcome_of
from legato.demo.run.mail_relay import MailRelay
from legato.demo.run.sending import FLUSH_S, open_producer
from legato.queries.outputs import registry_of
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicRecord
from legato.serving.adapters.machine.commands import DeliveryResult
from legato.settings import Settings
from legato.wire.topics.outcomes import Outcome, write_outcome

POST: Span = HOUR
"""Advertising goes out with the next post, on the hour; service at once."""


class DemoAdapter:
    """An adapter as any: once, not too early, not when taken back; its clock is the news.

    One email it only hands on, when its time has come: to the adapter that really sends it.
    """

    def __init__(self, settings: Settings, relay: MailRelay) -> None:
        self.done: Counter[str] = Counter()
        self._time: Instant = LONG_AGO
        self._deliveries = Deliveries()
        self._relay = relay
        self._registry = registry_of(settings)
        self._topic = topics_of(settings).action_outcomes
        self._producer = open_producer(settings, batch=1)

    def take(self, said: Action | Revoked, place: ActionPlace) -> None:
        """Follow one record of an action topic."""
        self._time = max(self._time, said.time)
        held = _until_post(said) if isinstance(said, Action) else said
        self._report(self._deliveries.take(held, place, self._time))
        self._report(self._deliveries.wake(self._time))
        self._producer.poll(0)

    def hear(self, record: TopicRecord) -> None:
        """Tell on what became of the email that was handed on."""
        outcome = self._relay.read(record, self._time)
        if outcome is not None:
            self.done[outcome.status] += 1
            self._tell(outcome)

    def close(self) -> None:
        """See the last reports off."""
        self._producer.flush(FLUSH_S)

    def _report(self, done: Iterable[DeliveryResult]) -> None:
        for one in done:
            of = one.of
            if one.what == "delivered" and isinstance(of, Action) and self._relay.wants(of):
                self._relay.hand_on(of, self._time)
                continue
            self.done[one.what] += 1
            outcome = outcome_of(one)
            if outcome is not None:
                self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        value = write_outcome(outcome, self._registry)
        self._producer.produce(self._topic, value, outcome.customer_id)


def _until_post(action: Action) -> Action:
    if action.purpose != "promotion":
        return action
    next_post = -(-action.not_before // POST) * POST
    return replace(action, not_before=next_post)
