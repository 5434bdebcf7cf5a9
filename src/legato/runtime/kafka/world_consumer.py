"""A thread that reads references, or versions of the playbook: all there is, then the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, TypeAlias

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from legato.core.values.time import Instant
from legato.runtime.kafka.alias_consumer import AliasConsumer
from legato.runtime.kafka.ends import decided
from legato.runtime.kafka.polled import Record as Polled
from legato.runtime.kafka.transient import is_transient
from legato.runtime.machine.facts import TP

ASK_EVERY_S = 1.0
ASK_AGAIN_S = 5.0
"""If it was not read up to there by then, see whether Kafka still knows of all partitions."""

WorldRecord: TypeAlias = tuple[bytes | None, bytes | None, Instant]
"""Key, value and when it was written; a reference without a value is gone from then on."""


class WorldConsumer(AliasConsumer):
    """Reads as aliases are read, and says up to when nothing is unread.

    As of an idle source, that is when it was asked where the topic ends, once it was read up
    to there.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        admin: AdminClient,
        topic: str,
        hear: Callable[[list[WorldRecord]], object],
        what: str,
    ) -> None:
        super().__init__(config, admin, topic, what)
        self.hear = hear
        self._reached: dict[TP, int] = {}
        self._ends: dict[TP, int] | None = None
        self._asked: tuple[Instant, float] = (0, 0.0)
        self._pass: Callable[[Instant], None] = lambda _: None
        self._now: Callable[[], Instant] = lambda: 0
        self._live: Callable[[], None] = lambda: None

    def tell_time(self, now: Callable[[], Instant], say: Callable[[Instant], None]) -> None:
        """Have it said how far time has come; before the thread starts."""
        self._now, self._pass = now, say

    def tell_life(self, say: Callable[[], None]) -> None:
        """Have it said that it was read on, or why not is Kafka's; before the thread starts."""
        self._live = say

    def _find(self) -> tuple[dict[TP, int], dict[TP, int]]:
        begins, ends = super()._find()
        self._reached = dict(begins)
        return begins, ends

    def _read(self) -> dict[int, int]:
        positions = super()._read()
        for number, position in positions.items():
            tp = self._topic, number
            self._reached[tp] = max(position, self._reached.get(tp, 0))
        if positions:
            self._live()
        if self.is_alive():
            self._look()
        return positions

    def _hand_on(self, messages: list[Polled]) -> None:
        self.hear([(each.key(), each.value(), each.timestamp()[1]) for each in messages])

    def _look(self) -> None:
        """Ask where the topic ends, and say so once it was read up to there."""
        since = monotonic() - self._asked[1]
        if self._ends is None and since >= ASK_EVERY_S:
            self._asked = self._now(), monotonic()
            self._ends = self._ask()
        elif since >= ASK_AGAIN_S:
            self._asked = self._asked[0], monotonic()
            self._ends = self._ends if self._ask() else None
        ends = self._ends
        if ends is not None and all(self._reached[tp] >= end for tp, end in ends.items()):
            self._ends = None
            self._live()
            self._pass(self._asked[0])

    def _ask(self) -> dict[TP, int] | None:
        """Ask for the ends; None where Kafka cannot say, so that nobody can read up to them."""
        try:
            return decided(self._admin, self._reached)
        except KafkaException as error:
            if not is_transient(error.args[0]):
                raise
            self._live()
            return None
